# The evidence store of `evidenced` in Amazon S3, the signing key in KMS, and what the collector may do with them.
#
#   module "store" {
#     source         = "./deploy/terraform/aws/store"
#     bucket         = "acme-evidence"
#     retention_days = 400
#   }
#
# Apply it in an account of its own, which the accounts that are read do not administer. COMPLIANCE mode cannot be undone by
# anybody, the root user among them: try it with a retention of one day first.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "prefix" {
  description = "Prefix of the store in the bucket, without slashes at its ends: s3://BUCKET/PREFIX."
  type        = string
  default     = "soc2"

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$", var.prefix))
    error_message = "Letters, digits, dots, hyphens and underscores, with slashes between."
  }
}

variable "retention_days" {
  description = "Days that every new object is kept in COMPLIANCE mode (store.require_retention)."
  type        = number
  default     = 400

  validation {
    condition     = var.retention_days >= 1 && floor(var.retention_days) == var.retention_days
    error_message = "A whole number of days, 1 at least."
  }
}

variable "access_log_bucket" {
  description = "A bucket of yours that takes the server access logs of the evidence bucket; none when null (CloudTrail data events then say who read what)."
  type        = string
  default     = null
}

variable "name" {
  description = "Names of the key aliases and of the policy."
  type        = string
  default     = "evidenced"
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  administrators = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
}

# Keys are used by whom IAM lets, in this account.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:the resource of a key's policy is the key itself
  #checkov:skip=CKV_AWS_111:the resource of a key's policy is the key itself
  #checkov:skip=CKV_AWS_356:the resource of a key's policy is the key itself
  statement {
    sid       = "AccountAdministers"
    effect    = "Allow"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.administrators]
    }
  }
}

resource "aws_kms_key" "store" {
  description             = "Objects of the evidence store of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
  tags                    = var.tags
}

resource "aws_kms_alias" "store" {
  name          = "alias/${var.name}-store"
  target_key_id = aws_kms_key.store.key_id
}

# ECDSA P-256: the collector signs each statement with it. It is never replaced in place: a new key gets a new module or a
# new name, and `signing.previous` names this one (docs/operating.md, "Rotation of keys").
resource "aws_kms_key" "signing" {
  #checkov:skip=CKV_AWS_7:KMS rotates symmetric keys alone; a signing key is rotated by hand, with signing.previous
  description              = "Signs the statements of ${var.name}"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 30
  policy                   = data.aws_iam_policy_document.key.json
  tags                     = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "signing" {
  name          = "alias/${var.name}-signing"
  target_key_id = aws_kms_key.signing.key_id
}

resource "aws_s3_bucket" "store" {
  #checkov:skip=CKV_AWS_144:a second region is a second store or a replication rule of yours; the chain of statements shows what is missing either way
  #checkov:skip=CKV2_AWS_62:the collector notifies by itself; nothing waits for an event of the bucket
  #checkov:skip=CKV_AWS_18:access logs go where access_log_bucket says
  #checkov:skip=CKV2_AWS_61:nothing expires or moves: evidence is deleted by hand once its retention has ended
  bucket              = var.bucket
  object_lock_enabled = true
  tags                = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "store" {
  bucket = aws_s3_bucket.store.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = var.retention_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.store]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.store.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "store" {
  bucket                  = aws_s3_bucket.store.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_logging" "store" {
  count         = var.access_log_bucket == null ? 0 : 1
  bucket        = aws_s3_bucket.store.id
  target_bucket = var.access_log_bucket
  target_prefix = "${var.bucket}/"
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "NoPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.store.arn, "${aws_s3_bucket.store.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # Only If-None-Match makes an object: a name is written once, also by who may write.
  statement {
    sid       = "NoOverwriting"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.store.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:if-none-match"
      values   = ["true"]
    }

    condition {
      test     = "Bool"
      variable = "s3:ObjectCreationOperation"
      values   = ["true"]
    }
  }

  # A marker hides an object that Object Lock keeps.
  statement {
    sid       = "NoHiding"
    effect    = "Deny"
    actions   = ["s3:DeleteObject", "s3:PutLifecycleConfiguration", "s3:BypassGovernanceRetention"]
    resources = [aws_s3_bucket.store.arn, "${aws_s3_bucket.store.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_s3_bucket_policy" "store" {
  bucket = aws_s3_bucket.store.id
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.store]
}

# All that collecting asks of the store and the key: nothing that removes, overwrites or changes retention.
data "aws_iam_policy_document" "writer" {
  statement {
    sid       = "EvidenceObjects"
    effect    = "Allow"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.store.arn}/${var.prefix}/*"]
  }

  statement {
    sid       = "EvidenceBucket"
    effect    = "Allow"
    actions   = ["s3:GetBucketObjectLockConfiguration", "s3:ListBucket"]
    resources = [aws_s3_bucket.store.arn]
  }

  statement {
    sid       = "EvidenceEncryption"
    effect    = "Allow"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.store.arn]
  }

  statement {
    sid       = "SigningPublicKey"
    effect    = "Allow"
    actions   = ["kms:GetPublicKey"]
    resources = [aws_kms_key.signing.arn]
  }

  statement {
    sid       = "Signing"
    effect    = "Allow"
    actions   = ["kms:Sign"]
    resources = [aws_kms_key.signing.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:SigningAlgorithm"
      values   = ["ECDSA_SHA_256"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:MessageType"
      values   = ["DIGEST"]
    }
  }
}

resource "aws_iam_policy" "writer" {
  name        = "${var.name}-writer"
  description = "Writes evidence once and signs it"
  policy      = data.aws_iam_policy_document.writer.json
  tags        = var.tags
}

# For auditors: reads evidence and what protects it.
data "aws_iam_policy_document" "auditor" {
  statement {
    sid       = "EvidenceObjects"
    effect    = "Allow"
    actions   = ["s3:GetObject", "s3:GetObjectRetention"]
    resources = ["${aws_s3_bucket.store.arn}/${var.prefix}/*"]
  }

  statement {
    sid       = "EvidenceBucket"
    effect    = "Allow"
    actions   = ["s3:GetBucketObjectLockConfiguration", "s3:ListBucket"]
    resources = [aws_s3_bucket.store.arn]
  }

  statement {
    sid       = "EvidenceEncryption"
    effect    = "Allow"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.store.arn]
  }

  statement {
    sid       = "SigningPublicKey"
    effect    = "Allow"
    actions   = ["kms:GetPublicKey"]
    resources = [aws_kms_key.signing.arn]
  }
}

resource "aws_iam_policy" "auditor" {
  name        = "${var.name}-auditor"
  description = "Reads evidence, what protects it, and the public half of the key"
  policy      = data.aws_iam_policy_document.auditor.json
  tags        = var.tags
}

output "store_url" {
  description = "store.url of evidenced.yaml."
  value       = "s3://${aws_s3_bucket.store.id}/${var.prefix}?region=${aws_s3_bucket.store.region}"
}

output "signing_key" {
  description = "signing.key of evidenced.yaml."
  value       = "awskms:///${aws_kms_key.signing.arn}"
}

output "writer_policy_arn" {
  description = "The policy of the role that the collector runs as."
  value       = aws_iam_policy.writer.arn
}

output "auditor_policy_arn" {
  description = "A policy for whoever verifies."
  value       = aws_iam_policy.auditor.arn
}
