//! Refusals in the words of the service that would have refused.

use evidenced::store::suite::Fault;

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Amazon S3: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
    S3,
    /// Google's JSON APIs: <https://cloud.google.com/storage/docs/json_api/v1/status-codes>
    Google,
    /// Azure Blob Storage: <https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2>
    Azure,
}

impl Dialect {
    /// Its name, and the way back: [`Dialect::named`].
    pub fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Google => "google",
            Self::Azure => "azure",
        }
    }

    /// The dialect of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::S3, Self::Google, Self::Azure].into_iter().find(|dialect| dialect.name() == name)
    }

    /// The whole answer to a request of this method.
    pub(super) fn refusal(self, fault: Fault, method: &str) -> Vec<u8> {
        let (status, code) = match (self, fault) {
            (Self::S3, Fault::Refused) => (403, "AccessDenied"),
            (Self::S3, Fault::Throttled) => (503, "SlowDown"),
            (Self::Google, Fault::Refused) => (403, "forbidden"),
            (Self::Google, Fault::Throttled) => (429, "rateLimitExceeded"),
            (Self::Google, _) => (503, "backendError"),
            (Self::Azure, Fault::Refused) => (403, "AuthorizationPermissionMismatch"),
            (Self::Azure, Fault::Throttled) => (503, "ServerBusy"),
            (Self::S3 | Self::Azure, _) => (500, "InternalError"),
        };
        let message = "by the proxy of the tests";
        let (content_type, headers, body) = match self {
            Self::S3 => {
                let error = format!("<Code>{code}</Code><Message>{message}</Message><RequestId>r</RequestId>");
                ("application/xml", String::new(), format!("<Error>{error}</Error>"))
            }
            Self::Google => {
                let error = format!(r#"{{"message": "{message}", "domain": "global", "reason": "{code}"}}"#);
                let body = format!(r#"{{"error": {{"code": {status}, "message": "{message}", "errors": [{error}]}}}}"#);
                ("application/json; charset=UTF-8", String::new(), body)
            }
            Self::Azure => {
                let error = format!("<Code>{code}</Code><Message>{message}</Message>");
                let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error>{error}</Error>");
                ("application/xml", format!("x-ms-error-code: {code}\r\n"), body)
            }
        };
        // An answer to HEAD has no body.
        let body = if method == "HEAD" { "" } else { &body };
        let length = body.len();
        format!(
            "HTTP/1.1 {status} -\r\nContent-Type: {content_type}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for dialect in [Dialect::S3, Dialect::Google, Dialect::Azure] {
            assert_eq!(Dialect::named(dialect.name()), Some(dialect));
        }
    }

    #[test]
    fn head_has_no_body() {
        let text = |method| String::from_utf8(Dialect::Azure.refusal(Fault::Refused, method)).unwrap();
        assert!(text("HEAD").ends_with("Content-Length: 0\r\nConnection: close\r\n\r\n"));
        assert!(text("HEAD").contains("x-ms-error-code: AuthorizationPermissionMismatch"));
        assert!(text("GET").ends_with("</Error>"));
    }
}
