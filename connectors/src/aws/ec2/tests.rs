use super::super::regions::{Discovered, Region};
use super::super::scripted::{Scripted, context, order};
use super::*;
use crate::collection::Collected;
use crate::document::Read;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::{Value, json};
use std::sync::Arc;

const DENIED: &str = "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>";

fn answer(operation: &str, inner: &str) -> String {
    format!("<{operation}Response><requestId>r</requestId>{inner}</{operation}Response>")
}

/// Empty lists and plain settings, with lines of the caller's before them.
fn whole(mut script: Scripted) -> Scripted {
    let lists = [
        ("ec2:DescribeImages", "DescribeImages", "imagesSet"),
        ("ec2:DescribeInstances", "DescribeInstances", "reservationSet"),
        ("ec2:DescribeLaunchTemplateVersions", "DescribeLaunchTemplateVersions", "launchTemplateVersionSet"),
        ("ec2:DescribeNetworkAcls", "DescribeNetworkAcls", "networkAclSet"),
        ("ec2:DescribeNetworkInterfaces", "DescribeNetworkInterfaces", "networkInterfaceSet"),
        ("ec2:DescribeRouteTables", "DescribeRouteTables", "routeTableSet"),
        ("ec2:DescribeSecurityGroups", "DescribeSecurityGroups", "securityGroupInfo"),
        ("ec2:DescribeSnapshots", "DescribeSnapshots", "snapshotSet"),
        ("ec2:DescribeSubnets", "DescribeSubnets", "subnetSet"),
        ("ec2:DescribeVolumes", "DescribeVolumes", "volumeSet"),
        ("ec2:DescribeVpcs", "DescribeVpcs", "vpcSet"),
        ("ec2:DescribeFlowLogs", "DescribeFlowLogs", "flowLogSet"),
    ];
    for (call, operation, set) in lists {
        script = script.always(call, "", 200, &answer(operation, &format!("<{set}/>")));
    }
    let settings = [
        (
            "ec2:GetEbsEncryptionByDefault",
            "GetEbsEncryptionByDefault",
            "<ebsEncryptionByDefault>true</ebsEncryptionByDefault>",
        ),
        (
            "ec2:GetSnapshotBlockPublicAccessState",
            "GetSnapshotBlockPublicAccessState",
            "<state>block-all-sharing</state>",
        ),
        (
            "ec2:GetImageBlockPublicAccessState",
            "GetImageBlockPublicAccessState",
            "<imageBlockPublicAccessState>unblocked</imageBlockPublicAccessState>",
        ),
    ];
    for (call, operation, inner) in settings {
        script = script.always(call, "", 200, &answer(operation, inner));
    }
    script
}

async fn read(script: Scripted) -> Collected {
    let context = context(order(), &Arc::new(whole(script)));
    let region = Region { name: "us-east-1".into(), opt_in_status: "opted-in".into() };
    let listed = Ok(Read { value: vec![region], exchanges: vec![], at: None });
    context.set_regions(Discovered { listed, to_read: vec!["us-east-1".into()], unread: vec![] });
    FAMILY.read(&context).await.ordered()
}

fn row<'a>(collected: &'a Collected, type_: &str) -> &'a Population {
    collected.populations.iter().find(|row| row.type_ == type_).unwrap_or_else(|| panic!("no row of {type_}"))
}

fn only<'a>(collected: &'a Collected, type_: &str) -> &'a Resource {
    let mut all = collected.resources.iter().filter(|resource| resource.type_ == type_);
    let first = all.next().unwrap_or_else(|| panic!("no {type_}: {:?}", row(collected, type_)));
    assert!(all.next().is_none(), "more than one {type_}");
    first
}

#[tokio::test]
async fn empty_lists_are_whole_and_the_region_has_its_settings() {
    let collected = read(Scripted::new()).await;
    for type_ in FAMILY.types {
        let row = row(&collected, type_.name);
        assert!(row.complete && row.pages == 1, "{row:?}");
    }
    let region = only(&collected, "aws.ec2.region");
    assert_eq!(
        Value::Object(region.config.clone()),
        json!({"ebs_encryption_by_default": true, "snapshot_block_public_access_state": "block-all-sharing",
            "image_block_public_access_state": "unblocked"})
    );
    assert_eq!(region.id, "123456789012/us-east-1");
}

