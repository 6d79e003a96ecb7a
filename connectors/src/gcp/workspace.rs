//! Users of the organisation's directory (Google Workspace or Cloud Identity), by the Admin SDK.
//!
//! It is no part of Google Cloud: who reads it needs a role of an administrator there, and a token for a scope of its own.
//! Without them, as is the normal case, nothing is known of users.
//! Documentation: <https://developers.google.com/workspace/admin/directory/v1/guides/manage-users>.

use super::context::Context;
use super::listing::{self, Listed, Nothing, Place};
use super::operation::{Family, Items, Operation, Request, ResourceType};
use crate::collection::Collected;
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `users.list`. What is private to a user does not leave the door.
static LIST: Operation = Operation {
    service: "admin.googleapis.com",
    name: "directory.users.list",
    request: Request::Get("admin/directory/v1/users?customer=my_customer&maxResults=500"),
    items: Items::In("users"),
    shared: true,
    oauth_scope: Some("https://www.googleapis.com/auth/admin.directory.user.readonly"),
    secrets: &[
        "users[].name.*",
        "users[].phones",
        "users[].addresses",
        "users[].recoveryEmail",
        "users[].recoveryPhone",
        "users[].sshPublicKeys",
        "users[].notes",
        "users[].gender",
        "users[].relations",
        "users[].customSchemas",
    ],
    docs: "https://developers.google.com/workspace/admin/directory/reference/rest/v1/users/list",
    ..Operation::PLAIN
};

/// Everything of the directory.
pub const FAMILY: Family = Family {
    name: "workspace",
    types: &[
        ResourceType::of_organization::<User>("A user of the organisation's directory"),
        ResourceType {
            name: CUSTOMER,
            about: "The organisation's directory",
            reach: Reach::Organization,
            operations: &[&LIST],
            config: Shape::of(Config::json_schema),
            derived: Shape::of(Derived::json_schema),
            collect: None,
            instead: &[],
        },
    ],
    collect: Some(|context| Box::pin(customer(context))),
};

/// The type of the directory itself.
const CUSTOMER: &str = "gcp.workspace.customer";

/// A user.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct User {
    /// The address by which they sign in.
    primary_email: String,
    /// They cannot sign in; null is false.
    suspended: Option<bool>,
    /// They are archived, and cannot sign in; null is false.
    archived: Option<bool>,
    /// They are a super administrator; null is false.
    is_admin: Option<bool>,
    /// They have administrators' roles other than that; null is false.
    is_delegated_admin: Option<bool>,
    /// They have set up a second step.
    is_enrolled_in2_sv: Option<bool>,
    /// They cannot sign in without it.
    is_enforced_in2_sv: Option<bool>,
}

impl Listed for User {
    const TYPE: &'static str = "gcp.workspace.user";
    const ID: &'static str = "//admin.googleapis.com/directory/v1/users/{.id}";
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&LIST];
    const ALWAYS: &'static [&'static str] = &["is_enrolled_in2_sv", "is_enforced_in2_sv"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        draft.rename(&self.primary_email);
        Box::pin(std::future::ready(Nothing::default()))
    }
}

/// `config` of the directory: its users are documents of their own.
#[derive(Debug, Serialize, JsonSchema)]
struct Config {}

/// `derived` of the directory.
#[derive(Debug, Serialize, JsonSchema)]
struct Derived {
    /// Addresses of super administrators who can sign in, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    super_admins: Field<Vec<String>>,
}

/// The directory, by the list of all of its users.
async fn customer(context: &Context) -> Collected {
    let id = "//admin.googleapis.com/directory/v1/customers/my_customer".to_owned();
    let mut draft = Draft::new(CUSTOMER, id, "my_customer", "global");
    let users = listing::every::<User>(context).await;
    let admins = users.map(|read| {
        read.map(|users| {
            let is_one = |user: &User| {
                user.is_admin == Some(true) && user.suspended != Some(true) && user.archived != Some(true)
            };
            let mut admins: Vec<String> =
                users.into_iter().filter(|(_, user)| is_one(user)).map(|(_, user)| user.primary_email).collect();
            admins.sort();
            Some(admins)
        })
    });
    let derived = Derived { super_admins: draft.take("derived.super_admins", admins) };
    Collected::of_one(context.finish(draft, &Config {}, &derived))
}
