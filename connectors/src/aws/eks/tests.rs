use super::super::scripted::{Scripted, read_family};
use super::*;
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Resource};

const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"no"}"#;
const VPC: &str = r#""resourcesVpcConfig":{"vpcId":"vpc-1","endpointPublicAccess":true,"endpointPrivateAccess":true,"publicAccessCidrs":["198.51.100.0/24"]}"#;
const LOGGING: &str = r#""logging":{"clusterLogging":[{"types":["scheduler","api"],"enabled":true},{"types":["audit"],"enabled":false}]}"#;

fn cluster(members: &[&str]) -> String {
    let members = [&[""], members].concat().join(",");
    format!(
        r#"{{"cluster":{{"name":"one","arn":"arn:aws:eks:us-east-1:123456789012:cluster/one","status":"ACTIVE","version":"1.33"{members}}}}}"#
    )
}

async fn read(status: u16, body: &str) -> Collected {
    let script = Scripted::new()
        .always("eks:ListClusters", "", 200, r#"{"clusters":["one"],"nextToken":null}"#)
        .always("eks:DescribeCluster", "/clusters/one", status, body);
    read_family(&FAMILY, script).await.0
}

fn only(collected: &Collected) -> &Resource {
    assert_eq!(collected.resources.len(), 1, "{:?}", collected.populations);
    &collected.resources[0]
}

fn gaps(resource: &Resource) -> Vec<(&str, GapReason)> {
    resource.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect()
}

#[tokio::test]
async fn a_cluster_is_described_by_its_name() {
    let key = r#""encryptionConfig":[{"resources":["secrets"],"provider":{"keyArn":"arn:k"}}],"tags":{"Team":"a"}"#;
    let collected = read(200, &cluster(&[VPC, LOGGING, key])).await;
    let one = only(&collected);
    assert_eq!((one.id.as_str(), one.name.as_str()), ("arn:aws:eks:us-east-1:123456789012:cluster/one", "one"));
    assert_eq!(one.tags.as_ref().unwrap()["Team"], "a");
    assert_eq!(one.config["encryption_config"], json!([{"resources": ["secrets"], "provider": {"key_arn": "arn:k"}}]));
    assert_eq!(one.derived["log_types"], json!(["api", "scheduler"]));
    assert_eq!(one.derived["public_from_anywhere"], json!(false));
    assert_eq!(gaps(one), []);
    let collected = read(200, &cluster(&[VPC, LOGGING])).await;
    assert_eq!(only(&collected).config["encryption_config"], Value::Null);
}

#[tokio::test]
async fn anywhere_is_told_in_pieces_and_by_no_list_and_only_of_a_public_address() {
    for (public, cidrs, anywhere) in [
        (true, r#"["0.0.0.0/0"]"#, true),
        (true, r#"["128.0.0.0/1","0.0.0.0/1"]"#, true),
        (true, r#"["::/0","198.51.100.0/24"]"#, true),
        (true, "[]", true),
        (true, r#"["198.51.100.0/24"]"#, false),
        (false, r#"["0.0.0.0/0"]"#, false),
    ] {
        let vpc = format!(r#""resourcesVpcConfig":{{"endpointPublicAccess":{public},"publicAccessCidrs":{cidrs}}}"#);
        let collected = read(200, &cluster(&[&vpc, LOGGING])).await;
        assert_eq!(only(&collected).derived["public_from_anywhere"], json!(anywhere), "{vpc}");
    }
}

#[tokio::test]
async fn a_description_that_is_refused_or_another_ones_leaves_the_cluster_with_gaps() {
    let another = cluster(&[VPC, LOGGING]).replace(r#""name":"one""#, r#""name":"two""#);
    for (status, body, reason) in [
        (403, DENIED, GapReason::Denied),
        (404, r#"{"__type":"ResourceNotFoundException"}"#, GapReason::NotFound),
        (200, "<html/>", GapReason::Malformed),
        (200, "{}", GapReason::Malformed),
        (200, another.as_str(), GapReason::Malformed),
    ] {
        let collected = read(status, body).await;
        let one = only(&collected);
        let fields: Vec<&str> = one.gaps.iter().map(|gap| gap.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "config.encryption_config",
                "config.logging",
                "config.resources_vpc_config",
                "config.status",
                "config.version",
                "derived.log_types",
                "derived.public_from_anywhere",
            ]
        );
        assert!(one.gaps.iter().all(|gap| gap.reason == reason) && one.derived.is_empty(), "{body}");
        assert_eq!(collected.populations[0].not_evaluated, 1);
    }
    let collected = read(200, &cluster(&[])).await;
    let fields: Vec<&str> = only(&collected).gaps.iter().map(|gap| gap.field.as_str()).collect();
    assert_eq!(
        fields,
        ["config.logging", "config.resources_vpc_config", "derived.log_types", "derived.public_from_anywhere"]
    );
}

#[tokio::test]
async fn all_pages_are_read_and_what_is_no_list_is_incomplete() {
    let script = Scripted::new().always("eks:ListClusters", "nextToken=more", 200, r#"{"clusters":["two"]}"#).always(
        "eks:ListClusters",
        "maxResults=100",
        200,
        r#"{"clusters":["one"],"nextToken":"more"}"#,
    );
    let collected = read_family(&FAMILY, script).await.0;
    let row = &collected.populations[0];
    assert_eq!((row.listed, row.pages, row.complete), (2, 2, true));
    for (status, body, reason) in
        [(403, DENIED, "denied (AccessDeniedException)"), (200, "{}", "malformed"), (200, "<html/>", "malformed")]
    {
        let collected = read_family(&FAMILY, Scripted::new().always("eks:ListClusters", "", status, body)).await.0;
        let row = &collected.populations[0];
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
    }
}
