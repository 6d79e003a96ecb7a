use super::*;
use serde_json::json;

const AGGREGATED: Operation = Operation { items: Items::Aggregated("instances"), ..Operation::PLAIN };

fn page(value: Value) -> Read<Value> {
    Read { value, exchanges: vec![1], at: None }
}

fn found(operation: &Operation, value: Value) -> Result<Vec<Value>, String> {
    let items = items(operation, &page(value)).map_err(|error| error.message)?;
    Ok(items.into_iter().map(|item| item.value).collect())
}

#[test]
fn an_aggregated_list_has_its_items_by_zone() {
    let whole = json!({"kind": "compute#instanceAggregatedList", "items": {
        "zones/a": {"instances": [{"name": "one"}]},
        "zones/b": {"warning": {"code": "NO_RESULTS_ON_PAGE"}},
    }});
    assert_eq!(found(&AGGREGATED, whole), Ok(vec![json!({"name": "one"})]));
    assert_eq!(found(&AGGREGATED, json!({"kind": "x"})), Ok(vec![]));
    let cut = json!({"items": {"zones/b": {"warning": {"code": "UNREACHABLE"}}}});
    assert!(found(&AGGREGATED, cut).unwrap_err().contains("zones/b was not read: UNREACHABLE"));
    for wrong in [json!({"items": []}), json!({"items": {"z": {"instances": {}}}}), json!({"x": 1})] {
        assert!(found(&AGGREGATED, wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn a_list_that_is_left_out_is_empty_and_another_answer_is_none() {
    const LIST: Operation = Operation { items: Items::In("keyRings"), ..Operation::PLAIN };
    assert_eq!(found(&LIST, json!({})), Ok(vec![]));
    assert_eq!(found(&LIST, json!({"totalSize": 0})), Ok(vec![]));
    assert!(found(&LIST, json!({"cryptoKeys": []})).is_err());
    assert!(found(&Operation::PLAIN, json!({})).is_err());
}

#[test]
fn a_list_that_always_has_a_kind_is_none_without() {
    const LIST: Operation =
        Operation { service: "storage.googleapis.com", items: Items::In("items"), ..Operation::PLAIN };
    assert_eq!(found(&LIST, json!({"kind": "storage#buckets"})), Ok(vec![]));
    assert_eq!(found(&LIST, json!({"items": [{"name": "b"}]})), Ok(vec![json!({"name": "b"})]));
    assert!(found(&LIST, json!({})).is_err());
}

#[test]
fn an_answer_that_names_what_it_did_not_reach_is_not_whole() {
    assert_eq!(unreached(&json!({"unreachable": []})), None);
    assert!(unreached(&json!({"missingZones": ["europe-west1-b"]})).unwrap().contains("europe-west1-b"));
    assert!(unreached(&json!({"warnings": [{"code": "REGION_UNREACHABLE"}]})).unwrap().contains("REGION_UNREACHABLE"));
}
