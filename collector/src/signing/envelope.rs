//! DSSE envelopes: which keys sign one, and opening it. Source: DSSE 1.0 (secure-systems-lab/dsse, protocol.md, envelope.md).

use super::{KeyError, Signer, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use evidenced_schemas::statement::{PAYLOAD_TYPE, Signature, pre_authentication_encoding};
use evidenced_schemas::{Digest, Envelope};

/// An envelope that does not hold.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Another payload type.
    #[error("the payload type is `{0}`, not `{PAYLOAD_TYPE}`")]
    PayloadType(String),
    /// No signature at all.
    #[error("the envelope has no signature")]
    Unsigned,
    /// A field that is not base64.
    #[error("`{0}` is not base64")]
    Base64(&'static str, #[source] base64::DecodeError),
    /// Signed by other keys alone.
    #[error("it was signed by another key: {}", .0.iter().map(Digest::as_str).collect::<Vec<_>>().join(", "))]
    AnotherKey(Vec<Digest>),
    /// The signature is not over these bytes.
    #[error("the signature of key {0} does not hold")]
    Signature(Digest),
}

/// An envelope that was just made.
#[derive(Debug)]
pub struct Sealed {
    /// The envelope.
    pub envelope: Envelope,
    /// What the user should know: the key is a new one, and the old one did not sign too.
    pub warning: Option<String>,
}

/// The payload of an envelope, whoever signed it. Integrity of the chain can be checked with it, not who wrote it.
///
/// # Errors
/// When the envelope is not one of a statement.
pub fn payload(envelope: &Envelope) -> Result<Vec<u8>, EnvelopeError> {
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(EnvelopeError::PayloadType(envelope.payload_type.clone()));
    }
    if envelope.signatures.is_empty() {
        return Err(EnvelopeError::Unsigned);
    }
    BASE64.decode(&envelope.payload).map_err(|error| EnvelopeError::Base64("payload", error))
}

pub(super) fn open(key: &Verifier, envelope: &Envelope) -> Result<Vec<u8>, EnvelopeError> {
    let payload = payload(envelope)?;
    let signed = pre_authentication_encoding(&envelope.payload_type, &payload);
    let mut named = envelope.signatures.iter().filter(|signature| signature.keyid == *key.keyid()).peekable();
    if named.peek().is_none() {
        return Err(EnvelopeError::AnotherKey(envelope.signatures.iter().map(|s| s.keyid.clone()).collect()));
    }
    for signature in named {
        let sig = BASE64.decode(&signature.sig).map_err(|error| EnvelopeError::Base64("sig", error))?;
        if !key.verify(&signed, &sig) {
            return Err(EnvelopeError::Signature(key.keyid().clone()));
        }
    }
    Ok(payload)
}

/// The envelope of a payload with signatures over it, in the order of the format: by key id.
pub(super) fn assemble(payload: &[u8], mut signatures: Vec<(Digest, Vec<u8>)>) -> Envelope {
    signatures.sort_by(|a, b| a.0.cmp(&b.0));
    Envelope {
        payload: BASE64.encode(payload),
        payload_type: PAYLOAD_TYPE.to_owned(),
        signatures: signatures.into_iter().map(|(keyid, sig)| Signature { keyid, sig: BASE64.encode(sig) }).collect(),
    }
}

impl Signer {
    /// The DSSE envelope of a payload, signed by this key alone.
    ///
    /// # Errors
    /// When the key cannot be used now.
    pub async fn seal(&self, payload: &[u8]) -> Result<Envelope, KeyError> {
        let signature = self.sign(&pre_authentication_encoding(PAYLOAD_TYPE, payload)).await?;
        Ok(assemble(payload, vec![(self.keyid().clone(), signature)]))
    }

    /// The envelope of the statement that follows on `last` in a stream. Where `last` was not signed by this key, the key
    /// before it signs too: whoever trusts the old key then sees that its holder handed over to the new one.
    ///
    /// # Errors
    /// When one of the keys cannot be used now.
    pub async fn seal_after(&self, payload: &[u8], last: Option<&Envelope>) -> Result<Sealed, KeyError> {
        let mut envelope = self.seal(payload).await?;
        let Some(last) = last.filter(|last| self.verifier().open(last).is_err()) else {
            return Ok(Sealed { envelope, warning: None });
        };
        match self.previous().filter(|previous| previous.verifier().open(last).is_ok()) {
            Some(previous) => {
                let endorsed = previous.seal(payload).await?;
                envelope.signatures.extend(endorsed.signatures);
                envelope.signatures.sort_by(|a, b| a.keyid.cmp(&b.keyid));
                tracing::info!(new = %self.keyid(), old = %previous.keyid(), "the key changed: the old one signs too");
                Ok(Sealed { envelope, warning: None })
            }
            None => Ok(Sealed { envelope, warning: Some(self.unendorsed(last)) }),
        }
    }

    fn unendorsed(&self, last: &Envelope) -> String {
        let by: Vec<&str> = last.signatures.iter().map(|signature| signature.keyid.as_str()).collect();
        let advice = match self.previous() {
            None => "`signing.previous` names no key",
            Some(_) => "`signing.previous` is not that key",
        };
        format!(
            "the statement before was signed by key {}, this one by key {} alone, for {advice}: `evidenced verify` will warn \
             `key changed without the old key's signature`",
            by.join(", "),
            self.keyid()
        )
    }
}
