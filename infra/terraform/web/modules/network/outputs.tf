output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnets" {
  description = "For the front door, in the order of the zones."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "private_subnets" {
  description = "For machines and the database, in the order of the zones."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]
}
