use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{SUBSCRIPTION, family, row, rows};
use crate::collection::Collected;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const JIT: &str = "Microsoft.Security:JitNetworkAccessPolicies_List";
const TYPE: &str = "azure.compute.vm";
const ITEMS: &str = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems";
const POLICIES: &str = "microsoft.recoveryservices/vaults/backuppolicies";

fn id(name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/{name}")
}

fn machine() -> Value {
    let disk = json!({"osDisk": {"osType": "Linux", "managedDisk": {"id": "/d"}}});
    let profile = json!({"linuxConfiguration": {"disablePasswordAuthentication": true}});
    let starts =
        json!({"securityType": "TrustedLaunch", "uefiSettings": {"secureBootEnabled": true, "vTpmEnabled": true}});
    let rest = json!({"properties": {"storageProfile": disk, "osProfile": profile, "securityProfile": starts,
        "networkProfile": {"networkInterfaces": [{"id": network("networkInterfaces/nic").to_uppercase()}]}}});
    row("microsoft.compute/virtualmachines", "one", "westeurope", &rest)
}

fn network(name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/microsoft.network/{name}")
}

/// An interface with this configuration and, maybe, a group.
fn interface(configuration: &Value, group: Option<&str>) -> Value {
    let group = group.map(|name| json!({"id": network(&format!("networksecuritygroups/{name}"))}));
    let properties = json!({"networkSecurityGroup": group, "ipConfigurations": [{"properties": configuration}]});
    row("microsoft.network/networkinterfaces", "nic", "westeurope", &json!({"properties": properties}))
        .as_object_mut()
        .map(|row| {
            row.insert("id".to_owned(), json!(network("networkInterfaces/nic")));
            json!(row)
        })
        .unwrap()
}

/// A group that lets in one port from everywhere.
fn group(name: &str, port: &str) -> Value {
    let rule = json!({"name": "in", "properties": {"priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
        "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": port}});
    let properties = json!({"properties": {"securityRules": [rule], "defaultSecurityRules": []}});
    row("microsoft.network/networksecuritygroups", name, "westeurope", &properties)
}

/// A network with a subnet that a group guards and one that none does.
fn networks() -> Value {
    let subnet = |name: &str, group: Option<&str>| {
        let group = group.map(|name| json!({"id": network(&format!("networksecuritygroups/{name}"))}));
        json!({"id": network(&format!("virtualnetworks/net/subnets/{name}")), "name": name, "properties": {"networkSecurityGroup": group}})
    };
    let subnets = json!({"properties": {"subnets": [subnet("guarded", Some("web")), subnet("bare", None)]}});
    row("microsoft.network/virtualnetworks", "net", "westeurope", &subnets)
}

async fn exposed(configuration: &Value, group_of_interface: Option<&str>) -> (Value, usize) {
    let resources = [
        machine(),
        interface(configuration, group_of_interface),
        group("web", "443"),
        group("ssh", "20-30"),
        networks(),
    ];
    let collected = read_with(&["*/read"], &resources, &[], &[]).await;
    let one = only(&collected, TYPE);
    (one.derived.get("exposure").cloned().unwrap_or_default(), one.gaps.len())
}

#[tokio::test]
async fn a_port_is_open_where_every_group_on_the_way_opens_it() {
    let at = |subnet: &str, more: &Value| {
        let mut way = json!({"subnet": {"id": network(&format!("virtualNetworks/net/subnets/{subnet}"))}});
        way.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        way
    };
    let public = json!({"publicIPAddress": {"id": "/ip"}});
    let balanced = json!({"loadBalancerInboundNatRules": [{"id": "/rule"}]});
    let exposure = |is: bool, ports: &[i64]| json!({"has_public_path": is, "open_management_ports": ports});
    for (way, group, expected) in [
        (at("bare", &json!({})), None, exposure(false, &[])),
        (at("bare", &public), Some("ssh"), exposure(true, &[22])),
        (at("guarded", &public), None, exposure(true, &[])),
        (at("guarded", &public), Some("ssh"), exposure(true, &[])),
        (at("bare", &balanced), Some("web"), exposure(true, &[])),
    ] {
        assert_eq!(exposed(&way, group).await, (expected, 0), "{way} {group:?}");
    }
    assert_eq!(exposed(&at("bare", &public), None).await, (Value::Null, 1), "it depends on the SKU of the address");
    assert_eq!(exposed(&at("bare", &balanced), Some("ssh")).await, (Value::Null, 1), "it depends on the load balancer");
    assert_eq!(exposed(&at("gone", &public), None).await, (Value::Null, 1));
    assert_eq!(exposed(&at("bare", &public), Some("gone")).await, (Value::Null, 1));
}

fn backups() -> Vec<Value> {
    let policy = |name: &str, unit: &str| {
        let daily = json!({"retentionDuration": {"count": 2, "durationType": unit}, "retentionTimes": []});
        let retention = json!({"retentionPolicyType": "LongTermRetentionPolicy", "dailySchedule": daily});
        let rest = json!({"properties": {"backupManagementType": "AzureIaasVM", "retentionPolicy": retention}});
        row(POLICIES, name, "", &rest)
    };
    let item = |name: &str, kind: &str, of: &str, policy: &str| {
        let policy = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers/{POLICIES}/{policy}");
        row(
            ITEMS,
            name,
            "",
            &json!({"properties": {
            "backupManagementType": kind, "sourceResourceId": of, "protectionState": "Protected",
            "lastRecoveryPoint": "2026-03-01T01:00:00Z", "policyId": policy}}),
        )
    };
    vec![
        policy("daily", "Days"),
        policy("weekly", "Weeks"),
        item("b", "AzureIaasVM", &id("ONE"), "daily"),
        item("a", "AzureIaasVM", &id("one"), "weekly"),
        item("c", "AzureIaasVM", &id("two"), "gone"),
        item("d", "AzureWorkload", &id("one"), "daily"),
    ]
}

