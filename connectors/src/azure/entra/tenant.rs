//! The tenant: what protects every sign-in, what users and guests may do, how many rule it, and where its logs go.

use super::access_reviews::{self, Review};
use super::conditional_access::{self, Effect, Policy};
use super::roles::{self, Roles};
use super::user::{self, User};
use crate::azure::context::Context;
use crate::azure::listing::{self, Envelope};
use crate::azure::operation::{Operation, Request, ResourceType};
use crate::azure::{door, tenant_of};
use crate::collection::Collected;
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field, Read, keep_unless_null};
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Security defaults.
static SECURITY_DEFAULTS: Operation = Operation {
    name: "policies.GetIdentitySecurityDefaultsEnforcementPolicy",
    permission: "Graph:Policy.Read.All",
    request: Request::Get("/v1.0/policies/identitySecurityDefaultsEnforcementPolicy"),
    docs: "https://learn.microsoft.com/graph/api/identitysecuritydefaultsenforcementpolicy-get",
    ..Operation::GRAPH
};

/// What users and guests may do.
static AUTHORIZATION_POLICY: Operation = Operation {
    name: "policies.GetAuthorizationPolicy",
    permission: "Graph:Policy.Read.All",
    request: Request::Get("/v1.0/policies/authorizationPolicy"),
    docs: "https://learn.microsoft.com/graph/api/authorizationpolicy-get",
    ..Operation::GRAPH
};

/// How users may authenticate.
static AUTHENTICATION_METHODS: Operation = Operation {
    name: "policies.GetAuthenticationMethodsPolicy",
    permission: "Graph:Policy.Read.All",
    request: Request::Get("/v1.0/policies/authenticationMethodsPolicy"),
    docs: "https://learn.microsoft.com/graph/api/authenticationmethodspolicy-get",
    ..Operation::GRAPH
};

/// Places that policies know by name.
static NAMED_LOCATIONS: Operation = Operation {
    name: "identity.conditionalAccess.ListNamedLocations",
    permission: "Graph:Policy.Read.All",
    request: Request::Get("/v1.0/identity/conditionalAccess/namedLocations"),
    is_list: true,
    unlicensed: super::NO_PREMIUM,
    docs: "https://learn.microsoft.com/graph/api/conditionalaccessroot-list-namedlocations",
    ..Operation::GRAPH
};

/// Settings of all groups.
static GROUP_SETTINGS: Operation = Operation {
    name: "groupSettings.groupSetting.ListGroupSetting",
    permission: "Graph:GroupSettings.Read.All",
    request: Request::Get("/v1.0/groupSettings"),
    is_list: true,
    docs: "https://learn.microsoft.com/graph/api/group-list-settings",
    ..Operation::GRAPH
};

