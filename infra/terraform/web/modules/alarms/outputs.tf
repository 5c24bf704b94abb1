output "topic_arn" {
  description = "The topic; subscribe whoever is to be told."
  value       = aws_sns_topic.this.arn
}
