//! Alerts on the activity log: on which operations somebody is told.

use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::listing::{self, Envelope, Listed, Nothing};
use crate::azure::operation::Operation;
use crate::document::{Draft, Field};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Alert rules on the activity log.
pub(in crate::azure) static ALERTS: Operation =
    Operation::rows("resources", "microsoft.insights/activitylogalerts", "Microsoft.Insights/activityLogAlerts/read");

/// Action groups: whom alerts tell.
pub(in crate::azure) static GROUPS: Operation =
    Operation::rows("resources", "microsoft.insights/actiongroups", "Microsoft.Insights/actionGroups/read");

/// Operations that a rule may be asked for.
const WATCHED: [&str; 10] = [
    "Microsoft.Authorization/policyAssignments/delete",
    "Microsoft.Authorization/policyAssignments/write",
    "Microsoft.Network/networkSecurityGroups/delete",
    "Microsoft.Network/networkSecurityGroups/write",
    "Microsoft.Network/publicIPAddresses/delete",
    "Microsoft.Network/publicIPAddresses/write",
    "Microsoft.Security/securitySolutions/delete",
    "Microsoft.Security/securitySolutions/write",
    "Microsoft.Sql/servers/firewallRules/delete",
    "Microsoft.Sql/servers/firewallRules/write",
];

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Rule {
    properties: RuleProperties,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct RuleProperties {
    enabled: Option<bool>,
    scopes: Vec<String>,
    condition: AllOf,
    actions: Option<Actions>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct AllOf {
    all_of: Vec<Leaf>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Leaf {
    field: Option<String>,
    equals: Option<String>,
    contains_any: Option<Vec<String>>,
    any_of: Option<Vec<Leaf>>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Actions {
    action_groups: Option<Vec<ActionGroup>>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ActionGroup {
    action_group_id: String,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Group {
    properties: BTreeMap<String, Value>,
}

impl Listed for Rule {
    const TYPE: &'static str = "azure.monitor.activity-log-alert";
    const LIST: &'static Operation = &ALERTS;
    type Around = ();
    type Derived = Nothing;
    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Listed for Group {
    const TYPE: &'static str = "azure.monitor.action-group";
    const LIST: &'static Operation = &GROUPS;
    type Around = ();
    type Derived = Nothing;
    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// An alert rule on the activity log.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(in crate::azure) struct Alert {
    /// Its id.
    id: String,
    /// It is on.
    enabled: bool,
    /// It watches the whole subscription.
    covers_subscription: bool,
    /// Of the operations that controls ask about, those whose success it tells of, whoever does them.
    operations: Vec<&'static str>,
    /// It tells of incidents of Azure's own services.
    service_incidents: bool,
    /// One of its action groups is on and has somebody to tell.
    #[serde(skip_serializing_if = "Field::is_unread")]
    has_action_group: Field<bool>,
}

/// Something that happens.
struct Event<'a> {
    category: &'a str,
    operation: Option<&'a str>,
}

impl Leaf {
    /// True where it holds for every event of this kind that succeeds.
    fn holds(&self, event: &Event<'_>) -> bool {
        if let Some(any) = &self.any_of {
            return any.iter().any(|leaf| leaf.holds(event));
        }
        let field = self.field.as_deref().unwrap_or_default().to_ascii_lowercase();
        match (field.as_str(), event.operation) {
            ("category", _) => self.is(event.category),
            ("operationname", Some(operation)) => self.is(operation),
            ("resourcetype", Some(operation)) => {
                self.is(operation.rsplit_once('/').map_or(operation, |(type_, _)| type_))
            }
            ("resourceprovider", Some(operation)) => self.is(operation.split('/').next().unwrap_or_default()),
            ("status", Some(_)) => self.is("Succeeded"),
            ("level", Some(_)) => self.is("Informational"),
            ("properties.incidenttype", None) => self.is("Incident"),
            // Which services and regions an organisation uses is its own to say.
            (field, None) => field.starts_with("properties.impactedservices"),
            _ => false,
        }
    }

    fn is(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.equals.as_ref().is_some_and(|value| value.eq_ignore_ascii_case(&text))
            || self.contains_any.iter().flatten().any(|value| text.contains(&value.to_ascii_lowercase()))
    }

    fn is_about_category(&self) -> bool {
        self.field.as_deref().is_some_and(|field| field.eq_ignore_ascii_case("category"))
            || self.any_of.iter().flatten().any(Self::is_about_category)
    }
}

impl RuleProperties {
    fn fires(&self, event: &Event<'_>) -> bool {
        let leaves = &self.condition.all_of;
        leaves.iter().any(Leaf::is_about_category) && leaves.iter().all(|leaf| leaf.holds(event))
    }

    /// One of the action groups works; none where that is not known. Groups of other subscriptions are not read.
    fn tells(&self, own: &str, groups: &Result<BTreeMap<String, bool>, CollectError>) -> Option<bool> {
        let named = self.actions.iter().flat_map(|actions| actions.action_groups.iter().flatten());
        let mut is_known = true;
        for group in named {
            let id = group.action_group_id.to_ascii_lowercase();
            match groups {
                Ok(groups) if id.starts_with(own) => {
                    if groups.get(&id).copied().unwrap_or(false) {
                        return Some(true);
                    }
                }
                _ => is_known = false,
            }
        }
        is_known.then_some(false)
    }
}

impl Group {
    /// It is on, and has a receiver that is on.
    fn works(&self) -> bool {
        let is_on = self.properties.get("enabled").and_then(Value::as_bool).unwrap_or(true);
        let receivers = self.properties.iter().filter(|(name, _)| name.ends_with("_receivers"));
        is_on
            && receivers
                .flat_map(|(_, list)| list.as_array().into_iter().flatten())
                .any(|one| one["status"] != "Disabled")
    }
}

/// Reads the alert rules of the subscription, with a gap where it is not known whom one tells.
pub(in crate::azure) async fn alerts(context: &Context, draft: &mut Draft) -> Field<Vec<Alert>> {
    const PATH: &str = "derived.activity_log_alerts";
    let (rules, groups) = futures::join!(listing::every::<Rule>(context), listing::every::<Group>(context));
    let rules = match rules {
        Ok(rules) => rules,
        Err(error) => {
            draft.miss(PATH, &error);
            return Field::Unread;
        }
    };
    draft.saw(&rules);
    let trouble = groups.as_ref().err().cloned();
    let groups = groups.map(|read| {
        draft.saw(&read);
        read.value.iter().map(|(envelope, group)| (envelope.id.to_ascii_lowercase(), group.works())).collect()
    });
    let mut alerts: Vec<Alert> =
        rules.value.iter().map(|(envelope, rule)| alert(context, envelope, rule, &groups)).collect();
    alerts.sort_by(|one, other| one.id.cmp(&other.id));
    if alerts.iter().any(|alert| alert.has_action_group.is_unread()) {
        let elsewhere = || door::malformed(&GROUPS, "an action group is in another subscription", vec![]);
        draft.miss(&format!("{PATH}.has_action_group"), &trouble.unwrap_or_else(elsewhere));
    }
    Field::Value(alerts)
}

fn alert(
    context: &Context,
    envelope: &Envelope,
    rule: &Rule,
    groups: &Result<BTreeMap<String, bool>, CollectError>,
) -> Alert {
    let rule = &rule.properties;
    let own = context.subscription_path().to_ascii_lowercase();
    let fires = |operation: &&&str| rule.fires(&Event { category: "Administrative", operation: Some(operation) });
    Alert {
        id: envelope.id.clone(),
        enabled: rule.enabled.unwrap_or(true),
        covers_subscription: rule.scopes.iter().any(|scope| scope.trim_end_matches('/').eq_ignore_ascii_case(&own)),
        operations: WATCHED.iter().filter(fires).copied().collect(),
        service_incidents: rule.fires(&Event { category: "ServiceHealth", operation: None }),
        has_action_group: rule.tells(&format!("{own}/"), groups).map_or(Field::Unread, Field::Value),
    }
}
