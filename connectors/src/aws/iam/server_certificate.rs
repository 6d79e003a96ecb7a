//! `aws.iam.server-certificate`: certificates for TLS that IAM itself holds, as load balancers used them before ACM.

use super::REGION;
use super::ops::LIST_SERVER_CERTIFICATES as OPERATION;
use super::time::rfc3339;
use crate::aws::Context;
use crate::aws::sdk::{self, Trace};
use crate::collection::{Collected, Tally};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use aws_sdk_iam::operation::list_server_certificates::ListServerCertificatesOutput as Page;
use aws_sdk_iam::types::ServerCertificateMetadata;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// The resource type.
pub(super) const TYPE: &str = "aws.iam.server-certificate";

/// The most that IAM gives on one page.
const PAGE_SIZE: i32 = 1000;

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Config {
    server_certificate_name: String,
    server_certificate_id: String,
    arn: String,
    path: String,
    /// When it was brought in.
    upload_date: Option<String>,
    /// When it stops being valid.
    #[serde(skip_serializing_if = "Field::is_unread")]
    expiration: Field<String>,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Derived {}

/// The certificates. The SDK takes a page without its list for an empty one: `counted`, what the account summary says, shows
/// what such a page would hide.
pub(super) async fn collect(context: &Context, counted: Option<u64>) -> Collected {
    let mut tally = Tally::new(TYPE, REGION);
    let (mut seen, mut markers, mut marker) = (BTreeSet::new(), BTreeSet::new(), None);
    let mut resources = Vec::new();
    loop {
        let page = match page(context, marker).await {
            Ok(page) => page,
            Err(error) => break tally.cut_short(error.sentence()),
        };
        tally.page();
        let source = Read { value: (), exchanges: page.exchanges, at: page.at };
        for listed in &page.value.server_certificate_metadata_list {
            if listed.arn.is_empty() || listed.server_certificate_name.is_empty() {
                tally.cut_short(malformed("a certificate without its name", &source).sentence());
            } else if seen.insert(listed.arn.clone()) {
                resources.push(document(context, listed, &source));
            }
        }
        if !page.value.is_truncated {
            break;
        }
        marker = page.value.marker.filter(|marker| markers.insert(marker.clone()));
        if marker.is_none() {
            break tally.cut_short(malformed("a truncated page without a new marker", &source).sentence());
        }
    }
    if let Some(count) = counted {
        tally.cross_check("iam:GetAccountSummary ServerCertificates", count);
    }
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}

async fn page(context: &Context, marker: Option<String>) -> Result<Read<Page>, CollectError> {
    let client = context.iam();
    let send = |trace: Trace| {
        let call = client.list_server_certificates().max_items(PAGE_SIZE).set_marker(marker);
        call.customize().interceptor(trace).send()
    };
    sdk::call(&OPERATION, REGION, send).await
}

fn document(context: &Context, listed: &ServerCertificateMetadata, source: &Read<()>) -> Resource {
    let mut draft = Draft::new(TYPE, &listed.arn, &listed.server_certificate_name, REGION);
    draft.saw(source);
    let expiration = listed.expiration.as_ref().and_then(rfc3339).map_or_else(
        || {
            draft.miss("config.expiration", &malformed("the expiration is missing", source));
            Field::Unread
        },
        Field::Value,
    );
    let config = Config {
        server_certificate_name: listed.server_certificate_name.clone(),
        server_certificate_id: listed.server_certificate_id.clone(),
        arn: listed.arn.clone(),
        path: listed.path.clone(),
        upload_date: listed.upload_date.as_ref().and_then(rfc3339),
        expiration,
    };
    context.finish(draft, &config, &Derived {})
}

fn malformed(message: &str, source: &Read<()>) -> CollectError {
    CollectError::malformed(OPERATION.service, OPERATION.name, REGION, message, source.exchanges.clone())
}
