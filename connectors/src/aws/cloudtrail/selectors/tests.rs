use super::*;
use serde_json::{Value, json};

fn basic(value: Value) -> Vec<EventSelector> {
    serde_json::from_value(value).unwrap()
}

/// Selectors from conditions written as `field operator value,value`.
fn advanced(selectors: &[&[&str]]) -> Vec<AdvancedEventSelector> {
    let field = |text: &&str| {
        let mut words = text.split(' ');
        let (field, operator) = (words.next().unwrap(), words.next().unwrap());
        let values: Vec<&str> = words.next().unwrap().split(',').collect();
        serde_json::from_value(json!({"field": field, operator: values})).unwrap()
    };
    let selector = |fields: &&[&str]| AdvancedEventSelector {
        name: None,
        field_selectors: fields.iter().map(field).collect::<Vec<FieldSelector>>(),
    };
    selectors.iter().map(selector).collect()
}

#[test]
fn basic_selectors_record_management_events_as_they_say() {
    let of = |value| management_events(&basic(value), &[]);
    let one = |kind: &str, included: bool, excluded: Value| json!({"read_write_type": kind, "include_management_events": included, "exclude_management_event_sources": excluded});
    assert_eq!(of(json!([])), ManagementEvents::None);
    assert_eq!(of(json!([one("All", true, json!([]))])), ManagementEvents::All);
    assert_eq!(of(json!([one("All", false, json!([]))])), ManagementEvents::None);
    assert_eq!(of(json!([one("WriteOnly", true, json!([]))])), ManagementEvents::WriteOnly);
    assert_eq!(of(json!([one("WriteOnly", true, json!([])), one("ReadOnly", true, json!([]))])), ManagementEvents::All);
    assert_eq!(of(json!([one("All", true, json!(["kms.amazonaws.com"]))])), ManagementEvents::Partial);
    let both = json!([one("All", true, json!(["kms.amazonaws.com"])), one("All", true, json!([]))]);
    assert_eq!(of(both), ManagementEvents::All, "another selector records what one leaves out");
    let some = json!([one("ReadOnly", true, json!(["kms.amazonaws.com"])), one("WriteOnly", true, json!([]))]);
    assert_eq!(of(some), ManagementEvents::Partial);
    assert_eq!(of(json!([one("Mystery", true, json!([]))])), ManagementEvents::None, "an unknown word covers nothing");
}

#[test]
fn advanced_selectors_record_management_events_as_their_conditions_leave_them() {
    for (selectors, expected) in [
        (vec![&["eventCategory equals Management"][..]], ManagementEvents::All),
        (vec![&["eventCategory equals Data"][..]], ManagementEvents::None),
        (vec![&["eventCategory equals Management", "readOnly equals true"][..]], ManagementEvents::ReadOnly),
        (vec![&["eventCategory equals Management", "readOnly equals false"][..]], ManagementEvents::WriteOnly),
        (
            vec![&["eventCategory equals Management", "eventSource not_equals kms.amazonaws.com"][..]],
            ManagementEvents::Partial,
        ),
        (
            vec![&["eventCategory equals Management", "eventSource equals iam.amazonaws.com"][..]],
            ManagementEvents::Partial,
        ),
        (
            vec![
                &["eventCategory equals Management", "readOnly equals true"][..],
                &["eventCategory equals Management", "readOnly equals false"][..],
            ],
            ManagementEvents::All,
        ),
        (vec![&["eventCategory equals Management", "readOnly not_equals true"][..]], ManagementEvents::None),
    ] {
        assert_eq!(management_events(&[], &advanced(&selectors)), expected, "{selectors:?}");
    }
}

#[test]
fn basic_data_resources_cover_whole_buckets_only() {
    let of = |kind: &str, values: &[&str]| {
        let resources = json!([{"type": "AWS::S3::Object", "values": values}, {"type": "AWS::Lambda::Function", "values": ["arn:aws:lambda"]}]);
        s3_data_events(
            &basic(json!([{"read_write_type": kind, "include_management_events": false, "data_resources": resources}])),
            &[],
        )
    };
    for everything in ["arn:aws:s3", "arn:aws:s3:::", "arn:aws-cn:s3:::"] {
        let events = of("All", &[everything]);
        assert!(events.read_all && events.write_all, "{everything}");
    }
    let events =
        of("WriteOnly", &["arn:aws:s3:::logs/", "arn:aws:s3:::part/of/", "arn:aws:s3:::begin", "arn:aws:s3:::/"]);
    assert_eq!((events.read_all, events.write_all), (false, false));
    assert!(events.read_buckets.is_empty());
    assert_eq!(events.write_buckets, BTreeSet::from(["logs".to_owned()]));
    assert_eq!(of("All", &["arn:aws:s3-object-lambda:::"]), DataEvents::default());
}

