# A PostgreSQL database: fresh, from a snapshot of its region, or from a copy of a snapshot of another region.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

locals {
  snapshot = one(aws_db_snapshot_copy.this[*].target_db_snapshot_identifier)
}

# Keys do not leave their region: whatever is copied here is encrypted anew with this one.
resource "aws_kms_key" "this" {
  description             = "The database ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = var.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-database"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_db_snapshot_copy" "this" {
  count = var.copy_snapshot_arn == null ? 0 : 1

  source_db_snapshot_identifier = var.copy_snapshot_arn
  target_db_snapshot_identifier = "${var.name}-${reverse(split(":", var.copy_snapshot_arn))[0]}"
  kms_key_id                    = aws_kms_key.this.arn
  tags                          = var.tags

  # The copy that is there goes only after the next one is, and never because of its key.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [kms_key_id]
  }
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnets
  tags       = var.tags
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "Who may reach the database"
  vpc_id      = var.vpc_id
  tags        = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = var.clients

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  tags                         = merge(var.tags, { Name = each.key })
}

resource "aws_db_instance" "this" {
  count = var.running ? 1 : 0

  identifier          = var.name
  snapshot_identifier = try(coalesce(local.snapshot, var.snapshot_identifier), null)
  engine              = "postgres"
  engine_version      = var.engine_version
  instance_class      = var.instance_class
  allocated_storage   = var.allocated_storage
  storage_type        = "gp3"
  storage_encrypted   = true
  kms_key_id          = aws_kms_key.this.arn
  db_name             = local.snapshot == null && var.snapshot_identifier == null ? var.database : null
  username            = local.snapshot == null && var.snapshot_identifier == null ? var.username : null
  multi_az            = var.multi_az

  # Secrets Manager makes and keeps the password: it never stands in a plan or in the state.
  manage_master_user_password = true

  db_subnet_group_name      = aws_db_subnet_group.this.name
  vpc_security_group_ids    = [aws_security_group.this.id]
  publicly_accessible       = false
  backup_retention_period   = var.backup_days
  copy_tags_to_snapshot     = true
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.deletion_protection
  final_snapshot_identifier = var.deletion_protection ? "${var.name}-final" : null
  apply_immediately         = true
  tags                      = var.tags

  # A newer snapshot does not replace a database that is there; `terraform apply -replace=ADDRESS` does. One that comes
  # from a snapshot keeps the snapshot's encryption: to ask for another would replace it, with its data.
  lifecycle {
    ignore_changes = [snapshot_identifier, db_name, username, storage_encrypted, kms_key_id]
  }
}
