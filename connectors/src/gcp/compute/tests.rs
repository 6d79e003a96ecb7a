use crate::aws::scripted::{Scripted, gaps, only, row as population};
use crate::collection::Collected;
use crate::gcp::scripted::{DENIED, assets, family, without_inventory};
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const PROJECT: &str = "compute.googleapis.com:compute.projects.get";
const DNS_POLICIES: &str = "dns.googleapis.com:dns.policies.list";
const CLUSTERS: &str = "container.googleapis.com:container.projects.locations.clusters.list";
const SSL_POLICIES: &str = "compute.googleapis.com:compute.sslPolicies.aggregatedList";
const RULES: &str = "compute.googleapis.com:compute.forwardingRules.aggregatedList";
const PROXIES: &str = "compute.googleapis.com:compute.targetHttpsProxies.aggregatedList";
const GROUPS: &str = "compute.googleapis.com:compute.instanceGroupManagers.aggregatedList";
const BACKENDS: &str = "compute.googleapis.com:compute.backendServices.aggregatedList";
const DISKS: &str = "compute.googleapis.com:compute.disks.aggregatedList";
const SCHEDULES: &str = "compute.googleapis.com:compute.resourcePolicies.aggregatedList";

const NETWORKS: &str = "compute.googleapis.com:compute.networks.list";

/// Lists of Compute Engine, each with the member of its items in an aggregated list.
const LISTS: [(&str, &str); 9] = [
    ("compute.googleapis.com:compute.instances.aggregatedList", "instances"),
    ("compute.googleapis.com:compute.subnetworks.aggregatedList", "subnetworks"),
    (BACKENDS, "backendServices"),
    (PROXIES, "targetHttpsProxies"),
    (GROUPS, "instanceGroupManagers"),
    (SSL_POLICIES, "sslPolicies"),
    (RULES, "forwardingRules"),
    (DISKS, "disks"),
    (SCHEDULES, "resourcePolicies"),
];

fn link(rest: &str) -> String {
    format!("https://www.googleapis.com/compute/v1/projects/evidence-test/{rest}")
}

fn name(rest: &str) -> String {
    format!("//compute.googleapis.com/projects/evidence-test/{rest}")
}

