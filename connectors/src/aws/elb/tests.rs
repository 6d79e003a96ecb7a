use super::super::scripted::{Scripted, read_family};
use super::*;
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::{Value, json};

const DENIED: &str = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1";
const MODERN: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

fn answer(operation: &str, inner: &str) -> String {
    format!("<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>")
}

fn member(item: impl std::fmt::Display) -> String {
    format!("<member>{item}</member>")
}

fn list(operation: &str, name: &str, items: &[String]) -> String {
    let items: String = items.iter().map(member).collect();
    answer(operation, &format!("<{name}>{items}</{name}>"))
}

fn balancer(type_: &str, scheme: &str) -> String {
    let scheme = if scheme.is_empty() { String::new() } else { format!("<Scheme>{scheme}</Scheme>") };
    format!(
        "<LoadBalancerArn>{ARN}</LoadBalancerArn><LoadBalancerName>web</LoadBalancerName><Type>{type_}</Type>{scheme}"
    )
}

fn listener(id: &str, protocol: &str, policy: &str, action: &str) -> String {
    let policy = if policy.is_empty() { String::new() } else { format!("<SslPolicy>{policy}</SslPolicy>") };
    format!(
        "<ListenerArn>{id}</ListenerArn><Port>1</Port><Protocol>{protocol}</Protocol>{policy}\
         <DefaultActions><member>{action}</member></DefaultActions>"
    )
}

const FORWARD: &str = "<Type>forward</Type><TargetGroupArn>t</TargetGroupArn>";
const REDIRECT: &str =
    "<Type>redirect</Type><RedirectConfig><Protocol>HTTPS</Protocol><Port>443</Port></RedirectConfig>";
const CIRCLE: &str = "<Type>redirect</Type><RedirectConfig><Protocol>#{protocol}</Protocol></RedirectConfig>";

/// What no test says otherwise: one application load balancer that faces the internet, with nothing on it.
fn rest(script: Scripted) -> Scripted {
    let policy = |name: &str, protocols: &[&str]| {
        let protocols: String = protocols.iter().map(member).collect();
        format!("<Name>{name}</Name><SslProtocols>{protocols}</SslProtocols>")
    };
    let policies = [
        policy(MODERN, &["TLSv1.3", "TLSv1.2"]),
        policy("ELBSecurityPolicy-2016-08", &["TLSv1.1", "TLSv1", "TLSv1.2"]),
        policy("ELBSecurityPolicy-Empty", &[]),
    ];
    let logs = "<Key>access_logs.s3.enabled</Key><Value>true</Value>".to_owned();
    script
        .always(
            "elbv2:DescribeLoadBalancers",
            "",
            200,
            &list("DescribeLoadBalancers", "LoadBalancers", &[balancer("application", "internet-facing")]),
        )
        .always(
            "elbv2:DescribeLoadBalancerAttributes",
            "",
            200,
            &list("DescribeLoadBalancerAttributes", "Attributes", &[logs]),
        )
        .always("elbv2:DescribeListeners", "", 200, &list("DescribeListeners", "Listeners", &[]))
        .always("elbv2:DescribeSSLPolicies", "", 200, &list("DescribeSSLPolicies", "SslPolicies", &policies))
        .always("wafv2:GetWebACLForResource", "", 200, "{}")
        .always("elb:DescribeLoadBalancers", "", 200, &list("DescribeLoadBalancers", "LoadBalancerDescriptions", &[]))
}

async fn read(script: Scripted) -> Collected {
    read_family(&FAMILY, rest(script)).await.0
}

async fn with_listeners(items: &[String], script: Scripted) -> Resource {
    let listeners = list("DescribeListeners", "Listeners", items);
    only(&read(script.always("elbv2:DescribeListeners", "", 200, &listeners)).await).clone()
}

fn only(collected: &Collected) -> &Resource {
    assert_eq!(collected.resources.len(), 1, "{:?}", collected.populations);
    &collected.resources[0]
}

fn row<'a>(collected: &'a Collected, type_: &str) -> &'a Population {
    collected.populations.iter().find(|row| row.type_ == type_).unwrap_or_else(|| panic!("no row of {type_}"))
}

fn gaps(resource: &Resource) -> Vec<(&str, GapReason)> {
    resource.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect()
}

