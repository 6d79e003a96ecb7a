//! The reader as Terraform (HCL), for the `azurerm` and `azuread` providers.

use super::{ABOUT, Needs, ROLE_NAME};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const HEAD: &str = r#"# @ABOUT@
#
# What `evidenced` reads Azure with. Apply it with the object id of the collector's identity and the management group above
# the subscriptions:
#   terraform apply -var principal_id=OBJECT_ID -var scope=/providers/Microsoft.Management/managementGroups/GROUP

terraform {
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = ">= 2.40"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 3.0"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "principal_id" {
  description = "Object id of the service principal or managed identity that the collector runs as."
  type        = string
}

variable "scope" {
  description = "Where the role is defined and given: a management group above the subscriptions, or one subscription."
  type        = string
}
"#;

const TAIL: &str = r#"
resource "azurerm_role_assignment" "evidenced" {
  scope              = var.scope
  role_definition_id = azurerm_role_definition.evidenced.role_definition_resource_id
  principal_id       = var.principal_id
}

# Microsoft Graph, whose application id is the same in every tenant.
data "azuread_service_principal" "graph" {
  client_id = "00000003-0000-0000-c000-000000000000"
}

resource "azuread_app_role_assignment" "evidenced" {
  for_each            = local.graph_permissions
  app_role_id         = data.azuread_service_principal.graph.app_role_ids[each.value]
  principal_object_id = var.principal_id
  resource_object_id  = data.azuread_service_principal.graph.object_id
}
"#;

/// The configuration.
pub fn text(needs: &Needs) -> String {
    let mut text = HEAD.replace("@ABOUT@", ABOUT);
    let _ = write!(
        text,
        r#"
locals {{
  graph_permissions = toset([
{}  ])
}}

resource "azurerm_role_definition" "evidenced" {{
  name        = "{ROLE_NAME}"
  description = "{ABOUT}"
  scope       = var.scope

  permissions {{
    actions = [
{}    ]
  }}
}}
"#,
        list(&needs.graph, 4),
        list(&needs.actions, 6)
    );
    text.push_str(TAIL);
    text
}

fn list(items: &BTreeSet<&str>, indent: usize) -> String {
    let mut text = String::new();
    for item in items {
        let _ = writeln!(text, "{:indent$}\"{item}\",", "");
    }
    text
}
