//! Keys in Azure Key Vault and Managed HSM, over their REST API, with the ambient credentials.
//!
//! Permissions: `keys/get` and `keys/sign` (as Azure roles: the data actions `Microsoft.KeyVault/vaults/keys/read` and
//! `Microsoft.KeyVault/vaults/keys/sign/action`).
//! Documentation: <https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key> and
//! <https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign>.

use super::error::Call;
use super::reference::{Options, options};
use super::rest::{Refusal, Service, text};
use super::{KeyError, KeyErrorKind, Signer, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use der::Encode as _;
use der::asn1::UintRef;
use evidenced_connectors::azure::credentials::{Credentials, CredentialsError};
use evidenced_connectors::exchange::{ErrorDialect, Transport};
use evidenced_schemas::Cloud;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

/// The version of the API whose documentation is above.
const API_VERSION: &str = "7.4";

const FETCHING: Call =
    Call { failed: "its public key cannot be fetched", permission: "keys/get (Microsoft.KeyVault/vaults/keys/read)" };
const SIGNING: Call =
    Call { failed: "it cannot sign", permission: "keys/sign (Microsoft.KeyVault/vaults/keys/sign/action)" };

/// A version of a key in a vault: `VAULT.vault.azure.net/keys/NAME/VERSION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    host: String,
    /// `/keys/NAME/VERSION`
    path: String,
    endpoint: Option<Url>,
}

impl Reference {
    /// Reads what stands after `azurekms://`.
    pub(super) fn parse(rest: &str) -> Result<Self, KeyError> {
        let (name, Options { endpoint, .. }) = options(rest, &["endpoint"])?;
        let parts: Vec<&str> = name.split('/').collect();
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match parts[..] {
            [host, "keys", name, version]
                if host.contains('.') && host.split('.').all(plain) && plain(name) && plain(version) =>
            {
                Ok(Self { host: host.to_ascii_lowercase(), path: format!("/keys/{name}/{version}"), endpoint })
            }
            [_, "keys", _] | [_, "keys", _, ""] => Err(KeyError::new(
                "names a key without its version: add `/VERSION` (`az keyvault key list-versions` shows them), so that a \
                 rotation in the vault does not change who signs",
            )),
            _ => Err(KeyError::new(
                "names no key of Azure Key Vault: write `azurekms://VAULT.vault.azure.net/keys/NAME/VERSION`",
            )),
        }
    }

    /// Whom the token is for: the service that the vault is of, in the vault's cloud.
    fn scope(&self) -> String {
        let service = self.host.split_once('.').map_or("", |(_, service)| service);
        format!("https://{service}/.default")
    }
}

/// A key of Azure Key Vault.
pub(super) struct Key {
    service: Service,
    credentials: Credentials,
    reference: Reference,
    base: Url,
}

/// Finds credentials and fetches the public key.
pub(super) async fn open(reference: &Reference, transport: Arc<dyn Transport>) -> Result<Signer, KeyError> {
    let base = match &reference.endpoint {
        Some(endpoint) => endpoint.clone(),
        None => Url::parse(&format!("https://{}/", reference.host))
            .map_err(|error| KeyError::new("names a vault whose name is no host").caused_by(error))?,
    };
    let credentials = Credentials::ambient(Arc::clone(&transport)).map_err(without)?;
    let service = Service {
        transport,
        cloud: Cloud::Azure,
        name: "keyvault",
        region: "global".to_owned(),
        dialect: ErrorDialect::Azure,
    };
    let key = Key { service, credentials, reference: reference.clone(), base };
    let verifier = key.public().await?;
    Ok(Signer::of(super::Key::Azure(Box::new(key)), verifier))
}

impl Key {
    async fn public(&self) -> Result<Verifier, KeyError> {
        let answer = self.ask("GetKey", "", None).await?.map_err(|refusal| explain(FETCHING, refusal))?;
        self.is_of_this_key(text(&answer, "/key/kid"), FETCHING)?;
        if answer.pointer("/attributes/enabled") == Some(&Value::Bool(false)) {
            return Err(disabled(FETCHING));
        }
        let (kty, crv) = (text(&answer, "/key/kty"), text(&answer, "/key/crv"));
        let may = answer.pointer("/key/key_ops").and_then(Value::as_array);
        let signs = may.is_none_or(|may| may.iter().any(|operation| operation == "sign"));
        if !matches!(kty, "EC" | "EC-HSM") || crv != "P-256" || !signs {
            let curve = if crv.is_empty() { String::new() } else { format!(" of curve {crv}") };
            let sign = if signs { "" } else { " that may not sign" };
            return Err(KeyError::new(format!(
                "is a key of type {kty}{curve}{sign}: statements are signed with an EC key of curve P-256. Make one: `az keyvault \
                 key create --kty EC --curve P-256 --ops sign verify`"
            )));
        }
        let coordinate = |name: &str| BASE64URL.decode(text(&answer, name)).unwrap_or_default();
        Verifier::of_p256(&coordinate("/key/x"), &coordinate("/key/y"))
    }

