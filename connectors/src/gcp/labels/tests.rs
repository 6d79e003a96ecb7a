use crate::aws::scripted::{Scripted, gaps, row as population};
use crate::collection::Collected;
use crate::gcp::scripted::{DENIED, assets, family, without_inventory};
use evidenced_schemas::{GapReason, Resource};
use serde_json::json;

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const BUCKETS: &str = "storage.googleapis.com:storage.buckets.list";
const DATASETS: &str = "bigquery.googleapis.com:bigquery.datasets.list";
const DATASET: &str = "bigquery.googleapis.com:bigquery.datasets.get";
const INSTANCES: &str = "sqladmin.googleapis.com:sql.instances.list";
const SECRETS: &str = "secretmanager.googleapis.com:secretmanager.projects.secrets.list";
const TOPICS: &str = "pubsub.googleapis.com:pubsub.projects.topics.list";
const TYPE: &str = "gcp.label.resource";

fn told(collected: &Collected) -> Vec<(String, String, Option<String>)> {
    let class = |one: &Resource| one.tags.as_ref().and_then(|tags| tags.get("class").cloned());
    let type_ = |one: &Resource| one.derived["resource_type"].as_str().unwrap().to_owned();
    collected.resources.iter().map(|one| (type_(one), one.id.clone(), class(one))).collect()
}

fn lists() -> Scripted {
    let dataset = json!({"datasetReference": {"datasetId": "d"}, "labels": {"class": "c"}});
    without_inventory(Scripted::new())
        .always(BUCKETS, "", 200, &json!({"items": [{"name": "b", "labels": {"class": "a"}}]}).to_string())
        .always(DATASETS, "", 200, &json!({"datasets": [dataset]}).to_string())
        .always(
            INSTANCES,
            "",
            200,
            &json!({"items": [{"name": "i", "settings": {"userLabels": {"class": "b"}}}, {"name": "j"}]}).to_string(),
        )
        .always(SECRETS, "", 200, "{}")
}

#[tokio::test]
async fn every_store_has_a_document_with_its_labels() {
    let dataset = json!({"datasetReference": {"datasetId": "d"}, "labels": {"class": "c"}});
    let bucket = json!({"name": "b", "labels": {"class": "a"}});
    let instance = json!({"name": "i", "settings": {"userLabels": {"class": "b"}}});
    let all = [
        ("//storage.googleapis.com/b", "storage.googleapis.com/Bucket", bucket),
        (
            "//bigquery.googleapis.com/projects/evidence-test/datasets/d",
            "bigquery.googleapis.com/Dataset",
            dataset.clone(),
        ),
        ("//cloudsql.googleapis.com/projects/evidence-test/instances/i", "sqladmin.googleapis.com/Instance", instance),
        (
            "//pubsub.googleapis.com/projects/evidence-test/topics/t",
            "pubsub.googleapis.com/Topic",
            json!({"name": "projects/evidence-test/topics/t"}),
        ),
        ("//x/n", "compute.googleapis.com/Network", json!({"name": "n"})),
    ];
    let listed = family(&super::FAMILY, Scripted::new().always(ASSETS, "", 200, &assets(&all))).await;
    let documents = told(&listed);
    assert_eq!(documents.len(), 4, "{documents:?}");
    let row = |type_: &str, id: &str, class: Option<&str>| (type_.to_owned(), id.to_owned(), class.map(str::to_owned));
    for (index, class) in [(0, Some("a")), (1, Some("c")), (2, Some("b")), (3, None)] {
        assert!(documents.contains(&row(all[index].1, all[index].0, class)), "{index} {documents:?}");
    }
    assert!(listed.populations.iter().all(|row| row.complete && row.pages == 1), "{:?}", listed.populations);
    let topics = json!({"topics": [{"name": "projects/evidence-test/topics/t"}]}).to_string();
    let script = lists().always(DATASET, "", 200, &dataset.to_string()).always(TOPICS, "", 200, &topics);
    let asked = family(&super::FAMILY, script).await;
    let asked: Vec<_> = told(&asked).into_iter().filter(|(_, id, _)| !id.ends_with("instances/j")).collect();
    assert_eq!(documents, asked, "the same both ways");
}

#[tokio::test]
async fn labels_that_were_not_read_are_unknown_and_not_none() {
    let script = lists().always(DATASET, "", 403, DENIED).always(TOPICS, "", 200, "{}");
    let collected = family(&super::FAMILY, script).await;
    for (id, reason) in [("datasets/d", GapReason::Denied), ("instances/j", GapReason::Malformed)] {
        let document = collected.resources.iter().find(|one| one.id.ends_with(id)).unwrap();
        assert_eq!(gaps(document), [("tags", reason)]);
        assert_eq!(document.tags, None, "{id}");
    }
}

#[tokio::test]
async fn a_service_that_may_not_be_read_makes_the_stores_incomplete_and_is_named() {
    let script = lists().always(DATASET, "", 200, "{}").always(TOPICS, "", 403, DENIED);
    let collected = family(&super::FAMILY, script).await;
    let row = population(&collected, TYPE);
    assert!(!row.complete);
    assert!(row.reason.clone().unwrap().starts_with("pubsub.googleapis.com/Topic: "), "{:?}", row.reason);
    let dataset = collected.resources.iter().find(|one| one.id.ends_with("datasets/d")).unwrap();
    assert_eq!(gaps(dataset), [("tags", GapReason::Malformed)], "a dataset is not nothing");
}
