//! The signing key, and DSSE envelopes: Ed25519 (RFC 8032) by `aws-lc-rs`, keys in PEM that `openssl pkey` reads.
//!
//! It deliberately does not decide which keys are trusted: the verifier brings the public key. Private keys in a KMS are
//! not in this version. Source of the envelope: DSSE 1.0 (secure-systems-lab/dsse, protocol.md and envelope.md).

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use evidenced_schemas::statement::{PAYLOAD_TYPE, Signature, pre_authentication_encoding};
use evidenced_schemas::{Digest, Envelope};
use std::fmt;
use std::path::{Path, PathBuf};

mod file;

/// The DER of a SubjectPublicKeyInfo with an Ed25519 key, up to the 32 bytes of the key (RFC 8410, section 4).
const SPKI_START: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}{what}", file.as_ref().map(|file| format!("{}: ", file.display())).unwrap_or_default())]
pub struct KeyError {
    /// Its file; none where bytes were given.
    pub file: Option<PathBuf>,
    /// What is wrong with it, and what to do.
    pub what: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl KeyError {
    fn new(what: impl Into<String>) -> Self {
        Self { file: None, what: what.into(), source: None }
    }

    fn at(self, file: &Path) -> Self {
        Self { file: Some(file.to_owned()), ..self }
    }

    fn caused_by(self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }
}

/// Signs statements.
pub struct Signer {
    pair: Ed25519KeyPair,
    verifier: Verifier,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("keyid", self.verifier.keyid()).finish_non_exhaustive()
    }
}

/// A signer from a file.
#[derive(Debug)]
pub struct Opened {
    /// The signer.
    pub signer: Signer,
    /// The key was made just now: the user must be told, for whoever has it can sign as this collector.
    pub created: bool,
    /// Where the public key is, unless the private one was brought along in a folder that cannot be written.
    pub public_path: PathBuf,
}

/// A new pair of keys.
#[derive(Debug)]
pub struct Generated {
    /// The private key's file, mode 0600.
    pub private_path: PathBuf,
    /// The public key's file.
    pub public_path: PathBuf,
    /// The key's id.
    pub keyid: Digest,
}

/// Where the public key of a private key's file is written: beside it, `signing.pub.pem` for `signing.pem`.
pub fn public_path(private: &Path) -> PathBuf {
    private.with_extension("pub.pem")
}

/// Makes a new pair of keys: the private one in `path` (mode 0600), the public one beside it.
///
/// # Errors
/// When there is something already, or the files cannot be written.
pub fn keygen(path: &Path) -> Result<Generated, KeyError> {
    let signer = Signer::generate()?;
    if !file::write_new(path, signer.private_pem()?.as_bytes(), file::Mode::Private)? {
        let what = "exists already, and a key is never overwritten: name another file, or move this one away";
        return Err(KeyError::new(what).at(path));
    }
    Ok(Generated {
        private_path: path.to_owned(),
        public_path: signer.verifier.write_beside(path)?,
        keyid: signer.verifier.keyid.clone(),
    })
}

