//! Cloud Key Management Service: keys with the IAM policies that hold on them. Nothing is encrypted or decrypted.

pub(super) mod crypto_key;

use super::operation::{Family, ResourceType};
use crypto_key::CryptoKey;

/// Everything of Cloud KMS.
pub const FAMILY: Family =
    Family { name: "kms", types: &[ResourceType::listed::<CryptoKey>("A Cloud KMS key")], collect: None };

#[cfg(test)]
mod tests;
