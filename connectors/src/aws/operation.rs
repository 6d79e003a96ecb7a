//! Declarations: what a resource type reads, with which permission, and which errors are facts.

use super::Context;
use crate::declaration::{self, Provider};

/// One operation of an AWS service.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service as the AWS CLI names it, and a row of [`super::door::SERVICES`] unless it is `iam` or `s3`.
    pub service: &'static str,
    /// The operation's name in the API reference.
    pub name: &'static str,
    /// The IAM action that allows it (Service Authorization Reference); empty when none is needed.
    pub permission: &'static str,
    /// Further IAM actions that AWS asks for, where one is not enough.
    pub also: &'static [&'static str],
    /// Error codes that are a fact of absence for this operation and not a failure.
    pub absent: &'static [&'static str],
    /// How its pages are asked for.
    pub paging: Paging,
    /// Fields of its answer that hold secrets, see [`crate::exchange::ApiRequest::secrets`].
    pub secrets: &'static [&'static str],
    /// Several resource types make this same request: a run makes it once, and they share its answer. Two equal requests
    /// under way at once could not be told apart when the run is repeated.
    pub shared: bool,
    /// HTTP method and path template (`/v20180820/x/{Name}`) for the REST protocols; none where the service's protocol
    /// posts to `/`, and for the SDK crates, which know their own.
    pub http: Option<(&'static str, &'static str)>,
    /// Root element that an XML answer must have; none for JSON answers, and where the protocol's own rule
    /// (`<NameResponse>`) holds. Checked before anything is parsed, see [`crate::exchange::http_client::CallTag::root`].
    pub root: Option<&'static str>,
    /// Names of list elements in its XML answer, besides those of the protocol (`DBInstance` in `<DBInstances>`); where
    /// the same name is a plain member of something else, `groupSet/groupId` or `Items/*` for what is inside `<Items>`.
    pub lists: &'static [&'static str],
    /// Page of the provider's documentation.
    pub docs: &'static str,
}

impl Operation {
    /// An operation with one page, no absence codes and no secrets. Declarations say only what differs:
    /// `Operation { service: "s3", name: "GetBucketAcl", …, ..Operation::PLAIN }`.
    pub const PLAIN: Self = Self {
        service: "",
        name: "",
        permission: "",
        also: &[],
        absent: &[],
        paging: Paging::None,
        secrets: &[],
        shared: false,
        http: None,
        root: None,
        lists: &[],
        docs: "",
    };

    /// True when this error code says that the thing does not exist.
    pub fn is_absence(&self, code: &str) -> bool {
        self.absent.contains(&code)
    }
}

/// How an operation pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// One answer.
    None,
    /// The answer's `output` field goes into the next request's `input` field, until it is missing or empty.
    Token {
        /// Field of the request.
        input: &'static str,
        /// Field of the answer; a dotted path where it is inside a structure (`DistributionList.NextMarker`).
        output: &'static str,
    },
}

/// AWS.
#[derive(Debug)]
pub struct Aws;

impl Provider for Aws {
    type Context = Context;
    type Operation = Operation;
}

/// A resource type of AWS.
pub type ResourceType = declaration::ResourceType<Aws>;
/// Reads resource types of AWS.
pub type Collect = declaration::Collect<Aws>;
/// Resource types of one AWS service.
pub type Family = declaration::Family<Aws>;
