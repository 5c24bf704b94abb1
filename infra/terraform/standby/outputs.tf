output "site" {
  description = "The site's role."
  value       = var.site
}

output "region" {
  description = "The region the standby was built in."
  value       = var.region
}

output "address" {
  description = "The address the front door answers at."
  value       = var.address
}

output "url" {
  description = "The front door, without going through DNS."
  value       = "http://${var.address}:${var.port}"
}

output "database_address" {
  description = "The database of the standby, as host:port."
  value       = var.database_address
}

output "parameters" {
  description = "The prefix under which the application's parameters lie."
  value       = local.prefix
}

output "uploads" {
  description = "Where uploaded files are kept."
  value       = aws_s3_bucket.uploads.bucket
}

output "alerts" {
  description = "The topic that tells when the standby is unhealthy."
  value       = aws_sns_topic.alerts.arn
}

output "machines" {
  description = "Private addresses of the machines that were started."
  value       = aws_instance.application[*].private_ip
}
