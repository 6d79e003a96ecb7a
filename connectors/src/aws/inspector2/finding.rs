//! `aws.inspector2.finding`

use super::super::listing::{Found, Listed, Name, Nothing, Place};
use super::{Context, Operation, Paging};
use crate::aws::time;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::GapReason;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Findings that one call for details takes.
const AT_A_TIME: usize = 10;
/// Calls for details that are made at the same time.
const AT_ONCE: usize = 8;
/// The only findings that are about vulnerabilities with a number, which CISA's catalogue lists.
const WITH_CVE: &str = "PACKAGE_VULNERABILITY";

/// Lists the active findings on the account.
pub static LIST_FINDINGS: Operation = Operation {
    service: "inspector2",
    name: "ListFindings",
    permission: "inspector2:ListFindings",
    http: Some(("POST", "/findings/list")),
    paging: Paging::Token { input: "nextToken", output: "nextToken" },
    docs: "https://docs.aws.amazon.com/inspector/v2/APIReference/API_ListFindings.html",
    ..Operation::PLAIN
};

/// Says of up to 10 findings whether CISA lists their vulnerability as exploited.
pub static BATCH_GET_FINDING_DETAILS: Operation = Operation {
    service: "inspector2",
    name: "BatchGetFindingDetails",
    permission: "inspector2:BatchGetFindingDetails",
    http: Some(("POST", "/findings/details/batch/get")),
    docs: "https://docs.aws.amazon.com/inspector/v2/APIReference/API_BatchGetFindingDetails.html",
    ..Operation::PLAIN
};

/// A finding, as `inspector2:ListFindings` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// ARN.
    pub finding_arn: String,
    /// Account that it was found in.
    pub aws_account_id: String,
    /// `PACKAGE_VULNERABILITY`, `CODE_VULNERABILITY` or `NETWORK_REACHABILITY`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Title.
    pub title: Option<String>,
    /// `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL` or `UNTRIAGED`.
    pub severity: Option<String>,
    /// `ACTIVE`
    pub status: Option<String>,
    /// When it was found first, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub first_observed_at: Option<String>,
    /// When it was found last, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub last_observed_at: Option<String>,
    /// A version without the flaw: `YES`, `NO` or `PARTIAL`.
    pub fix_available: Option<String>,
    /// What it was found on.
    pub resources: Option<Vec<Target>>,
    /// The entry of the vulnerability in CISA's catalogue of exploited ones (KEV); null without one.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub cisa_data: Field<CisaData>,
    /// The outcome of the call for details; none where none was needed.
    #[serde(skip)]
    #[schemars(skip)]
    details: Option<Result<Read<Option<CisaData>>, CollectError>>,
}

/// What a finding is about.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Id of the instance, image or function.
    pub id: String,
    /// `AWS_EC2_INSTANCE`, `AWS_ECR_CONTAINER_IMAGE`, `AWS_LAMBDA_FUNCTION`, …
    #[serde(rename = "type")]
    pub type_: Option<String>,
}

/// An entry of CISA's catalogue.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CisaData {
    /// When CISA added it, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub date_added: Option<String>,
    /// When CISA wants it fixed, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub date_due: Option<String>,
}

impl Listed for Finding {
    const TYPE: &'static str = "aws.inspector2.finding";
    const LIST: &'static Operation = &LIST_FINDINGS;
    const OPERATIONS: &'static [&'static Operation] =
        &[&super::BATCH_GET_ACCOUNT_STATUS, &LIST_FINDINGS, &BATCH_GET_FINDING_DETAILS];
    const ITEMS: &'static [&'static str] = &["findings"];
    const ALWAYS: &'static [&'static str] = &["severity", "status", "first_observed_at"];
    type Around = ();
    type Derived = Nothing;

    fn input(context: &Context) -> Value {
        let equals = |value: &str| json!([{"comparison": "EQUALS", "value": value}]);
        let filter = json!({"findingStatus": equals("ACTIVE"), "awsAccountId": equals(context.account())});
        json!({"filterCriteria": filter, "maxResults": 100})
    }

    fn belongs(&self, context: &Context) -> bool {
        self.status.as_deref() == Some("ACTIVE") && self.aws_account_id == context.account()
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        let name = self.title.clone().unwrap_or_else(|| self.finding_arn.clone());
        Name { id: self.finding_arn.clone(), name, tags: Some(BTreeMap::new()) }
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        self.cisa_data = match self.details.take() {
            Some(outcome) => draft.take("config.cisa_data", outcome),
            None => Field::Absent,
        };
        Box::pin(std::future::ready(Nothing {}))
    }
}

/// Finds the active findings with what CISA says of them.
pub(super) async fn list(place: Place<'_>, found: &mut Found<'_, Finding>) {
    found.list(Finding::input(place.context)).await;
    let about_cve = found.items.iter_mut().map(|item| &mut item.value).filter(|finding| finding.type_ == WITH_CVE);
    let mut asked: Vec<&mut Finding> = about_cve.collect();
    // In an order of their own, so that the same findings are asked for together whatever order they were listed in.
    asked.sort_by(|a, b| a.finding_arn.cmp(&b.finding_arn));
    let calls = asked.chunks_mut(AT_A_TIME).map(|findings| Box::pin(details(place, findings)));
    let calls: Vec<_> = calls.collect();
    stream::iter(calls).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

#[derive(Deserialize)]
struct Answer {
    finding_details: Option<Vec<Details>>,
    errors: Option<Vec<Failure>>,
}

#[derive(Deserialize)]
struct Details {
    finding_arn: String,
    cisa_data: Option<CisaData>,
}

#[derive(Deserialize)]
struct Failure {
    finding_arn: String,
    error_code: String,
}

async fn details(place: Place<'_>, findings: &mut [&mut Finding]) {
    let arns: Vec<&str> = findings.iter().map(|finding| finding.finding_arn.as_str()).collect();
    let answer = place.one::<Answer>(&BATCH_GET_FINDING_DETAILS, json!({"findingArns": arns})).await;
    for finding in findings {
        let outcome = answer.as_ref().map_err(Clone::clone).and_then(|read| of(place, read, &finding.finding_arn));
        finding.details = Some(outcome);
    }
}

/// What an answer says of one finding. A finding without details is one of which nothing is known.
fn of(place: Place<'_>, read: &Read<Answer>, arn: &str) -> Result<Read<Option<CisaData>>, CollectError> {
    let mut told = read.value.finding_details.iter().flatten().filter(|details| details.finding_arn == arn);
    let failed = read.value.errors.iter().flatten().find(|failure| failure.finding_arn == arn);
    let exchanges = read.exchanges.clone();
    if let (Some(details), None) = (told.next(), failed) {
        return Ok(Read { value: details.cisa_data.clone(), exchanges, at: read.at });
    }
    let code = failed.map(|failure| failure.error_code.as_str());
    let kind = match code {
        Some("ACCESS_DENIED") => GapReason::Denied,
        Some("INTERNAL_ERROR") => GapReason::Unavailable,
        Some("FINDING_DETAILS_NOT_FOUND") => GapReason::NotFound,
        _ => GapReason::Malformed,
    };
    let operation = &BATCH_GET_FINDING_DETAILS;
    let message = "no details of the finding";
    let error = CollectError::malformed(operation.service, operation.name, place.region, message, exchanges);
    Err(CollectError { kind, code: code.unwrap_or("-").to_owned(), at: read.at, ..error })
}
