//! The family over scripted answers in the form that IAM gives them: whole, and with each part refused or spoilt.

mod answers;

use super::*;
use crate::collection::Order;
use crate::exchange::{ApiRequest, ApiResponse, Transport};
use answers::{ACCOUNT, Script, cut, denied, error, report_with, xml};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use evidenced_schemas::run::{Asked, Regions};
use evidenced_schemas::{Gap, GapReason, Instant, Population, Resource};
use std::collections::BTreeMap;
use std::sync::Arc;

async fn read(script: Script) -> Collected {
    let order = Order::new(
        ACCOUNT.parse().unwrap(),
        Asked {
            regions: Regions::default(),
            home_region: "eu-west-1".to_owned(),
            endpoints: BTreeMap::new(),
            use_fips: false,
            use_dual_stack: false,
        },
        Instant::try_from("2026-03-01T06:00:00Z".to_owned()).unwrap(),
    );
    let credentials = SharedCredentialsProvider::new(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"));
    let context = Context::new(order, Arc::new(script), credentials);
    let collected = collect(&context).await.ordered();
    for population in &collected.populations {
        assert!(population.balances(), "{population:?}");
    }
    collected
}

fn of<'a>(collected: &'a Collected, type_: &str) -> Vec<&'a Resource> {
    collected.resources.iter().filter(|resource| resource.type_ == type_).collect()
}

fn one<'a>(collected: &'a Collected, type_: &str, name: &str) -> &'a Resource {
    let found: Vec<_> = of(collected, type_).into_iter().filter(|resource| resource.name == name).collect();
    assert_eq!(found.len(), 1, "{type_} {name}");
    found[0]
}

fn population<'a>(collected: &'a Collected, type_: &str) -> &'a Population {
    let rows: Vec<_> = collected.populations.iter().filter(|row| row.type_ == type_).collect();
    assert_eq!(rows.len(), 1, "one row of {type_}");
    rows[0]
}

fn gap(field: &str, operation: &str, reason: GapReason, code: &str) -> Gap {
    Gap { field: field.to_owned(), operation: format!("iam:{operation}"), reason, code: code.to_owned() }
}

#[tokio::test]
async fn a_whole_account_leaves_no_gap() {
    let collected = read(Script::whole()).await;
    for resource in &collected.resources {
        assert_eq!(resource.gaps, [], "{}", resource.id);
        assert!(!resource.exchanges.is_empty(), "{}", resource.id);
    }
    for row in &collected.populations {
        assert!(row.is_whole(), "{row:?}");
    }
    assert_eq!(collected.populations.len(), TYPES.len());
    let listed: BTreeMap<&str, u64> =
        collected.populations.iter().map(|row| (row.type_.as_str(), row.listed)).collect();
    let expected = [
        ("aws.iam.account", 1),
        ("aws.iam.credential-report-root", 1),
        ("aws.iam.group", 1),
        ("aws.iam.inline-policy", 2),
        ("aws.iam.policy", 1),
        ("aws.iam.policy-document", 3),
        ("aws.iam.principal", 4),
        ("aws.iam.role", 2),
        ("aws.iam.server-certificate", 1),
        ("aws.iam.user", 2),
    ];
    assert_eq!(listed, expected.into());
    assert_eq!(population(&collected, "aws.iam.user").pages, 2);
    assert_eq!(population(&collected, "aws.iam.user").cross_check.as_ref().unwrap().count, 2);
}

