//! `aws.iam.credential-report-root`: root's row of the credential report.

use super::{Credentials, Outcome, ROOT};
use crate::aws::Context;
use crate::collection::{Collected, Tally};
use crate::document::Draft;
use chrono::SecondsFormat;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

/// The resource type.
pub(in crate::aws::iam) const TYPE: &str = "aws.iam.credential-report-root";

/// Derived values.
#[derive(Debug, Serialize, JsonSchema)]
struct Derived {
    /// When IAM made the report.
    report_generated_at: String,
}

/// Schema of `config`.
pub(in crate::aws::iam) fn config_schema(generator: &mut SchemaGenerator) -> Schema {
    Credentials::json_schema(generator)
}

/// Schema of `derived`.
pub(in crate::aws::iam) fn derived_schema(generator: &mut SchemaGenerator) -> Schema {
    Derived::json_schema(generator)
}

/// The row as a document. Every account has a root, so a report without its row leaves the population incomplete.
pub(in crate::aws::iam) fn collect(context: &Context, report: &Outcome) -> Collected {
    let mut tally = Tally::new(TYPE, super::super::REGION);
    let mut resources = Vec::new();
    match report {
        Err(error) => tally.cut_short(error.sentence()),
        Ok(read) => {
            tally.page();
            match read.value.rows_of("user", ROOT).as_slice() {
                [row] => {
                    let arn = row.get("arn").map_or(ROOT, String::as_str);
                    let mut draft = Draft::new(TYPE, arn, ROOT, super::super::REGION);
                    draft.saw(read);
                    let config = Credentials::of(&mut draft, "config", row, &read.exchanges);
                    let report_generated_at = read.value.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true);
                    resources.push(context.finish(draft, &config, &Derived { report_generated_at }));
                }
                [] => tally.cut_short("the credential report has no <root_account> row".to_owned()),
                _ => tally.cut_short("the credential report has several <root_account> rows".to_owned()),
            }
        }
    }
    let populations = vec![tally.close(&resources)];
    Collected { resources, populations, ..Collected::default() }
}
