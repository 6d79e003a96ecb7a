//! The ways from an event to a person, over documents made by hand.

use super::*;
use crate::aws::join::apply;
use crate::collection::Tally;
use crate::document::{Draft, Read};
use evidenced_schemas::{Cloud, Instant};

const ACCOUNT: &str = "123456789012";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alerts";
const KMS: &str =
    "{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }";

fn document(type_: &str, id: &str, region: &str, seq: u64, config: &Value, derived: &Value) -> Resource {
    let time = |seconds| Instant::new(chrono::DateTime::from_timestamp(seconds, 0).unwrap());
    let mut draft = Draft::new(type_, id, id, region);
    draft.saw(&Read { value: (), exchanges: vec![seq], at: Some(time(seq.cast_signed())) });
    draft.finish(Cloud::Aws, &ACCOUNT.parse().unwrap(), time(0), config, derived)
}

/// An account of two regions.
#[derive(Clone)]
struct Estate {
    trail: Value,
    kinds: Value,
    /// In `us-east-1`, where the trail's log group lies.
    filters: Value,
    topics: Value,
    alarm: Value,
    above: Value,
    /// In `eu-west-1`.
    rules: Value,
    far_topics: Value,
    cut: Vec<(&'static str, &'static str)>,
}

/// A trail, a filter on it, an alarm and a subscriber, all for keys that are deleted; no rule.
fn estate() -> Estate {
    Estate {
        trail: json!({
            "name": "main", "home_region": "us-east-1", "is_multi_region_trail": true, "status": {"is_logging": true},
            "s3_bucket_name": null,
            "cloud_watch_logs_log_group_arn": format!("arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail:*"),
            "event_selectors": null, "advanced_event_selectors": null,
        }),
        kinds: json!("All"),
        filters: json!([{
            "log_group_name": "trail", "filter_name": "kms", "filter_pattern": KMS, "apply_on_transformed_logs": null,
            "field_selection_criteria": null, "metric_transformations": [{"metric_namespace": "CIS", "metric_name": "Keys",
                "metric_value": "1", "default_value": null, "has_dimensions": false}],
        }]),
        topics: json!([{"topic_arn": TOPIC, "confirmed_subscriptions": ["email"]}]),
        alarm: json!({
            "alarm_name": "keys", "alarm_arn": "arn:keys", "actions_enabled": true, "alarm_actions": [TOPIC],
            "namespace": "CIS", "metric_name": "Keys", "statistic": "Sum", "evaluation_periods": 1, "threshold": 1.0,
            "comparison_operator": "GreaterThanOrEqualToThreshold",
        }),
        above: json!([]),
        rules: json!([]),
        far_topics: json!([]),
        cut: vec![],
    }
}

impl Estate {
    fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn joined(&self) -> Collected {
        let mut resources = vec![
            document(TRAIL, "main", "us-east-1", 1, &self.trail, &json!({"management_events": self.kinds})),
            document(ALARM, "arn:keys", "us-east-1", 2, &self.alarm, &json!({"composite_alarms": self.above})),
        ];
        let near = json!({"metric_filters": self.filters, "rules": [], "topics": self.topics});
        let far = json!({"metric_filters": [], "rules": self.rules, "topics": self.far_topics});
        for (region, config, seq) in [("us-east-1", near, 3), ("eu-west-1", far, 4)] {
            resources.push(document(COVERAGE, &format!("{ACCOUNT}/{region}"), region, seq, &config, &json!({})));
        }
        for resource in &mut resources {
            let unread: Vec<String> =
                resource.config.iter().filter(|(_, value)| **value == "unread").map(|(key, _)| key.clone()).collect();
            for key in unread {
                resource.config.remove(&key);
                let field = format!("config.{key}");
                resource.gaps.push(Gap { field, ..gap("x:Unread", GapReason::Denied, "AccessDenied") });
            }
        }
        let rows = [
            (TRAIL, "us-east-1"),
            (ALARM, "us-east-1"),
            (ALARM, "eu-west-1"),
            (COVERAGE, "us-east-1"),
            (COVERAGE, "eu-west-1"),
        ];
        let close = |(type_, region): (&str, &str)| {
            let mut tally = Tally::new(type_, region);
            for (_, reason) in self.cut.iter().filter(|(cut, _)| *cut == type_) {
                tally.cut_short((*reason).to_owned());
            }
            tally.close(&resources)
        };
        let populations = rows.map(close).to_vec();
        let mut collected = Collected { resources, populations, ..Collected::default() };
        apply(&mut collected);
        collected
    }

