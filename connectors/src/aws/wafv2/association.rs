//! What uses a web ACL. One that a single resource is known to use is in use; one is unused only when every kind of
//! resource was asked for and named none.

use super::super::cloudfront::distribution::Distribution;
use super::super::listing::Place;
use super::{Operation, one};
use crate::document::Read;
use crate::exchange::CollectError;
use evidenced_schemas::GapReason;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// Lists the resources of one kind that use a web ACL. Beside its own permission AWS asks for one of the kind's service.
pub static LIST_RESOURCES_FOR_WEB_ACL: Operation = Operation {
    also: &[
        "amplify:ListResourcesForWebACL",
        "apprunner:ListAssociatedServicesForWebAcl",
        "appsync:ListResourcesForWebACL",
        "bedrock-agentcore:GatewayListResourcesForWebACL",
        "cognito-idp:ListResourcesForWebACL",
        "ec2:DescribeVerifiedAccessInstanceWebAclAssociations",
        "elasticloadbalancing:DescribeWebACLAssociation",
    ],
    ..one(
        "ListResourcesForWebACL",
        "wafv2:ListResourcesForWebACL",
        "https://docs.aws.amazon.com/waf/latest/APIReference/API_ListResourcesForWebACL.html",
    )
};

/// Every kind of resource that a web ACL of a region may stand before, the most common first.
const KINDS: [&str; 8] = [
    "APPLICATION_LOAD_BALANCER",
    "API_GATEWAY",
    "APPSYNC",
    "COGNITO_USER_POOL",
    "APP_RUNNER_SERVICE",
    "VERIFIED_ACCESS_INSTANCE",
    "AMPLIFY",
    "AGENTCORE_GATEWAY",
];

/// What is known of the web ACLs that distributions use.
#[derive(Clone, Debug)]
pub struct Distributions {
    named: BTreeSet<String>,
    have_tenants: bool,
}

/// Reads which web ACLs distributions use.
pub(super) async fn distributions(place: Place<'_>) -> Result<Read<Distributions>, CollectError> {
    let read = place.every::<Distribution>().await?;
    Ok(read.map(|distributions| Distributions {
        have_tenants: distributions.iter().any(|one| one.connection_mode.as_deref() == Some("tenant-only")),
        named: distributions.into_iter().filter_map(|one| one.web_acl_id).collect(),
    }))
}

/// Whether CloudFront uses it. Tenants of a distribution name web ACLs of their own, where this does not read.
pub(super) fn in_use_by_cloudfront(
    arn: &str,
    distributions: &Result<Read<Distributions>, CollectError>,
) -> Result<Read<Option<bool>>, CollectError> {
    let read = distributions.clone()?;
    let named = read.value.named.contains(arn);
    if !named && read.value.have_tenants {
        return Err(CollectError {
            kind: GapReason::Unavailable,
            at: read.at,
            ..CollectError::malformed(
                "cloudfront",
                "ListDistributions",
                "global",
                "tenants of distributions may use the web ACL, and are not read",
                read.exchanges,
            )
        });
    }
    Ok(read.map(|_| Some(named)))
}

/// Whether anything in its region uses it: asked kind by kind, until one is found.
pub(super) async fn in_use(place: Place<'_>, arn: &str) -> Result<Read<Option<bool>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        resource_arns: Vec<String>,
    }
    let mut seen = Read { value: Some(false), exchanges: vec![], at: None };
    let mut failed = None;
    for kind in KINDS {
        let asked = json!({"WebACLArn": arn, "ResourceType": kind});
        match place.one::<Answer>(&LIST_RESOURCES_FOR_WEB_ACL, asked).await {
            Ok(read) => {
                seen.exchanges.extend(read.exchanges);
                seen.at = seen.at.max(read.at);
                if !read.value.resource_arns.is_empty() {
                    return Ok(Read { value: Some(true), ..seen });
                }
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(seen), Err)
}
