//! What is let through, and what is made of the answers.

use super::*;
use evidenced_connectors::aws::regions::DESCRIBE_REGIONS;
use evidenced_connectors::exchange::ErrorDialect;
use evidenced_schemas::{Cloud, Instant};

/// Answers with the status and code in the request's body: `403 AccessDenied`.
#[derive(Debug, Default)]
struct Echo {
    asked: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Transport for Echo {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        let text = String::from_utf8(request.body.to_vec()).unwrap();
        self.asked.lock().unwrap().push(format!("{} {}", request.operation, request.region));
        let (status, code) = text.split_once(' ').unwrap();
        let body = format!("<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>");
        let finished_at = Instant::new(chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        Ok(ApiResponse {
            seq: 0,
            status: status.parse().unwrap(),
            headers: BTreeMap::new(),
            body: body.into(),
            finished_at,
        })
    }

    async fn pause(&self, _: Duration) {}
}

fn request(operation: &str, region: &str, answer: &str) -> ApiRequest {
    ApiRequest {
        cloud: Cloud::Aws,
        region: region.to_owned(),
        service: operation.split(':').next().unwrap().to_owned(),
        operation: operation.split(':').nth(1).unwrap().to_owned(),
        method: http::Method::POST,
        url: "http://127.0.0.1/".parse().unwrap(),
        headers: http::HeaderMap::new(),
        body: answer.to_owned().into(),
        dialect: ErrorDialect::AwsXml,
        secrets: &[],
    }
}

fn trial() -> (Arc<Echo>, Trial) {
    let echo = Arc::new(Echo::default());
    (Arc::clone(&echo), Trial::over(echo))
}

#[tokio::test]
async fn a_call_is_sent_once_a_region_until_the_provider_had_time() {
    let (echo, trial) = trial();
    let regions = |region| request("ec2:DescribeRegions", region, "200 -");
    assert!(trial.call(regions("us-east-1")).await.is_ok());
    let again = trial.call(regions("us-east-1")).await.unwrap_err();
    assert_eq!(again.kind, GapReason::Cancelled);
    assert!(trial.call(regions("eu-west-1")).await.is_ok());
    assert!(trial.call(request("ec2:DescribeVpcs", "us-east-1", "200 -")).await.is_ok());
    trial.pause(Duration::ZERO).await;
    assert!(trial.call(regions("us-east-1")).await.is_ok());
    assert!(trial.call(regions("us-east-1")).await.is_err());
    let asked = echo.asked.lock().unwrap().clone();
    let expected = [
        "DescribeRegions us-east-1",
        "DescribeRegions eu-west-1",
        "DescribeVpcs us-east-1",
        "DescribeRegions us-east-1",
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn only_a_refusal_is_a_missing_action_and_the_worst_answer_stands() {
    let (_, trial) = trial();
    for (region, answer) in [
        ("answered", "200 -"),
        ("refused", "403 UnauthorizedOperation"),
        ("refused-without-a-word", "403 "),
        ("throttled", "400 Throttling"),
        ("strange", "400 InvalidParameterValue"),
        ("lacking", "404 "),
        ("bad-key", "401 AuthFailure"),
    ] {
        let _ = trial.call(request("ec2:DescribeRegions", region, answer)).await;
    }
    let _ = trial.call(request("iam:GetAccountPasswordPolicy", "global", "404 NoSuchEntity")).await;
    let answers = trial.answers(&DESCRIBE_REGIONS);
    assert_eq!(answers["answered"], Answer::Allowed);
    assert_eq!(answers["refused"], Answer::Refused("UnauthorizedOperation".to_owned()));
    assert!(matches!(answers["refused-without-a-word"], Answer::Refused(_)));
    for region in ["throttled", "strange", "lacking", "bad-key"] {
        assert!(matches!(answers[region], Answer::Unclear(_)), "{region}: {:?}", answers[region]);
    }
    let policy = needs::operations(["aws.iam.account"])[&("iam", "GetAccountPasswordPolicy")];
    assert_eq!(trial.answers(policy)["global"], Answer::Allowed, "there is none: that was an answer");

    trial.pause(Duration::ZERO).await;
    let _ = trial.call(request("ec2:DescribeRegions", "refused", "200 -")).await;
    assert!(matches!(trial.answers(&DESCRIBE_REGIONS)["refused"], Answer::Refused(_)));
}
