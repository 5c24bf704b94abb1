variable "name" {
  description = "The bucket's name, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,50}[a-z0-9]$", var.name))
    error_message = "name is made of small letters, digits and hyphens, 3 to 52."
  }
}

variable "replicate_to" {
  description = "The ARN of a bucket with versions, best in another region, that new objects are copied to, or null."
  type        = string
  default     = null

  validation {
    condition     = var.replicate_to == null || can(regex("^arn:aws[a-z-]*:s3:::[a-z0-9.-]+$", var.replicate_to))
    error_message = "replicate_to is the ARN of a bucket: arn:aws:s3:::NAME."
  }
}

variable "old_version_days" {
  description = "Days that replaced and deleted objects are kept."
  type        = number
  default     = 35

  validation {
    condition     = var.old_version_days >= 1
    error_message = "old_version_days is at least 1."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket also destroys what is in it."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
