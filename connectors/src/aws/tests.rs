use super::scripted::{Scripted, order};
use super::*;
use evidenced_schemas::{Population, Resource};
use std::collections::BTreeMap;

const REGIONS: &str = "<DescribeRegionsResponse><regionInfo>\
    <item><regionName>us-east-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>\
    <item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>\
    <item><regionName>af-south-1</regionName><optInStatus>not-opted-in</optInStatus></item>\
    </regionInfo></DescribeRegionsResponse>";
const CONTACT: &str = r#"{"AlternateContact":{"Name":"A","Title":"B","EmailAddress":"c@d","PhoneNumber":"1"}}"#;

fn identity(account: &str) -> String {
    format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/x</Arn>\
         <Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
}

fn script(before: Scripted) -> Scripted {
    let trail = |region: &str| {
        serde_json::json!({"trailList": [{"Name": "t", "S3BucketName": "logs", "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": true, "HomeRegion": region, "LogFileValidationEnabled": true,
            "IsOrganizationTrail": false, "TrailARN": format!("arn:aws:cloudtrail:{region}:123456789012:trail/t")}]})
        .to_string()
    };
    before
        .always("sts:GetCallerIdentity", "", 200, &identity("123456789012"))
        .always("ec2:DescribeRegions", "", 200, REGIONS)
        .always("account:GetAlternateContact", "", 200, CONTACT)
        .always("cloudtrail:DescribeTrails", "us-east-1", 200, &trail("us-east-1"))
        .always("cloudtrail:DescribeTrails", "eu-west-1", 200, &trail("eu-west-1"))
        .always("cloudtrail:GetTrailStatus", "us-east-1", 200, r#"{"IsLogging":true}"#)
        .always("cloudtrail:GetTrailStatus", "eu-west-1", 200, r#"{"IsLogging":false}"#)
        .always("cloudtrail:GetEventSelectors", "", 200, r#"{"EventSelectors":[]}"#)
}

async fn run(script: Scripted, order: Order) -> (Collected, Arc<Scripted>) {
    let script = Arc::new(script);
    (collect(order, Arc::clone(&script) as Arc<dyn Transport>, credentials::for_replay()).await, script)
}

fn account(collected: &Collected) -> &Resource {
    collected.resources.iter().find(|resource| resource.type_ == "aws.account").expect("the account has a document")
}

fn row<'a>(collected: &'a Collected, type_: &str, region: &str) -> &'a Population {
    collected.populations.iter().find(|row| row.type_ == type_ && row.region == region).expect("a row")
}

#[tokio::test]
async fn the_account_is_read_and_what_nobody_answers_is_incomplete() {
    let (collected, transport) = run(script(Scripted::new()), order()).await;
    assert_eq!(transport.requests()[0].operation, "GetCallerIdentity", "the identity comes first");
    assert_eq!(collected.identity.as_deref(), Some("arn:aws:iam::123456789012:user/x"));
    assert_eq!(collected.region_set, ["eu-west-1", "us-east-1"]);
    let document = account(&collected);
    assert!(document.gaps.is_empty(), "{:?}", document.gaps);
    assert_eq!(document.config["account_id"], "123456789012");
    assert_eq!(document.config["alternate_contact_security"]["email_address"], "c@d");
    assert_eq!(document.config["regions"][0]["name"], "af-south-1");
    assert_eq!(document.config["regions"][0]["opt_in_status"], "not-opted-in");
    let trails: Vec<&str> =
        collected.resources.iter().filter(|r| r.type_ == "aws.cloudtrail.trail").map(|r| r.region.as_str()).collect();
    assert_eq!(trails, ["eu-west-1", "us-east-1"]);
    assert!(!row(&collected, "aws.s3.bucket", "global").complete, "the script has no buckets to list");
    for population in &collected.populations {
        assert!(population.balances(), "{population:?}");
        assert!(population.complete || population.reason.is_some(), "{population:?}");
    }
    let types: BTreeSet<&str> = collected.populations.iter().map(|row| row.type_.as_str()).collect();
    assert_eq!(types, account_types().map(|type_| type_.name).collect(), "every resource type has a population");
}

#[tokio::test]
async fn answers_in_any_order_give_the_same_documents() {
    let (first, _) = run(script(Scripted::new()), order()).await;
    for shuffle in [3, 5, 7, 11] {
        let (again, _) = run(script(Scripted::shuffled(shuffle)), order()).await;
        assert_eq!(again.resources, first.resources);
        assert_eq!(again.populations, first.populations);
    }
}

#[tokio::test]
async fn another_account_is_not_read() {
    let other = Scripted::new().always("sts:GetCallerIdentity", "", 200, &identity("999999999999"));
    let (collected, transport) = run(script(other), order()).await;
    assert_eq!(transport.requests().len(), 1);
    assert!(collected.resources.is_empty());
    assert_eq!(collected.populations.len(), account_types().count());
    assert!(collected.populations.iter().all(|row| !row.complete && row.listed == 0));
    let reason = row(&collected, "aws.cloudtrail.trail", "unknown").reason.clone().unwrap();
    assert!(reason.contains("999999999999") && reason.contains("123456789012"), "{reason}");
}

#[tokio::test]
async fn an_identity_that_cannot_be_read_is_a_gap_of_the_account() {
    let (collected, _) = run(script(Scripted::new().always("sts:GetCallerIdentity", "", 500, "<x/>")), order()).await;
    assert_eq!(collected.identity, None);
    let document = account(&collected);
    assert!(!document.config.contains_key("account_id"));
    assert_eq!(document.gaps[0].operation, "sts:GetCallerIdentity");
    assert_eq!(document.config["regions"].as_array().unwrap().len(), 3, "the rest is read all the same");
}

#[tokio::test]
async fn regions_that_cannot_be_listed_leave_a_row_for_every_regional_type() {
    let refused = "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>";
    let (collected, _) = run(script(Scripted::new().always("ec2:DescribeRegions", "", 403, refused)), order()).await;
    assert_eq!(collected.region_set, ["us-east-1"]);
    let unknown = row(&collected, "aws.cloudtrail.trail", "unknown");
    assert_eq!((unknown.listed, unknown.complete), (0, false));
    assert_eq!(unknown.reason.as_deref(), Some("ec2:DescribeRegions denied (UnauthorizedOperation)"));
    assert_eq!(row(&collected, "aws.cloudtrail.trail", "us-east-1").listed, 1);
    assert_eq!(account(&collected).gaps[0].field, "config.regions");
}

#[tokio::test]
async fn a_missing_security_contact_is_a_fact_and_a_refused_one_a_gap() {
    let absent = r#"{"__type":"ResourceNotFoundException"}"#;
    let refused = r#"{"__type":"AccessDeniedException"}"#;
    for (status, body, gaps) in [(404, absent, 0), (403, refused, 1), (404, "<html>", 1), (200, "{}", 1)] {
        let contact = Scripted::new().always("account:GetAlternateContact", "", status, body);
        let (collected, _) = run(script(contact), order()).await;
        let document = account(&collected);
        assert_eq!(document.gaps.len(), gaps, "{status} {body}");
        assert_eq!(document.config.get("alternate_contact_security").is_some(), gaps == 0);
        assert_eq!(document.exchanges.len(), 3, "the answer is among the exchanges either way");
    }
}

#[test]
fn the_registry_is_whole() {
    let mut seen: BTreeMap<(&str, &str), &Operation> = BTreeMap::new();
    for type_ in resource_types() {
        assert!(type_.name.starts_with("aws.") && !type_.about.is_empty() && !type_.operations.is_empty(), "{type_:?}");
        for operation in type_.operations {
            let name = format!("{}:{}", operation.service, operation.name);
            assert!(operation.docs.starts_with("https://docs.aws.amazon.com/"), "{name} has no documentation");
            let through_the_door = door::SERVICES.iter().find(|service| service.name == operation.service);
            assert!(matches!(operation.service, "iam" | "s3") || through_the_door.is_some(), "{name} has no service");
            if let Some(service) = through_the_door {
                let rest = matches!(service.protocol, door::Protocol::RestJson | door::Protocol::RestXml);
                assert_eq!(operation.http.is_some(), rest, "{name}: method and path");
            }
            let known = seen.entry((operation.service, operation.name)).or_insert(operation);
            assert_eq!(known, operation, "{name} is declared twice, differently");
        }
    }
    let permissions = permissions();
    assert!(permissions.contains("cloudtrail:DescribeTrails") && !permissions.contains(""));
    for permission in permissions {
        let (_, action) = permission.split_once(':').expect("a permission is service:Action");
        assert!(
            ["Get", "List", "Describe", "BatchGet", "Generate", "GatewayList"]
                .iter()
                .any(|verb| action.starts_with(verb)),
            "{permission} reads"
        );
    }
}
