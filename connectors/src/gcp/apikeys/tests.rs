use crate::aws::scripted::{Scripted, only, row as population};
use crate::gcp::scripted::{DENIED, assets, family, without_inventory};
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LIST: &str = "apikeys.googleapis.com:apikeys.projects.locations.keys.list";
const TYPE: &str = "gcp.apikeys.key";
const NAME: &str = "//apikeys.googleapis.com/projects/evidence-test/locations/global/keys/k1";

fn key() -> Value {
    json!({
        "name": "projects/100/locations/global/keys/k1", "uid": "k1", "displayName": "Maps", "createTime": "2026-01-01T00:00:00Z",
        "restrictions": {"apiTargets": [{"service": "maps-backend.googleapis.com"}], "browserKeyRestrictions": {"allowedReferrers": ["a"]}},
    })
}

fn deleted() -> Value {
    json!({"name": "projects/100/locations/global/keys/k2", "createTime": "2026-01-01T00:00:00Z", "deleteTime": "2026-02-01T00:00:00Z"})
}

#[tokio::test]
async fn a_key_is_the_same_from_the_inventory_and_from_its_own_api() {
    let gone = NAME.replace("k1", "k2");
    let both = [(NAME, "apikeys.googleapis.com/Key", key()), (gone.as_str(), "apikeys.googleapis.com/Key", deleted())];
    let listed = family(&super::FAMILY, Scripted::new().always(ASSETS, "", 200, &assets(&both))).await;
    let script = without_inventory(Scripted::new()).always(LIST, "", 200, &json!({"keys": [key()]}).to_string());
    let asked = family(&super::FAMILY, script).await;
    let (one, other) = (only(&listed, TYPE), only(&asked, TYPE));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (NAME, "Maps", "global"));
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!(one.config, other.config);
    assert_eq!(
        one.config["restrictions"]["api_targets"][0],
        json!({"service": "maps-backend.googleapis.com", "methods": []})
    );
    assert_eq!(one.config["restrictions"]["server_key_restrictions"], Value::Null);
}

#[tokio::test]
async fn keys_that_may_not_be_listed_are_an_incomplete_population() {
    let collected = family(&super::FAMILY, without_inventory(Scripted::new()).always(LIST, "", 403, DENIED)).await;
    assert!(!population(&collected, TYPE).complete);
}
