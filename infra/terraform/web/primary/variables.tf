variable "account_id" {
  description = "The AWS account to build in. Any other one is refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is an AWS account: 12 digits."
  }
}

variable "region" {
  description = "The region of this site."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a region's name, such as us-east-1."
  }
}

variable "application" {
  description = "The application's name, as in its recovery plan."
  type        = string
  default     = "web"
}

variable "cidr_block" {
  description = "The network's addresses."
  type        = string
  default     = "10.10.0.0/16"
}

variable "availability_zones" {
  description = "Two to four zones of the region."
  type        = list(string)
  default     = ["us-east-1a", "us-east-1b"]

  validation {
    condition     = alltrue([for zone in var.availability_zones : startswith(zone, var.region)])
    error_message = "availability_zones lie in the region."
  }
}

variable "nat_gateway" {
  description = "Whether machines reach the internet. Costs by the hour."
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
  default     = 2
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
  description = "A certificate of this region for the application's name, or null: plain HTTP only."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:${var.region}:", var.certificate_arn))
    error_message = "certificate_arn is a certificate in the site's region."
  }
}

variable "database_running" {
  description = "Whether there is a database server."
  type        = bool
  default     = true
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

variable "replicate_to" {
  description = "The ARN of the standby's bucket that uploads are copied to, or null."
  type        = string
  default     = null
}
