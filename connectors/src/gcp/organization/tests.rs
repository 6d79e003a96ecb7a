use crate::aws::scripted::{Scripted, gaps, only, row};
use crate::collection::Collected;
use crate::gcp::scripted::{DENIED, DISABLED, run};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const GET: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.organizations.get";
const POLICY: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.organizations.getIamPolicy";
const CONTACTS: &str = "essentialcontacts.googleapis.com:essentialcontacts.organizations.contacts.list";
const SOURCES: &str = "securitycenter.googleapis.com:securitycenter.organizations.sources.list";
const FINDINGS: &str = "securitycenter.googleapis.com:securitycenter.organizations.sources.findings.list";
const USERS: &str = "admin.googleapis.com:directory.users.list";

async fn read(script: Scripted) -> Collected {
    let finding = json!({"finding": {
        "name": "organizations/1/sources/2/findings/3", "category": "PUBLIC_BUCKET_ACL", "state": "ACTIVE", "severity": "HIGH",
        "createTime": "2026-12-01T00:00:00Z", "eventTime": "2027-01-01T00:00:00Z"}, "resource": {"name": "x"}});
    let user = json!({"id": "7", "primaryEmail": "a@acme.example", "name": {"fullName": "A"}, "isAdmin": false,
        "suspended": false, "isEnrolledIn2Sv": true, "isEnforcedIn2Sv": false});
    let script = script
        .always(GET, "organizations/1", 200, r#"{"name": "organizations/1", "displayName": "acme.example"}"#)
        .always(POLICY, "", 200, r#"{"etag": "ACAB"}"#)
        .always(CONTACTS, "organizations/1/contacts", 200, &json!({"contacts": [
            {"name": "organizations/1/contacts/2", "email": "b@acme.example", "notificationCategorySubscriptions": ["ALL"]},
            {"name": "organizations/1/contacts/1", "email": "a@acme.example", "notificationCategorySubscriptions": ["SECURITY"],
             "validationState": "VALID"}]}).to_string())
        .always(SOURCES, "organizations/1/sources", 200, &json!({"sources": [
            {"name": "organizations/1/sources/2", "displayName": "Security Health Analytics"}]}).to_string())
        .always(FINDINGS, "organizations/1/sources/-/findings", 200,
            &json!({"listFindingsResults": [finding], "readTime": "2027-01-01T00:00:00Z", "totalSize": 1}).to_string())
        .always(USERS, "customer=my_customer", 200, &json!({"kind": "admin#directory#users", "users": [user]}).to_string());
    run("organization-1", script).await
}

#[tokio::test]
async fn an_organisation_has_contacts_sources_findings_and_users() {
    let collected = read(Scripted::new()).await;
    let organization = only(&collected, super::TYPE);
    assert!(organization.gaps.is_empty(), "{:?}", organization.gaps);
    assert_eq!(organization.name, "acme.example");
    let contacts = organization.config["essential_contacts"].as_array().unwrap();
    assert_eq!((&contacts[0]["email"], &contacts[1]["validation_state"]), (&json!("a@acme.example"), &Value::Null));
    assert_eq!(organization.config["scc_sources"], json!(["Security Health Analytics"]));
    let finding = only(&collected, "gcp.scc.finding");
    assert_eq!(
        (finding.id.as_str(), finding.name.as_str()),
        ("//securitycenter.googleapis.com/organizations/1/sources/2/findings/3", "PUBLIC_BUCKET_ACL")
    );
    assert_eq!(finding.config["finding"]["create_time"], "2026-12-01T00:00:00Z");
    let user = only(&collected, "gcp.workspace.user");
    assert_eq!(
        (user.id.as_str(), user.name.as_str()),
        ("//admin.googleapis.com/directory/v1/users/7", "a@acme.example")
    );
    assert_eq!((&user.config["is_enrolled_in2_sv"], &user.config["is_enforced_in2_sv"]), (&json!(true), &json!(false)));
    assert!(finding.gaps.is_empty() && user.gaps.is_empty());
}

#[tokio::test]
async fn security_command_center_that_is_not_active_is_a_gap_and_no_empty_list() {
    let script = Scripted::new().always(SOURCES, "", 403, DISABLED).always(FINDINGS, "", 403, DISABLED);
    let collected = read(script).await;
    assert_eq!(gaps(only(&collected, super::TYPE)), [("config.scc_sources", GapReason::NotEnabled)]);
    let findings = row(&collected, "gcp.scc.finding");
    assert!(!findings.complete && findings.reason.as_ref().unwrap().contains("SERVICE_DISABLED"), "{findings:?}");
}

#[tokio::test]
async fn users_that_are_refused_are_an_incomplete_population() {
    let collected = read(Scripted::new().always(USERS, "", 403, DENIED)).await;
    assert!(!row(&collected, "gcp.workspace.user").complete);
    assert!(collected.resources.iter().all(|resource| resource.type_ != "gcp.workspace.user"));
}