#[tokio::test]
async fn every_list_that_is_refused_or_is_no_list_is_incomplete() {
    for (type_, call) in [
        ("aws.ec2.image", "ec2:DescribeImages"),
        ("aws.ec2.instance", "ec2:DescribeInstances"),
        ("aws.ec2.launch-template-version", "ec2:DescribeLaunchTemplateVersions"),
        ("aws.ec2.network-acl", "ec2:DescribeNetworkAcls"),
        ("aws.ec2.network-interface", "ec2:DescribeNetworkInterfaces"),
        ("aws.ec2.route-table", "ec2:DescribeRouteTables"),
        ("aws.ec2.security-group", "ec2:DescribeSecurityGroups"),
        ("aws.ec2.snapshot", "ec2:DescribeSnapshots"),
        ("aws.ec2.subnet", "ec2:DescribeSubnets"),
        ("aws.ec2.volume", "ec2:DescribeVolumes"),
        ("aws.ec2.vpc", "ec2:DescribeVpcs"),
    ] {
        let operation = call.strip_prefix("ec2:").unwrap();
        for (status, body, reason) in [
            (403, DENIED.to_owned(), "denied (UnauthorizedOperation)"),
            (200, answer(operation, "<other/>"), "malformed"),
            (200, "<html/>".to_owned(), "malformed"),
        ] {
            let collected = read(Scripted::new().always(call, "", status, &body)).await;
            let row = row(&collected, type_);
            assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{type_}: {row:?}");
            let others = collected.populations.iter().filter(|row| row.type_ != type_);
            assert!(others.clone().all(|row| row.complete), "{type_}");
        }
    }
}

#[tokio::test]
async fn each_setting_of_a_region_that_is_refused_is_a_gap_of_its_own() {
    for (call, field) in [
        ("ec2:GetEbsEncryptionByDefault", "config.ebs_encryption_by_default"),
        ("ec2:GetSnapshotBlockPublicAccessState", "config.snapshot_block_public_access_state"),
        ("ec2:GetImageBlockPublicAccessState", "config.image_block_public_access_state"),
    ] {
        let collected = read(Scripted::new().always(call, "", 403, DENIED)).await;
        let region = only(&collected, "aws.ec2.region");
        let gaps: Vec<_> = region.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
        assert_eq!(gaps, [(field, GapReason::Denied)]);
        assert!(!region.config.contains_key(field.strip_prefix("config.").unwrap()));
    }
}

#[tokio::test]
async fn an_instance_is_read_from_all_pages_and_says_what_is_missing() {
    let instance = |id: &str, options: &str| {
        format!(
            "<item><instancesSet><item><instanceId>{id}</instanceId><instanceState><name>running</name></instanceState>\
             {options}<ipAddress>192.0.2.1</ipAddress><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>\
             <groupSet><item><groupId>sg-1</groupId></item></groupSet>\
             <tagSet><item><key>Name</key><value>web</value></item></tagSet></item></instancesSet></item>"
        )
    };
    let options = "<metadataOptions><httpTokens>required</httpTokens><httpEndpoint>enabled</httpEndpoint></metadataOptions>\
         <enclaveOptions><enabled>true</enabled></enclaveOptions>";
    let page = |items: &str, next: &str| {
        answer("DescribeInstances", &format!("<reservationSet>{items}</reservationSet><nextToken>{next}</nextToken>"))
    };
    let script = Scripted::new()
        .always("ec2:DescribeInstances", "NextToken=more", 200, &page(&instance("i-2", ""), ""))
        .always("ec2:DescribeInstances", "MaxResults=1000", 200, &page(&instance("i-1", options), "more"));
    let collected = read(script).await;
    let row = row(&collected, "aws.ec2.instance");
    assert_eq!((row.listed, row.evaluated, row.pages, row.complete), (2, 1, 2, true));
    let of = |id: &str| collected.resources.iter().find(|resource| resource.id.ends_with(id)).unwrap();
    let first = of("i-1");
    assert_eq!(first.id, "arn:aws:ec2:us-east-1:123456789012:instance/i-1");
    assert_eq!((first.name.as_str(), first.tags.as_ref().unwrap()["Name"].as_str()), ("web", "web"));
    assert_eq!(first.config["metadata_options"]["http_tokens"], "required");
    assert_eq!(first.config["enclave_options"], json!({"enabled": true}));
    assert_eq!(of("i-2").config["enclave_options"], Value::Null);
    assert_eq!(first.config["security_groups"], json!([{"group_id": "sg-1"}]));
    assert!(!first.config.contains_key("tags"));
    let gaps: Vec<&str> = of("i-2").gaps.iter().map(|gap| gap.field.as_str()).collect();
    assert_eq!(gaps, ["config.metadata_options.http_endpoint", "config.metadata_options.http_tokens"]);
}

