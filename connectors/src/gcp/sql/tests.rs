use crate::aws::scripted::{Scripted, gaps, only};
use crate::gcp::scripted::{DENIED, assets, family, without_inventory};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LIST: &str = "sqladmin.googleapis.com:sql.instances.list";
const WORK: &str = "sqladmin.googleapis.com:sql.operations.list";
const TYPE: &str = "gcp.sql.instance";
const NAME: &str = "//cloudsql.googleapis.com/projects/evidence-test/instances/orders";

fn instance() -> Value {
    json!({
        "kind": "sql#instance", "name": "orders", "databaseVersion": "POSTGRES_16", "instanceType": "CLOUD_SQL_INSTANCE",
        "region": "europe-west1", "rootPassword": "x", "settings": {
            "userLabels": {"environment": "production"},
            "backupConfiguration": {"enabled": true, "backupRetentionSettings": {"retainedBackups": 7}},
            "databaseFlags": [{"name": "log_connections", "value": "on"}],
            "ipConfiguration": {"ipv4Enabled": true, "authorizedNetworks": [{"value": "0.0.0.0/0"}]},
        },
    })
}

fn work() -> String {
    let operation = |name: &str, type_: &str, end: &str| json!({"name": name, "operationType": type_, "status": "DONE", "targetId": "orders", "endTime": end});
    let mut failed = operation("c", "CREATE_CLONE", "2026-03-01T00:00:00Z");
    failed["error"] = json!({"errors": [{"code": "INTERNAL_ERROR"}]});
    json!({"kind": "sql#operationsList", "items": [
        failed, operation("b", "BACKUP_VOLUME", "2026-02-01T00:00:00Z"), operation("a", "RESTORE_VOLUME", "2026-01-01T00:00:00Z"),
    ]})
    .to_string()
}

fn inventory(data: Value) -> Scripted {
    Scripted::new().always(
        ASSETS,
        "contentType=RESOURCE",
        200,
        &assets(&[(NAME, "sqladmin.googleapis.com/Instance", data)]),
    )
}

fn direct() -> Scripted {
    let list = json!({"kind": "sql#instancesList", "items": [instance()]}).to_string();
    without_inventory(Scripted::new()).always(LIST, "evidence-test/instances", 200, &list)
}

#[tokio::test]
async fn an_instance_is_the_same_from_the_inventory_and_from_its_own_api() {
    let listed = family(&super::FAMILY, inventory(instance()).always(WORK, "", 200, &work())).await;
    let asked = family(&super::FAMILY, direct().always(WORK, "", 200, &work())).await;
    let (one, other) = (only(&listed, TYPE), only(&asked, TYPE));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (NAME, "orders", "europe-west1"));
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!((&one.config, &one.derived), (&other.config, &other.derived));
    assert_eq!(one.tags.as_ref().unwrap()["environment"], "production");
    let settings = &one.config["settings"];
    assert_eq!(settings["backup_configuration"]["backup_retention_settings"]["retained_backups"], 7);
    assert_eq!(settings["ip_configuration"]["authorized_networks"][0]["value"], "0.0.0.0/0");
    assert_eq!(settings["deletion_protection_enabled"], Value::Null);
    assert!(!one.config.contains_key("root_password"));
}

#[tokio::test]
async fn restores_and_clones_of_the_project_are_told_with_those_that_failed() {
    let collected = family(&super::FAMILY, direct().always(WORK, "", 200, &work())).await;
    let restores = &only(&collected, TYPE).derived["restores"];
    let told: Vec<_> =
        restores.as_array().unwrap().iter().map(|one| (one["operation_type"].clone(), one["failed"].clone())).collect();
    assert_eq!(told, [(json!("RESTORE_VOLUME"), json!(false)), (json!("CREATE_CLONE"), json!(true))]);
}

#[tokio::test]
async fn operations_that_are_refused_are_a_gap_and_no_lack_of_restores() {
    let collected = family(&super::FAMILY, inventory(instance()).always(WORK, "", 403, DENIED)).await;
    let instance = only(&collected, TYPE);
    assert_eq!(gaps(instance), [("derived.restores", GapReason::Denied)]);
    assert!(!instance.derived.contains_key("restores"));
}

#[tokio::test]
async fn settings_that_are_not_told_are_a_gap() {
    let bare = json!({"name": "orders", "databaseVersion": "MYSQL_8_0", "instanceType": "CLOUD_SQL_INSTANCE"});
    let collected = family(&super::FAMILY, inventory(bare).always(WORK, "", 200, "{}")).await;
    let instance = only(&collected, TYPE);
    assert_eq!(gaps(instance), [("config.settings", GapReason::Malformed)]);
    assert!(!instance.config.contains_key("settings"));
    assert_eq!(instance.derived["restores"], json!([]));
}
