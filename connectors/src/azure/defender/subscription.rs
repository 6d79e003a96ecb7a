//! The plans, contacts and settings of Defender for Cloud in a subscription.

use super::present;
use crate::azure::context::Context;
use crate::azure::operation::{Operation, Request};
use crate::azure::{door, listing};
use crate::collection::Collected;
use crate::document::{Draft, Field};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

pub(super) const TYPE: &str = "azure.defender.subscription";

/// Plans of Defender for Cloud in the subscription.
pub(in crate::azure) static PRICINGS: Operation = Operation {
    service: "Microsoft.Security",
    name: "Pricings_List",
    permission: "Microsoft.Security/pricings/read",
    request: Request::Get("/subscriptions/{subscription}/providers/Microsoft.Security/pricings?api-version=2024-01-01"),
    is_list: true,
    shared: true,
    docs: "https://learn.microsoft.com/rest/api/defenderforcloud/pricings/list",
    ..Operation::PLAIN
};

/// There is no version of this that is not a preview.
static CONTACTS: Operation = Operation {
    service: "Microsoft.Security",
    name: "SecurityContacts_List",
    permission: "Microsoft.Security/securityContacts/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Security/securityContacts?api-version=2023-12-01-preview",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/defenderforcloud/security-contacts/list",
    ..Operation::PLAIN
};

static SETTINGS: Operation = Operation {
    service: "Microsoft.Security",
    name: "Settings_List",
    permission: "Microsoft.Security/settings/read",
    request: Request::Get("/subscriptions/{subscription}/providers/Microsoft.Security/settings?api-version=2022-05-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/defenderforcloud/settings/list",
    ..Operation::PLAIN
};

pub(super) const OPERATIONS: &[&Operation] = &[
    &PRICINGS,
    &CONTACTS,
    &SETTINGS,
    present::MACHINES,
    present::SCALE_SETS,
    present::ARC_MACHINES,
    present::SITES,
    present::SQL_SERVERS,
    present::SQL_INSTANCES,
    present::SYNAPSE,
    present::SQL_MACHINES,
    present::ARC_SQL,
    present::POSTGRES,
    present::MYSQL,
    present::COSMOS,
    present::STORAGE,
    present::CLUSTERS,
    present::REGISTRIES,
    present::ARC_CLUSTERS,
    present::VAULTS,
];

/// `config` of Defender for Cloud in a subscription.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Config {
    /// Every plan, by its name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pricings: Field<Vec<Pricing>>,
    /// Who is told.
    #[serde(skip_serializing_if = "Field::is_unread")]
    security_contacts: Field<Vec<Contact>>,
    /// Integrations.
    #[serde(skip_serializing_if = "Field::is_unread")]
    settings: Field<Vec<Setting>>,
}

/// A plan.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Pricing {
    /// `VirtualMachines` and the like.
    name: String,
    /// Its tier.
    properties: PricingProperties,
}

/// Of a plan.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PricingProperties {
    /// `Standard` is on, `Free` is off.
    pricing_tier: String,
    /// `P1`, `P2` and the like; null where the plan has one form.
    sub_plan: Option<String>,
    /// Another plan took its place; null is false.
    deprecated: Option<bool>,
    /// `FullyCovered`, `PartiallyCovered` or `NotCovered`.
    resources_coverage_status: Option<String>,
    /// Its parts; null for none.
    extensions: Option<Vec<Extension>>,
}

/// A part of a plan.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Extension {
    /// `AgentlessVmScanning` and the like.
    name: String,
    /// `True` or `False`.
    is_enabled: Option<String>,
}

/// Who is told.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Contact {
    /// `default`.
    name: Option<String>,
    /// Of what.
    properties: ContactProperties,
}

/// Of a contact.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ContactProperties {
    /// Addresses, with `;` between them.
    emails: Option<String>,
    /// False where nothing is sent.
    is_enabled: Option<bool>,
    /// What is told.
    notifications_sources: Option<Vec<Source>>,
    /// Roles of the subscription that are told.
    notifications_by_role: Option<ByRole>,
}

/// What is told.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Source {
    /// `Alert` or `AttackPath`.
    source_type: Option<String>,
    /// The least severity of alerts that are told: `Low`, `Medium` or `High`.
    minimal_severity: Option<String>,
}