#[tokio::test]
async fn a_load_balancer_has_its_attributes_listeners_and_web_acl() {
    let listeners = [listener("b", "HTTP", "", FORWARD), listener("a", "HTTPS", MODERN, FORWARD)];
    let acl = r#"{"WebACL":{"Name":"a","ARN":"arn:acl","Rules":[]}}"#;
    let one = with_listeners(&listeners, Scripted::new().always("wafv2:GetWebACLForResource", ARN, 200, acl)).await;
    assert_eq!((one.id.as_str(), one.name.as_str()), (ARN, "web"));
    assert_eq!((&one.config["type"], &one.config["scheme"]), (&json!("application"), &json!("internet-facing")));
    assert_eq!(one.config["attributes"], json!({"access_logs.s3.enabled": "true"}));
    let listeners = &one.config["listeners"];
    assert_eq!(
        (&listeners[0]["listener_arn"], &listeners[0]["ssl_protocols"]),
        (&json!("a"), &json!(["TLSv1.2", "TLSv1.3"]))
    );
    assert_eq!((&listeners[1]["ssl_protocols"], &listeners[1]["redirects_to_https"]), (&Value::Null, &json!(false)));
    assert_eq!(Value::Object(one.derived.clone()), json!({"access_logs_enabled": true, "web_acl_arn": "arn:acl"}));
    assert_eq!(gaps(&one), []);
}

#[tokio::test]
async fn a_listener_redirects_when_its_default_and_all_of_its_rules_do() {
    let rule = |action: &str| format!("<Actions><member>{action}</member></Actions>");
    let rules = |actions: &[&str]| list("DescribeRules", "Rules", &actions.iter().map(|a| rule(a)).collect::<Vec<_>>());
    for (default, actions, redirects) in [
        (REDIRECT, &[REDIRECT][..], true),
        (REDIRECT, &[REDIRECT, FORWARD], false),
        (REDIRECT, &[CIRCLE, REDIRECT], false),
        (CIRCLE, &[REDIRECT], false),
        (FORWARD, &[REDIRECT], false),
    ] {
        let script = Scripted::new().always("elbv2:DescribeRules", "", 200, &rules(actions));
        let one = with_listeners(&[listener("a", "HTTP", "", default)], script).await;
        assert_eq!(one.config["listeners"][0]["redirects_to_https"], json!(redirects), "{default} {actions:?}");
    }
    for (status, body, reason) in
        [(403, DENIED.to_owned(), GapReason::Denied), (200, answer("DescribeRules", ""), GapReason::Malformed)]
    {
        let script = Scripted::new().always("elbv2:DescribeRules", "", status, &body);
        let one = with_listeners(&[listener("a", "HTTP", "", REDIRECT)], script).await;
        assert_eq!(gaps(&one), [("config.listeners[a].redirects_to_https", reason)]);
        assert!(one.config["listeners"][0].get("redirects_to_https").is_none());
    }
}

#[tokio::test]
async fn a_security_policy_that_is_not_known_is_a_gap_of_its_listener() {
    for policy in ["ELBSecurityPolicy-New", "ELBSecurityPolicy-Empty"] {
        let one = with_listeners(&[listener("a", "TLS", policy, FORWARD)], Scripted::new()).await;
        assert_eq!(gaps(&one), [("config.listeners[a].ssl_protocols", GapReason::Malformed)]);
        assert!(one.config["listeners"][0].get("ssl_protocols").is_none());
    }
    let script = Scripted::new().always("elbv2:DescribeSSLPolicies", "", 403, DENIED);
    let one =
        with_listeners(&[listener("a", "HTTPS", MODERN, FORWARD), listener("b", "TCP", "", FORWARD)], script).await;
    assert_eq!(gaps(&one), [("config.listeners[a].ssl_protocols", GapReason::Denied)]);
}

#[tokio::test]
async fn each_further_call_that_is_refused_is_a_gap_of_its_fields() {
    for (call, fields) in [
        ("elbv2:DescribeLoadBalancerAttributes", &["config.attributes", "derived.access_logs_enabled"][..]),
        ("elbv2:DescribeListeners", &["config.listeners"]),
        ("wafv2:GetWebACLForResource", &["derived.web_acl_arn"]),
    ] {
        for (status, body, reason) in [(403, DENIED, GapReason::Denied), (200, "<html/>", GapReason::Malformed)] {
            let collected = read(Scripted::new().always(call, "", status, body)).await;
            let expected: Vec<_> = fields.iter().map(|field| (*field, reason)).collect();
            assert_eq!(gaps(only(&collected)), expected, "{call}");
        }
    }
    let none = list("DescribeLoadBalancerAttributes", "Attributes", &[]);
    let collected = read(Scripted::new().always("elbv2:DescribeLoadBalancerAttributes", "", 200, &none)).await;
    assert_eq!(gaps(only(&collected)), [("derived.access_logs_enabled", GapReason::Malformed)]);
}

