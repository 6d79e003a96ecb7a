//! The signed statement: DSSE envelope, in-toto Statement v1, and our predicate.
//!
//! Sources: DSSE 1.0 (secure-systems-lab/dsse, protocol.md), in-toto attestation framework v1 (spec/v1/statement.md).

use crate::digest::Digest;
use crate::id::{Cloud, JobName, ScopeId};
use crate::run::Collector;
use crate::summary::Counts;
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The only payload type of an envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The `_type` of an in-toto Statement v1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The predicate's type.
pub const PREDICATE_TYPE: &str = "urn:evidenced:predicate:evidence-run:v1";

/// A DSSE envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Envelope {
    /// The statement's bytes in base64.
    pub payload: String,
    /// [`PAYLOAD_TYPE`].
    pub payload_type: String,
    /// Signatures over the pre-authentication encoding.
    #[schemars(length(min = 1))]
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// SHA-256 of the public key's SubjectPublicKeyInfo in DER.
    pub keyid: Digest,
    /// Signature in base64.
    pub sig: String,
}

/// The DSSE pre-authentication encoding: what is signed.
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// An in-toto Statement v1 with our predicate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub type_: String,
    /// Every file of the bundle, in the order of their names.
    pub subject: Vec<Subject>,
    /// [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// The run.
    pub predicate: Predicate,
}

/// One file of the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Path from the store's root.
    pub name: String,
    /// Its digest.
    pub digest: SubjectDigest,
    /// What else is said of it.
    pub annotations: SubjectAnnotations,
}

/// The digest of a subject, over the bytes as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectDigest {
    /// SHA-256.
    pub sha256: Digest,
}

/// Annotations of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectAnnotations {
    /// Size as stored, in bytes.
    pub bytes: u64,
}

/// The predicate: what the run was and what it found, enough to read a period from the ledger alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// Number in the stream, from 1.
    pub sequence: u64,
    /// The ledger file before it; null for the first.
    pub previous: Option<Previous>,
    /// The Merkle tree over every ledger file before this one.
    pub tree: Tree,
    /// The job.
    pub job: JobName,
    /// The cloud.
    pub cloud: Cloud,
    /// The scope.
    pub scope: ScopeId,
    /// Regions that were to be read, sorted.
    pub region_set: Vec<String>,
    /// The declared cron schedule; null for a run started by hand.
    pub schedule: Option<String>,
    /// IANA time zone of the schedule.
    pub timezone: String,
    /// The instant that verdicts are relative to.
    pub as_of: Instant,
    /// When collecting began.
    pub started_at: Instant,
    /// When collecting ended.
    pub finished_at: Instant,
    /// The collector.
    pub collector: Collector,
    /// The cloud identity that it read as, for example the ARN of `GetCallerIdentity`; null when that could not be read.
    pub identity: Option<String>,
    /// True exactly when the balance closes with no gap.
    pub complete: bool,
    /// Number of gaps.
    pub gaps: u64,
    /// Findings by verdict.
    pub counts: Counts,
    /// Findings by control and verdict, as in `summary.json`.
    pub summary: BTreeMap<String, Counts>,
    /// What the store said of write-once protection.
    pub retention: Retention,
    /// What the run cost.
    pub cost: Cost,
}

/// The ledger file before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its number.
    pub sequence: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// The Merkle tree (RFC 6962, section 2.1) over the stream's ledger files 1 to `size`, whose leaves are the files' bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// Number of leaves: one less than the statement's own number.
    pub size: u64,
    /// The Merkle tree hash.
    pub root: Digest,
    /// Roots of the full subtrees that the tree falls into, largest first: with them the next file is added without
    /// reading those before.
    pub frontier: Vec<Digest>,
}

/// Write-once protection of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Its mode.
    pub mode: RetentionMode,
    /// Days that a new object is kept, where the store has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u64>,
    /// Why it is not known, for mode `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Mode of write-once protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RetentionMode {
    /// No protection.
    None,
    /// A privileged identity can lift it.
    Governance,
    /// Nobody can lift it.
    Compliance,
    /// The store would not say.
    Unknown,
}

impl RetentionMode {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Governance => "governance",
            Self::Compliance => "compliance",
            Self::Unknown => "unknown",
        }
    }
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// API calls, each counted once however often it was retried.
    pub calls: u64,
    /// Further attempts.
    pub retries: u64,
    /// Bytes of response bodies.
    pub bytes: u64,
    /// Wall time of collecting, in seconds.
    pub seconds: f64,
    /// User and system CPU time of the process during the run, in seconds.
    pub cpu_seconds: f64,
    /// Peak resident memory of the process so far, in bytes.
    pub peak_memory_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the DSSE specification (protocol.md, "Test Vectors").
    #[test]
    fn pre_authentication_encoding_matches_the_specification() {
        assert_eq!(
            pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }
}
