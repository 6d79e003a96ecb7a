//! Every form allows what is declared, reads settings alone, and says so.

use super::*;
use crate::catalogue::Catalogue;
use evidenced_connectors::aws::needs::DATA;
use evidenced_connectors::gcp::needs::Way;

/// Everything in a text that looks like an action.
fn actions_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-:*".contains(c)));
    let is_action = |word: &&str| {
        word.split_once(':').is_some_and(|(service, action)| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            !service.is_empty()
                && service.chars().all(plain)
                && action.starts_with(|c: char| c.is_ascii_uppercase() || c == '*')
        })
    };
    words.map(|word| word.trim_end_matches(':')).filter(is_action).collect()
}

fn forms(actions: &BTreeSet<&str>) -> [String; 3] {
    let documents = policy::documents(actions);
    [serde_json::json!(documents).to_string(), terraform::text(&documents), cloudformation::text(&documents)]
}

/// `sts:AssumeRole` is what the trusted principal may do to the role, and `sts:ExternalId` the condition on it.
const TRUST: [&str; 2] = ["sts:AssumeRole", "sts:ExternalId"];

#[test]
fn each_form_allows_what_is_declared_and_reads_no_data() {
    for actions in [of_a_run(), of(Catalogue::built_in().control("aws.cloudtrail.bucket-protected"))] {
        for text in forms(&actions) {
            let mut found = actions_in(&text);
            for word in TRUST {
                found.remove(word);
            }
            assert_eq!(found, actions);
            let words = text.to_ascii_lowercase();
            assert!(words.contains("readonly") && words.contains("generated"), "{text}");
            assert!(!found.iter().any(|action| DATA.contains(action) || action.contains('*')), "{text}");
        }
    }
}

#[test]
fn what_a_run_asks_is_what_controls_and_joins_need_and_more_at_most() {
    let catalogue = Catalogue::built_in();
    let needed = of(catalogue.controls().iter().filter(|control| control.id.starts_with("aws.")));
    assert!(needed.is_subset(&of_a_run()));
    let one = of(catalogue.control("aws.s3.account-public-access-block"));
    assert!(one.len() < needed.len() / 2, "{one:?}");
}

#[test]
fn a_control_stands_on_the_actions_of_its_types_and_on_no_others() {
    let catalogue = Catalogue::built_in();
    let standing = |action: &str| -> Vec<&str> {
        standing_on(catalogue.controls(), action).into_iter().map(|control| control.id.as_str()).collect()
    };
    let trails = standing("cloudtrail:GetTrailStatus");
    assert!(trails.iter().any(|id| id.starts_with("aws.cloudtrail.")), "{trails:?}");
    assert!(trails.iter().any(|id| id.starts_with("aws.s3.")), "a bucket tells which trails record it: {trails:?}");
    assert!(!trails.iter().any(|id| id.starts_with("aws.ec2.") || id.starts_with("aws.iam.")), "{trails:?}");
    assert_eq!(standing("s3:GetObject"), Vec::<&str>::new());
}

#[test]
fn a_type_that_nobody_reads_is_told() {
    let mut control = Catalogue::built_in().controls()[0].clone();
    assert_eq!(unread(&control), Vec::<&str>::new());
    control.resource = Some("aws.moon.rock".to_owned());
    control.populations.clear();
    assert_eq!(unread(&control), ["aws.moon.rock"]);
}

/// Everything in quotes that looks like an action of a role.
fn azure_actions_in(text: &str) -> BTreeSet<&str> {
    let quoted = text.split(['"', '\'']);
    quoted.filter(|word| word.ends_with("/read") && !word.contains(' ')).collect()
}

#[test]
fn each_form_for_azure_gives_what_is_declared_and_reads_no_data() {
    let catalogue = Catalogue::built_in();
    let one = azure::of(catalogue.control("azure.storage.soft-delete"));
    let all = azure::of_a_run();
    assert!(one.actions.len() < all.actions.len() && one.actions.is_subset(&all.actions));
    assert!(one.actions.contains("Microsoft.Storage/storageAccounts/blobServices/read"), "{one:?}");
    for needs in [all, one] {
        let texts: [String; 3] =
            [azure::document(&needs).to_string(), azure::terraform::text(&needs), azure::bicep::text(&needs)];
        for text in texts {
            let found: BTreeSet<&str> =
                azure_actions_in(&text).into_iter().filter(|action| !needs.of_tenant.contains(action)).collect();
            assert_eq!(found, needs.actions);
            assert!(
                needs
                    .graph
                    .iter()
                    .all(|name| text.contains(&format!("\"{name}\"")) || text.contains(&format!("'{name}'")))
            );
            assert!(text.to_ascii_lowercase().contains("generated"), "{text}");
        }
        assert!(!needs.actions.iter().any(|action| action.contains('*')), "{needs:?}");
    }
}

/// Everything in a text that looks like a permission of Google Cloud.
fn gcp_permissions_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "./".contains(c)));
    let verbs = ["get", "list", "query", "search"];
    let is_permission = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() > 2 && !word.contains('/') && verbs.iter().any(|verb| parts[parts.len() - 1].starts_with(verb))
    };
    words.filter(is_permission).collect()
}

#[test]
fn each_form_for_google_cloud_gives_what_is_declared_and_reads_no_data() {
    let catalogue = Catalogue::built_in();
    for way in [Way::Inventory, Way::Direct] {
        let one = gcp::of(catalogue.control("gcp.storage.not-public"), way);
        let all = gcp::of_a_run(way);
        assert!(one.permissions.is_subset(&all.permissions) && one.services.is_subset(&all.services));
        for needs in [all, one] {
            let texts: [String; 4] = [
                gcp::document(&needs).to_string(),
                gcp::yaml(&needs),
                gcp::terraform::text(&needs),
                gcp::gcloud::text(&needs),
            ];
            let expected: BTreeSet<&str> = needs.permissions.union(&needs.of_organization).copied().collect();
            for text in &texts {
                assert_eq!(gcp_permissions_in(text), expected);
                assert!(text.contains("Read-only") && text.contains("Generated"), "{text}");
            }
            for text in [&texts[0], &texts[2], &texts[3]] {
                assert!(needs.services.iter().all(|service| text.contains(service)), "{text}");
            }
            assert!(needs.permissions.is_disjoint(&needs.of_organization));
            for data in ["storage.objects.", "secretmanager.versions.access", "iam.serviceAccounts.getAccessToken"] {
                assert!(!expected.iter().any(|permission| permission.starts_with(data)), "{data}");
            }
        }
    }
}

#[test]
fn without_the_inventory_lists_take_its_place() {
    let (inventory, direct) = (gcp::of_a_run(Way::Inventory), gcp::of_a_run(Way::Direct));
    assert!(inventory.permissions.contains("cloudasset.assets.listResource"));
    assert!(inventory.services.contains("cloudasset.googleapis.com"));
    assert!(!direct.permissions.contains("cloudasset.assets.listResource"));
    assert!(!direct.services.contains("cloudasset.googleapis.com"));
    assert!(
        direct.permissions.contains("storage.buckets.list") && !inventory.permissions.contains("storage.buckets.list")
    );
    assert!(direct.of_organization.contains("resourcemanager.folders.list"));
}
