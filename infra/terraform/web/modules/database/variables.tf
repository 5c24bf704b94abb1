variable "name" {
  description = "The database's identifier, and what its parts are named after."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name))
    error_message = "name is made of small letters, digits and single hyphens, and begins with a letter."
  }
}

variable "running" {
  description = "Whether there is a database server. False: only its key, its network and a copied snapshot are kept."
  type        = bool
  default     = true
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnets" {
  description = "Private subnets in at least two zones."
  type        = list(string)
}

variable "clients" {
  description = "Security groups that may connect, each under a word that says who that is."
  type        = map(string)
}

variable "snapshot_identifier" {
  description = "A snapshot in this region to begin from, or null: an empty database."
  type        = string
  default     = null
}

variable "copy_snapshot_arn" {
  description = "A snapshot in another region, to be copied here and begun from. It goes before snapshot_identifier."
  type        = string
  default     = null

  validation {
    condition     = var.copy_snapshot_arn == null || can(regex("^arn:aws[a-z-]*:rds:[a-z0-9-]+:[0-9]{12}:snapshot:", var.copy_snapshot_arn))
    error_message = "copy_snapshot_arn is the ARN of a snapshot: arn:aws:rds:us-east-1:123456789012:snapshot:NAME."
  }
}

variable "engine_version" {
  description = "PostgreSQL's version. A snapshot must be of this major version."
  type        = string
  default     = "16"
}

variable "instance_class" {
  description = "The size of the server."
  type        = string
  default     = "db.t4g.small"
}

variable "allocated_storage" {
  description = "Gigabytes; at least what the snapshot has."
  type        = number
  default     = 20

  validation {
    condition     = var.allocated_storage >= 20
    error_message = "allocated_storage is at least 20 gigabytes."
  }
}

variable "database" {
  description = "The database made in a fresh server."
  type        = string
  default     = "application"
}

variable "username" {
  description = "The owner in a fresh server."
  type        = string
  default     = "application"
}

variable "multi_az" {
  description = "Whether a second server stands by in another zone. Doubles the cost."
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Days that automatic backups are kept."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "backup_days is 1 to 35."
  }
}

variable "deletion_protection" {
  description = "Whether it can be deleted only after this was turned off; then without a last snapshot."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
