//! A logical server of Azure SQL.

use super::firewall::{self, LetIn, Rule};
use crate::azure::context::Context;
use crate::azure::defender::subscription::PRICINGS;
use crate::azure::diagnostic_settings::DiagnosticSetting;
use crate::azure::door::{self, REGION};
use crate::azure::listing::{Listed, Place, whole_in_words};
use crate::azure::operation::Operation;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod operations;

use operations::{ADMINISTRATORS, AUDITING, FIREWALL, FIREWALL_IPV6, LIST, MASTER_LOGS, PROTECTOR, SECURITY_ALERTS};

/// A logical server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::azure) struct Server {
    /// Its settings.
    properties: Properties,
    /// Its administrator of Entra ID; null where it has none.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    administrators: Field<Administrators>,
    /// Rules of its firewall.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    firewall_rules: Field<Vec<Rule>>,
    /// Rules of its firewall for IPv6; null where IPv6 is off.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    ipv6_firewall_rules: Field<Vec<Rule>>,
    /// How it is audited.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    auditing_settings: Field<Settings<Auditing>>,
    /// Where the logs of its `master` database go, which are those of the server's audit.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    master_diagnostic_settings: Field<Vec<DiagnosticSetting>>,
    /// Its own switch of Microsoft Defender for SQL.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    security_alert_policy: Field<Settings<SecurityAlerts>>,
    /// The key that its databases' keys are encrypted with.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    encryption_protector: Field<Settings<Protector>>,
}

/// Settings of a server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// `1.0` to `1.3`, or `None`; null is `None`.
    minimal_tls_version: Option<String>,
    /// `Enabled`, `Disabled` or `SecuredByPerimeter`; null is `Enabled`.
    public_network_access: Option<String>,
    /// `Enabled` where it is reached over IPv6 too.
    is_i_pv6_enabled: Option<String>,
}

/// An administrator of Entra ID.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Administrators {
    /// `ActiveDirectory`.
    administrator_type: Option<String>,
    /// `User`, `Group` or `Application`.
    principal_type: Option<String>,
    /// Its object id.
    sid: Option<String>,
    /// Logins of SQL are refused.
    azure_ad_only_authentication: Option<bool>,
}

/// What the provider has under `properties`.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Settings<T> {
    /// The settings.
    properties: T,
}

/// How a server is audited.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Auditing {
    /// `Enabled` or `Disabled`.
    state: Option<String>,
    /// Days that logs in the storage account are kept; 0 is without an end.
    retention_days: Option<i64>,
    /// The storage account that logs go to; empty or null is none.
    storage_endpoint: Option<String>,
    /// Logs go where diagnostic settings of `master` say.
    is_azure_monitor_target_enabled: Option<bool>,
}

/// Microsoft Defender for SQL.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SecurityAlerts {
    /// `Enabled` or `Disabled`.
    state: Option<String>,
}

/// The key that encrypts keys.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Protector {
    /// `ServiceManaged` or `AzureKeyVault`.
    server_key_type: Option<String>,
    /// The newest version of the key is taken by itself.
    auto_rotation_enabled: Option<bool>,
}

/// `derived` of a server.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::azure) struct Derived {
    /// What its firewall lets in.
    #[serde(skip_serializing_if = "Field::is_unread")]
    firewall: Field<LetIn>,
    /// The plan `SqlServers` of Microsoft Defender covers every server of the subscription; null where it covers some.
    #[serde(skip_serializing_if = "Field::is_unread")]
    defender_covers_subscription: Field<bool>,
}

/// A server in the list that tells administrators.
#[derive(Debug, Deserialize)]
struct WithAdministrators {
    id: String,
    properties: OnlyAdministrators,
}

#[derive(Debug, Deserialize)]
struct OnlyAdministrators {
    administrators: Option<Administrators>,
}

/// A plan of Microsoft Defender.
#[derive(Debug, Deserialize)]
struct Plan {
    name: String,
    properties: PlanProperties,
}

#[derive(Debug, Deserialize)]
struct PlanProperties {
    pricing_tier: Option<String>,
    resources_coverage_status: Option<String>,
}

/// What is read once for all servers.
#[derive(Debug)]
pub(in crate::azure) struct Around {
    /// Administrators by the server's id in small letters.
    administrators: Result<Read<BTreeMap<String, Option<Administrators>>>, CollectError>,
    /// Whether the subscription's plan covers every server.
    plan: Result<Read<Option<bool>>, CollectError>,
}

