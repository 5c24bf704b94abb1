terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # bucket, key, region and use_lockfile are given at init. The bucket may lie in the primary's region:
  # a recovery does not need this state, a failback does, and then the region is back.
  backend "s3" {}
}

provider "aws" {
  region = var.region

  # The wrong credentials must not build in somebody else's account.
  allowed_account_ids = [var.account_id]
  max_retries         = 5
}
