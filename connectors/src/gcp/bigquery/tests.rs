use crate::aws::scripted::{Scripted, gaps, only};
use crate::gcp::scripted::{DENIED, assets, family, without_inventory};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LIST: &str = "bigquery.googleapis.com:bigquery.datasets.list";
const GET: &str = "bigquery.googleapis.com:bigquery.datasets.get";
const TYPE: &str = "gcp.bigquery.dataset";
const NAME: &str = "//bigquery.googleapis.com/projects/evidence-test/datasets/orders";

fn short() -> Value {
    json!({
        "kind": "bigquery#dataset", "id": "evidence-test:orders", "location": "EU", "labels": {"team": "a"}, "type": "DEFAULT",
        "datasetReference": {"projectId": "evidence-test", "datasetId": "orders"},
    })
}

fn dataset() -> Value {
    let mut dataset = short();
    dataset["creationTime"] = json!("1700000000000");
    dataset["access"] =
        json!([{"role": "OWNER", "specialGroup": "projectOwners"}, {"role": "READER", "iamMember": "allUsers"}]);
    dataset
}

fn inventory(data: Value) -> Scripted {
    Scripted::new().always(
        ASSETS,
        "contentType=RESOURCE",
        200,
        &assets(&[(NAME, "bigquery.googleapis.com/Dataset", data)]),
    )
}

fn direct() -> Scripted {
    let list = json!({"kind": "bigquery#datasetList", "datasets": [short()]}).to_string();
    without_inventory(Scripted::new()).always(LIST, "evidence-test/datasets", 200, &list)
}

#[tokio::test]
async fn a_dataset_is_the_same_from_the_inventory_and_from_its_own_api() {
    let listed = family(&super::FAMILY, inventory(dataset())).await;
    let asked = family(&super::FAMILY, direct().always(GET, "datasets/orders?", 200, &dataset().to_string())).await;
    let (one, other) = (only(&listed, TYPE), only(&asked, TYPE));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (NAME, "orders", "eu"));
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!(one.config, other.config);
    assert_eq!(one.config["creation_time"], 1_700_000_000_000_i64);
    assert_eq!(one.config["access"][1]["iam_member"], "allUsers");
    assert_eq!(one.config["access"][1]["special_group"], Value::Null);
    assert_eq!(one.config["default_encryption_configuration"], Value::Null);
}

#[tokio::test]
async fn where_the_inventory_does_not_tell_who_is_let_in_the_api_is_asked() {
    let script = inventory(short()).always(GET, "datasets/orders?", 200, &dataset().to_string());
    let collected = family(&super::FAMILY, script).await;
    assert_eq!(only(&collected, TYPE).config["access"][0]["special_group"], "projectOwners");
    let collected = family(&super::FAMILY, inventory(short()).always(GET, "", 403, DENIED)).await;
    let dataset = only(&collected, TYPE);
    assert_eq!(gaps(dataset), [("config.access", GapReason::Denied)]);
    assert!(!dataset.config.contains_key("access"), "it is unknown and not empty");
}

#[tokio::test]
async fn a_dataset_that_is_refused_is_there_with_nothing_known() {
    let collected = family(&super::FAMILY, direct().always(GET, "", 403, DENIED)).await;
    let dataset = only(&collected, TYPE);
    assert_eq!(gaps(dataset), [("config", GapReason::Denied)]);
    assert!(dataset.config.is_empty());
}
