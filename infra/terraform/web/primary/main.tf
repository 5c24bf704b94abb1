# The primary site, in us-east-1.

module "site" {
  source = "./modules/site"

  role                = "primary"
  account_id          = var.account_id
  application         = var.application
  region              = var.region
  cidr_block          = var.cidr_block
  availability_zones  = var.availability_zones
  nat_gateway         = var.nat_gateway
  image_id            = var.image_id
  instance_type       = var.instance_type
  instance_profile    = var.instance_profile
  user_data           = var.user_data
  capacity            = var.capacity
  port                = var.port
  health_path         = var.health_path
  allowed_cidr_blocks = var.allowed_cidr_blocks
  certificate_arn     = var.certificate_arn
  database_running    = var.database_running
  database_class      = var.database_class
  snapshot_identifier = var.snapshot_identifier
  receiver            = var.receiver
  deletion_protection = var.deletion_protection
  replicate_to        = var.replicate_to
}
