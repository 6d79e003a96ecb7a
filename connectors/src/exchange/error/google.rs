//! How Google's APIs name their errors (AIP-193), the older JSON API of Cloud Storage among them.
//!
//! An answer may name up to three codes: the reason of its `ErrorInfo`, the reason of the first of `errors`, and the
//! `status`. The most exact one that the table knows decides; an unknown code is handed on and the HTTP status decides.

use evidenced_schemas::GapReason;
use serde_json::Value;

/// Google's codes by kind. Sources: `google.rpc.Code`, `google.api.ErrorReason`, "HTTP status and error codes for JSON"
/// of Cloud Storage.
const CODES: &[(GapReason, &[&str])] = &[
    (
        GapReason::Throttled,
        &[
            "RESOURCE_EXHAUSTED",
            "RATE_LIMIT_EXCEEDED",
            "RESOURCE_QUOTA_EXCEEDED",
            "rateLimitExceeded",
            "userRateLimitExceeded",
            "quotaExceeded",
            "dailyLimitExceeded",
        ],
    ),
    (
        GapReason::Unavailable,
        &["UNAVAILABLE", "INTERNAL", "UNKNOWN", "ABORTED", "backendError", "internalError", "serviceUnavailable"],
    ),
    (GapReason::Timeout, &["DEADLINE_EXCEEDED", "uploadBrokenConnection"]),
    (
        GapReason::Unauthenticated,
        &[
            "UNAUTHENTICATED",
            "CREDENTIALS_MISSING",
            "ACCESS_TOKEN_EXPIRED",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
            "ACCOUNT_STATE_INVALID",
            "API_KEY_INVALID",
            "authError",
            "expired",
        ],
    ),
    (
        GapReason::Denied,
        &[
            "PERMISSION_DENIED",
            "IAM_PERMISSION_DENIED",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "SECURITY_POLICY_VIOLATED",
            "USER_PROJECT_DENIED",
            "CONSUMER_SUSPENDED",
            "CONSUMER_INVALID",
            "ORG_RESTRICTION_VIOLATION",
            "LOCATION_ORG_POLICY_VIOLATED",
            "forbidden",
            "insufficientPermissions",
            "domainPolicy",
            "retentionPolicyNotMet",
            "objectUnderActiveHold",
            "UserProjectAccessDenied",
        ],
    ),
    (
        GapReason::NotEnabled,
        &["SERVICE_DISABLED", "SERVICE_NOT_VISIBLE", "BILLING_DISABLED", "accessNotConfigured", "accountDisabled"],
    ),
    (GapReason::NotFound, &["NOT_FOUND", "notFound"]),
];

/// The kind of a code, where the table names it.
pub(super) fn kind_of_code(code: &str) -> Option<GapReason> {
    CODES.iter().find(|(_, codes)| codes.contains(&code)).map(|(kind, _)| *kind)
}

/// The error code and message in an answer.
pub(super) fn read(body: &[u8]) -> (Option<String>, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    // A list of answers wraps each, and its error, in an array.
    let error = body.get("error").or_else(|| body.get(0)?.get("error")).unwrap_or(&Value::Null);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let info = || error.get("details")?.as_array()?.iter().find(|detail| is_error_info(detail))?.get("reason");
    let codes: Vec<String> =
        [info(), error.pointer("/errors/0/reason"), error.get("status")].into_iter().filter_map(text).collect();
    let known = codes.iter().find(|code| kind_of_code(code).is_some());
    let code = known.or_else(|| codes.last()).cloned();
    (code, text(error.get("message")).unwrap_or_default())
}

fn is_error_info(detail: &Value) -> bool {
    detail.get("@type").and_then(Value::as_str) == Some("type.googleapis.com/google.rpc.ErrorInfo")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(error: &Value) -> (Option<String>, Option<GapReason>) {
        let (code, _) = read(json!({ "error": error }).to_string().as_bytes());
        let kind = code.as_deref().and_then(kind_of_code);
        (code, kind)
    }

    #[test]
    fn the_most_exact_known_code_decides() {
        let info = |reason: &str| {
            json!({
                "code": 403, "status": "PERMISSION_DENIED", "message": "no",
                "details": [
                    {"@type": "type.googleapis.com/google.rpc.Help"},
                    {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"},
                ],
            })
        };
        let disabled = told(&info("SERVICE_DISABLED"));
        assert_eq!(disabled, (Some("SERVICE_DISABLED".into()), Some(GapReason::NotEnabled)));
        let own = told(&info("SOMETHING_NEW"));
        assert_eq!(own, (Some("PERMISSION_DENIED".into()), Some(GapReason::Denied)), "an unknown reason hides nothing");
        let limited = json!({"code": 403, "errors": [{"reason": "rateLimitExceeded"}], "status": "PERMISSION_DENIED"});
        assert_eq!(told(&limited).1, Some(GapReason::Throttled), "Cloud Storage throttles with 403 too");
        let unmet = json!({"code": 412, "errors": [{"reason": "conditionNotMet", "location": "If-Match"}]});
        assert_eq!(told(&unmet), (Some("conditionNotMet".into()), None));
    }

    #[test]
    fn what_is_not_google_names_nothing() {
        assert_eq!(read(b"<html>502</html>"), (None, String::new()));
        assert_eq!(read(b"\"error\""), (None, String::new()));
        assert_eq!(read(b""), (None, String::new()));
        let listed = br#"[{"error": {"code": 404, "message": "gone", "status": "NOT_FOUND"}}]"#;
        assert_eq!(read(listed), (Some("NOT_FOUND".into()), "gone".into()));
    }

    #[test]
    fn no_code_has_two_kinds() {
        let mut all: Vec<&str> = CODES.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
        let many = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), many);
    }
}