#[tokio::test]
async fn only_a_gateway_has_no_scheme_and_what_has_no_web_acl_is_not_asked() {
    let read_one = async |type_: &str, scheme: &str| {
        let one = list("DescribeLoadBalancers", "LoadBalancers", &[balancer(type_, scheme)]);
        let script = Scripted::new().always("elbv2:DescribeLoadBalancers", "", 200, &one).always(
            "wafv2:GetWebACLForResource",
            "",
            403,
            DENIED,
        );
        only(&read(script).await).clone()
    };
    let gateway = read_one("gateway", "").await;
    assert_eq!((&gateway.config["scheme"], &gateway.derived["access_logs_enabled"]), (&Value::Null, &Value::Null));
    assert_eq!(gaps(&gateway), []);
    for (type_, scheme) in [("network", "internet-facing"), ("application", "internal")] {
        let one = read_one(type_, scheme).await;
        assert_eq!((&one.derived["web_acl_arn"], gaps(&one)), (&Value::Null, vec![]));
    }
    let bare = read_one("application", "").await;
    assert_eq!(gaps(&bare), [("config.scheme", GapReason::Malformed), ("derived.web_acl_arn", GapReason::Malformed)]);
}

#[tokio::test]
async fn lists_of_both_generations_have_rows_of_their_own() {
    let types = ["aws.elb.classic-load-balancer", "aws.elb.load-balancer"];
    let collected = read(Scripted::new()).await;
    assert!(types.iter().all(|type_| row(&collected, type_).complete));
    for (bad, call) in [(types[0], "elb:DescribeLoadBalancers"), (types[1], "elbv2:DescribeLoadBalancers")] {
        for (status, body, reason) in [
            (403, DENIED.to_owned(), "denied (AccessDenied)"),
            (200, answer("DescribeLoadBalancers", "<Other/>"), "malformed"),
            (200, "<html/>".to_owned(), "malformed"),
        ] {
            let collected = read(Scripted::new().always(call, "", status, &body)).await;
            for type_ in types {
                let row = row(&collected, type_);
                assert_eq!(row.complete, type_ != bad, "{row:?}");
                assert!(row.complete || row.reason.as_deref().unwrap().contains(reason), "{row:?}");
            }
        }
    }
    let page = |next: &str| {
        let one = balancer("network", "internal");
        let inner = format!("<LoadBalancers><member>{one}</member></LoadBalancers><NextMarker>{next}</NextMarker>");
        answer("DescribeLoadBalancers", &inner)
    };
    let script = Scripted::new().always("elbv2:DescribeLoadBalancers", "Marker=more", 200, &page("")).always(
        "elbv2:DescribeLoadBalancers",
        "PageSize=400",
        200,
        &page("more"),
    );
    let collected = read(script).await;
    assert_eq!((row(&collected, types[1]).pages, row(&collected, types[1]).listed), (2, 2));
}

fn classic(listeners: &[(&str, i64, &str)]) -> Scripted {
    let listener = |(protocol, port, policy): &(&str, i64, &str)| {
        let policy = if policy.is_empty() { String::new() } else { format!("<member>{policy}</member>") };
        format!(
            "<member><Listener><Protocol>{protocol}</Protocol><LoadBalancerPort>{port}</LoadBalancerPort></Listener>\
             <PolicyNames>{policy}</PolicyNames></member>"
        )
    };
    let listeners: String = listeners.iter().map(listener).collect();
    let one = format!(
        "<LoadBalancerName>old</LoadBalancerName><Scheme>internet-facing</Scheme>\
         <ListenerDescriptions>{listeners}</ListenerDescriptions>"
    );
    Scripted::new()
        .always(
            "elb:DescribeLoadBalancers",
            "",
            200,
            &list("DescribeLoadBalancers", "LoadBalancerDescriptions", &[one]),
        )
        .always("elbv2:DescribeLoadBalancers", "", 200, &list("DescribeLoadBalancers", "LoadBalancers", &[]))
}

