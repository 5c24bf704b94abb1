# Who is told when the front door has no healthy machine or the database runs full.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

resource "aws_sns_topic" "this" {
  name = "${var.name}-alarms"
  tags = var.tags
}

# The receiver must confirm the subscription; Terraform goes on without waiting for that.
resource "aws_sns_topic_subscription" "receiver" {
  count = var.receiver == null ? 0 : 1

  topic_arn = aws_sns_topic.this.arn
  protocol  = "https"
  endpoint  = var.receiver
}

resource "aws_cloudwatch_metric_alarm" "no_healthy_machine" {
  count = var.expects_machines ? 1 : 0

  alarm_name          = "${var.name}-no-healthy-machine"
  alarm_description   = "No machine behind the front door of ${var.name} answers its health check"
  namespace           = "AWS/NetworkELB"
  metric_name         = "HealthyHostCount"
  dimensions          = { LoadBalancer = var.load_balancer, TargetGroup = var.target_group }
  statistic           = "Maximum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 2
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "database_full" {
  count = var.database == null ? 0 : 1

  alarm_name          = "${var.name}-database-full"
  alarm_description   = "The database ${var.database} has less than 2 GB left"
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = { DBInstanceIdentifier = var.database }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 2000000000
  period              = 300
  evaluation_periods  = 1
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
  tags                = var.tags
}
