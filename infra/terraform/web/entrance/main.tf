# The way in: the switch in the standby's region, the failover records, the health checks and, if wanted, the CDN.
#
# Route 53, CloudFront and IAM have their control planes in us-east-1. So all of this is built beforehand, with a state
# of its own: neither a recovery nor a swap applies it.

locals {
  names = merge(
    { (var.name) = { primary = var.primary_addresses, standby = var.standby_addresses } },
    var.drill == null ? {} : { (var.drill.name) = { primary = [var.drill.parked], standby = [var.drill.address] } },
  )
  tags = {
    Application = var.application
    ManagedBy   = "lifeboat"
  }
}

module "switch" {
  source = "./modules/switch"

  name = "${var.application}-switch-${var.account_id}"
  keys = keys(local.names)
  tags = local.tags
}

# Unhealthy as soon as the name's object is there: then the standby's addresses are handed out.
module "not_swapped" {
  source   = "./modules/health_check"
  for_each = local.names

  name     = "${each.key} is not swapped"
  host     = module.switch.host
  path     = "/${each.key}"
  inverted = true
  tags     = local.tags
}

module "dns" {
  source   = "./modules/dns"
  for_each = local.names

  zone_id         = var.zone_id
  name            = each.key
  ttl             = var.ttl
  primary         = each.value.primary
  standby         = each.value.standby
  health_check_id = module.not_swapped[each.key].id
}

# Only looked at, by people and alarms: no record follows it, since a swap needs a fence before it.
module "primary_answers" {
  source = "./modules/health_check"

  name    = "${var.name} at the primary"
  type    = "HTTP"
  host    = var.name
  address = var.primary_addresses[0]
  path    = var.health_path
  tags    = local.tags
}

resource "aws_sns_topic" "front_door" {
  provider = aws.global

  name = "${var.application}-front-door"
  tags = local.tags
}

resource "aws_sns_topic_subscription" "receiver" {
  count    = var.receiver == null ? 0 : 1
  provider = aws.global

  topic_arn = aws_sns_topic.front_door.arn
  protocol  = "https"
  endpoint  = var.receiver
}

# It lies in the region that it watches, as AWS has it: beside it, watch from elsewhere with `lifeboat monitor`.
resource "aws_cloudwatch_metric_alarm" "primary_silent" {
  provider = aws.global

  alarm_name          = "${var.application}-primary-does-not-answer"
  alarm_description   = "The front door of ${var.name} at the primary does not answer Route 53's checkers"
  namespace           = "AWS/Route53"
  metric_name         = "HealthCheckStatus"
  dimensions          = { HealthCheckId = module.primary_answers.id }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 2
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.front_door.arn]
  ok_actions          = [aws_sns_topic.front_door.arn]
  tags                = local.tags
}

module "cdn" {
  source = "./modules/cdn"
  count  = var.cdn == null ? 0 : 1

  name            = var.application
  aliases         = var.cdn.aliases
  certificate_arn = var.cdn.certificate_arn
  origins         = var.cdn.origins
  active          = contains(keys(var.cdn.origins), "primary") ? "primary" : keys(var.cdn.origins)[0]
  origin_protocol = var.cdn.origin_protocol
  tags            = local.tags
}
