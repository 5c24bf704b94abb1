output "switch_bucket" {
  description = "For the block route53-switch."
  value       = module.switch.bucket
}

output "health_checks" {
  description = "Name to the inverted check that its primary record follows."
  value       = { for name, check in module.not_swapped : name => check.id }
}

output "distribution" {
  description = "The CDN's identifier, for the block cloudfront-origin, or null."
  value       = one(module.cdn[*].id)
}

output "cdn_host" {
  description = "CloudFront's own name for the distribution, or null."
  value       = one(module.cdn[*].host)
}

output "alarms" {
  description = "The topic, in us-east-1, that tells when the primary does not answer."
  value       = aws_sns_topic.front_door.arn
}
