output "bucket" {
  description = "For the block route53-switch."
  value       = aws_s3_bucket.this.bucket
}

output "host" {
  description = "Where the switches are read, for a health check."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}