    /// `matched`, `has_enabled_target` and `has_confirmed_target` of an alert in a region.
    fn told(&self, key: &str, region: &str) -> [Option<bool>; 3] {
        let collected = self.joined();
        let document = collected.resources.iter().find(|r| r.type_ == COVERAGE && r.region == region).unwrap();
        let told = &document.derived["alert_coverage"][key];
        ["matched", "has_enabled_target", "has_confirmed_target"].map(|fact| {
            let field = format!("derived.alert_coverage.{key}.{fact}");
            let value = told.get(fact).and_then(Value::as_bool);
            assert_eq!(value.is_none(), document.gaps.iter().any(|gap| gap.field == field), "{field}");
            value
        })
    }

    /// Of the keys that are deleted, in both regions, which must agree.
    fn keys(&self) -> [Option<bool>; 3] {
        let [near, far] = ["us-east-1", "eu-west-1"].map(|region| self.told("kms-key-deletion", region));
        assert_eq!(near, far);
        near
    }
}

const YES: [Option<bool>; 3] = [Some(true); 3];
const NO: [Option<bool>; 3] = [Some(false); 3];
const UNKNOWN: [Option<bool>; 3] = [None; 3];

#[test]
fn a_filter_on_a_multi_region_trail_tells_of_events_in_every_region() {
    assert_eq!(estate().keys(), YES);
    assert_eq!(estate().told("root-usage", "us-east-1"), NO);
    let collected = estate().joined();
    let far = collected.resources.iter().find(|r| r.type_ == COVERAGE && r.region == "eu-west-1").unwrap();
    assert_eq!(far.exchanges, [1, 2, 3, 4]);
    assert_eq!(far.derived["alert_coverage"].as_object().unwrap().len(), 15);
    assert_eq!(far.derived["alert_coverage"]["nacl-changes"]["unmatched_events"].as_array().unwrap().len(), 6);
    assert!(collected.populations.iter().all(evidenced_schemas::Population::balances));
}

#[test]
fn a_trail_that_does_not_record_the_event_leads_nowhere() {
    for (path, value) in [
        ("/is_multi_region_trail", json!(false)),
        ("/status/is_logging", json!(false)),
        ("/cloud_watch_logs_log_group_arn", json!(null)),
        ("/cloud_watch_logs_log_group_arn", json!(format!("arn:aws:logs:us-east-1:{ACCOUNT}:log-group:other:*"))),
        ("/cloud_watch_logs_log_group_arn", json!(format!("arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:trail:*"))),
    ] {
        let changed = estate().change(|estate| *estate.trail.pointer_mut(path).unwrap() = value.clone());
        assert_eq!(changed.keys(), NO, "{path} {value}");
    }
    for (kinds, expected) in [("None", NO), ("ReadOnly", NO), ("WriteOnly", YES), ("Other", UNKNOWN)] {
        assert_eq!(estate().change(|estate| estate.kinds = json!(kinds)).keys(), expected, "{kinds}");
    }
}

#[test]
fn selectors_that_leave_out_a_source_leave_out_its_events() {
    let basic = |excluded: &str| {
        json!([{"read_write_type": "All", "include_management_events": true,
            "exclude_management_event_sources": [excluded], "data_resources": []}])
    };
    let advanced = |field: &str, value: &str| {
        json!([{"name": null, "field_selectors": [{"field": "eventCategory", "equals": ["Management"]},
            {"field": field, "not_equals": [value]}]}])
    };
    for (basic, advanced, expected) in [
        (basic("rdsdata.amazonaws.com"), json!(null), YES),
        (basic("kms.amazonaws.com"), json!(null), NO),
        (json!(null), advanced("eventSource", "rdsdata.amazonaws.com"), YES),
        (json!(null), advanced("eventSource", "kms.amazonaws.com"), NO),
        (json!(null), advanced("readOnly", "false"), NO),
        (json!(null), advanced("userIdentity.arn", "arn:x"), UNKNOWN),
    ] {
        let changed = estate().change(|estate| {
            estate.kinds = json!("Partial");
            estate.trail["event_selectors"] = basic.clone();
            estate.trail["advanced_event_selectors"] = advanced.clone();
        });
        assert_eq!(changed.keys(), expected, "{basic} {advanced}");
    }
}

