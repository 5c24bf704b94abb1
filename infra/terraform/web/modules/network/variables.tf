variable "name" {
  description = "What every part of the network is named after."
  type        = string
}

variable "region" {
  description = "The region it lies in."
  type        = string
}

variable "cidr_block" {
  description = "The network's addresses, a /16 to /20. The sites' networks should not overlap."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr_block, 0)) && can(regex("/(16|17|18|19|20)$", var.cidr_block))
    error_message = "cidr_block is a network of /16 to /20, such as 10.10.0.0/16."
  }
}

variable "availability_zones" {
  description = "Two to four zones of the region. A database needs two."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) >= 2 && length(distinct(var.availability_zones)) <= 4
    error_message = "availability_zones are two to four."
  }
}

variable "nat_gateway" {
  description = "Whether machines in the private subnets reach the internet. Costs by the hour and by the gigabyte."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