#[tokio::test]
async fn documents_say_what_iam_said() {
    let collected = read(Script::whole()).await;
    let account = one(&collected, "aws.iam.account", ACCOUNT);
    assert_eq!(account.config["summary"]["account_mfa_enabled"], 1);
    assert_eq!(account.config["password_policy"]["minimum_password_length"], 14);
    assert_eq!(account.config["password_policy"]["max_password_age"], serde_json::Value::Null);
    assert_eq!(account.config["virtual_mfa_devices"].as_array().unwrap().len(), 2);
    assert_eq!(account.config["organizations_features"], serde_json::Value::Null);
    assert_eq!(account.derived["console_users"], 1);

    let root = one(&collected, "aws.iam.credential-report-root", "<root_account>");
    assert_eq!(root.config["mfa_active"], true);
    assert_eq!(root.config["password_enabled"], serde_json::Value::Null);
    assert_eq!(root.config["password_last_used"], "2026-02-01T08:00:00Z");
    assert_eq!(root.derived["report_generated_at"], "2026-03-01T04:00:00Z");

    let ann = one(&collected, "aws.iam.user", "ann");
    assert_eq!(ann.config["credential_report"]["access_key_1_active"], true);
    assert_eq!(ann.config["credential_report"]["additional_credentials_info"], "none");
    assert_eq!(ann.config["attached_managed_policies"][0]["policy_name"], "ops");
    assert_eq!(ann.config["permissions_boundary"]["permissions_boundary_type"], "Policy");
    assert_eq!(ann.tags.as_ref().unwrap()["team"], "a");
    let new = one(&collected, "aws.iam.user", "new");
    assert_eq!(new.config["credential_report"], serde_json::Value::Null, "the report is older than the user");
    assert_eq!(new.tags.as_ref().unwrap().len(), 0);

    let ci = one(&collected, "aws.iam.role", "ci");
    assert_eq!(ci.config["assume_role_policy_document"]["Version"], "2012-10-17");
    assert_eq!(ci.config["role_last_used"]["last_used_date"], "2026-02-20T10:00:00Z");
    assert_eq!(ci.derived["trust"]["external_accounts"][0]["account_id"], "999999999999");
    assert_eq!(ci.derived["service_linked"], false);
    let linked = one(&collected, "aws.iam.role", "AWSServiceRoleForSupport");
    assert_eq!(linked.derived["service_linked"], true);
    assert_eq!(linked.config["role_last_used"]["last_used_date"], serde_json::Value::Null);

    let ops = one(&collected, "aws.iam.policy", "ops");
    assert_eq!(ops.config["document"]["Statement"][0]["Action"], "*", "the default version, not the newest");
    assert_eq!(ops.derived["grants_admin"], true);
    let document = one(&collected, "aws.iam.policy-document", "ops");
    assert_eq!(document.config["kind"], "managed");
    assert_eq!(document.config["attached"], true);
    assert_eq!(document.config["statements"][0]["action"], serde_json::json!(["*"]));
    assert_eq!(document.config["statements"][0]["not_action"], serde_json::Value::Null);
    let principal = one(&collected, "aws.iam.principal", "ann");
    assert_eq!(principal.derived["is_admin"], true, "the attached policy, and the boundary takes nothing away");
    assert_eq!(principal.config["policies"].as_array().unwrap().len(), 2);
    assert_eq!(principal.config["permissions_boundary_arn"], "arn:aws:iam::aws:policy/ReadOnlyAccess");
    assert_eq!(one(&collected, "aws.iam.principal", "new").derived["privesc_paths"], serde_json::json!([]));
    let inline = one(&collected, "aws.iam.inline-policy", "pass");
    assert_eq!(inline.id, "arn:aws:iam::111111111111:user/ann#pass");
    assert_eq!(inline.config["principal_type"], "user");
    let pass = one(&collected, "aws.iam.policy-document", "pass");
    assert_eq!(pass.derived["unbounded_pass_role"], true);
    assert_eq!(pass.derived["assume_any_role"], false);
}

#[tokio::test]
async fn a_refused_stream_lists_nothing_and_says_so() {
    let collected = read(Script::whole().with("GetAccountAuthorizationDetails", vec![denied()])).await;
    for (type_, _) in STREAM {
        let row = population(&collected, type_);
        assert_eq!((row.listed, row.complete, row.pages), (0, false, 0), "{type_}");
        assert!(row.reason.as_ref().unwrap().contains("GetAccountAuthorizationDetails denied (AccessDenied)"));
    }
    assert_eq!(population(&collected, "aws.iam.user").cross_check.as_ref().unwrap().count, 2);
    assert_eq!(one(&collected, "aws.iam.account", ACCOUNT).gaps, []);
}

