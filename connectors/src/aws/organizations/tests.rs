//! The place of an account, and a whole organisation, over scripted answers: whole, and with each part refused or spoilt.

use super::scps::{Guardrails, guardrails};
use crate::aws::scripted::{Scripted, context, order};
use crate::aws::{collect, credentials};
use crate::collection::{Collected, Order};
use crate::exchange::Transport;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::{Value, json};
use std::sync::Arc;

const OWN: &str = "123456789012";
const ROOT: &str = "r-abcd";
const UNIT: &str = "ou-abcd-11111111";
const REFUSED: &str = r#"{"__type":"AccessDeniedException","Message":"no"}"#;
const NOT_IN_USE: &str = r#"{"__type":"AWSOrganizationsNotInUseException","Message":"none"}"#;

fn organization(management: &str, features: &str) -> String {
    json!({"Organization": {"Id": "o-exampleorg", "Arn": "arn:aws:organizations::999999999999:organization/o-exampleorg",
        "FeatureSet": features, "MasterAccountId": management, "MasterAccountEmail": "root@example.com"}})
    .to_string()
}

fn policies(ids: &[&str]) -> String {
    let policy = |id: &&str| {
        json!({"Id": id, "Name": id.trim_start_matches("p-"), "AwsManaged": *id == "p-FullAWSAccess",
        "Arn": "arn", "Type": "SERVICE_CONTROL_POLICY"})
    };
    json!({"Policies": ids.iter().map(policy).collect::<Vec<_>>()}).to_string()
}

fn parents(id: &str, kind: &str) -> String {
    json!({"Parents": [{"Id": id, "Type": kind}]}).to_string()
}