/// Where the directory's logs go.
static DIAGNOSTIC_SETTINGS: Operation = Operation {
    service: "microsoft.aadiam",
    name: "DiagnosticSettings_List",
    permission: "microsoft.aadiam/diagnosticSettings/read",
    request: Request::Get("/providers/microsoft.aadiam/diagnosticSettings?api-version=2017-04-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/entra/identity/monitoring-health/howto-configure-diagnostic-settings",
    ..Operation::PLAIN
};

/// The tenant.
pub(super) const TENANT: ResourceType = ResourceType {
    name: TYPE,
    about: "The tenant, with its policies",
    reach: Reach::Organization,
    operations: &[
        &SECURITY_DEFAULTS,
        &conditional_access::LIST,
        &AUTHORIZATION_POLICY,
        &AUTHENTICATION_METHODS,
        &NAMED_LOCATIONS,
        &GROUP_SETTINGS,
        &DIAGNOSTIC_SETTINGS,
        &user::LIST,
        &roles::DEFINITIONS,
        &roles::ASSIGNMENTS,
        &roles::ELIGIBLE,
        &roles::GROUPS,
        &roles::MEMBERS,
        &access_reviews::DEFINITIONS,
        &access_reviews::INSTANCES,
    ],
    config: Shape::of(Config::json_schema),
    derived: Shape::of(Derived::json_schema),
    collect: Some(|context| Box::pin(collect(context))),
    instead: &[],
};

const TYPE: &str = "azure.entra.tenant";

/// Members that are documented as always there.
const ALWAYS: [&str; 8] = [
    "security_defaults.is_enabled",
    "authorization_policy.allow_invites_from",
    "authorization_policy.guest_user_role_id",
    "authorization_policy.default_user_role_permissions.allowed_to_create_apps",
    "authorization_policy.default_user_role_permissions.allowed_to_create_security_groups",
    "authorization_policy.default_user_role_permissions.allowed_to_create_tenants",
    "authorization_policy.default_user_role_permissions.permission_grant_policies_assigned",
    "authentication_methods_policy.authentication_method_configurations",
];

/// `config` of the tenant.
#[derive(Debug, Serialize, JsonSchema)]
struct Config {
    /// Microsoft's own baseline: multi-factor authentication for all, and no legacy authentication.
    #[serde(skip_serializing_if = "Field::is_unread")]
    security_defaults: Field<SecurityDefaults>,
    /// Its conditional access policies.
    #[serde(skip_serializing_if = "Field::is_unread")]
    conditional_access_policies: Field<Vec<Policy>>,
    /// What users and guests may do.
    #[serde(skip_serializing_if = "Field::is_unread")]
    authorization_policy: Field<AuthorizationPolicy>,
    /// How users may authenticate.
    #[serde(skip_serializing_if = "Field::is_unread")]
    authentication_methods_policy: Field<MethodsPolicy>,
    /// Places that policies know by name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    named_locations: Field<Vec<NamedLocation>>,
    /// Settings of all groups that differ from what Microsoft sets.
    #[serde(skip_serializing_if = "Field::is_unread")]
    group_settings: Field<Vec<GroupSetting>>,
    /// Where its logs go.
    #[serde(skip_serializing_if = "Field::is_unread")]
    diagnostic_settings: Field<Vec<DiagnosticSetting>>,
}

/// `derived` of the tenant.
#[derive(Debug, Serialize, JsonSchema)]
struct Derived {
    /// What each conditional access policy does.
    #[serde(skip_serializing_if = "Field::is_unread")]
    conditional_access: Field<Vec<Effect>>,
    /// Users that may sign in and are Global Administrator or may become it, themselves or through a group.
    #[serde(skip_serializing_if = "Field::is_unread")]
    global_admin_count: Field<usize>,
    /// As many of them as are known where not all could be read.
    #[serde(skip_serializing_if = "Field::is_unread")]
    known_global_admins: Field<usize>,
    /// Access reviews, each with what it covers and when one was last finished.
    #[serde(skip_serializing_if = "Field::is_unread")]
    access_reviews: Field<Vec<Review>>,
}

/// Security defaults.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SecurityDefaults {
    /// They are on.
    is_enabled: Option<bool>,
}

/// What users and guests may do.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct AuthorizationPolicy {
    /// Who may invite guests: `none`, `adminsAndGuestInviters`, `adminsGuestInvitersAndAllMembers` or `everyone`.
    allow_invites_from: Option<String>,
    /// The role that guests have.
    guest_user_role_id: Option<String>,
    /// What users may do without a role.
    default_user_role_permissions: Option<DefaultUserRole>,
}

/// What users may do without a role.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct DefaultUserRole {
    /// Register applications.
    allowed_to_create_apps: Option<bool>,
    /// Make security groups.
    allowed_to_create_security_groups: Option<bool>,
    /// Make tenants.
    allowed_to_create_tenants: Option<bool>,
    /// Which policies let them consent to applications.
    permission_grant_policies_assigned: Option<Vec<String>>,
}

/// How users may authenticate.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct MethodsPolicy {
    /// `migrationComplete` where no older policy has a word in it.
    policy_migration_state: Option<String>,
    /// Each method.
    authentication_method_configurations: Option<Vec<Method>>,
}

/// A method of authentication.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Method {
    /// `Sms`, `Voice`, `Fido2`, `MicrosoftAuthenticator` and others.
    id: String,
    /// `enabled` or `disabled`.
    state: Option<String>,
    /// Groups that may use it; `all_users` for everybody.
    include_targets: Option<Vec<Target>>,
    /// Groups that may not.
    exclude_targets: Option<Vec<Target>>,
}

/// A group.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Target {
    /// Its id, or `all_users`.
    id: Option<String>,
}

/// A place that policies know by name.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct NamedLocation {
    /// Its name.
    display_name: Option<String>,
    /// It is trusted; null for countries.
    is_trusted: Option<bool>,
    /// Its address ranges; null for countries.
    ip_ranges: Option<Vec<IpRange>>,
}

/// An address range.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct IpRange {
    /// The range.
    cidr_address: Option<String>,
}

/// A set of settings of all groups.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct GroupSetting {
    /// `Group.Unified` for Microsoft 365 groups.
    display_name: Option<String>,
    /// The template it was made from.
    template_id: Option<String>,
    /// Its settings.
    values: Option<Vec<SettingValue>>,
}

/// A setting.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SettingValue {
    /// Its name.
    name: Option<String>,
    /// Its value, as text.
    value: Option<String>,
}

/// Where logs go.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct DiagnosticSetting {
    /// Its name.
    name: Option<String>,
    /// Its settings.
    properties: DiagnosticProperties,
}

