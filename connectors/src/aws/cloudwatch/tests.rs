use super::super::scripted::{Scripted, context, order};
use super::*;
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::{Value, json};
use std::sync::Arc;

const ALARM: &str = "aws.cloudwatch.alarm";
const COVERAGE: &str = "aws.cloudwatch.alarm-coverage";
const DENIED_JSON: &str = r#"{"__type": "AccessDeniedException", "message": "no"}"#;
const DENIED_XML: &str = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
const NONE: &str = r#"{"__type": "AWSOrganizationsNotInUseException", "message": "none"}"#;
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alerts";

fn alarms(metric: &str, composite: &str, next: &str) -> String {
    format!(
        "<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms>{metric}</MetricAlarms><CompositeAlarms>{composite}\
         </CompositeAlarms><NextToken>{next}</NextToken></DescribeAlarmsResult></DescribeAlarmsResponse>"
    )
}

fn alarm(name: &str, more: &str) -> String {
    format!(
        "<member><AlarmName>{name}</AlarmName><AlarmArn>arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}</AlarmArn>\
         <Namespace>CIS</Namespace><MetricName>Root</MetricName><Dimensions/><Statistic>Sum</Statistic><Period>300</Period>\
         <EvaluationPeriods>1</EvaluationPeriods><Threshold>1.0</Threshold>\
         <ComparisonOperator>GreaterThanOrEqualToThreshold</ComparisonOperator>{more}</member>"
    )
}

fn acting(topic: &str) -> String {
    format!("<ActionsEnabled>true</ActionsEnabled><AlarmActions><member>{topic}</member></AlarmActions>")
}

fn subscriptions(arns: &[&str]) -> String {
    let one =
        |arn: &&str| format!("<member><SubscriptionArn>{arn}</SubscriptionArn><Protocol>email</Protocol></member>");
    let all: String = arns.iter().map(one).collect();
    format!(
        "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>{all}</Subscriptions>\
         </ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"
    )
}

/// A region with nothing in it, with lines of the caller's before its own.
async fn read(script: Scripted) -> (Collected, Arc<Scripted>) {
    let script = script
        .always("cloudwatch:DescribeAlarms", "", 200, &alarms("", "", ""))
        .always("logs:DescribeMetricFilters", "", 200, r#"{"metricFilters": []}"#)
        .always("events:ListRules", "", 200, r#"{"Rules": []}"#)
        .always("events:ListTargetsByRule", "", 200, r#"{"Targets": []}"#)
        .always("sns:ListSubscriptionsByTopic", "", 200, &subscriptions(&[]))
        .always("organizations:DescribeOrganization", "", 400, NONE);
    let script = Arc::new(script);
    (FAMILY.read(&context(order(), &script)).await.ordered(), script)
}

fn row<'a>(collected: &'a Collected, type_: &str) -> &'a Population {
    collected.populations.iter().find(|row| row.type_ == type_).unwrap()
}

fn only<'a>(collected: &'a Collected, type_: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.type_ == type_).unwrap()
}

fn gaps(resource: &Resource) -> Vec<(&str, GapReason)> {
    resource.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect()
}

fn filters(pattern: &str) -> String {
    let counted = json!([{"metricName": "Root", "metricNamespace": "CIS", "metricValue": "1", "dimensions": {}}]);
    json!({"metricFilters": [{"filterName": "root", "filterPattern": pattern, "logGroupName": "trail",
        "metricTransformations": counted, "creationTime": 1}]})
    .to_string()
}

const ROOT: &str = "{ $.userIdentity.type = \"Root\" }";

