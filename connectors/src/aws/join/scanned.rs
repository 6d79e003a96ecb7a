//! What Inspector would have to scan in a region: the services that are used there.

use super::cause::{at, gap, lists_cut_short_in, missing};
use super::{Fact, Inputs, of_type, settle};
use crate::aws::inspector2::status;
use crate::aws::s3::known::Known;
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::Value;

/// Inspector's own documents.
pub(super) const ACCOUNT: &str = status::TYPE;

/// A service that Inspector scans: the fact, the type whose documents prove it, and the call that lists them.
const USES: [(&str, &str, &str); 3] = [
    ("ec2_in_use", super::network::INSTANCE, "ec2:DescribeInstances"),
    ("ecr_in_use", "aws.ecr.repository", "ecr:DescribeRepositories"),
    ("lambda_in_use", "aws.lambda.function", "lambda:ListFunctions"),
];

/// What there is to scan.
#[derive(Debug)]
pub(super) struct Facts {
    used: Vec<(&'static str, &'static str, &'static str, Vec<Resource>)>,
    rows: Vec<Population>,
}

impl Facts {
    pub(super) fn new(collected: &Collected) -> Self {
        let used = USES.map(|(key, type_, call)| (key, type_, call, of_type(&collected.resources, type_)));
        let of_use = |row: &&Population| USES.iter().any(|(_, type_, _)| row.type_ == *type_);
        Self { used: used.into(), rows: collected.populations.iter().filter(of_use).cloned().collect() }
    }

    /// Fills in Inspector's document of a region: `ec2_in_use`, `ecr_in_use`, `lambda_in_use`.
    pub(super) fn fill(&self, account: &mut Resource) {
        for (key, type_, call, documents) in &self.used {
            let here = documents.iter().filter(|document| document.region == account.region);
            let cut_short = lists_cut_short_in(&self.rows, type_, &account.region, call);
            let mut fact = cut_short.map_or(Known::Is(false), |cause| Known::Unknown(vec![cause]));
            let mut inputs = Inputs::default();
            for document in here {
                let one = is_there(document);
                if one == Known::Is(true) {
                    (fact, inputs) = (one, Inputs::of(document));
                    break;
                }
                inputs.add(&Inputs::of(document));
                fact = fact.or(one);
            }
            inputs.note(account);
            settle(account, key, fact);
        }
    }
}

/// A terminated instance is none; whatever else is listed is there.
fn is_there(document: &Resource) -> Fact {
    if document.type_ != super::network::INSTANCE {
        return Known::Is(true);
    }
    match at(document, "config.state.name").and_then(Value::as_str) {
        Some(state) => Known::Is(state != "terminated"),
        None if document.gaps.is_empty() => {
            Known::Unknown(vec![gap("ec2:DescribeInstances", GapReason::Malformed, "-")])
        }
        None => Known::Unknown(vec![missing(document, "config.state.name")]),
    }
}