fn policies(items: &[(&str, &str, &[&str])]) -> String {
    let policy = |(name, type_, on): &(&str, &str, &[&str])| {
        let attribute = |name: &str, value: &str| {
            format!("<member><AttributeName>{name}</AttributeName><AttributeValue>{value}</AttributeValue></member>")
        };
        let attributes: String = on.iter().map(|name| attribute(name, "true")).collect();
        format!(
            "<PolicyName>{name}</PolicyName><PolicyTypeName>{type_}</PolicyTypeName><PolicyAttributeDescriptions>\
             {attributes}{}</PolicyAttributeDescriptions>",
            attribute("Protocol-SSLv3", "false")
        )
    };
    list("DescribeLoadBalancerPolicies", "PolicyDescriptions", &items.iter().map(policy).collect::<Vec<_>>())
}

const TLS: &str = "SSLNegotiationPolicyType";
const LOGS: &str = "<LoadBalancerAttributes><AccessLog><Enabled>true</Enabled><S3BucketName>logs</S3BucketName></AccessLog></LoadBalancerAttributes>";

#[tokio::test]
async fn a_classic_listener_accepts_what_its_own_policy_says_or_one_that_aws_brings() {
    let own = policies(&[
        ("sticky", "LBCookieStickinessPolicyType", &["Protocol-TLSv1"]),
        ("mine", TLS, &["Protocol-TLSv1.2", "Protocol-TLSv1.1", "ECDHE-RSA-AES128-SHA"]),
        ("empty", TLS, &[]),
    ]);
    let script = classic(&[
        ("SSL", 8443, "ELBSecurityPolicy-2016-08"),
        ("HTTPS", 443, "mine"),
        ("HTTP", 80, "sticky"),
        ("SSL", 9443, "empty"),
    ])
    .always("elb:DescribeLoadBalancerPolicies", "LoadBalancerName=old", 200, &own)
    .always(
        "elb:DescribeLoadBalancerPolicies",
        "",
        200,
        &policies(&[("ELBSecurityPolicy-2016-08", TLS, &["Protocol-TLSv1"])]),
    )
    .always("elb:DescribeLoadBalancerAttributes", "old", 200, &answer("DescribeLoadBalancerAttributes", LOGS));
    let collected = read(script).await;
    let one = only(&collected);
    assert_eq!(one.id, "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/old");
    let listeners = one.config["listener_descriptions"].as_array().unwrap();
    let told: Vec<_> =
        listeners.iter().map(|l| (&l["listener"]["load_balancer_port"], l.get("ssl_protocols"))).collect();
    assert_eq!(
        told,
        [
            (&json!(80), Some(&Value::Null)),
            (&json!(443), Some(&json!(["TLSv1.1", "TLSv1.2"]))),
            (&json!(8443), Some(&json!(["TLSv1"]))),
            (&json!(9443), None),
        ]
    );
    assert_eq!(gaps(one), [("config.listener_descriptions[9443].ssl_protocols", GapReason::Malformed)]);
    assert_eq!(one.config["access_log"], json!({"enabled": true, "s3_bucket_name": "logs"}));
}

#[tokio::test]
async fn each_further_call_on_a_classic_one_that_is_refused_is_a_gap() {
    let script = classic(&[("HTTPS", 443, "mine")])
        .always("elb:DescribeLoadBalancerPolicies", "LoadBalancerName=old", 403, DENIED)
        .always("elb:DescribeLoadBalancerPolicies", "", 200, &policies(&[("mine", TLS, &["Protocol-TLSv1.2"])]))
        .always("elb:DescribeLoadBalancerAttributes", "", 403, DENIED);
    let collected = read(script).await;
    assert_eq!(
        gaps(only(&collected)),
        [
            ("config.access_log", GapReason::Denied),
            ("config.listener_descriptions[443].ssl_protocols", GapReason::Denied)
        ]
    );
    let script = classic(&[("HTTPS", 443, "theirs"), ("HTTP", 80, "")])
        .always("elb:DescribeLoadBalancerPolicies", "LoadBalancerName=old", 200, &policies(&[]))
        .always("elb:DescribeLoadBalancerPolicies", "", 200, "<html/>")
        .always("elb:DescribeLoadBalancerAttributes", "", 200, &answer("DescribeLoadBalancerAttributes", ""));
    let collected = read(script).await;
    assert_eq!(
        gaps(only(&collected)),
        [
            ("config.access_log", GapReason::Malformed),
            ("config.listener_descriptions[443].ssl_protocols", GapReason::Malformed)
        ]
    );
}
