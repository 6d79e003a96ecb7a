use super::super::regions::{Discovered, Region};
use super::super::scripted::{Scripted, context, order};
use super::*;
use crate::collection::Collected;
use crate::document::Read;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::json;
use std::sync::Arc;

const DENIED: &str = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";

fn answer(operation: &str, inner: &str) -> String {
    format!("<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>")
}

/// Empty lists, with lines of the caller's before them.
async fn read(mut script: Scripted) -> (Collected, Arc<Scripted>) {
    for (call, operation, set) in [
        ("rds:DescribeDBInstances", "DescribeDBInstances", "DBInstances"),
        ("rds:DescribeDBClusters", "DescribeDBClusters", "DBClusters"),
        ("rds:DescribeDBSnapshots", "DescribeDBSnapshots", "DBSnapshots"),
        ("rds:DescribeDBClusterSnapshots", "DescribeDBClusterSnapshots", "DBClusterSnapshots"),
    ] {
        script = script.always(call, "", 200, &answer(operation, &format!("<{set}/>")));
    }
    let script = Arc::new(script);
    let context = context(order(), &script);
    let region = Region { name: "us-east-1".into(), opt_in_status: "opted-in".into() };
    let listed = Ok(Read { value: vec![region], exchanges: vec![], at: None });
    context.set_regions(Discovered { listed, to_read: vec!["us-east-1".into()], unread: vec![] });
    (FAMILY.read(&context).await.ordered(), script)
}

fn row<'a>(collected: &'a Collected, type_: &str) -> &'a Population {
    collected.populations.iter().find(|row| row.type_ == type_).unwrap_or_else(|| panic!("no row of {type_}"))
}

fn of<'a>(collected: &'a Collected, name: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.name == name).unwrap_or_else(|| panic!("no {name}"))
}

/// An instance with everything that RDS always tells, and more members of the caller's.
fn instance(name: &str, engine: &str, more: &str) -> String {
    format!(
        "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier><Engine>{engine}</Engine>\
         <DBInstanceArn>arn:aws:rds:us-east-1:123456789012:db:{name}</DBInstanceArn>\
         <PubliclyAccessible>false</PubliclyAccessible><StorageEncrypted>true</StorageEncrypted>\
         <BackupRetentionPeriod>7</BackupRetentionPeriod><MultiAZ>false</MultiAZ>\
         <DeletionProtection>true</DeletionProtection><CopyTagsToSnapshot>true</CopyTagsToSnapshot>{more}</DBInstance>"
    )
}

fn groups(name: &str, status: &str) -> String {
    format!(
        "<DBParameterGroups><DBParameterGroup><DBParameterGroupName>{name}</DBParameterGroupName>\
         <ParameterApplyStatus>{status}</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>"
    )
}

fn instances(items: &[String]) -> String {
    answer("DescribeDBInstances", &format!("<DBInstances>{}</DBInstances>", items.concat()))
}

fn parameters(operation: &str, pairs: &[(&str, &str)], marker: &str) -> String {
    let pair = |(name, value): &(&str, &str)| {
        let value = if value.is_empty() { String::new() } else { format!("<ParameterValue>{value}</ParameterValue>") };
        format!("<Parameter><ParameterName>{name}</ParameterName>{value}</Parameter>")
    };
    let items: String = pairs.iter().map(pair).collect();
    answer(operation, &format!("<Parameters>{items}</Parameters>{marker}"))
}

fn cluster(name: &str, engine: &str, more: &str) -> String {
    format!(
        "<DBCluster><DBClusterIdentifier>{name}</DBClusterIdentifier><Engine>{engine}</Engine>\
         <DBClusterArn>arn:aws:rds:us-east-1:123456789012:cluster:{name}</DBClusterArn>\
         <StorageEncrypted>true</StorageEncrypted><BackupRetentionPeriod>1</BackupRetentionPeriod>\
         <MultiAZ>true</MultiAZ><DeletionProtection>false</DeletionProtection>{more}</DBCluster>"
    )
}

fn clusters(items: &[String]) -> String {
    answer("DescribeDBClusters", &format!("<DBClusters>{}</DBClusters>", items.concat()))
}

