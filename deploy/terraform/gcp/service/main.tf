# `evidenced run` on Cloud Run; and with tasks above 0 a Cloud Run job instead, whose tasks each read their share of the scopes.
#
#   module "service" {
#     source          = "./deploy/terraform/gcp/service"
#     project         = "acme-evidence"
#     location        = "europe-west3"
#     image           = "europe-west3-docker.pkg.dev/acme-evidence/images/evidenced@sha256:…"
#     config          = file("evidenced.yaml")
#     http_token      = var.http_token
#     service_account = module.reader.service_account
#     kms_key         = google_kms_crypto_key.secrets.id
#   }
#
# In evidenced.yaml: spool.dir is file:///var/lib/evidenced/spool, and
# `http: {listen: "0.0.0.0:8080", token_file: /run/evidenced/token/value}`. Who scrapes it brings that token as `Authorization`, and Cloud Run's own
# (roles/run.invoker) as `X-Serverless-Authorization`.

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
  description = "The project of the service."
  type        = string
}

variable "location" {
  description = "Region."
  type        = string
}

variable "image" {
  description = "The image, by digest."
  type        = string
}

variable "config" {
  description = "Text of evidenced.yaml. It holds no secrets: keys are named, not written."
  type        = string
}

variable "http_token" {
  description = "The bearer token of evidenced's HTTP side: openssl rand -hex 32."
  type        = string
  sensitive   = true
}

variable "service_account" {
  description = "E-mail address of the service account that the collector runs as: output of the module `reader`."
  type        = string
}

variable "kms_key" {
  description = "Encrypts the two secrets; Google's own key when null."
  type        = string
  default     = null
}

variable "tasks" {
  description = "Above 0: no service, but a job of so many tasks, which job_schedule starts."
  type        = number
  default     = 0
}

variable "job_schedule" {
  description = "When the job starts, in UTC."
  type        = string
  default     = "0 */6 * * *"
}

variable "job_skip_fresh" {
  description = "Scopes with younger evidence are left out: a task that is begun again goes on where it was. Less than the time between two starts."
  type        = string
  default     = "5h"
}

variable "job_scheduler_service_account" {
  description = "E-mail address of the service account that Cloud Scheduler starts the job as; needed with tasks."
  type        = string
  default     = null
}

variable "replicas" {
  description = "Instances that run at the same time. Two know nothing of each other: the ledger settles who commits."
  type        = number
  default     = 1
}

variable "name" {
  description = "Name of everything."
  type        = string
  default     = "evidenced"
}

variable "labels" {
  description = "Labels of everything."
  type        = map(string)
  default     = {}
}

locals {
  secrets = {
    config = var.config
    token  = var.http_token
  }
  secrets_mounted = {
    config = "/run/evidenced/config"
    token  = "/run/evidenced/token"
  }
  # Of memory, as all of Cloud Run's own disks are: it counts against the limit.
  volumes = {
    state   = { path = "/var/lib/evidenced", size = "256Mi" }
    scratch = { path = "/tmp", size = "256Mi" }
  }
}

