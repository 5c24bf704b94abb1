output "name" {
  description = "The bucket."
  value       = aws_s3_bucket.this.bucket
}

output "arn" {
  description = "For policies, and as the target of a replication."
  value       = aws_s3_bucket.this.arn
}