/// Of a diagnostic setting.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct DiagnosticProperties {
    /// The Log Analytics workspace; null for none.
    workspace_id: Option<String>,
    /// The storage account; null for none.
    storage_account_id: Option<String>,
    /// The rule of the event hubs; null for none.
    event_hub_authorization_rule_id: Option<String>,
    /// Which logs.
    logs: Option<Vec<Log>>,
}

/// One kind of log.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Log {
    /// `AuditLogs`, `SignInLogs` and others.
    category: Option<String>,
    /// It is sent.
    enabled: Option<bool>,
}

async fn collect(context: &Context) -> Collected {
    let scope = &context.order().scope;
    let id = tenant_of(scope).unwrap_or(scope.as_str());
    let mut draft = Draft::new(TYPE, id, id, door::REGION);
    let (defaults, policies, authorization, methods, locations, groups, logs, roles, users, reviews) = futures::join!(
        listing::one(context, &SECURITY_DEFAULTS, &[]),
        listing::whole_in_words::<Policy>(context, &conditional_access::LIST, &[]),
        listing::one(context, &AUTHORIZATION_POLICY, &[]),
        listing::one(context, &AUTHENTICATION_METHODS, &[]),
        listing::whole_in_words(context, &NAMED_LOCATIONS, &[]),
        listing::whole_in_words(context, &GROUP_SETTINGS, &[]),
        listing::whole_in_words(context, &DIAGNOSTIC_SETTINGS, &[]),
        Roles::read(context),
        listing::every::<User>(context),
        access_reviews::all(context),
    );
    let config = Config {
        security_defaults: take(&mut draft, "config.security_defaults", defaults),
        conditional_access_policies: take(&mut draft, POLICIES, policies),
        authorization_policy: take(&mut draft, "config.authorization_policy", authorization),
        authentication_methods_policy: take(&mut draft, "config.authentication_methods_policy", methods),
        named_locations: take(&mut draft, "config.named_locations", locations),
        group_settings: take(&mut draft, "config.group_settings", groups),
        diagnostic_settings: take(&mut draft, "config.diagnostic_settings", logs),
    };
    let conditional_access = match &config.conditional_access_policies {
        Field::Value(policies) => Field::Value(policies.iter().map(Policy::effect).collect()),
        Field::Unread | Field::Absent => {
            draft.miss_with("derived.conditional_access", &[POLICIES]);
            Field::Unread
        }
    };
    let (global_admin_count, known_global_admins) = global_admins(&mut draft, &roles, users);
    let access_reviews = draft.take("derived.access_reviews", reviews);
    let derived = Derived { conditional_access, global_admin_count, known_global_admins, access_reviews };
    let mut config = serde_json::to_value(&config).unwrap_or_default();
    for path in ALWAYS {
        let (parent, _) = path.rsplit_once('.').unwrap_or((path, ""));
        let is_read = config.pointer(&format!("/{}", parent.replace('.', "/"))).is_some_and(|parent| !parent.is_null());
        if is_read && !keep_unless_null(&mut config, path) {
            draft.miss(&format!("config.{path}"), &door::malformed(operation(path), "the setting is missing", vec![]));
        }
    }
    Collected::of_one(context.finish(draft, &config, &derived))
}

const POLICIES: &str = "config.conditional_access_policies";

fn take<T>(draft: &mut Draft, path: &str, outcome: Result<Read<T>, CollectError>) -> Field<T> {
    draft.take(path, outcome.map(|read| read.map(Some)))
}

/// What a member of [`ALWAYS`] is read by.
fn operation(path: &str) -> &'static Operation {
    match path.split('.').next() {
        Some("security_defaults") => &SECURITY_DEFAULTS,
        Some("authorization_policy") => &AUTHORIZATION_POLICY,
        _ => &AUTHENTICATION_METHODS,
    }
}

/// How many users rule the tenant: all of them, and those that are known.
fn global_admins(
    draft: &mut Draft,
    roles: &Roles,
    users: Result<Read<Vec<(Envelope, User)>>, CollectError>,
) -> (Field<usize>, Field<usize>) {
    draft.saw(&roles.source);
    let users = match users {
        Ok(users) => users,
        Err(error) => {
            draft.miss("derived.global_admin_count", &error);
            draft.miss("derived.known_global_admins", &error);
            return (Field::Unread, Field::Unread);
        }
    };
    draft.saw(&users);
    let admins: BTreeSet<&str> = users
        .value
        .iter()
        .filter(|(envelope, user)| user.account_enabled != Some(false) && roles.global_admins.contains(&envelope.id))
        .map(|(envelope, _)| envelope.id.as_str())
        .collect();
    let known = Field::Value(admins.len());
    match &roles.trouble {
        None => (Field::Value(admins.len()), known),
        Some(error) => {
            draft.miss("derived.global_admin_count", error);
            (Field::Unread, known)
        }
    }
}