    /// The signature over a digest, in DER.
    pub(super) async fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let body = json!({"alg": "ES256", "value": BASE64URL.encode(digest)});
        let answer = self.ask("Sign", "/sign", Some(body)).await?.map_err(|refusal| explain(SIGNING, refusal))?;
        self.is_of_this_key(text(&answer, "/kid"), SIGNING)?;
        let raw = BASE64URL.decode(text(&answer, "/value")).unwrap_or_default();
        if raw.len() != 64 {
            let what = format!("{}: Key Vault answered with {} bytes for a signature of 64", SIGNING.failed, raw.len());
            return Err(KeyError::new(what));
        }
        ecdsa_der(&raw).map_err(|error| KeyError::new("gave a signature that cannot be written").caused_by(error))
    }

    /// Makes a call on the key. The outer error is that of the credentials.
    async fn ask(
        &self,
        operation: &str,
        action: &str,
        body: Option<Value>,
    ) -> Result<Result<Value, Refusal>, KeyError> {
        let token = self.credentials.token(&self.reference.scope()).await.map_err(without)?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {token}")).map_err(|error| {
            KeyError::new("the token that was given is no token").of_kind(KeyErrorKind::Denied).caused_by(error)
        })?;
        bearer.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}{action}", self.base.path().trim_end_matches('/'), self.reference.path));
        url.set_query(Some(&format!("api-version={API_VERSION}")));
        Ok(self.service.ask(operation, url, headers, body).await)
    }

    /// An answer about another key, or another version of it, is none.
    fn is_of_this_key(&self, kid: &str, call: Call) -> Result<(), KeyError> {
        if kid.ends_with(&self.reference.path) {
            return Ok(());
        }
        Err(KeyError::new(format!("{}: Key Vault answered for the key `{kid}`", call.failed)))
    }
}

fn without(error: CredentialsError) -> KeyError {
    let kind = if error.passing() { KeyErrorKind::Unavailable } else { KeyErrorKind::Denied };
    KeyError::without_credentials("Azure", error).of_kind(kind)
}

fn disabled(call: Call) -> KeyError {
    let what = format!(
        "{}: the key version is disabled: enable it (`az keyvault key set-attributes --enabled true`), or sign with another \
         version",
        call.failed
    );
    KeyError::new(what).of_kind(KeyErrorKind::Denied)
}

/// What the outer code, `Forbidden`, does not say stands in the inner one.
fn explain(call: Call, refusal: Refusal) -> KeyError {
    match text(&refusal.body, "/error/innererror/code") {
        "KeyDisabled" => disabled(call).caused_by(refusal.error),
        _ => KeyError::answered(call, refusal.error),
    }
}

/// An ECDSA signature as `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3), from `r` and `s` of equal length one after the other.
fn ecdsa_der(raw: &[u8]) -> Result<Vec<u8>, der::Error> {
    let (r, s) = raw.split_at(raw.len() / 2);
    let (r, s) = (UintRef::new(r)?, UintRef::new(s)?);
    let mut body = Vec::new();
    r.encode_to_vec(&mut body)?;
    s.encode_to_vec(&mut body)?;
    let mut whole = Vec::new();
    der::Header::new(der::Tag::Sequence, der::Length::try_from(body.len())?)?.encode_to_vec(&mut whole)?;
    whole.append(&mut body);
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_as_short_as_der_wants_them_and_never_negative() {
        let (mut r, mut s) = ([0_u8; 32], [0_u8; 32]);
        (r[31], s[0]) = (0x01, 0x80);
        let der = ecdsa_der(&[r, s].concat()).unwrap();
        assert_eq!(der[..7], [0x30, 38, 0x02, 1, 1, 0x02, 33]);
        assert_eq!(der[7..9], [0, 0x80], "a leading zero keeps it positive");
        assert_eq!(der.len(), 40);
    }
}
