//! Azure App Service: web apps and function apps, with the settings of their front end and of who must sign in.
//! App settings and connection strings are never asked for.

use super::context::Context;
use super::listing::{Listed, Nothing, Place};
use super::operation::{Family, Operation, Request, ResourceType};
use crate::document::{Draft, Field, Read};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &CONFIGURATION, &AUTHENTICATION];
    const ALWAYS: &'static [&'static str] = &["kind", "properties.state", "properties.https_only"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            let (web, auth) = futures::join!(place.one(&CONFIGURATION), place.one(&AUTHENTICATION));
            self.web = draft.take("config.web", web.map(|read: Read<Configuration>| read.map(Some)));
            let auth = auth.map(|read: Read<Authentication>| read.map(Some));
            self.auth_settings = draft.take("config.auth_settings", auth);
            Nothing::default()
        })
    }
}

#[cfg(test)]
mod tests;
