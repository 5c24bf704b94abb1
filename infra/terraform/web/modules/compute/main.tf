# Machines of one image behind a network load balancer with fixed addresses.
#
# Fixed addresses (Elastic IPs), because failover records then hold plain addresses: a swap never asks the load
# balancer's control plane, and a recovery plan can name them. They stay when the machines are scaled to none.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

locals {
  listeners = merge(
    { 80 = { protocol = "TCP", certificate = null } },
    var.certificate_arn == null ? {} : { 443 = { protocol = "TLS", certificate = var.certificate_arn } },
  )
}

# What `security-group-fence` closes: without its rules nobody reaches the application.
resource "aws_security_group" "front_door" {
  name        = "${var.name}-front-door"
  description = "Who may reach the front door"
  vpc_id      = var.vpc_id
  tags        = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "front_door" {
  for_each = {
    for pair in setproduct(keys(local.listeners), var.allowed_cidr_blocks) : "${pair[0]} ${pair[1]}" => pair
  }

  security_group_id = aws_security_group.front_door.id
  description       = "Users"
  cidr_ipv4         = each.value[1]
  ip_protocol       = "tcp"
  from_port         = tonumber(each.value[0])
  to_port           = tonumber(each.value[0])
}

resource "aws_vpc_security_group_egress_rule" "front_door" {
  security_group_id            = aws_security_group.front_door.id
  referenced_security_group_id = aws_security_group.machines.id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  tags                         = merge(var.tags, { Name = "To the machines" })
}

resource "aws_security_group" "machines" {
  name        = "${var.name}-machines"
  description = "The machines of the application"
  vpc_id      = var.vpc_id
  tags        = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "machines" {
  security_group_id            = aws_security_group.machines.id
  referenced_security_group_id = aws_security_group.front_door.id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  tags                         = merge(var.tags, { Name = "From the front door" })
}

resource "aws_vpc_security_group_egress_rule" "machines" {
  security_group_id = aws_security_group.machines.id
  description       = "Out to the database, the buckets and the packages"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_eip" "front_door" {
  count = length(var.public_subnets)

  domain = "vpc"
  tags   = merge(var.tags, { Name = "${var.name}-front-door-${count.index + 1}" })
}

resource "aws_lb" "this" {
  name                             = var.name
  load_balancer_type               = "network"
  security_groups                  = [aws_security_group.front_door.id]
  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = var.deletion_protection
  tags                             = var.tags

  dynamic "subnet_mapping" {
    for_each = range(length(var.public_subnets))

    content {
      subnet_id     = var.public_subnets[subnet_mapping.value]
      allocation_id = aws_eip.front_door[subnet_mapping.value].id
    }
  }
}

resource "aws_lb_target_group" "this" {
  name                 = var.name
  vpc_id               = var.vpc_id
  port                 = var.port
  protocol             = "TCP"
  deregistration_delay = 30
  tags                 = var.tags

  health_check {
    protocol            = "HTTP"
    path                = var.health_path
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_listener" "this" {
  for_each = local.listeners

  load_balancer_arn = aws_lb.this.arn
  port              = tonumber(each.key)
  protocol          = each.value.protocol
  certificate_arn   = each.value.certificate
  ssl_policy        = each.value.certificate == null ? null : "ELBSecurityPolicy-TLS13-1-2-2021-06"
  tags              = var.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_launch_template" "this" {
  name                   = var.name
  image_id               = var.image_id
  instance_type          = var.instance_type
  user_data              = var.user_data == null ? null : base64encode(var.user_data)
  update_default_version = true
  vpc_security_group_ids = [aws_security_group.machines.id]

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  # A profile made beforehand: making one needs IAM's control plane, which lies in us-east-1.
  dynamic "iam_instance_profile" {
    for_each = var.instance_profile == null ? [] : [var.instance_profile]

    content {
      name = iam_instance_profile.value
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = merge(var.tags, { Name = var.name })
  }
}

# 0 machines: a pilot light, which has no group at all, so that a recovery only creates. Some: a warm standby.
resource "aws_autoscaling_group" "this" {
  count = var.capacity > 0 ? 1 : 0

  name                      = var.name
  vpc_zone_identifier       = var.private_subnets
  desired_capacity          = var.capacity
  min_size                  = var.capacity
  max_size                  = max(var.capacity, var.most_machines)
  target_group_arns         = [aws_lb_target_group.this.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 120
  wait_for_capacity_timeout = "10m"

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  # What the load raised between two recoveries stays.
  lifecycle {
    ignore_changes = [max_size]
  }
}