fn aggregated(list: &str, place: &str, items: &Value) -> String {
    let member = LISTS.iter().find(|(call, _)| *call == list).unwrap().1;
    let nothing = json!({"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "There are no results."}});
    let held = if items.as_array().unwrap().is_empty() { nothing.clone() } else { json!({member: items}) };
    json!({"kind": "compute#list", "id": "x", "items": {"regions/us-east1": nothing, place: held}}).to_string()
}

/// A project in which every list of the family is empty, but those that the script answers already.
fn empty(mut script: Scripted) -> Scripted {
    for (call, _) in LISTS {
        script = script.always(call, "", 200, &aggregated(call, "global", &json!([])));
    }
    script
        .always("compute.googleapis.com:compute.firewalls.list", "", 200, r#"{"kind": "compute#firewallList"}"#)
        .always(NETWORKS, "", 200, r#"{"kind": "compute#networkList"}"#)
        .always(
            PROJECT,
            "projects/evidence-test",
            200,
            r#"{"kind": "compute#project", "name": "p", "commonInstanceMetadata": {}}"#,
        )
        .always(DNS_POLICIES, "", 200, r#"{"kind": "dns#policiesListResponse"}"#)
        .always(CLUSTERS, "", 200, "{}")
}

async fn read(script: Scripted) -> Collected {
    family(&super::FAMILY, empty(script)).await
}

fn instance() -> Value {
    json!({
        "kind": "compute#instance", "name": "web-1", "status": "RUNNING", "selfLink": link("zones/europe-west1-b/instances/web-1"),
        "zone": link("zones/europe-west1-b"), "labels": {"team": "a"},
        "networkInterfaces": [{"network": link("global/networks/main"), "accessConfigs": [{"type": "ONE_TO_ONE_NAT", "natIP": "203.0.113.7"}]}],
        "serviceAccounts": [{"email": "app@evidence-test.iam.gserviceaccount.com", "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}],
        "shieldedInstanceConfig": {"enableVtpm": true, "enableIntegrityMonitoring": true, "enableSecureBoot": false},
        "metadata": {"items": [{"key": "startup-script", "value": "export TOKEN=canary"}, {"key": "serial-port-enable", "value": "false"}]},
    })
}

fn same(one: &Resource, other: &Resource) {
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!((&one.config, &one.derived), (&other.config, &other.derived));
}

#[tokio::test]
async fn a_machine_is_the_same_from_the_inventory_and_from_its_own_api() {
    let id = name("zones/europe-west1-b/instances/web-1");
    let found = assets(&[(&id, "compute.googleapis.com/Instance", instance())]);
    let listed = read(Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &found)).await;
    let (list, _) = LISTS[0];
    let direct = without_inventory(Scripted::new()).always(
        list,
        "aggregated/instances",
        200,
        &aggregated(list, "zones/europe-west1-b", &json!([instance()])),
    );
    let asked = read(direct).await;
    let (one, other) = (only(&listed, "gcp.compute.instance"), only(&asked, "gcp.compute.instance"));
    same(one, other);
    assert_eq!((one.id.as_str(), one.region.as_str()), (id.as_str(), "europe-west1"));
    assert_eq!(one.config["network_interfaces"][0]["access_configs"][0]["nat_ip"], "203.0.113.7");
    assert_eq!(one.config["metadata"]["items"][0], json!({"key": "startup-script", "value": null}));
    assert_eq!(one.derived, json!({"serial_port": false, "project_ssh_keys": true}).as_object().unwrap().clone());
    assert!(!format!("{listed:?}{asked:?}").contains("canary"));
}

#[tokio::test]
async fn what_the_project_says_is_unknown_where_it_is_refused_and_the_machine_does_not_say() {
    let id = name("zones/europe-west1-b/instances/web-1");
    let found = assets(&[(&id, "compute.googleapis.com/Instance", instance())]);
    let script = Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &found).always(PROJECT, "", 403, DENIED);
    let collected = read(script).await;
    let instance = only(&collected, "gcp.compute.instance");
    assert_eq!(gaps(instance), [("derived.project_ssh_keys", GapReason::Denied)]);
    assert_eq!(instance.derived["serial_port"], false, "the machine says it itself");
}

fn network() -> Value {
    json!({"name": "main", "selfLink": link("global/networks/main"), "autoCreateSubnetworks": false})
}

#[tokio::test]
async fn a_network_has_the_dns_policy_that_names_it() {
    let of = |id: &str, name: &str, to: &str| json!({"id": id, "name": name, "enableLogging": true, "networks": [{"networkUrl": to.replace("www", "compute")}]});
    let policies = [of("7", "logged", &link("global/networks/main")), of("8", "other", &link("global/networks/other"))];
    let found = assets(&[
        (&name("global/networks/main"), "compute.googleapis.com/Network", network()),
        ("//dns.googleapis.com/projects/evidence-test/policies/7", "dns.googleapis.com/Policy", policies[0].clone()),
        ("//dns.googleapis.com/projects/evidence-test/policies/8", "dns.googleapis.com/Policy", policies[1].clone()),
    ]);
    let listed = read(Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &found)).await;
    let direct = without_inventory(Scripted::new())
        .always(NETWORKS, "", 200, &json!({"kind": "compute#networkList", "items": [network()]}).to_string())
        .always(DNS_POLICIES, "", 200, &json!({"policies": policies}).to_string());
    let asked = read(direct).await;
    let one = only(&listed, "gcp.compute.network");
    same(one, only(&asked, "gcp.compute.network"));
    assert_eq!(one.derived["dns_policies"], json!([{"name": "logged", "enable_logging": true}]));
}

#[tokio::test]
async fn dns_policies_that_are_refused_are_a_gap_of_the_network() {
    let script = without_inventory(Scripted::new())
        .always(NETWORKS, "", 200, &json!({"kind": "compute#networkList", "items": [network()]}).to_string())
        .always(DNS_POLICIES, "", 403, DENIED);
    let collected = read(script).await;
    let network = only(&collected, "gcp.compute.network");
    assert_eq!(gaps(network), [("derived.dns_policies", GapReason::Denied)]);
    assert!(!network.derived.contains_key("dns_policies"));
}

fn proxy(policy: Option<&str>) -> Value {
    json!({"name": "web", "selfLink": link("global/targetHttpsProxies/web"), "urlMap": link("global/urlMaps/web"),
        "sslPolicy": policy.map(link)})
}

#[tokio::test]
async fn a_proxy_has_its_ssl_policy_and_the_schemes_of_what_leads_to_it() {
    let policy = json!({"name": "modern", "selfLink": link("global/sslPolicies/modern"), "minTlsVersion": "TLS_1_2", "profile": "MODERN"});
    let rule = |target: &str, scheme: &str| json!({"name": "r", "target": link(target), "loadBalancingScheme": scheme});
    let rules = json!([
        rule("global/targetHttpsProxies/web", "EXTERNAL_MANAGED"),
        rule("global/targetHttpsProxies/web", "EXTERNAL_MANAGED"),
        rule("global/targetHttpsProxies/other", "INTERNAL_MANAGED")
    ]);
    let script = |proxy: Value| {
        Scripted::new()
            .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[]))
            .always(PROXIES, "", 200, &aggregated(PROXIES, "global", &json!([proxy])))
            .always(SSL_POLICIES, "", 200, &aggregated(SSL_POLICIES, "global", &json!([policy])))
            .always(RULES, "", 200, &aggregated(RULES, "global", &rules))
    };
    let collected = read(script(proxy(Some("global/sslPolicies/modern")))).await;
    let web = only(&collected, "gcp.compute.target-proxy");
    assert!(web.gaps.is_empty(), "{:?}", web.gaps);
    assert_eq!(web.derived["ssl_policy"]["min_tls_version"], "TLS_1_2");
    assert_eq!(web.derived["load_balancing_schemes"], json!(["EXTERNAL_MANAGED"]));

    let collected = read(script(proxy(None))).await;
    assert_eq!(only(&collected, "gcp.compute.target-proxy").derived["ssl_policy"], Value::Null);

    let collected = read(script(proxy(Some("global/sslPolicies/gone")))).await;
    assert_eq!(
        gaps(only(&collected, "gcp.compute.target-proxy")),
        [("derived.ssl_policy", GapReason::Malformed)],
        "a list that lacks a policy that is in force is not the whole truth"
    );
}

#[tokio::test]
async fn a_group_is_of_a_cluster_when_a_node_pool_names_it() {
    let group = |name: &str| {
        let own = link(&format!("zones/europe-west1-b/instanceGroupManagers/{name}"));
        json!({"name": name, "selfLink": own, "zone": link("zones/europe-west1-b"), "targetSize": 1})
    };
    let cluster = json!({"clusters": [{
        "name": "c", "status": "RUNNING", "loggingService": "none", "selfLink": "https://container.googleapis.com/v1/projects/evidence-test/zones/europe-west1-b/clusters/c",
        "nodePools": [{"name": "p", "instanceGroupUrls": [link("zones/europe-west1-b/instanceGroupManagers/gke-c-p-1")]}],
    }]});
    let groups = json!([group("gke-c-p-1"), group("gke-pretended"), group("web")]);
    let script = |status, clusters: &str| {
        without_inventory(Scripted::new())
            .always(GROUPS, "", 200, &aggregated(GROUPS, "zones/europe-west1-b", &groups))
            .always(CLUSTERS, "", status, clusters)
    };
    let of_cluster = |collected: &Collected| -> Vec<Option<Value>> {
        let groups = collected.resources.iter().filter(|resource| resource.type_ == "gcp.compute.instance-group");
        groups.map(|group| group.derived.get("of_cluster").cloned()).collect()
    };
    let collected = read(script(200, &cluster.to_string())).await;
    assert_eq!(of_cluster(&collected), [Some(json!(true)), Some(json!(false)), Some(json!(false))]);
    let collected = read(script(403, DENIED)).await;
    assert_eq!(of_cluster(&collected), [None, None, Some(json!(false))]);
}

#[tokio::test]
async fn lists_that_are_refused_are_incomplete_populations_though_the_inventory_is_whole() {
    let script =
        Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &assets(&[])).always(BACKENDS, "", 403, DENIED);
    let collected = read(script).await;
    assert!(!population(&collected, "gcp.compute.backend-service").complete);
    for whole in ["gcp.compute.instance", "gcp.compute.firewall", "gcp.compute.target-proxy"] {
        assert!(population(&collected, whole).complete, "{whole}");
    }
}

fn disk(policies: &Value) -> Value {
    json!({"kind": "compute#disk", "name": "data-1", "status": "READY", "selfLink": link("zones/europe-west1-b/disks/data-1"),
        "zone": link("zones/europe-west1-b"), "labels": {"environment": "production"}, "resourcePolicies": policies,
        "diskEncryptionKey": {"kmsKeyName": "projects/p/locations/eu/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", "rawKey": "canary"}})
}

#[tokio::test]
async fn a_disk_has_the_snapshot_schedules_among_its_policies() {
    let policy = |name: &str, kind: &str| {
        let own = link(&format!("regions/europe-west1/resourcePolicies/{name}"));
        json!({"name": name, "selfLink": own, "status": "READY", kind: {}})
    };
    let policies = json!([policy("nightly", "snapshotSchedulePolicy"), policy("close", "groupPlacementPolicy")]);
    let attached = |names: &[&str]| -> Value {
        names.iter().map(|name| link(&format!("regions/europe-west1/resourcePolicies/{name}"))).collect()
    };
    let script = |names: &[&str]| {
        Scripted::new()
            .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[]))
            .always(DISKS, "", 200, &aggregated(DISKS, "zones/europe-west1-b", &json!([disk(&attached(names))])))
            .always(SCHEDULES, "", 200, &aggregated(SCHEDULES, "regions/europe-west1", &policies))
    };
    for (names, schedules) in
        [(&["nightly", "close"][..], json!(["nightly"])), (&["close"], json!([])), (&[], json!([]))]
    {
        let collected = read(script(names)).await;
        let disk = only(&collected, "gcp.compute.disk");
        assert!(disk.gaps.is_empty(), "{:?}", disk.gaps);
        assert_eq!(disk.derived["snapshot_schedules"], schedules);
        assert_eq!(disk.config["disk_encryption_key"]["sha256"], Value::Null);
        assert!(!format!("{collected:?}").contains("canary"));
    }
    // A policy that is in force and is in no list says that the list is not the whole truth.
    let collected = read(script(&["gone"])).await;
    assert_eq!(gaps(only(&collected, "gcp.compute.disk")), [("derived.snapshot_schedules", GapReason::Malformed)]);
    let refused = Scripted::new()
        .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[]))
        .always(DISKS, "", 200, &aggregated(DISKS, "zones/europe-west1-b", &json!([disk(&attached(&["nightly"]))])))
        .always(SCHEDULES, "", 403, DENIED);
    let collected = read(refused).await;
    assert_eq!(gaps(only(&collected, "gcp.compute.disk")), [("derived.snapshot_schedules", GapReason::Denied)]);
}

#[tokio::test]
async fn a_project_without_a_name_says_nothing_of_its_machines() {
    let id = name("zones/europe-west1-b/instances/web-1");
    let found = assets(&[(&id, "compute.googleapis.com/Instance", instance())]);
    let script = Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &found).always(PROJECT, "", 200, "{}");
    let collected = read(script).await;
    let machine = only(&collected, "gcp.compute.instance");
    assert_eq!(gaps(machine), [("derived.project_ssh_keys", GapReason::Malformed)]);
    // What the inventory tells of without saying anything of it is no machine with every default.
    let found = assets(&[(&id, "compute.googleapis.com/Instance", json!({}))]);
    let collected = read(Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &found)).await;
    assert!(!population(&collected, "gcp.compute.instance").complete);
}
