//! Names that become path segments of a store. Each is checked where it enters, so a path can be built from it later.

use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A cloud, or the organisation's own documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cloud {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure and Entra ID.
    Azure,
    /// Google Cloud.
    Gcp,
    /// The organisation's own documents: the policy, registers, exceptions.
    Org,
}

impl Cloud {
    /// The word used in paths and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Org => "org",
        }
    }

    /// Reads the word used in paths.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Aws, Self::Azure, Self::Gcp, Self::Org].into_iter().find(|cloud| cloud.as_str() == word)
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// True for a text that is safe as one path segment on every store: letters, digits, `.`, `_`, `-`, not starting
/// with a dot, at most 128 bytes.
fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && !text.starts_with('.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

macro_rules! segment {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(#[schemars(regex(pattern = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"))] String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                if is_segment(&text) {
                    Ok(Self(text))
                } else {
                    Err(format!(
                        "`{text}` is not a {}: use letters, digits, `-`, `_` and `.` (not first), 128 bytes at most",
                        $what
                    ))
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

segment!(
    /// The name of a job, as the configuration gives it; `default` where there is none.
    JobName,
    "job name"
);
segment!(
    /// A scope: an AWS account id, an Azure subscription id, a GCP project id, or `organization-…`, `tenant-…`, `folder-…`.
    ScopeId,
    "scope id"
);
segment!(
    /// One run in one scope: `<yyyymmdd>T<hhmmss>Z-<ULID>`.
    RunId,
    "run id"
);

/// What stands above accounts, subscriptions and projects, and is a scope of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Above {
    /// A whole organisation or tenant.
    Whole,
    /// A folder of it.
    Part,
}

impl ScopeId {
    /// What stands above accounts, by its form: `organization-o-…` (AWS), `organization-<number>` (GCP), `tenant-<GUID>`,
    /// `folder-<number>`. None for an account, a subscription or a project, which may be named `tenant-` and words.
    pub fn above(&self) -> Option<Above> {
        let (kind, id) = self.as_str().split_once('-')?;
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let is_guid = id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        match kind {
            "organization" if is_number || id.starts_with("o-") => Some(Above::Whole),
            "tenant" if is_guid => Some(Above::Whole),
            "folder" if is_number => Some(Above::Part),
            _ => None,
        }
    }
}

/// A stream of the ledger: the runs of one job in one scope, numbered from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// The job.
    pub job: JobName,
    /// The cloud.
    pub cloud: Cloud,
    /// The scope.
    pub scope: ScopeId,
}

impl StreamId {
    /// The key of statement `sequence` (from 1) in the store.
    pub fn statement_key(&self, sequence: u64) -> String {
        format!("ledger/{self}/{sequence:010}.dsse.json")
    }

    /// The prefix, with a closing slash, of every statement of this stream.
    pub fn ledger_prefix(&self) -> String {
        format!("ledger/{self}/")
    }

    /// The prefix, with a closing slash, of one run's bundle. The date is that of `as_of`, in UTC.
    pub fn bundle_prefix(&self, as_of: Instant, run: &RunId) -> String {
        format!("bundles/{self}/{}/{run}/", as_of.utc().format("%Y/%m/%d"))
    }

    /// Reads `job/cloud/scope`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (job, cloud, scope) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self { job: job.parse().ok()?, cloud: Cloud::from_word(cloud)?, scope: scope.parse().ok()? })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.job, self.cloud, self.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_can_never_leave_its_folder() {
        for bad in ["", "..", ".git", "a/b", "a b", "ä", "a\0"] {
            assert!(JobName::try_from(bad.to_owned()).is_err(), "{bad:?} was accepted");
        }
        assert!(ScopeId::try_from("organization-123".to_owned()).is_ok());
    }

    #[test]
    fn a_scope_above_accounts_is_told_by_its_form() {
        let above = |text: &str| ScopeId::try_from(text.to_owned()).unwrap().above();
        for whole in ["organization-o-exampleorg", "organization-123", "tenant-cccccccc-0000-4000-8000-000000000003"] {
            assert_eq!(above(whole), Some(Above::Whole), "{whole}");
        }
        assert_eq!(above("folder-7"), Some(Above::Part));
        for project in ["tenant-app-1", "organization-tools", "folder-sync", "123456789012", "evidence-prod"] {
            assert_eq!(above(project), None, "{project}");
        }
    }

    #[test]
    fn a_stream_reads_back_what_it_wrote() {
        let stream = StreamId::parse("nightly/aws/123456789012").unwrap();
        assert_eq!(stream.statement_key(7), "ledger/nightly/aws/123456789012/0000000007.dsse.json");
        assert_eq!(StreamId::parse("nightly/aws"), None);
        assert_eq!(StreamId::parse("nightly/ibm/1"), None);
    }
}
