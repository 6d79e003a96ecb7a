# The evidence store of `evidenced` in Google Cloud Storage, the signing key in Cloud KMS, and what the collector may do with them.
#
#   module "store" {
#     source          = "./deploy/terraform/gcp/store"
#     project         = "acme-evidence"
#     location        = "europe-west3"
#     bucket          = "acme-evidence"
#     service_account = module.reader.service_account
#     lock            = true
#   }
#
# A locked retention policy cannot be lifted or shortened by anybody, and its bucket cannot be deleted: apply it with lock = false first.

terraform {
  required_version = ">= 1.5"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 5.0"
    }
  }
}

variable "project" {
  description = "The project of the bucket and the keys: one of its own."
  type        = string
}

variable "location" {
  description = "Region of the bucket and the keys."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "retention_days" {
  description = "Days that every new object is kept (store.require_retention)."
  type        = number
  default     = 400
}

variable "lock" {
  description = "Locks the retention policy, for good. evidenced counts an unlocked one as none."
  type        = bool
}

variable "access_log_bucket" {
  description = "A bucket of yours that takes the access logs of the evidence bucket; none when null (Cloud Audit Logs then say who read what)."
  type        = string
  default     = null
}

variable "service_account" {
  description = "E-mail address of the service account that the collector runs as: output of the module `reader`."
  type        = string
}

variable "name" {
  description = "Name of the key ring, and in the ids of roles."
  type        = string
  default     = "evidenced"
}

variable "labels" {
  description = "Labels of everything."
  type        = map(string)
  default     = {}
}

data "google_storage_project_service_account" "storage" {
  project = var.project
}

locals {
  collector = "serviceAccount:${var.service_account}"
}

resource "google_kms_key_ring" "keys" {
  project  = var.project
  name     = var.name
  location = var.location
}

# ECDSA P-256: the collector signs each statement with its first version. It is not rotated in place: evidenced names a version
# (docs/operating.md, "Rotation of keys").
resource "google_kms_crypto_key" "signing" {
  #checkov:skip=CKV_GCP_43:Cloud KMS rotates symmetric keys alone; a signing key is rotated by hand, with signing.previous
  name     = "signing"
  key_ring = google_kms_key_ring.keys.id
  purpose  = "ASYMMETRIC_SIGN"
  labels   = var.labels

  version_template {
    algorithm        = "EC_SIGN_P256_SHA256"
    protection_level = "HSM"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "google_kms_crypto_key" "store" {
  name            = "store"
  key_ring        = google_kms_key_ring.keys.id
  purpose         = "ENCRYPT_DECRYPT"
  rotation_period = "7776000s"
  labels          = var.labels

  lifecycle {
    prevent_destroy = true
  }
}

resource "google_kms_crypto_key_iam_member" "storage" {
  crypto_key_id = google_kms_crypto_key.store.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${data.google_storage_project_service_account.storage.email_address}"
}

resource "google_storage_bucket" "store" {
  #checkov:skip=CKV_GCP_78:versioning and a retention policy exclude each other; nothing can be overwritten under one
  #checkov:skip=CKV_GCP_62:access logs go where access_log_bucket says
  project                     = var.project
  name                        = var.bucket
  location                    = var.location
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  labels                      = var.labels

  retention_policy {
    retention_period = var.retention_days * 86400
    is_locked        = var.lock
  }

  encryption {
    default_kms_key_name = google_kms_crypto_key.store.id
  }

  dynamic "logging" {
    for_each = var.access_log_bucket == null ? [] : [var.access_log_bucket]

    content {
      log_bucket = logging.value
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.storage]
}

# All that collecting asks of the store and the key: nothing that removes, overwrites or changes retention.
resource "google_project_iam_custom_role" "writer" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}EvidenceWriter"
  title       = "Evidence writer"
  description = "Writes evidence once, and reads it"
  permissions = [
    "storage.buckets.get",
    "storage.objects.create",
    "storage.objects.get",
    "storage.objects.list",
  ]
}

resource "google_storage_bucket_iam_member" "writer" {
  bucket = google_storage_bucket.store.name
  role   = google_project_iam_custom_role.writer.id
  member = local.collector
}

resource "google_project_iam_custom_role" "signer" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}EvidenceSigner"
  title       = "Evidence signer"
  description = "Signs evidence, and reads the public half of the key"
  permissions = [
    "cloudkms.cryptoKeyVersions.useToSign",
    "cloudkms.cryptoKeyVersions.viewPublicKey",
  ]
}

resource "google_kms_crypto_key_iam_member" "signer" {
  crypto_key_id = google_kms_crypto_key.signing.id
  role          = google_project_iam_custom_role.signer.id
  member        = local.collector
}

output "store_url" {
  description = "store.url of evidenced.yaml, with a prefix of your choice."
  value       = "gs://${google_storage_bucket.store.name}/soc2"
}

output "signing_key" {
  description = "signing.key of evidenced.yaml."
  value       = "gcpkms://${google_kms_crypto_key.signing.id}/cryptoKeyVersions/1"
}
