use super::super::scripted::{Scripted, context, order, read_family};
use super::*;
use crate::aws::cloudfront::distribution::Distribution;
use crate::collection::Collected;
use crate::exchange::redact::redact;
use bytes::Bytes;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::{Value, json};
use std::sync::Arc;

const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"no"}"#;
const NONE: &str = r#"{"ResourceArns":[]}"#;
const NO_DISTRIBUTIONS: &str = "<DistributionList><Quantity>0</Quantity></DistributionList>";

fn arn(scope: &str) -> String {
    format!("arn:aws:wafv2:us-east-1:123456789012:{scope}/webacl/acl/1")
}

fn list(scope: &str, next: &str) -> String {
    format!(
        r#"{{"NextMarker":{next},"WebACLs":[{{"Name":"acl","Id":"1","Description":"","LockToken":"t","ARN":"{}"}}]}}"#,
        arn(scope)
    )
}

fn acl(scope: &str, more: &str) -> String {
    let rule = r#"{"Name":"r","Priority":0,"Statement":"[redacted]","Action":{"Block":{}},"VisibilityConfig":{"SampledRequestsEnabled":true,"CloudWatchMetricsEnabled":true,"MetricName":"r"}}"#;
    format!(r#"{{"WebACL":{{"Name":"acl","Id":"1","ARN":"{}","Rules":[{rule}]{more}}},"LockToken":"t"}}"#, arn(scope))
}

fn logging(scope: &str) -> String {
    format!(
        r#"{{"LoggingConfigurations":[{{"ResourceArn":"{}","LogDestinationConfigs":["arn:log"],"LogScope":"CUSTOMER"}}]}}"#,
        arn(scope)
    )
}

/// What no test says otherwise: one web ACL for a region and one for CloudFront; both log to the customer's place, nothing uses them.
fn rest(script: Scripted) -> Scripted {
    script
        .always("wafv2:ListWebACLs", "REGIONAL", 200, &list("regional", "null"))
        .always("wafv2:ListWebACLs", "CLOUDFRONT", 200, &list("global", "null"))
        .always("wafv2:GetWebACL", "REGIONAL", 200, &acl("regional", ""))
        .always("wafv2:GetWebACL", "CLOUDFRONT", 200, &acl("global", ""))
        .always(
            "wafv2:ListLoggingConfigurations",
            r#""LogScope":"CUSTOMER","Scope":"REGIONAL"#,
            200,
            &logging("regional"),
        )
        .always(
            "wafv2:ListLoggingConfigurations",
            r#""LogScope":"CUSTOMER","Scope":"CLOUDFRONT"#,
            200,
            &logging("global"),
        )
        .always("wafv2:ListLoggingConfigurations", "", 200, r#"{"LoggingConfigurations":[]}"#)
        .always("wafv2:ListResourcesForWebACL", "", 200, NONE)
        .always("cloudfront:ListDistributions", "", 200, NO_DISTRIBUTIONS)
}

async fn read(script: Scripted) -> Collected {
    read_family(&FAMILY, rest(script)).await.0
}

fn of<'a>(collected: &'a Collected, region: &str) -> &'a Resource {
    let found: Vec<_> = collected.resources.iter().filter(|resource| resource.region == region).collect();
    assert_eq!(found.len(), 1, "{region}: {:?}", collected.populations);
    found[0]
}

fn row<'a>(collected: &'a Collected, region: &str) -> &'a Population {
    collected.populations.iter().find(|row| row.region == region).unwrap()
}

fn gaps(resource: &Resource) -> Vec<(&str, GapReason)> {
    resource.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect()
}

#[tokio::test]
async fn both_scopes_are_one_type_with_a_row_each() {
    let collected = read(Scripted::new()).await;
    for (region, scope) in [("us-east-1", "regional"), ("global", "global")] {
        let one = of(&collected, region);
        assert_eq!((one.id.clone(), one.name.as_str()), (arn(scope), "acl"));
        assert_eq!(one.config["rules"][0]["visibility_config"]["cloud_watch_metrics_enabled"], json!(true));
        assert_eq!(
            one.config["logging_configurations"],
            json!([{"resource_arn": arn(scope), "log_scope": "CUSTOMER", "log_destination_configs": ["arn:log"]}])
        );
        assert_eq!(one.config["pre_process_firewall_manager_rule_groups"], json!([]));
        assert_eq!(
            (one.config["managed_by_firewall_manager"].clone(), one.derived["in_use"].clone()),
            (Value::Null, json!(false))
        );
        assert_eq!(gaps(one), []);
        assert!(row(&collected, region).complete);
    }
}

