//! Azure App Service: web apps and function apps, with the settings of their front end and of who must sign in.
//! App settings and connection strings are never asked for.

use super::authorization::{ASSIGNMENT_READS, AdminRole, AdminRoles};
use super::context::Context;
use super::diagnostic_settings::{self, DiagnosticSetting};
use super::door;
use super::listing::{Listed, Place};
use super::managed_identity::ManagedIdentity;
use super::operation::{Family, Operation, Request, ResourceType};
use crate::document::{Draft, Field, Read};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Everything of Azure App Service.
pub const FAMILY: Family =
    Family { name: "app", types: &[ResourceType::listed::<Site>("A web app or function app")], collect: None };

static LIST: Operation = Operation::rows("resources", "microsoft.web/sites", "Microsoft.Web/sites/read");

/// The settings of a site. Its secrets are null in this answer by the provider's word; they are taken out all the same.
static CONFIGURATION: Operation = Operation {
    service: "Microsoft.Web",
    name: "WebApps_GetConfiguration",
    permission: "Microsoft.Web/sites/config/read",
    request: Request::Get("{id}/config/web?api-version=2024-04-01"),
    secrets: &[
        "properties.appSettings",
        "properties.connectionStrings",
        "properties.metadata",
        "properties.azureStorageAccounts",
        "properties.publishingUsername",
        "properties.publishingPassword",
        "properties.appCommandLine",
    ],
    docs: "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
    ..Operation::PLAIN
};

/// Who must sign in: the form of the answer without secrets.
static AUTHENTICATION: Operation = Operation {
    service: "Microsoft.Web",
    name: "WebApps_GetAuthSettingsV2WithoutSecrets",
    permission: "Microsoft.Web/sites/config/read",
    request: Request::Get("{id}/config/authsettingsV2?api-version=2024-04-01"),
    docs: "https://learn.microsoft.com/rest/api/appservice/web-apps/get-auth-settings-v2-without-secrets",
    ..Operation::PLAIN
};

/// A web app or function app.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Site {
    /// `app`, `functionapp`, `functionapp,linux` and others.
    kind: Option<String>,
    /// Its managed identities; null for none.
    identity: Option<ManagedIdentity>,
    /// Its settings.
    properties: Properties,
    /// Settings of its front end.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    web: Field<Configuration>,
    /// Who must sign in.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    auth_settings: Field<Authentication>,
    /// Where its logs go.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    diagnostic_settings: Field<Vec<DiagnosticSetting>>,
}

/// What is known of an app from elsewhere.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// Ids of its managed identities in the directory.
    #[serde(skip_serializing_if = "Field::is_unread")]
    identities: Field<Vec<String>>,
    /// Roles of these over the whole subscription that give everything in it, or who has access to it, directly or through a
    /// group. Where there are some, there may be more: an assignment that is not understood is a gap only where there is none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    admin_roles: Field<Vec<AdminRole>>,
}

/// Settings of a site.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// `Running`, `Stopped` and others.
    state: Option<String>,
    /// Plain HTTP is turned to HTTPS.
    https_only: Option<bool>,
    /// `Enabled` or `Disabled`; null or empty is `Enabled`, unless the site has a private endpoint.
    public_network_access: Option<String>,
}

/// Settings of a site's front end.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Configuration {
    /// The settings.
    properties: ConfigurationProperties,
}

/// Of a site's front end.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ConfigurationProperties {
    /// `1.0` and later.
    min_tls_version: Option<String>,
    /// `AllAllowed`, `FtpsOnly` or `Disabled`.
    ftps_state: Option<String>,
    /// Who is let in.
    ip_security_restrictions: Option<Vec<Restriction>>,
    /// `Allow` or `Deny` for what no rule names; null is `Allow` without rules, and `Deny` with some.
    ip_security_restrictions_default_action: Option<String>,
}

/// A rule of who is let in.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Restriction {
    /// A range of addresses, a service tag or `Any`.
    ip_address: Option<String>,
    /// `Allow` or `Deny`.
    action: Option<String>,
    /// `Default`, `XffProxy` or `ServiceTag`.
    tag: Option<String>,
    /// Lower is asked first.
    priority: Option<i64>,
}

/// Who must sign in.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Authentication {
    /// The settings.
    properties: AuthenticationProperties,
}

/// Of who must sign in.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct AuthenticationProperties {
    /// Whether it is on at all; null is off.
    platform: Option<Platform>,
    /// What is asked of a request.
    global_validation: Option<GlobalValidation>,
}

/// Whether authentication is on at all.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Platform {
    /// It is on; null is off.
    enabled: Option<bool>,
}

/// What is asked of a request.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct GlobalValidation {
    /// Every request must be of somebody who signed in.
    require_authentication: Option<bool>,
    /// `RedirectToLoginPage`, `AllowAnonymous`, `Return401` or `Return403`.
    unauthenticated_client_action: Option<String>,
    /// Paths that need no sign-in; null for none.
    excluded_paths: Option<Vec<String>>,
}

impl Listed for Site {
    const TYPE: &'static str = "azure.app.site";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[
        &LIST,
        &CONFIGURATION,
        &AUTHENTICATION,
        &diagnostic_settings::LIST,
        ASSIGNMENT_READS[0],
        ASSIGNMENT_READS[1],
        ASSIGNMENT_READS[2],
        ASSIGNMENT_READS[3],
        ASSIGNMENT_READS[4],
        ASSIGNMENT_READS[5],
    ];
    const ALWAYS: &'static [&'static str] = &["kind", "properties.state", "properties.https_only"];
    type Around = AdminRoles;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, AdminRoles> {
        Box::pin(AdminRoles::read(context))
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        roles: &'a AdminRoles,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        Box::pin(async move {
            let (web, auth, settings) = futures::join!(
                place.one(&CONFIGURATION),
                place.one(&AUTHENTICATION),
                place.whole(&diagnostic_settings::LIST)
            );
            self.web = draft.take("config.web", web.map(|read: Read<Configuration>| read.map(Some)));
            let auth = auth.map(|read: Read<Authentication>| read.map(Some));
            self.auth_settings = draft.take("config.auth_settings", auth);
            self.diagnostic_settings = draft.take("config.diagnostic_settings", settings.map(|read| read.map(Some)));
            self.derived(place.context, roles, draft)
        })
    }
}

impl Site {
    fn derived(&self, context: &Context, roles: &AdminRoles, draft: &mut Draft) -> Derived {
        let principals = match &self.identity {
            None => Some(BTreeSet::new()),
            Some(identity) => identity.principals(),
        };
        let Some(principals) = principals else {
            let untold = door::malformed(&LIST, "the id of an identity is missing", vec![]);
            draft.miss("derived.identities", &untold);
            draft.miss_with("derived.admin_roles", &["derived.identities"]);
            return Derived { identities: Field::Unread, admin_roles: Field::Unread };
        };
        let admin_roles = if principals.is_empty() {
            Field::Value(vec![])
        } else {
            draft.take("derived.admin_roles", roles.of(context, &principals))
        };
        Derived { identities: Field::Value(principals.into_iter().collect()), admin_roles }
    }
}

#[cfg(test)]
mod tests;
