use crate::aws::scripted::{Scripted, gaps, only, row as population};
use crate::azure::scripted::{family, row, rows};
use crate::collection::Collected;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";

async fn read(actions: &[&str], items: &[Value]) -> Collected {
    family(&super::FAMILY, actions, Scripted::new().always(QUERY, "", 200, &rows(items))).await
}

fn group(properties: &Value) -> Value {
    row("microsoft.network/networksecuritygroups", "guard", "westeurope", &json!({"properties": properties}))
}

fn network() -> Value {
    let id = format!(
        "/subscriptions/{}/resourceGroups/rg/providers/Microsoft.Network/",
        crate::azure::scripted::SUBSCRIPTION
    );
    row(
        "microsoft.network/virtualnetworks",
        "net",
        "westeurope",
        &json!({"properties": {"subnets": [
            {"id": format!("{id}virtualNetworks/net/subnets/one"), "name": "one", "properties": {
                "addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": format!("{id}networkSecurityGroups/guard")}}},
            {"id": format!("{id}virtualNetworks/net/subnets/two"), "name": "two", "properties": {
                "addressPrefix": "10.0.1.0/24", "delegations": [{"properties": {"serviceName": "Microsoft.Web/serverFarms"}}]}},
        ]}}),
    )
}

fn flow_log(name: &str, target: &str) -> Value {
    let target = format!(
        "/subscriptions/{}/resourceGroups/RG/providers/microsoft.network/{target}",
        crate::azure::scripted::SUBSCRIPTION
    );
    row(
        "microsoft.network/networkwatchers/flowlogs",
        name,
        "westeurope",
        &json!({"properties": {"targetResourceId": target, "enabled": true, "storageId": "/st", "retentionPolicy": {"enabled": true, "days": 90}}}),
    )
}

