//! Organisation policies as they hold in the project: merged from all that is above it, conditions weighed, by Google itself.
//!
//! Some constraints have a managed one beside the older one; either is enough. A policy of which nothing was ever set is not
//! enforced.
//! Documentation: <https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints>,
//! <https://cloud.google.com/resource-manager/docs/organization-policy/understanding-hierarchy>.

use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::door;
use crate::gcp::listing;
use crate::gcp::operation::{Operation, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `projects.policies.getEffectivePolicy`.
pub(super) static EFFECTIVE: Operation = Operation {
    service: "orgpolicy.googleapis.com",
    name: "orgpolicy.projects.policies.getEffectivePolicy",
    permission: "orgpolicy.policy.get",
    request: Request::Get("v2/projects/{project}/policies/{constraint}:getEffectivePolicy"),
    absent: &["NOT_FOUND"],
    docs: "https://cloud.google.com/resource-manager/docs/reference/orgpolicy/rest/v2/projects.policies/getEffectivePolicy",
    ..Operation::PLAIN
};

/// A policy as it holds in the project.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct EffectivePolicy {
    /// The constraint, without `constraints/`.
    constraint: String,
    /// What it says; null where nothing was ever set.
    spec: Option<Spec>,
}

/// What a policy says.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Spec {
    /// Its rules.
    #[serde(default)]
    rules: Vec<Rule>,
}

/// A rule of a policy.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Rule {
    /// Enforced or not; null for a list.
    enforce: Option<bool>,
    /// Every value is allowed; null is false.
    allow_all: Option<bool>,
    /// No value is allowed; null is false.
    deny_all: Option<bool>,
    /// The values that are, or are not, allowed; null for none.
    values: Option<Values>,
    /// When it holds; null for always.
    condition: Option<Condition>,
}

/// Values of a list.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Values {
    /// Those that are allowed, and no others; null for none.
    allowed_values: Option<Vec<String>>,
    /// Those that are not allowed; null for none.
    denied_values: Option<Vec<String>>,
}

/// When a rule holds.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Condition {
    /// Its expression, in the Common Expression Language.
    expression: Option<String>,
}

impl EffectivePolicy {
    /// It holds always: a rule enforces it, denies every value or allows some alone, and none lets everything through.
    fn restricts(&self) -> bool {
        let rules = || self.spec.iter().flat_map(|spec| &spec.rules);
        rules().any(Rule::restricts) && !rules().any(Rule::lets_through)
    }
}

impl Rule {
    fn restricts(&self) -> bool {
        let allowed = self.values.as_ref().and_then(|values| values.allowed_values.as_ref());
        let some_alone = allowed.is_some_and(|values| !values.is_empty());
        self.condition.is_none() && (self.enforce == Some(true) || self.deny_all == Some(true) || some_alone)
    }

    fn lets_through(&self) -> bool {
        self.enforce == Some(false) || self.allow_all == Some(true)
    }
}

/// What organisation policies ask of the project. Each is true where one of its constraints holds.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct OrgPolicies {
    /// `iam.disableServiceAccountKeyCreation` or `iam.managed.disableServiceAccountKeyCreation`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    service_account_key_creation_disabled: Field<bool>,
    /// `iam.allowedPolicyMemberDomains` or `iam.managed.allowedPolicyMembers`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    policy_members_restricted: Field<bool>,
    /// `storage.publicAccessPrevention`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    public_access_prevented: Field<bool>,
    /// `storage.uniformBucketLevelAccess`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    uniform_bucket_access_required: Field<bool>,
    /// `compute.skipDefaultNetworkCreation`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    default_network_skipped: Field<bool>,
    /// `iam.automaticIamGrantsForDefaultServiceAccounts` or
    /// `iam.managed.preventPrivilegedBasicRolesForDefaultServiceAccounts`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    automatic_grants_disabled: Field<bool>,
    /// `compute.requireOsLogin` or `compute.managed.requireOsLogin`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    os_login_required: Field<bool>,
    /// `compute.vmExternalIpAccess` or `compute.managed.vmExternalIpAccess`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    external_ips_restricted: Field<bool>,
    /// `sql.restrictPublicIp` or `sql.managed.restrictPublicIp`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    sql_public_ips_restricted: Field<bool>,
}

