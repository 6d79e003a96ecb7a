//! What can go wrong with an answer, in the words of the service that is asked.

use super::Call;
use std::time::Duration;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A refusal in the protocol's own form.
    Denied,
    /// 429 with the service's word for throttling.
    Throttled,
    /// 500 with the service's word for an internal failure.
    Internal,
    /// The true answer, cut in half: the length says more than comes.
    Cut,
    /// 200 with an HTML page, as a captive portal gives.
    Html,
    /// 200 with an empty body.
    Empty,
    /// The connection ends without a byte.
    HangUp,
    /// The true answer, late.
    Slow,
}

impl Fault {
    /// The reason that a gap must name, in the format's words.
    pub fn reasons(self) -> &'static [&'static str] {
        match self {
            Self::Denied => &["denied"],
            Self::Throttled => &["throttled"],
            Self::Internal | Self::HangUp => &["unavailable"],
            Self::Cut => &["unavailable", "timeout"],
            Self::Html | Self::Empty => &["malformed"],
            Self::Slow => &[],
        }
    }
}

/// The bytes to send; none to hang up.
pub(super) fn answer(fault: Option<Fault>, call: &Call, upstream: impl FnOnce() -> Vec<u8>) -> Option<Vec<u8>> {
    let (service, _) = call.operation.split_once(':').unwrap_or((&call.operation, ""));
    match fault {
        None => Some(upstream()),
        Some(Fault::Slow) => {
            std::thread::sleep(Duration::from_millis(700));
            Some(upstream())
        }
        Some(Fault::Denied) => Some(refusal(service, &DENIED)),
        Some(Fault::Throttled) => Some(refusal(service, &THROTTLED)),
        Some(Fault::Internal) => Some(refusal(service, &INTERNAL)),
        Some(Fault::Html) => Some(http(
            200,
            "text/html",
            "",
            "<!doctype html><html><head><title>Sign in</title></head><body>Wi-Fi</body></html>",
        )),
        Some(Fault::Empty) => Some(http(200, "text/plain", "", "")),
        Some(Fault::HangUp) => None,
        Some(Fault::Cut) => {
            let mut answer = upstream();
            let body = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |end| end + 4);
            let kept = body + (answer.len() - body) / 2;
            // An answer without a body is cut inside its head.
            answer.truncate(if kept == body { body / 2 } else { kept });
            Some(answer)
        }
    }
}

/// Status and error codes of a failure: as JSON services, query services, EC2 and S3 say it.
struct Failure {
    status: u16,
    json: &'static str,
    query: &'static str,
    ec2: &'static str,
    s3: &'static str,
}

const DENIED: Failure = Failure {
    status: 403,
    json: "AccessDeniedException",
    query: "AccessDenied",
    ec2: "UnauthorizedOperation",
    s3: "AccessDenied",
};
const THROTTLED: Failure = Failure {
    status: 429,
    json: "ThrottlingException",
    query: "Throttling",
    ec2: "RequestLimitExceeded",
    s3: "SlowDown",
};
const INTERNAL: Failure = Failure {
    status: 500,
    json: "InternalServerError",
    query: "InternalFailure",
    ec2: "InternalError",
    s3: "InternalError",
};

fn refusal(service: &str, failure: &Failure) -> Vec<u8> {
    let Failure { status, json, query, ec2, s3 } = *failure;
    let message = "by the proxy of the tests";
    match service {
        "s3" => {
            let body = format!("<Error><Code>{s3}</Code><Message>{message}</Message><RequestId>r</RequestId></Error>");
            http(status, "application/xml", "", &body)
        }
        "ec2" => {
            let error = format!("<Error><Code>{ec2}</Code><Message>{message}</Message></Error>");
            http(
                status,
                "text/xml",
                "",
                &format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"),
            )
        }
        "cloudfront" | "cloudwatch" | "elb" | "elbv2" | "iam" | "rds" | "s3control" | "sns" | "sts" => {
            let error = format!("<Error><Type>Sender</Type><Code>{query}</Code><Message>{message}</Message></Error>");
            http(status, "text/xml", "", &format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
        }
        "accessanalyzer" | "account" | "backup" | "eks" | "guardduty" | "inspector2" | "lambda" | "securityhub" => {
            let body = format!(r#"{{"message": "{message}"}}"#);
            http(status, "application/json", &format!("x-amzn-errortype: {json}\r\n"), &body)
        }
        _ => {
            // JSON services answer 400 to all that the caller did.
            let status = if status < 500 { 400 } else { status };
            let body = format!(r#"{{"__type": "com.amazonaws.service#{json}", "message": "{message}"}}"#);
            http(status, "application/x-amz-json-1.1", "", &body)
        }
    }
}

fn http(status: u16, content_type: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} -\r\nContent-Type: {content_type}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// moto lacks `ListOrganizationsFeatures`; IAM answers an account like the estate's in this way.
pub(super) fn no_organization() -> Vec<u8> {
    let code = "AccountNotManagementOrDelegatedAdministratorException";
    let error =
        format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>not a management account</Message></Error>");
    http(400, "text/xml", "", &format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
}

/// moto 5.2 answers `GetBucketVersioning` with a root element that S3 never sends; here it becomes the documented one.
pub(super) fn mend_versioning(answer: Vec<u8>) -> Vec<u8> {
    let Ok(text) = String::from_utf8(answer.clone()) else { return answer };
    match text.split_once("\r\n\r\n") {
        Some((_, body)) if body.contains("GetBucketVersioningResponse") => {
            http(200, "application/xml", "", &body.replace("GetBucketVersioningResponse", "VersioningConfiguration"))
        }
        _ => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).split_once("\r\n\r\n").expect("a head and a body").1.to_owned()
    }

    #[test]
    fn a_cut_answer_is_shorter_than_it_says() {
        let call = Call { operation: "iam:X".into(), region: String::new(), asks: String::new() };
        let whole = http(200, "text/xml", "", "0123456789");
        let cut = answer(Some(Fault::Cut), &call, || whole.clone()).expect("it answers");
        assert!(String::from_utf8_lossy(&cut).contains("Content-Length: 10"));
        assert_eq!(body(&cut), "01234");
    }

    #[test]
    fn refusals_are_in_the_services_own_words() {
        assert!(body(&refusal("ec2", &DENIED)).contains("UnauthorizedOperation"));
        assert!(body(&refusal("cloudtrail", &THROTTLED)).contains("ThrottlingException"));
        assert!(body(&refusal("s3", &THROTTLED)).contains("SlowDown"));
    }

    #[test]
    fn versioning_gets_its_documented_root() {
        let moto = http(
            200,
            "application/xml",
            "",
            "<GetBucketVersioningResponse><Status>Enabled</Status></GetBucketVersioningResponse>",
        );
        assert_eq!(
            body(&mend_versioning(moto)),
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        );
    }
}
