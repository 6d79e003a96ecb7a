//! What was asked of a run: `run.json`. With the exchanges it is all that re-performance needs.

use crate::digest::Digest;
use crate::id::{Cloud, JobName, RunId, ScopeId};
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the evidence format that this crate writes.
pub const FORMAT_VERSION: u32 = 1;

/// `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// Version of the evidence format, 1.
    pub format: u32,
    /// The run.
    pub run: RunId,
    /// The deployment's name, from the configuration.
    pub deployment: Option<String>,
    /// The job.
    pub job: JobName,
    /// The cloud.
    pub cloud: Cloud,
    /// The scope.
    pub scope: ScopeId,
    /// What was to be read of it.
    pub asked: Asked,
    /// The declared cron schedule; null for a run started by hand.
    pub schedule: Option<String>,
    /// IANA time zone of the schedule.
    pub timezone: String,
    /// The instant that verdicts are relative to.
    pub as_of: Instant,
    /// The collector.
    pub collector: Collector,
    /// Digest of the configuration's canonical form.
    pub config_sha256: Digest,
    /// Digest of `catalogue.json`.
    pub catalogue_sha256: Digest,
}

/// What a run was asked to read, as the connector needs it to repeat the same requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Regions by name, or `enabled` for all that the account has enabled.
    pub regions: Regions,
    /// The region that global calls and the region list are asked in.
    pub home_region: String,
    /// Endpoint overrides in force: `*` for all services, or a service's name.
    pub endpoints: BTreeMap<String, url::Url>,
    /// FIPS endpoints were asked for.
    pub use_fips: bool,
    /// Dual-stack endpoints were asked for.
    pub use_dual_stack: bool,
}

/// Regions of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Regions {
    /// Every region that is enabled in the scope.
    Enabled(EnabledWord),
    /// These.
    Named(Vec<String>),
}

impl Default for Regions {
    fn default() -> Self {
        Self::Enabled(EnabledWord::Enabled)
    }
}

/// The word `enabled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnabledWord {
    /// `enabled`
    Enabled,
}

/// The program that collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collector {
    /// `evidenced`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The git commit it was built from; `unknown` outside a repository.
    pub git_commit: String,
    /// Digest of the executable file.
    pub executable_sha256: Digest,
}
