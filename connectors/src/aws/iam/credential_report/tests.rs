//! Reports cell by cell.

use super::*;
use evidenced_schemas::{Cloud, GapReason, Instant, Resource};
use serde_json::json;

const ARN: &str = "arn:aws:iam::111111111111:user/ann";

fn report(csv: &str) -> Read<Report> {
    let generated_at = "2026-03-01T04:00:00Z".parse().unwrap();
    let value = Report::parse(csv.as_bytes(), generated_at).unwrap();
    Read { value, exchanges: vec![3], at: None }
}

fn user(csv: &str) -> Resource {
    let mut draft = Draft::new("aws.iam.user", ARN, "ann", "global");
    let report = of_user(&mut draft, &Ok(report(csv)), ARN, None);
    finish(draft, &json!({"credential_report": report}))
}

fn finish(draft: Draft, config: &serde_json::Value) -> Resource {
    let as_of = Instant::try_from("2026-03-01T06:00:00Z".to_owned()).unwrap();
    draft.finish(Cloud::Aws, &"111111111111".parse().unwrap(), as_of, config, &json!({}))
}

fn count(csv: &str) -> Field<u64> {
    console_users(&mut Draft::new("t", "i", "n", "global"), &Ok(report(csv)))
}

#[test]
fn what_is_not_as_documented_is_a_gap_of_its_own_column() {
    let found = user(&format!(
        "mfa_active,user,arn,password_enabled,new_column\nmaybe,ann,{ARN},N/A,2026-01-01T01:00:00+01:00\n"
    ));
    let report = &found.config["credential_report"];
    assert_eq!(report["password_enabled"], serde_json::Value::Null, "a fact");
    assert_eq!(report["new_column"], "2026-01-01T00:00:00Z", "kept");
    assert_eq!(report.get("mfa_active"), None, "neither true nor false");
    assert_eq!(report.get("access_key_1_active"), None, "the column is not there");
    let fields: Vec<&str> = found.gaps.iter().map(|gap| gap.field.as_str()).collect();
    assert!(fields.contains(&"config.credential_report.mfa_active"));
    assert!(fields.contains(&"config.credential_report.access_key_1_active"));
    assert!(!fields.contains(&"config.credential_report.password_enabled"));
    assert!(found.gaps.iter().all(|gap| gap.reason == GapReason::Malformed));
}

#[test]
fn two_rows_of_one_user_cannot_be_told_apart() {
    let found = user(&format!("user,arn\nann,{ARN}\nann,{ARN}\n"));
    assert_eq!(found.config["credential_report"], serde_json::Value::Null);
    assert_eq!(found.gaps.len(), 1);
    assert_eq!(found.gaps[0].field, "config.credential_report");
}

#[test]
fn a_row_is_of_the_user_that_was_made_then() {
    let csv = format!("user,arn,user_creation_time\nann,{ARN},2026-03-01T05:00:00+00:00\n");
    let of = |created: &str| {
        let mut draft = Draft::new("aws.iam.user", ARN, "ann", "global");
        of_user(&mut draft, &Ok(report(&csv)), ARN, Some(created.parse().unwrap()))
    };
    assert!(of("2026-03-01T05:00:00Z").value().is_some(), "its own row, whatever the report says of its age");
    assert_eq!(of("2026-03-01T05:30:00Z"), Field::Absent, "an earlier user of the same name");
    assert!(of("2026-03-01T03:00:00Z").value().is_some(), "the report is newer");
}

#[test]
fn console_users_are_counted_without_root_and_only_when_known_of_all() {
    let rows = "<root_account>,a:root,not_supported\nann,a:ann,true\nbob,a:bob,false\n";
    assert_eq!(count(&format!("user,arn,password_enabled\n{rows}")), Field::Value(1));
    assert_eq!(count(&format!("user,arn,password_enabled\n{rows}cat,a:cat,perhaps\n")), Field::Unread);
    assert_eq!(count(&format!("user,arn,password_enabled\n{rows}ann,a:ann,false\n")), Field::Unread);
    assert_eq!(count(&format!("user,arn,password_enabled\n{rows}ann,a:ann,true\n")), Field::Value(1));
    assert_eq!(count("user,arn\nann,a:ann\n"), Field::Unread);
    assert_eq!(count("user,arn,password_enabled\n"), Field::Value(0));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(rows in "[a-z,\"\n<>_]{0,200}") {
        let time = DateTime::UNIX_EPOCH;
        let _ = Report::parse(rows.as_bytes(), time);
        if let Ok(value) = Report::parse(format!("user,arn,{rows}").as_bytes(), time) {
            let _ = console_users(&mut Draft::new("t", "i", "n", "global"), &Ok(Read { value, exchanges: vec![], at: None }));
        }
    }
}
