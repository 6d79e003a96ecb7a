//! A key that cannot be used: what is wrong, where, and what to do.

use evidenced_connectors::exchange::CollectError;
use evidenced_schemas::GapReason;
use std::fmt;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}{what}", key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default())]
pub struct KeyError {
    /// Its file or reference; none where bytes were given.
    pub key: Option<String>,
    /// What is wrong with it, and what to do.
    pub what: String,
    /// What callers act on.
    pub kind: KeyErrorKind,
    /// The cause.
    #[source]
    pub source: Option<Source>,
}

/// Kinds that a caller acts on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyErrorKind {
    /// The reference, the file or the key is not one that can sign: the configuration has to change.
    Unusable,
    /// The key service refuses: credentials, a permission, or a key that was disabled. It may be granted later.
    Denied,
    /// The key service does not answer now: the same call may be good later.
    Unavailable,
}

/// A call of a key service, for the error that it may end with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// What could not be done: `its public key cannot be fetched`.
    pub(super) failed: &'static str,
    /// The permission that it needs.
    pub(super) permission: &'static str,
}

impl KeyError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { key: None, what: what.into(), kind: KeyErrorKind::Unusable, source: None }
    }

    /// Of this file or reference, unless one is named already.
    pub(super) fn at(self, key: impl fmt::Display) -> Self {
        Self { key: self.key.or_else(|| Some(key.to_string())), ..self }
    }

    pub(super) fn of_kind(self, kind: KeyErrorKind) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn caused_by(self, source: impl Into<Source>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// What an error of a key service means, where the service's own code says nothing better.
    pub(super) fn answered(call: Call, error: CollectError) -> Self {
        let Call { failed, permission } = call;
        let (kind, advice) = match error.kind {
            GapReason::NotFound => (
                KeyErrorKind::Unusable,
                "there is no such key: correct the reference (project or account, region, name, version)".to_owned(),
            ),
            GapReason::Denied => (KeyErrorKind::Denied, format!("the identity needs {permission} on this key")),
            GapReason::Unauthenticated => {
                (KeyErrorKind::Denied, "the credentials are not accepted: renew them".to_owned())
            }
            GapReason::NotEnabled => (
                KeyErrorKind::Denied,
                "the key service is not enabled for this account or project: enable it".to_owned(),
            ),
            GapReason::Throttled => {
                (KeyErrorKind::Unavailable, "the key service asks for fewer calls: try again later".to_owned())
            }
            GapReason::Unavailable | GapReason::Timeout | GapReason::Cancelled => (
                KeyErrorKind::Unavailable,
                "the key service does not answer: try again, and check that it can be reached from here".to_owned(),
            ),
            GapReason::Malformed | GapReason::TooLarge => (
                KeyErrorKind::Unusable,
                "the key service did not answer as it is documented to: check the reference and its endpoint"
                    .to_owned(),
            ),
        };
        Self::new(format!("{failed}: {advice}")).of_kind(kind).caused_by(error)
    }

    /// Credentials that could not be had.
    pub(super) fn without_credentials(cloud: &str, source: impl Into<Source>) -> Self {
        Self::new(format!("the key service cannot be asked without {cloud} credentials"))
            .of_kind(KeyErrorKind::Denied)
            .caused_by(source)
    }
}
