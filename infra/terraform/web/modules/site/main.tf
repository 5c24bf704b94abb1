# One site of the web application: network, machines, database, uploads and alarms, all in one region.

locals {
  name = "${var.application}-${var.role}"
  tags = {
    Application = var.application
    Site        = var.role
    ManagedBy   = "lifeboat"
  }
}

module "network" {
  source = "../network"

  name               = local.name
  region             = var.region
  cidr_block         = var.cidr_block
  availability_zones = var.availability_zones
  nat_gateway        = var.nat_gateway
  tags               = local.tags
}

module "compute" {
  source = "../compute"

  name                = local.name
  vpc_id              = module.network.vpc_id
  public_subnets      = module.network.public_subnets
  private_subnets     = module.network.private_subnets
  image_id            = var.image_id
  instance_type       = var.instance_type
  instance_profile    = var.instance_profile
  user_data           = var.user_data
  capacity            = var.capacity
  port                = var.port
  health_path         = var.health_path
  allowed_cidr_blocks = var.allowed_cidr_blocks
  certificate_arn     = var.certificate_arn
  deletion_protection = var.deletion_protection
  tags                = local.tags
}

module "database" {
  source = "../database"

  name                = local.name
  running             = var.database_running
  vpc_id              = module.network.vpc_id
  subnets             = module.network.private_subnets
  clients             = { "The application" = module.compute.machines_security_group }
  snapshot_identifier = var.snapshot_identifier
  copy_snapshot_arn   = var.copy_snapshot_arn
  instance_class      = var.database_class
  deletion_protection = var.deletion_protection
  tags                = local.tags
}

module "uploads" {
  source = "../bucket"

  name          = "${local.name}-uploads-${var.account_id}"
  replicate_to  = var.replicate_to
  force_destroy = !var.deletion_protection
  tags          = local.tags
}

module "alarms" {
  source = "../alarms"

  name             = local.name
  receiver         = var.receiver
  expects_machines = var.capacity > 0
  load_balancer    = module.compute.load_balancer
  target_group     = module.compute.target_group
  database         = var.database_running ? local.name : null
  tags             = local.tags
}
