//! The collector's user in a moto account that checks permissions, with a policy that can be changed.

use super::{Moto, actions, check_permissions, post, python};
use crate::binary::Call;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The user's name.
const NAME: &str = "evidenced-reader";
/// So many requests that moto never checks.
const NEVER: u32 = 1_000_000;

/// The user.
#[derive(Debug)]
pub struct Reader {
    port: u16,
    id: String,
    secret: String,
}

impl Reader {
    /// Makes the user, without any permission, in a server that does not check yet.
    pub fn new(moto: &Moto) -> Self {
        let key = python("collector_user.py", &[&moto.url(), NAME]);
        let key: serde_json::Value = serde_json::from_str(&key).expect("it is JSON");
        let text = |name: &str| key[name].as_str().expect("a key has both parts").to_owned();
        Self { port: moto.port, id: text("id"), secret: text("secret") }
    }

    /// Lets the user do this and no more, in the words that moto asks for, and has moto check it.
    pub fn may<'b>(&self, permissions: impl IntoIterator<Item = &'b str>) {
        let asked: BTreeSet<String> = permissions.into_iter().map(actions::asked_by_moto).collect();
        self.may_in_motos_words(&asked);
    }

    /// The same with actions that are moto's own.
    pub fn may_in_motos_words(&self, asked: &BTreeSet<String>) {
        check_permissions(self.port, NEVER);
        let document = json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": asked, "Resource": "*"}],
        });
        let scope = "Credential=AKIA/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none";
        let headers =
            format!("Content-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 {scope}\r\n");
        let body = format!(
            "Action=PutUserPolicy&Version=2010-05-08&UserName={NAME}&PolicyName=reader&PolicyDocument={}",
            encoded(&document.to_string())
        );
        post(self.port, "/", &headers, &body);
        check_permissions(self.port, 0);
    }

    /// Has moto check nothing.
    pub fn may_everything(&self) {
        check_permissions(self.port, NEVER);
    }

    /// A call with the user's key.
    #[must_use]
    pub fn calls(&self, call: Call) -> Call {
        let call = call.aws(self.port);
        call.env("AWS_ACCESS_KEY_ID", &self.id).env("AWS_SECRET_ACCESS_KEY", &self.secret)
    }
}

/// For a form: everything but letters and digits.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
