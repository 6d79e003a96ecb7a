# The evidence store of `evidenced` in Azure Blob Storage, the signing key in Key Vault, and what the collector may do with them.
#
#   module "store" {
#     source               = "./deploy/terraform/azure/store"
#     resource_group_name  = "evidence"
#     location             = "westeurope"
#     storage_account_name = "acmeevidence"
#     key_vault_name       = "acme-evidence"
#     allowed_subnet_ids   = [azurerm_subnet.apps.id]
#     lock                 = true
#   }
#
# A locked immutability policy cannot be lifted or shortened by anybody: apply it with lock = false first. Apply it from one of
# allowed_subnet_ids (the vault lets no other make keys), as an identity that may assign roles and is Key Vault Crypto Officer there.

terraform {
  required_version = ">= 1.5"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.42"
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

variable "storage_account_name" {
  description = "Name of the storage account: 3 to 24 small letters and digits."
  type        = string
}

variable "container_name" {
  description = "Name of the container."
  type        = string
  default     = "evidence"
}

variable "key_vault_name" {
  description = "Name of the key vault: 3 to 24 letters, digits and hyphens."
  type        = string
}

variable "retention_days" {
  description = "Days that every new blob is kept (store.require_retention)."
  type        = number
  default     = 400
}

variable "lock" {
  description = "Locks the immutability policy, for good. evidenced counts an unlocked one as none."
  type        = bool
}

variable "replication" {
  description = "Replication of the storage account."
  type        = string
  default     = "GRS"
}

variable "allowed_subnet_ids" {
  description = "Subnets that reach the storage account and the vault."
  type        = list(string)
}

variable "log_analytics_workspace_id" {
  description = "Where the logs of the storage account and the vault go; nowhere when null."
  type        = string
  default     = null
}

variable "name" {
  description = "Name of the identity, the signing key and the role."
  type        = string
  default     = "evidenced"
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}

data "azurerm_client_config" "current" {}

# What the collector runs as.
resource "azurerm_user_assigned_identity" "collector" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

# What the storage account reaches its key as.
resource "azurerm_user_assigned_identity" "storage" {
  name                = "${var.name}-storage"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_key_vault" "vault" {
  #checkov:skip=CKV_AZURE_189:only allowed_subnet_ids reach it (network_acls denies the rest); rules of subnets hold only while this is on
  #checkov:skip=CKV2_AZURE_32:reached over the service endpoints of allowed_subnet_ids; a private endpoint is a matter of your network
  name                          = var.key_vault_name
  resource_group_name           = var.resource_group_name
  location                      = var.location
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "premium"
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  rbac_authorization_enabled    = true
  public_network_access_enabled = true
  tags                          = var.tags

  network_acls {
    default_action             = "Deny"
    bypass                     = "AzureServices"
    virtual_network_subnet_ids = var.allowed_subnet_ids
  }
}

# ECDSA P-256: the collector signs each statement with it. It does not expire and is not rotated in place: evidenced names a version
# of it (docs/operating.md, "Rotation of keys").
resource "azurerm_key_vault_key" "signing" {
  #checkov:skip=CKV_AZURE_40:a key that expires stops collecting; it is rotated by hand, with signing.previous
  name         = "${var.name}-signing"
  key_vault_id = azurerm_key_vault.vault.id
  key_type     = "EC-HSM"
  curve        = "P-256"
  key_opts     = ["sign", "verify"]

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_key_vault_key" "store" {
  #checkov:skip=CKV_AZURE_40:a key that expires makes evidence unreadable; rotation_policy makes new versions, and old ones stay
  name         = "${var.name}-store"
  key_vault_id = azurerm_key_vault.vault.id
  key_type     = "RSA-HSM"
  key_size     = 3072
  key_opts     = ["unwrapKey", "wrapKey"]

  rotation_policy {
    automatic {
      time_after_creation = "P365D"
    }
  }
}

resource "azurerm_role_assignment" "storage_key" {
  scope                = azurerm_key_vault_key.store.resource_versionless_id
  role_definition_name = "Key Vault Crypto Service Encryption User"
  principal_id         = azurerm_user_assigned_identity.storage.principal_id
}

resource "azurerm_storage_account" "store" {
  #checkov:skip=CKV_AZURE_59:only allowed_subnet_ids reach it (network_rules denies the rest); rules of subnets hold only while this is on
  #checkov:skip=CKV_AZURE_33:the queue service is not used
  #checkov:skip=CKV2_AZURE_33:reached over the service endpoints of allowed_subnet_ids; a private endpoint is a matter of your network
  #checkov:skip=CKV2_AZURE_41:no SAS can be made: shared keys are off
  #checkov:skip=CKV2_AZURE_40:shared keys are off (shared_access_key_enabled)
  name                              = var.storage_account_name
  resource_group_name               = var.resource_group_name
  location                          = var.location
  account_tier                      = "Standard"
  account_kind                      = "StorageV2"
  account_replication_type          = var.replication
  min_tls_version                   = "TLS1_2"
  https_traffic_only_enabled        = true
  allow_nested_items_to_be_public   = false
  shared_access_key_enabled         = false
  public_network_access_enabled     = true
  local_user_enabled                = false
  cross_tenant_replication_enabled  = false
  infrastructure_encryption_enabled = true
  tags                              = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.storage.id]
  }

  customer_managed_key {
    key_vault_key_id          = azurerm_key_vault_key.store.versionless_id
    user_assigned_identity_id = azurerm_user_assigned_identity.storage.id
  }

  network_rules {
    default_action             = "Deny"
    bypass                     = ["AzureServices"]
    virtual_network_subnet_ids = var.allowed_subnet_ids
  }

  blob_properties {
    delete_retention_policy {
      days = 30
    }

    container_delete_retention_policy {
      days = 30
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [azurerm_role_assignment.storage_key]
}

resource "azurerm_storage_container" "store" {
  #checkov:skip=CKV2_AZURE_21:log_analytics_workspace_id says where the reads are logged
  name                  = var.container_name
  storage_account_id    = azurerm_storage_account.store.id
  container_access_type = "private"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_container_immutability_policy" "store" {
  storage_container_resource_manager_id = azurerm_storage_container.store.id
  immutability_period_in_days           = var.retention_days
  protected_append_writes_enabled       = false
  protected_append_writes_all_enabled   = false
  locked                                = var.lock
}

resource "azurerm_monitor_diagnostic_setting" "store" {
  count                      = var.log_analytics_workspace_id == null ? 0 : 1
  name                       = var.name
  target_resource_id         = "${azurerm_storage_account.store.id}/blobServices/default"
  log_analytics_workspace_id = var.log_analytics_workspace_id

  enabled_log {
    category_group = "audit"
  }
}

resource "azurerm_monitor_diagnostic_setting" "vault" {
  count                      = var.log_analytics_workspace_id == null ? 0 : 1
  name                       = var.name
  target_resource_id         = azurerm_key_vault.vault.id
  log_analytics_workspace_id = var.log_analytics_workspace_id

  enabled_log {
    category_group = "audit"
  }
}

# All that collecting asks of the store: nothing that overwrites, removes or changes retention. `add` makes a blob; `write`, which could
# replace one, is not given.
resource "azurerm_role_definition" "writer" {
  name        = "${var.name} evidence writer (${var.storage_account_name})"
  scope       = azurerm_storage_account.store.id
  description = "Writes evidence once, and reads it"

  permissions {
    actions = [
      "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/read",
      "Microsoft.Storage/storageAccounts/blobServices/containers/read",
    ]
    data_actions = [
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    ]
  }

  assignable_scopes = [azurerm_storage_account.store.id]
}

resource "azurerm_role_assignment" "writer" {
  scope              = azurerm_storage_container.store.id
  role_definition_id = azurerm_role_definition.writer.role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.collector.principal_id
}

resource "azurerm_role_definition" "signer" {
  name        = "${var.name} evidence signer (${var.key_vault_name})"
  scope       = azurerm_key_vault.vault.id
  description = "Signs evidence, and reads the public half of the key"

  permissions {
    data_actions = [
      "Microsoft.KeyVault/vaults/keys/read",
      "Microsoft.KeyVault/vaults/keys/sign/action",
    ]
  }

  assignable_scopes = [azurerm_key_vault.vault.id]
}

resource "azurerm_role_assignment" "signer" {
  scope              = azurerm_key_vault_key.signing.resource_versionless_id
  role_definition_id = azurerm_role_definition.signer.role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.collector.principal_id
}

output "store_url" {
  description = "store.url of evidenced.yaml, with a prefix of your choice."
  value       = "az://${azurerm_storage_account.store.name}/${azurerm_storage_container.store.name}/soc2?subscription=${data.azurerm_client_config.current.subscription_id}&resource_group=${var.resource_group_name}"
}

output "signing_key" {
  description = "signing.key of evidenced.yaml."
  value       = "azurekms://${var.key_vault_name}.vault.azure.net/keys/${azurerm_key_vault_key.signing.name}/${azurerm_key_vault_key.signing.version}"
}

output "identity_id" {
  description = "The identity that the service runs with (module `service`)."
  value       = azurerm_user_assigned_identity.collector.id
}

output "identity_client_id" {
  description = "Its client id (module `service`, and azure.workload.identity/client-id in Kubernetes)."
  value       = azurerm_user_assigned_identity.collector.client_id
}

output "identity_principal_id" {
  description = "Its object id (principal_id of the module `reader`)."
  value       = azurerm_user_assigned_identity.collector.principal_id
}
