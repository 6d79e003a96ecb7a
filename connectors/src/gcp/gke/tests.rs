use super::cluster::Cluster;
use super::derived::Derived;
use crate::aws::scripted::{Scripted, only};
use crate::gcp::scripted::{assets, family, without_inventory};
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LIST: &str = "container.googleapis.com:container.projects.locations.clusters.list";
const TYPE: &str = "gcp.gke.cluster";
const NAME: &str = "//container.googleapis.com/projects/evidence-test/locations/europe-west1/clusters/main";

fn cluster() -> Value {
    json!({
        "name": "main", "location": "europe-west1", "status": "RUNNING", "resourceLabels": {"team": "a"},
        "selfLink": "https://container.googleapis.com/v1/projects/evidence-test/locations/europe-west1/clusters/main",
        "loggingService": "logging.googleapis.com/kubernetes", "shieldedNodes": {"enabled": true},
        "masterAuth": {"clusterCaCertificate": "x", "clientKey": "canary", "password": "canary"},
        "nodePools": [{"name": "p", "config": {"serviceAccount": "default", "metadata": {"token": "canary"}}}],
    })
}

#[tokio::test]
async fn a_cluster_is_the_same_from_the_inventory_and_from_its_own_api() {
    let found = assets(&[(NAME, "container.googleapis.com/Cluster", cluster())]);
    let listed = family(&super::FAMILY, Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &found)).await;
    let list = json!({"clusters": [cluster()]}).to_string();
    let direct = without_inventory(Scripted::new()).always(LIST, "locations/-/clusters", 200, &list);
    let asked = family(&super::FAMILY, direct).await;
    let (one, other) = (only(&listed, TYPE), only(&asked, TYPE));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (NAME, "main", "europe-west1"));
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!((&one.config, &one.derived), (&other.config, &other.derived));
    assert_eq!(one.tags.as_ref().unwrap()["team"], "a");
    assert!(!format!("{listed:?}{asked:?}").contains("canary"));
}

#[tokio::test]
async fn a_zone_that_was_not_reached_is_an_incomplete_population() {
    let list = json!({"clusters": [cluster()], "missingZones": ["us-east1-b"]}).to_string();
    let collected = family(&super::FAMILY, without_inventory(Scripted::new()).always(LIST, "", 200, &list)).await;
    assert!(!collected.populations.is_empty());
    for row in &collected.populations {
        let reason = row.reason.as_deref().unwrap_or_default();
        assert!(!row.complete && reason.contains("us-east1-b"), "{}: {reason}", row.region);
    }
}

/// Public endpoint, authorised networks, private nodes.
fn derived(settings: &Value) -> [bool; 3] {
    let cluster: Cluster = serde_json::from_value(settings.clone()).unwrap();
    let told = serde_json::to_value(Derived::of(&cluster)).unwrap();
    ["public_endpoint", "authorized_networks", "private_nodes"].map(|member| told[member] == true)
}

#[test]
fn a_cluster_that_says_nothing_is_public() {
    assert_eq!(derived(&json!({})), [true, false, false]);
}

#[test]
fn older_and_newer_words_say_the_same() {
    let older = json!({"private_cluster_config": {"enable_private_endpoint": true, "enable_private_nodes": true}});
    assert_eq!(derived(&older), [false, false, true]);
    let ip = |config: Value| json!({"control_plane_endpoints_config": {"ip_endpoints_config": config}});
    assert_eq!(derived(&ip(json!({"enabled": true, "enable_public_endpoint": false}))), [false, false, false]);
    assert_eq!(derived(&ip(json!({"enabled": false}))), [false, false, false], "only its name leads to it");
    let networks = |blocks: &[&str], enabled: bool| {
        let blocks: Vec<Value> = blocks.iter().map(|block| json!({"cidr_block": block})).collect();
        json!({"enabled": enabled, "cidr_blocks": blocks})
    };
    for (blocks, enabled, restricted) in [
        (&["203.0.113.0/24"][..], true, true),
        (&["203.0.113.0/24"], false, false),
        (&["0.0.0.0/0"], true, false),
        (&["0.0.0.0/1", "128.0.0.0/1"], true, false),
        (&[], true, true),
    ] {
        let networks = networks(blocks, enabled);
        assert_eq!(
            derived(&ip(
                json!({"enabled": true, "enable_public_endpoint": true, "authorized_networks_config": networks})
            ))[1],
            restricted
        );
        assert_eq!(derived(&json!({"master_authorized_networks_config": networks}))[1], restricted, "{blocks:?}");
    }
}

#[test]
fn every_node_pool_must_be_private() {
    let pools = |default: bool, pools: Value| json!({"network_config": {"default_enable_private_nodes": default}, "node_pools": pools});
    let pool = |own: Value| json!({"name": "p", "network_config": {"enable_private_nodes": own}});
    assert!(derived(&pools(true, json!([])))[2]);
    assert!(derived(&pools(true, json!([{"name": "p"}, pool(json!(null))])))[2]);
    assert!(!derived(&pools(true, json!([{"name": "p"}, pool(json!(false))])))[2]);
    assert!(derived(&pools(false, json!([pool(json!(true))])))[2]);
    assert!(!derived(&pools(false, json!([{"name": "p"}])))[2]);
}
