variable "zone_id" {
  description = "The hosted zone."
  type        = string
}

variable "name" {
  description = "The full name of the records."
  type        = string
}

variable "ttl" {
  description = "Seconds that resolvers may keep an answer."
  type        = number
  default     = 30

  validation {
    condition     = var.ttl >= 1 && var.ttl <= 300
    error_message = "ttl is 1 to 300 seconds: users stay at a dead site for that long."
  }
}

variable "primary" {
  description = "The primary's addresses."
  type        = list(string)

  validation {
    condition     = length(var.primary) > 0 && alltrue([for each in var.primary : can(cidrhost("${each}/32", 0))])
    error_message = "primary are IPv4 addresses."
  }
}

variable "standby" {
  description = "The standby's addresses."
  type        = list(string)

  validation {
    condition     = length(var.standby) > 0 && alltrue([for each in var.standby : can(cidrhost("${each}/32", 0))])
    error_message = "standby are IPv4 addresses."
  }
}

variable "health_check_id" {
  description = "While it is healthy, the primary's addresses are handed out."
  type        = string
}