#[test]
fn a_filter_must_match_every_event_and_not_everything() {
    for (pattern, expected) in [
        ("{ $.eventName = DisableKey }", NO),
        ("", NO),
        ("{ $.eventSource = kms.amazonaws.com && $.readOnly IS FALSE }", YES),
        ("{ $.eventName = %Key% }", UNKNOWN),
        ("Key", UNKNOWN),
    ] {
        let changed = estate().change(|estate| estate.filters[0]["filter_pattern"] = json!(pattern));
        assert_eq!(changed.keys(), expected, "{pattern}");
    }
    let two = estate().change(|estate| {
        let mut second = estate.filters[0].clone();
        estate.filters[0]["filter_pattern"] = json!("{ $.eventName = DisableKey }");
        second["filter_pattern"] = json!("{ $.eventName = ScheduleKeyDeletion }");
        estate.filters.as_array_mut().unwrap().push(second);
    });
    assert_eq!(two.keys(), YES, "two filters share the events");
    let transformed = estate().change(|estate| estate.filters[0]["apply_on_transformed_logs"] = json!(true));
    assert_eq!(transformed.keys(), UNKNOWN);
}

#[test]
fn an_alarm_must_fire_act_and_tell_a_confirmed_subscriber() {
    let matched = |enabled, confirmed| [Some(true), enabled, confirmed];
    for (key, value, expected) in [
        ("actions_enabled", json!(false), matched(Some(false), Some(false))),
        ("alarm_actions", json!([]), matched(Some(false), Some(false))),
        ("alarm_actions", json!(["arn:aws:automate:us-east-1:ec2:stop"]), matched(Some(true), Some(false))),
        ("alarm_actions", json!(["arn:aws:lambda:us-east-1:1:function:f"]), matched(Some(true), None)),
        ("alarm_actions", json!(["arn:aws:lambda:us-east-1:1:function:f", TOPIC]), YES),
        ("alarm_actions", json!(["arn:aws:sns:us-east-1:1:other"]), matched(Some(true), None)),
        ("alarm_actions", json!("unread"), matched(None, None)),
        ("threshold", json!(10.0), matched(Some(false), Some(false))),
        ("metric_name", json!("Other"), matched(Some(false), Some(false))),
    ] {
        let changed = estate().change(|estate| estate.alarm[key] = value.clone());
        assert_eq!(changed.keys(), expected, "{key} {value}");
    }
    let pending = estate().change(|estate| estate.topics[0]["confirmed_subscriptions"] = json!([]));
    assert_eq!(pending.keys(), matched(Some(true), Some(false)));
    let unread = estate().change(|estate| {
        let _ = estate.topics[0].as_object_mut().unwrap().remove("confirmed_subscriptions");
    });
    assert_eq!(unread.keys(), matched(Some(true), None));
}

#[test]
fn an_alarm_may_tell_through_a_composite_that_fires_with_it() {
    for (fires_alone, acts, expected) in
        [(true, true, Some(true)), (false, true, Some(false)), (true, false, Some(false))]
    {
        let changed = estate().change(|estate| {
            estate.alarm["alarm_actions"] = json!([]);
            estate.above = json!([{"alarm_arn": "arn:top", "fires_alone": fires_alone, "actions_enabled": acts,
                "alarm_actions": [TOPIC]}]);
        });
        assert_eq!(changed.keys(), [Some(true), expected, expected]);
    }
    let unread = estate().change(|estate| {
        estate.alarm["alarm_actions"] = json!([]);
        estate.above = json!(null);
    });
    assert_eq!(unread.keys(), [Some(true), None, None]);
}

/// No filter; a rule in `eu-west-1` for all sources.
fn with_rule(state: &str, target: &str) -> Estate {
    let sources = ["aws.kms", "aws.iam", "aws.ec2", "aws.ssm", "aws.signin"];
    let pattern = json!({"source": sources}).to_string();
    estate().change(|estate| {
        estate.filters = json!([]);
        estate.rules =
            json!([{"name": "r", "arn": "arn:r", "state": state, "event_pattern": pattern, "targets": [target]}]);
        estate.far_topics = json!([{"topic_arn": TOPIC, "confirmed_subscriptions": ["email"]}]);
    })
}