#[tokio::test]
async fn every_list_that_is_refused_or_is_no_list_is_incomplete() {
    let (collected, _) = read(Scripted::new()).await;
    assert!(collected.populations.iter().all(|row| row.complete && row.listed == 0));
    assert_eq!(row(&collected, "aws.rds.snapshot").pages, 2, "two lists, one population");
    for (type_, operation) in [
        ("aws.rds.instance", "DescribeDBInstances"),
        ("aws.rds.cluster", "DescribeDBClusters"),
        ("aws.rds.snapshot", "DescribeDBSnapshots"),
        ("aws.rds.snapshot", "DescribeDBClusterSnapshots"),
    ] {
        let call: &'static str = Box::leak(format!("rds:{operation}").into_boxed_str());
        for (status, body, reason) in [
            (403, DENIED.to_owned(), "denied (AccessDenied)"),
            (200, answer(operation, "<Other/>"), "malformed"),
            (200, "<html/>".to_owned(), "malformed"),
        ] {
            let (collected, _) = read(Scripted::new().always(call, "", status, &body)).await;
            let row = row(&collected, type_);
            assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{type_}: {row:?}");
            assert!(collected.populations.iter().all(|row| row.complete || row.type_ == type_), "{type_}");
        }
    }
}

#[tokio::test]
async fn an_instance_is_read_from_all_pages_and_says_what_is_missing() {
    let page = |items: &str, marker: &str| {
        answer("DescribeDBInstances", &format!("<DBInstances>{items}</DBInstances><Marker>{marker}</Marker>"))
    };
    let logs = "<EnabledCloudwatchLogsExports><member>postgresql</member></EnabledCloudwatchLogsExports>\
        <TagList><Tag><Key>Team</Key><Value>data</Value></Tag></TagList>";
    let first = instance("a", "postgres", &format!("{logs}{}", groups("pg", "pending-reboot")));
    let bare =
        "<DBInstance><DBInstanceIdentifier>b</DBInstanceIdentifier><Engine>neptune</Engine><TagList/></DBInstance>";
    let script = Scripted::new()
        .always("rds:DescribeDBInstances", "Marker=more", 200, &page(bare, ""))
        .always("rds:DescribeDBInstances", "MaxRecords=100", 200, &page(&first, "more"))
        .always(
            "rds:DescribeDBParameters",
            "Marker=p2",
            200,
            &parameters("DescribeDBParameters", &[("rds.force_ssl", "1")], ""),
        )
        .always(
            "rds:DescribeDBParameters",
            "pg",
            200,
            &parameters("DescribeDBParameters", &[("x", "1")], "<Marker>p2</Marker>"),
        );
    let (collected, _) = read(script).await;
    let first = of(&collected, "a");
    assert_eq!(first.id, "arn:aws:rds:us-east-1:123456789012:db:a");
    assert_eq!(first.tags.as_ref().unwrap()["Team"], "data");
    assert_eq!((&first.config["multi_az"], &first.config["db_cluster_identifier"]), (&json!(false), &json!(null)));
    assert_eq!(first.config["enabled_cloudwatch_logs_exports"], json!(["postgresql"]));
    assert_eq!(
        Value::Object(first.derived.clone()),
        json!({"force_tls": true, "force_tls_status": "pending-reboot", "required_log_types": ["postgresql"]})
    );
    assert!(first.gaps.is_empty(), "{:?}", first.gaps);
    let second = of(&collected, "b");
    assert_eq!(second.derived["force_tls"], json!(null), "Neptune has no such parameter");
    let gaps: Vec<&str> = second.gaps.iter().map(|gap| gap.field.as_str()).collect();
    assert_eq!(gaps.len(), 6);
    assert!(gaps.contains(&"config.publicly_accessible") && gaps.contains(&"config.deletion_protection"), "{gaps:?}");
    assert!(!second.config.contains_key("storage_encrypted"));
}

#[tokio::test]
async fn a_group_is_read_once_and_its_refusal_is_a_gap_of_those_that_use_it() {
    let items = [
        instance("a", "mysql", &groups("shared", "in-sync")),
        instance("b", "mysql", &groups("shared", "in-sync")),
        instance("c", "mysql", &groups("other", "in-sync")),
    ];
    let told = parameters("DescribeDBParameters", &[("require_secure_transport", "ON")], "");
    let script = Scripted::new()
        .always("rds:DescribeDBInstances", "", 200, &instances(&items))
        .always("rds:DescribeDBParameters", "shared", 403, DENIED)
        .always("rds:DescribeDBParameters", "other", 200, &told);
    let (collected, script) = read(script).await;
    for name in ["a", "b"] {
        let gaps: Vec<_> = of(&collected, name).gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
        assert_eq!(gaps, [("derived.force_tls", GapReason::Denied), ("derived.force_tls_status", GapReason::Denied)]);
        assert!(!of(&collected, name).derived.contains_key("force_tls"));
    }
    assert_eq!(of(&collected, "c").derived["force_tls"], json!(true));
    let asked = script.requests().iter().filter(|request| request.operation == "DescribeDBParameters").count();
    assert_eq!(asked, 2, "once for each group");
}

