variable "name" {
  description = "The bucket's name, unique in the world. Without dots, so that its certificate holds."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name is made of small letters, digits and hyphens, 3 to 63."
  }
}

variable "keys" {
  description = "The objects that are switches."
  type        = set(string)

  validation {
    condition     = length(var.keys) > 0 && alltrue([for key in var.keys : can(regex("^[A-Za-z0-9._/-]+$", key))])
    error_message = "keys are made of letters, digits, dots, hyphens and slashes, and there is at least one."
  }
}

variable "tags" {
  description = "Tags of the bucket."
  type        = map(string)
  default     = {}
}