#[tokio::test]
async fn a_refused_second_page_keeps_the_first() {
    let [first, _] = answers::details();
    let pages = vec![first.clone(), error(400, "Throttling")];
    let collected = read(Script::whole().with("GetAccountAuthorizationDetails", pages)).await;
    let row = population(&collected, "aws.iam.user");
    assert_eq!((row.listed, row.complete, row.pages), (1, false, 1));
    assert_eq!(row.reason.as_deref(), Some("iam:GetAccountAuthorizationDetails throttled (Throttling)"));
    assert_eq!(one(&collected, "aws.iam.user", "ann").gaps, []);
    assert!(!population(&collected, "aws.iam.role").complete);
    let principal = one(&collected, "aws.iam.principal", "ann");
    assert_eq!(principal.gaps[0].reason, GapReason::Throttled, "its attached policy was to come on the second page");
    assert!(!principal.derived.contains_key("is_admin") && !principal.derived.contains_key("privesc_paths"));

    let again = vec![first.clone(), first];
    let collected = read(Script::whole().with("GetAccountAuthorizationDetails", again)).await;
    let row = population(&collected, "aws.iam.user");
    assert_eq!((row.listed, row.complete), (1, false), "a marker that comes again ends it");
    assert!(row.reason.as_ref().unwrap().contains("malformed"));
}

#[tokio::test]
async fn spoilt_pages_are_never_empty_pages() {
    let [first, second] = answers::details();
    let html = (200, "<!doctype html><html><body>Welcome</body></html>".to_owned());
    let hollow = (200, xml("GetAccountAuthorizationDetails", "<IsTruncated>false</IsTruncated>"));
    let listing = (200, "<ListBucketResult></ListBucketResult>".to_owned());
    let nowhere = (200, first.1.replace("<Marker>m1</Marker>", ""));
    for spoilt in [html, hollow, listing, nowhere, cut(&second, "<RoleName>"), cut(&second, "</RoleDetailList>")] {
        let pages = vec![first.clone(), spoilt.clone()];
        let collected = read(Script::whole().with("GetAccountAuthorizationDetails", pages)).await;
        let row = population(&collected, "aws.iam.role");
        assert!(!row.complete, "{}", spoilt.1);
        assert_eq!(population(&collected, "aws.iam.user").listed, 1);
    }
}

#[tokio::test]
async fn a_refused_report_is_a_gap_where_it_is_needed() {
    for (operation, code) in [("GenerateCredentialReport", "AccessDenied"), ("GetCredentialReport", "AccessDenied")] {
        let collected = read(Script::whole().with(operation, vec![denied()])).await;
        let row = population(&collected, "aws.iam.credential-report-root");
        assert_eq!((row.listed, row.complete), (0, false));
        assert_eq!(row.reason, Some(format!("iam:{operation} denied ({code})")));
        let missing = gap("config.credential_report", operation, GapReason::Denied, code);
        for user in of(&collected, "aws.iam.user") {
            assert_eq!(user.gaps, std::slice::from_ref(&missing));
            assert!(!user.config.contains_key("credential_report"));
        }
        let account = one(&collected, "aws.iam.account", ACCOUNT);
        assert_eq!(account.gaps, [gap("derived.console_users", operation, GapReason::Denied, code)]);
        assert!(!account.derived.contains_key("console_users"));
        assert_eq!(population(&collected, "aws.iam.user").not_evaluated, 2);
        assert_eq!(population(&collected, "aws.iam.role").not_evaluated, 0);
    }
}

#[tokio::test]
async fn a_report_is_waited_for_and_not_for_ever() {
    let started = (200, xml("GenerateCredentialReport", "<State>STARTED</State>"));
    let complete = (200, xml("GenerateCredentialReport", "<State>COMPLETE</State>"));
    let slow =
        vec![started.clone(), (200, xml("GenerateCredentialReport", "<State>INPROGRESS</State>")), complete.clone()];
    let collected = read(Script::whole().with("GenerateCredentialReport", slow)).await;
    assert!(population(&collected, "aws.iam.credential-report-root").is_whole());

    let expired = vec![error(410, "ReportExpired"), answers::report()];
    let collected = read(Script::whole().with("GetCredentialReport", expired)).await;
    assert!(population(&collected, "aws.iam.credential-report-root").is_whole());

    let never = Script::whole().with("GenerateCredentialReport", vec![started]);
    let calls = never.calls();
    let collected = read(never).await;
    let reason = population(&collected, "aws.iam.credential-report-root").reason.clone();
    assert_eq!(reason.as_deref(), Some("iam:GenerateCredentialReport timeout (ReportInProgress)"));
    assert_eq!(calls.of("GenerateCredentialReport"), 20);
    assert_eq!(calls.of("GetCredentialReport"), 0);
}

