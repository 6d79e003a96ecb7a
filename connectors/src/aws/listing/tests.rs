use super::*;
use crate::aws::scripted::{Scripted, context, order};
use serde_json::json;
use std::sync::Arc;

#[test]
fn tags_are_read_in_every_spelling_and_nothing_else_is_one() {
    #[derive(Debug, Deserialize)]
    struct Answer {
        #[expect(dead_code, reason = "whether it reads is what matters")]
        tags: Tags,
    }
    let tags = |value: Value| serde_json::from_value::<Tags>(value).map(|tags| tags.0);
    let both = tags(json!([{"key": "a", "value": "1"}, {"tag_key": "b", "tag_value": null}])).unwrap();
    assert_eq!(both, BTreeMap::from([("a".into(), "1".into()), ("b".into(), String::new())]));
    assert_eq!(tags(json!({"a": "1", "b": null})).unwrap(), both);
    assert!(tags(json!(null)).unwrap().is_empty());
    assert!(tags(json!("")).unwrap().is_empty(), "an empty element of XML");
    for wrong in [json!([{"name": "a"}]), json!("none"), json!(7)] {
        assert!(tags(wrong).is_err());
    }
    assert!(serde_json::from_value::<Answer>(json!({"tags": null})).is_ok());
    assert!(serde_json::from_value::<Answer>(json!({})).is_err(), "an answer without tags is not one of no tags");
    assert_eq!(Tags(both).name_or("id"), "id");
}

#[test]
fn what_is_always_there_is_taken_out_where_it_is_null() {
    let mut value = json!({"a": {"b": null, "c": 1}, "d": null, "e": false});
    assert!(!keep_unless_null(&mut value, "a.b"));
    assert!(keep_unless_null(&mut value, "a.c"));
    assert!(!keep_unless_null(&mut value, "d"));
    assert!(!keep_unless_null(&mut value, "x.y"));
    assert!(keep_unless_null(&mut value, "e"));
    assert_eq!(value, json!({"a": {"c": 1}, "e": false}));
}

#[tokio::test]
async fn a_list_that_is_needed_whole_is_an_error_as_soon_as_one_page_or_item_is_not_read() {
    let operation = &crate::aws::ec2::subnet::DESCRIBE_SUBNETS;
    let page = |items: &str, next: &str| {
        format!(
            "<DescribeSubnetsResponse><subnetSet>{items}</subnetSet><nextToken>{next}</nextToken></DescribeSubnetsResponse>"
        )
    };
    let item = "<item><subnetId>subnet-1</subnetId></item>";
    for (second, good) in [(page(item, ""), true), (page("<item/>", ""), false), ("<html/>".to_owned(), false)] {
        let script = Scripted::new().always("ec2:DescribeSubnets", "NextToken=2", 200, &second).always(
            "ec2:DescribeSubnets",
            "",
            200,
            &page(item, "2"),
        );
        let context = context(order(), &Arc::new(script));
        let place = Place { context: &context, region: "us-east-1" };
        let read = place.whole::<crate::aws::ec2::subnet::Subnet>(operation, &["subnet_set"], json!({})).await;
        assert_eq!(read.is_ok(), good, "{second}");
        if let Ok(read) = read {
            assert_eq!((read.value.len(), read.exchanges), (2, vec![2, 1]));
        }
    }
}
