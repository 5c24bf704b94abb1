locals {
  name   = "${var.application}-${var.site}"
  prefix = "/${var.application}/${var.site}"
  tags = {
    Application = var.application
    Site        = var.site
    ManagedBy   = "lifeboat"
  }
}

resource "aws_security_group" "front_door" {
  name        = "${local.name}-front-door"
  description = "Who may reach the application at the standby site"
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "front_door" {
  for_each = toset(var.allowed_cidr_blocks)

  security_group_id = aws_security_group.front_door.id
  description       = "The application's port"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = var.port
  to_port           = var.port
}

resource "aws_vpc_security_group_egress_rule" "anywhere" {
  security_group_id = aws_security_group.front_door.id
  description       = "Out to the database, the uploads and the packages"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

# The machines of the standby, where it needs new ones.
resource "aws_instance" "application" {
  count = var.instances

  ami                    = var.image_id
  instance_type          = var.instance_type
  vpc_security_group_ids = [aws_security_group.front_door.id]

  metadata_options {
    http_tokens = "required"
  }

  tags = merge(local.tags, { Name = "${local.name}-${count.index + 1}" })

  lifecycle {
    precondition {
      condition     = var.image_id != null
      error_message = "Instances need an image_id."
    }
  }
}

# What the application asks for when it starts: its role, and where its database is.
resource "aws_ssm_parameter" "role" {
  name  = "${local.prefix}/role"
  type  = "String"
  value = var.site
  tags  = local.tags
}

resource "aws_ssm_parameter" "database_address" {
  name  = "${local.prefix}/database/address"
  type  = "String"
  value = var.database_address
  tags  = local.tags
}

resource "aws_ssm_parameter" "database_password" {
  name  = "${local.prefix}/database/password"
  type  = "SecureString"
  value = var.database_password
  tags  = local.tags
}

resource "aws_s3_bucket" "uploads" {
  bucket = "${local.name}-uploads-${var.account_id}"
  tags   = local.tags
}

resource "aws_s3_bucket_versioning" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_sns_topic" "alerts" {
  name = "${local.name}-alerts"
  tags = local.tags
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  alarm_name          = "${local.name}-unhealthy"
  alarm_description   = "The application at the standby site does not answer its health probe"
  namespace           = "Lifeboat/${var.application}"
  metric_name         = "Healthy"
  dimensions          = { Site = var.site }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 2
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
  tags                = local.tags
}
