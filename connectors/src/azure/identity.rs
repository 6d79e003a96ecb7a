//! Who reads: the object and the tenant that a token of Resource Manager names.
//!
//! No call of Azure tells it, so it comes with the order of a run, and stands in the statement; a replay takes it from there.
//! The token is read, never checked: Azure does that.
//!
//! Documentation: <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// Written `<object id>@<tenant id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The object id (`oid`) of the user or service principal.
    pub object_id: String,
    /// The tenant (`tid`).
    pub tenant_id: String,
}

impl Identity {
    /// What a token says; none for one that is not readable.
    pub fn of_token(token: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Claims {
            oid: String,
            tid: String,
        }
        let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
        let Claims { oid, tid } = serde_json::from_slice(&claims).ok()?;
        format!("{oid}@{tid}").parse().ok()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.object_id, self.tenant_id)
    }
}

impl FromStr for Identity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_id = |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        match text.split_once('@') {
            Some((object, tenant)) if is_id(object) && is_id(tenant) => {
                Ok(Self { object_id: object.to_ascii_lowercase(), tenant_id: tenant.to_ascii_lowercase() })
            }
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_object_and_tenant() {
        let token = |claims: &str| format!("e30.{}.signature", BASE64_URL_SAFE_NO_PAD.encode(claims));
        let read = Identity::of_token(&token(r#"{"oid":"AAAA-1","tid":"bbbb-2","aud":"x"}"#)).unwrap();
        assert_eq!(read.to_string(), "aaaa-1@bbbb-2");
        assert_eq!("aaaa-1@bbbb-2".parse(), Ok(read));
        for opaque in ["", "opaque", "a.b.c", &token("{}"), &token(r#"{"oid":"') or '","tid":"b"}"#)] {
            assert_eq!(Identity::of_token(opaque), None, "{opaque}");
        }
    }
}