#[tokio::test]
async fn a_report_without_root_is_not_whole() {
    let report = report_with(|rows| rows.retain(|row| !row.starts_with("<root")));
    let collected = read(Script::whole().with("GetCredentialReport", vec![report])).await;
    let row = population(&collected, "aws.iam.credential-report-root");
    assert_eq!((row.listed, row.complete), (0, false));
    assert_eq!(row.reason.as_deref(), Some("the credential report has no <root_account> row"));
    assert_eq!(one(&collected, "aws.iam.user", "ann").gaps, []);
}

#[tokio::test]
async fn a_user_without_a_row_is_a_gap_unless_it_is_newer() {
    let report = report_with(|rows| rows.retain(|row| !row.starts_with("ann,")));
    let collected = read(Script::whole().with("GetCredentialReport", vec![report])).await;
    let expected = gap("config.credential_report", "GetCredentialReport", GapReason::Malformed, "-");
    assert_eq!(one(&collected, "aws.iam.user", "ann").gaps, [expected]);
    assert_eq!(one(&collected, "aws.iam.user", "new").gaps, []);
}

#[tokio::test]
async fn a_broken_report_is_malformed_everywhere() {
    let uneven = report_with(|rows| rows[1].push_str(",more,cells"));
    let nameless = report_with(|rows| rows[0] = rows[0].replace(",arn,", ",amazon_resource_name,"));
    let empty =
        (200, xml("GetCredentialReport", "<Content></Content><GeneratedTime>2026-03-01T04:00:00Z</GeneratedTime>"));
    let undated = (200, answers::report().1.replace("GeneratedTime", "Generated"));
    for report in [uneven, nameless, empty, undated] {
        let collected = read(Script::whole().with("GetCredentialReport", vec![report.clone()])).await;
        assert!(!population(&collected, "aws.iam.credential-report-root").complete, "{}", report.1);
        for user in of(&collected, "aws.iam.user") {
            let expected = gap("config.credential_report", "GetCredentialReport", GapReason::Malformed, "-");
            assert_eq!(user.gaps, [expected], "{}", report.1);
        }
    }
}

#[tokio::test]
async fn each_refused_setting_is_its_own_gap() {
    let table = [
        ("GetAccountSummary", "config.summary"),
        ("GetAccountPasswordPolicy", "config.password_policy"),
        ("ListVirtualMFADevices", "config.virtual_mfa_devices"),
        ("ListOrganizationsFeatures", "config.organizations_features"),
    ];
    for (operation, field) in table {
        let collected = read(Script::whole().with(operation, vec![denied()])).await;
        let account = one(&collected, "aws.iam.account", ACCOUNT);
        assert_eq!(account.gaps, [gap(field, operation, GapReason::Denied, "AccessDenied")]);
        assert!(!account.config.contains_key(field.trim_start_matches("config.")), "{field}");
        assert_eq!(account.config.len(), 3, "{operation}");
        let check = population(&collected, "aws.iam.user").cross_check.is_some();
        assert_eq!(check, operation != "GetAccountSummary");
    }
}

#[tokio::test]
async fn settings_that_are_not_there_are_facts_and_hollow_answers_are_not() {
    let none = read(Script::whole().with("GetAccountPasswordPolicy", vec![error(404, "NoSuchEntity")])).await;
    let account = one(&none, "aws.iam.account", ACCOUNT);
    assert_eq!(account.config["password_policy"], serde_json::Value::Null);
    assert_eq!(account.gaps, []);
    for operation in ["GetAccountPasswordPolicy", "GetAccountSummary"] {
        let hollow = read(Script::whole().with(operation, vec![(200, xml(operation, ""))])).await;
        let gaps = &one(&hollow, "aws.iam.account", ACCOUNT).gaps;
        assert_eq!((gaps.len(), gaps[0].reason), (1, GapReason::Malformed), "{operation}");
    }
    let mut features = answers::features();
    features.1 = features.1.replace("RootSessions", "SomethingNew");
    let seen = read(Script::whole().with("ListOrganizationsFeatures", vec![features])).await;
    let account = one(&seen, "aws.iam.account", ACCOUNT);
    assert_eq!(account.config["organizations_features"]["enabled_features"][1], "SomethingNew");
}

