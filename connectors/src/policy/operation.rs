//! Declarations: what is read of the organisation's own documents, and through what.

use super::Context;
use crate::declaration::{self, Provider};

/// The organisation's own documents.
#[derive(Debug)]
pub struct Org;

impl Provider for Org {
    type Context = Context;
    type Operation = Operation;
}

/// A resource type of the organisation.
pub type ResourceType = declaration::ResourceType<Org>;

/// A read of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name in exchanges.
    pub name: &'static str,
    /// The file.
    pub about: &'static str,
}

/// The policy that comes with the program, where the configuration names none.
pub const READ_BUILT_IN_POLICY: Operation =
    Operation { name: "ReadBuiltInPolicy", about: "the policy that comes with the program" };
/// The organisation's form of the policy.
pub const READ_POLICY: Operation = Operation { name: "ReadPolicy", about: "`policy` of evidenced.yaml" };
/// The file of a supporting policy, for its digest.
pub const READ_SUPPORTING_POLICY: Operation =
    Operation { name: "ReadSupportingPolicy", about: "`path` under `supporting_records` of the policy file" };
/// A register.
pub const READ_REGISTER: Operation =
    Operation { name: "ReadRegister", about: "`path` under `registers` of the policy file" };
/// Approved exceptions.
pub const READ_EXCEPTIONS: Operation = Operation { name: "ReadExceptions", about: "`exceptions` of evidenced.yaml" };
