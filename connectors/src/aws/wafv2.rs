//! WAF: web ACLs, for what lies in a region and for CloudFront.
//!
//! WAF Classic is deliberately not read: AWS ended it on 30 September 2025.

pub mod association;
pub mod web_acl;

use super::{Family, Operation, Paging, Reach, ResourceType};
use crate::aws::listing::Listed;
use crate::declaration::Shape;
use schemars::JsonSchema;
use web_acl::WebAcl;

/// How the lists page. The last page that holds something may name a marker too; the page after it is then empty.
const PAGES: Paging = Paging::Token { input: "NextMarker", output: "NextMarker" };

/// What a rule compares a request with, and the headers that it adds for the origin: both may be passwords between servers.
pub(super) const SECRETS: &[&str] = &[
    "WebACL.Rules[].Statement",
    "WebACL.Rules[].Action.*.CustomRequestHandling.InsertHeaders[].Value",
    "WebACL.DefaultAction.*.CustomRequestHandling.InsertHeaders[].Value",
];

/// An operation of WAF with one page.
const fn one(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service: "wafv2", name, permission, docs, ..Operation::PLAIN }
}

/// WAF's family.
pub const FAMILY: Family = Family {
    name: "wafv2",
    types: &[ResourceType {
        name: WebAcl::TYPE,
        about: "A web ACL: its rules' metrics, where it logs, and whether anything uses it. Those for CloudFront lie in no region.",
        reach: Reach::Regional,
        operations: WebAcl::OPERATIONS,
        config: Shape::of(WebAcl::json_schema),
        derived: Shape::of(<WebAcl as Listed>::Derived::json_schema),
        collect: Some(|context| Box::pin(web_acl::collect(context))),
        instead: &[],
    }],
    collect: None,
};

#[cfg(test)]
mod tests;
