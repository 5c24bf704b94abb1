output "addresses" {
  description = "The front door's fixed addresses. A recovery plan names the first."
  value       = module.compute.addresses
}

output "host" {
  description = "The front door's own name."
  value       = module.compute.host
}

output "front_door_security_group" {
  description = "For a security-group-fence."
  value       = module.compute.front_door_security_group
}

output "group" {
  description = "The Auto Scaling group, or null for a pilot light."
  value       = module.compute.group
}

output "database" {
  description = "host:port, or null while there is no server."
  value       = module.database.address
}

output "database_password_secret" {
  description = "The secret that holds the database's user and password, or null."
  value       = module.database.password_secret
}

output "database_key_arn" {
  description = "The key of this region that copied snapshots are encrypted with."
  value       = module.database.kms_key_arn
}

output "uploads" {
  description = "The bucket of uploaded files."
  value       = module.uploads.name
}

output "uploads_arn" {
  description = "As the target of a replication."
  value       = module.uploads.arn
}

output "alarms" {
  description = "The topic that alarms go to."
  value       = module.alarms.topic_arn
}