/// The account in a unit below the root, and a guardrail on the unit.
fn placed(before: Scripted) -> Scripted {
    before
        .always("organizations:DescribeOrganization", "", 200, &organization("999999999999", "ALL"))
        .always("organizations:ListParents", OWN, 200, &parents(UNIT, "ORGANIZATIONAL_UNIT"))
        .always("organizations:ListParents", UNIT, 200, &parents(ROOT, "ROOT"))
        .once("organizations:ListPoliciesForTarget", r#""NextToken":"t""#, 200, &policies(&["p-guard"]))
        .always("organizations:ListPoliciesForTarget", UNIT, 200, &{
            let mut page: Value = serde_json::from_str(&policies(&["p-FullAWSAccess"])).unwrap();
            page["NextToken"] = json!("t");
            page.to_string()
        })
        .always("organizations:ListPoliciesForTarget", "", 200, &policies(&["p-FullAWSAccess"]))
        .always(
            "organizations:DescribePolicy",
            "p-guard",
            200,
            &policy(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}"#),
        )
        .always(
            "organizations:DescribePolicy",
            "p-FullAWSAccess",
            200,
            &policy(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#),
        )
}

fn policy(content: &str) -> String {
    json!({"Policy": {"PolicySummary": {"Id": "p"}, "Content": content}}).to_string()
}

async fn place(script: Scripted) -> Resource {
    let context = context(order(), &Arc::new(script));
    let collected = super::account::own(&context).await;
    let [row] = collected.populations.as_slice() else { panic!("one row") };
    assert!(row.balances() && row.listed == 1 && row.complete, "{row:?}");
    collected.resources.into_iter().next().unwrap()
}

fn gaps(document: &Resource) -> Vec<(&str, &str, GapReason)> {
    document.gaps.iter().map(|gap| (gap.field.as_str(), gap.operation.as_str(), gap.reason)).collect()
}

#[tokio::test]
async fn the_place_of_an_account_and_the_policies_on_its_path() {
    let document = place(placed(Scripted::new())).await;
    assert!(document.gaps.is_empty(), "{:?}", document.gaps);
    assert_eq!(
        Value::Object(document.config),
        json!({"account_id": OWN, "organization_id": "o-exampleorg", "management_account_id": "999999999999", "feature_set": "ALL",
            "parents": [{"id": UNIT, "type": "ORGANIZATIONAL_UNIT"}, {"id": ROOT, "type": "ROOT"}]})
    );
    let full = |target: &str| json!({"id": "p-FullAWSAccess", "name": "FullAWSAccess", "aws_managed": true, "target_id": target});
    let guard = json!({"id": "p-guard", "name": "guard", "aws_managed": false, "target_id": UNIT});
    assert_eq!(
        Value::Object(document.derived),
        json!({"in_organization": true, "effective_scps": [full(OWN), full(UNIT), guard, full(ROOT)]})
    );
}

#[tokio::test]
async fn no_organisation_is_a_fact_and_the_management_account_asks_for_no_policies() {
    let document = place(Scripted::new().always("organizations:DescribeOrganization", "", 400, NOT_IN_USE)).await;
    assert!(document.gaps.is_empty(), "{:?}", document.gaps);
    assert_eq!(document.config["organization_id"], Value::Null);
    assert_eq!(document.config["parents"], Value::Null);
    assert_eq!(Value::Object(document.derived), json!({"in_organization": false, "effective_scps": []}));
    for (management, features) in [(OWN, "ALL"), ("999999999999", "CONSOLIDATED_BILLING")] {
        let own =
            Scripted::new().always("organizations:DescribeOrganization", "", 200, &organization(management, features));
        let own = own.always("organizations:ListParents", "", 200, &parents(ROOT, "ROOT"));
        let document = place(own).await;
        assert!(document.gaps.is_empty(), "{:?}", document.gaps);
        assert_eq!(Value::Object(document.derived), json!({"in_organization": true, "effective_scps": []}));
    }
}

#[tokio::test]
async fn each_refused_call_is_the_gap_of_what_needs_it() {
    let all = [
        "config.feature_set",
        "config.management_account_id",
        "config.organization_id",
        "config.parents",
        "derived.effective_scps",
        "derived.in_organization",
    ];
    for (status, body, reason) in [
        (400, REFUSED, GapReason::Denied),
        (200, "<html>", GapReason::Malformed),
        (200, "{}", GapReason::Malformed),
        (200, r#"{"Organization":{}}"#, GapReason::Malformed),
    ] {
        let document =
            place(placed(Scripted::new().always("organizations:DescribeOrganization", "", status, body))).await;
        let expected: Vec<_> = all.iter().map(|field| (*field, "organizations:DescribeOrganization", reason)).collect();
        assert_eq!(gaps(&document), expected, "{body}");
        assert!(document.derived.is_empty());
    }
    let two =
        json!({"Parents": [{"Id": UNIT, "Type": "ORGANIZATIONAL_UNIT"}, {"Id": ROOT, "Type": "ROOT"}]}).to_string();
    let itself = parents(UNIT, "ORGANIZATIONAL_UNIT");
    for (status, body, reason) in [
        (400, REFUSED, GapReason::Denied),
        (200, r#"{"Parents":[]}"#, GapReason::Malformed),
        (200, "{}", GapReason::Malformed),
        (200, two.as_str(), GapReason::Malformed),
        (200, itself.as_str(), GapReason::Malformed),
    ] {
        let document = place(placed(Scripted::new().always("organizations:ListParents", UNIT, status, body))).await;
        let operation = "organizations:ListParents";
        let expected = [("config.parents", operation, reason), ("derived.effective_scps", operation, reason)];
        assert_eq!(gaps(&document), expected, "{body}");
        assert_eq!(document.derived["in_organization"], true);
    }
    // The policies of one target, or a further page of them, are missing: what is left would look like the whole.
    for (needle, status, body) in [(ROOT, 400, REFUSED), (r#""NextToken":"t""#, 400, REFUSED), (OWN, 200, "{}")] {
        let script = placed(Scripted::new().always("organizations:ListPoliciesForTarget", needle, status, body));
        let document = place(script).await;
        let reason = if status == 400 { GapReason::Denied } else { GapReason::Malformed };
        assert_eq!(gaps(&document), [("derived.effective_scps", "organizations:ListPoliciesForTarget", reason)]);
    }
}

#[tokio::test]
async fn guardrails_are_whole_or_not_read() {
    let of = async |script: Scripted| guardrails(&context(order(), &Arc::new(script))).await;
    let Guardrails::Levels(levels) = of(placed(Scripted::new())).await else { panic!("they are readable") };
    assert_eq!(levels.value.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
    let off = Scripted::new().always("organizations:ListPoliciesForTarget", "", 200, r#"{"Policies":[]}"#);
    assert!(matches!(of(placed(off)).await, Guardrails::None(_)), "the policy type is off");
    let none = Scripted::new().always("organizations:DescribeOrganization", "", 400, NOT_IN_USE);
    assert!(matches!(of(none).await, Guardrails::None(_)));
    for (call, needle, status, body) in [
        ("organizations:DescribeOrganization", "", 400, REFUSED),
        ("organizations:ListParents", OWN, 400, REFUSED),
        ("organizations:ListPoliciesForTarget", ROOT, 400, REFUSED),
        ("organizations:ListPoliciesForTarget", ROOT, 200, r#"{"Policies":[]}"#),
        ("organizations:DescribePolicy", "p-guard", 400, REFUSED),
        ("organizations:DescribePolicy", "p-guard", 200, r#"{"Policy":{"Content":"no policy"}}"#),
    ] {
        let found = of(placed(Scripted::new().always(call, needle, status, body))).await;
        assert!(matches!(found, Guardrails::NotRead), "{call} {body}: {found:?}");
    }
}

#[tokio::test]
async fn a_policy_is_asked_for_once_for_all_who_want_it() {
    let script = Arc::new(placed(Scripted::new()));
    let context = context(order(), &script);
    let (_, _) = futures::join!(super::account::own(&context), guardrails(&context));
    let mut asked: Vec<String> = Vec::new();
    for request in script.requests() {
        asked.push(format!("{} {}", request.operation, String::from_utf8_lossy(&request.body)));
    }
    let whole = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!((asked.len(), whole), (9, 9), "{asked:#?}");
}

fn member(id: &str, state: &Value) -> Value {
    let mut member = json!({"Id": id, "Arn": format!("arn:aws:organizations::999999999999:account/o-exampleorg/{id}"),
        "Email": "root@example.com", "Name": format!("account {id}"), "JoinedMethod": "CREATED", "JoinedTimestamp": 1_700_000_000.5});
    member.as_object_mut().unwrap().extend(state.as_object().unwrap().clone());
    member
}

fn whole(before: Scripted) -> Scripted {
    let first = json!({"Accounts": [member("999999999999", &json!({"State": "ACTIVE", "Status": "ACTIVE"}))], "NextToken": "more"});
    let second = json!({"Accounts": [member(OWN, &json!({"State": "ACTIVE"})), member("333333333333", &json!({"Status": "SUSPENDED"}))]});
    let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::999999999999:user/x</Arn>\
        <Account>999999999999</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let roots = json!({"Roots": [{"Id": ROOT, "Arn": "a", "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}]});
    placed(
        before
            .always("sts:GetCallerIdentity", "", 200, identity)
            .always("organizations:ListAccounts", "more", 200, &second.to_string())
            .always("organizations:ListAccounts", "", 200, &first.to_string())
            .always("organizations:ListRoots", "", 200, &roots.to_string())
            .always("organizations:ListParents", "999999999999", 200, &parents(ROOT, "ROOT"))
            .always("organizations:ListParents", "333333333333", 200, &parents(UNIT, "ORGANIZATIONAL_UNIT")),
    )
}

async fn run(script: Scripted) -> Collected {
    let order = Order { scope: "organization-o-exampleorg".parse().unwrap(), ..order() };
    let transport = Arc::new(script) as Arc<dyn Transport>;
    let collected = collect(order, transport, credentials::for_replay()).await;
    assert_eq!(collected.populations.len(), 3, "{:?}", collected.populations);
    assert!(collected.populations.iter().all(Population::balances));
    collected
}

fn row<'a>(collected: &'a Collected, type_: &str) -> &'a Population {
    collected.populations.iter().find(|row| row.type_ == type_).unwrap()
}

#[tokio::test]
async fn an_organisation_is_read_with_all_its_accounts() {
    let collected = run(whole(Scripted::new())).await;
    assert_eq!(collected.identity.as_deref(), Some("arn:aws:iam::999999999999:user/x"));
    assert!(
        collected.populations.iter().all(|row| row.complete && row.not_evaluated == 0),
        "{:?}",
        collected.populations
    );
    let of = |type_: &str| collected.resources.iter().filter(|document| document.type_ == type_).collect::<Vec<_>>();
    let states: Vec<_> =
        of("aws.organizations.member").iter().map(|member| (member.id.as_str(), &member.config["state"])).collect();
    assert_eq!(
        states,
        [(OWN, &json!("ACTIVE")), ("333333333333", &json!("SUSPENDED")), ("999999999999", &json!("ACTIVE"))]
    );
    let text = serde_json::to_string(&collected.resources).unwrap();
    assert!(!text.contains("root@example.com"));
    let [whole] = of("aws.organizations.organization")[..] else { panic!("one organisation") };
    assert_eq!(whole.config["roots"][0]["policy_types"][0]["status"], "ENABLED");
    let guarded: Vec<_> = of("aws.organizations.account")
        .iter()
        .map(|account| (account.id.as_str(), account.derived["effective_scps"].as_array().unwrap().len()))
        .collect();
    assert_eq!(guarded, [(OWN, 4), ("333333333333", 4), ("999999999999", 0)]);
    for shuffle in [3, 5, 7] {
        let again = run(self::whole(Scripted::shuffled(shuffle))).await;
        assert_eq!(again.resources, collected.resources);
    }
}

#[tokio::test]
async fn a_list_that_is_cut_short_is_never_a_small_organisation() {
    for (needle, status, body, listed) in
        [("more", 400, REFUSED, 1), ("", 400, REFUSED, 0), ("", 200, "<html>", 0), ("", 200, "{}", 0)]
    {
        let collected = run(whole(Scripted::new().always("organizations:ListAccounts", needle, status, body))).await;
        for type_ in ["aws.organizations.member", "aws.organizations.account"] {
            let row = row(&collected, type_);
            assert!(!row.complete && row.reason.is_some(), "{row:?}");
            assert_eq!(row.listed, listed, "{type_}");
        }
    }
}

#[tokio::test]
async fn another_organisation_or_none_is_no_evidence_about_this_one() {
    let other = organization("999999999999", "ALL").replace("o-exampleorg", "o-other");
    for (status, body, says) in
        [(200, other.as_str(), "o-other"), (400, NOT_IN_USE, "no organisation"), (400, REFUSED, "denied")]
    {
        let collected =
            run(whole(Scripted::new().always("organizations:DescribeOrganization", "", status, body))).await;
        assert!(collected.resources.is_empty());
        for row in &collected.populations {
            assert!(!row.complete && row.reason.as_ref().unwrap().contains(says), "{row:?}");
        }
    }
}

#[tokio::test]
async fn roots_that_are_refused_are_a_gap_of_the_organisation() {
    let collected = run(whole(Scripted::new().always("organizations:ListRoots", "", 400, REFUSED))).await;
    let document =
        collected.resources.iter().find(|document| document.type_ == "aws.organizations.organization").unwrap();
    assert_eq!(gaps(document), [("config.roots", "organizations:ListRoots", GapReason::Denied)]);
}