impl Listed for Server {
    const TYPE: &'static str = "azure.sql.server";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[
        &LIST,
        &ADMINISTRATORS,
        &FIREWALL,
        &FIREWALL_IPV6,
        &AUDITING,
        &MASTER_LOGS,
        &SECURITY_ALERTS,
        &PROTECTOR,
        &PRICINGS,
    ];
    type Around = Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Around> {
        Box::pin(async move {
            let (administrators, plan) = futures::join!(administrators(context), plan(context));
            Around { administrators, plan }
        })
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        around: &'a Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        Box::pin(async move {
            self.administrators = draft.take("config.administrators", administrator_of(&place.envelope.id, around));
            self.read_firewall(place, draft).await;
            let (auditing, logs, alerts, protector) = futures::join!(
                place.one(&AUDITING),
                place.whole(&MASTER_LOGS),
                place.one(&SECURITY_ALERTS),
                place.one(&PROTECTOR)
            );
            self.auditing_settings = draft.take("config.auditing_settings", auditing.map(|read| read.map(Some)));
            self.master_diagnostic_settings =
                draft.take("config.master_diagnostic_settings", logs.map(|read| read.map(Some)));
            self.security_alert_policy = draft.take("config.security_alert_policy", alerts.map(|read| read.map(Some)));
            self.encryption_protector = draft.take("config.encryption_protector", protector.map(|read| read.map(Some)));
            Derived {
                firewall: self.firewall(draft),
                defender_covers_subscription: draft.take("derived.defender_covers_subscription", around.plan.clone()),
            }
        })
    }
}

impl Server {
    async fn read_firewall(&mut self, place: Place<'_>, draft: &mut Draft) {
        let rules = place.whole(&FIREWALL).await;
        self.firewall_rules = draft.take("config.firewall_rules", rules.map(|read| read.map(Some)));
        let is_over_ipv6 =
            self.properties.is_i_pv6_enabled.as_ref().is_some_and(|state| !state.eq_ignore_ascii_case("Disabled"));
        self.ipv6_firewall_rules = if is_over_ipv6 {
            let rules = place.whole(&FIREWALL_IPV6).await;
            draft.take("config.ipv6_firewall_rules", rules.map(|read| read.map(Some)))
        } else {
            Field::Absent
        };
    }

    fn firewall(&self, draft: &mut Draft) -> Field<LetIn> {
        let (Some(Some(rules)), Some(ipv6)) = (self.firewall_rules.known(), self.ipv6_firewall_rules.known()) else {
            draft.miss_with("derived.firewall", &["config.firewall_rules", "config.ipv6_firewall_rules"]);
            return Field::Unread;
        };
        match firewall::let_in(rules, ipv6.map_or(&[], Vec::as_slice)) {
            Ok(let_in) => Field::Value(let_in),
            Err(trouble) => {
                draft.miss("derived.firewall", &door::malformed(&FIREWALL, trouble, vec![]));
                Field::Unread
            }
        }
    }
}

/// Administrators of every server. Resource Graph does not tell them, and one list does.
async fn administrators(context: &Context) -> Result<Read<BTreeMap<String, Option<Administrators>>>, CollectError> {
    let names = [("subscription", context.subscription())];
    let servers: Read<Vec<WithAdministrators>> = whole_in_words(context, &ADMINISTRATORS, &names).await?;
    let by_id = |server: WithAdministrators| (server.id.to_ascii_lowercase(), server.properties.administrators);
    Ok(servers.map(|servers| servers.into_iter().map(by_id).collect()))
}

fn administrator_of(id: &str, around: &Around) -> Result<Read<Option<Administrators>>, CollectError> {
    let all = around.administrators.as_ref().map_err(Clone::clone)?;
    if let Some(administrators) = all.value.get(&id.to_ascii_lowercase()) {
        Ok(Read { value: administrators.clone(), exchanges: all.exchanges.clone(), at: all.at })
    } else {
        let error = door::malformed(&ADMINISTRATORS, "the server is not in the list", all.exchanges.clone());
        Err(CollectError { at: all.at, ..error })
    }
}

/// Whether the plan covers every server: a plan may be set on single resources too, and then it covers some.
async fn plan(context: &Context) -> Result<Read<Option<bool>>, CollectError> {
    let names = [("subscription", context.subscription())];
    let plans: Read<Vec<Plan>> = whole_in_words(context, &PRICINGS, &names).await?;
    let Some(plan) = plans.value.iter().find(|plan| plan.name.eq_ignore_ascii_case("SqlServers")) else {
        let message = "the plan `SqlServers` is not in the list".to_owned();
        let error = CollectError::malformed(PRICINGS.service, PRICINGS.name, REGION, message, plans.exchanges);
        return Err(CollectError { at: plans.at, ..error });
    };
    let covers = match (plan.properties.pricing_tier.as_deref(), plan.properties.resources_coverage_status.as_deref()) {
        (Some("Standard"), None | Some("FullyCovered")) => Some(true),
        (Some("Free"), None | Some("NotCovered")) => Some(false),
        _ => None,
    };
    Ok(plans.map(|_| covers))
}