#[tokio::test]
async fn a_second_page_of_devices_that_fails_leaves_no_half_list() {
    let page = (
        200,
        answers::devices()
            .1
            .replace("<IsTruncated>false</IsTruncated>", "<IsTruncated>true</IsTruncated><Marker>d</Marker>"),
    );
    let collected = read(Script::whole().with("ListVirtualMFADevices", vec![page.clone(), denied()])).await;
    assert!(!one(&collected, "aws.iam.account", ACCOUNT).config.contains_key("virtual_mfa_devices"));
    let collected = read(Script::whole().with("ListVirtualMFADevices", vec![page])).await;
    assert_eq!(
        one(&collected, "aws.iam.account", ACCOUNT).gaps[0].reason,
        GapReason::Malformed,
        "the same marker again"
    );
}

#[tokio::test]
async fn a_policy_that_does_not_parse_is_unknown_and_not_harmless() {
    let pages = answers::details().map(|(status, body)| {
        let body = body.replace(&answers::encoded(answers::CI_TRUST), "%7Bnot-json").replace(
            &answers::encoded(answers::OPS),
            &answers::encoded(r#"{"Statement":{"Effect":"Perhaps","Action":"*","Resource":"*"}}"#),
        );
        (status, body)
    });
    let collected = read(Script::whole().with("GetAccountAuthorizationDetails", pages.into())).await;
    let malformed = |field: &str| gap(field, "GetAccountAuthorizationDetails", GapReason::Malformed, "-");
    let ci = one(&collected, "aws.iam.role", "ci");
    assert_eq!(ci.gaps, [malformed("config.assume_role_policy_document"), malformed("derived.trust")]);
    assert!(!ci.derived.contains_key("trust"));
    let ops = one(&collected, "aws.iam.policy", "ops");
    assert_eq!(ops.gaps, [malformed("derived.grants_admin")]);
    assert_eq!(ops.config["document"]["Statement"]["Effect"], "Perhaps");
    let document = one(&collected, "aws.iam.policy-document", "ops");
    assert_eq!(document.derived.len(), 0);
    assert_eq!(document.gaps.len(), 7);
}

#[tokio::test]
async fn a_count_that_differs_is_shown() {
    let summary =
        (200, answers::summary().1.replace("<key>Users</key><value>2</value>", "<key>Users</key><value>3</value>"));
    let collected = read(Script::whole().with("GetAccountSummary", vec![summary])).await;
    let row = population(&collected, "aws.iam.user");
    assert!(row.complete && !row.is_whole());
    assert_eq!(row.reason.as_deref(), Some("listed 2, but iam:GetAccountSummary Users says 3"));
}

#[tokio::test]
async fn policies_of_the_organisation_are_applied_where_they_can_be_read_and_said_not_to_be_elsewhere() {
    let told = |collected: &Collected| {
        let principals = of(collected, "aws.iam.principal");
        let linked = |principal: &&&Resource| principal.config["service_linked"] == true;
        assert!(
            principals.iter().filter(linked).all(|principal| principal.derived["service_control_policies"] == "none")
        );
        let other = principals.iter().find(|principal| !linked(principal)).unwrap();
        assert!(!other.gaps.iter().any(|gap| gap.operation.starts_with("organizations:")));
        (other.derived["service_control_policies"].as_str().unwrap().to_owned(), other.exchanges.contains(&100))
    };
    assert_eq!(told(&read(Script::whole()).await), ("not_read".to_owned(), false));
    let none = (400, r#"{"__type":"AWSOrganizationsNotInUseException"}"#.to_owned());
    let outside = Script::whole().with("DescribeOrganization", vec![none]);
    assert_eq!(told(&read(outside).await), ("none".to_owned(), true));
    let ok = |body: &str| vec![(200, body.to_owned())];
    let inside = Script::whole()
        .with("DescribeOrganization", ok(r#"{"Organization":{"Id":"o-a","Arn":"a","FeatureSet":"ALL","MasterAccountId":"999999999999"}}"#))
        .with("ListParents", ok(r#"{"Parents":[{"Id":"r-a","Type":"ROOT"}]}"#))
        .with("ListPoliciesForTarget", ok(r#"{"Policies":[{"Id":"p-a","Name":"n","AwsManaged":false}]}"#))
        .with("DescribePolicy", ok(r#"{"Policy":{"Content":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}"}}"#));
    let collected = read(inside).await;
    assert_eq!(told(&collected), ("applied".to_owned(), true));
    let bound =
        of(&collected, "aws.iam.principal").into_iter().filter(|principal| principal.config["service_linked"] == false);
    assert!(
        bound.clone().count() > 0
            && bound.clone().all(|principal| principal.derived.get("is_admin") != Some(&true.into()))
    );
}

#[test]
fn every_declared_operation_is_documented_and_allowed() {
    for type_ in TYPES {
        assert!(!type_.operations.is_empty());
        for operation in type_.operations {
            assert_eq!(operation.permission, format!("{}:{}", operation.service, operation.name));
            assert!(operation.docs.ends_with(&format!("API_{}.html", operation.name)));
        }
    }
}

#[tokio::test]
async fn tags_that_are_not_told_are_not_said_to_be_none() {
    let collected = read(Script::whole()).await;
    assert_eq!(one(&collected, "aws.iam.policy", "ops").tags, None);
    assert!(one(&collected, "aws.iam.role", "ci").tags.as_ref().unwrap().is_empty());
}

#[tokio::test]
async fn certificates_are_read_from_every_page_and_one_without_an_end_is_unknown() {
    const TYPE: &str = "aws.iam.server-certificate";
    let ends = |time: &str| format!("<Expiration>{time}</Expiration>");
    let (first, second) = (ends("2026-09-01T12:00:00Z"), ends("2020-01-01T00:00:00Z"));
    let pages = |last: answers::Answer| vec![answers::certificates(&[("web", &first), ("bare", "")], "m1"), last];
    let with = |answers: Vec<answers::Answer>| read(Script::whole().with("ListServerCertificates", answers));

    let collected = with(pages(answers::certificates(&[("old", &second), ("web", &first)], ""))).await;
    let row = population(&collected, TYPE);
    assert_eq!((row.listed, row.evaluated, row.not_evaluated, row.pages), (3, 2, 1, 2));
    assert_eq!(row.reason.as_deref(), Some("listed 3, but iam:GetAccountSummary ServerCertificates says 1"));
    let old = one(&collected, TYPE, "old");
    assert_eq!(
        serde_json::Value::Object(old.config.clone()),
        serde_json::json!({
            "server_certificate_name": "old", "server_certificate_id": "ASCAold", "path": "/old/",
            "arn": "arn:aws:iam::111111111111:server-certificate/old/old", "upload_date": "2024-01-01T00:00:00Z",
            "expiration": "2020-01-01T00:00:00Z",
        })
    );
    let bare = one(&collected, TYPE, "bare");
    assert_eq!(bare.gaps, [gap("config.expiration", "ListServerCertificates", GapReason::Malformed, "-")]);
    assert!(!bare.config.contains_key("expiration"));

    for (last, reason) in [
        (denied(), "denied (AccessDenied)"),
        (answers::certificates(&[], "m1"), "malformed"),
        ((200, xml("ListRoles", "")), "malformed"),
        ((200, "<html/>".to_owned()), "malformed"),
        (answers::certificates(&[("", &first)], ""), "malformed"),
    ] {
        let collected = with(pages(last)).await;
        let row = population(&collected, TYPE);
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
        assert_eq!(row.listed, 2, "what was read before stays");
    }
    let none = with(vec![(200, xml("ListServerCertificates", ""))]).await;
    assert!(!population(&none, TYPE).is_whole(), "the summary counts what a page without its list would hide");
}
