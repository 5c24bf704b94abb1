# A Route 53 health check of one address. Inverted, it is healthy as long as that address does not answer well.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

resource "aws_route53_health_check" "this" {
  type               = var.type
  fqdn               = var.host
  ip_address         = var.address
  port               = coalesce(var.port, var.type == "HTTPS" ? 443 : 80)
  resource_path      = var.path
  enable_sni         = var.type == "HTTPS"
  invert_healthcheck = var.inverted
  request_interval   = var.interval
  failure_threshold  = var.failures
  measure_latency    = false
  tags               = merge(var.tags, { Name = var.name })
}
