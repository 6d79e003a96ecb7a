use super::*;

fn envelope(text: &str) -> Envelope {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_location_is_one_word_however_it_is_written() {
    for (location, region) in
        [("\"West Europe\"", "westeurope"), ("\"westeurope\"", "westeurope"), ("\"\"", "global"), ("null", "global")]
    {
        assert_eq!(envelope(&format!(r#"{{"id": "/x", "location": {location}}}"#)).region(), region);
    }
}

#[test]
fn what_has_no_name_is_called_by_its_id() {
    assert_eq!(envelope(r#"{"id": "/x", "name": "n", "displayName": "d"}"#).name(), "n");
    assert_eq!(envelope(r#"{"id": "/x", "displayName": "d"}"#).name(), "d");
    assert_eq!(envelope(r#"{"id": "/x", "tags": null}"#).name(), "/x");
    assert_eq!(
        envelope(r#"{"id": "/x", "tags": {"a": null}}"#).tags(),
        BTreeMap::from([("a".to_owned(), String::new())])
    );
}
