use crate::aws::scripted::{Scripted, gaps, only};
use crate::gcp::scripted::{DENIED, assets, family, policies, without_inventory};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LOCATIONS: &str = "artifactregistry.googleapis.com:artifactregistry.projects.locations.list";
const LIST: &str = "artifactregistry.googleapis.com:artifactregistry.projects.locations.repositories.list";
const POLICY: &str = "artifactregistry.googleapis.com:artifactregistry.projects.locations.repositories.getIamPolicy";
const TYPE: &str = "gcp.artifactregistry.repository";
const KIND: &str = "artifactregistry.googleapis.com/Repository";
const NAME: &str = "//artifactregistry.googleapis.com/projects/evidence-test/locations/europe/repositories/images";

fn repository() -> Value {
    json!({
        "name": "projects/evidence-test/locations/europe/repositories/images", "format": "DOCKER", "mode": "STANDARD_REPOSITORY",
        "labels": {"team": "a"}, "dockerConfig": {"immutableTags": true},
    })
}

fn policy() -> Value {
    json!({"bindings": [{"role": "roles/artifactregistry.reader", "members": ["allUsers"]}]})
}

fn direct() -> Scripted {
    let locations = json!({"locations": [{"name": "projects/evidence-test/locations/europe"}]}).to_string();
    let list = json!({"repositories": [repository()]}).to_string();
    without_inventory(Scripted::new()).always(LOCATIONS, "", 200, &locations).always(
        LIST,
        "locations/europe/",
        200,
        &list,
    )
}

#[tokio::test]
async fn a_repository_is_the_same_from_the_inventory_and_from_its_own_api() {
    let script = Scripted::new()
        .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, KIND, repository())]))
        .always(ASSETS, "contentType=IAM_POLICY", 200, &policies(&[(NAME, KIND, policy())]));
    let listed = family(&super::FAMILY, script).await;
    let asked =
        family(&super::FAMILY, direct().always(POLICY, "repositories/images:", 200, &policy().to_string())).await;
    let (one, other) = (only(&listed, TYPE), only(&asked, TYPE));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (NAME, "images", "europe"));
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!(one.config, other.config);
    assert_eq!(one.config["docker_config"]["immutable_tags"], true);
    assert_eq!(one.config["iam_policy"]["bindings"][0]["members"], json!(["allUsers"]));
}

#[tokio::test]
async fn a_policy_that_is_refused_is_a_gap() {
    let collected = family(&super::FAMILY, direct().always(POLICY, "", 403, DENIED)).await;
    let repository = only(&collected, TYPE);
    assert_eq!(gaps(repository), [("config.iam_policy", GapReason::Denied)]);
    assert!(!repository.config.contains_key("iam_policy"));
}