impl Signer {
    /// A signer with a new key that is in no file.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::generate()
            .map_err(|error| KeyError::new("no key could be made: the system gave no randomness").caused_by(error))?;
        Self::of_pair(pair)
    }

    /// Reads the key in `path`, or makes one there (mode 0600, with its public key beside it) when there is no such
    /// file. Two processes that start at once end with the same key. A key that others may read is used with a warning.
    ///
    /// # Errors
    /// When the file holds no Ed25519 key, or cannot be read or written.
    pub fn open_or_create(path: &Path) -> Result<Opened, KeyError> {
        let opened = |signer, created| Opened { signer, created, public_path: public_path(path) };
        if let Some(pem) = file::read_private(path)? {
            let signer = Self::from_pem(&pem).map_err(|error| error.at(path))?;
            // A key that was brought along, from `openssl genpkey` say. In a read-only folder there is just no copy.
            if !public_path(path).exists()
                && let Err(error) = signer.verifier.write_beside(path)
            {
                tracing::debug!(%error, "the public key was not written beside the private one");
            }
            return Ok(opened(signer, false));
        }
        let signer = Self::generate()?;
        if file::write_new(path, signer.private_pem()?.as_bytes(), file::Mode::Private)? {
            signer.verifier.write_beside(path)?;
            return Ok(opened(signer, true));
        }
        let pem = file::read_private(path)?
            .ok_or_else(|| KeyError::new("appeared and vanished again while it was opened: try again").at(path))?;
        Ok(opened(Self::from_pem(&pem).map_err(|error| error.at(path))?, false))
    }

    /// Reads a private key in PEM (PKCS#8, v1 or v2).
    ///
    /// # Errors
    /// When it is no Ed25519 private key, saying what it is instead.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, KeyError> {
        let der = unwrap(bytes, "PRIVATE KEY")?;
        if let Some(algorithm) = other_algorithm(&der) {
            return Err(refused(algorithm));
        }
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
            .map_err(|error| KeyError::new("holds no whole Ed25519 private key in PKCS#8").caused_by(error))?;
        Self::of_pair(pair)
    }

    fn of_pair(pair: Ed25519KeyPair) -> Result<Self, KeyError> {
        let der = pair.public_key().as_der().map_err(|error| KeyError::new("has no public key").caused_by(error))?;
        let verifier = Verifier::from_der(der.as_ref())?;
        Ok(Self { pair, verifier })
    }

    fn private_pem(&self) -> Result<String, KeyError> {
        let der = self.pair.to_pkcs8v1().map_err(|error| KeyError::new("cannot be written").caused_by(error))?;
        Ok(to_pem("PRIVATE KEY", der.as_ref()))
    }

    /// The public half.
    pub fn verifier(&self) -> Verifier {
        self.verifier.clone()
    }

    /// SHA-256 of the public key's SubjectPublicKeyInfo.
    pub fn keyid(&self) -> &Digest {
        &self.verifier.keyid
    }

    /// The signature over these bytes.
    ///
    /// # Errors
    /// When the key cannot be used now.
    #[expect(clippy::unused_async, reason = "a key in a KMS is asked over the network")]
    pub async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(self.pair.sign(message).as_ref().to_vec())
    }

    /// The DSSE envelope of a payload. Ed25519 is deterministic: the same payload gives the same envelope.
    ///
    /// # Errors
    /// When the key cannot be used now.
    pub async fn seal(&self, payload: &[u8]) -> Result<Envelope, KeyError> {
        let signature = self.sign(&pre_authentication_encoding(PAYLOAD_TYPE, payload)).await?;
        Ok(self.envelope(payload, &signature))
    }

    fn envelope(&self, payload: &[u8], signature: &[u8]) -> Envelope {
        Envelope {
            payload: BASE64.encode(payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![Signature { keyid: self.keyid().clone(), sig: BASE64.encode(signature) }],
        }
    }

    /// The same as [`Self::seal`], for tests that forge.
    #[cfg(test)]
    pub(crate) fn seal_here(&self, payload: &[u8]) -> Envelope {
        self.envelope(payload, self.pair.sign(&pre_authentication_encoding(PAYLOAD_TYPE, payload)).as_ref())
    }
}

/// Checks signatures of one public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    public: [u8; 32],
    keyid: Digest,
}

