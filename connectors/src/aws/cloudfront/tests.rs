use super::super::scripted::{Scripted, read_family};
use super::*;
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const DENIED: &str = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
const ARN: &str = "arn:aws:cloudfront::123456789012:distribution/E1";
const NO_SOURCES: &str = r#"{"deliverySources":[]}"#;
const NO_DELIVERIES: &str = r#"{"deliveries":[]}"#;

fn behavior(more: &str) -> String {
    format!(
        "<TargetOriginId>o</TargetOriginId><TrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity></TrustedSigners>\
         <ViewerProtocolPolicy>https-only</ViewerProtocolPolicy><AllowedMethods><Quantity>2</Quantity><Items><Method>GET</Method>\
         <Method>HEAD</Method></Items><CachedMethods><Quantity>1</Quantity><Items><Method>GET</Method></Items></CachedMethods>\
         </AllowedMethods><FieldLevelEncryptionId></FieldLevelEncryptionId>{more}"
    )
}

const NONE: &str = "<CacheBehaviors><Quantity>0</Quantity></CacheBehaviors>";

/// A distribution in the provider's shape, with two names: an element that is in a list here and a member there.
fn distribution(default: &str, behaviors: &str) -> String {
    format!(
        "<DistributionSummary><Id>E1</Id><ARN>{ARN}</ARN><Status>Deployed</Status><DomainName>d1.cloudfront.net</DomainName>\
         <Aliases><Quantity>2</Quantity><Items><CNAME>a.example</CNAME><CNAME>b.example</CNAME></Items></Aliases>\
         <Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><CustomHeaders><Quantity>1</Quantity><Items><OriginCustomHeader>\
         <HeaderName>X-Verify</HeaderName><HeaderValue>[redacted]</HeaderValue></OriginCustomHeader></Items></CustomHeaders></Origin>\
         </Items></Origins><DefaultCacheBehavior>{default}</DefaultCacheBehavior>{behaviors}<Enabled>true</Enabled>\
         <ViewerCertificate><CloudFrontDefaultCertificate>false</CloudFrontDefaultCertificate>\
         <MinimumProtocolVersion>TLSv1.2_2021</MinimumProtocolVersion></ViewerCertificate><WebACLId></WebACLId>\
         <AliasICPRecordals><AliasICPRecordal><CNAME>a.example</CNAME><ICPRecordalStatus>APPROVED</ICPRecordalStatus></AliasICPRecordal>\
         <AliasICPRecordal><CNAME>b.example</CNAME><ICPRecordalStatus>APPROVED</ICPRecordalStatus></AliasICPRecordal></AliasICPRecordals>\
         </DistributionSummary>"
    )
}

fn page(items: &[String], next: &str) -> String {
    let next = if next.is_empty() { String::new() } else { format!("<NextMarker>{next}</NextMarker>") };
    let (quantity, items) = (items.len(), items.concat());
    let items = if quantity == 0 { String::new() } else { format!("<Items>{items}</Items>") };
    format!(
        "<DistributionList xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Marker></Marker>{next}<MaxItems>100</MaxItems>\
         <IsTruncated>false</IsTruncated><Quantity>{quantity}</Quantity>{items}</DistributionList>"
    )
}

fn config(logging: bool) -> String {
    format!(
        "<DistributionConfig><DefaultCacheBehavior>{}</DefaultCacheBehavior><Logging><Enabled>{logging}</Enabled><Bucket></Bucket></Logging>\
         </DistributionConfig>",
        behavior("")
    )
}

/// What no test says otherwise: one distribution that logs nowhere.
fn rest(script: Scripted) -> Scripted {
    script
        .always("cloudfront:ListDistributions", "", 200, &page(&[distribution(&behavior(""), NONE)], ""))
        .always("cloudfront:GetDistributionConfig", "/distribution/E1/config", 200, &config(false))
        .always("logs:DescribeDeliverySources", "us-east-1", 200, NO_SOURCES)
        .always("logs:DescribeDeliveries", "us-east-1", 200, NO_DELIVERIES)
}

async fn read(script: Scripted) -> Collected {
    read_family(&FAMILY, rest(script)).await.0
}

fn only(collected: &Collected) -> &Resource {
    assert_eq!(collected.resources.len(), 1, "{:?}", collected.populations);
    &collected.resources[0]
}

fn gaps(resource: &Resource) -> Vec<(&str, GapReason)> {
    resource.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect()
}

#[tokio::test]
async fn a_distribution_is_read_in_its_true_shape() {
    let path = format!(
        "<CacheBehaviors><Quantity>1</Quantity><Items><CacheBehavior><PathPattern>/x</PathPattern>{}</CacheBehavior></Items></CacheBehaviors>",
        behavior("").replace("https-only", "allow-all")
    );
    let listed = page(&[distribution(&behavior(""), &path)], "");
    let collected = read(Scripted::new().always("cloudfront:ListDistributions", "MaxItems=100", 200, &listed)).await;
    let one = only(&collected);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (ARN, "E1", "global"));
    assert_eq!(one.config["default_cache_behavior"]["viewer_protocol_policy"], "https-only");
    let behaviors = &one.config["cache_behaviors"];
    assert_eq!(
        (&behaviors[0]["path_pattern"], &behaviors[0]["viewer_protocol_policy"]),
        (&json!("/x"), &json!("allow-all"))
    );
    assert_eq!(one.config["viewer_certificate"]["minimum_protocol_version"], "TLSv1.2_2021");
    assert_eq!(one.config["logging"], json!({"enabled": false, "bucket": ""}));
    assert_eq!((&one.derived["logging_enabled"], gaps(one)), (&json!(false), vec![]));
    assert!(!Value::Object(one.config.clone()).to_string().contains("redacted"));
}