#[test]
fn advanced_data_selectors_count_only_where_nothing_else_narrows_them() {
    let of = |selectors: &[&[&str]]| s3_data_events(&[], &advanced(selectors));
    let objects = "resources.type equals AWS::S3::Object";
    let all = of(&[&["eventCategory equals Data", objects]]);
    assert!(all.read_all && all.write_all);
    let writes = of(&[&["eventCategory equals Data", objects, "readOnly equals false"]]);
    assert!(writes.write_all && !writes.read_all);
    let named =
        of(&[&["eventCategory equals Data", objects, "resources.ARN starts_with arn:aws:s3:::a/,arn:aws:s3:::b/x"]]);
    assert_eq!(named.read_buckets, BTreeSet::from(["a".to_owned()]));
    for narrowed in [
        "eventName equals DeleteObject",
        "resources.ARN not_starts_with arn:aws:s3:::private/",
        "resources.ARN equals arn:aws:s3:::a/key",
        "userIdentity.arn not_equals arn:aws:iam::1:role/x",
        "readOnly not_equals true",
    ] {
        assert_eq!(of(&[&["eventCategory equals Data", objects, narrowed]]), DataEvents::default(), "{narrowed}");
    }
    assert_eq!(
        of(&[&["eventCategory equals Data", "resources.type equals AWS::DynamoDB::Table"]]),
        DataEvents::default()
    );
    assert_eq!(of(&[&["eventCategory equals Management", objects]]), DataEvents::default());
}

#[test]
fn invocations_are_recorded_where_every_function_is_meant_for_reads_and_writes() {
    let values = |kind: &str, value: &str| {
        let resources = json!([{"type": "AWS::Lambda::Function", "values": [value]}]);
        basic(json!([{"read_write_type": kind, "include_management_events": false, "data_resources": resources}]))
    };
    assert!(lambda_data_events(&values("All", "arn:aws:lambda"), &[]));
    for (kind, value) in
        [("WriteOnly", "arn:aws:lambda"), ("All", "arn:aws:lambda:us-east-1:1:function:a"), ("All", "x")]
    {
        assert!(!lambda_data_events(&values(kind, value), &[]), "{kind} {value}");
    }
    let functions = "resources.type equals AWS::Lambda::Function";
    let of = |fields: &[&str]| lambda_data_events(&[], &advanced(&[fields]));
    assert!(of(&["eventCategory equals Data", functions]));
    assert!(of(&["eventCategory equals Data", functions, "resources.ARN starts_with arn:aws:lambda"]));
    assert!(!of(&["eventCategory equals Data", functions, "readOnly equals true"]));
    assert!(!of(&["eventCategory equals Data", functions, "resources.ARN starts_with arn:aws:lambda:eu-west-1"]));
    assert!(!of(&["eventCategory equals Data", "resources.type equals AWS::S3::Object"]));
}

#[test]
fn bedrock_is_recorded_by_management_events_and_by_the_data_types_that_nothing_narrows() {
    let management = |kind: &str, excluded: &[&str]| {
        let selector = json!([{"read_write_type": kind, "include_management_events": true, "exclude_management_event_sources": excluded}]);
        bedrock_events(&basic(selector), &[]).management
    };
    assert!(management("All", &["kms.amazonaws.com", "rdsdata.amazonaws.com"]), "other sources may be left out");
    assert!(!management("All", &["bedrock.amazonaws.com"]));
    assert!(!management("WriteOnly", &[]), "an invocation reads");
    let of = |selectors: &[&[&str]]| bedrock_events(&[], &advanced(selectors));
    for (condition, recorded) in [
        ("eventSource not_equals kms.amazonaws.com", true),
        ("eventSource equals iam.amazonaws.com,bedrock.amazonaws.com", true),
        ("eventSource equals iam.amazonaws.com", false),
        ("eventSource not_equals bedrock.amazonaws.com", false),
        ("eventSource not_starts_with kms", false),
        ("eventName equals InvokeModel", false),
        ("readOnly equals false", false),
    ] {
        assert_eq!(of(&[&["eventCategory equals Management", condition]]).management, recorded, "{condition}");
    }
    let data = "eventCategory equals Data";
    let agents = "resources.type equals AWS::Bedrock::AgentAlias";
    let events = of(&[
        &[data, agents],
        &[data, "resources.type equals AWS::Bedrock::Model", "readOnly equals true"],
        &[data, "resources.type equals AWS::Bedrock::Model", "readOnly equals false"],
        &[data, "resources.type equals AWS::Bedrock::Guardrail", "readOnly equals true"],
        &[data, "resources.type equals AWS::S3::Object"],
    ]);
    assert!(!events.management);
    let whole = ["AWS::Bedrock::AgentAlias", "AWS::Bedrock::Model"].map(str::to_owned);
    assert_eq!(events.data_types, BTreeSet::from(whole));
    for narrowed in
        ["resources.ARN starts_with arn:aws:bedrock:us-east-1:1:agent-alias/a", "eventName equals InvokeAgent"]
    {
        assert_eq!(of(&[&[data, agents, narrowed]]), BedrockEvents::default(), "{narrowed}");
    }
}