#[tokio::test]
async fn alarms_are_told_page_by_page_with_the_composites_above_them() {
    let composite = "<member><AlarmName>top</AlarmName><AlarmArn>arn:top</AlarmArn><AlarmRule>ALARM(\"one\")</AlarmRule>\
        <ActionsEnabled>true</ActionsEnabled><AlarmActions><member>arn:act</member></AlarmActions></member>";
    let first = alarms(&alarm("one", "<ActionsEnabled>false</ActionsEnabled><AlarmActions/>"), "", "more");
    let (collected, _) = read(
        Scripted::new()
            .always("cloudwatch:DescribeAlarms", "NextToken=more", 200, &alarms(&alarm("two", ""), "", ""))
            .always("cloudwatch:DescribeAlarms", "CompositeAlarm", 200, &alarms("", composite, ""))
            .always("cloudwatch:DescribeAlarms", "AlarmTypes.member.1=MetricAlarm&MaxRecords=100", 200, &first),
    )
    .await;
    let row = row(&collected, ALARM);
    assert_eq!((row.listed, row.evaluated, row.pages, row.complete), (2, 1, 2, true));
    let one = collected.resources.iter().find(|resource| resource.name == "one").unwrap();
    assert_eq!(one.id, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:one");
    assert_eq!((&one.config["actions_enabled"], &one.config["alarm_actions"]), (&json!(false), &json!([])));
    assert_eq!((&one.config["threshold"], &one.config["period"]), (&json!(1.0), &json!(300)));
    let above =
        json!([{"alarm_arn": "arn:top", "fires_alone": true, "actions_enabled": true, "alarm_actions": ["arn:act"]}]);
    assert_eq!(one.derived["composite_alarms"], above);
    let two = collected.resources.iter().find(|resource| resource.name == "two").unwrap();
    let both = [("config.actions_enabled", GapReason::Malformed), ("config.alarm_actions", GapReason::Malformed)];
    assert_eq!(gaps(two), both, "AWS always tells both");
}

#[tokio::test]
async fn composites_that_are_refused_or_not_understood_are_a_gap() {
    let odd = "<member><AlarmName>top</AlarmName><AlarmArn>arn:top</AlarmArn><AlarmRule>AT_LEAST(1, ALARM, (one))</AlarmRule>\
        <ActionsEnabled>true</ActionsEnabled><AlarmActions/></member>";
    for (status, body, reason) in
        [(403, DENIED_XML.to_owned(), GapReason::Denied), (200, alarms("", odd, ""), GapReason::Malformed)]
    {
        let script = Scripted::new().always("cloudwatch:DescribeAlarms", "CompositeAlarm", status, &body).always(
            "cloudwatch:DescribeAlarms",
            "",
            200,
            &alarms(&alarm("one", &acting(TOPIC)), "", ""),
        );
        let (collected, _) = read(script).await;
        assert_eq!(gaps(only(&collected, ALARM)), [("derived.composite_alarms", reason)]);
    }
}

#[tokio::test]
async fn a_list_of_alarms_that_was_not_read_is_not_an_empty_one() {
    for (status, body) in [(403, DENIED_XML), (200, "<html/>"), (200, "<DescribeAlarmsResponse/>")] {
        let (collected, _) = read(Scripted::new().always("cloudwatch:DescribeAlarms", "", status, body)).await;
        assert!(!row(&collected, ALARM).complete, "{body}");
    }
}

#[tokio::test]
async fn only_topics_that_a_fitting_alarm_or_rule_tells_are_asked_for_their_subscribers() {
    let quiet = "arn:aws:sns:us-east-1:123456789012:quiet";
    let by_rule = "arn:aws:sns:us-east-1:123456789012:by-rule";
    let other = alarm("other", &acting(quiet)).replace("<MetricName>Root", "<MetricName>Other");
    let list = alarms(&(alarm("one", &acting(TOPIC)) + &other), "", "");
    let rule = |name: &str, state: &str, pattern: &Value| json!({"Name": name, "Arn": format!("arn:{name}"), "State": state, "EventPattern": pattern.to_string()});
    let kms = json!({"source": ["aws.kms"]});
    let rules = json!({"Rules": [
        rule("kms", "ENABLED", &kms), rule("off", "DISABLED", &kms), rule("far", "ENABLED", &json!({"source": ["aws.batch"]})),
        {"Name": "clock", "Arn": "arn:clock", "State": "ENABLED", "ScheduleExpression": "rate(1 day)"},
    ]});
    let targets =
        json!({"Targets": [{"Id": "1", "Arn": by_rule}, {"Id": "2", "Arn": "arn:aws:lambda:us-east-1:1:function:f"}]});
    let (collected, script) = read(
        Scripted::new()
            .always("cloudwatch:DescribeAlarms", "MetricAlarm", 200, &list)
            .always("logs:DescribeMetricFilters", "\"limit\":50", 200, &filters(ROOT))
            .always("events:ListRules", "\"Limit\":100", 200, &rules.to_string())
            .always("events:ListTargetsByRule", "\"Rule\":\"kms\"", 200, &targets.to_string())
            .always(
                "sns:ListSubscriptionsByTopic",
                "alerts",
                200,
                &subscriptions(&["PendingConfirmation", "arn:s", "Deleted"]),
            ),
    )
    .await;
    let coverage = only(&collected, COVERAGE);
    assert_eq!(coverage.gaps, []);
    assert_eq!(
        coverage.config["topics"],
        json!([
            {"topic_arn": TOPIC, "confirmed_subscriptions": ["email"]},
            {"topic_arn": by_rule, "confirmed_subscriptions": []},
        ])
    );
    assert_eq!(coverage.config["rules"][0]["targets"], json!(["arn:aws:lambda:us-east-1:1:function:f", by_rule]));
    assert_eq!(coverage.config["rules"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&coverage.config["management_account_id"], &coverage.derived["is_management_account"]),
        (&Value::Null, &json!(false))
    );
    let asked = |call: &str| script.requests().iter().filter(|request| request.operation == call).count();
    assert_eq!((asked("ListTargetsByRule"), asked("ListSubscriptionsByTopic")), (1, 2));
}

#[tokio::test]
async fn each_call_that_is_refused_is_the_gap_of_its_field() {
    let list = alarms(&alarm("one", &acting(TOPIC)), "", "");
    let pattern = json!({"source": ["aws.kms"]}).to_string();
    let rules = json!({"Rules": [{"Name": "kms", "Arn": "arn:kms", "State": "ENABLED", "EventPattern": pattern}]});
    let topic = format!("config.topics.{TOPIC}.confirmed_subscriptions");
    for (call, body, fields) in [
        ("logs:DescribeMetricFilters", DENIED_JSON, vec!["config.metric_filters"]),
        ("events:ListRules", DENIED_JSON, vec!["config.rules"]),
        ("events:ListTargetsByRule", DENIED_JSON, vec!["config.rules.kms.targets"]),
        ("sns:ListSubscriptionsByTopic", DENIED_XML, vec![topic.as_str()]),
        (
            "organizations:DescribeOrganization",
            DENIED_JSON,
            vec!["config.management_account_id", "derived.is_management_account"],
        ),
    ] {
        let script = Scripted::new()
            .always(call, "", 400, body)
            .always("cloudwatch:DescribeAlarms", "MetricAlarm", 200, &list)
            .always("logs:DescribeMetricFilters", "", 200, &filters(ROOT))
            .always("events:ListRules", "", 200, &rules.to_string());
        let (collected, _) = read(script).await;
        let found = only(&collected, COVERAGE);
        assert_eq!(
            gaps(found),
            fields.into_iter().map(|field| (field, GapReason::Denied)).collect::<Vec<_>>(),
            "{call}"
        );
    }
}

#[tokio::test]
async fn answers_of_another_shape_are_gaps_and_not_empty_lists() {
    for (call, body, field) in [
        ("logs:DescribeMetricFilters", "{}", "config.metric_filters"),
        ("logs:DescribeMetricFilters", r#"{"metricFilters": [{"filterName": "a"}]}"#, "config.metric_filters"),
        ("events:ListRules", "<html/>", "config.rules"),
        ("organizations:DescribeOrganization", "{}", "config.management_account_id"),
    ] {
        let (collected, _) = read(Scripted::new().always(call, "", 200, body)).await;
        let found = only(&collected, COVERAGE);
        assert_eq!(gaps(found)[0], (field, GapReason::Malformed), "{call} {body}");
    }
}

#[tokio::test]
async fn the_management_account_knows_that_it_is_one_and_a_topic_that_is_gone_has_no_subscriber() {
    let organization = json!({"Organization": {"Id": "o-1", "MasterAccountId": "123456789012"}}).to_string();
    let gone = "<ErrorResponse><Error><Code>NotFound</Code><Message>no</Message></Error></ErrorResponse>";
    let (collected, _) = read(
        Scripted::new()
            .always("organizations:DescribeOrganization", "", 200, &organization)
            .always("cloudwatch:DescribeAlarms", "MetricAlarm", 200, &alarms(&alarm("one", &acting(TOPIC)), "", ""))
            .always("logs:DescribeMetricFilters", "", 200, &filters(ROOT))
            .always("sns:ListSubscriptionsByTopic", "", 404, gone),
    )
    .await;
    let found = only(&collected, COVERAGE);
    assert_eq!((found.gaps.len(), &found.derived["is_management_account"]), (0, &json!(true)));
    assert_eq!(found.config["topics"][0]["confirmed_subscriptions"], json!([]));
}
