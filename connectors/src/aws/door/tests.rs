use super::super::scripted::{Scripted, context, order, overridden};
use super::*;
use crate::aws::{Context, Operation, Paging};
use evidenced_schemas::GapReason;
use serde_json::json;
use std::sync::Arc;

static DESCRIBE_KEY: Operation = Operation { service: "kms", name: "DescribeKey", ..Operation::PLAIN };
static DESCRIBE_REGIONS: Operation = Operation { service: "ec2", name: "DescribeRegions", ..Operation::PLAIN };
static CALLER: Operation = Operation { service: "sts", name: "GetCallerIdentity", ..Operation::PLAIN };
static CONTACT: Operation = Operation {
    service: "account",
    name: "GetAlternateContact",
    http: Some(("POST", "/getAlternateContact")),
    absent: &["ResourceNotFoundException"],
    ..Operation::PLAIN
};
static FUNCTIONS: Operation = Operation {
    service: "lambda",
    name: "ListFunctions",
    http: Some(("GET", "/2015-03-31/functions")),
    paging: Paging::Token { input: "Marker", output: "NextMarker" },
    ..Operation::PLAIN
};
static FUNCTION: Operation =
    Operation { service: "lambda", name: "GetPolicy", http: Some(("GET", "/f/{Name}/policy")), ..Operation::PLAIN };
static BLOCK: Operation = Operation {
    service: "s3control",
    name: "GetPublicAccessBlock",
    http: Some(("GET", "/v20180820/configuration/publicAccessBlock")),
    root: Some("PublicAccessBlockConfiguration"),
    absent: &["NoSuchPublicAccessBlockConfiguration"],
    ..Operation::PLAIN
};

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a&amp;b</Arn><Account>1</Account></GetCallerIdentityResult>\
    <ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></GetCallerIdentityResponse>";

fn one(call: &'static str, status: u16, body: &str) -> (Arc<Scripted>, Context) {
    let script = Arc::new(Scripted::new().always(call, "", status, body));
    let context = context(order(), &script);
    (script, context)
}

