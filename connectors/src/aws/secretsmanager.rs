//! Secrets Manager: the secrets of each region, how they rotate and whom their policies let in. It never asks for a value.

pub mod secret;

use super::{Family, Operation, Paging, ResourceType};

/// How Secrets Manager's lists page.
const PAGES: Paging = Paging::Token { input: "NextToken", output: "NextToken" };

/// An operation of Secrets Manager with one page.
const fn one(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service: "secretsmanager", name, permission, docs, ..Operation::PLAIN }
}

/// Lists the secrets of a region, but for those whose deletion is scheduled.
pub static LIST_SECRETS: Operation = Operation {
    paging: PAGES,
    ..one(
        "ListSecrets",
        "secretsmanager:ListSecrets",
        "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html",
    )
};

/// Lists the versions of a secret that hold a value, with the time when each was made.
pub static LIST_SECRET_VERSION_IDS: Operation = Operation {
    paging: PAGES,
    ..one(
        "ListSecretVersionIds",
        "secretsmanager:ListSecretVersionIds",
        "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html",
    )
};

/// Answers with the policy that stands on a secret, where there is one.
pub static GET_RESOURCE_POLICY: Operation = one(
    "GetResourcePolicy",
    "secretsmanager:GetResourcePolicy",
    "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetResourcePolicy.html",
);

/// Secrets Manager's family.
pub const FAMILY: Family = Family {
    name: "secretsmanager",
    types: &[ResourceType::regional::<secret::Secret>(
        "A secret, with its rotation and whom its policy lets in; never its value.",
    )],
    collect: None,
};

#[cfg(test)]
mod tests;