#[tokio::test]
async fn those_for_cloudfront_are_asked_in_the_global_region_and_only_where_it_is() {
    for (home, hosts) in [
        ("eu-central-1", &["wafv2.eu-central-1.amazonaws.com", "wafv2.us-east-1.amazonaws.com"][..]),
        ("cn-north-1", &["wafv2.cn-north-1.amazonaws.com.cn"]),
    ] {
        let script = Arc::new(rest(Scripted::new()));
        let mut order = order();
        order.asked.home_region = home.to_owned();
        let context = context(order, &script);
        let _ = FAMILY.read(&context).await;
        let mut asked: Vec<String> = script
            .requests()
            .iter()
            .filter(|request| request.operation == "ListWebACLs")
            .map(|request| request.url.host_str().unwrap().to_owned())
            .collect();
        asked.sort();
        assert_eq!(asked, hosts);
    }
}

#[tokio::test]
async fn a_marker_on_the_last_page_leads_to_an_empty_one() {
    let empty = r#"{"WebACLs":[]}"#;
    for (last, pages, whole) in [(empty, 2, true), ("{}", 2, false)] {
        let script = Scripted::new()
            .always("wafv2:ListWebACLs", r#""NextMarker":"acl","Scope":"REGIONAL"#, 200, last)
            .always("wafv2:ListWebACLs", "REGIONAL", 200, &list("regional", "\"acl\""));
        let collected = read(script).await;
        let row = row(&collected, "us-east-1");
        assert_eq!((row.listed, row.pages, row.complete), (1, pages, whole), "{last}");
    }
    let script = Scripted::new().always("wafv2:ListWebACLs", "REGIONAL", 200, &list("regional", "\"acl\""));
    assert!(!row(&read(script).await, "us-east-1").complete, "a list that goes in circles is never whole");
}

#[tokio::test]
async fn one_kind_of_resource_is_enough_to_be_in_use_and_all_are_needed_not_to_be() {
    let found = r#"{"ResourceArns":["arn:api"]}"#;
    for (kind, status, body, told) in [
        ("AMPLIFY", 200, found, Some(json!(true))),
        ("APPLICATION_LOAD_BALANCER", 200, found, Some(json!(true))),
        ("COGNITO_USER_POOL", 400, DENIED, None),
        ("AGENTCORE_GATEWAY", 200, "{}", None),
    ] {
        let script = Scripted::new().always("wafv2:ListResourcesForWebACL", kind, status, body);
        let collected = read(script).await;
        let one = of(&collected, "us-east-1");
        assert_eq!(one.derived.get("in_use"), told.as_ref(), "{kind}");
        assert_eq!(one.gaps.iter().any(|gap| gap.field == "derived.in_use"), told.is_none());
    }
    let script = Scripted::new()
        .always("wafv2:ListResourcesForWebACL", "APPLICATION_LOAD_BALANCER", 400, DENIED)
        .always("wafv2:ListResourcesForWebACL", "API_GATEWAY", 200, found);
    assert_eq!(
        of(&read(script).await, "us-east-1").derived["in_use"],
        json!(true),
        "what is proven holds whatever was refused"
    );
}

#[tokio::test]
async fn a_distribution_uses_a_web_acl_and_tenants_may() {
    let distribution = |acl: &str, mode: &str| {
        format!(
            "<DistributionList><Quantity>1</Quantity><Items><DistributionSummary><Id>E1</Id><ARN>arn:d</ARN>\
             <DefaultCacheBehavior><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy></DefaultCacheBehavior>\
             <CacheBehaviors><Quantity>0</Quantity></CacheBehaviors><Enabled>true</Enabled><WebACLId>{acl}</WebACLId>\
             <ConnectionMode>{mode}</ConnectionMode></DistributionSummary></Items></DistributionList>"
        )
    };
    let own = arn("global");
    for (acl, mode, told) in [
        (own.as_str(), "direct", Some(json!(true))),
        (own.as_str(), "tenant-only", Some(json!(true))),
        ("", "direct", Some(json!(false))),
        ("", "tenant-only", None),
    ] {
        let script = Scripted::new().always("cloudfront:ListDistributions", "", 200, &distribution(acl, mode));
        let collected = read(script).await;
        assert_eq!(of(&collected, "global").derived.get("in_use"), told.as_ref(), "{acl} {mode}");
    }
    let script = Scripted::new().always("cloudfront:ListDistributions", "", 200, "<html/>");
    assert_eq!(gaps(of(&read(script).await, "global")), [("derived.in_use", GapReason::Malformed)]);
    assert_eq!(Distribution::LIST.name, "ListDistributions");
}

#[tokio::test]
async fn each_further_call_that_is_refused_is_a_gap_of_its_fields() {
    let another = acl("global", "");
    let described = [
        "config.managed_by_firewall_manager",
        "config.post_process_firewall_manager_rule_groups",
        "config.pre_process_firewall_manager_rule_groups",
        "config.rules",
    ];
    for (call, needle, status, body, fields, reason) in [
        ("wafv2:GetWebACL", "REGIONAL", 400, DENIED, &described[..], GapReason::Denied),
        ("wafv2:GetWebACL", "REGIONAL", 200, "<html/>", &described, GapReason::Malformed),
        ("wafv2:GetWebACL", "REGIONAL", 200, another.as_str(), &described, GapReason::Malformed),
        (
            "wafv2:ListLoggingConfigurations",
            "SECURITY_LAKE",
            400,
            DENIED,
            &["config.logging_configurations"],
            GapReason::Denied,
        ),
        (
            "wafv2:ListLoggingConfigurations",
            "REGIONAL",
            200,
            "{}",
            &["config.logging_configurations"],
            GapReason::Malformed,
        ),
    ] {
        let collected = read(Scripted::new().always(call, needle, status, body)).await;
        let expected: Vec<_> = fields.iter().map(|field| (*field, reason)).collect();
        assert_eq!(gaps(of(&collected, "us-east-1")), expected, "{call}");
    }
}

#[tokio::test]
async fn rule_groups_of_firewall_managers_and_logs_of_others_count() {
    let group = r#","ManagedByFirewallManager":true,"PreProcessFirewallManagerRuleGroups":[{"Name":"g","Priority":0,"VisibilityConfig":{"CloudWatchMetricsEnabled":false}}]"#;
    let lake = logging("regional").replace("CUSTOMER", "SECURITY_LAKE");
    let script = Scripted::new().always("wafv2:GetWebACL", "REGIONAL", 200, &acl("regional", group)).always(
        "wafv2:ListLoggingConfigurations",
        "SECURITY_LAKE",
        200,
        &lake,
    );
    let collected = read(script).await;
    let one = of(&collected, "us-east-1");
    let groups = &one.config["pre_process_firewall_manager_rule_groups"];
    assert_eq!(groups[0]["visibility_config"]["cloud_watch_metrics_enabled"], json!(false));
    assert_eq!(one.config["logging_configurations"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_web_acl_is_silent_only_when_it_says_so_itself() {
    let none = r#"{"LoggingConfigurations":[]}"#;
    let own =
        logging("regional").replace("\"LoggingConfigurations\":[", "\"LoggingConfiguration\":").replace("}]}", "}}");
    for (status, body, told) in [
        (400, r#"{"__type":"WAFNonexistentItemException"}"#, Some(0)),
        (200, own.as_str(), Some(1)),
        (400, DENIED, None),
        (200, "{}", None),
    ] {
        let script = Scripted::new().always("wafv2:ListLoggingConfigurations", "", 200, none).always(
            "wafv2:GetLoggingConfiguration",
            ":regional/",
            status,
            body,
        );
        let collected = read(script).await;
        let one = of(&collected, "us-east-1");
        let count = one.config.get("logging_configurations").map(|all| all.as_array().unwrap().len());
        assert_eq!(count, told, "{body}");
        assert_eq!(one.gaps.is_empty(), told.is_some());
    }
}

#[tokio::test]
async fn a_list_that_is_refused_or_is_none_leaves_the_other_scope_whole() {
    for (scope, region, other) in [("REGIONAL", "us-east-1", "global"), ("CLOUDFRONT", "global", "us-east-1")] {
        for (status, body, reason) in
            [(400, DENIED, "denied (AccessDeniedException)"), (200, "{}", "malformed"), (200, "<html/>", "malformed")]
        {
            let collected = read(Scripted::new().always("wafv2:ListWebACLs", scope, status, body)).await;
            let bad = row(&collected, region);
            assert!(!bad.complete && bad.reason.as_deref().unwrap().contains(reason), "{bad:?}");
            assert!(row(&collected, other).complete);
        }
    }
}

#[test]
fn what_rules_compare_and_send_is_taken_out() {
    let body = r#"{"WebACL":{"Rules":[{"Name":"r","Statement":{"ByteMatchStatement":{"SearchString":"canary"}},
        "Action":{"Allow":{"CustomRequestHandling":{"InsertHeaders":[{"Name":"k","Value":"canary"}]}}}}],
        "DefaultAction":{"Allow":{"CustomRequestHandling":{"InsertHeaders":[{"Name":"k","Value":"canary"}]}}}}}"#;
    let clean = redact(&Bytes::from_static(body.as_bytes()), SECRETS, &[]);
    assert!(!String::from_utf8(clean.body.to_vec()).unwrap().contains("canary") && clean.paths.len() == 3);
}
