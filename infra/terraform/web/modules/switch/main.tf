# The bucket that holds the switches: an object in it means that a name is swapped to the standby.
#
# It must lie in the standby's region. Route 53's checkers read it as anybody could, so exactly the named objects are
# readable to all; they hold nothing but a word.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

resource "aws_s3_bucket" "this" {
  bucket        = var.name
  force_destroy = true
  tags          = var.tags
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "HealthCheckersReadTheSwitches"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = [for key in setunion(var.keys, ["readable"]) : "${aws_s3_bucket.this.arn}/${key}"]
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

# Always there, so that readiness checks can see whether the checkers could read a switch at all: a block of public
# access for the whole account would keep them from it, unnoticed until the swap.
resource "aws_s3_object" "readable" {
  bucket       = aws_s3_bucket.this.id
  key          = "readable"
  content      = "readable\n"
  content_type = "text/plain"
  tags         = var.tags
}
