variable "name" {
  description = "What the console shows."
  type        = string
}

variable "type" {
  description = "HTTP or HTTPS. 2xx and 3xx are well, anything else is not."
  type        = string
  default     = "HTTPS"

  validation {
    condition     = contains(["HTTP", "HTTPS"], var.type)
    error_message = "type is HTTP or HTTPS."
  }
}

variable "host" {
  description = "The host that is asked, by its name."
  type        = string
}

variable "address" {
  description = "The IPv4 address to ask, or null: what the host's name says."
  type        = string
  default     = null
}

variable "port" {
  description = "The port, or null: 443 or 80."
  type        = number
  default     = null
}

variable "path" {
  description = "What is asked for."
  type        = string

  validation {
    condition     = startswith(var.path, "/")
    error_message = "path begins with /."
  }
}

variable "inverted" {
  description = "Whether well counts as unhealthy and the reverse."
  type        = bool
  default     = false
}

variable "interval" {
  description = "Seconds between two requests of one checker: 10 or 30. It cannot be changed later; 10 costs more."
  type        = number
  default     = 10

  validation {
    condition     = contains([10, 30], var.interval)
    error_message = "interval is 10 or 30."
  }
}

variable "failures" {
  description = "Answers in a row that change a checker's mind, 1 to 10."
  type        = number
  default     = 2

  validation {
    condition     = var.failures >= 1 && var.failures <= 10
    error_message = "failures is 1 to 10."
  }
}

variable "tags" {
  description = "Tags of the check."
  type        = map(string)
  default     = {}
}
