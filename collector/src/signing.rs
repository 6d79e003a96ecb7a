//! Signing keys and their custody: a key by reference, in a file or in a cloud's key service, and what it signs.
//!
//! A key in a file is Ed25519 and signs here. A key in a KMS is ECDSA over P-256; its private half never enters this process:
//! the digest is sent, and the signature that comes back is checked before it is used. Which keys are trusted is deliberately
//! not decided here: the verifier brings the public keys.

use aws_lc_rs::signature::Ed25519KeyPair;
use evidenced_connectors::exchange::Transport;
use evidenced_connectors::exchange::live::{Live, Wire};
use evidenced_schemas::{Digest, Envelope};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod aws;
mod azure;
mod encoding;
mod envelope;
mod error;
mod file;
mod gcp;
mod reference;
mod rest;
mod verifier;

pub use envelope::{EnvelopeError, Sealed, payload};
pub use error::{KeyError, KeyErrorKind};
pub use file::{Generated, keygen, public_path, readable_by_others, write_public};
pub use reference::KeyReference;
pub use verifier::{Algorithm, Verifier};

use reference::Place;

/// What becomes of a key file that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfAbsent {
    /// A new key is made.
    Make,
    /// It is an error.
    Refuse,
}

/// The private key, or the way to it. Each kind has a file of its own.
enum Key {
    File(Ed25519KeyPair),
    Aws(Box<aws::Key>),
    Gcp(gcp::Key),
    Azure(Box<azure::Key>),
}

impl Key {
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::File(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Self::Aws(key) => key.sign(&sha256(message)).await,
            Self::Gcp(key) => key.sign(&sha256(message)).await,
            Self::Azure(key) => key.sign(&sha256(message)).await,
        }
    }
}

/// Signs statements.
pub struct Signer {
    key: Key,
    verifier: Verifier,
    /// Its reference, for errors; none for a key that is in no file.
    place: Option<String>,
    previous: Option<Box<Signer>>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("place", &self.place).field("keyid", self.keyid()).finish_non_exhaustive()
    }
}

/// A signer that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The signer.
    pub signer: Signer,
    /// The key was made just now: the user must be told, for whoever has it can sign as this collector.
    pub created: bool,
    /// Where the public key of a key file is, unless the private one was brought along in a folder that cannot be written.
    pub public_path: Option<PathBuf>,
}

/// Opens a key. Of a key in a KMS the public half is fetched, which must be one that signs with ECDSA P-256.
///
/// # Errors
/// When there is no such key, it is of another kind, or the key service refuses or does not answer.
pub async fn open(reference: &KeyReference, absent: IfAbsent) -> Result<Opened, KeyError> {
    let signer = match reference.place() {
        Place::File(path) => return file::open(path, absent),
        Place::Aws(key) => aws::open(key, transport()?).await,
        Place::Gcp(key) => gcp::open(key, transport()?).await,
        Place::Azure(key) => azure::open(key, transport()?).await,
    };
    let signer = signer.map_err(|error| error.at(reference))?;
    if signer.verifier.algorithm() != Algorithm::EcdsaP256 {
        let what = "is no ECDSA P-256 key, the one kind that signs in a KMS: make a key of that kind";
        return Err(KeyError::new(what).at(reference));
    }
    Ok(Opened { signer: Signer { place: Some(reference.to_string()), ..signer }, created: false, public_path: None })
}

/// The way to a key service: recorded nowhere.
fn transport() -> Result<Arc<dyn Transport>, KeyError> {
    let wire = Wire::new().map_err(|error| KeyError::new("the key service cannot be asked").caused_by(error))?;
    Ok(Arc::new(Live::unrecorded(wire)))
}

fn sha256(message: &[u8]) -> [u8; 32] {
    Digest::of(message).to_raw()
}

impl Signer {
    /// A signer with a new key that is in no file.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        file::generate()
    }

    /// Reads the key in `path`, or makes one there (mode 0600, with its public key beside it) when there is no such
    /// file. Two processes that start at once end with the same key. A key that others may read is used with a warning.
    ///
    /// # Errors
    /// When the file holds no Ed25519 key, or cannot be read or written.
    pub fn open_or_create(path: &Path) -> Result<Opened, KeyError> {
        file::open(path, IfAbsent::Make)
    }

    fn of(key: Key, verifier: Verifier) -> Self {
        Self { key, verifier, place: None, previous: None }
    }

    /// The same signer, whose first statement of a stream is also signed by the key before it, see [`Self::seal_after`].
    ///
    /// # Errors
    /// When both are the same key.
    pub fn after(self, previous: Self) -> Result<Self, KeyError> {
        if previous.keyid() == self.keyid() {
            let what =
                "is the same key as the one before it (`signing.previous`): remove `previous`, or name the new key";
            return Err(KeyError::new(what).at(self.place.unwrap_or_default()));
        }
        Ok(Self { previous: Some(Box::new(previous)), ..self })
    }

    /// The key before this one, where there is one to hand over.
    pub fn previous(&self) -> Option<&Self> {
        self.previous.as_deref()
    }

    /// The public half.
    pub fn verifier(&self) -> Verifier {
        self.verifier.clone()
    }

    /// True when this key, or the one before it, signed the envelope.
    pub fn made(&self, envelope: &Envelope) -> bool {
        std::iter::once(self).chain(self.previous()).any(|signer| signer.verifier.open(envelope).is_ok())
    }

    /// The public halves of this key and of the one before it.
    pub fn verifiers(&self) -> Vec<Verifier> {
        std::iter::once(self).chain(self.previous()).map(Self::verifier).collect()
    }

    /// SHA-256 of the public key's SubjectPublicKeyInfo.
    pub fn keyid(&self) -> &Digest {
        self.verifier.keyid()
    }

    /// The signature over these bytes. It holds under the public key: one that does not is an error.
    ///
    /// # Errors
    /// When the key cannot be used now.
    pub async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let place = self.place.as_deref().unwrap_or("the key");
        let signature = self.key.sign(message).await.map_err(|error| error.at(place))?;
        if !self.verifier.verify(message, &signature) {
            let what = format!(
                "gave a signature that does not hold under its public key (id {}): the key behind the reference was changed, or \
                 the key service is not what it should be. Nothing was signed; check the key, and start again",
                self.keyid()
            );
            return Err(KeyError::new(what).at(place));
        }
        Ok(signature)
    }

    /// The envelope that this key alone makes, for tests that forge.
    #[cfg(test)]
    pub(crate) fn seal_here(&self, payload: &[u8]) -> Envelope {
        use evidenced_schemas::statement::{PAYLOAD_TYPE, pre_authentication_encoding};
        let Key::File(pair) = &self.key else { panic!("tests forge with keys of their own") };
        let signature = pair.sign(&pre_authentication_encoding(PAYLOAD_TYPE, payload));
        envelope::assemble(payload, vec![(self.keyid().clone(), signature.as_ref().to_vec())])
    }
}

#[cfg(test)]
mod tests;
