use super::super::regions::{Discovered, Region};
use super::super::scripted::{Scripted, context, order};
use super::*;
use crate::collection::Collected;
use crate::document::Read;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::{Value, json};
use std::sync::Arc;

const DENIED: &str = r#"{"code": "AccessDeniedException"}"#;

const LISTS: [(&str, &str, &str); 7] = [
    ("backup:ListBackupVaults", "BackupVaultList", "aws.backup.vault"),
    ("backup:ListBackupPlans", "BackupPlansList", "config.backup_plans"),
    ("backup:ListBackupSelections", "BackupSelectionsList", "config.backup_selections"),
    ("backup:ListProtectedResources", "Results", "config.protected_resources"),
    ("backup:ListRestoreJobs", "RestoreJobs", "config.restore_jobs"),
    ("backup:ListRestoreTestingPlans", "RestoreTestingPlans", "config.restore_testing_plans"),
    ("backup:ListRecoveryPointsByBackupVault", "RecoveryPoints", "aws.backup.recovery-point"),
];

/// Empty lists, with lines of the caller's before them.
async fn read(mut script: Scripted) -> (Collected, Arc<Scripted>) {
    for (call, list, _) in LISTS {
        script = script.always(call, "", 200, &json!({list: []}).to_string());
    }
    let script = Arc::new(script.always("backup:ListTags", "", 200, r#"{"Tags": {}}"#));
    let context = context(order(), &script);
    let region = Region { name: "us-east-1".into(), opt_in_status: "opted-in".into() };
    let listed = Ok(Read { value: vec![region], exchanges: vec![], at: None });
    context.set_regions(Discovered { listed, to_read: vec!["us-east-1".into()], unread: vec![] });
    (FAMILY.read(&context).await.ordered(), script)
}

fn row<'a>(collected: &'a Collected, type_: &str) -> &'a Population {
    collected.populations.iter().find(|row| row.type_ == type_).unwrap_or_else(|| panic!("no row of {type_}"))
}

fn of<'a>(collected: &'a Collected, name: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.name == name).unwrap_or_else(|| panic!("no {name}"))
}

fn vaults(names: &[&str]) -> String {
    let vault = |name: &&str| {
        json!({"BackupVaultName": name, "BackupVaultArn": format!("arn:aws:backup:us-east-1:123456789012:backup-vault:{name}"),
            "EncryptionKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1", "Locked": true, "LockDate": 1_700_000_000.5})
    };
    json!({"BackupVaultList": names.iter().map(vault).collect::<Vec<_>>()}).to_string()
}

#[tokio::test]
async fn a_region_without_backups_says_so() {
    let (collected, script) = read(Scripted::new()).await;
    assert!(collected.populations.iter().all(|row| row.complete), "{:?}", collected.populations);
    let region = of(&collected, "us-east-1");
    assert_eq!(region.id, "123456789012/us-east-1");
    assert!(region.gaps.is_empty());
    assert_eq!(
        Value::Object(region.config.clone()),
        json!({"backup_plans": [], "backup_selections": [], "protected_resources": [], "restore_jobs": [], "restore_testing_plans": []})
    );
    let asked: Vec<_> = script.requests().iter().map(|request| request.url.to_string()).collect();
    let jobs = asked.iter().find(|url| url.contains("/restore-jobs/")).unwrap();
    assert!(jobs.contains("completeAfter=2026-01-14T08%3A00%3A00Z") && jobs.contains("status=COMPLETED"), "{jobs}");
    assert!(asked.iter().any(|url| url.ends_with("/restore-testing/plans?MaxResults=1000")), "{asked:?}");
}

#[tokio::test]
async fn each_list_of_a_region_that_cannot_be_read_is_a_gap_of_its_own() {
    let plan = r#"{"BackupPlansList": [{"BackupPlanId": "p1"}]}"#;
    for (call, _, field) in LISTS.into_iter().filter(|(_, _, field)| field.starts_with("config.")) {
        for (status, body, reason) in [
            (403, DENIED, GapReason::Denied),
            (200, "{}", GapReason::Malformed),
            (200, "<html/>", GapReason::Malformed),
        ] {
            let script = Scripted::new().always(call, "", status, body).always("backup:ListBackupPlans", "", 200, plan);
            let (collected, _) = read(script).await;
            let region = of(&collected, "us-east-1");
            let gaps: Vec<_> = region.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
            let plans = ("config.backup_plans", reason);
            let selections = ("config.backup_selections", reason);
            let expected = if field == plans.0 { vec![plans, selections] } else { vec![(field, reason)] };
            assert_eq!(gaps, expected, "{call}");
            assert!(!region.config.contains_key(field.strip_prefix("config.").unwrap()));
        }
    }
}