#[tokio::test]
async fn a_group_tells_what_it_lets_in() {
    let rule = json!({"name": "ssh", "properties": {
        "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "TCP", "sourceAddressPrefix": "0.0.0.0/0",
        "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "22"}});
    let collected = read(&["*/read"], &[group(&json!({"securityRules": [rule], "subnets": [{"id": "/s"}]}))]).await;
    let guard = only(&collected, "azure.network.nsg");
    assert!(guard.gaps.is_empty(), "{:?}", guard.gaps);
    let open = json!([{"family": "ipv4", "protocol": "tcp", "from_port": 22, "to_port": 22}]);
    assert_eq!(guard.derived["open_from_internet"], open);
    assert_eq!(guard.derived["in_use"], true);
}

#[tokio::test]
async fn a_group_whose_rules_are_not_understood_tells_nothing() {
    let collected = read(&["*/read"], &[group(&json!({"securityRules": [{"name": "odd", "properties": {}}]}))]).await;
    let guard = only(&collected, "azure.network.nsg");
    assert_eq!(gaps(guard), [("derived.open_from_internet", GapReason::Malformed)]);
    assert!(guard.derived.get("open_from_internet").is_none());
    let collected = read(&["*/read"], &[group(&json!({}))]).await;
    let expected = [
        ("config.properties.security_rules", GapReason::Malformed),
        ("derived.open_from_internet", GapReason::Malformed),
    ];
    assert_eq!(gaps(only(&collected, "azure.network.nsg")), expected);
}

#[tokio::test]
async fn subnets_are_found_in_their_networks_with_the_flow_logs_that_record_them() {
    let logs =
        [flow_log("of-group", "networkSecurityGroups/guard"), flow_log("of-two", "virtualNetworks/net/subnets/two")];
    let collected = read(&["*/read"], &[network(), logs[0].clone(), logs[1].clone()]).await;
    let net = only(&collected, "azure.network.virtual-network");
    assert!(net.gaps.is_empty(), "{:?}", net.gaps);
    let of = |index: usize| net.derived["subnets"][index]["flow_logs"].as_array().unwrap().clone();
    assert_eq!((of(0).len(), of(1).len()), (1, 1));
    assert!(of(0)[0]["id"].as_str().unwrap().ends_with("of-group"));
    let of_network = read(&["*/read"], &[network(), flow_log("all", "virtualNetworks/net")]).await;
    let subnets = only(&of_network, "azure.network.virtual-network").derived["subnets"].clone();
    assert!(subnets.as_array().unwrap().iter().all(|subnet| subnet["flow_logs"].as_array().unwrap().len() == 1));
    let subnets: Vec<_> =
        collected.resources.iter().filter(|resource| resource.type_ == "azure.network.subnet").collect();
    assert_eq!(subnets.iter().map(|subnet| subnet.name.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(subnets[1].config["properties"]["network_security_group"], Value::Null);
    assert_eq!(subnets[0].region, "westeurope");
}

#[tokio::test]
async fn flow_logs_that_may_be_hidden_are_unknown() {
    let actions = ["Microsoft.Network/virtualNetworks/read", "Microsoft.ResourceGraph/resources/read"];
    let collected = read(&actions, &[network()]).await;
    let expected = [("derived.is_watched", GapReason::Denied), ("derived.subnets", GapReason::Denied)];
    assert_eq!(gaps(only(&collected, "azure.network.virtual-network")), expected);
}

#[tokio::test]
async fn subnets_are_as_whole_as_their_networks() {
    let without = row("microsoft.network/virtualnetworks", "odd", "westeurope", &json!({"properties": {}}));
    let collected = read(&["*/read"], &[without]).await;
    assert!(!population(&collected, "azure.network.subnet").complete);
    let refused = family(
        &super::FAMILY,
        &["*/read"],
        Scripted::new().always(QUERY, "", 403, r#"{"error":{"code":"AuthorizationFailed"}}"#),
    )
    .await;
    assert!(!population(&refused, "azure.network.subnet").complete);
}

#[tokio::test]
async fn a_public_address_tells_what_holds_it() {
    let address = |properties: Value| {
        row("microsoft.network/publicipaddresses", "ip", "westeurope", &json!({"properties": properties}))
    };
    for (properties, expected) in [
        (
            json!({"ipConfiguration": {"id": "/subscriptions/x/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/nic/ipConfigurations/one"}}),
            json!("microsoft.network/networkinterfaces"),
        ),
        (
            json!({"ipConfiguration": {"id": "/subscriptions/x/resourceGroups/rg/providers/Microsoft.Network/loadBalancers/lb/frontendIPConfigurations/one"}}),
            json!("microsoft.network/loadbalancers"),
        ),
        (
            json!({"natGateway": {"id": "/subscriptions/x/resourceGroups/rg/providers/Microsoft.Network/natGateways/nat"}}),
            json!("microsoft.network/natgateways"),
        ),
        (json!({"ipConfiguration": {"id": "odd"}}), json!("odd")),
        (json!({}), Value::Null),
    ] {
        let collected = read(&["*/read"], &[address(properties)]).await;
        assert_eq!(only(&collected, "azure.network.public-ip").derived["attached_to"], expected);
    }
}

#[tokio::test]
async fn a_network_is_watched_where_there_is_a_watcher_in_its_location() {
    for (location, expected) in [("West Europe", true), ("eastus", false)] {
        let watcher = row("microsoft.network/networkwatchers", "watcher", location, &json!({"properties": {}}));
        let collected = read(&["*/read"], &[network(), watcher]).await;
        assert_eq!(only(&collected, "azure.network.virtual-network").derived["is_watched"], expected, "{location}");
    }
}

#[tokio::test]
async fn a_gateway_tells_every_policy_on_it() {
    let id = |name: &str| {
        format!(
            "/subscriptions/{}/resourceGroups/rg/providers/microsoft.network/applicationgatewaywebapplicationfirewallpolicies/{name}",
            crate::azure::scripted::SUBSCRIPTION
        )
    };
    let policy = |name: &str, mode: &str| {
        let settings = json!({"properties": {"policySettings": {"state": "Enabled", "mode": mode}}});
        row("microsoft.network/applicationgatewaywebapplicationfirewallpolicies", name, "westeurope", &settings)
    };
    let gateway = |own: &str| {
        let properties = json!({
            "firewallPolicy": {"id": id(own).to_uppercase()},
            "frontendIPConfigurations": [{"properties": {"publicIPAddress": {"id": "/ip"}}}],
            "httpListeners": [{"properties": {"firewallPolicy": {"id": id("listener")}}}, {"properties": {}}],
            "urlPathMaps": [{"properties": {"pathRules": [{"properties": {"firewallPolicy": {"id": id("path")}}}]}}]});
        row("microsoft.network/applicationgateways", "front", "westeurope", &json!({"properties": properties}))
    };
    let policies = [policy("own", "Prevention"), policy("listener", "Detection"), policy("path", "Prevention")];
    let collected = read(&["*/read"], &[&[gateway("own")], &policies[..]].concat()).await;
    let found = only(&collected, "azure.network.application-gateway");
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
    let modes: Vec<_> = found.derived["firewall_policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["mode"].as_str().unwrap())
        .collect();
    assert_eq!(modes, ["Detection", "Prevention", "Prevention"]);
    let front = &found.config["properties"]["frontend_ip_configurations"][0];
    assert_eq!(front["properties"]["public_ip_address"]["id"], "/ip");
    let collected = read(&["*/read"], &[&[gateway("gone")], &policies[..]].concat()).await;
    let expected = [("derived.firewall_policies", GapReason::Malformed)];
    assert_eq!(gaps(only(&collected, "azure.network.application-gateway")), expected);
}
