//! `aws.accessanalyzer.region`

use super::super::listing::{Nothing, Place};
use super::{Operation, PAGES, setting};
use crate::aws::time;
use crate::document::{Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) const TYPE: &str = "aws.accessanalyzer.region";

/// Lists the analyzers of a region.
pub static LIST_ANALYZERS: Operation = Operation {
    service: "accessanalyzer",
    name: "ListAnalyzers",
    permission: "access-analyzer:ListAnalyzers",
    http: Some(("GET", "/analyzer")),
    paging: PAGES,
    docs: "https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAnalyzers.html",
    ..Operation::PLAIN
};

/// `config` of `aws.accessanalyzer.region`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct RegionConfig {
    /// Analyzers, by ARN.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub analyzers: Field<Vec<Analyzer>>,
}

/// An analyzer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Analyzer {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// `ACCOUNT` or `ORGANIZATION` for access from outside, else `ACCOUNT_UNUSED_ACCESS` and the like.
    #[serde(rename = "type")]
    pub type_: String,
    /// `ACTIVE`, `CREATING`, `DISABLED` or `FAILED`.
    pub status: String,
    /// Why it is disabled or failed.
    pub status_reason: Option<StatusReason>,
    /// When it was made, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub created_at: Option<String>,
}

/// Why an analyzer does not work.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StatusReason {
    /// `AWS_SERVICE_ACCESS_DISABLED`, `ORGANIZATION_DELETED`, …
    pub code: Option<String>,
}

impl Analyzer {
    /// It looks for access from outside its zone of trust.
    pub(super) fn is_external(&self) -> bool {
        self.type_ == "ACCOUNT" || self.is_of_organization()
    }

    /// It looks at all accounts of an organization.
    pub(super) fn is_of_organization(&self) -> bool {
        self.type_ == "ORGANIZATION"
    }
}

pub(super) async fn list(place: Place<'_>) -> Result<Read<Vec<Analyzer>>, CollectError> {
    let mut read = place.whole::<Analyzer>(&LIST_ANALYZERS, &["analyzers"], json!({})).await?;
    read.value.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(read)
}

pub(super) fn document(place: Place<'_>, analyzers: Result<Read<Vec<Analyzer>>, CollectError>) -> Resource {
    let mut draft = setting::draft(place, TYPE);
    let analyzers = draft.take("config.analyzers", analyzers.map(|read| read.map(Some)));
    place.context.finish(draft, &RegionConfig { analyzers }, &Nothing {})
}
