use crate::aws::scripted::{Scripted, gaps, only};
use crate::gcp::scripted::{DENIED, assets, family, policies, without_inventory};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LOCATIONS: &str = "cloudkms.googleapis.com:cloudkms.projects.locations.list";
const RINGS: &str = "cloudkms.googleapis.com:cloudkms.projects.locations.keyRings.list";
const KEYS: &str = "cloudkms.googleapis.com:cloudkms.projects.locations.keyRings.cryptoKeys.list";
const POLICY: &str = "cloudkms.googleapis.com:cloudkms.projects.locations.keyRings.cryptoKeys.getIamPolicy";
const RING_POLICY: &str = "cloudkms.googleapis.com:cloudkms.projects.locations.keyRings.getIamPolicy";
const TYPE: &str = "gcp.kms.crypto-key";
const RING: &str = "projects/evidence-test/locations/europe-west1/keyRings/main";
const RING_NAME: &str = "//cloudkms.googleapis.com/projects/evidence-test/locations/europe-west1/keyRings/main";
const NAME: &str =
    "//cloudkms.googleapis.com/projects/evidence-test/locations/europe-west1/keyRings/main/cryptoKeys/data";

fn key() -> Value {
    json!({
        "name": format!("{RING}/cryptoKeys/data"), "purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "7776000s", "labels": {"team": "a"},
        "versionTemplate": {"protectionLevel": "SOFTWARE"}, "primary": {"state": "ENABLED"},
    })
}

fn policy(member: &str) -> Value {
    json!({"bindings": [{"role": "roles/cloudkms.admin", "members": [member]}]})
}

fn inventory() -> Scripted {
    let key_asset = [(NAME, "cloudkms.googleapis.com/CryptoKey", key())];
    let both = [
        (NAME, "cloudkms.googleapis.com/CryptoKey", policy("user:a@example.com")),
        (RING_NAME, "cloudkms.googleapis.com/KeyRing", policy("allUsers")),
    ];
    Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &assets(&key_asset)).always(
        ASSETS,
        "contentType=IAM_POLICY",
        200,
        &policies(&both),
    )
}

fn chain() -> Scripted {
    let location =
        |place: &str| json!({"name": format!("projects/evidence-test/locations/{place}"), "locationId": place});
    let locations = json!({"locations": [location("europe-west1"), location("global")]}).to_string();
    without_inventory(Scripted::new())
        .always(LOCATIONS, "", 200, &locations)
        .always(RINGS, "europe-west1", 200, &json!({"keyRings": [{"name": RING}], "totalSize": 1}).to_string())
        .always(KEYS, "keyRings/main/cryptoKeys", 200, &json!({"cryptoKeys": [key()], "totalSize": 1}).to_string())
}

fn direct() -> Scripted {
    chain()
        .always(RINGS, "global", 200, "{}")
        .always(POLICY, "cryptoKeys/data:getIamPolicy", 200, &policy("user:a@example.com").to_string())
        .always(RING_POLICY, "keyRings/main:getIamPolicy", 200, &policy("allUsers").to_string())
}

#[tokio::test]
async fn a_key_is_the_same_from_the_inventory_and_from_its_own_api() {
    let listed = family(&super::FAMILY, inventory()).await;
    let asked = family(&super::FAMILY, direct()).await;
    let (one, other) = (only(&listed, TYPE), only(&asked, TYPE));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (NAME, "data", "europe-west1"));
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!(one.config, other.config);
    assert_eq!(one.config["iam_policy"]["bindings"][0]["members"], json!(["user:a@example.com"]));
    assert_eq!(one.config["key_ring_iam_policy"]["bindings"][0]["members"], json!(["allUsers"]));
    assert_eq!(one.config["next_rotation_time"], Value::Null);
}

#[tokio::test]
async fn policies_that_are_refused_are_gaps() {
    let script = chain()
        .always(RINGS, "global", 200, "{}")
        .always(POLICY, "", 200, &policy("user:a@example.com").to_string())
        .always(RING_POLICY, "", 403, DENIED);
    let collected = family(&super::FAMILY, script).await;
    let key = only(&collected, TYPE);
    assert_eq!(gaps(key), [("config.key_ring_iam_policy", GapReason::Denied)]);
    assert!(!key.config.contains_key("key_ring_iam_policy"));
}

#[tokio::test]
async fn a_place_whose_rings_are_refused_makes_the_keys_incomplete() {
    let collected = family(&super::FAMILY, chain().always(RINGS, "global", 403, DENIED)).await;
    assert!(collected.populations.iter().all(|row| !row.complete), "{:?}", collected.populations);
}
