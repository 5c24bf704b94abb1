# A pair of failover records: the primary's addresses while its health check is healthy, else the standby's.
#
# The standby's record has no health check: it is always a possible answer, so that swapping cannot leave no answer.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

resource "aws_route53_record" "primary" {
  zone_id         = var.zone_id
  name            = var.name
  type            = "A"
  ttl             = var.ttl
  records         = var.primary
  set_identifier  = "primary"
  health_check_id = var.health_check_id

  failover_routing_policy {
    type = "PRIMARY"
  }
}

resource "aws_route53_record" "standby" {
  zone_id        = var.zone_id
  name           = var.name
  type           = "A"
  ttl            = var.ttl
  records        = var.standby
  set_identifier = "standby"

  failover_routing_policy {
    type = "SECONDARY"
  }
}
