output "name" {
  description = "The name that users know."
  value       = aws_route53_record.primary.name
}
