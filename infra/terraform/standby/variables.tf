variable "account_id" {
  description = "The AWS account the standby lives in. Any other one is refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is an AWS account: 12 digits."
  }
}

variable "region" {
  description = "The region of the standby."
  type        = string
  default     = "eu-west-1"
}

variable "application" {
  description = "The application's name, as in its recovery plan. Every resource is named after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]{1,40}$", var.application))
    error_message = "application is made of small letters, digits and hyphens, at most 40."
  }
}

variable "site" {
  description = "The site's role, which the application shows and the parameters record."
  type        = string
  default     = "standby"
}

variable "address" {
  description = "The address the standby's front door answers at."
  type        = string

  validation {
    condition     = can(cidrhost("${var.address}/32", 0))
    error_message = "address is an IPv4 address."
  }
}

variable "port" {
  description = "The port of the standby's front door."
  type        = number

  validation {
    condition     = var.port >= 1 && var.port <= 65535
    error_message = "port is a TCP port: 1 to 65535."
  }
}

variable "allowed_cidr_blocks" {
  description = "The networks that may reach the front door."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = alltrue([for block in var.allowed_cidr_blocks : can(cidrhost(block, 0))])
    error_message = "allowed_cidr_blocks are networks such as 203.0.113.0/24."
  }
}

variable "database_address" {
  description = "The database of the standby, as host:port."
  type        = string

  validation {
    condition     = can(regex("^[^:]+:[0-9]{1,5}$", var.database_address))
    error_message = "database_address is host:port."
  }
}

variable "database_password" {
  description = "The password of the application's database user."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.database_password) >= 8
    error_message = "database_password has at least 8 characters."
  }
}

variable "instances" {
  description = "Machines to start. 0 where the application runs on machines that are there already."
  type        = number
  default     = 0

  validation {
    condition     = var.instances >= 0 && var.instances <= 20
    error_message = "instances is 0 to 20."
  }
}

variable "image_id" {
  description = "The machine image of the application. Needed as soon as there are instances."
  type        = string
  default     = null
}

variable "instance_type" {
  description = "The size of a machine."
  type        = string
  default     = "t3.small"
}