#[tokio::test]
async fn a_group_without_the_switch_or_its_value_does_not_tell() {
    for pairs in
        [&[][..], &[("rds.force_ssl", "")], &[("rds.force_ssl", "perhaps")], &[("require_secure_transport", "1")]]
    {
        let item = [instance("a", "sqlserver-se", &groups("g", "in-sync"))];
        let script = Scripted::new().always("rds:DescribeDBInstances", "", 200, &instances(&item)).always(
            "rds:DescribeDBParameters",
            "",
            200,
            &parameters("DescribeDBParameters", pairs, ""),
        );
        let (collected, _) = read(script).await;
        let gap = &of(&collected, "a").gaps[0];
        assert_eq!(
            (gap.field.as_str(), gap.reason, gap.code.as_str()),
            ("derived.force_tls", GapReason::Malformed, "rds.force_ssl")
        );
    }
    let item = [instance("a", "newdb", "")];
    let (collected, _) = read(Scripted::new().always("rds:DescribeDBInstances", "", 200, &instances(&item))).await;
    let gaps: Vec<_> = of(&collected, "a").gaps.iter().map(|gap| (gap.field.as_str(), gap.code.as_str())).collect();
    let engine = "engine newdb";
    assert_eq!(
        gaps,
        [("derived.force_tls", engine), ("derived.force_tls_status", engine), ("derived.required_log_types", engine)]
    );
}

#[tokio::test]
async fn a_member_of_a_cluster_is_told_by_the_cluster_group() {
    let member = "<DBClusterIdentifier>main</DBClusterIdentifier>";
    let items = [
        instance("a", "aurora-postgresql", member),
        instance("b", "docdb", "<DBClusterIdentifier>gone</DBClusterIdentifier>"),
    ];
    let more = "<DBClusterParameterGroup>cg</DBClusterParameterGroup><AvailabilityZones><AvailabilityZone>us-east-1a</AvailabilityZone>\
        </AvailabilityZones><DBClusterMembers><DBClusterMember><DBInstanceIdentifier>a</DBInstanceIdentifier>\
        <IsClusterWriter>true</IsClusterWriter><DBClusterParameterGroupStatus>in-sync</DBClusterParameterGroupStatus>\
        </DBClusterMember></DBClusterMembers>";
    let script = |status, body: &str| {
        Scripted::new()
            .always("rds:DescribeDBInstances", "", 200, &instances(&items))
            .always("rds:DescribeDBClusters", "", status, body)
            .always(
                "rds:DescribeDBClusterParameters",
                "cg",
                200,
                &parameters("DescribeDBClusterParameters", &[("rds.force_ssl", "0")], ""),
            )
    };
    let (collected, _) = read(script(200, &clusters(&[cluster("main", "aurora-postgresql", more)]))).await;
    assert_eq!(of(&collected, "a").derived["force_tls"], json!(false));
    assert_eq!(of(&collected, "a").derived["force_tls_status"], json!("in-sync"));
    assert_eq!(
        (of(&collected, "b").gaps[0].reason, of(&collected, "b").gaps[0].code.as_str()),
        (GapReason::NotFound, "gone")
    );
    let main = of(&collected, "main");
    assert_eq!((&main.config["multi_az"], &main.config["enabled_cloudwatch_logs_exports"]), (&json!(true), &json!([])));
    assert_eq!(main.config["db_cluster_members"][0]["is_cluster_writer"], json!(true));
    assert_eq!(main.derived["required_log_types"], json!(["postgresql"]));
    let (collected, _) = read(script(403, DENIED)).await;
    assert_eq!(of(&collected, "a").gaps[0].operation, "rds:DescribeDBClusters");
}

