use crate::aws::scripted::{Scripted, gaps, only};
use crate::gcp::scripted::{DENIED, assets, family, policies, without_inventory};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LOCATIONS: &str = "run.googleapis.com:run.projects.locations.list";
const LIST: &str = "run.googleapis.com:run.projects.locations.services.list";
const POLICY: &str = "run.googleapis.com:run.projects.locations.services.getIamPolicy";
const KIND: &str = "run.googleapis.com/Service";
const TYPE: &str = "gcp.run.service";
const NAME: &str = "//run.googleapis.com/projects/evidence-test/locations/europe-west1/services/api";

/// As version 1 says it, and so the inventory.
fn first() -> Value {
    json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": {
            "name": "api", "namespace": "100", "labels": {"cloud.googleapis.com/location": "europe-west1", "team": "a"},
            "annotations": {"run.googleapis.com/ingress": "all", "run.googleapis.com/ingress-status": "internal-and-cloud-load-balancing",
                "run.googleapis.com/invoker-iam-disabled": "true"},
        },
        "spec": {"template": {"spec": {"containers": [{"image": "x", "env": [{"name": "KEY", "value": "canary"}]}]}}},
    })
}

/// As version 2 says it.
fn second() -> Value {
    json!({
        "name": "projects/evidence-test/locations/europe-west1/services/api", "labels": {"team": "a"},
        "ingress": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER", "invokerIamDisabled": true,
        "template": {"containers": [{"image": "x", "env": [{"name": "KEY", "value": "canary"}]}]},
    })
}

fn policy() -> Value {
    json!({"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}], "etag": "CAE="})
}

fn direct() -> Scripted {
    let regions = json!({"locations": [{"name": "projects/evidence-test/locations/europe-west1"}, {"name": "projects/evidence-test/locations/us-east1"}]});
    without_inventory(Scripted::new())
        .always(LOCATIONS, "v1/projects/evidence-test/locations", 200, &regions.to_string())
        .always(LIST, "locations/europe-west1/services", 200, &json!({"services": [second()]}).to_string())
}

#[tokio::test]
async fn a_service_is_the_same_from_both_versions_of_its_api() {
    let inventory = Scripted::new()
        .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, KIND, first())]))
        .always(ASSETS, "contentType=IAM_POLICY", 200, &policies(&[(NAME, KIND, policy())]));
    let listed = family(&super::FAMILY, inventory).await;
    let script = direct().always(LIST, "locations/us-east1/services", 200, "{}").always(
        POLICY,
        "v2/projects/evidence-test/locations/europe-west1/services/api:getIamPolicy",
        200,
        &policy().to_string(),
    );
    let asked = family(&super::FAMILY, script).await;
    let (one, other) = (only(&listed, TYPE), only(&asked, TYPE));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (NAME, "api", "europe-west1"));
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!((&one.config, &one.derived), (&other.config, &other.derived));
    assert_eq!(
        one.config["ingress"], "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
        "what is in force, not what was asked for"
    );
    assert_eq!((&one.config["invoker_iam_disabled"], &one.config["iap_enabled"]), (&json!(true), &Value::Null));
    assert_eq!(one.config["iam_policy"]["bindings"][0]["members"], json!(["allUsers"]));
    assert_eq!(one.tags.as_ref().unwrap().len(), 1, "labels of Google's own are not the user's");
}

#[tokio::test]
async fn words_of_version_one_that_are_unknown_stay_unknown_and_none_is_a_gap() {
    let with = |annotations: Value| {
        let mut service = first();
        service["metadata"]["annotations"] = annotations;
        Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, KIND, service)])).always(
            ASSETS,
            "contentType=IAM_POLICY",
            200,
            &policies(&[]),
        )
    };
    let collected = family(&super::FAMILY, with(json!({"run.googleapis.com/ingress": "sideways"}))).await;
    assert_eq!(only(&collected, TYPE).config["ingress"], "sideways");
    let collected = family(&super::FAMILY, with(json!({}))).await;
    assert_eq!(gaps(only(&collected, TYPE)), [("config.ingress", GapReason::Malformed)]);
}

#[tokio::test]
async fn policies_that_the_inventory_refuses_are_asked_for_by_the_name_of_version_two() {
    let script = Scripted::new()
        .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, KIND, first())]))
        .always(ASSETS, "contentType=IAM_POLICY", 403, DENIED)
        .always(
            POLICY,
            "v2/projects/evidence-test/locations/europe-west1/services/api:getIamPolicy",
            200,
            &policy().to_string(),
        );
    let collected = family(&super::FAMILY, script).await;
    assert_eq!(only(&collected, TYPE).config["iam_policy"]["bindings"][0]["role"], "roles/run.invoker");
}

#[tokio::test]
async fn a_region_that_is_refused_is_an_incomplete_population() {
    let script = direct().always(LIST, "locations/us-east1/services", 403, DENIED).always(POLICY, "", 403, DENIED);
    let collected = family(&super::FAMILY, script).await;
    assert!(collected.populations.iter().all(|row| !row.complete), "{:?}", collected.populations);
    assert_eq!(gaps(only(&collected, TYPE)), [("config.iam_policy", GapReason::Denied)]);
}