#[tokio::test]
async fn an_item_that_is_none_cuts_the_list_short_and_the_others_stay() {
    let items = "<item><volumeId>vol-1</volumeId><encrypted>true</encrypted><status>in-use</status><size>8</size></item>\
        <item><volumeId>vol-2</volumeId><encrypted>perhaps</encrypted></item><item><size>1</size></item>";
    let script = Scripted::new().always(
        "ec2:DescribeVolumes",
        "",
        200,
        &answer("DescribeVolumes", &format!("<volumeSet>{items}</volumeSet>")),
    );
    let collected = read(script).await;
    let volume = only(&collected, "aws.ec2.volume");
    assert_eq!((&volume.config["encrypted"], &volume.config["size"]), (&json!(true), &json!(8)));
    let row = row(&collected, "aws.ec2.volume");
    assert!(!row.complete && row.reason.as_deref().unwrap().contains("malformed"), "{row:?}");
}

#[tokio::test]
async fn snapshots_that_anyone_may_restore_are_told_and_unknown_when_that_list_is_refused() {
    let snapshot = |id: &str| {
        format!(
            "<item><snapshotId>{id}</snapshotId><ownerId>123456789012</ownerId><encrypted>false</encrypted><status>completed</status>\
             <startTime>2026-01-01T00:00:00.000Z</startTime></item>"
        )
    };
    let list = |ids: &[&str]| {
        let items: String = ids.iter().map(|id| snapshot(id)).collect();
        answer("DescribeSnapshots", &format!("<snapshotSet>{items}</snapshotSet>"))
    };
    let all = list(&["snap-1", "snap-2"]);
    let who = |groups: &str| {
        answer("DescribeSnapshotAttribute", &format!("<createVolumePermission>{groups}</createVolumePermission>"))
    };
    let everyone = "<item><group>all</group></item><item><userId>111122223333</userId></item>";
    let script = |status, groups: &str| {
        Scripted::new()
            .always("ec2:DescribeSnapshotAttribute", "snap-2", status, &who(groups))
            .always("ec2:DescribeSnapshots", "RestorableBy.1=all", 200, &list(&["snap-2"]))
            .always("ec2:DescribeSnapshots", "", 200, &all)
    };
    let collected = read(script(200, everyone)).await;
    let public: Vec<_> = collected
        .resources
        .iter()
        .filter(|resource| resource.type_ == "aws.ec2.snapshot")
        .map(|resource| resource.derived["public"].clone())
        .collect();
    assert_eq!(public, [json!(false), json!(true)]);
    for (status, groups, told) in [(200, "", Some(json!(false))), (500, "", None)] {
        let collected = read(script(status, groups)).await;
        let second = collected.resources.iter().find(|resource| resource.id.ends_with("snap-2")).unwrap();
        assert_eq!(second.derived.get("public"), told.as_ref(), "a filter that was ignored makes nothing public");
    }
    let script = Scripted::new().always("ec2:DescribeSnapshots", "RestorableBy.1=all", 403, DENIED).always(
        "ec2:DescribeSnapshots",
        "",
        200,
        &list(&["snap-1"]),
    );
    let collected = read(script).await;
    let one = only(&collected, "aws.ec2.snapshot");
    assert_eq!((one.gaps[0].field.as_str(), one.gaps[0].reason), ("derived.public", GapReason::Denied));
    assert!(!one.derived.contains_key("public"));

    // A server that ignores who owns a snapshot ignores who may restore it.
    let foreign = list(&["snap-1", "snap-2"]).replacen("123456789012", "999999999999", 1);
    let collected = read(Scripted::new().always("ec2:DescribeSnapshots", "", 200, &foreign)).await;
    let one = only(&collected, "aws.ec2.snapshot");
    assert_eq!((one.id.ends_with("snap-2"), one.gaps[0].reason), (true, GapReason::Malformed));
    assert!(!row(&collected, "aws.ec2.snapshot").complete);
}

