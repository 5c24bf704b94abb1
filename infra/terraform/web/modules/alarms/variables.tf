variable "name" {
  description = "What topic and alarms are named after."
  type        = string
}

variable "receiver" {
  description = "An https address that alarms are sent to, such as Lifeboat's alert receiver, or null."
  type        = string
  default     = null

  validation {
    condition     = var.receiver == null || can(regex("^https://", var.receiver))
    error_message = "receiver begins with https://."
  }
}

variable "expects_machines" {
  description = "Whether machines are meant to run: a pilot light has none, and that is no alarm."
  type        = bool
}

variable "load_balancer" {
  description = "The load balancer, as metrics name it."
  type        = string
}

variable "target_group" {
  description = "The target group, as metrics name it."
  type        = string
}

variable "database" {
  description = "The database's identifier, or null: none is running."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