#[tokio::test]
async fn a_quantity_that_differs_is_no_distribution() {
    let wrong = "<CacheBehaviors><Quantity>1</Quantity></CacheBehaviors>";
    let listed = page(&[distribution(&behavior(""), wrong)], "");
    let collected = read(Scripted::new().always("cloudfront:ListDistributions", "", 200, &listed)).await;
    let row = &collected.populations[0];
    assert!(!row.complete && row.listed == 0 && row.reason.as_deref().unwrap().contains("malformed"), "{row:?}");
}

#[tokio::test]
async fn any_way_of_logging_is_enough_and_all_must_be_known_to_be_off() {
    let source = |type_: &str, status: &str| {
        format!(
            r#"{{"deliverySources":[{{"name":"s","resourceArns":["{ARN}"],"logType":"{type_}","status":"{status}"}}]}}"#
        )
    };
    let delivery = r#"{"deliveries":[{"deliverySourceName":"s"}]}"#;
    for (sources, deliveries, logs) in [
        (source("ACCESS_LOGS", "ACTIVE"), delivery, true),
        (source("ACCESS_LOGS", "ACTIVE").replace(r#","status":"ACTIVE""#, ""), delivery, true),
        (source("ACCESS_LOGS", "ACTIVE"), NO_DELIVERIES, false),
        (source("ACCESS_LOGS", "INACTIVE"), delivery, false),
        (source("CONNECTION_LOGS", "ACTIVE"), delivery, false),
        (NO_SOURCES.to_owned(), delivery, false),
    ] {
        let script = Scripted::new().always("logs:DescribeDeliverySources", "us-east-1", 200, &sources).always(
            "logs:DescribeDeliveries",
            "us-east-1",
            200,
            deliveries,
        );
        assert_eq!(only(&read(script).await).derived["logging_enabled"], json!(logs), "{sources} {deliveries}");
    }
    let refused =
        || Scripted::new().always("logs:DescribeDeliverySources", "", 400, r#"{"__type":"AccessDeniedException"}"#);
    let collected = read(refused()).await;
    assert_eq!(gaps(only(&collected)), [("derived.logging_enabled", GapReason::Denied)]);
    let collected = read(refused().always("cloudfront:GetDistributionConfig", "", 200, &config(true))).await;
    assert_eq!((gaps(only(&collected)), &only(&collected).derived["logging_enabled"]), (vec![], &json!(true)));

    let live = behavior("<RealtimeLogConfigArn>arn:live</RealtimeLogConfigArn>");
    let path = |of: &str| {
        format!(
            "<CacheBehaviors><Quantity>1</Quantity><Items><CacheBehavior>{of}</CacheBehavior></Items></CacheBehaviors>"
        )
    };
    for (behaviors, logs) in [(NONE.to_owned(), true), (path(&live), true), (path(&behavior("")), false)] {
        let listed = page(&[distribution(&live, &behaviors)], "");
        let collected = read(Scripted::new().always("cloudfront:ListDistributions", "", 200, &listed)).await;
        assert_eq!(only(&collected).derived["logging_enabled"], json!(logs), "{behaviors}");
    }
}

#[tokio::test]
async fn a_configuration_that_is_refused_or_another_document_is_a_gap() {
    for (status, body, reason) in [
        (403, DENIED, GapReason::Denied),
        (200, "<DistributionConfig/>", GapReason::Malformed),
        (200, "<Distribution/>", GapReason::Malformed),
        (404, "<ErrorResponse><Error><Code>NoSuchDistribution</Code></Error></ErrorResponse>", GapReason::NotFound),
    ] {
        let collected = read(Scripted::new().always("cloudfront:GetDistributionConfig", "", status, body)).await;
        assert_eq!(gaps(only(&collected)), [("config.logging", reason), ("derived.logging_enabled", reason)], "{body}");
    }
}

#[tokio::test]
async fn an_account_without_distributions_says_so_and_what_is_no_list_does_not() {
    let collected = read(Scripted::new().always("cloudfront:ListDistributions", "", 200, &page(&[], ""))).await;
    let row = &collected.populations[0];
    assert_eq!((row.complete, row.listed, row.pages, row.region.as_str()), (true, 0, 1, "global"));
    let no_items = page(&[], "").replace("<Quantity>0</Quantity>", "<Quantity>3</Quantity>");
    for (status, body, reason) in [
        (403, DENIED, "denied (AccessDenied)"),
        (200, no_items.as_str(), "malformed"),
        (200, "<DistributionList/>", "malformed"),
        (200, "<html/>", "malformed"),
    ] {
        let collected = read(Scripted::new().always("cloudfront:ListDistributions", "", status, body)).await;
        let row = &collected.populations[0];
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{body}: {row:?}");
    }
    let one = distribution(&behavior(""), NONE);
    let script = Scripted::new()
        .always("cloudfront:ListDistributions", "Marker=E1", 200, &page(&[one.replace("E1", "E2")], ""))
        .always("cloudfront:ListDistributions", "", 200, &page(&[one], "E1"));
    let collected = read(script).await;
    assert_eq!((collected.populations[0].listed, collected.populations[0].pages), (2, 2));
}