fn header(request: &ApiRequest, name: &str) -> String {
    request.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn body(request: &ApiRequest) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

#[tokio::test]
async fn aws_json_posts_an_object_with_a_target() {
    let (script, context) = one("kms:DescribeKey", 200, r#"{"KeyMetadata":{"KeyManager":"AWS"}}"#);
    let read = context.ask(&DESCRIBE_KEY, "eu-west-1", json!({"KeyId": "alias/x", "GrantTokens": null})).await.unwrap();
    assert_eq!(read.value["KeyMetadata"]["KeyManager"], "AWS");
    assert_eq!(read.exchanges, [1]);
    let request = &script.requests()[0];
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://kms.eu-west-1.amazonaws.com/"));
    assert_eq!(header(request, "x-amz-target"), "TrentService.DescribeKey");
    assert_eq!(header(request, "content-type"), "application/x-amz-json-1.1");
    assert_eq!(body(request), r#"{"KeyId":"alias/x"}"#);
    let signature = header(request, "authorization");
    assert!(signature.contains("/eu-west-1/kms/aws4_request"), "{signature}");
    assert!(signature.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-target"), "{signature}");
}

#[tokio::test]
async fn aws_query_posts_a_form_and_answers_inside_its_result() {
    let (script, context) = one("sts:GetCallerIdentity", 200, IDENTITY);
    let input = json!({"Tags": [{"Key": "a b", "Value": "c&d"}, {"Key": "e", "Value": "f"}]});
    let read = context.ask(&CALLER, "us-east-1", input).await.unwrap();
    assert_eq!(read.value, json!({"Arn": "arn:aws:iam::1:user/a&b", "Account": "1"}));
    assert_eq!(
        body(&script.requests()[0]),
        "Action=GetCallerIdentity&Version=2011-06-15&Tags.member.1.Key=a%20b&Tags.member.1.Value=c%26d\
         &Tags.member.2.Key=e&Tags.member.2.Value=f"
    );
}

#[tokio::test]
async fn ec2_query_numbers_lists_plainly_and_a_list_of_one_is_a_list() {
    let answer = "<?xml version=\"1.0\"?>\n<DescribeRegionsResponse><requestId>r</requestId><regionInfo>\n  <item>\
        <regionName>us-east-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>\n</regionInfo>\
        <next/></DescribeRegionsResponse>";
    let (script, context) = one("ec2:DescribeRegions", 200, answer);
    let input = json!({"AllRegions": true, "Filter": [{"Name": "x", "Value": ["y", "z"]}]});
    let read = context.ask(&DESCRIBE_REGIONS, "eu-west-1", &input).await.unwrap();
    let region = json!({"regionName": "us-east-1", "optInStatus": "opt-in-not-required"});
    assert_eq!(read.value, json!({"regionInfo": [region], "next": ""}));
    assert_eq!(
        body(&script.requests()[0]),
        "Action=DescribeRegions&Version=2016-11-15&AllRegions=true&Filter.1.Name=x&Filter.1.Value.1=y&Filter.1.Value.2=z"
    );
}

#[tokio::test]
async fn a_name_can_be_an_element_of_a_list_in_one_parent_and_a_member_in_another() {
    static GROUPED: Operation =
        Operation { service: "ec2", name: "DescribeX", lists: &["groupSet/groupId", "Items/*"], ..Operation::PLAIN };
    let answer = "<DescribeXResponse><Items><a>1</a><a>2</a></Items><groupSet><groupId>a</groupId><groupId>b</groupId></groupSet>\
        <placement><groupId>c</groupId></placement></DescribeXResponse>";
    let (_, context) = one("ec2:DescribeX", 200, answer);
    let read = context.ask(&GROUPED, "us-east-1", json!({})).await.unwrap();
    assert_eq!(read.value, json!({"Items": ["1", "2"], "groupSet": ["a", "b"], "placement": {"groupId": "c"}}));
}

#[tokio::test]
async fn a_global_service_is_asked_and_signed_in_the_partitions_global_region() {
    let mut order = order();
    order.asked.home_region = "cn-north-1".to_owned();
    let script = Arc::new(Scripted::new().always("account:GetAlternateContact", "", 200, "{}"));
    let context = context(order, &script);
    context.ask(&CONTACT, "cn-north-1", json!({"AlternateContactType": "SECURITY"})).await.unwrap();
    let request = &script.requests()[0];
    assert_eq!(request.url.as_str(), "https://account.cn-northwest-1.amazonaws.com.cn/getAlternateContact");
    assert_eq!(request.region, "global");
    assert!(header(request, "authorization").contains("/cn-northwest-1/account/aws4_request"));
    assert_eq!(body(request), r#"{"AlternateContactType":"SECURITY"}"#);
}

#[tokio::test]
async fn rest_json_puts_labels_into_the_path_and_the_rest_into_the_query() {
    let (script, context) = one("lambda:GetPolicy", 200, "{}");
    let input = json!({"Name": "arn:aws:lambda:x:1:function:ü/a", "Qualifier": "1 2", "Many": ["a", "b"]});
    context.ask(&FUNCTION, "us-east-1", input).await.unwrap();
    let request = &script.requests()[0];
    assert_eq!(request.method.as_str(), "GET");
    assert_eq!(
        request.url.as_str(),
        "https://lambda.us-east-1.amazonaws.com/f/arn%3Aaws%3Alambda%3Ax%3A1%3Afunction%3A%C3%BC%2Fa/policy?Many=a&Many=b&Qualifier=1%202"
    );
    assert!(request.body.is_empty());
    for name in [json!(".."), json!(""), json!(null)] {
        let error = context.ask(&FUNCTION, "us-east-1", json!({"Name": name})).await.unwrap_err();
        assert_eq!(error.kind, GapReason::Malformed, "{name}");
    }
    assert_eq!(script.requests().len(), 1, "a path that cannot be written is not sent");
}

#[tokio::test]
async fn s3_control_names_the_account_in_the_host_and_always_in_a_header() {
    let answer =
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    let script = Arc::new(Scripted::new().always("s3control:GetPublicAccessBlock", "", 200, answer));
    let read = context(order(), &script).ask(&BLOCK, "eu-west-1", json!({})).await.unwrap();
    assert_eq!(read.value, json!({"BlockPublicAcls": "true"}));
    context(overridden("http://127.0.0.1:5000/aws/"), &script).ask(&BLOCK, "global", json!({})).await.unwrap();
    let requests = script.requests();
    let path = "v20180820/configuration/publicAccessBlock";
    assert_eq!(requests[0].url.as_str(), format!("https://123456789012.s3-control.eu-west-1.amazonaws.com/{path}"));
    assert_eq!(requests[1].url.as_str(), format!("http://127.0.0.1:5000/aws/{path}"));
    assert!(header(&requests[1], "authorization").contains("/us-east-1/s3/aws4_request"));
    for request in &requests {
        assert_eq!(header(request, "x-amz-account-id"), "123456789012");
        assert_eq!(header(request, "x-amz-content-sha256").len(), 64, "S3 wants the body's digest");
    }
}

#[test]
fn hosts_follow_the_partition_fips_and_dual_stack() {
    for (service, region, fips, dual, host) in [
        ("sts", "eu-west-1", false, false, "sts.eu-west-1.amazonaws.com"),
        ("ecr", "eu-west-1", true, true, "ecr-fips.eu-west-1.api.aws"),
        ("eks", "eu-west-1", true, false, "fips.eks.eu-west-1.amazonaws.com"),
        ("cloudfront", "eu-west-1", false, true, "cloudfront.global.api.aws"),
        ("organizations", "us-gov-east-1", true, false, "organizations.us-gov-west-1.amazonaws.com"),
        ("secretsmanager", "eu-west-1", true, true, "secretsmanager-fips.eu-west-1.amazonaws.com"),
        ("sts", "us-east-1", true, false, "sts-fips.us-east-1.amazonaws.com"),
        ("sts", "us-gov-west-1", true, false, "sts.us-gov-west-1.amazonaws.com"),
        ("kms", "us-gov-west-1", true, false, "kms-fips.us-gov-west-1.amazonaws.com"),
        ("ec2", "us-west-2", false, true, "ec2.us-west-2.api.aws"),
        ("ec2", "us-west-2", true, true, "ec2-fips.us-west-2.api.aws"),
        ("kms", "cn-north-1", false, false, "kms.cn-north-1.amazonaws.com.cn"),
        ("kms", "cn-north-1", false, true, "kms.cn-north-1.api.amazonwebservices.com.cn"),
        ("cloudfront", "us-east-1", false, false, "cloudfront.amazonaws.com"),
        ("cloudfront", "us-east-1", true, true, "cloudfront-fips.global.api.aws"),
        ("cloudfront", "cn-northwest-1", false, false, "cloudfront.cn-northwest-1.amazonaws.com.cn"),
        ("s3control", "us-west-2", true, true, "123456789012.s3-control-fips.dualstack.us-west-2.amazonaws.com"),
    ] {
        let row = SERVICES.iter().find(|row| row.name == service).unwrap();
        let url = row.endpoint(region, "123456789012", fips, dual).unwrap().url;
        assert_eq!(url.host_str(), Some(host));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_the_operations_own_is_malformed_and_never_empty() {
    let html = "<!DOCTYPE html><html><body>404</body></html>";
    let listing = "<ListBucketResult><Name>x</Name></ListBucketResult>";
    let wrong = [html, listing, "", "[]", "null", "\"\"", "not at all", "<html></html>", "{}<", "<a><b></a>"];
    let cut = ["<GetCallerIdentityResponse><GetCallerIdentityResult>", "<DescribeRegionsResponse>", "{\"a\": 1"];
    for (operation, call) in [
        (&DESCRIBE_KEY, "kms:DescribeKey"),
        (&CALLER, "sts:GetCallerIdentity"),
        (&DESCRIBE_REGIONS, "ec2:DescribeRegions"),
        (&FUNCTIONS, "lambda:ListFunctions"),
        (&BLOCK, "s3control:GetPublicAccessBlock"),
    ] {
        for body in wrong.into_iter().chain(cut) {
            let (_, context) = one(call, 200, body);
            let error = context.ask(operation, "us-east-1", json!({})).await.expect_err(body);
            assert_eq!(error.kind, GapReason::Malformed, "{call} {body}");
            assert_eq!(error.exchanges, [1]);
            assert!(error.at.is_some());
        }
    }
    let (_, context) = one("sts:GetCallerIdentity", 200, "<GetCallerIdentityResponse></GetCallerIdentityResponse>");
    assert!(context.ask(&CALLER, "us-east-1", json!({})).await.is_err(), "a response without its result");
}

#[test]
fn xml_keeps_every_value_or_refuses() {
    let object = |text: &str| xml::object(text.as_bytes(), "r", &["item"]).map(Value::Object);
    assert_eq!(object("<r/>").unwrap(), json!({}));
    assert_eq!(object("<n:r xmlns:n='u'><n:a b='c'> x </n:a></n:r>").unwrap(), json!({"a": " x "}));
    assert_eq!(object("<r><a>&lt;&#65;&#x42;<![CDATA[<&]]>&gt;</a></r>").unwrap(), json!({"a": "<AB<&>"}));
    assert_eq!(object("<r><a><item/><item>1</item></a><!-- c --></r>").unwrap(), json!({"a": ["", "1"]}));
    for bad in [
        "<r><a>1</a><a>2</a></r>",
        "<r><a>text<b/></a></r>",
        "<r><item/><a/></r>",
        "<r><item/></r>",
        "<r>text</r>",
        "<r><a>&unknown;</a></r>",
        "<r/><r/>",
        "<r/>trailing",
        "<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>",
    ] {
        assert!(object(bad).is_err(), "{bad} was accepted");
    }
    let inside = |text: &str| xml::object(text.as_bytes(), "r", &["a/*"]).map(Value::Object);
    assert_eq!(
        inside("<r><a><n>1</n><n>2</n></a><b><n>3</n></b></r>").unwrap(),
        json!({"a": ["1", "2"], "b": {"n": "3"}})
    );
    assert!(inside("<r><b><n>1</n><n>2</n></b></r>").is_err(), "only what is inside is a list");
    let deep = format!("<r>{}{}</r>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert!(object(&deep).is_err(), "a document of any depth");
}

#[tokio::test]
async fn refusals_and_absences_are_read_from_every_dialect() {
    let xml =
        |code: &str| format!("<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>");
    let ec2 = |code: &str| format!("<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>");
    for (operation, call, status, body, kind) in [
        (
            &DESCRIBE_KEY,
            "kms:DescribeKey",
            400,
            r#"{"__type":"a#AccessDeniedException"}"#.to_owned(),
            GapReason::Denied,
        ),
        (&CALLER, "sts:GetCallerIdentity", 403, xml("ExpiredToken"), GapReason::Unauthenticated),
        (&DESCRIBE_KEY, "kms:DescribeKey", 403, xml("InvalidClientTokenId"), GapReason::Unauthenticated),
        (&DESCRIBE_REGIONS, "ec2:DescribeRegions", 403, ec2("UnauthorizedOperation"), GapReason::Denied),
        (&DESCRIBE_REGIONS, "ec2:DescribeRegions", 500, "<html>".to_owned(), GapReason::Unavailable),
        (&FUNCTIONS, "lambda:ListFunctions", 404, "<html>no such page</html>".to_owned(), GapReason::NotFound),
        (&FUNCTIONS, "lambda:ListFunctions", 301, String::new(), GapReason::Malformed),
    ] {
        let (_, context) = one(call, status, &body);
        let error = context.ask(operation, "us-east-1", json!({})).await.unwrap_err();
        assert_eq!(error.kind, kind, "{call} {status} {body}");
    }
    let declared = r#"{"__type":"ResourceNotFoundException"}"#;
    for (status, body, absent) in [(404, declared, true), (404, "<html>", false), (403, declared, true)] {
        let (_, context) = one("account:GetAlternateContact", status, body);
        let answer = sdk::absent(&CONTACT, context.ask(&CONTACT, "global", json!({})).await);
        assert_eq!(answer.is_ok_and(|read| read.value.is_none()), absent, "{status} {body}");
    }
}

#[tokio::test]
async fn a_list_is_read_to_its_last_page_and_keeps_what_came_before_a_failure() {
    let call = "lambda:ListFunctions";
    let pages = || Scripted::new().once(call, "Marker=b", 200, r#"{"F":[2],"NextMarker":""}"#);
    let script = Arc::new(pages().once(call, "", 200, r#"{"F":[1],"NextMarker":"b"}"#));
    let list = context(order(), &script).ask_all(&FUNCTIONS, "us-east-1", json!({"MaxItems": 1})).await;
    assert!(list.error.is_none());
    assert_eq!(list.pages.iter().map(|page| page.value["F"][0].clone()).collect::<Vec<_>>(), [json!(1), json!(2)]);
    assert_eq!(script.requests()[1].url.query(), Some("Marker=b&MaxItems=1"));

    let refused = Scripted::new().once(call, "Marker=b", 403, r#"{"__type":"AccessDeniedException"}"#);
    let script = Arc::new(refused.once(call, "", 200, r#"{"F":[1],"NextMarker":"b"}"#));
    let list = context(order(), &script).ask_all(&FUNCTIONS, "us-east-1", json!({})).await;
    assert_eq!((list.pages.len(), list.error.unwrap().kind), (1, GapReason::Denied));

    for endless in [r#"{"F":[1],"NextMarker":"b"}"#, r#"{"F":[1],"NextMarker":7}"#] {
        let script = Arc::new(Scripted::new().always(call, "", 200, endless));
        let list = context(order(), &script).ask_all(&FUNCTIONS, "us-east-1", json!({})).await;
        assert_eq!(list.error.unwrap().kind, GapReason::Malformed);
        assert!(list.pages.len() <= 2 && script.requests().len() <= 2);
    }
}

#[tokio::test]
async fn a_service_without_a_row_is_a_gap_and_not_a_crash() {
    let (script, context) = one("x:Y", 200, "{}");
    let unknown = Operation { service: "x", name: "Y", ..Operation::PLAIN };
    assert_eq!(context.ask(&unknown, "us-east-1", json!({})).await.unwrap_err().kind, GapReason::Malformed);
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn a_request_that_several_types_make_is_made_once() {
    static SHARED: Operation = Operation { shared: true, service: "kms", name: "DescribeKey", ..Operation::PLAIN };
    let denied = r#"{"__type":"AccessDeniedException"}"#;
    for (status, body) in [(200, r#"{"KeyMetadata":{}}"#), (400, denied)] {
        let script = Arc::new(Scripted::shuffled(3).always("kms:DescribeKey", "", status, body));
        let context = context(order(), &script);
        let ask = |key: &str| context.ask(&SHARED, "eu-west-1", json!({"KeyId": key}));
        let (first, second, other) = futures::join!(ask("a"), ask("a"), ask("b"));
        assert_eq!(format!("{first:?}"), format!("{second:?}"));
        assert_eq!(first.is_ok(), other.is_ok());
        assert_eq!(script.requests().len(), 2, "a once and b once");
    }
}
