//! Keys in AWS KMS, through the signed door, with the ambient credentials.
//!
//! Permissions: `kms:GetPublicKey`, `kms:Sign`.

use super::error::Call;
use super::reference::{Options, options};
use super::{KeyError, KeyErrorKind, Signer, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::DateTime;
use evidenced_connectors::Order;
use evidenced_connectors::aws::{Context, Operation, credentials};
use evidenced_connectors::exchange::{CollectError, Transport};
use evidenced_schemas::run::Regions;
use evidenced_schemas::{Instant, ScopeId};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

static GET_PUBLIC_KEY: Operation = Operation {
    service: "kms",
    name: "GetPublicKey",
    permission: "kms:GetPublicKey",
    docs: "https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html",
    ..Operation::PLAIN
};

static SIGN: Operation = Operation {
    service: "kms",
    name: "Sign",
    permission: "kms:Sign",
    docs: "https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html",
    ..Operation::PLAIN
};

const FETCHING: Call = Call { failed: "its public key cannot be fetched", permission: "kms:GetPublicKey" };
const SIGNING: Call = Call { failed: "it cannot sign", permission: "kms:Sign" };

/// `awskms:///` and an ARN of a key or an alias, a key id, or `alias/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// As the API takes it.
    key: String,
    /// That of the ARN or of `region=`; the ambient one when absent.
    region: Option<String>,
    endpoint: Option<Url>,
}

impl Reference {
    /// Reads what stands after `awskms://`.
    pub(super) fn parse(rest: &str) -> Result<Self, KeyError> {
        let (rest, Options { endpoint, region }) = options(rest, &["endpoint", "region"])?;
        let key = rest.strip_prefix('/').ok_or_else(|| {
            KeyError::new("names a host where a key of AWS has none: write `awskms:///…`, and another endpoint as `?endpoint=URL`")
        })?;
        let parts: Vec<&str> = key.split(':').collect();
        let resource = match parts[..] {
            ["arn", partition, "kms", region, account, resource] if ![partition, region, account].contains(&"") => {
                resource.strip_prefix("key/").or_else(|| resource.strip_prefix("alias/"))
            }
            [plain] => Some(plain.strip_prefix("alias/").unwrap_or(plain)),
            _ => None,
        };
        if !resource.is_some_and(|name| !name.is_empty() && (key.contains("alias/") || !name.contains('/'))) {
            return Err(KeyError::new(
                "names no key of AWS KMS: write `awskms:///arn:aws:kms:REGION:ACCOUNT:key/ID`, or an alias, \
                 `awskms:///arn:aws:kms:REGION:ACCOUNT:alias/NAME`, `awskms:///alias/NAME`",
            ));
        }
        let of_arn = (parts.len() == 6).then(|| parts[3].to_owned());
        if let (Some(arn), Some(asked)) = (&of_arn, &region)
            && arn != asked
        {
            return Err(KeyError::new(format!(
                "has the region {arn} in its ARN and `region={asked}`: remove the latter"
            )));
        }
        Ok(Self { key: key.to_owned(), region: of_arn.or(region), endpoint })
    }
}

/// A key of AWS KMS.
pub(super) struct Key {
    context: Context,
    key: String,
}

/// Finds credentials and fetches the public key.
pub(super) async fn open(reference: &Reference, transport: Arc<dyn Transport>) -> Result<Signer, KeyError> {
    let mut ambient = credentials::ambient(Arc::clone(&transport))
        .await
        .map_err(|error| KeyError::without_credentials("AWS", error))?;
    if let Some(endpoint) = &reference.endpoint {
        ambient.endpoints.insert("kms".to_owned(), endpoint.clone());
        (ambient.use_fips, ambient.use_dual_stack) = (false, false);
    }
    if let Some(region) = &reference.region {
        ambient.region.clone_from(region);
    }
    let scope: ScopeId = "unknown".parse().map_err(KeyError::new)?;
    let as_of = Instant::new(DateTime::UNIX_EPOCH);
    let order = Order::new(scope, ambient.asked(Regions::default()), as_of);
    let context = Context::new(order, transport, ambient.credentials);
    let key = Key { context, key: reference.key.clone() };
    let verifier = key.public().await?;
    Ok(Signer::of(super::Key::Aws(Box::new(key)), verifier))
}

impl Key {
    async fn public(&self) -> Result<Verifier, KeyError> {
        let answer = self.ask(&GET_PUBLIC_KEY, json!({"KeyId": self.key})).await.map_err(|e| explain(FETCHING, e))?;
        let told = |name: &str| answer.get(name).and_then(Value::as_str);
        let spec = told("KeySpec").or_else(|| told("CustomerMasterKeySpec")).unwrap_or("unknown");
        let usage = told("KeyUsage").unwrap_or("unknown");
        if spec != "ECC_NIST_P256" || usage != "SIGN_VERIFY" {
            return Err(KeyError::new(format!(
                "is a key of spec {spec} for {usage}: statements are signed with ECC_NIST_P256 for SIGN_VERIFY. Make one: `aws \
                 kms create-key --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY`"
            )));
        }
        let der = decoded(&answer, "PublicKey", FETCHING)?;
        Verifier::from_der(&der)
    }

    /// The signature over a digest, in DER.
    pub(super) async fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let input = json!({
            "KeyId": self.key,
            "Message": BASE64.encode(digest),
            "MessageType": "DIGEST",
            "SigningAlgorithm": "ECDSA_SHA_256",
        });
        let answer = self.ask(&SIGN, input).await.map_err(|error| explain(SIGNING, error))?;
        decoded(&answer, "Signature", SIGNING)
    }

    async fn ask(&self, operation: &Operation, input: Value) -> Result<Value, CollectError> {
        let region = self.context.home_region();
        self.context.ask(operation, region, input).await.map(|read| read.value)
    }
}

fn decoded(answer: &Value, member: &str, call: Call) -> Result<Vec<u8>, KeyError> {
    let text = answer.get(member).and_then(Value::as_str).unwrap_or_default();
    let bytes = BASE64.decode(text).unwrap_or_default();
    if bytes.is_empty() {
        return Err(KeyError::new(format!("{}: AWS KMS answered without `{member}`; check the endpoint", call.failed)));
    }
    Ok(bytes)
}

/// The codes that KMS has of its own. Source: "Errors" of the two operations' pages.
fn explain(call: Call, error: CollectError) -> KeyError {
    let (kind, advice) = match error.code.as_str() {
        "DisabledException" => {
            (KeyErrorKind::Denied, "the key is disabled: enable it (`aws kms enable-key`), or sign with another key")
        }
        "KMSInvalidStateException" | "InvalidStateException" => (
            KeyErrorKind::Denied,
            "the key is in a state in which it cannot be used, such as pending deletion: cancel that, or sign with another key",
        ),
        "InvalidKeyUsageException" | "UnsupportedOperationException" => {
            (KeyErrorKind::Unusable, "the key is not one that signs: make one of spec ECC_NIST_P256 for SIGN_VERIFY")
        }
        "KeyUnavailableException" | "DependencyTimeoutException" | "KMSInternalException" => {
            (KeyErrorKind::Unavailable, "the key service does not answer: try again later")
        }
        _ => return KeyError::answered(call, error),
    };
    KeyError::new(format!("{}: {advice}", call.failed)).of_kind(kind).caused_by(error)
}
