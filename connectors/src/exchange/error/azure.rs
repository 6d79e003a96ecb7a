//! How Azure names its errors: Resource Manager, Entra ID, Blob Storage, Key Vault.

use super::{ApiResponse, read_xml};
use evidenced_schemas::GapReason;
use serde_json::Value;

/// Azure error codes by kind. Codes that are not here fall back to the HTTP status.
/// Source: "Common error codes" and "Blob Storage error codes" of the Storage REST API reference, "Troubleshoot common
/// Azure deployment errors" of Resource Manager, RFC 6749 section 5.2 for the answers of Entra ID.
const CODES: &[(GapReason, &[&str])] = &[
    (
        GapReason::Throttled,
        &[
            "ServerBusy",
            "TooManyRequests",
            "Throttled",
            "RateLimiting",
            "OperationNotAllowedThrottled",
            "ResourceRequestsThrottled",
            "SubscriptionRequestsThrottled",
        ],
    ),
    (
        GapReason::Unavailable,
        &["InternalError", "InternalServerError", "ServiceUnavailable", "ServerTimeout", "temporarily_unavailable"],
    ),
    (GapReason::Timeout, &["OperationTimedOut", "GatewayTimeout", "RequestTimeout"]),
    (
        GapReason::Unauthenticated,
        &[
            "AuthenticationFailed",
            "AuthenticationFailedInvalidHeader",
            "AuthenticationFailedMissingToken",
            "ExpiredAuthenticationToken",
            "InvalidAuthenticationInfo",
            "InvalidAuthenticationToken",
            "InvalidAuthenticationTokenAudience",
            "InvalidAuthenticationTokenTenant",
            "NoAuthenticationInformation",
            "Unauthorized",
            "invalid_client",
            "invalid_grant",
            "unauthorized_client",
        ],
    ),
    (
        GapReason::Denied,
        &[
            "AccountIsDisabled",
            "AuthorizationFailed",
            "AuthorizationFailure",
            "AuthorizationPermissionMismatch",
            "AuthorizationProtocolMismatch",
            "AuthorizationResourceTypeMismatch",
            "AuthorizationServiceMismatch",
            "AuthorizationSourceIPMismatch",
            "Authorization_RequestDenied",
            "BlobImmutableDueToLegalHold",
            "BlobImmutableDueToPolicy",
            "Forbidden",
            "InsufficientAccountPermissions",
            "KeyBasedAuthenticationNotPermitted",
            "LinkedAuthorizationFailed",
            "PublicAccessNotPermitted",
            "RequestDisallowedByPolicy",
        ],
    ),
    (GapReason::NotEnabled, &["MissingSubscriptionRegistration", "SubscriptionNotRegistered"]),
    (GapReason::NotFound, &["ContainerBeingDeleted", "ResourceNotFound"]),
];

/// The kind of an Azure error code, where the table names it.
pub(super) fn kind_of_code(code: &str) -> Option<GapReason> {
    let named = CODES.iter().find(|(_, codes)| codes.contains(&code)).map(|(kind, _)| *kind);
    named.or_else(|| code.ends_with("NotFound").then_some(GapReason::NotFound))
}

/// The error code and message in an answer: `{"error": {"code", "message"}}` of Resource Manager and Key Vault,
/// `{"error": "…", "error_description": "…"}` of Entra ID, `<Error><Code>` of Storage, which also says the code in a header:
/// the only place of an answer to HEAD.
pub(super) fn read(response: &ApiResponse) -> (Option<String>, String) {
    let header = response.headers.get("x-ms-error-code").cloned();
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        let (code, message) = read_xml(&response.body);
        return (header.or(code), message);
    };
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let code = text("/error/code").or_else(|| text("/error")).or_else(|| text("/code"));
    let message = text("/error/message").or_else(|| text("/error_description")).or_else(|| text("/message"));
    (header.or(code), message.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::{ErrorDialect, kind_of_status};
    use super::*;
    use chrono::DateTime;
    use evidenced_schemas::Instant;

    fn answer(status: u16, header: Option<&str>, body: &'static str) -> ApiResponse {
        ApiResponse {
            seq: 0,
            status,
            headers: header.map(|code| ("x-ms-error-code".to_owned(), code.to_owned())).into_iter().collect(),
            body: body.into(),
            finished_at: Instant::new(DateTime::UNIX_EPOCH),
        }
    }

    #[test]
    fn each_service_names_its_errors_in_its_own_way() {
        let arm = r#"{"error":{"code":"AuthorizationFailed","message":"no role"}}"#;
        let entra = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret"}"#;
        let storage = "\u{feff}<?xml version=\"1.0\"?><Error><Code>ServerBusy</Code><Message>busy</Message></Error>";
        for (status, header, body, code, kind) in [
            (403, None, arm, "AuthorizationFailed", GapReason::Denied),
            (401, None, entra, "invalid_client", GapReason::Unauthenticated),
            (503, None, storage, "ServerBusy", GapReason::Throttled),
            (404, Some("ContainerNotFound"), "", "ContainerNotFound", GapReason::NotFound),
            (403, Some("AuthenticationFailed"), "", "AuthenticationFailed", GapReason::Unauthenticated),
            (403, Some("AuthorizationPermissionMismatch"), "", "AuthorizationPermissionMismatch", GapReason::Denied),
            (500, Some("OperationTimedOut"), "", "OperationTimedOut", GapReason::Timeout),
        ] {
            let (read, _) = ErrorDialect::Azure.read(&answer(status, header, body));
            assert_eq!(read.as_deref(), Some(code), "{body}");
            assert_eq!(ErrorDialect::Azure.kind(code), Some(kind), "{code}");
        }
        let (_, message) = ErrorDialect::Azure.read(&answer(401, None, entra));
        assert!(message.starts_with("AADSTS7000215"), "{message}");
    }

    #[test]
    fn what_is_no_error_document_falls_back_to_the_status() {
        for body in ["", "<!doctype html><html>", "{}", "[]", "{\"error\":{}}"] {
            assert_eq!(ErrorDialect::Azure.read(&answer(429, None, body)).0, None, "{body}");
        }
        assert_eq!(ErrorDialect::Azure.kind("NeverHeardOf"), None);
        assert_eq!(kind_of_status(429), GapReason::Throttled);
    }
}
