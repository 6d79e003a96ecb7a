//! SHA-256 digests, written as 64 lower-case hexadecimal digits.

use crate::canonical::to_canonical_vec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A SHA-256 digest (FIPS 180-4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(#[schemars(regex(pattern = r"^[0-9a-f]{64}$"))] String);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_raw(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref())
    }

    /// The digest of a value's canonical bytes.
    ///
    /// # Errors
    /// As [`to_canonical_vec`].
    pub fn of_canonical<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        to_canonical_vec(value).map(|bytes| Self::of(&bytes))
    }

    /// A digest from the 32 bytes that a hash function gave.
    pub fn from_raw(raw: &[u8]) -> Self {
        use fmt::Write as _;
        let mut hex = String::with_capacity(64);
        for byte in raw {
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }

    /// The 32 bytes.
    ///
    /// # Panics
    /// Never: a digest is made of hexadecimal digits.
    pub fn to_raw(&self) -> [u8; 32] {
        let mut raw = [0; 32];
        for (byte, at) in raw.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&self.0[at..at + 2], 16).expect("a digest is made of hexadecimal digits");
        }
        raw
    }

    /// The first eight bytes as a number, the most significant first: a well-spread choice that follows from the bytes alone.
    pub fn leading(&self) -> u64 {
        self.to_raw().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Digest {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if hex { Ok(Self(text)) } else { Err(format!("`{text}` is not a SHA-256 digest in lower-case hexadecimal")) }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
