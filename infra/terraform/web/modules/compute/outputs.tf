output "addresses" {
  description = "The front door's fixed addresses."
  value       = aws_eip.front_door[*].public_ip
}

output "front_door_security_group" {
  description = "For a security-group-fence."
  value       = aws_security_group.front_door.id
}

output "machines_security_group" {
  description = "For what the machines may reach."
  value       = aws_security_group.machines.id
}

output "group" {
  description = "The Auto Scaling group, or null for a pilot light."
  value       = one(aws_autoscaling_group.this[*].name)
}

output "load_balancer" {
  description = "As metrics name it."
  value       = aws_lb.this.arn_suffix
}

output "target_group" {
  description = "As metrics name it."
  value       = aws_lb_target_group.this.arn_suffix
}

output "host" {
  description = "The load balancer's own name, for a CDN's origin."
  value       = aws_lb.this.dns_name
}
