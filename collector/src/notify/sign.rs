//! Signatures as Standard Webhooks has them (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>):
//! HMAC-SHA-256 over `id.timestamp.body`, in `webhook-signature`, beside `webhook-id` and `webhook-timestamp`.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How long the secret's bytes may be.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that is shared with a receiver.
#[derive(Clone)]
pub struct Secret(Key);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The secrets in the text of a file, one a line; while one is being replaced there are two.
    ///
    /// # Errors
    /// When a line is no secret, without the line; or there is none, or more than two.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let secrets: Option<Vec<Self>> = lines.map(Self::of).collect();
        match secrets {
            Some(secrets) if (1..=2).contains(&secrets.len()) => Ok(secrets),
            _ => Err("write one secret into it, and the old one on a second line while it is being replaced: \
                      (printf whsec_; openssl rand -base64 32)"
                .to_owned()),
        }
    }

    fn of(line: &str) -> Option<Self> {
        let bytes = STANDARD.decode(line.strip_prefix(PREFIX)?).ok()?;
        BYTES.contains(&bytes.len()).then(|| Self(Key::new(HMAC_SHA256, &bytes)))
    }

    fn signature(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut signed = format!("{id}.{timestamp}.").into_bytes();
        signed.extend_from_slice(body);
        format!("v1,{}", STANDARD.encode(sign(&self.0, &signed)))
    }
}

/// The headers of a signed message; none without a secret. `timestamp` is in seconds since 1970.
pub(super) fn headers(secrets: &[Secret], id: &str, timestamp: i64, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if secrets.is_empty() {
        return headers;
    }
    let signatures: Vec<String> = secrets.iter().map(|secret| secret.signature(id, timestamp, body)).collect();
    let texts = [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    for (name, text) in texts {
        headers.extend(HeaderValue::from_str(&text).map(|value| (http::HeaderName::from_static(name), value)));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that Svix, who wrote the scheme, give in their documentation of it.
    #[test]
    fn a_published_example_has_its_published_signature() {
        let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let headers = headers(&secret, id, 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(headers["webhook-id"], id);
        assert_eq!(headers["webhook-timestamp"], "1614265330");
    }

    #[test]
    fn what_is_no_secret_is_refused_and_never_shown() {
        let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert_eq!(Secret::read(&format!("{good}\n{good}\n")).unwrap().len(), 2);
        for wrong in ["", "canary", "whsec_canary", "whsec_Y2FuYXJ5", &format!("{good}\n{good}\n{good}")] {
            let error = Secret::read(wrong).unwrap_err();
            assert!(!error.contains("canary") && error.contains("openssl rand"), "{error}");
        }
        assert_eq!(format!("{:?}", Secret::read(good).unwrap()), "[Secret(…)]");
        let two = headers(&Secret::read(&format!("{good}\n{good}\n")).unwrap(), "i", 1, b"");
        assert_eq!(two["webhook-signature"].to_str().unwrap().split(' ').count(), 2);
        assert!(headers(&[], "i", 1, b"").is_empty());
    }
}
