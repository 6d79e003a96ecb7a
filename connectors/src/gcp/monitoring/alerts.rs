//! The eight alerts that a project should have, each with the log entries that must set it off.
//!
//! An alert is there when something matches *every* one of its entries: a filter that leaves one out misses it. The entries are
//! made here, as Cloud Audit Logs write them; nothing of them is read from the project.
//!
//! Sources: the method names of the CIS Google Cloud Platform Foundation Benchmark (2.4 to 2.11), and
//! <https://cloud.google.com/logging/docs/audit/understanding-audit-logs> and
//! <https://cloud.google.com/logging/docs/api/v2/resource-list> for the form of entries. Methods of Compute Engine stand in
//! entries with the version before them (`v1.compute.firewalls.insert`).

use crate::gcp::logging::log_query::Entry;
use serde_json::{Value, json};

/// An alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alert {
    /// Its key in `derived.alert_coverage`.
    pub(super) key: &'static str,
    service: &'static str,
    resource: &'static str,
    events: &'static [Event],
}

/// An entry's method, and what it changes in an IAM policy, as a part of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Event {
    name: &'static str,
    method: &'static str,
    delta: Option<Delta>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delta {
    Owner(&'static str),
    Audit,
}

const fn call(method: &'static str) -> Event {
    Event { name: method, method, delta: None }
}

const fn policy(name: &'static str, delta: Delta) -> Event {
    Event { name, method: "SetIamPolicy", delta: Some(delta) }
}

const MANAGER: &str = "cloudresourcemanager.googleapis.com";
const COMPUTE: &str = "compute.googleapis.com";

/// Every alert, in the order of the benchmark.
pub(super) static ALERTS: [Alert; 8] = [
    Alert {
        key: "project-ownership",
        service: MANAGER,
        resource: "project",
        events: &[policy("ADD roles/owner", Delta::Owner("ADD")), policy("REMOVE roles/owner", Delta::Owner("REMOVE"))],
    },
    Alert {
        key: "audit-config",
        service: MANAGER,
        resource: "project",
        events: &[policy("SetIamPolicy with auditConfigDeltas", Delta::Audit)],
    },
    Alert {
        key: "custom-role",
        service: "iam.googleapis.com",
        resource: "iam_role",
        events: &[
            call("google.iam.admin.v1.CreateRole"),
            call("google.iam.admin.v1.DeleteRole"),
            call("google.iam.admin.v1.UpdateRole"),
        ],
    },
    Alert {
        key: "firewall",
        service: COMPUTE,
        resource: "gce_firewall_rule",
        events: &[
            call("v1.compute.firewalls.patch"),
            call("v1.compute.firewalls.insert"),
            call("v1.compute.firewalls.delete"),
        ],
    },
    Alert {
        key: "routes",
        service: COMPUTE,
        resource: "gce_route",
        events: &[call("v1.compute.routes.insert"), call("v1.compute.routes.delete")],
    },
    Alert {
        key: "networks",
        service: COMPUTE,
        resource: "gce_network",
        events: &[
            call("v1.compute.networks.insert"),
            call("v1.compute.networks.patch"),
            call("v1.compute.networks.delete"),
            call("v1.compute.networks.removePeering"),
            call("v1.compute.networks.addPeering"),
        ],
    },
    Alert {
        key: "bucket-iam",
        service: "storage.googleapis.com",
        resource: "gcs_bucket",
        events: &[call("storage.setIamPermissions")],
    },
    Alert {
        key: "sql-config",
        service: "cloudsql.googleapis.com",
        resource: "cloudsql_database",
        events: &[call("cloudsql.instances.update")],
    },
];

/// Parts of an entry of which all is told here: what a filter asks for besides is not there. Of all else (who did it,
/// from where) nothing is said.
const WHOLE: &[&str] = &["protoPayload.serviceData", "textPayload", "jsonPayload", "httpRequest", "resource.type"];

impl Alert {
    /// The entries of this project that must set it off, by name.
    pub(super) fn entries(&self, project: &str) -> Vec<(&'static str, Entry)> {
        self.events.iter().map(|event| (event.name, self.entry(*event, project))).collect()
    }

    fn entry(&self, event: Event, project: &str) -> Entry {
        let service_data = match event.delta {
            None => Value::Null,
            Some(Delta::Owner(action)) => json!({"policyDelta": {"bindingDeltas": [
                {"action": action, "role": "roles/owner", "member": "user:someone@example.com"}]}}),
            Some(Delta::Audit) => json!({"policyDelta": {"auditConfigDeltas": [
                {"action": "REMOVE", "service": "allServices", "logType": "DATA_READ"}]}}),
        };
        let mut payload = json!({
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": self.service, "methodName": event.method,
        });
        if !service_data.is_null() {
            payload["serviceData"] = service_data;
        }
        let known = json!({
            "logName": format!("projects/{project}/logs/cloudaudit.googleapis.com%2Factivity"),
            "log_id": "cloudaudit.googleapis.com/activity", "severity": "NOTICE",
            "resource": {"type": self.resource}, "protoPayload": payload,
        });
        Entry { known, whole: WHOLE, every: true }
    }
}