/// What is asked twice in the same words cannot be told apart when it is replayed.
#[tokio::test]
async fn nothing_is_asked_twice_in_the_same_words() {
    let member = "<DBClusterIdentifier>main</DBClusterIdentifier>";
    let items =
        [instance("a", "docdb", member), instance("b", "docdb", member), instance("c", "mysql", &groups("g", "x"))];
    let body = clusters(&[cluster("main", "docdb", "<DBClusterParameterGroup>cg</DBClusterParameterGroup>")]);
    let script = Scripted::new().always("rds:DescribeDBInstances", "", 200, &instances(&items)).always(
        "rds:DescribeDBClusters",
        "",
        200,
        &body,
    );
    let (_, script) = read(script).await;
    let asked: Vec<_> = script.requests().iter().map(|request| request.body.clone()).collect();
    let distinct: std::collections::BTreeSet<_> = asked.iter().collect();
    assert_eq!(asked.len(), distinct.len(), "{asked:?}");
    assert!(asked.len() >= 6);
}

#[tokio::test]
async fn snapshots_of_both_lists_say_who_may_restore_them() {
    let snapshot = |element: &str, name: &str, arn: &str, type_: &str, encrypted: &str| {
        format!(
            "<{element}><{element}Identifier>{name}</{element}Identifier><{element}Arn>arn:aws:rds:us-east-1:{arn}</{element}Arn>\
             <SnapshotType>{type_}</SnapshotType><{encrypted}>true</{encrypted}></{element}>"
        )
    };
    let own = |kind: &str, name: &str| format!("123456789012:{kind}:{name}");
    let of_instances = [
        snapshot("DBSnapshot", "m", &own("snapshot", "m"), "manual", "Encrypted"),
        snapshot("DBSnapshot", "auto", &own("snapshot", "auto"), "automated", "Encrypted"),
    ];
    let of_clusters = [
        snapshot("DBClusterSnapshot", "c", &own("cluster-snapshot", "c"), "manual", "StorageEncrypted"),
        snapshot("DBClusterSnapshot", "foreign", "999999999999:cluster-snapshot:f", "shared", "StorageEncrypted"),
    ];
    let attributes = |element: &str, values: &[&str]| {
        let values: Vec<_> = values.iter().map(|value| format!("<AttributeValue>{value}</AttributeValue>")).collect();
        let values = values.concat();
        let inner = format!(
            "<{element}AttributesResult><{element}Attributes><{element}Attribute><AttributeName>restore</AttributeName>\
             <AttributeValues>{values}</AttributeValues></{element}Attribute></{element}Attributes></{element}AttributesResult>"
        );
        answer(&format!("Describe{element}Attributes"), &inner)
    };
    let script = |status, body: &str| {
        let list = |element: &str, items: &str| {
            answer(&format!("Describe{element}s"), &format!("<{element}s>{items}</{element}s>"))
        };
        Scripted::new()
            .always("rds:DescribeDBSnapshots", "", 200, &list("DBSnapshot", &of_instances.concat()))
            .always("rds:DescribeDBClusterSnapshots", "", 200, &list("DBClusterSnapshot", &of_clusters.concat()))
            .always("rds:DescribeDBSnapshotAttributes", "DBSnapshotIdentifier=m", status, body)
            .always(
                "rds:DescribeDBClusterSnapshotAttributes",
                "",
                200,
                &attributes("DBClusterSnapshot", &["all", "111122223333"]),
            )
    };
    let (collected, _) = read(script(200, &attributes("DBSnapshot", &[]))).await;
    assert_eq!(of(&collected, "m").derived["restore_accounts"], json!([]));
    assert_eq!(of(&collected, "auto").derived["restore_accounts"], json!(null));
    assert_eq!(of(&collected, "c").derived["restore_accounts"], json!(["111122223333", "all"]));
    assert_eq!(of(&collected, "c").config["encrypted"], json!(true));
    assert_eq!(of(&collected, "c").id, "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:c");
    let row = row(&collected, "aws.rds.snapshot");
    assert_eq!((row.listed, row.evaluated, row.pages), (3, 3, 2));
    assert!(!row.complete, "a snapshot of another account was not asked for");

    for (status, body) in [(403, DENIED.to_owned()), (200, answer("DescribeDBSnapshotAttributes", ""))] {
        let (collected, _) = read(script(status, &body)).await;
        let manual = of(&collected, "m");
        assert_eq!(manual.gaps[0].field, "derived.restore_accounts");
        assert!(!manual.derived.contains_key("restore_accounts"));
    }
}