resource "google_secret_manager_secret" "file" {
  for_each  = toset(["config", "token"])
  project   = var.project
  secret_id = "${var.name}-${each.key}"
  labels    = var.labels

  replication {
    user_managed {
      replicas {
        location = var.location

        dynamic "customer_managed_encryption" {
          for_each = var.kms_key == null ? [] : [var.kms_key]

          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }
}

resource "google_secret_manager_secret_version" "file" {
  for_each    = google_secret_manager_secret.file
  secret      = each.value.id
  secret_data = local.secrets[each.key]
}

resource "google_secret_manager_secret_iam_member" "file" {
  for_each  = google_secret_manager_secret.file
  project   = var.project
  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${var.service_account}"
}

resource "google_cloud_run_v2_service" "service" {
  count               = var.tasks == 0 ? 1 : 0
  project             = var.project
  name                = var.name
  location            = var.location
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  deletion_protection = false
  labels              = var.labels

  template {
    service_account                  = var.service_account
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = 16

    scaling {
      min_instance_count = var.replicas
      max_instance_count = var.replicas
    }

    containers {
      name  = "evidenced"
      image = var.image
      args  = ["run", "--config", "/run/evidenced/config/value", "--log-format", "json"]

      ports {
        container_port = 8080
      }

      resources {
        # It works between requests, too.
        cpu_idle = false
        limits = {
          cpu    = "1"
          memory = "1Gi"
        }
      }

      startup_probe {
        period_seconds    = 2
        failure_threshold = 30

        http_get {
          path = "/healthz"
          port = 8080
        }
      }

      liveness_probe {
        period_seconds    = 20
        failure_threshold = 6

        http_get {
          path = "/healthz"
          port = 8080
        }
      }

      dynamic "volume_mounts" {
        for_each = local.secrets_mounted

        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value
        }
      }

      dynamic "volume_mounts" {
        for_each = local.volumes

        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value.path
        }
      }
    }

    dynamic "volumes" {
      for_each = local.secrets_mounted

      content {
        name = volumes.key

        secret {
          secret       = google_secret_manager_secret.file[volumes.key].secret_id
          default_mode = 292

          items {
            path    = "value"
            version = google_secret_manager_secret_version.file[volumes.key].version
          }
        }
      }
    }

    dynamic "volumes" {
      for_each = local.volumes

      content {
        name = volumes.key

        empty_dir {
          medium     = "MEMORY"
          size_limit = volumes.value.size
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.file]
}

resource "google_cloud_run_v2_job" "job" {
  count               = var.tasks == 0 ? 0 : 1
  project             = var.project
  name                = var.name
  location            = var.location
  deletion_protection = false
  labels              = var.labels

  template {
    # CLOUD_RUN_TASK_INDEX and CLOUD_RUN_TASK_COUNT tell each its share.
    task_count  = var.tasks
    parallelism = min(var.tasks, 10)

    template {
      service_account       = var.service_account
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"
      max_retries           = 3
      timeout               = "18000s"

      containers {
        name  = "evidenced"
        image = var.image
        args  = ["collect", "--config", "/run/evidenced/config/value", "--skip-fresh", var.job_skip_fresh, "--json", "--log-format", "json"]

        resources {
          limits = {
            cpu    = "1"
            memory = "1Gi"
          }
        }

        dynamic "volume_mounts" {
          for_each = local.secrets_mounted

          content {
            name       = volume_mounts.key
            mount_path = volume_mounts.value
          }
        }

        dynamic "volume_mounts" {
          for_each = local.volumes

          content {
            name       = volume_mounts.key
            mount_path = volume_mounts.value.path
          }
        }
      }

      dynamic "volumes" {
        for_each = local.secrets_mounted

        content {
          name = volumes.key

          secret {
            secret       = google_secret_manager_secret.file[volumes.key].secret_id
            default_mode = 292

            items {
              path    = "value"
              version = google_secret_manager_secret_version.file[volumes.key].version
            }
          }
        }
      }

      dynamic "volumes" {
        for_each = local.volumes

        content {
          name = volumes.key

          empty_dir {
            medium     = "MEMORY"
            size_limit = volumes.value.size
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.file]
}

resource "google_cloud_run_v2_job_iam_member" "scheduler" {
  count    = var.tasks == 0 ? 0 : 1
  project  = var.project
  location = var.location
  name     = google_cloud_run_v2_job.job[0].name
  role     = "roles/run.invoker"
  member   = "serviceAccount:${var.job_scheduler_service_account}"
}

resource "google_cloud_scheduler_job" "job" {
  count       = var.tasks == 0 ? 0 : 1
  project     = var.project
  region      = var.location
  name        = var.name
  description = "Starts the collecting job of evidenced"
  schedule    = var.job_schedule
  time_zone   = "Etc/UTC"

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.job[0].id}:run"

    oauth_token {
      service_account_email = var.job_scheduler_service_account
    }
  }
}

output "url" {
  description = "Where /healthz, /readyz and /metrics are, for callers inside; null for a job."
  value       = var.tasks == 0 ? google_cloud_run_v2_service.service[0].uri : null
}
