//! `aws.guardduty.region`

use super::super::listing::{Nothing, Place};
use super::{Operation, PAGES, setting};
use crate::document::{Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) const TYPE: &str = "aws.guardduty.region";

/// Lists the detectors of a region; there is one at most.
pub static LIST_DETECTORS: Operation = Operation {
    service: "guardduty",
    name: "ListDetectors",
    permission: "guardduty:ListDetectors",
    http: Some(("GET", "/detector")),
    paging: PAGES,
    docs: "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListDetectors.html",
    ..Operation::PLAIN
};

/// Says whether a detector is on, and which protection plans are.
pub static GET_DETECTOR: Operation = Operation {
    service: "guardduty",
    name: "GetDetector",
    permission: "guardduty:GetDetector",
    http: Some(("GET", "/detector/{DetectorId}")),
    docs: "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html",
    ..Operation::PLAIN
};

/// `config` of `aws.guardduty.region`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct RegionConfig {
    /// Detectors, by id.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub detectors: Field<Vec<Detector>>,
}

/// A detector.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Detector {
    /// Id.
    #[serde(skip_deserializing)]
    #[schemars(!skip_deserializing)]
    pub detector_id: String,
    /// `ENABLED`, or `DISABLED` while it is suspended.
    pub status: String,
    /// How often findings that occur again are published: `FIFTEEN_MINUTES`, `ONE_HOUR` or `SIX_HOURS`.
    pub finding_publishing_frequency: Option<String>,
    /// Protection plans and data sources, in the provider's order.
    pub features: Option<Vec<Feature>>,
}

/// A protection plan or a data source.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Feature {
    /// `S3_DATA_EVENTS`, `RUNTIME_MONITORING`, …
    pub name: Option<String>,
    /// `ENABLED` or `DISABLED`.
    pub status: Option<String>,
}

pub(super) async fn list(place: Place<'_>) -> Result<Read<Vec<String>>, CollectError> {
    let mut read = place.whole::<String>(&LIST_DETECTORS, &["detector_ids"], json!({"maxResults": 50})).await?;
    read.value.sort();
    Ok(read)
}

pub(super) async fn document(place: Place<'_>, ids: Result<Read<Vec<String>>, CollectError>) -> Resource {
    let mut draft = setting::draft(place, TYPE);
    let detectors = match ids {
        Ok(ids) => {
            draft.saw(&ids);
            describe(place, ids).await
        }
        Err(error) => Err(error),
    };
    let detectors = draft.take("config.detectors", detectors.map(|read| read.map(Some)));
    place.context.finish(draft, &RegionConfig { detectors }, &Nothing {})
}

async fn describe(place: Place<'_>, ids: Read<Vec<String>>) -> Result<Read<Vec<Detector>>, CollectError> {
    let mut all = Read { value: vec![], exchanges: ids.exchanges, at: ids.at };
    for id in ids.value {
        let read = place.one::<Detector>(&GET_DETECTOR, json!({"DetectorId": id})).await?;
        all.value.push(Detector { detector_id: id, ..read.value });
        all.exchanges.extend(&read.exchanges);
        all.at = all.at.max(read.at);
    }
    Ok(all)
}
