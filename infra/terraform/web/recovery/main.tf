# The standby site, in eu-west-1. It holds no resource of Route 53, CloudFront or IAM, whose control planes lie in
# us-east-1: a recovery applies this with other numbers for capacity and database_running. What AWS itself still needs of
# us-east-1 to start a database server stands in docs/web.md.

module "site" {
  source = "./modules/site"

  role                = "standby"
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
  copy_snapshot_arn   = var.copy_snapshot_arn
}
