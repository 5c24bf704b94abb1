variable "account_id" {
  description = "The AWS account to build in. Any other one is refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is an AWS account: 12 digits."
  }
}

variable "region" {
  description = "The standby's region: the switch lies there."
  type        = string
  default     = "eu-west-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a region's name, such as eu-west-1."
  }
}

variable "application" {
  description = "The application's name, as in its recovery plan."
  type        = string
  default     = "web"

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9]){0,19}$", var.application))
    error_message = "application begins with a letter and is made of small letters, digits and single hyphens, at most 20."
  }
}

variable "zone_id" {
  description = "The public hosted zone that holds the name. It must exist."
  type        = string
}

variable "name" {
  description = "The name that is swapped. Behind a CDN: the origin's name."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9_]([a-z0-9_-]*[a-z0-9])?\\.)+[a-z0-9-]+$", var.name))
    error_message = "name is a full DNS name in small letters, such as web.example.com."
  }
}

variable "ttl" {
  description = "Seconds that resolvers may keep an answer; as in the plan's dns.ttl."
  type        = number
  default     = 30
}

variable "primary_addresses" {
  description = "The output `addresses` of primary."
  type        = list(string)
}

variable "standby_addresses" {
  description = "The output `addresses` of recovery."
  type        = list(string)

  validation {
    condition     = length(setintersection(var.standby_addresses, var.primary_addresses)) == 0
    error_message = "standby_addresses are others than the primary's."
  }
}

variable "drill" {
  description = "A name of its own for drills, the address it is parked at and the copy's address, or null: none."
  type        = object({ name = string, parked = string, address = string })
  default     = null
}

variable "health_path" {
  description = "What answers 200 at a front door that is well."
  type        = string
  default     = "/health"
}

variable "receiver" {
  description = "An https address that the alarm is sent to, or null."
  type        = string
  default     = null
}

variable "cdn" {
  description = "A CloudFront distribution, or null: none. `origins` are host names: one, or `primary` and `standby`."
  type = object({
    origins         = map(string)
    aliases         = optional(list(string), [])
    certificate_arn = optional(string)
    origin_protocol = optional(string, "https-only")
  })
  default = null
}
