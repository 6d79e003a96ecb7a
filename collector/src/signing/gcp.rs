//! Keys in Google Cloud KMS, over its REST API, with the application default credentials.
//!
//! Permissions: `cloudkms.cryptoKeyVersions.viewPublicKey`, `cloudkms.cryptoKeyVersions.useToSign` (the role
//! `roles/cloudkms.signerVerifier` has both).
//! Documentation: <https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions>,
//! `getPublicKey` and `asymmetricSign`; the CRC32C fields: <https://cloud.google.com/kms/docs/data-integrity-guidelines>.

use super::error::Call;
use super::reference::{Options, options};
use super::rest::{Refusal, Service, text};
use super::{KeyError, KeyErrorKind, Signer, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use evidenced_connectors::exchange::{ErrorDialect, Transport};
use evidenced_connectors::gcp::credentials::{Credentials, CredentialsError, CredentialsErrorKind};
use evidenced_schemas::Cloud;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

const ENDPOINT: &str = "https://cloudkms.googleapis.com/";

const FETCHING: Call =
    Call { failed: "its public key cannot be fetched", permission: "cloudkms.cryptoKeyVersions.viewPublicKey" };
const SIGNING: Call = Call { failed: "it cannot sign", permission: "cloudkms.cryptoKeyVersions.useToSign" };

/// A version of a key: `projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    name: String,
    location: String,
    endpoint: Option<Url>,
}

impl Reference {
    /// Reads what stands after `gcpkms://`.
    pub(super) fn parse(rest: &str) -> Result<Self, KeyError> {
        let (name, Options { endpoint, .. }) = options(rest, &["endpoint"])?;
        let parts: Vec<&str> = name.split('/').collect();
        let plain = |part: &&str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
        };
        let location = match parts[..] {
            ["projects", _, "locations", location, "keyRings", _, "cryptoKeys", _, "cryptoKeyVersions", version]
                if parts.iter().all(plain) && version.bytes().all(|b| b.is_ascii_digit()) =>
            {
                location.to_owned()
            }
            ["projects", _, "locations", _, "keyRings", _, "cryptoKeys", _] => {
                return Err(KeyError::new(
                    "names a key without its version: add `/cryptoKeyVersions/N` (`gcloud kms keys versions list` shows them)",
                ));
            }
            _ => {
                return Err(KeyError::new(
                    "names no key of Google Cloud KMS: write \
                     `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N`",
                ));
            }
        };
        Ok(Self { name: name.to_owned(), location, endpoint })
    }
}

/// A key of Google Cloud KMS.
pub(super) struct Key {
    service: Service,
    credentials: Credentials,
    name: String,
    base: Url,
}

/// Finds credentials and fetches the public key.
pub(super) async fn open(reference: &Reference, transport: Arc<dyn Transport>) -> Result<Signer, KeyError> {
    let base = match &reference.endpoint {
        Some(endpoint) => endpoint.clone(),
        None => Url::parse(ENDPOINT).map_err(|error| KeyError::new("has no endpoint").caused_by(error))?,
    };
    let service = Service {
        transport,
        cloud: Cloud::Gcp,
        name: "cloudkms",
        region: reference.location.clone(),
        dialect: ErrorDialect::Google,
    };
    let credentials = Credentials::ambient().map_err(without)?;
    let key = Key { service, credentials, name: reference.name.clone(), base };
    let verifier = key.public().await?;
    Ok(Signer::of(super::Key::Gcp(key), verifier))
}

impl Key {
    async fn public(&self) -> Result<Verifier, KeyError> {
        let answer =
            self.ask("getPublicKey", "/publicKey", None).await?.map_err(|refusal| explain(FETCHING, refusal))?;
        self.is_of_this_key(&answer, FETCHING)?;
        let algorithm = text(&answer, "/algorithm");
        if algorithm != "EC_SIGN_P256_SHA256" {
            return Err(KeyError::new(format!(
                "is a key of algorithm {algorithm}: statements are signed with EC_SIGN_P256_SHA256. Make one: `gcloud kms keys \
                 create NAME --purpose=asymmetric-signing --default-algorithm=ec-sign-p256-sha256`"
            )));
        }
        let pem = text(&answer, "/pem").as_bytes();
        intact(pem, text(&answer, "/pemCrc32c"), FETCHING)?;
        Verifier::from_pem(pem)
    }

    /// The signature over a digest, in DER.
    pub(super) async fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let body = json!({
            "digest": {"sha256": BASE64.encode(digest)},
            "digestCrc32c": crc32c::crc32c(digest).to_string(),
        });
        let answer = self.ask("asymmetricSign", ":asymmetricSign", Some(body)).await?;
        let answer = answer.map_err(|refusal| explain(SIGNING, refusal))?;
        self.is_of_this_key(&answer, SIGNING)?;
        if answer.get("verifiedDigestCrc32c") != Some(&Value::Bool(true)) {
            return Err(damaged(SIGNING));
        }
        let signature = BASE64.decode(text(&answer, "/signature")).unwrap_or_default();
        intact(&signature, text(&answer, "/signatureCrc32c"), SIGNING)?;
        Ok(signature)
    }

    /// Makes a call on the key. The outer error is that of the credentials.
    async fn ask(
        &self,
        operation: &str,
        action: &str,
        body: Option<Value>,
    ) -> Result<Result<Value, Refusal>, KeyError> {
        let headers = self.credentials.headers().await.map_err(without)?;
        let mut url = self.base.clone();
        url.set_path(&format!("{}/v1/{}{action}", self.base.path().trim_end_matches('/'), self.name));
        Ok(self.service.ask(operation, url, headers, body).await)
    }

    /// An answer about another key is none.
    fn is_of_this_key(&self, answer: &Value, call: Call) -> Result<(), KeyError> {
        if text(answer, "/name") == self.name {
            return Ok(());
        }
        let what = format!("{}: Cloud KMS answered for the key `{}`", call.failed, text(answer, "/name"));
        Err(KeyError::new(what))
    }
}

/// Checks bytes against the CRC32C that came with them, a decimal number in a text.
fn intact(bytes: &[u8], told: &str, call: Call) -> Result<(), KeyError> {
    if told.parse() == Ok(crc32c::crc32c(bytes)) && !bytes.is_empty() { Ok(()) } else { Err(damaged(call)) }
}

fn damaged(call: Call) -> KeyError {
    let what =
        format!("{}: what was sent or came back was damaged on the way (its CRC32C differs): try again", call.failed);
    KeyError::new(what).of_kind(KeyErrorKind::Unavailable)
}

fn without(error: CredentialsError) -> KeyError {
    let kind = match error.kind {
        CredentialsErrorKind::Unusable => KeyErrorKind::Denied,
        CredentialsErrorKind::Unavailable => KeyErrorKind::Unavailable,
    };
    KeyError::without_credentials("Google Cloud", error).of_kind(kind)
}

/// A version that is not enabled, or a key for something else, is told by `status` alone.
fn explain(call: Call, refusal: Refusal) -> KeyError {
    let (kind, advice) = match text(&refusal.body, "/error/status") {
        "FAILED_PRECONDITION" => (
            KeyErrorKind::Denied,
            "the key version is not enabled: enable it (`gcloud kms keys versions enable`), or sign with another version",
        ),
        "INVALID_ARGUMENT" => (
            KeyErrorKind::Unusable,
            "the key is not one that signs: make one for asymmetric signing with EC_SIGN_P256_SHA256",
        ),
        _ => return KeyError::answered(call, refusal.error),
    };
    KeyError::new(format!("{}: {advice}", call.failed)).of_kind(kind).caused_by(refusal.error)
}
