use super::super::apply;
use super::*;
use crate::aws::ssm::patch_state::ManagedNode;
use crate::collection::Tally;
use crate::document::{Draft, Read};
use evidenced_schemas::{Cloud, Instant};

fn document(type_: &str, id: &str, seq: u64, config: &Value, derived: &Value) -> Resource {
    let at = Instant::new(chrono::DateTime::from_timestamp(seq.cast_signed(), 0).unwrap());
    let mut draft = Draft::new(type_, id, id, "eu-west-1");
    draft.saw(&Read { value: (), exchanges: vec![seq], at: Some(at) });
    draft.finish(Cloud::Aws, &"123456789012".parse().unwrap(), at, config, derived)
}

fn table(id: &str, subnet: Option<&str>, routes: &Value, seq: u64) -> Resource {
    let link = json!({"subnet_id": subnet, "main": subnet.is_none()});
    let config = json!({"route_table_id": id, "vpc_id": "vpc-1", "routes": routes, "associations": [link]});
    document(RouteTable::TYPE, id, seq, &config, &json!({}))
}

fn outward() -> Value {
    json!([{"destination_cidr_block": "10.0.0.0/8", "gateway_id": "local", "state": "active"},
        {"destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "state": "active"}])
}

/// A VPC with a public subnet `a` (its own table) and a private one `b` (the main table), a group with SSH open, and an
/// instance in `a`.
fn estate() -> Vec<Resource> {
    let subnet = |id: &str, zone: &str, seq| {
        let config =
            json!({"subnet_id": id, "vpc_id": "vpc-1", "availability_zone": zone, "map_public_ip_on_launch": false});
        document(Subnet::TYPE, id, seq, &config, &json!({}))
    };
    let open = json!({"open_ingress": [
        {"family": "ipv4", "protocol": "tcp", "from_port": 22, "to_port": 22},
        {"family": "ipv6", "protocol": "tcp", "from_port": 443, "to_port": 443}]});
    let interface = json!({"network_interface_id": "eni-1", "vpc_id": "vpc-1", "groups": [{"group_id": "sg-1"}]});
    let instance = json!({"instance_id": "i-1", "vpc_id": "vpc-1", "subnet_id": "a", "public_ip_address": "192.0.2.1",
        "security_groups": [{"group_id": "sg-1"}], "network_interfaces": [{"subnet_id": "a", "ipv6_addresses": []}]});
    vec![
        subnet("a", "eu-west-1a", 1),
        subnet("b", "eu-west-1b", 2),
        table("rtb-a", Some("a"), &outward(), 3),
        table("rtb-main", None, &json!([]), 4),
        document(GROUP, "sg-1", 5, &json!({"group_id": "sg-1"}), &open),
        document(GROUP, "sg-2", 6, &json!({"group_id": "sg-2"}), &json!({"open_ingress": []})),
        document(NetworkInterface::TYPE, "eni-1", 7, &interface, &json!({})),
        document(VPC, "vpc-1", 8, &json!({"vpc_id": "vpc-1"}), &json!({})),
        document(INSTANCE, "i-1", 9, &instance, &json!({})),
    ]
}

fn joined(resources: Vec<Resource>, cut: Option<&str>) -> Collected {
    let types = [Subnet::TYPE, RouteTable::TYPE, GROUP, NetworkInterface::TYPE, VPC, INSTANCE, ManagedNode::TYPE];
    let row = |type_: &str| {
        let mut tally = Tally::new(type_, "eu-west-1");
        if cut == Some(type_) {
            tally.cut_short("ec2:Describe denied (UnauthorizedOperation)".to_owned());
        }
        tally.close(&resources)
    };
    let populations = types.into_iter().map(row).collect();
    let mut collected = Collected { resources, populations, ..Collected::default() };
    apply(&mut collected);
    collected
}

fn of<'a>(collected: &'a Collected, id: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.id == id).unwrap()
}

fn edit(resources: &mut [Resource], id: &str, change: impl Fn(&mut Resource)) {
    let resource = resources.iter_mut().find(|resource| resource.id == id).unwrap();
    change(resource);
}

#[test]
fn what_is_used_and_what_is_private_follows_from_the_lists() {
    let collected = joined(estate(), None);
    assert_eq!(of(&collected, "sg-1").derived["in_use"], true);
    assert_eq!(of(&collected, "sg-2").derived["in_use"], false);
    assert_eq!(of(&collected, "sg-1").exchanges, [5, 7], "the interface that proves it");
    let vpc = of(&collected, "vpc-1");
    assert_eq!((&vpc.derived["in_use"], &vpc.derived["private_subnet_zones"]), (&json!(true), &json!(["eu-west-1b"])));
    assert!(collected.resources.iter().all(|resource| resource.gaps.is_empty()));
}

#[test]
fn an_instance_is_reached_where_address_route_and_group_let_it() {
    let collected = joined(estate(), None);
    let instance = of(&collected, "i-1");
    let ssh = json!([{"family": "ipv4", "protocol": "tcp", "from_port": 22, "to_port": 22}]);
    assert_eq!((&instance.derived["internet_reachable"], &instance.derived["public_ipv6"]), (&ssh, &json!(false)));
    assert_eq!(instance.exchanges, [3, 5, 9]);
    let all_that_is_open = of(&collected, "sg-1").derived["open_ingress"].clone();
    assert_eq!(instance.derived["open_ingress"], all_that_is_open, "of both families, whatever the address");

    let reachable = |change: &dyn Fn(&mut Vec<Resource>)| {
        let mut resources = estate();
        change(&mut resources);
        let collected = joined(resources, None);
        of(&collected, "i-1").derived["internet_reachable"].clone()
    };
    let none = json!([]);
    assert_eq!(reachable(&|all| edit(all, "i-1", |i| i.config["public_ip_address"] = Value::Null)), none);
    assert_eq!(reachable(&|all| edit(all, "i-1", |i| i.config["subnet_id"] = json!("b"))), none, "a private subnet");
    assert_eq!(reachable(&|all| edit(all, "rtb-a", |t| t.config["routes"][1]["state"] = json!("blackhole"))), none);
    assert_eq!(reachable(&|all| edit(all, "rtb-a", |t| t.config["routes"][1]["gateway_id"] = json!("eigw-1"))), none);
    assert_eq!(
        reachable(&|all| edit(all, "i-1", |i| i.config["security_groups"] = json!([{"group_id": "sg-2"}]))),
        none
    );
    let v6 = |all: &mut Vec<Resource>| {
        edit(all, "i-1", |i| {
            i.config["public_ip_address"] = Value::Null;
            i.config["network_interfaces"][0]["ipv6_addresses"] = json!([{"ipv6_address": "2001:db8::1"}]);
        });
        let route = json!({"destination_ipv6_cidr_block": "::/0", "gateway_id": "igw-1", "state": "active"});
        edit(all, "rtb-a", |t| t.config["routes"] = json!([route.clone()]));
    };
    assert_eq!(reachable(&v6), json!([{"family": "ipv6", "protocol": "tcp", "from_port": 443, "to_port": 443}]));
}

#[test]
fn what_was_not_read_is_unknown_and_never_closed() {
    for (cut, id, fields) in [
        (NetworkInterface::TYPE, "sg-2", &["derived.in_use"][..]),
        (RouteTable::TYPE, "vpc-1", &["derived.private_subnet_zones"]),
        (Subnet::TYPE, "vpc-1", &["derived.private_subnet_zones"]),
        (RouteTable::TYPE, "i-1", &["derived.internet_reachable"]),
    ] {
        let collected = joined(estate(), Some(cut));
        let document = of(&collected, id);
        let gaps: Vec<&str> = document.gaps.iter().map(|gap| gap.field.as_str()).collect();
        assert_eq!(gaps, fields, "{cut}");
        assert!(fields.iter().all(|field| !document.derived.contains_key(field.strip_prefix("derived.").unwrap())));
        let row = collected.populations.iter().find(|row| row.type_ == document.type_).unwrap();
        assert_eq!(row.not_evaluated, 1, "the balance is closed again: {row:?}");
    }
    assert_eq!(of(&joined(estate(), Some(NetworkInterface::TYPE)), "sg-1").derived["in_use"], true, "one is enough");
    let lost = joined(estate().into_iter().filter(|resource| resource.id != "sg-1").collect(), Some(GROUP));
    let fields: Vec<&str> = of(&lost, "i-1").gaps.iter().map(|gap| gap.field.as_str()).collect();
    assert_eq!(fields, ["derived.internet_reachable", "derived.open_ingress"]);
    let mut unread = estate();
    edit(&mut unread, "sg-1", |group| {
        group.derived.remove("open_ingress");
        group.gaps.push(Gap {
            field: "derived.open_ingress".into(),
            ..gap("ec2:DescribeSecurityGroups", GapReason::Malformed, "-")
        });
    });
    edit(&mut unread, "i-1", |instance| instance.config["public_ip_address"] = Value::Null);
    let unread = joined(unread, None);
    let instance = of(&unread, "i-1");
    assert_eq!((instance.gaps[0].field.as_str(), instance.gaps.len()), ("derived.open_ingress", 1));
    assert_eq!(instance.derived["internet_reachable"], json!([]), "no address is enough to know that");
    let mut odd = estate();
    edit(&mut odd, "rtb-a", |table| {
        table.config.remove("routes");
        table.gaps.push(gap("ec2:DescribeRouteTables", GapReason::Malformed, "-"));
    });
    assert_eq!(of(&joined(odd, None), "i-1").gaps[0].operation, "ec2:DescribeRouteTables");
}
