output "id" {
  description = "For the block cloudfront-origin."
  value       = aws_cloudfront_distribution.this.id
}

output "host" {
  description = "CloudFront's own name for it: where an alias record of the users' name points."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "hosted_zone_id" {
  description = "For an alias record."
  value       = aws_cloudfront_distribution.this.hosted_zone_id
}