fn assessments(of: &str) -> Vec<Value> {
    let one = |kind: &str, code: &str| {
        let id = format!("{of}/providers/Microsoft.Security/assessments/{kind}");
        let mut row =
            row("microsoft.security/assessments", kind, "", &json!({"properties": {"status": {"code": code}}}));
        row["id"] = json!(id);
        row
    };
    vec![
        one("06e3a6db-6c0c-4ad9-943f-31d9d73ecf6c", "Unhealthy"),
        one("11111111-6c0c-4ad9-943f-31d9d73ecf6c", "Healthy"),
    ]
}

async fn read(actions: &[&str], backups: &[Value], assessments: &[Value]) -> Collected {
    let inside = json!({"subnet": {"id": network("virtualNetworks/net/subnets/bare")}});
    read_with(actions, &[machine(), interface(&inside, None)], backups, assessments).await
}

async fn read_with(actions: &[&str], resources: &[Value], backups: &[Value], assessments: &[Value]) -> Collected {
    let policy =
        json!({"id": "/jit", "properties": {"virtualMachines": [{"id": id("ONE"), "ports": [{"number": 22}]}]}});
    let script = Scripted::new()
        .always(JIT, "", 200, &json!({"value": [policy]}).to_string())
        .always(QUERY, "\"recoveryservicesresources |", 200, &rows(backups))
        .always(QUERY, "\"patchassessmentresources |", 200, &rows(&[]))
        .always(QUERY, "\"securityresources |", 200, &rows(assessments))
        .always(QUERY, "\"resources |", 200, &rows(resources));
    family(&super::FAMILY, actions, script).await
}

#[tokio::test]
async fn a_machine_is_read_with_its_backups_and_what_defender_says() {
    let collected = read(&["*/read"], &backups(), &assessments(&id("one"))).await;
    let one = only(&collected, TYPE);
    assert!(one.gaps.is_empty(), "{:?}", one.gaps);
    let days: Vec<_> =
        one.derived["backups"].as_array().unwrap().iter().map(|one| &one["daily_retention_days"]).collect();
    assert_eq!(days, [14, 2], "both of this machine, whatever the case of its id");
    assert_eq!(one.derived["just_in_time_ports"], json!([22]));
    assert_eq!(one.derived["endpoint_protection"]["code"], "Unhealthy");
    assert_eq!(one.derived["missing_updates"], Value::Null, "it was not assessed");
    assert_eq!(one.config["properties"]["security_profile"]["uefi_settings"]["v_tpm_enabled"], true);
}

#[tokio::test]
async fn no_backup_is_a_fact_only_for_who_sees_them_all() {
    let collected = read(&["*/read"], &[], &[]).await;
    assert_eq!(only(&collected, TYPE).derived["backups"], json!([]));
    let actions = ["Microsoft.Compute/*/read", "Microsoft.RecoveryServices/Vaults/backupPolicies/read"];
    let collected = read(&actions, &[], &[]).await;
    let mut found = gaps(only(&collected, TYPE));
    found.sort_unstable_by_key(|gap| gap.0);
    let expected =
        ["backups", "endpoint_protection", "exposure", "just_in_time_ports"].map(|name| format!("derived.{name}"));
    let expected: Vec<_> = expected.iter().map(|path| (path.as_str(), GapReason::Denied)).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_policy_that_keeps_no_days_is_null() {
    let policy = |retention: Value| row(POLICIES, "daily", "", &json!({"properties": {"retentionPolicy": retention}}));
    let item = backups().remove(2);
    for retention in [
        json!(null),
        json!({"weeklySchedule": {}}),
        json!({"dailySchedule": {"retentionDuration": {"count": 3, "durationType": "Invalid"}}}),
    ] {
        let collected = read(&["*/read"], &[item.clone(), policy(retention)], &[]).await;
        assert_eq!(only(&collected, TYPE).derived["backups"][0]["daily_retention_days"], Value::Null);
    }
}

#[tokio::test]
async fn what_update_manager_finds_missing_is_of_its_machine() {
    let result = |machine: &str, security: u32| {
        let counts = json!({"critical": 0, "security": security, "other": 9});
        let found = json!({"status": "Succeeded", "lastModifiedDateTime": "2026-03-01T00:00:00Z", "availablePatchCountByClassification": counts});
        let kind = "microsoft.compute/virtualmachines/patchassessmentresults";
        let mut row = row(kind, "latest", "westeurope", &json!({"properties": found}));
        row["id"] = json!(format!("{}/patchAssessmentResults/latest", id(machine)));
        row
    };
    let script = Scripted::new()
        .always(QUERY, "\"recoveryservicesresources |", 200, &rows(&[]))
        .always(QUERY, "\"patchassessmentresources |", 200, &rows(&[result("ONE", 2), result("two", 7)]))
        .always(QUERY, "\"securityresources |", 200, &rows(&[]))
        .always(QUERY, "\"resources |", 200, &rows(&[machine()]));
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let found = &only(&collected, TYPE).derived["missing_updates"];
    assert_eq!(found["status"], "Succeeded");
    assert_eq!(found["available_patch_count_by_classification"]["security"], 2);
}
