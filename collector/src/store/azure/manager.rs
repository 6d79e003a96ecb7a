//! The container's policy as Resource Manager tells it: the only place that says for how many days.

use super::location::{Container, Resource};
use bytes::Bytes;
use evidenced_connectors::azure::credentials::Credentials;
use evidenced_connectors::exchange::{ApiRequest, CollectError, ErrorDialect, Transport};
use evidenced_schemas::Cloud;
use http::{HeaderMap, HeaderValue, Method};
use serde::Deserialize;
use url::Url;

/// Version of the resource provider's API.
const API_VERSION: &str = "2023-05-01";
const PERMISSION: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/read";

/// A container's retention policy; of 0 days where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ManagedPolicy {
    pub(super) days: u64,
    pub(super) locked: bool,
}

#[derive(Deserialize)]
struct Answer {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(rename = "immutabilityPeriodSinceCreationInDays", default)]
    days: u64,
    #[serde(default)]
    state: String,
}

/// Asks for the policy of a container. The error is a sentence for the reason that it is not known.
///
/// Documentation: <https://learn.microsoft.com/rest/api/storagerp/blob-containers/get-immutability-policy>; permission
/// [`PERMISSION`].
pub(super) async fn policy(
    container: &Container,
    resource: &Resource,
    credentials: &Credentials,
    transport: &dyn Transport,
) -> Result<ManagedPolicy, String> {
    let request = request(container, resource, credentials).await?;
    let answer = transport.call(request.clone()).await.map_err(|error| error.sentence())?;
    if let Some(error) = CollectError::from_response(&request, &answer) {
        if error.code.ends_with("PolicyNotFound") {
            return Ok(ManagedPolicy { days: 0, locked: false });
        }
        return Err(format!("{}: the identity needs {PERMISSION} on the container", error.sentence()));
    }
    read(&answer.body)
}

fn read(body: &[u8]) -> Result<ManagedPolicy, String> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| format!("Resource Manager's answer is not as documented: {error}"))?;
    let Properties { days, state } = answer.properties;
    let locked = match state.as_str() {
        "Locked" => true,
        "Unlocked" => false,
        _ if days == 0 => false,
        other => return Err(format!("the container's policy has the state `{other}`")),
    };
    Ok(ManagedPolicy { days, locked })
}

async fn request(container: &Container, resource: &Resource, credentials: &Credentials) -> Result<ApiRequest, String> {
    let audience = resource.manager.as_str().trim_end_matches('/');
    let token = credentials.token(&format!("{audience}/.default")).await.map_err(|error| error.to_string())?;
    let mut authorization =
        HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| "the token is no header value".to_owned())?;
    authorization.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(http::header::AUTHORIZATION, authorization);
    Ok(ApiRequest {
        cloud: Cloud::Azure,
        region: "global".to_owned(),
        service: "Microsoft.Storage".to_owned(),
        operation: "GetImmutabilityPolicy".to_owned(),
        method: Method::GET,
        url: url(container, resource),
        headers,
        body: Bytes::new(),
        dialect: ErrorDialect::Azure,
        secrets: &[],
    })
}

fn url(container: &Container, resource: &Resource) -> Url {
    let mut url = resource.manager.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty()
            .extend(["subscriptions", &resource.subscription, "resourceGroups", &resource.group])
            .extend(["providers", "Microsoft.Storage", "storageAccounts", &container.account])
            .extend(["blobServices", "default", "containers", &container.name])
            .extend(["immutabilityPolicies", "default"]);
    }
    url.query_pairs_mut().append_pair("api-version", API_VERSION);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_is_named_in_full() {
        let container = Container::parse("acct/cont/x?subscription=sub&resource_group=a%2Fb").unwrap();
        let resource = container.resource.clone().unwrap();
        assert_eq!(
            url(&container, &resource).as_str(),
            "https://management.azure.com/subscriptions/sub/resourceGroups/a%2Fb/providers/Microsoft.Storage/\
             storageAccounts/acct/blobServices/default/containers/cont/immutabilityPolicies/default?api-version=2023-05-01"
        );
    }

    #[test]
    fn a_policy_is_read_and_an_odd_one_is_not_guessed_at() {
        let read = |days: &str, state: &str| {
            read(
                format!(r#"{{"properties":{{"immutabilityPeriodSinceCreationInDays":{days},"state":"{state}"}}}}"#)
                    .as_bytes(),
            )
        };
        assert_eq!(read("400", "Locked"), Ok(ManagedPolicy { days: 400, locked: true }));
        assert_eq!(read("7", "Unlocked"), Ok(ManagedPolicy { days: 7, locked: false }));
        assert_eq!(read("0", ""), Ok(ManagedPolicy { days: 0, locked: false }));
        assert!(read("7", "Frozen").unwrap_err().contains("Frozen"));
        assert!(read("-7", "Locked").is_err());
        assert!(super::read(b"<html>").is_err());
    }
}
