//! Applications that are registered in the directory, and when their credentials end.

use crate::azure::Context;
use crate::azure::listing::{Listed, Nothing};
use crate::azure::operation::{Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Applications. Of a secret Graph tells its first letters, which are taken out.
static LIST: Operation = Operation {
    name: "applications.application.ListApplication",
    permission: "Graph:Application.Read.All",
    request: Request::Get(
        "/v1.0/applications?$select=id,appId,displayName,createdDateTime,signInAudience,passwordCredentials,keyCredentials&$top=999",
    ),
    is_list: true,
    secrets: &[
        "value[].passwordCredentials[].hint",
        "value[].passwordCredentials[].secretText",
        "value[].keyCredentials[].key",
    ],
    docs: "https://learn.microsoft.com/graph/api/application-list",
    ..Operation::GRAPH
};

/// A registered application.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Application {
    /// Its client id.
    app_id: Option<String>,
    /// When it was registered.
    created_date_time: Option<String>,
    /// Who may sign in to it: `AzureADMyOrg` and the like.
    sign_in_audience: Option<String>,
    /// Its secrets, without them.
    password_credentials: Option<Vec<Credential>>,
    /// Its certificates.
    key_credentials: Option<Vec<Credential>>,
}

/// A secret or certificate of an application.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Credential {
    /// Its id.
    key_id: Option<String>,
    /// Its name.
    display_name: Option<String>,
    /// When it begins to be taken.
    start_date_time: Option<String>,
    /// When it expires.
    end_date_time: Option<String>,
}

impl Listed for Application {
    const TYPE: &'static str = "azure.entra.application";
    const LIST: &'static Operation = &LIST;
    const ALWAYS: &'static [&'static str] = &["password_credentials", "key_credentials"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
