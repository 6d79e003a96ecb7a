//! UUIDs that follow from a name (version 5, RFC 9562, section 5.5).

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use std::fmt;

/// 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Uuid([u8; 16]);

impl Uuid {
    /// What the documents of this program are named under: the version 5 UUID of `urn:evidenced:oscal` under the URL namespace.
    pub(super) const NAMESPACE: Self = Self(0x571e_b360_5b97_554a_920a_5edf_d579_aaa5_u128.to_be_bytes());

    /// The UUID of a name under a namespace.
    pub(super) fn of(namespace: Self, name: &str) -> Self {
        let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        hash.update(&namespace.0);
        hash.update(name.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finish().as_ref()[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x50;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", u128::from_be_bytes(self.0));
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9562, appendix A.4: `www.example.com` in the DNS namespace.
    #[test]
    fn a_name_gives_the_uuid_of_the_standard() {
        let dns = Uuid(0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8_u128.to_be_bytes());
        assert_eq!(Uuid::of(dns, "www.example.com").to_string(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn the_namespace_is_that_of_our_urn() {
        let url = Uuid(0x6ba7_b811_9dad_11d1_80b4_00c0_4fd4_30c8_u128.to_be_bytes());
        assert_eq!(Uuid::of(url, "urn:evidenced:oscal"), Uuid::NAMESPACE);
    }
}
