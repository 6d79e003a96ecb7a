//! A Cloud KMS key.

use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::envelope::Envelope;
use crate::gcp::iam_policy::IamPolicy;
use crate::gcp::listing::{Listed, Nothing, Place};
use crate::gcp::operation::{Items, Operation, Request};
use crate::gcp::{assets, door};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const SERVICE: &str = "cloudkms.googleapis.com";

static ASSET: Operation = Operation::asset("cloudkms.googleapis.com/CryptoKey");

static LOCATIONS: Operation = Operation {
    service: SERVICE,
    name: "cloudkms.projects.locations.list",
    permission: "cloudkms.locations.list",
    request: Request::Get("v1/projects/{project}/locations?pageSize=500"),
    items: Items::In("locations"),
    docs: "https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations/list",
    ..Operation::PLAIN
};

static RINGS: Operation = Operation {
    service: SERVICE,
    name: "cloudkms.projects.locations.keyRings.list",
    permission: "cloudkms.keyRings.list",
    request: Request::Get("v1/{parent}/keyRings?pageSize=1000"),
    items: Items::In("keyRings"),
    docs: "https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings/list",
    ..Operation::PLAIN
};

static KEYS: Operation = Operation {
    service: SERVICE,
    name: "cloudkms.projects.locations.keyRings.cryptoKeys.list",
    permission: "cloudkms.cryptoKeys.list",
    request: Request::Get("v1/{parent}/cryptoKeys?pageSize=1000"),
    items: Items::In("cryptoKeys"),
    docs: "https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/list",
    ..Operation::PLAIN
};

static POLICY: Operation = Operation {
    service: SERVICE,
    name: "cloudkms.projects.locations.keyRings.cryptoKeys.getIamPolicy",
    permission: "cloudkms.cryptoKeys.getIamPolicy",
    request: Request::Get("v1/{.name}:getIamPolicy?options.requestedPolicyVersion=3"),
    docs: "https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/getIamPolicy",
    ..Operation::PLAIN
};

/// Keys of one ring share its answer.
static RING_POLICY: Operation = Operation {
    service: SERVICE,
    name: "cloudkms.projects.locations.keyRings.getIamPolicy",
    permission: "cloudkms.keyRings.getIamPolicy",
    request: Request::Get("v1/{.name}:getIamPolicy?options.requestedPolicyVersion=3"),
    shared: true,
    docs: "https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings/getIamPolicy",
    ..Operation::PLAIN
};

/// A key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct CryptoKey {
    /// `ENCRYPT_DECRYPT`, `ASYMMETRIC_SIGN`, `ASYMMETRIC_DECRYPT`, `RAW_ENCRYPT_DECRYPT`, `MAC`, `KEY_ENCAPSULATION` and the like.
    purpose: Option<String>,
    /// When it was made.
    create_time: Option<String>,
    /// Seconds between rotations, `7776000s`; null for no rotation.
    rotation_period: Option<String>,
    /// When it rotates next; null for never.
    next_rotation_time: Option<String>,
    /// Its material is imported, and never made by Google; null is false.
    import_only: Option<bool>,
    /// How long a version that is to be destroyed stays, `2592000s`.
    destroy_scheduled_duration: Option<String>,
    /// The version that encrypts; null of a key that is not for encrypting, or that has none.
    primary: Option<Version>,
    /// How new versions are made.
    version_template: Option<Template>,
    /// Who has which role on it.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    iam_policy: Field<IamPolicy>,
    /// Who has which role on all keys of its ring.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    key_ring_iam_policy: Field<IamPolicy>,
}

/// A version of a key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Version {
    /// `ENABLED`, `DISABLED`, `DESTROY_SCHEDULED`, `DESTROYED` and the like.
    state: Option<String>,
    /// `SOFTWARE`, `HSM`, `EXTERNAL`, `EXTERNAL_VPC` or `HSM_SINGLE_TENANT`.
    protection_level: Option<String>,
    /// When it was made.
    create_time: Option<String>,
}

/// How new versions of a key are made.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Template {
    /// As of a version.
    protection_level: Option<String>,
    /// `GOOGLE_SYMMETRIC_ENCRYPTION`, `EC_SIGN_P256_SHA256` and the like.
    algorithm: Option<String>,
}

impl Listed for CryptoKey {
    const TYPE: &'static str = "gcp.kms.crypto-key";
    const ID: &'static str = "//cloudkms.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LOCATIONS, &RINGS, &KEYS];
    const OPERATIONS: &'static [&'static Operation] =
        &[&ASSET, &LOCATIONS, &RINGS, &KEYS, &assets::POLICIES, &POLICY, &RING_POLICY];
    const ALWAYS: &'static [&'static str] = &["purpose", "version_template"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            let (own, ring) = futures::join!(place.iam_policy(&POLICY), ring_policy(place));
            self.iam_policy = draft.take("config.iam_policy", own);
            self.key_ring_iam_policy = draft.take("config.key_ring_iam_policy", ring);
            Nothing::default()
        })
    }
}

/// The policy of the ring that a key is in.
async fn ring_policy(place: Place<'_>) -> Result<Read<Option<IamPolicy>>, CollectError> {
    let above = |name: &str| name.split_once("/cryptoKeys/").map(|(ring, _)| ring.to_owned());
    let name = place.item.get("name").and_then(Value::as_str).and_then(above);
    let (Some(id), Some(name)) = (above(&place.envelope.id), name) else {
        return Err(door::malformed(&KEYS, "the key's name has no ring", vec![]));
    };
    let ring = Envelope { id, ..Envelope::default() };
    Place { envelope: &ring, item: &json!({ "name": name }), ..place }.iam_policy(&RING_POLICY).await
}
