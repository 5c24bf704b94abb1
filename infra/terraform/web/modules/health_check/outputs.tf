output "id" {
  description = "For a failover record or an alarm."
  value       = aws_route53_health_check.this.id
}