/// Roles of the subscription that are told.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ByRole {
    /// `On` or `Off`.
    state: Option<String>,
    /// `Owner`, `Contributor`, `AccountAdmin`, `ServiceAdmin`.
    roles: Option<Vec<String>>,
}

/// An integration.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Setting {
    /// `WDATP` (Defender for Endpoint), `MCAS` (Defender for Cloud Apps) or `Sentinel`.
    name: String,
    /// Whether it is on.
    properties: Option<SettingProperties>,
}

/// Of an integration.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SettingProperties {
    /// It is on.
    enabled: Option<bool>,
}

/// Which resources the subscription has that a plan is for.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// Virtual machines, scale sets or Arc machines.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_machines: Field<bool>,
    /// Web and function apps.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_sites: Field<bool>,
    /// Azure SQL servers, managed instances or Synapse workspaces.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_sql: Field<bool>,
    /// SQL servers on machines.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_sql_machines: Field<bool>,
    /// Servers of PostgreSQL or MySQL.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_open_source_databases: Field<bool>,
    /// Accounts of Cosmos DB.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_cosmos: Field<bool>,
    /// Storage accounts.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_storage: Field<bool>,
    /// Kubernetes clusters or container registries.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_containers: Field<bool>,
    /// Container registries.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_registries: Field<bool>,
    /// Key vaults.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_vaults: Field<bool>,
}

impl Config {
    pub(super) fn schema(generator: &mut SchemaGenerator) -> Schema {
        Self::json_schema(generator)
    }
}

impl Derived {
    pub(super) fn schema(generator: &mut SchemaGenerator) -> Schema {
        Self::json_schema(generator)
    }

    async fn read(context: &Context, draft: &mut Draft) -> Self {
        use present as p;
        let mut derived = Self::default();
        let kinds: [(&str, &mut Field<bool>, &[&'static Operation]); 10] = [
            ("has_machines", &mut derived.has_machines, &[p::MACHINES, p::SCALE_SETS, p::ARC_MACHINES]),
            ("has_sites", &mut derived.has_sites, &[p::SITES]),
            ("has_sql", &mut derived.has_sql, &[p::SQL_SERVERS, p::SQL_INSTANCES, p::SYNAPSE]),
            ("has_sql_machines", &mut derived.has_sql_machines, &[p::SQL_MACHINES, p::ARC_SQL]),
            ("has_open_source_databases", &mut derived.has_open_source_databases, &[p::POSTGRES, p::MYSQL]),
            ("has_cosmos", &mut derived.has_cosmos, &[p::COSMOS]),
            ("has_storage", &mut derived.has_storage, &[p::STORAGE]),
            ("has_containers", &mut derived.has_containers, &[p::CLUSTERS, p::REGISTRIES, p::ARC_CLUSTERS]),
            ("has_registries", &mut derived.has_registries, &[p::REGISTRIES]),
            ("has_vaults", &mut derived.has_vaults, &[p::VAULTS]),
        ];
        for (name, field, kinds) in kinds {
            *field = draft.take(&format!("derived.{name}"), present::any(context, kinds).await);
        }
        derived
    }
}

/// The one document of the subscription.
pub(super) async fn collect(context: &Context) -> Collected {
    let id = format!("{}/providers/Microsoft.Security", context.subscription_path());
    let mut draft = Draft::new(TYPE, id, context.subscription(), door::REGION);
    let names = [("subscription", context.subscription())];
    let (pricings, contacts, settings) = futures::join!(
        listing::whole_if_seen(context, &PRICINGS, &names),
        listing::whole_if_seen(context, &CONTACTS, &names),
        listing::whole_if_seen(context, &SETTINGS, &names),
    );
    let config = Config {
        pricings: draft.take("config.pricings", pricings.map(|read| read.map(Some))),
        security_contacts: draft.take("config.security_contacts", contacts.map(|read| read.map(Some))),
        settings: draft.take("config.settings", settings.map(|read| read.map(Some))),
    };
    let derived = Derived::read(context, &mut draft).await;
    Collected::of_one(context.finish(draft, &config, &derived))
}