#[tokio::test]
async fn a_vpc_has_its_own_flow_logs_and_a_group_its_open_ports() {
    let vpc = "<vpcSet><item><vpcId>vpc-1</vpcId><isDefault>false</isDefault></item></vpcSet>";
    let log = |id: &str, of: &str| {
        format!(
            "<item><flowLogId>{id}</flowLogId><resourceId>{of}</resourceId><flowLogStatus>ACTIVE</flowLogStatus>\
                 <trafficType>ALL</trafficType></item>"
        )
    };
    let logs = format!("<flowLogSet>{}{}</flowLogSet>", log("fl-1", "vpc-1"), log("fl-2", "subnet-9"));
    let rule = |protocol: &str, ports: &str, ranges: &str| {
        format!(
            "<item><ipProtocol>{protocol}</ipProtocol>{ports}<ipRanges>{ranges}</ipRanges>\
                 <ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges><groups/></item>"
        )
    };
    let ssh = "<fromPort>22</fromPort><toPort>22</toPort>";
    let cidr = |cidr: &str| format!("<item><cidrIp>{cidr}</cidrIp></item>");
    let halves = cidr("0.0.0.0/1") + &cidr("128.0.0.0/1");
    let group = format!(
        "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>web</groupName><ipPermissions>{}{}</ipPermissions>\
         <ipPermissionsEgress/></item></securityGroupInfo>",
        rule("tcp", ssh, &halves),
        rule("-1", "", &cidr("10.0.0.0/8")),
    );
    let script = Scripted::new()
        .always("ec2:DescribeVpcs", "", 200, &answer("DescribeVpcs", vpc))
        .always("ec2:DescribeFlowLogs", "", 200, &answer("DescribeFlowLogs", &logs))
        .always("ec2:DescribeSecurityGroups", "", 200, &answer("DescribeSecurityGroups", &group));
    let collected = read(script).await;
    let logs = &only(&collected, "aws.ec2.vpc").derived["flow_logs"];
    assert_eq!((logs.as_array().unwrap().len(), &logs[0]["flow_log_id"]), (1, &json!("fl-1")));
    let open = &only(&collected, "aws.ec2.security-group").derived["open_ingress"];
    assert_eq!(
        *open,
        json!([
            {"family": "ipv4", "protocol": "tcp", "from_port": 22, "to_port": 22},
            {"family": "ipv6", "protocol": "all", "from_port": 0, "to_port": 65535},
            {"family": "ipv6", "protocol": "tcp", "from_port": 22, "to_port": 22},
        ])
    );
    assert_eq!(
        only(&collected, "aws.ec2.security-group").derived["wide_public_ranges"],
        json!(["0.0.0.0/1", "128.0.0.0/1"])
    );
    let refused = Scripted::new().always("ec2:DescribeVpcs", "", 200, &answer("DescribeVpcs", vpc)).always(
        "ec2:DescribeFlowLogs",
        "",
        403,
        DENIED,
    );
    let collected = read(refused).await;
    assert_eq!(only(&collected, "aws.ec2.vpc").gaps[0].field, "derived.flow_logs");
}

#[tokio::test]
async fn what_follows_from_rules_is_unknown_where_the_rules_are() {
    let group = |rules: &str| {
        let item = format!("<item><groupId>sg-1</groupId><groupName>web</groupName>{rules}</item>");
        answer("DescribeSecurityGroups", &format!("<securityGroupInfo>{item}</securityGroupInfo>"))
    };
    let rule = |cidr: &str| {
        let ranges = format!("<ipRanges><item><cidrIp>{cidr}</cidrIp></item></ipRanges>");
        format!("<item><ipProtocol>-1</ipProtocol>{ranges}</item>")
    };
    let ingress = |cidr: &str| format!("<ipPermissions>{}</ipPermissions>", rule(cidr));
    let egress = |cidr: &str| format!("<ipPermissionsEgress>{}</ipPermissionsEgress>", rule(cidr));
    for (rules, fields) in [
        (ingress("10.0.0.0/8") + &egress("0.0.0.0/0"), &[][..]),
        (egress("0.0.0.0/0"), &["config.ip_permissions", "derived.open_ingress", "derived.wide_public_ranges"]),
        (ingress("8.0.0.0/8"), &["config.ip_permissions_egress", "derived.wide_public_ranges"]),
        (ingress("8.0.0.0/8") + &egress("nonsense"), &["derived.wide_public_ranges"]),
    ] {
        let collected = read(Scripted::new().always("ec2:DescribeSecurityGroups", "", 200, &group(&rules))).await;
        let group = only(&collected, "aws.ec2.security-group");
        let gaps: Vec<_> = group.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
        let expected: Vec<_> = fields.iter().map(|field| (*field, GapReason::Malformed)).collect();
        assert_eq!(gaps, expected, "{rules}");
        assert!(fields.iter().filter_map(|f| f.strip_prefix("derived.")).all(|key| !group.derived.contains_key(key)));
    }
    let both = ingress("10.0.0.0/8") + &egress("52.94.0.0/22");
    let collected = read(Scripted::new().always("ec2:DescribeSecurityGroups", "", 200, &group(&both))).await;
    assert_eq!(only(&collected, "aws.ec2.security-group").derived["wide_public_ranges"], json!(["52.94.0.0/22"]));
}
