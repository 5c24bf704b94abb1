output "site" {
  description = "The site's role."
  value       = var.site
}

output "region" {
  description = "The region of the standby."
  value       = var.region
}

output "address" {
  description = "The address the front door answers at."
  value       = terraform_data.front_door.output.address
}

output "url" {
  description = "The front door, without going through DNS."
  value       = "http://${terraform_data.front_door.output.address}:${terraform_data.front_door.output.port}"
}

output "database_address" {
  description = "The database of the standby, as host:port."
  # The object it comes from also holds the password, which makes all of it sensitive.
  value = nonsensitive(terraform_data.parameters.output.database_address)
}

output "parameters" {
  description = "The prefix under which the application's parameters lie."
  value       = local.prefix
}

output "uploads" {
  description = "The name of the place where uploaded files are kept."
  value       = terraform_data.uploads.output
}

output "alerts" {
  description = "The name of the topic that tells when the standby is unhealthy."
  value       = terraform_data.alerts.output
}

output "machines" {
  description = "Names of the machines that were asked for."
  value       = terraform_data.machines[*].output.name
}
