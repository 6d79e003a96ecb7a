//! An application that shows who it is by a certificate: it signs each assertion with the certificate's private key.
//!
//! The library's own credential for this brings OpenSSL with it; this tree has one crypto provider.
//!
//! Documentation: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>,
//! RFC 7523 section 3, RFC 7515 section 4.1.8 (`x5t#S256`), RFC 7518 section 3.5 (`PS256`).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_SHA256, RsaKeyPair};
use aws_lc_rs::{rand, signature};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_core::time::OffsetDateTime;
use azure_identity::ClientAssertion;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;

/// Seconds that an assertion holds. Entra ID takes five to ten minutes.
const LASTS: i64 = 300;

/// Signs assertions.
pub(super) struct Certificate {
    key: RsaKeyPair,
    thumbprint: String,
    client_id: String,
    audience: String,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a PEM file that holds the certificate and its RSA private key (PKCS#8 or PKCS#1), as the Azure CLI makes it.
    /// `token_url` is where tokens are asked for.
    ///
    /// # Errors
    /// With what is missing in the file.
    pub(super) fn read(file: &Path, client_id: &str, token_url: &str) -> Result<Self, String> {
        let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Self::of_pem(&text, client_id, token_url).map_err(|what| format!("{}: {what}", file.display()))
    }

    fn of_pem(text: &[u8], client_id: &str, token_url: &str) -> Result<Self, String> {
        let parts = pem::parse_many(text).map_err(|error| format!("no PEM file: {error}"))?;
        let tagged = |tag: &str| parts.iter().find(|part| part.tag() == tag);
        let certificate = tagged("CERTIFICATE").ok_or("it holds no CERTIFICATE")?;
        let key = match (tagged("PRIVATE KEY"), tagged("RSA PRIVATE KEY")) {
            (Some(key), _) => RsaKeyPair::from_pkcs8(key.contents()),
            (None, Some(key)) => RsaKeyPair::from_der(key.contents()),
            (None, None) => return Err("it holds no PRIVATE KEY (an encrypted one cannot be read)".to_owned()),
        };
        Ok(Self {
            key: key.map_err(|error| format!("its private key is no RSA key: {error}"))?,
            thumbprint: BASE64URL.encode(digest(&SHA256, certificate.contents())),
            client_id: client_id.to_owned(),
            audience: token_url.to_owned(),
        })
    }

    /// An assertion that holds from now on.
    fn assertion(&self, now: i64) -> Result<String, aws_lc_rs::error::Unspecified> {
        let mut id = [0; 16];
        rand::fill(&mut id)?;
        let head = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = json!({
            "aud": self.audience, "iss": self.client_id, "sub": self.client_id, "jti": BASE64URL.encode(id),
            "iat": now, "nbf": now, "exp": now + LASTS,
        });
        let part = |value: &Value| BASE64URL.encode(value.to_string());
        let signed = format!("{}.{}", part(&head), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let padding: &'static dyn signature::RsaEncoding = &RSA_PSS_SHA256;
        self.key.sign(padding, &SystemRandom::new(), signed.as_bytes(), &mut signature)?;
        Ok(format!("{signed}.{}", BASE64URL.encode(signature)))
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Certificate {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        self.assertion(now).map_err(|_| Error::with_message(ErrorKind::Credential, "the assertion could not be signed"))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

    const URL: &str = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token";

    pub(in super::super) fn key() -> RsaKeyPair {
        RsaKeyPair::generate(KeySize::Rsa2048).unwrap()
    }

    /// A file with this key, and something that stands for its certificate.
    pub(in super::super) fn pem(key: &RsaKeyPair) -> String {
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        pem::encode_many(&[
            pem::Pem::new("PRIVATE KEY", der.as_ref().to_vec()),
            pem::Pem::new("CERTIFICATE", b"der".to_vec()),
        ])
    }

    #[test]
    fn an_assertion_is_signed_by_the_key_and_names_the_certificate() {
        let key = key();
        let certificate = Certificate::of_pem(pem(&key).as_bytes(), "client", URL).unwrap();
        let assertion = certificate.assertion(1_000).unwrap();
        let (signed, signature) = assertion.rsplit_once('.').unwrap();
        let decoded = |text: &str| BASE64URL.decode(text).unwrap();
        UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public_key().as_ref())
            .verify(signed.as_bytes(), &decoded(signature))
            .unwrap();
        let read = |text: &str| serde_json::from_slice::<Value>(&decoded(text)).unwrap();
        let (head, claims) = signed.split_once('.').unwrap();
        assert_eq!(read(head)["x5t#S256"], BASE64URL.encode(digest(&SHA256, b"der")));
        let claims = read(claims);
        assert_eq!((&claims["aud"], &claims["iss"], &claims["exp"]), (&json!(URL), &json!("client"), &json!(1_300)));
        assert_ne!(assertion, certificate.assertion(1_000).unwrap(), "each has an id of its own");
        assert!(!format!("{certificate:?}").contains("client"), "the key is not shown");
    }

    #[test]
    fn what_a_file_lacks_is_named() {
        let with = |tag: &str| pem::encode(&pem::Pem::new(tag, b"x".to_vec()));
        let both = format!("{}{}", with("CERTIFICATE"), with("PRIVATE KEY"));
        let locked = format!("{}{}", with("CERTIFICATE"), with("ENCRYPTED PRIVATE KEY"));
        for (text, what) in [
            (String::new(), "no CERTIFICATE"),
            (with("PRIVATE KEY"), "no CERTIFICATE"),
            (with("CERTIFICATE"), "no PRIVATE KEY"),
            (locked, "encrypted"),
            (both, "no RSA key"),
        ] {
            let error = Certificate::of_pem(text.as_bytes(), "client", URL).unwrap_err();
            assert!(error.contains(what), "{what}: {error}");
        }
    }
}
