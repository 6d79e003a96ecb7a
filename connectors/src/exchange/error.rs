//! Kinds of collecting errors, and the one table that says what each means.

mod azure;
mod google;

use super::{ApiRequest, ApiResponse};
use evidenced_schemas::{Gap, GapReason, Instant};
use serde_json::Value;

/// A call that gave no usable answer. It becomes a gap in the document that needed it; it never ends a collection.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{service}:{operation} in {region}: {kind} ({code}){}", detail(message))]
pub struct CollectError {
    /// The kind, on which callers act.
    pub kind: GapReason,
    /// The service that was called.
    pub service: String,
    /// The operation that was called.
    pub operation: String,
    /// The region.
    pub region: String,
    /// The provider's error code; the HTTP status or `-` where it gave none.
    pub code: String,
    /// What the provider or the network said.
    pub message: String,
    /// Exchanges that show it.
    pub exchanges: Vec<u64>,
    /// When the last of them finished.
    pub at: Option<Instant>,
}

fn detail(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

/// What a kind of error means: one row a kind, and no other place decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The transport tries again.
    pub retried: bool,
    /// What is left when the last attempt failed so.
    pub outcome: Outcome,
}

/// What an error leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The field is unknown.
    Gap,
    /// A gap, unless the operation declares this error code as a fact of absence (`NoSuchBucketPolicy`).
    GapUnlessDeclared,
}

/// The table.
pub const fn rule(kind: GapReason) -> Rule {
    use GapReason as K;
    match kind {
        K::Throttled | K::Unavailable | K::Timeout => Rule { retried: true, outcome: Outcome::Gap },
        K::Unauthenticated | K::Denied | K::Malformed | K::TooLarge | K::Cancelled => {
            Rule { retried: false, outcome: Outcome::Gap }
        }
        K::NotEnabled | K::NotFound => Rule { retried: false, outcome: Outcome::GapUnlessDeclared },
    }
}

/// How an API names its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorDialect {
    /// `__type` or `code` in a JSON body, or the `x-amzn-errortype` header.
    AwsJson,
    /// `<Error><Code>` in an XML body, wrapped in various ways.
    AwsXml,
    /// `{"error": {"status", "errors", "details"}}`.
    Google,
    /// The `x-ms-error-code` header, `error` in a JSON body, or `<Error><Code>` in an XML body.
    Azure,
    /// No form of its own: the HTTP status alone tells (a time-stamping authority).
    Plain,
}

/// AWS error codes by kind. Codes that are not here fall back to the HTTP status.
/// Source: "Common Error Types" of the IAM, STS, EC2, S3 and CloudTrail API references.
const AWS_CODES: &[(GapReason, &[&str])] = &[
    (
        GapReason::Throttled,
        &[
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottledException",
            "RequestThrottled",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "BandwidthLimitExceeded",
            "LimitExceededException",
            "ProvisionedThroughputExceededException",
            "PriorRequestNotComplete",
            "EC2ThrottledException",
            "SlowDown",
            "TransactionInProgressException",
        ],
    ),
    (
        GapReason::Unavailable,
        &[
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServerException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "ServiceFailure",
            "Unavailable",
        ],
    ),
    (GapReason::Timeout, &["RequestTimeout", "RequestTimeoutException"]),
    (
        GapReason::Unauthenticated,
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "UnrecognizedClientException",
            "AuthFailure",
            "InvalidToken",
            "RequestExpired",
            "TokenRefreshRequired",
            "RequestTimeTooSkewed",
        ],
    ),
    (
        GapReason::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AllAccessDisabled",
            "UnauthorizedOperation",
            "UnauthorizedAccess",
            "NotAuthorized",
            "AuthorizationError",
            "AuthorizationErrorException",
            "Forbidden",
            "InsufficientPermissionsException",
            "AccountProblem",
        ],
    ),
    (
        GapReason::NotEnabled,
        &[
            "OptInRequired",
            "SubscriptionRequiredException",
            "InvalidAccessException",
            "NotSignedUp",
            "RegionDisabledException",
            "ServiceNotEnabledException",
            "OrganizationNotFoundException",
            "AWSOrganizationsNotInUseException",
        ],
    ),
];

impl CollectError {
    /// An error of this call, found by the caller in a whole answer: a shape that is not the documented one.
    pub fn malformed(
        service: &str,
        operation: &str,
        region: &str,
        message: impl Into<String>,
        exchanges: Vec<u64>,
    ) -> Self {
        Self {
            kind: GapReason::Malformed,
            service: service.to_owned(),
            operation: operation.to_owned(),
            region: region.to_owned(),
            code: "-".to_owned(),
            message: message.into(),
            exchanges,
            at: None,
        }
    }

