//! Users of the directory, with their sign-ins, what they registered for multi-factor authentication, and whether they
//! hold a privileged role.
//!
//! Sign-ins need a premium licence and another permission than the users themselves, so they are a second list: where it
//! is refused, the users are still known.

use super::NO_PREMIUM;
use super::roles::{self, Roles};
use crate::azure::Context;
use crate::azure::door::REGION;
use crate::azure::listing::{self, Listed, Place};
use crate::azure::operation::{Operation, Request};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::GapReason;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Users.
pub(super) static LIST: Operation = Operation {
    name: "users.user.ListUser",
    permission: "Graph:User.Read.All",
    request: Request::Get(
        "/v1.0/users?$select=id,displayName,userPrincipalName,userType,accountEnabled,createdDateTime,onPremisesSyncEnabled&$top=999",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/graph/api/user-list",
    ..Operation::GRAPH
};

/// When they signed in. A page holds at most 500 of them.
static SIGN_INS: Operation = Operation {
    name: "users.user.ListUser",
    permission: "Graph:AuditLog.Read.All",
    also: &["Graph:User.Read.All"],
    request: Request::Get("/v1.0/users?$select=id,signInActivity&$top=500"),
    is_list: true,
    unlicensed: NO_PREMIUM,
    docs: "https://learn.microsoft.com/graph/api/user-list",
    ..Operation::GRAPH
};

/// What they registered. Users who may not sign in are left out.
pub(in crate::azure) static REGISTRATIONS: Operation = Operation {
    name: "reports.authenticationMethods.ListUserRegistrationDetails",
    permission: "Graph:AuditLog.Read.All",
    request: Request::Get("/v1.0/reports/authenticationMethods/userRegistrationDetails"),
    is_list: true,
    unlicensed: NO_PREMIUM,
    docs: "https://learn.microsoft.com/graph/api/authenticationmethodsroot-list-userregistrationdetails",
    ..Operation::GRAPH
};

/// A user.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct User {
    /// The name it signs in with.
    user_principal_name: Option<String>,
    /// `Member` or `Guest`.
    user_type: Option<String>,
    /// It may sign in.
    pub(super) account_enabled: Option<bool>,
    /// When it was made; null for some that were synchronised before June 2018.
    created_date_time: Option<String>,
    /// It is synchronised from a directory on premises; null when it never was.
    on_premises_sync_enabled: Option<bool>,
    /// When it signed in; null when it never did.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    sign_in_activity: Field<SignInActivity>,
    /// What it registered; null where the report leaves it out because it may not sign in.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    registration: Field<Registration>,
}

/// When a user signed in.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct SignInActivity {
    /// The last time it was tried by a person, whether that failed or not.
    last_sign_in_date_time: Option<String>,
    /// The last time it was tried by a client on its behalf.
    last_non_interactive_sign_in_date_time: Option<String>,
    /// The last success of either kind; told since December 2023.
    last_successful_sign_in_date_time: Option<String>,
}

/// What a user registered.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Registration {
    /// A strong method is registered.
    is_mfa_registered: Option<bool>,
    /// And the policy on authentication methods lets it be used.
    is_mfa_capable: Option<bool>,
    /// A passwordless method is registered and may be used.
    is_passwordless_capable: Option<bool>,
    /// `microsoftAuthenticatorPush`, `fido2SecurityKey` and the like.
    methods_registered: Option<Vec<String>>,
}

/// `derived` of a user.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// It holds a privileged role of the directory, or may activate one, itself or through a group.
    #[serde(skip_serializing_if = "Field::is_unread")]
    is_privileged: Field<bool>,
    /// The same for Global Administrator.
    #[serde(skip_serializing_if = "Field::is_unread")]
    is_global_admin: Field<bool>,
}

/// What one list says of each user.
pub(in crate::azure) type OfUsers<T> = Result<BTreeMap<String, Read<T>>, CollectError>;

/// What is read once for all users.
#[derive(Debug)]
pub(super) struct Around {
    sign_ins: OfUsers<Option<SignInActivity>>,
    registrations: OfUsers<Registration>,
    roles: Roles,
}

impl Listed for User {
    const TYPE: &'static str = "azure.entra.user";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[
        &LIST,
        &SIGN_INS,
        &REGISTRATIONS,
        &roles::DEFINITIONS,
        &roles::ASSIGNMENTS,
        &roles::ELIGIBLE,
        &roles::GROUPS,
        &roles::MEMBERS,
    ];
    const ALWAYS: &'static [&'static str] = &["account_enabled"];
    type Around = Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Around> {
        Box::pin(async {
            let (sign_ins, registrations, roles) =
                futures::join!(sign_ins(context), registrations(context), Roles::read(context));
            Around { sign_ins, registrations, roles }
        })
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        around: &'a Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        let id = place.envelope.id.as_str();
        let activity = of(&around.sign_ins, id).unwrap_or_else(|| Err(missing(&SIGN_INS)));
        self.sign_in_activity = draft.take("config.sign_in_activity", activity);
        let registration = of(&around.registrations, id).map(|read| read.map(|read| read.map(Some)));
        self.registration = match registration {
            None if self.account_enabled == Some(false) => Field::Absent,
            None => draft.take("config.registration", Err(missing(&REGISTRATIONS))),
            Some(outcome) => draft.take("config.registration", outcome),
        };
        draft.saw(&around.roles.source);
        let derived = Derived {
            is_privileged: around.roles.is_privileged(id, "derived.is_privileged", draft),
            is_global_admin: around.roles.is_global_admin(id, "derived.is_global_admin", draft),
        };
        Box::pin(std::future::ready(derived))
    }
}

/// Whether users registered a strong method, by their ids in small letters.
pub(in crate::azure) type Registered = OfUsers<Option<bool>>;

/// Reads whether users registered a strong method.
pub(in crate::azure) async fn registered(context: &Context) -> Registered {
    let all = registrations(context).await?;
    Ok(all.into_iter().map(|(id, read)| (id.to_ascii_lowercase(), read.map(|told| told.is_mfa_registered))).collect())
}

async fn sign_ins(context: &Context) -> OfUsers<Option<SignInActivity>> {
    #[derive(Deserialize)]
    struct Item {
        id: String,
        sign_in_activity: Option<SignInActivity>,
    }
    let items = listing::each_in_words::<Item>(context, &SIGN_INS, &[]).await?;
    Ok(items.into_iter().map(|item| (item.value.id.clone(), item.map(|item| item.sign_in_activity))).collect())
}

async fn registrations(context: &Context) -> OfUsers<Registration> {
    #[derive(Deserialize)]
    struct Item {
        id: String,
        #[serde(flatten)]
        registration: Registration,
    }
    let items = listing::each_in_words::<Item>(context, &REGISTRATIONS, &[]).await?;
    Ok(items.into_iter().map(|item| (item.value.id.clone(), item.map(|item| item.registration))).collect())
}

/// What a list says of a user; none where it says nothing.
fn of<T: Clone>(list: &OfUsers<T>, id: &str) -> Option<Result<Read<T>, CollectError>> {
    match list {
        Ok(users) => users.get(id).cloned().map(Ok),
        Err(error) => Some(Err(error.clone())),
    }
}

/// The list does not hold the user.
fn missing(operation: &Operation) -> CollectError {
    let error = CollectError::malformed(operation.service, operation.name, REGION, "the user is not listed", vec![]);
    CollectError { kind: GapReason::NotFound, ..error }
}
