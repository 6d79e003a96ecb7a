//! KMS: the keys of each region, how they rotate and whom their policies let in.

pub mod attestation;
pub mod key;

use super::{Family, Operation, Paging, ResourceType};

/// How KMS's lists page.
const PAGES: Paging = Paging::Token { input: "Marker", output: "NextMarker" };

/// An operation of KMS with one page.
const fn one(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service: "kms", name, permission, docs, ..Operation::PLAIN }
}

/// Lists the keys of a region, by id and ARN.
pub static LIST_KEYS: Operation = Operation {
    paging: PAGES,
    ..one("ListKeys", "kms:ListKeys", "https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html")
};

/// Lists the aliases of a region, with the keys that they name.
pub static LIST_ALIASES: Operation = Operation {
    paging: PAGES,
    ..one("ListAliases", "kms:ListAliases", "https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html")
};

/// Describes a key: who manages it, what it is for and its state.
pub static DESCRIBE_KEY: Operation = Operation {
    shared: true,
    ..one("DescribeKey", "kms:DescribeKey", "https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html")
};

/// Says whether a key rotates and how often. Asked only of keys that KMS can rotate.
pub static GET_KEY_ROTATION_STATUS: Operation = one(
    "GetKeyRotationStatus",
    "kms:GetKeyRotationStatus",
    "https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html",
);

/// Answers with a key's policy. Asked only of keys that the customer manages.
pub static GET_KEY_POLICY: Operation = one(
    "GetKeyPolicy",
    "kms:GetKeyPolicy",
    "https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html",
);

/// KMS's family.
pub const FAMILY: Family = Family {
    name: "kms",
    types: &[ResourceType::regional::<key::Key>("A KMS key, with its rotation and whom its policy lets in.")],
    collect: None,
};

#[cfg(test)]
mod tests;
