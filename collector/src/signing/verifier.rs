//! Public keys: Ed25519 (RFC 8032) and ECDSA over P-256 with SHA-256 (FIPS 186-5), both by `aws-lc-rs`.

use super::encoding::{other_algorithm, to_pem, unwrap};
use super::{EnvelopeError, KeyError, envelope};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm,
};
use evidenced_schemas::{Digest, Envelope};
use serde::Serialize;

/// The DER of a SubjectPublicKeyInfo with an Ed25519 key, up to the 32 bytes of the key (RFC 8410, section 4).
const ED25519_START: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The DER of a SubjectPublicKeyInfo with a P-256 key, up to the 65 bytes of the uncompressed point (RFC 5480, section 2).
const P256_START: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Algorithm {
    /// Ed25519 over the message.
    #[serde(rename = "ed25519")]
    Ed25519,
    /// ECDSA over P-256 and the message's SHA-256; signatures are `Ecdsa-Sig-Value` in DER.
    #[serde(rename = "ecdsa-p256-sha256")]
    EcdsaP256,
}

impl Algorithm {
    fn start(self) -> &'static [u8] {
        match self {
            Self::Ed25519 => &ED25519_START,
            Self::EcdsaP256 => &P256_START,
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Ed25519 => &ED25519,
            Self::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
        }
    }

    /// Its name, as documents have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa-p256-sha256",
        }
    }
}

/// Checks signatures of one public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    algorithm: Algorithm,
    /// The whole SubjectPublicKeyInfo.
    spki: Vec<u8>,
    keyid: Digest,
}

impl Verifier {
    /// Reads a public key in PEM (SubjectPublicKeyInfo), as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// When it is no Ed25519 or P-256 public key, saying what it is instead.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::from_der(&unwrap(bytes, "PUBLIC KEY")?)
    }

    /// Reads a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// As [`Self::from_pem`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let known = [Algorithm::Ed25519, Algorithm::EcdsaP256];
        let Some(algorithm) = known.into_iter().find(|algorithm| der.starts_with(algorithm.start())) else {
            let found = match other_algorithm(der) {
                Some("an EC") => "an EC key of another curve than P-256, or with a compressed point",
                Some(other) => return Err(unused(&format!("{other} key"))),
                None => return Err(KeyError::new("holds no whole Ed25519 public key (SubjectPublicKeyInfo)")),
            };
            return Err(unused(found));
        };
        ParsedPublicKey::new(algorithm.verification(), &der[algorithm.start().len()..]).map_err(|error| {
            let name = if algorithm == Algorithm::Ed25519 { "Ed25519" } else { "P-256" };
            KeyError::new(format!("holds no whole {name} public key (SubjectPublicKeyInfo)")).caused_by(error)
        })?;
        Ok(Self { algorithm, spki: der.to_owned(), keyid: Digest::of(der) })
    }

    /// The P-256 key with this point, 32 bytes each.
    pub(super) fn of_p256(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        Self::from_der(&[&P256_START, &[0x04][..], x, y].concat())
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key as its algorithm writes it: 32 bytes for Ed25519, the uncompressed point for P-256.
    pub fn public_bytes(&self) -> &[u8] {
        &self.spki[self.algorithm.start().len()..]
    }

    /// The public key's SubjectPublicKeyInfo in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the public key's SubjectPublicKeyInfo.
    pub fn keyid(&self) -> &Digest {
        &self.keyid
    }

    /// True when the signature is by this key over these bytes.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.algorithm.verification(), self.public_bytes()).verify(message, signature).is_ok()
    }

    /// The public key in PEM.
    pub fn to_pem(&self) -> String {
        to_pem("PUBLIC KEY", &self.spki)
    }

    /// Gives the payload of an envelope that this key has signed.
    ///
    /// # Errors
    /// When the envelope is no statement's, has no signature by this key, or one that does not hold.
    pub fn open(&self, envelope: &Envelope) -> Result<Vec<u8>, EnvelopeError> {
        envelope::open(self, envelope)
    }
}

fn unused(found: &str) -> KeyError {
    KeyError::new(format!("holds {found}; Ed25519 and ECDSA P-256 keys are used, and no others"))
}
