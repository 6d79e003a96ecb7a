use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{family, row, rows};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const JOBS: &str = "Microsoft.RecoveryServices:BackupJobs_List";
const TYPE: &str = "azure.recovery.vault";

fn script() -> Scripted {
    let security = json!({"softDeleteSettings": {"softDeleteState": "AlwaysON"}});
    let properties = json!({"securitySettings": security});
    let vault = row("microsoft.recoveryservices/vaults", "v", "westeurope", &json!({"properties": properties}));
    Scripted::new().always("Microsoft.ResourceGraph:Resources", "", 200, &rows(&[vault]))
}

#[tokio::test]
async fn restores_of_a_year_are_asked_for() {
    let done = json!({"operation": "Restore", "status": "Completed", "endTime": "2026-12-01T00:00:00Z"});
    let jobs = json!({"value": [{"id": "/j", "name": "j", "properties": done}]});
    // The run is of 2027-01-15T08:00:00Z.
    let asked = "$filter=startTime%20eq%20%272026-01-14%2008:00:00%20AM%27%20and%20endTime%20eq%20%272027-01-15%2008:00:00%20AM%27\
                 %20and%20operation%20eq%20%27Restore%27";
    let collected = family(&super::FAMILY, &["*/read"], script().always(JOBS, asked, 200, &jobs.to_string())).await;
    let vault = only(&collected, TYPE);
    assert!(vault.gaps.is_empty(), "{:?}", vault.gaps);
    assert_eq!(vault.config["restore_jobs"][0]["properties"]["status"], "Completed");
    let settings = &vault.config["properties"]["security_settings"];
    assert_eq!(settings["soft_delete_settings"]["soft_delete_state"], "AlwaysON");
    assert_eq!(settings["immutability_settings"], Value::Null);
}

#[tokio::test]
async fn jobs_that_are_refused_are_a_gap() {
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let collected = family(&super::FAMILY, &["*/read"], script().always(JOBS, "", 403, refused)).await;
    assert_eq!(gaps(only(&collected, TYPE)), [("config.restore_jobs", GapReason::Denied)]);
}
