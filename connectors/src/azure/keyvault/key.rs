//! A key in a vault.

use super::secret;
use super::vault::Vault;
use crate::azure::context::Context;
use crate::azure::door::REGION;
use crate::azure::listing::{Found, Listed, Place, whole_in_words};
use crate::azure::operation::{Operation, Request};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Lists of secrets that are asked for at the same time.
const AT_ONCE: usize = 16;
/// Content types of the secret that Key Vault makes with a certificate.
const OF_CERTIFICATES: [&str; 2] = ["application/x-pkcs12", "application/x-pem-file"];

static LIST: Operation = Operation {
    service: "Microsoft.KeyVault",
    name: "Keys_List",
    permission: "Microsoft.KeyVault/vaults/keys/read",
    also: &["Microsoft.KeyVault/vaults/read"],
    request: Request::Get("{id}/keys?api-version=2023-07-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/list",
    ..Operation::PLAIN
};

/// A key with its rotation policy, which the list does not tell.
static GET: Operation = Operation {
    service: "Microsoft.KeyVault",
    name: "Keys_Get",
    permission: "Microsoft.KeyVault/vaults/keys/read",
    request: Request::Get("{id}?api-version=2023-07-01"),
    docs: "https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/get",
    ..Operation::PLAIN
};

/// A key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Key {
    /// What it is and when it may be used.
    properties: Properties,
    /// When it is rotated; null where it has no rotation policy.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    rotation_policy: Field<RotationPolicy>,
}

/// What a key is and when it may be used.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// `RSA`, `EC` and the like.
    kty: Option<String>,
    /// When it may be used.
    attributes: Option<Attributes>,
}

/// When a key may be used.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Attributes {
    /// It may be used; null is true.
    enabled: Option<bool>,
    /// When it ends, in seconds since 1970; null is never.
    exp: Option<i64>,
    /// When it was made, in seconds since 1970.
    created: Option<i64>,
    /// When it was changed, in seconds since 1970.
    updated: Option<i64>,
}

/// When a key is rotated.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct RotationPolicy {
    /// What happens in a key's life; null is nothing.
    lifetime_actions: Option<Vec<LifetimeAction>>,
    /// Of new versions.
    attributes: Option<PolicyAttributes>,
}

/// What happens in a key's life.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct LifetimeAction {
    /// What happens.
    action: Option<Action>,
    /// When.
    trigger: Option<Trigger>,
}

/// What happens.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Action {
    /// `rotate` or `notify`, in any case.
    #[serde(rename = "type")]
    type_: Option<String>,
}

/// When it happens.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Trigger {
    /// So long after the key was made (`P90D`).
    time_after_create: Option<String>,
    /// So long before it ends.
    time_before_expiry: Option<String>,
}

/// Of new versions of a key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PolicyAttributes {
    /// How long they live (`P1Y`).
    expiry_time: Option<String>,
}

/// The answer to [`GET`].
#[derive(Deserialize)]
struct Whole {
    properties: WholeProperties,
}

#[derive(Deserialize)]
struct WholeProperties {
    rotation_policy: Option<RotationPolicy>,
}

/// `derived` of a key.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// It is the key of a certificate: its vault has a secret of its name that is a certificate's and ends when it does. The
    /// certificate renews it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    of_certificate: Field<bool>,
}

/// An item of a vault's secrets.
#[derive(Debug, Deserialize)]
pub(super) struct NamedSecret {
    name: String,
    properties: secret::Properties,
}

/// The secrets of each vault, by the vault's id in small letters.
type OfVaults = BTreeMap<String, Result<Read<Vec<NamedSecret>>, CollectError>>;

impl Listed for Key {
    const TYPE: &'static str = "azure.keyvault.key";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[Vault::LIST, &LIST, &GET, &secret::LIST];
    type Around = OfVaults;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, OfVaults> {
        Box::pin(async move {
            let vaults = Found::<Vault>::list(context).await;
            let ids = vaults.items.iter().map(|(envelope, _)| envelope.id.clone());
            let asked: Vec<_> = ids
                .map(|id| {
                    Box::pin(async move {
                        let secrets = whole_in_words(context, &secret::LIST, &[("id", &id)]).await;
                        (id.to_ascii_lowercase(), secrets)
                    })
                })
                .collect();
            stream::iter(asked).buffered(AT_ONCE).collect().await
        })
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        secrets: &'a OfVaults,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        Box::pin(async move {
            let whole = place.one::<Whole>(&GET).await;
            let policy = whole.map(|read| read.map(|whole| whole.properties.rotation_policy));
            self.rotation_policy = draft.take("config.rotation_policy", policy);
            let exp = self.properties.attributes.as_ref().and_then(|attributes| attributes.exp);
            let of_certificate = of_certificate(&place.envelope.id, exp, secrets);
            Derived { of_certificate: draft.take("derived.of_certificate", of_certificate) }
        })
    }
}

/// Whether a key is the key of a certificate. Resource Manager does not say so; a certificate's key and secret have the
/// certificate's name and its end.
fn of_certificate(id: &str, exp: Option<i64>, vaults: &OfVaults) -> Result<Read<Option<bool>>, CollectError> {
    let id = id.to_ascii_lowercase();
    let (vault, name) = id.rsplit_once("/keys/").unwrap_or((&id, ""));
    let secrets = match vaults.get(vault) {
        Some(Ok(secrets)) => secrets,
        Some(Err(error)) => return Err(error.clone()),
        None => {
            let message = "the key is in no vault that was listed";
            return Err(CollectError::malformed(LIST.service, LIST.name, REGION, message, vec![]));
        }
    };
    let is_of_certificate = secrets.value.iter().any(|secret| {
        let content_type = secret.properties.content_type.as_deref();
        secret.name.eq_ignore_ascii_case(name)
            && content_type.is_some_and(|type_| OF_CERTIFICATES.contains(&type_))
            && exp.is_some()
            && secret.properties.attributes.as_ref().and_then(|attributes| attributes.exp) == exp
    });
    Ok(Read { value: Some(is_of_certificate), exchanges: secrets.exchanges.clone(), at: secrets.at })
}
