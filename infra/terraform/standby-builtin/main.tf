# The same site written down with Terraform's built-in resources alone: for machines that can get no provider, and for
# quick tests. It records what the standby is; it builds nothing in a cloud.
terraform {
  required_version = ">= 1.6"

  # path comes from the workspace's backend configuration.
  backend "local" {}
}

locals {
  name   = "${var.application}-${var.site}"
  prefix = "/${var.application}/${var.site}"
}

resource "terraform_data" "front_door" {
  input = {
    name                = "${local.name}-front-door"
    address             = var.address
    port                = var.port
    allowed_cidr_blocks = var.allowed_cidr_blocks
  }
}

resource "terraform_data" "machines" {
  count = var.instances
  input = {
    name          = "${local.name}-${count.index + 1}"
    image_id      = var.image_id
    instance_type = var.instance_type
  }
}

resource "terraform_data" "parameters" {
  input = {
    role              = var.site
    database_address  = var.database_address
    database_password = var.database_password
  }
}

resource "terraform_data" "uploads" {
  input = "${local.name}-uploads-${var.account_id}"
}

resource "terraform_data" "alerts" {
  input = "${local.name}-alerts"
}
