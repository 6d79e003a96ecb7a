//! Google Cloud: answers in the shapes that Google gave to others (`fakes/gcp_shapes`), and answers of the whole estate with members and
//! words that nobody knows yet. All of it, and every estate, is held against Google's discovery documents.

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, bundles};
use evidenced_tests::fakes::gcp_cloud::{GcpCloud, ORGANIZATION, PROJECT};
use evidenced_tests::fakes::{self, scripts};
use evidenced_tests::replayed::{Instead, Recorded, good_answer};
use evidenced_tests::unknown::{Unknown, born};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tokio::runtime::Builder;

/// Members whose value is a map by names that people choose.
const MAPS: &[&str] =
    &["labels", "userLabels", "resourceLabels", "annotations", "attributeMapping", "attributes", "tags"];
/// Members whose words are no enumeration: names, places, people, and what an answer says of itself.
const NAMES: &[&str] = &[
    // Why a place has no items: a list with a word that is not known there is not whole.
    "code",
    "id",
    "name",
    "displayName",
    "title",
    "description",
    "projectId",
    "datasetId",
    "project",
    "key",
    "email",
    "primaryEmail",
    "members",
    "exemptedMembers",
    "iamMember",
    "location",
    "locationId",
    "region",
    "etag",
    "fingerprint",
    "nextPageToken",
    "allowedValues",
    "category",
    "tier",
    "serviceAccount",
];
const UNKNOWN: Unknown = Unknown { maps: MAPS, names: NAMES, word: "NOT_KNOWN_YET" };
/// What these say holds whatever the word: a load balancer of a scheme that nobody knows logs its requests, and a key of a kind that nobody
/// knows, which is not left out as Google's own, is off or young enough.
const HOLDS: [&str; 4] =
    ["gcp.compute.load-balancer-logging", "gcp.iam.sa-keys.none", "gcp.iam.sa-keys.rotation", "gcp.iam.sa-keys.unused"];
/// What is above a project, by its kinds: all that is inherited stands on it.
const ANCESTRY: &str = "cloudresourcemanager.projects.getAncestry";

/// The runs over an estate by one way, of the project and of the organisation.
fn collected(estate: &str, is_inventory_off: bool) -> Vec<Bundle> {
    let gcp = GcpCloud::over(&scripts().join(estate));
    if is_inventory_off {
        gcp.fail(&json!([{"match": "^cloudasset\\.", "fault": "disabled"}]));
    }
    let desk = Desk::default();
    gcp.configure(&desk, &format!("organization: \"{ORGANIZATION}\""));
    let done = gcp.collect(&desk).run();
    assert!(matches!(done.code, Some(0 | 3)), "{done:?}");
    let _ = desk.verify().expect_code(0, "verify");
    bundles(&desk.store())
}

/// The estate and the shapes, by both ways.
fn recorded() -> Vec<Recorded> {
    let of = |estate: &str| [false, true].into_iter().flat_map(|off| collected(estate, off)).collect::<Vec<_>>();
    ["gcp_estate", "gcp_shapes"].into_iter().flat_map(of).map(Recorded::of).collect()
}

/// How many documents there are of each type.
fn documents(bundle: &Bundle) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for resource in &bundle.resources {
        *all.entry(resource["type"].to_string()).or_default() += 1;
    }
    all
}

#[test]
fn the_estates_are_as_google_describes_its_answers() {
    for estate in ["gcp_estate", "gcp_estate_reversed", "gcp_estate_refused", "gcp_estate_cut", "gcp_shapes"] {
        let folder = scripts().join(estate);
        let told = fakes::python("check_gcp.py", &[folder.to_str().unwrap()]);
        assert!(told.contains(" answers checked, 0 errors"), "{estate}: {told}");
    }
}

