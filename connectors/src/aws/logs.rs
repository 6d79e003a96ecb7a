//! CloudWatch Logs: log groups, and the policies that let services of AWS write into them.

pub mod log_group;
pub mod resource_policy;

use super::{Family, Operation, Paging, ResourceType};

/// How its lists page.
pub(super) const PAGES: Paging = Paging::Token { input: "nextToken", output: "nextToken" };

/// A list of CloudWatch Logs.
pub(super) const fn list(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service: "logs", name, permission, docs, paging: PAGES, ..Operation::PLAIN }
}

/// CloudWatch Logs' family.
pub const FAMILY: Family = Family {
    name: "logs",
    types: &[
        ResourceType::regional::<log_group::LogGroup>("A log group, with how long it keeps what it gets."),
        ResourceType::regional::<resource_policy::ResourcePolicy>(
            "A policy that lets services or accounts write into log groups.",
        ),
    ],
    collect: None,
};

#[cfg(test)]
mod tests;
