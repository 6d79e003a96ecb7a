//! `aws.accessanalyzer.finding`

use super::super::listing::{Listed, Name, Nothing, Place};
use super::analyzer::Analyzer;
use super::{Context, Operation, PAGES};
use crate::aws::time;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Lists the active findings of an analyzer.
pub static LIST_FINDINGS_V2: Operation = Operation {
    service: "accessanalyzer",
    name: "ListFindingsV2",
    permission: "access-analyzer:ListFindings",
    http: Some(("POST", "/findingv2")),
    paging: PAGES,
    docs: "https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html",
    ..Operation::PLAIN
};

/// A finding, as `access-analyzer:ListFindingsV2` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Id.
    pub id: String,
    /// `ExternalAccess`
    pub finding_type: Option<String>,
    /// The resource that is reached from outside.
    pub resource: Option<String>,
    /// Its type, `AWS::S3::Bucket`.
    pub resource_type: Option<String>,
    /// Account that owns it.
    pub resource_owner_account: Option<String>,
    /// `ACTIVE`
    pub status: Option<String>,
    /// When it was found first, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub created_at: Option<String>,
    /// When the resource was looked at last, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub analyzed_at: Option<String>,
}

impl Listed for Finding {
    const TYPE: &'static str = "aws.accessanalyzer.finding";
    const LIST: &'static Operation = &LIST_FINDINGS_V2;
    const OPERATIONS: &'static [&'static Operation] = &[&super::LIST_ANALYZERS, &LIST_FINDINGS_V2];
    const ITEMS: &'static [&'static str] = &["findings"];
    const ALWAYS: &'static [&'static str] = &["created_at", "status"];
    type Around = ();
    type Derived = Nothing;

    fn belongs(&self, context: &Context) -> bool {
        self.status.as_deref() == Some("ACTIVE")
            && self.finding_type.as_deref().is_none_or(|type_| type_ == "ExternalAccess")
            && self.resource_owner_account.as_deref() == Some(context.account())
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        // A finding has no ARN.
        let name = self.resource.clone().unwrap_or_else(|| self.id.clone());
        Name { id: self.id.clone(), name, tags: Some(BTreeMap::new()) }
    }
}

/// What is asked of an analyzer. One of an organization also has other accounts' findings.
pub(super) fn input(place: Place<'_>, analyzer: &Analyzer) -> Value {
    let mut filter = json!({"status": {"eq": ["ACTIVE"]}});
    if analyzer.is_of_organization() {
        filter["resourceOwnerAccount"] = json!({"eq": [place.context.account()]});
    }
    json!({"analyzerArn": analyzer.arn, "filter": filter})
}
