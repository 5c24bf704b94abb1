variable "name" {
  description = "What the console shows."
  type        = string
}

variable "aliases" {
  description = "The names that users know. They need a certificate."
  type        = list(string)
  default     = []
}

variable "certificate_arn" {
  description = "A certificate for the aliases; it must lie in us-east-1. null: CloudFront's own name only."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:us-east-1:", var.certificate_arn))
    error_message = "certificate_arn is a certificate in us-east-1: CloudFront takes no other."
  }
}

variable "origins" {
  description = "Host names of the sites' front doors: one under failover records, or two under the words of the plan."
  type        = map(string)

  validation {
    condition     = length(var.origins) >= 1 && length(var.origins) <= 2
    error_message = "origins are one or two."
  }
}

variable "active" {
  description = "The origin that is used when the distribution is made. Later, a swap decides."
  type        = string

  validation {
    condition     = contains(keys(var.origins), var.active)
    error_message = "active is one of the origins."
  }
}

variable "origin_protocol" {
  description = "How CloudFront asks the origin: https-only, or http-only."
  type        = string
  default     = "https-only"

  validation {
    condition     = contains(["https-only", "http-only"], var.origin_protocol)
    error_message = "origin_protocol is https-only or http-only."
  }
}

variable "cache_policy_id" {
  description = "What is cached. By default nothing (AWS's policy CachingDisabled), as an application needs it."
  type        = string
  default     = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
}

variable "origin_request_policy_id" {
  description = "What is handed on to the origin. By default all that the viewer sent (AWS's policy AllViewer)."
  type        = string
  default     = "216adef6-5c7f-47e4-b989-5492eafa07d3"
}

variable "price_class" {
  description = "The edges that are used: PriceClass_100, _200 or _All."
  type        = string
  default     = "PriceClass_100"
}

variable "tags" {
  description = "Tags of the distribution."
  type        = map(string)
  default     = {}
}