impl Verifier {
    /// Reads a public key in PEM (SubjectPublicKeyInfo), as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// When it is no Ed25519 public key, saying what it is instead.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::from_der(&unwrap(bytes, "PUBLIC KEY")?)
    }

    fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        if let Some(algorithm) = other_algorithm(der) {
            return Err(refused(algorithm));
        }
        let public = der
            .strip_prefix(&SPKI_START)
            .and_then(|key| <[u8; 32]>::try_from(key).ok())
            .ok_or_else(|| KeyError::new("holds no whole Ed25519 public key (SubjectPublicKeyInfo)"))?;
        Ok(Self { public, keyid: Digest::of(der) })
    }

    /// SHA-256 of the public key's SubjectPublicKeyInfo.
    pub fn keyid(&self) -> &Digest {
        &self.keyid
    }

    /// True when the signature is by this key over these bytes.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(message, signature).is_ok()
    }

    /// The public key in PEM.
    pub fn to_pem(&self) -> String {
        let mut der = SPKI_START.to_vec();
        der.extend_from_slice(&self.public);
        to_pem("PUBLIC KEY", &der)
    }

    /// Gives the payload of an envelope that this key has signed.
    ///
    /// # Errors
    /// When the envelope is no statement's, has no signature by this key, or one that does not hold.
    pub fn open(&self, envelope: &Envelope) -> Result<Vec<u8>, EnvelopeError> {
        let payload = payload(envelope)?;
        let signed = pre_authentication_encoding(&envelope.payload_type, &payload);
        let mut named = envelope.signatures.iter().filter(|signature| signature.keyid == self.keyid).peekable();
        if named.peek().is_none() {
            return Err(EnvelopeError::AnotherKey(envelope.signatures.iter().map(|s| s.keyid.clone()).collect()));
        }
        for signature in named {
            let sig = BASE64.decode(&signature.sig).map_err(|error| EnvelopeError::Base64("sig", error))?;
            if !self.verify(&signed, &sig) {
                return Err(EnvelopeError::Signature(self.keyid.clone()));
            }
        }
        Ok(payload)
    }

    fn write_beside(&self, private: &Path) -> Result<PathBuf, KeyError> {
        let path = public_path(private);
        if !file::write_new(&path, self.to_pem().as_bytes(), file::Mode::Public)? {
            let there = file::read(&path)?.unwrap_or_default();
            if Self::from_pem(&there).ok().as_ref() != Some(self) {
                let what = "is the public key of another private key: move it away, and write this one's with \
                            `openssl pkey -in PRIVATE -pubout`";
                return Err(KeyError::new(what).at(&path));
            }
        }
        Ok(path)
    }
}

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

fn to_pem(tag: &str, der: &[u8]) -> String {
    let unix = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(tag, der), unix)
}

/// The DER inside a PEM with this tag.
fn unwrap(bytes: &[u8], wanted: &str) -> Result<Vec<u8>, KeyError> {
    let found = pem::parse(bytes)
        .map_err(|error| KeyError::new(format!("holds no PEM block `BEGIN {wanted}`")).caused_by(error))?;
    let advice = match found.tag() {
        tag if tag == wanted => return Ok(found.into_contents()),
        "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => return Err(refused("an RSA")),
        "EC PRIVATE KEY" => return Err(refused("an EC")),
        "PRIVATE KEY" => "a private key: give the public one (`openssl pkey -in KEY -pubout`)",
        "PUBLIC KEY" => "a public key: signing needs the private one",
        "ENCRYPTED PRIVATE KEY" => "an encrypted private key: decrypt it with `openssl pkey -in KEY -out PLAIN`",
        "CERTIFICATE" => "a certificate: take its key with `openssl x509 -in CERT -pubkey -noout`",
        _ => "something else: make a key with `evidenced keygen` or `openssl genpkey -algorithm ed25519`",
    };
    Err(KeyError::new(format!("holds {advice}")))
}

/// The algorithm of a key that is not Ed25519, by the object identifier in its DER.
fn other_algorithm(der: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 5] = [
        (&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01], "an RSA"),
        (&[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01], "an EC"),
        (&[0x06, 0x03, 0x2b, 0x65, 0x71], "an Ed448"),
        (&[0x06, 0x03, 0x2b, 0x65, 0x6e], "an X25519"),
        (&[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], "a DSA"),
    ];
    let head = &der[..der.len().min(40)];
    KNOWN.iter().find(|(oid, _)| head.windows(oid.len()).any(|window| window == *oid)).map(|(_, name)| *name)
}

fn refused(algorithm: &str) -> KeyError {
    KeyError::new(format!(
        "holds {algorithm} key; this version signs with Ed25519 alone: make one with `evidenced keygen`"
    ))
}

#[cfg(test)]
mod tests;