#[test]
fn a_rule_tells_of_events_in_its_own_region_alone() {
    let rule = with_rule("ENABLED", TOPIC);
    assert_eq!(rule.told("kms-key-deletion", "eu-west-1"), YES);
    assert_eq!(rule.told("kms-key-deletion", "us-east-1"), NO);
    assert_eq!(rule.told("iam-policy-changes", "eu-west-1"), NO, "IAM's events are delivered in us-east-1");
    assert_eq!(rule.told("security-group-changes", "eu-west-1"), YES);
    assert_eq!(rule.told("unauthorized-api-calls", "eu-west-1"), NO, "calls that only read are not delivered to it");
    let all = with_rule("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", TOPIC);
    assert_eq!(all.told("unauthorized-api-calls", "eu-west-1"), YES);
    let lambda = with_rule("ENABLED", "arn:aws:lambda:eu-west-1:1:function:f");
    assert_eq!(lambda.told("kms-key-deletion", "eu-west-1"), [Some(true), Some(true), None]);
    let logs = with_rule("ENABLED", "arn:aws:logs:eu-west-1:1:log-group:/aws/events/x");
    assert_eq!(logs.told("kms-key-deletion", "eu-west-1"), [Some(true), Some(true), Some(false)]);
}

#[test]
fn a_rule_gets_events_only_while_some_trail_records_them() {
    let stopped = with_rule("ENABLED", TOPIC).change(|estate| estate.trail["status"]["is_logging"] = json!(false));
    assert_eq!(stopped.told("kms-key-deletion", "eu-west-1"), UNKNOWN, "an organisation's trail may record them");
    assert_eq!(stopped.told("route-table-changes", "us-east-1"), NO, "nothing waits for them");
}

#[test]
fn what_was_not_read_is_unknown_unless_another_way_settles_it() {
    let filters = |estate: &mut Estate| estate.filters = json!("unread");
    assert_eq!(estate().change(filters).keys(), UNKNOWN);
    let rules = |estate: &mut Estate| estate.rules = json!("unread");
    assert_eq!(estate().change(rules).keys(), YES, "the filter settles it");
    assert_eq!(estate().change(rules).told("nacl-changes", "eu-west-1"), UNKNOWN);
    assert_eq!(estate().change(rules).told("nacl-changes", "us-east-1"), NO);
    let both = with_rule("ENABLED", TOPIC).change(filters);
    assert_eq!(both.told("kms-key-deletion", "eu-west-1"), YES, "the rule settles it");
    let trails =
        estate().change(|estate| estate.cut = vec![(TRAIL, "cloudtrail:DescribeTrails denied (AccessDenied)")]);
    assert_eq!((trails.keys(), trails.told("root-usage", "us-east-1")), (YES, UNKNOWN));
    let alarms = estate().change(|estate| {
        estate.alarm["actions_enabled"] = json!(false);
        estate.cut = vec![(ALARM, "cloudwatch:DescribeAlarms throttled (Throttling)")];
    });
    assert_eq!(alarms.keys(), [Some(true), None, None]);
}

#[test]
fn the_log_group_of_a_region_or_account_that_is_not_read_is_unknown() {
    for arn in [
        format!("arn:aws:logs:ap-south-1:{ACCOUNT}:log-group:trail:*"),
        "arn:aws:logs:us-east-1:999999999999:log-group:trail:*".to_owned(),
    ] {
        let changed = estate().change(|estate| estate.trail["cloud_watch_logs_log_group_arn"] = json!(arn));
        assert_eq!(changed.keys(), UNKNOWN, "{arn}");
    }
}

#[test]
fn alarms_on_quotas_are_named_where_they_act() {
    let of = |estate: &Estate| {
        let collected = estate.joined();
        let near = collected.resources.iter().find(|r| r.type_ == COVERAGE && r.region == "us-east-1").unwrap();
        near.derived.get("quota_alarms").cloned()
    };
    assert_eq!(of(&estate()), Some(json!([])));
    let usage = estate().change(|estate| estate.alarm["namespace"] = json!("AWS/Usage"));
    assert_eq!(of(&usage), Some(json!(["keys"])));
    let quota = estate().change(|estate| {
        estate.alarm["namespace"] = json!(null);
        estate.alarm["metrics"] = json!([{"id": "e", "expression": "m / SERVICE_QUOTA(m) * 100"}]);
    });
    assert_eq!(of(&quota), Some(json!(["keys"])));
    let off = usage.clone().change(|estate| estate.alarm["actions_enabled"] = json!(false));
    assert_eq!(of(&off), Some(json!([])));
    let cut = usage.change(|estate| estate.cut = vec![(ALARM, "cloudwatch:DescribeAlarms throttled (Throttling)")]);
    assert_eq!(of(&cut), None);
}
