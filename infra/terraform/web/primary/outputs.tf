output "addresses" {
  description = "The front door's fixed addresses. A recovery plan names the first."
  value       = module.site.addresses
}

output "host" {
  description = "The front door's own name."
  value       = module.site.host
}

output "front_door_security_group" {
  description = "For a security-group-fence."
  value       = module.site.front_door_security_group
}

output "group" {
  description = "The Auto Scaling group, or null for a pilot light."
  value       = module.site.group
}

output "database" {
  description = "host:port, or null while there is no server."
  value       = module.site.database
}

output "database_password_secret" {
  description = "The secret that holds the database's user and password, or null."
  value       = module.site.database_password_secret
}

output "database_key_arn" {
  description = "The key of this region that copied snapshots are encrypted with."
  value       = module.site.database_key_arn
}

output "uploads" {
  description = "The bucket of uploaded files."
  value       = module.site.uploads
}

output "uploads_arn" {
  description = "As the target of a replication."
  value       = module.site.uploads_arn
}

output "alarms" {
  description = "The topic that alarms go to."
  value       = module.site.alarms
}
