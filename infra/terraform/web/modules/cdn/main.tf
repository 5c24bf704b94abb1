# A CloudFront distribution with one origin, or with two of which one is used.
#
# One origin that is a name with failover records: the swap is DNS's, and CloudFront's control plane is not needed.
# Two origins: the block `cloudfront-origin` changes which one is used, which needs CloudFront's control plane in
# us-east-1. An origin group is no substitute: it fails over reads alone, so that reads and writes would part.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

resource "aws_cloudfront_distribution" "this" {
  comment         = var.name
  aliases         = var.aliases
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = var.price_class
  tags            = var.tags

  dynamic "origin" {
    for_each = var.origins

    content {
      origin_id           = origin.key
      domain_name         = origin.value
      connection_attempts = 2
      connection_timeout  = 4

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = var.origin_protocol
        origin_ssl_protocols   = ["TLSv1.2"]
        origin_read_timeout    = 30
      }
    }
  }

  default_cache_behavior {
    target_origin_id         = var.active
    viewer_protocol_policy   = "redirect-to-https"
    allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods           = ["GET", "HEAD"]
    compress                 = true
    cache_policy_id          = var.cache_policy_id
    origin_request_policy_id = var.origin_request_policy_id
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn            = var.certificate_arn
    cloudfront_default_certificate = var.certificate_arn == null
    minimum_protocol_version       = var.certificate_arn == null ? "TLSv1" : "TLSv1.2_2021"
    ssl_support_method             = var.certificate_arn == null ? null : "sni-only"
  }

  # A swap is not drift: Terraform must not put the primary back.
  lifecycle {
    ignore_changes = [default_cache_behavior[0].target_origin_id]
  }
}
