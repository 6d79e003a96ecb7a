use crate::aws::scripted::{Scripted, gaps, only};
use crate::gcp::scripted::{DENIED, assets, family, policies, without_inventory};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LIST: &str = "secretmanager.googleapis.com:secretmanager.projects.secrets.list";
const VERSIONS: &str = "secretmanager.googleapis.com:secretmanager.projects.secrets.versions.list";
const POLICY: &str = "secretmanager.googleapis.com:secretmanager.projects.secrets.getIamPolicy";
const TYPE: &str = "gcp.secretmanager.secret";
const SECRET: &str = "secretmanager.googleapis.com/Secret";
const VERSION: &str = "secretmanager.googleapis.com/SecretVersion";
const NAME: &str = "//secretmanager.googleapis.com/projects/100/secrets/token";

fn secret() -> Value {
    json!({
        "name": "projects/100/secrets/token", "createTime": "2026-01-01T00:00:00Z", "labels": {"owner": "a"},
        "rotation": {"nextRotationTime": "2027-02-01T00:00:00Z"},
    })
}

fn version(number: u8, state: &str) -> Value {
    let name = format!("projects/100/secrets/token/versions/{number}");
    json!({"name": name, "createTime": format!("2026-0{number}-01T00:00:00.5Z"), "state": state})
}

fn versions() -> [Value; 3] {
    [version(3, "DISABLED"), version(2, "ENABLED"), version(1, "ENABLED")]
}

fn inventory(versions: &[Value]) -> Scripted {
    let names: Vec<String> = versions
        .iter()
        .map(|one| format!("//secretmanager.googleapis.com/{}", one["name"].as_str().unwrap()))
        .collect();
    let mut all = vec![(NAME, SECRET, secret())];
    all.extend(names.iter().zip(versions).map(|(name, version)| (name.as_str(), VERSION, version.clone())));
    Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &assets(&all)).always(
        ASSETS,
        "contentType=IAM_POLICY",
        200,
        &policies(&[]),
    )
}

fn direct() -> Scripted {
    without_inventory(Scripted::new()).always(
        LIST,
        "",
        200,
        &json!({"secrets": [secret()], "totalSize": 1}).to_string(),
    )
}

#[tokio::test]
async fn a_secret_is_the_same_from_the_inventory_and_from_its_own_api() {
    let listed = family(&super::FAMILY, inventory(&versions())).await;
    let script = direct()
        .always(VERSIONS, "secrets/token/versions", 200, &json!({"versions": versions(), "totalSize": 3}).to_string())
        .always(POLICY, "secrets/token:getIamPolicy", 200, r#"{"etag": "ACAB"}"#);
    let asked = family(&super::FAMILY, script).await;
    let (one, other) = (only(&listed, TYPE), only(&asked, TYPE));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (NAME, "token", "global"));
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!((&one.config, &one.derived), (&other.config, &other.derived));
    assert_eq!(one.derived["newest_version_time"], "2026-02-01T00:00:00.500Z", "the newest is disabled");
    assert_eq!(one.config["rotation"]["next_rotation_time"], "2027-02-01T00:00:00Z");
}

#[tokio::test]
async fn a_secret_without_an_enabled_version_has_none() {
    for versions in [vec![], vec![version(3, "DISABLED"), version(1, "DESTROYED")]] {
        let collected = family(&super::FAMILY, inventory(&versions)).await;
        let secret = only(&collected, TYPE);
        assert!(secret.gaps.is_empty(), "{:?}", secret.gaps);
        assert_eq!(secret.derived["newest_version_time"], Value::Null);
    }
}

#[tokio::test]
async fn versions_that_are_refused_or_of_another_shape_are_a_gap() {
    let empty = r#"{"etag": "ACAB"}"#;
    let refused = direct().always(VERSIONS, "", 403, DENIED).always(POLICY, "", 200, empty);
    let odd = r#"{"versions": [{"name": "projects/100/secrets/token/versions/1", "createTime": 7}]}"#;
    let odd = direct().always(VERSIONS, "", 200, odd).always(POLICY, "", 200, empty);
    let mut timeless = version(1, "ENABLED");
    timeless["createTime"] = Value::Null;
    let timeless = inventory(&[timeless]);
    let later = inventory(&[version(1, "ENABLED"), version(2, "LATER")]);
    for (script, reason) in [
        (refused, GapReason::Denied),
        (odd, GapReason::Malformed),
        (timeless, GapReason::Malformed),
        (later, GapReason::Malformed),
    ] {
        let collected = family(&super::FAMILY, script).await;
        let secret = only(&collected, TYPE);
        assert_eq!(gaps(secret), [("derived.newest_version_time", reason)]);
        assert!(!secret.derived.contains_key("newest_version_time"));
    }
}
