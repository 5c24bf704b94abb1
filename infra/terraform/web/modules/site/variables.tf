variable "account_id" {
  description = "The AWS account; bucket names end with it."
  type        = string
}

variable "application" {
  description = "The application's name, as in its recovery plan: at most 20 small letters, digits and hyphens."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9]){0,19}$", var.application))
    error_message = "application begins with a letter and is made of small letters, digits and single hyphens, at most 20."
  }
}

variable "role" {
  description = "Which site this is: primary or standby."
  type        = string

  validation {
    condition     = contains(["primary", "standby"], var.role)
    error_message = "role is primary or standby."
  }
}

variable "region" {
  description = "The region of everything here."
  type        = string
}

variable "cidr_block" {
  description = "The network's addresses."
  type        = string
}

variable "availability_zones" {
  description = "Two to four zones of the region."
  type        = list(string)
}

variable "nat_gateway" {
  description = "Whether machines reach the internet."
  type        = bool
  default     = false
}

variable "image_id" {
  description = "The application's machine image in this region."
  type        = string
}

variable "instance_type" {
  description = "The size of a machine."
  type        = string
  default     = "t3.small"
}

variable "instance_profile" {
  description = "The name of an instance profile that exists, or null."
  type        = string
  default     = null
}

variable "user_data" {
  description = "What a machine does when it first starts. No secrets."
  type        = string
  default     = null
}

variable "capacity" {
  description = "Machines that run."
  type        = number
}

variable "port" {
  description = "Where the application answers on its machines."
  type        = number
  default     = 8080
}

variable "health_path" {
  description = "What answers 200 on a machine that is well."
  type        = string
  default     = "/health"
}

variable "allowed_cidr_blocks" {
  description = "The networks that may reach the front door."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "certificate_arn" {
  description = "A certificate of this region, or null: plain HTTP only."
  type        = string
  default     = null
}

variable "database_running" {
  description = "Whether there is a database server."
  type        = bool
}

variable "database_class" {
  description = "The size of the database server."
  type        = string
  default     = "db.t4g.small"
}

variable "snapshot_identifier" {
  description = "A snapshot in this region that the database begins from, or null."
  type        = string
  default     = null
}

variable "copy_snapshot_arn" {
  description = "A snapshot in another region, to be copied here and begun from, or null."
  type        = string
  default     = null
}

variable "replicate_to" {
  description = "The ARN of the bucket that uploads are copied to, or null."
  type        = string
  default     = null
}

variable "receiver" {
  description = "An https address that alarms are sent to, or null."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether database and load balancer can be deleted only after this was turned off."
  type        = bool
  default     = true
}
