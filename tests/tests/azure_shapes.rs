//! Azure: answers in the shapes that Azure gave to others (`fakes/azure_shapes`), and answers of the whole estate with members
//! and words that nobody knows yet.

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, bundles, only_bundle};
use evidenced_tests::fakes::azure_cloud::{AzureCloud, EMPTY, SUBSCRIPTION, TENANT};
use evidenced_tests::fakes::scripts;
use evidenced_tests::replayed::{Instead, Recorded, good_answer};
use evidenced_tests::unknown::{Unknown, born};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::runtime::Builder;

/// Members whose value is a map by names that people choose; and the parts of a policy of conditional access, where a member that
/// nobody knows may decide whether it holds.
const MAPS: &[&str] = &["tags", "parameters", "userAssignedIdentities", "conditions", "grantControls"];
/// Members whose words are no enumeration: names, places, and what an answer says of itself.
const NAMES: &[&str] = &[
    "id",
    "name",
    "type",
    "location",
    "displayName",
    "roleName",
    "userPrincipalName",
    "resultTruncated",
    "$skipToken",
    "resourceGroup",
    "value",
    "appId",
];
const UNKNOWN: Unknown = Unknown { maps: MAPS, names: NAMES, word: "NotKnownYet" };

fn shapes() -> Bundle {
    let azure = AzureCloud::over(&scripts().join("azure_shapes"));
    let desk = Desk::default();
    azure.configure(&desk, "subscriptions: [\"aaaaaaaa-0000-4000-8000-000000000001\"]");
    let _ = azure.collect(&desk, "collector").run().expect_code(3, "most of a subscription is not there");
    let _ = desk.verify().expect_code(0, "verify");
    only_bundle(&desk.store())
}

/// The estate's subscription and tenant, and the shapes.
fn recorded() -> Vec<Recorded> {
    let azure = AzureCloud::default();
    let desk = Desk::default();
    azure.configure(&desk, "subscriptions: all");
    let _ = azure.collect(&desk, "collector").run().expect_code(3, "the estate has a call that fails");
    let estate = bundles(&desk.store()).into_iter().filter(|bundle| bundle.run["scope"] != EMPTY);
    estate.chain([shapes()]).map(Recorded::of).collect()
}

#[test]
fn answers_in_the_shapes_that_azure_gave_are_read_whole() {
    let bundle = shapes();
    bundle.assert_balanced();
    assert_eq!(bundle.malformed(), BTreeSet::new());
    let text = std::fs::read_to_string(scripts().join("azure_shapes/shapes.json")).unwrap();
    let things: Vec<Value> = serde_json::from_str(&text.replace("{subscription}", SUBSCRIPTION)).unwrap();
    let read: BTreeSet<String> =
        bundle.resources.iter().map(|resource| resource["id"].as_str().unwrap().to_ascii_lowercase()).collect();
    for row in things.iter().filter_map(|thing| thing.get("row")) {
        let whole = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/{}/providers/{}/{}",
            row["resourceGroup"].as_str().unwrap_or("rg"),
            row["type"].as_str().unwrap(),
            row["name"].as_str().unwrap()
        );
        let id = row["id"].as_str().unwrap_or(&whole).to_ascii_lowercase();
        assert!(read.contains(&id), "{id} is no document: {read:#?}");
    }
    let type_of = |type_: &str| bundle.resources.iter().filter(|one| one["type"] == type_).collect::<Vec<_>>();
    assert_eq!(type_of("azure.role-assignment").len(), 1);
    // What no document has is kept in the exchanges.
    let kept = |member: &str| {
        bundle.exchanges.iter().any(|one| one["response"]["body"].as_str().is_some_and(|body| body.contains(member)))
    };
    for member in ["freeTrialRemainingTime", "keyCreationTime", "lastKeyRotationTimestamp", "diskMBpsReadWrite"] {
        assert!(kept(member), "{member}");
    }
}

#[test]
fn members_that_nobody_knows_change_nothing() {
    let runtime = Builder::new_current_thread().build().unwrap();
    for recorded in recorded() {
        let again = recorded.again(&runtime, |_, _, exchange| {
            let mut answer = good_answer(exchange)?;
            UNKNOWN.members(&mut answer);
            Some(Instead::Answer(200, answer.to_string()))
        });
        assert_eq!(again.unread(), recorded.bundle().unread());
        assert_eq!(again.rows(), recorded.rows());
        assert_eq!(again.resources.len(), recorded.bundle().resources.len());
    }
}

#[test]
fn a_word_that_nobody_knows_is_read_and_passes_nothing() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let mut passed = Vec::new();
    for recorded in recorded() {
        let again = recorded.again(&runtime, |kind, _, exchange| {
            let mut answer = good_answer(exchange).filter(|_| !kind.is_about_the_reader())?;
            UNKNOWN.words(&mut answer);
            Some(Instead::Answer(200, answer.to_string()))
        });
        again.assert_balanced();
        again.assert_one_verdict_each();
        // What is derived from such a word may be a gap; no document and no list is lost.
        assert_eq!(again.resources.len(), recorded.bundle().resources.len());
        assert_eq!(again.unfinished(), recorded.bundle().unfinished());
        let clean = recorded.rows();
        let born = born(&clean, again.rows());
        passed.extend(born.map(|row| format!("{row:?} was {:?}", clean.get(&row))));
    }
    assert!(passed.is_empty(), "{} verdicts that unknown words made pass:\n{}", passed.len(), passed.join("\n"));
}

/// Who relies on a policy of conditional access must have read all of it: a member that nobody knows may narrow it, let people past it,
/// or be what makes it hold.
#[test]
fn a_member_of_a_policy_that_nobody_knows_leaves_open_what_relies_on_it() {
    let (management, legacy) = ("azure.entra.mfa-management-api", "azure.entra.legacy-auth-blocked");
    let runtime = Builder::new_current_thread().build().unwrap();
    let recorded = recorded().into_iter().find(|recorded| recorded.bundle().run["scope"] == TENANT).unwrap();
    let (clean, tenant) = (recorded.rows(), TENANT.trim_start_matches("tenant-"));
    let row = |control: &str| (control.to_owned(), tenant.to_owned());
    for (part, relying) in [
        ("/conditions", &[management, legacy][..]),
        ("/conditions/users", &[management, legacy]),
        ("/conditions/applications", &[management, legacy]),
        ("/grantControls", &[management, legacy]),
        ("/grantControls/authenticationStrength", &[management]),
    ] {
        let again = recorded.again(&runtime, |kind, _, exchange| {
            let mut answer = good_answer(exchange).filter(|_| kind.operation.ends_with("ListPolicies"))?;
            let policies = answer["value"].as_array_mut().unwrap().iter_mut();
            for members in policies.filter_map(|policy| policy.pointer_mut(part)?.as_object_mut()) {
                members.insert("notKnownYet".to_owned(), json!({"state": "NotKnownYet"}));
            }
            Some(Instead::Answer(200, answer.to_string()))
        });
        let now = again.rows();
        for control in relying {
            assert_eq!((&*clean[&row(control)], &*now[&row(control)]), ("pass", "not_evaluated"), "{control} {part}");
        }
        let others = now.iter().filter(|(row, verdict)| clean.get(row) != Some(verdict));
        assert!(others.clone().all(|(_, verdict)| verdict == "not_evaluated"), "{part}: {others:?}");
    }
}