    /// What an answer with an error status means; none for a status below 300 and for 304.
    pub fn from_response(request: &ApiRequest, response: &ApiResponse) -> Option<Self> {
        if response.status < 300 || response.status == 304 {
            return None;
        }
        let (code, message) = request.dialect.read(response);
        let kind = code
            .as_deref()
            .and_then(|code| request.dialect.kind(code))
            .unwrap_or_else(|| kind_of_status(response.status));
        Some(Self {
            kind,
            service: request.service.clone(),
            operation: request.operation.clone(),
            region: request.region.clone(),
            code: code.unwrap_or_else(|| response.status.to_string()),
            message,
            exchanges: if response.seq == 0 { vec![] } else { vec![response.seq] },
            at: Some(response.finished_at),
        })
    }

    /// The gap that this error leaves in a field (`config.acl`).
    pub fn gap(&self, field: &str) -> Gap {
        Gap {
            field: field.to_owned(),
            operation: format!("{}:{}", self.service, self.operation),
            reason: self.kind,
            code: self.code.clone(),
        }
    }

    /// One sentence for a population that could not be listed.
    pub fn sentence(&self) -> String {
        format!("{}:{} {} ({})", self.service, self.operation, self.kind, self.code)
    }
}

/// The kind of an AWS error code, where the table names it.
pub fn kind_of_code(code: &str) -> Option<GapReason> {
    AWS_CODES.iter().find(|(_, codes)| codes.contains(&code)).map(|(kind, _)| *kind).or_else(|| {
        (code.starts_with("NoSuch")
            || code.ends_with("NotFound")
            || code.ends_with("NotFoundException")
            || code.ends_with("NotFoundError"))
        .then_some(GapReason::NotFound)
    })
}

/// The kind of an HTTP status, where the body says nothing known.
pub fn kind_of_status(status: u16) -> GapReason {
    match status {
        401 => GapReason::Unauthenticated,
        403 => GapReason::Denied,
        404 | 410 => GapReason::NotFound,
        408 | 504 => GapReason::Timeout,
        429 => GapReason::Throttled,
        500..=599 => GapReason::Unavailable,
        _ => GapReason::Malformed,
    }
}

impl ErrorDialect {
    /// The kind of an error code, where this dialect's table names it.
    pub fn kind(self, code: &str) -> Option<GapReason> {
        match self {
            Self::AwsJson | Self::AwsXml => kind_of_code(code),
            Self::Google => google::kind_of_code(code),
            Self::Azure => azure::kind_of_code(code),
            Self::Plain => None,
        }
    }

    /// The error code and message in an answer.
    pub fn read(self, response: &ApiResponse) -> (Option<String>, String) {
        match self {
            // What stands before a service (a proxy, an emulator's policy check) may speak XML whatever the service speaks.
            Self::AwsJson => match read_json(response) {
                (None, _) => read_xml(&response.body),
                told => told,
            },
            Self::AwsXml => read_xml(&response.body),
            Self::Google => google::read(&response.body),
            Self::Azure => azure::read(response),
            Self::Plain => (None, String::new()),
        }
    }
}

fn read_json(response: &ApiResponse) -> (Option<String>, String) {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    let text = |names: &[&str]| names.iter().find_map(|name| body.get(name)?.as_str()).map(str::to_owned);
    let code = response.headers.get("x-amzn-errortype").cloned().or_else(|| text(&["__type", "code", "Code"]));
    (code.map(|code| bare_code(&code)), text(&["message", "Message"]).unwrap_or_default())
}

/// `com.amazonaws.cloudtrail#TrailNotFoundException:http://…` is `TrailNotFoundException`.
/// Source: Smithy "AWS JSON 1.1 protocol", operation error serialization.
fn bare_code(code: &str) -> String {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).to_owned()
}

/// Reads `<Code>` and `<Message>` at any depth; an HTML page has neither.
fn read_xml(body: &[u8]) -> (Option<String>, String) {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_reader(body);
    let (mut code, mut message, mut open) = (None, String::new(), String::new());
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => start.local_name().as_ref().clone_into(&mut open),
            Ok(Event::Text(text)) => {
                let text = text.xml10_content().trim().to_owned();
                match open.as_str() {
                    "Code" if code.is_none() && !text.is_empty() => code = Some(text),
                    "Message" if message.is_empty() => message = text,
                    _ => {}
                }
            }
            Ok(Event::End(_)) => open.clear(),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    (code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_rule_and_only_passing_troubles_are_retried() {
        use GapReason as K;
        let retried = [K::Throttled, K::Unavailable, K::Timeout];
        let final_ =
            [K::Unauthenticated, K::Denied, K::NotEnabled, K::NotFound, K::Malformed, K::TooLarge, K::Cancelled];
        assert!(retried.iter().all(|kind| rule(*kind).retried));
        assert!(final_.iter().all(|kind| !rule(*kind).retried));
        assert_eq!(rule(K::Denied).outcome, Outcome::Gap, "a refusal is never a fact");
    }

    #[test]
    fn codes_are_found_in_every_wrapping() {
        assert_eq!(bare_code("com.amazonaws.x#AccessDeniedException:http://e"), "AccessDeniedException");
        let wrapped = b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        assert_eq!(read_xml(wrapped), (Some("AccessDenied".into()), "no".into()));
        assert_eq!(read_xml(b"<!doctype html><html><title>404</title>"), (None, String::new()));
    }
}