/// Constraints that are asked for, by what each is for.
const CONSTRAINTS: [(&str, &[&str]); 9] = [
    (
        "service_account_key_creation_disabled",
        &["iam.disableServiceAccountKeyCreation", "iam.managed.disableServiceAccountKeyCreation"],
    ),
    ("policy_members_restricted", &["iam.allowedPolicyMemberDomains", "iam.managed.allowedPolicyMembers"]),
    ("public_access_prevented", &["storage.publicAccessPrevention"]),
    ("uniform_bucket_access_required", &["storage.uniformBucketLevelAccess"]),
    ("default_network_skipped", &["compute.skipDefaultNetworkCreation"]),
    (
        "automatic_grants_disabled",
        &[
            "iam.automaticIamGrantsForDefaultServiceAccounts",
            "iam.managed.preventPrivilegedBasicRolesForDefaultServiceAccounts",
        ],
    ),
    ("os_login_required", &["compute.requireOsLogin", "compute.managed.requireOsLogin"]),
    ("external_ips_restricted", &["compute.vmExternalIpAccess", "compute.managed.vmExternalIpAccess"]),
    ("sql_public_ips_restricted", &["sql.restrictPublicIp", "sql.managed.restrictPublicIp"]),
];

/// `GoogleCloudOrgpolicyV2Policy`. An answer without a name is none.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "name")]
    _name: String,
    spec: Option<Spec>,
}

type Outcome = Result<Read<EffectivePolicy>, CollectError>;

/// Every policy that was asked for, by constraint.
pub(super) struct Policies(Vec<(&'static str, Outcome)>);

/// Asks for all of them.
pub(super) async fn read(context: &Context) -> Policies {
    let constraints = CONSTRAINTS.iter().flat_map(|(_, constraints)| constraints.iter().copied());
    let asked = constraints.map(|constraint| Box::pin(async move { (constraint, one(context, constraint).await) }));
    Policies(futures::future::join_all(asked).await)
}

async fn one(context: &Context, constraint: &str) -> Outcome {
    let answer = listing::one::<Answer>(context, &EFFECTIVE, &[("constraint", constraint)], &Value::Null).await;
    let named = |spec| EffectivePolicy { constraint: constraint.to_owned(), spec };
    Ok(door::absent(&EFFECTIVE, answer)?.map(|policy| named(policy.and_then(|policy| policy.spec))))
}

impl Policies {
    /// The policies themselves, where all were read.
    pub(super) fn all(&self) -> Result<Read<Option<Vec<EffectivePolicy>>>, CollectError> {
        let mut all = Read { value: Vec::new(), exchanges: vec![], at: None };
        for (_, outcome) in &self.0 {
            let read = outcome.clone()?;
            all.value.push(read.value);
            all.exchanges.extend(read.exchanges);
            all.at = all.at.max(read.at);
        }
        all.value.sort_by(|one, other| one.constraint.cmp(&other.constraint));
        Ok(all.map(Some))
    }

    /// What they ask of the project.
    pub(super) fn judged(&self, draft: &mut Draft) -> OrgPolicies {
        let mut take = |name: &str| draft.take(&format!("derived.org_policies.{name}"), self.holds(name));
        OrgPolicies {
            service_account_key_creation_disabled: take("service_account_key_creation_disabled"),
            policy_members_restricted: take("policy_members_restricted"),
            public_access_prevented: take("public_access_prevented"),
            uniform_bucket_access_required: take("uniform_bucket_access_required"),
            default_network_skipped: take("default_network_skipped"),
            automatic_grants_disabled: take("automatic_grants_disabled"),
            os_login_required: take("os_login_required"),
            external_ips_restricted: take("external_ips_restricted"),
            sql_public_ips_restricted: take("sql_public_ips_restricted"),
        }
    }

    /// True as soon as one of its constraints holds; false where all were read and none does.
    fn holds(&self, name: &str) -> Result<Read<Option<bool>>, CollectError> {
        let constraints = CONSTRAINTS.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, all)| *all);
        let outcomes = || self.0.iter().filter(|(known, _)| constraints.contains(known)).map(|(_, outcome)| outcome);
        if let Some(holding) = outcomes().filter_map(|one| one.as_ref().ok()).find(|read| read.value.restricts()) {
            return Ok(holding.clone().map(|_| Some(true)));
        }
        let mut none = Read { value: Some(false), exchanges: vec![], at: None };
        for outcome in outcomes() {
            let read = outcome.clone()?;
            none.exchanges.extend(read.exchanges);
            none.at = none.at.max(read.at);
        }
        Ok(none)
    }
}
