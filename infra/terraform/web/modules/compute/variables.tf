variable "name" {
  description = "What every part is named after: at most 32 small letters, digits and hyphens, as load balancers want it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", var.name))
    error_message = "name is made of small letters, digits and hyphens, at most 32."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnets" {
  description = "Where the front door stands: one fixed address in each."
  type        = list(string)
}

variable "private_subnets" {
  description = "Where the machines stand."
  type        = list(string)
}

variable "image_id" {
  description = "The machine image of the application, of this region."
  type        = string

  validation {
    condition     = startswith(var.image_id, "ami-")
    error_message = "image_id begins with ami-."
  }
}

variable "instance_type" {
  description = "The size of a machine."
  type        = string
  default     = "t3.small"
}

variable "user_data" {
  description = "What a machine does when it first starts. No secrets: everybody on the machine can read it."
  type        = string
  default     = null
}

variable "instance_profile" {
  description = "The name of an instance profile that exists, or null: none."
  type        = string
  default     = null
}

variable "capacity" {
  description = "Machines that run: 0 for a pilot light."
  type        = number

  validation {
    condition     = var.capacity >= 0 && var.capacity <= 100 && floor(var.capacity) == var.capacity
    error_message = "capacity is 0 to 100."
  }
}

variable "most_machines" {
  description = "As many as the group may grow to."
  type        = number
  default     = 4
}

variable "port" {
  description = "Where the application answers on its machines."
  type        = number
  default     = 8080

  validation {
    condition     = var.port >= 1 && var.port <= 65535
    error_message = "port is a TCP port: 1 to 65535."
  }
}

variable "health_path" {
  description = "What answers 200 on a machine that is well."
  type        = string
  default     = "/health"

  validation {
    condition     = startswith(var.health_path, "/")
    error_message = "health_path begins with /."
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

variable "certificate_arn" {
  description = "A certificate of this region for the application's name, or null: plain HTTP only."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether the load balancer can be deleted only after this was turned off."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