#[tokio::test]
async fn plans_selections_and_jobs_are_read_from_all_pages_and_sorted() {
    let script = Scripted::new()
        .always("backup:ListBackupPlans", "nextToken=t", 200, r#"{"BackupPlansList": [{"BackupPlanId": "a"}]}"#)
        .always(
            "backup:ListBackupPlans",
            "",
            200,
            r#"{"BackupPlansList": [{"BackupPlanId": "b", "LastExecutionDate": 1.7E9}], "NextToken": "t"}"#,
        )
        .always(
            "backup:ListBackupSelections",
            "/plans/a/",
            200,
            r#"{"BackupSelectionsList": [{"SelectionId": "2", "BackupPlanId": "a"}]}"#,
        )
        .always(
            "backup:ListBackupSelections",
            "/plans/b/",
            200,
            r#"{"BackupSelectionsList": [{"SelectionId": "1", "BackupPlanId": "b"}]}"#,
        )
        .always(
            "backup:ListRestoreJobs",
            "",
            200,
            r#"{"RestoreJobs": [{"RestoreJobId": "j", "Status": "COMPLETED", "CompletionDate": 1700000000.087,
            "CreatedBy": {"RestoreTestingPlanArn": "arn:p"}}]}"#,
        );
    let (collected, _) = read(script).await;
    let config = &of(&collected, "us-east-1").config;
    let ids =
        |list: &Value, key: &str| list.as_array().unwrap().iter().map(|item| item[key].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&config["backup_plans"], "backup_plan_id"), ["a", "b"]);
    assert_eq!(config["backup_plans"][1]["last_execution_date"], "2023-11-14T22:13:20Z");
    assert_eq!(ids(&config["backup_selections"], "selection_id"), ["1", "2"]);
    let job = &config["restore_jobs"][0];
    assert_eq!((&job["completion_date"], &job["validation_status"]), (&json!("2023-11-14T22:13:20Z"), &json!(null)));
}

#[tokio::test]
async fn vaults_have_their_tags_and_a_refusal_leaves_them_unknown() {
    let tagged = r#"{"Tags": {"Environment": "prod"}}"#;
    let script = Scripted::new()
        .always("backup:ListBackupVaults", "", 200, &vaults(&["main", "other"]))
        .always("backup:ListTags", "vault%3Amain", 200, tagged)
        .always("backup:ListTags", "vault%3Aother", 403, DENIED);
    let (collected, _) = read(script).await;
    let (main, other) = (of(&collected, "main"), of(&collected, "other"));
    assert_eq!(main.tags.as_ref().unwrap()["Environment"], "prod");
    assert_eq!((&main.config["locked"], &main.config["lock_date"]), (&json!(true), &json!("2023-11-14T22:13:20Z")));
    assert_eq!((other.tags.is_none(), other.gaps[0].field.as_str()), (true, "tags"));
    let no_lock = r#"{"BackupVaultList": [{"BackupVaultName": "v", "BackupVaultArn": "arn:v"}]}"#;
    let (collected, _) = read(Scripted::new().always("backup:ListBackupVaults", "", 200, no_lock)).await;
    assert_eq!(
        of(&collected, "v").gaps[0].field,
        "config.locked",
        "a vault without a word on its lock is not unlocked"
    );
}

#[tokio::test]
async fn recovery_points_of_all_vaults_are_one_population() {
    let points = |names: &[&str], next: &str| {
        let point = |name: &&str| json!({"RecoveryPointArn": format!("arn:aws:ec2:us-east-1::snapshot/{name}"), "Status": "COMPLETED", "IsEncrypted": true});
        let mut page = json!({"RecoveryPoints": names.iter().map(point).collect::<Vec<_>>()});
        if !next.is_empty() {
            page["NextToken"] = json!(next);
        }
        page.to_string()
    };
    let call = "backup:ListRecoveryPointsByBackupVault";
    let script = || {
        Scripted::new()
            .always("backup:ListBackupVaults", "", 200, &vaults(&["main", "other"]))
            .always(call, "nextToken=t", 200, &points(&["snap-2"], ""))
            .always(call, "/main/", 200, &points(&["snap-1"], "t"))
    };
    let (collected, script_of_whole) = read(script().always(call, "/other/", 200, &points(&["snap-3"], ""))).await;
    let type_ = "aws.backup.recovery-point";
    let whole = row(&collected, type_);
    assert_eq!((whole.listed, whole.evaluated, whole.pages, whole.complete), (3, 3, 3, true));
    let asked: Vec<_> = script_of_whole.requests().iter().map(|request| request.url.to_string()).collect();
    let distinct: std::collections::BTreeSet<_> = asked.iter().collect();
    assert_eq!(asked.len(), distinct.len(), "asked twice in the same words: {asked:?}");
    assert_eq!(of(&collected, "snapshot/snap-2").id, "arn:aws:ec2:us-east-1::snapshot/snap-2");

    let (collected, _) = read(script().always(call, "/other/", 403, DENIED)).await;
    let cut = row(&collected, type_);
    assert_eq!((cut.listed, cut.complete), (2, false));
    assert!(cut.reason.as_deref().unwrap().contains("denied"), "{cut:?}");

    let (collected, _) = read(Scripted::new().always("backup:ListBackupVaults", "", 403, DENIED)).await;
    for type_ in [type_, "aws.backup.vault"] {
        assert!(!row(&collected, type_).complete, "{type_}: nobody knows the vaults");
    }
    assert!(row(&collected, "aws.backup.account").complete);
}
