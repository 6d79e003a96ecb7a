use crate::aws::scripted::{Scripted, only};
use crate::gcp::scripted::{DENIED, assets, family, with_sinks};
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const EFFECTIVE: &str = "orgpolicy.googleapis.com:orgpolicy.projects.policies.getEffectivePolicy";
const METADATA: &str = "compute.googleapis.com:compute.projects.get";
const SERVICES: &str = "serviceusage.googleapis.com:serviceusage.services.list";
const APPROVAL: &str = "accessapproval.googleapis.com:accessapproval.projects.getAccessApprovalSettings";
const OWN: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.projects.getIamPolicy";
const ABOVE: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.organizations.getIamPolicy";
const INVENTORY: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const PROJECT: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.projects.get";
const MISSING: &str = r#"{"error": {"code": 404, "status": "NOT_FOUND", "message": "None."}}"#;

/// A project of which all can be read; what stands before it in the script goes first.
fn whole(script: Scripted) -> Scripted {
    let rules = |rules: Value| json!({"name": "projects/1/policies/x", "spec": {"rules": rules}}).to_string();
    let kinds = json!([{"logType": "ADMIN_READ"}, {"logType": "DATA_READ"}, {"logType": "DATA_WRITE"}]);
    let audit = |configs: Value| json!({"auditConfigs": configs}).to_string();
    let repository = |name: &str, format: &str| {
        let name = format!("projects/evidence-test/locations/eu/repositories/{name}");
        (format!("//artifactregistry.googleapis.com/{name}"), json!({"name": name, "format": format}))
    };
    let (images, packages) = (repository("images", "DOCKER"), repository("packages", "NPM"));
    let type_ = "artifactregistry.googleapis.com/Repository";
    let repositories = assets(&[(&images.0, type_, images.1), (&packages.0, type_, packages.1)]);
    with_sinks(script, &[], &[])
        .always(PROJECT, "", 200, r#"{"name": "projects/1", "displayName": "P", "labels": {"a": "b"}}"#)
        .always(EFFECTIVE, "/iam.disableServiceAccountKeyCreation:", 200, &rules(json!([{"enforce": true}])))
        .always(
            EFFECTIVE,
            "/iam.allowedPolicyMemberDomains:",
            200,
            &rules(json!([{"values": {"allowedValues": ["C1"]}}])),
        )
        .always(EFFECTIVE, "/compute.vmExternalIpAccess:", 200, &rules(json!([{"allowAll": true}])))
        .always(EFFECTIVE, "/compute.managed.vmExternalIpAccess:", 200, &rules(json!([{"enforce": true}])))
        .always(EFFECTIVE, "/sql.restrictPublicIp:", 200, &rules(json!([{"enforce": false}])))
        .always(EFFECTIVE, "/storage.publicAccessPrevention:", 200, r#"{"name": "projects/1/policies/x"}"#)
        .always(EFFECTIVE, "", 404, MISSING)
        .always(
            SERVICES,
            "state:ENABLED",
            200,
            &json!({"services": [
            {"name": "projects/1/services/storage.googleapis.com", "state": "ENABLED"},
            {"name": "projects/1/services/compute.googleapis.com", "state": "ENABLED"}]})
            .to_string(),
        )
        .always(
            METADATA,
            "",
            200,
            &json!({"name": "evidence-test", "commonInstanceMetadata": {"items": [
            {"key": "enable-oslogin", "value": "TRUE"}, {"key": "ssh-keys", "value": "canary"}]}})
            .to_string(),
        )
        .always(APPROVAL, "", 404, MISSING)
        .always(
            OWN,
            "",
            200,
            &audit(json!([{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]},
            {"service": "storage.googleapis.com", "auditLogConfigs": [
                {"logType": "DATA_WRITE", "exemptedMembers": ["user:a@example.com"]}]}])),
        )
        .always(ABOVE, "organizations/1", 200, &audit(json!([{"service": "allServices", "auditLogConfigs": kinds}])))
        .always(INVENTORY, "contentType=RESOURCE", 200, &repositories)
}

async fn read(script: Scripted) -> Resource {
    only(&family(&super::FAMILY, script).await, super::TYPE).clone()
}

#[tokio::test]
async fn a_project_says_what_is_set_for_all_of_it() {
    let project = read(whole(Scripted::new())).await;
    assert!(project.gaps.is_empty(), "{:?}", project.gaps);
    assert_eq!(project.config["enabled_services"], json!(["compute.googleapis.com", "storage.googleapis.com"]));
    assert_eq!(project.config["compute_metadata"]["enable_oslogin"], "TRUE");
    assert_eq!(project.config["compute_metadata"]["enable_oslogin_2fa"], Value::Null);
    assert!(!serde_json::to_string(&project).unwrap().contains("canary"), "only known switches are kept");
    assert_eq!(project.config["access_approval"], Value::Null);
    assert_eq!(project.config["org_policies"].as_array().unwrap().len(), 15);
    let policies = &project.derived["org_policies"];
    for (name, holds) in [
        ("service_account_key_creation_disabled", true),
        ("policy_members_restricted", true),
        ("public_access_prevented", false),
        ("external_ips_restricted", true),
        ("sql_public_ips_restricted", false),
        ("os_login_required", false),
    ] {
        assert_eq!(policies[name], holds, "{name}");
    }
    let images = project.derived["image_repositories"].as_array().unwrap();
    assert_eq!((images.len(), &images[0]["format"]), (1, &json!("DOCKER")));
}

#[tokio::test]
async fn audit_configurations_of_all_levels_hold_together() {
    let logs = read(whole(Scripted::new())).await.derived["data_access_logs"].clone();
    assert_eq!(logs["all_services_log_types"], json!(["ADMIN_READ", "DATA_READ", "DATA_WRITE"]));
    assert_eq!(logs["exempted_members"], json!(["user:a@example.com"]));
}

#[tokio::test]
async fn what_is_set_above_and_cannot_be_read_leaves_the_audit_logs_unknown() {
    let project = read(whole(Scripted::new().always(ABOVE, "", 403, DENIED))).await;
    assert_eq!(project.derived["data_access_logs"], json!({}));
    let fields: Vec<&str> = project.gaps.iter().map(|gap| gap.field.as_str()).collect();
    assert!(fields.contains(&"derived.data_access_logs.exempted_members"), "{fields:?}");
}

#[tokio::test]
async fn a_policy_that_is_refused_is_unknown_unless_its_other_form_holds() {
    let script = Scripted::new()
        .always(EFFECTIVE, "/iam.managed.disableServiceAccountKeyCreation:", 403, DENIED)
        .always(EFFECTIVE, "/sql.managed.restrictPublicIp:", 403, DENIED);
    let project = read(whole(script)).await;
    let policies = project.derived["org_policies"].as_object().unwrap();
    assert_eq!(policies["service_account_key_creation_disabled"], true);
    assert!(!policies.contains_key("sql_public_ips_restricted"));
    assert!(!project.config.contains_key("org_policies"));
    let gap = project.gaps.iter().find(|gap| gap.field == "derived.org_policies.sql_public_ips_restricted").unwrap();
    assert_eq!(gap.reason, GapReason::Denied);
}

#[tokio::test]
async fn a_condition_does_not_make_a_policy_hold_and_one_that_lets_through_breaks_it() {
    for (rules, holds) in [
        (json!([{"enforce": true, "condition": {"expression": "x"}}]), false),
        (json!([{"enforce": true}, {"enforce": false, "condition": {"expression": "x"}}]), false),
        (json!([{"denyAll": true}]), true),
        (json!([{"values": {"deniedValues": ["x"]}}]), false),
        (json!([{"values": {"allowedValues": ["x"]}}, {"allowAll": true}]), false),
        (json!([]), false),
    ] {
        let body = json!({"name": "projects/1/policies/x", "spec": {"rules": rules}}).to_string();
        let script = Scripted::new().always(EFFECTIVE, "/compute.requireOsLogin:", 200, &body);
        assert_eq!(read(whole(script)).await.derived["org_policies"]["os_login_required"], holds, "{body}");
    }
}

#[tokio::test]
async fn sinks_of_all_entries_are_its_own_and_those_above_it() {
    let sink = |more: Value| {
        let mut sink = json!({"name": "s", "destination": "storage.googleapis.com/b"});
        sink.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        sink
    };
    let all_below = || sink(json!({"includeChildren": true}));
    for (own, above, found) in [
        (vec![sink(json!({"filter": " "}))], vec![], vec!["projects/evidence-test/sinks/s"]),
        (vec![], vec![all_below()], vec!["organizations/1/sinks/s"]),
        (vec![], vec![sink(json!({}))], vec![]),
        (vec![sink(json!({"disabled": true}))], vec![], vec![]),
        (vec![sink(json!({"filter": "severity>=ERROR"}))], vec![], vec![]),
        (vec![sink(json!({"exclusions": [{"name": "e", "filter": "x"}]}))], vec![], vec![]),
        (
            vec![sink(json!({"exclusions": [{"name": "e", "filter": "x", "disabled": true}]}))],
            vec![],
            vec!["projects/evidence-test/sinks/s"],
        ),
    ] {
        let project = read(whole(with_sinks(Scripted::new(), &own, &above))).await;
        assert_eq!(project.derived["sinks_of_all_entries"], json!(found), "{own:?} {above:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_empty_says_nothing() {
    let script = Scripted::new()
        .always(EFFECTIVE, "", 200, "{}")
        .always(METADATA, "", 200, "{}")
        .always(APPROVAL, "", 200, "{}");
    let project = read(whole(script)).await;
    assert_eq!(project.derived["org_policies"], json!({}));
    for key in ["org_policies", "compute_metadata", "access_approval"] {
        assert!(!project.config.contains_key(key), "{key}");
    }
}

#[tokio::test]
async fn binary_authorization_is_asked_where_it_is_enabled() {
    const BINARIES: &str = "binaryauthorization.googleapis.com:binaryauthorization.projects.getPolicy";
    assert_eq!(read(whole(Scripted::new())).await.config["binary_authorization"], Value::Null);
    let enabled =
        json!({"services": [{"name": "projects/1/services/binaryauthorization.googleapis.com", "state": "ENABLED"}]});
    let script = |status, body: &str| {
        let script = Scripted::new().always(SERVICES, "state:ENABLED", 200, &enabled.to_string());
        script.always(BINARIES, "projects/evidence-test/policy", status, body)
    };
    let policy = json!({"name": "projects/evidence-test/policy", "defaultAdmissionRule": {"evaluationMode": "ALWAYS_DENY",
        "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}});
    let project = read(whole(script(200, &policy.to_string()))).await;
    assert_eq!(project.config["binary_authorization"]["default_admission_rule"]["evaluation_mode"], "ALWAYS_DENY");
    for (status, body) in [(200, "{}"), (403, DENIED)] {
        let project = read(whole(script(status, body))).await;
        assert!(!project.config.contains_key("binary_authorization"), "{body}");
    }
}
