//! The subscription itself.

use super::authorization::{self, ASSIGNMENT_READS, Owner};
use super::context::Context;
use super::listing;
use super::monitor::{self, Alert, DiagnosticSetting};
use super::operation::{Family, Operation, Request, ResourceType};
use super::policy::{self, Assigned};
use crate::collection::Collected;
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field};
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The subscription.
pub const TYPE: &str = "azure.subscription";

/// `GET /subscriptions/{id}`.
pub static GET: Operation = Operation {
    service: "Microsoft.Resources",
    name: "Subscriptions_Get",
    permission: "Microsoft.Resources/subscriptions/read",
    request: Request::Get("/subscriptions/{subscription}?api-version=2022-12-01"),
    docs: "https://learn.microsoft.com/rest/api/resources/subscriptions/get",
    ..Operation::PLAIN
};

/// `GET /subscriptions`: those that the credentials reach.
pub static LIST: Operation = Operation {
    service: "Microsoft.Resources",
    name: "Subscriptions_List",
    permission: "Microsoft.Resources/subscriptions/read",
    request: Request::Get("/subscriptions?api-version=2022-12-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/resources/subscriptions/list",
    ..Operation::PLAIN
};

/// What is under a management group, at any depth.
pub static DESCENDANTS: Operation = Operation {
    service: "Microsoft.Management",
    name: "ManagementGroups_GetDescendants",
    permission: "Microsoft.Management/managementGroups/descendants/read",
    request: Request::Get(
        "/providers/Microsoft.Management/managementGroups/{group}/descendants?api-version=2023-04-01",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/managementgroups/management-groups/get-descendants",
    ..Operation::PLAIN
};

/// The subscription.
pub const FAMILY: Family = Family {
    name: "subscription",
    types: &[ResourceType {
        name: TYPE,
        about: "The subscription",
        reach: Reach::Global,
        operations: &[
            &GET,
            ASSIGNMENT_READS[0],
            ASSIGNMENT_READS[1],
            ASSIGNMENT_READS[2],
            ASSIGNMENT_READS[3],
            ASSIGNMENT_READS[4],
            ASSIGNMENT_READS[5],
            &policy::ASSIGNMENTS,
            &monitor::DIAGNOSTIC_SETTINGS,
            &monitor::ALERTS,
            &monitor::GROUPS,
        ],
        config: Shape::of(Config::json_schema),
        derived: Shape::of(Derived::json_schema),
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(collect(context))),
};

/// `config` of the subscription.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Config {
    /// Its name, state and tenant.
    #[serde(skip_serializing_if = "Field::is_unread")]
    subscription: Field<Subscription>,
    /// Policies and initiatives that are assigned to it or above it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    policy_assignments: Field<Vec<policy::Assignment>>,
    /// Where its activity log is sent.
    #[serde(skip_serializing_if = "Field::is_unread")]
    diagnostic_settings: Field<Vec<DiagnosticSetting>>,
}

/// `derived` of the subscription.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Derived {
    /// Who can do everything in it: Owners, and those who can make themselves Owner, at the subscription or above, directly or
    /// through a group.
    #[serde(skip_serializing_if = "Field::is_unread")]
    owner_principals: Field<Vec<Owner>>,
    /// What of the policies and initiatives is in force.
    #[serde(skip_serializing_if = "Field::is_unread")]
    policies: Field<Vec<Assigned>>,
    /// Its alert rules on the activity log.
    #[serde(skip_serializing_if = "Field::is_unread")]
    activity_log_alerts: Field<Vec<Alert>>,
}

/// What Resource Manager says of a subscription.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Subscription {
    /// Its name.
    display_name: Option<String>,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`.
    state: Option<String>,
    /// The tenant that it trusts.
    tenant_id: Option<String>,
}

/// The ids of the subscriptions that the credentials reach in their tenant.
///
/// # Errors
/// When they cannot be listed to the end.
pub async fn reached(context: &Context) -> Result<Vec<String>, CollectError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Item {
        subscription_id: String,
    }
    let items = listing::whole::<Item>(context, &LIST, &[]).await?;
    Ok(items.value.into_iter().map(|item| item.subscription_id).collect())
}

/// The ids of the subscriptions under a management group.
///
/// # Errors
/// When they cannot be listed to the end.
pub async fn under(context: &Context, group: &str) -> Result<Vec<String>, CollectError> {
    #[derive(Deserialize)]
    struct Item {
        name: String,
        #[serde(rename = "type")]
        type_: String,
    }
    let items = listing::whole::<Item>(context, &DESCENDANTS, &[("group", group)]).await?;
    // `/subscriptions`, and `Microsoft.Management/managementGroups/subscriptions` in some answers.
    let is_subscription = |item: &Item| item.type_.to_ascii_lowercase().ends_with("/subscriptions");
    Ok(items.value.into_iter().filter(is_subscription).map(|item| item.name).collect())
}

async fn collect(context: &Context) -> Collected {
    let names = [("subscription", context.subscription())];
    let mut draft = Draft::new(TYPE, context.subscription_path(), context.subscription(), "global");
    let (read, owners, policies, settings) = futures::join!(
        listing::one::<Subscription>(context, &GET, &names),
        authorization::owners(context),
        policy::assignments(context),
        monitor::diagnostic_settings(context),
    );
    let config = Config {
        subscription: draft.take("config.subscription", read.map(|read| read.map(Some))),
        policy_assignments: draft.take("config.policy_assignments", policies),
        diagnostic_settings: draft.take("config.diagnostic_settings", settings),
    };
    let derived = Derived {
        owner_principals: draft.take("derived.owner_principals", owners),
        policies: policy::assigned(context, &mut draft, &config.policy_assignments),
        activity_log_alerts: monitor::alerts(context, &mut draft).await,
    };
    Collected::of_one(context.finish(draft, &config, &derived))
}
