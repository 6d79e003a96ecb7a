use super::*;
use crate::aws::scripted::Scripted;
use crate::azure::scripted::context;
use evidenced_schemas::GapReason;
use std::sync::Arc;

static SETTINGS: Operation = Operation {
    service: "Microsoft.Things",
    name: "Things_Get",
    request: Request::Get("{id}/settings?api-version=2020-01-01"),
    ..Operation::PLAIN
};

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

/// Every member of a shape may be left out, so that a shape alone takes anything for a thing with nothing set.
#[tokio::test]
async fn what_has_no_id_is_no_thing() {
    const CALL: &str = "Microsoft.Things:Things_Get";
    for (thing, is_one) in [
        (r#"{"id": "/x", "properties": {}}"#, true),
        (r#"{"properties": {}}"#, false),
        (r#"{"id": "", "properties": {}}"#, false),
        (r#"{"id": null, "properties": {}}"#, false),
        (r#"{"id": 7, "properties": {}}"#, false),
    ] {
        let list = format!(r#"{{"value": [{{"id": "/first"}}, {thing}]}}"#);
        let script = Arc::new(Scripted::new().once(CALL, "", 200, thing).once(CALL, "", 200, &list));
        let (context, names) = (context(&script), [("id", "/x")]);
        let kinds = [
            one::<Value>(&context, &SETTINGS, &names).await.map(|_| ()),
            whole::<Value>(&context, &SETTINGS, &names).await.map(|_| ()),
        ];
        for outcome in kinds {
            assert_eq!(
                outcome.map_err(|error| error.kind),
                if is_one { Ok(()) } else { Err(GapReason::Malformed) },
                "{thing}"
            );
        }
    }
}
