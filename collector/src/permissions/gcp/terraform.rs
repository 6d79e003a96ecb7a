//! The reader as Terraform (HCL), for the `google` provider.

use super::{ABOUT, ACCOUNT, CONSUMER, Needs, ROLE_ID, TITLE};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const HEAD: &str = r#"# @ABOUT@
#
# What `evidenced` reads Google Cloud with: a service account in a project of the collector's own, and a custom role for it on
# an organisation, or on single projects.
#   terraform apply -var collector_project=ID -var organization_id=NUMBER
#   terraform apply -var collector_project=ID -var 'projects=["ID"]'

terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 4.0"
    }
  }
}

variable "collector_project" {
  description = "The project where the service account is made, and where the services are enabled."
  type        = string
}

variable "organization_id" {
  description = "Number of the organisation that is read; null where single projects are."
  type        = string
  default     = null
}

variable "projects" {
  description = "Ids of the projects that are read, where no organisation is."
  type        = set(string)
  default     = []
}
"#;

const TAIL: &str = r#"
resource "google_project_service" "evidenced" {
  for_each           = local.services
  project            = var.collector_project
  service            = each.value
  disable_on_destroy = false
}

resource "google_service_account" "evidenced" {
  project      = var.collector_project
  account_id   = "@ACCOUNT@"
  display_name = "@TITLE@"
  description  = "@ABOUT@"
}

# Its calls are counted in its own project.
resource "google_project_iam_member" "consumer" {
  project = var.collector_project
  role    = "@CONSUMER@"
  member  = "serviceAccount:${google_service_account.evidenced.email}"
}

resource "google_organization_iam_custom_role" "evidenced" {
  count       = var.organization_id == null ? 0 : 1
  org_id      = var.organization_id
  role_id     = "@ROLE@"
  title       = "@TITLE@"
  description = "@ABOUT@"
  permissions = setunion(local.permissions, local.of_organization)
}

resource "google_organization_iam_member" "evidenced" {
  count  = var.organization_id == null ? 0 : 1
  org_id = var.organization_id
  role   = google_organization_iam_custom_role.evidenced[0].name
  member = "serviceAccount:${google_service_account.evidenced.email}"
}

resource "google_project_iam_custom_role" "evidenced" {
  for_each    = var.organization_id == null ? var.projects : toset([])
  project     = each.value
  role_id     = "@ROLE@"
  title       = "@TITLE@"
  description = "@ABOUT@"
  permissions = local.permissions
}

resource "google_project_iam_member" "evidenced" {
  for_each = google_project_iam_custom_role.evidenced
  project  = each.key
  role     = each.value.name
  member   = "serviceAccount:${google_service_account.evidenced.email}"
}

output "service_account" {
  description = "E-mail address of the service account that the collector runs as."
  value       = google_service_account.evidenced.email
}
"#;

/// The configuration.
pub fn text(needs: &Needs) -> String {
    let filled = |text: &str| {
        let text = text.replace("@ABOUT@", ABOUT).replace("@TITLE@", TITLE).replace("@ROLE@", ROLE_ID);
        text.replace("@ACCOUNT@", ACCOUNT).replace("@CONSUMER@", CONSUMER)
    };
    let mut text = filled(HEAD);
    text.push_str("\nlocals {\n");
    list(&mut text, "permissions", &needs.permissions);
    text.push_str("\n  # Only a role of an organisation holds these.\n");
    list(&mut text, "of_organization", &needs.of_organization);
    text.push_str("\n  # Enabled in the collector's own project.\n");
    list(&mut text, "services", &needs.services);
    text.push_str("}\n");
    text.push_str(&filled(TAIL));
    text
}

fn list(text: &mut String, name: &str, items: &BTreeSet<&str>) {
    let _ = writeln!(text, "  {name} = toset([");
    for item in items {
        let _ = writeln!(text, "    \"{item}\",");
    }
    text.push_str("  ])\n");
}
