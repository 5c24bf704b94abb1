terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # bucket, key, region and use_lockfile come from the workspace's backend configuration. The bucket must lie in another
  # region than the primary site: this state is needed when that region is gone.
  backend "s3" {}
}

provider "aws" {
  region = var.region

  # A recovery must fail while there is still time, not after the provider's hours of retries.
  max_retries = 3

  # The wrong credentials must not build a standby in somebody else's account.
  allowed_account_ids = [var.account_id]
}
