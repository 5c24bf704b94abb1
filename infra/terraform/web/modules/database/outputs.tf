output "address" {
  description = "host:port, or null while there is no server."
  value       = one(aws_db_instance.this[*].endpoint)
}

output "password_secret" {
  description = "The secret in Secrets Manager that holds user and password."
  value       = try(aws_db_instance.this[0].master_user_secret[0].secret_arn, null)
}

output "snapshot" {
  description = "The copied snapshot in this region, if one was copied."
  value       = local.snapshot
}

output "kms_key_arn" {
  description = "The key of this region; snapshots copied here are encrypted with it."
  value       = aws_kms_key.this.arn
}
