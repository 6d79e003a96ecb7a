//! `aws.guardduty.finding`

use super::super::listing::{Found, Listed, Name, Nothing, Place};
use super::{Context, Operation, PAGES};
use crate::aws::{door, time};
use crate::document::Read;
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The least severity that is read: what the provider calls high begins at 7.
const HIGH: f64 = 7.0;
/// Findings that one call describes.
const AT_A_TIME: usize = 50;

/// Lists the ids of a detector's findings of severity 7 or more on the account, that are not archived.
pub static LIST_FINDINGS: Operation = Operation {
    service: "guardduty",
    name: "ListFindings",
    permission: "guardduty:ListFindings",
    http: Some(("POST", "/detector/{DetectorId}/findings")),
    paging: PAGES,
    docs: "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListFindings.html",
    ..Operation::PLAIN
};

/// Describes up to 50 findings.
pub static GET_FINDINGS: Operation = Operation {
    service: "guardduty",
    name: "GetFindings",
    permission: "guardduty:GetFindings",
    http: Some(("POST", "/detector/{DetectorId}/findings/get")),
    docs: "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html",
    ..Operation::PLAIN
};

/// A finding, as `guardduty:GetFindings` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Id.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// Account that it was found in.
    pub account_id: String,
    /// `UnauthorizedAccess:EC2/SSHBruteForce`, …
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// From 1 to 10; 7 and more is high, 9 and more critical.
    pub severity: f64,
    /// When it was found first, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub created_at: Option<String>,
    /// When it was found again last, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub updated_at: Option<String>,
    /// What it was found on.
    pub resource: Option<Target>,
    /// How it is handled.
    pub service: Option<Service>,
}

/// What a finding is about.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// `Instance`, `AccessKey`, `S3Bucket`, …
    pub resource_type: Option<String>,
}

/// How a finding is handled.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// Somebody archived it.
    pub archived: Option<bool>,
    /// How often it occurred.
    pub count: Option<i64>,
}

impl Listed for Finding {
    const TYPE: &'static str = "aws.guardduty.finding";
    const LIST: &'static Operation = &GET_FINDINGS;
    const OPERATIONS: &'static [&'static Operation] = &[&super::LIST_DETECTORS, &LIST_FINDINGS, &GET_FINDINGS];
    const ITEMS: &'static [&'static str] = &["findings"];
    const ALWAYS: &'static [&'static str] = &["created_at"];
    type Around = ();
    type Derived = Nothing;

    fn belongs(&self, context: &Context) -> bool {
        let archived = self.service.as_ref().and_then(|service| service.archived);
        self.account_id == context.account() && self.severity >= HIGH && archived == Some(false)
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        let name = self.type_.clone().unwrap_or_else(|| self.id.clone());
        Name { id: self.arn.clone(), name, tags: Some(BTreeMap::new()) }
    }
}

/// Finds a detector's findings.
pub(super) async fn list(place: Place<'_>, detector: &str, found: &mut Found<'_, Finding>) {
    let pages = place.context.ask_all(&LIST_FINDINGS, place.region, input(place, detector)).await;
    if let Some(error) = &pages.error {
        found.cut_short(error);
    }
    found.pages(pages.pages.len());
    let mut ids = BTreeSet::new();
    for page in pages.pages {
        match self::ids(place, page) {
            Ok(read) => ids.extend(read),
            Err(error) => found.cut_short(&error),
        }
    }
    let ids: Vec<String> = ids.into_iter().collect();
    for asked in ids.chunks(AT_A_TIME) {
        let before = found.items.len();
        found.list(json!({"DetectorId": detector, "findingIds": asked})).await;
        let told: BTreeSet<&String> = found.items[before..].iter().map(|item| &item.value.id).collect();
        if !asked.iter().all(|id| told.contains(id)) {
            let message = "the answer leaves out findings that were listed";
            found.cut_short(&CollectError::malformed("guardduty", "GetFindings", place.region, message, vec![]));
        }
    }
}

fn input(place: Place<'_>, detector: &str) -> Value {
    let criterion = json!({
        "accountId": {"equals": [place.context.account()]},
        "service.archived": {"equals": ["false"]},
        "severity": {"greaterThanOrEqual": 7},
    });
    json!({"DetectorId": detector, "findingCriteria": {"criterion": criterion}, "maxResults": 50})
}

fn ids(place: Place<'_>, page: Read<Value>) -> Result<Vec<String>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        finding_ids: Vec<String>,
    }
    let page = page.map(door::snake_case_keys);
    Ok(door::typed::<Answer>(&LIST_FINDINGS, place.region, page)?.value.finding_ids)
}
