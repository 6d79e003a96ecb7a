# `evidenced run` on Azure Container Apps.
#
#   module "service" {
#     source                   = "./deploy/terraform/azure/service"
#     resource_group_name      = "evidence"
#     location                 = "westeurope"
#     image                    = "acme.azurecr.io/evidenced@sha256:…"
#     registry_server          = "acme.azurecr.io"
#     config                   = file("evidenced.yaml")
#     http_token               = var.http_token
#     identity_id              = module.store.identity_id
#     identity_client_id       = module.store.identity_client_id
#     infrastructure_subnet_id = azurerm_subnet.apps.id
#   }
#
# In evidenced.yaml: spool.dir is file:///var/lib/evidenced/spool, and `http: {listen: "0.0.0.0:8080", token_file: /run/evidenced/token}`.

terraform {
  required_version = ">= 1.5"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0"
    }
  }
}

variable "resource_group_name" {
  description = "An existing resource group."
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

variable "registry_server" {
  description = "The Azure container registry of the image, which the identity may pull from (AcrPull); null for one without a login."
  type        = string
  default     = null
}

variable "config" {
  description = "Text of evidenced.yaml."
  type        = string
}

variable "http_token" {
  description = "The bearer token of evidenced's HTTP side: openssl rand -hex 32."
  type        = string
  sensitive   = true
}

variable "identity_id" {
  description = "Output identity_id of the module `store`."
  type        = string
}

variable "identity_client_id" {
  description = "Output identity_client_id of the module `store`."
  type        = string
}

variable "infrastructure_subnet_id" {
  description = "A subnet of the Container Apps environment: one of the subnets that the store allows."
  type        = string
}

variable "log_analytics_workspace_id" {
  description = "Where the log goes; nowhere when null."
  type        = string
  default     = null
}

variable "replicas" {
  description = "Replicas that run at the same time. Two know nothing of each other: the ledger settles who commits."
  type        = number
  default     = 2
}

variable "name" {
  description = "Name of everything."
  type        = string
  default     = "evidenced"
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}

resource "azurerm_container_app_environment" "environment" {
  name                           = var.name
  resource_group_name            = var.resource_group_name
  location                       = var.location
  infrastructure_subnet_id       = var.infrastructure_subnet_id
  internal_load_balancer_enabled = true
  log_analytics_workspace_id     = var.log_analytics_workspace_id
  logs_destination               = var.log_analytics_workspace_id == null ? null : "log-analytics"
  tags                           = var.tags
}

resource "azurerm_container_app" "service" {
  name                         = var.name
  resource_group_name          = var.resource_group_name
  container_app_environment_id = azurerm_container_app_environment.environment.id
  revision_mode                = "Single"
  tags                         = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identity_id]
  }

  dynamic "registry" {
    for_each = var.registry_server == null ? [] : [var.registry_server]

    content {
      server   = registry.value
      identity = var.identity_id
    }
  }

  # Not secret all of it, but a secret is what can be a file.
  secret {
    name  = "config"
    value = var.config
  }

  secret {
    name  = "token"
    value = var.http_token
  }

  template {
    min_replicas                     = var.replicas
    max_replicas                     = var.replicas
    termination_grace_period_seconds = 60

    container {
      name   = "evidenced"
      image  = var.image
      cpu    = 0.5
      memory = "1Gi"
      args   = ["run", "--config", "/run/evidenced/config", "--log-format", "json"]

      # Which of several identities of the machine.
      env {
        name  = "AZURE_CLIENT_ID"
        value = var.identity_client_id
      }

      startup_probe {
        transport               = "HTTP"
        path                    = "/healthz"
        port                    = 8080
        interval_seconds        = 2
        failure_count_threshold = 10
      }

      liveness_probe {
        transport               = "HTTP"
        path                    = "/healthz"
        port                    = 8080
        interval_seconds        = 20
        failure_count_threshold = 6
      }

      volume_mounts {
        name = "files"
        path = "/run/evidenced"
      }

      volume_mounts {
        name = "state"
        path = "/var/lib/evidenced"
      }

      volume_mounts {
        name = "scratch"
        path = "/tmp"
      }
    }

    volume {
      name         = "files"
      storage_type = "Secret"
    }

    volume {
      name         = "state"
      storage_type = "EmptyDir"
    }

    volume {
      name         = "scratch"
      storage_type = "EmptyDir"
    }
  }

  # Inside the environment alone: Prometheus asks /metrics there, with the token.
  ingress {
    external_enabled           = false
    target_port                = 8080
    transport                  = "http"
    allow_insecure_connections = false

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }
}

output "fqdn" {
  description = "Where /healthz, /readyz and /metrics are, inside the environment's network."
  value       = azurerm_container_app.service.ingress[0].fqdn
}