#[test]
fn answers_in_the_shapes_that_google_gave_are_read_whole() {
    let text = std::fs::read_to_string(scripts().join("gcp_shapes/shapes.json")).unwrap();
    let things: Vec<Value> = serde_json::from_str(&text).unwrap();
    // A sink is a part of other documents.
    let types = [
        ("storage.googleapis.com/Bucket", "gcp.storage.bucket"),
        ("iam.googleapis.com/ServiceAccount", "gcp.iam.service-account"),
        ("compute.googleapis.com/Instance", "gcp.compute.instance"),
        ("compute.googleapis.com/Network", "gcp.compute.network"),
        ("compute.googleapis.com/Firewall", "gcp.compute.firewall"),
        ("cloudkms.googleapis.com/CryptoKey", "gcp.kms.crypto-key"),
        ("sqladmin.googleapis.com/Instance", "gcp.sql.instance"),
    ];
    for is_inventory_off in [false, true] {
        let all = collected("gcp_shapes", is_inventory_off);
        for bundle in &all {
            bundle.assert_balanced();
            assert_eq!(bundle.malformed(), BTreeSet::new());
        }
        let bundle = all.iter().find(|bundle| bundle.run["scope"] == PROJECT).unwrap();
        for (asset, type_) in types {
            let there = things.iter().filter(|thing| thing["asset"] == asset).count();
            assert!(there > 0, "{asset}");
            assert_eq!(bundle.ids(type_).len(), there, "{asset}: {:?}", bundle.ids(type_));
        }
        // One of two keys is Google's own.
        assert_eq!(bundle.ids("gcp.iam.service-account-key").len(), 1);
        let machine = bundle.resources.iter().find(|one| one["type"] == "gcp.compute.instance").unwrap();
        assert_eq!(machine["config"]["shielded_instance_config"]["enable_vtpm"], true, "{machine:#}");
        assert_eq!(machine["tags"], json!({"stage": "testing"}));
        let sinks = bundle.resources.iter().find(|one| one["type"] == "gcp.project").unwrap();
        assert_eq!(sinks["config"]["log_sinks"].as_array().unwrap().len(), 1, "{sinks:#}");
        // What no document has is kept in the exchanges.
        let kept = |member: &str| {
            bundle
                .exchanges
                .iter()
                .any(|one| one["response"]["body"].as_str().is_some_and(|body| body.contains(member)))
        };
        for member in ["defaultEventBasedHold", "shieldedInstanceIntegrityPolicy", "maintenanceWindow", "routingConfig"]
        {
            assert!(kept(member), "{member}");
        }
    }
}

#[test]
fn members_that_nobody_knows_change_nothing() {
    let runtime = Builder::new_current_thread().build().unwrap();
    for recorded in recorded() {
        let again = recorded.again(&runtime, |kind, _, exchange| {
            let mut answer = good_answer(exchange)?;
            // A list that has neither items nor anything that lists are known to have is no empty list.
            let is_empty = answer.as_object().is_some_and(|members| members.values().all(|value| !value.is_array()));
            if is_empty
                && kind.google().iter().any(|operation| operation.items != evidenced_connectors::gcp::Items::None)
            {
                return None;
            }
            UNKNOWN.members(&mut answer);
            Some(Instead::Answer(200, answer.to_string()))
        });
        assert_eq!(again.unread(), recorded.bundle().unread());
        assert_eq!(again.rows(), recorded.rows());
        assert_eq!(documents(&again), documents(recorded.bundle()));
    }
}

#[test]
fn a_word_that_nobody_knows_is_read_and_passes_nothing() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let mut passed = Vec::new();
    for recorded in recorded() {
        let again = recorded.again(&runtime, |kind, _, exchange| {
            let mut answer = good_answer(exchange).filter(|_| kind.operation != ANCESTRY)?;
            UNKNOWN.words(&mut answer);
            Some(Instead::Answer(200, answer.to_string()))
        });
        again.assert_balanced();
        again.assert_one_verdict_each();
        // What is derived from such a word may be a gap; no document and no list is lost. A key of a kind that nobody knows is not
        // taken for one of Google's own, which are left out.
        let (mut now, before) = (documents(&again), documents(recorded.bundle()));
        let keys = "\"gcp.iam.service-account-key\"";
        assert!(now.get(keys) >= before.get(keys), "{now:?}");
        if let Some(count) = before.get(keys) {
            now.insert(keys.to_owned(), *count);
        }
        assert_eq!(now, before);
        assert_eq!(again.unfinished(), recorded.bundle().unfinished());
        let clean = recorded.rows();
        let born = born(&clean, again.rows()).filter(|(control, _)| !HOLDS.contains(&control.as_str()));
        passed.extend(born.map(|row| format!("{row:?} was {:?}", clean.get(&row))));
    }
    assert!(passed.is_empty(), "{} verdicts that unknown words made pass:\n{}", passed.len(), passed.join("\n"));
}
