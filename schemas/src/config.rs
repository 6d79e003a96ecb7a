//! `evidenced.yaml`. Unknown keys are errors. Keys of the interface that this version does not carry out are read and
//! refused by the collector with the reason, so that nothing is ignored in silence.

mod notify;
mod telemetry;

pub use notify::{Concern, Form, NotifyConfig};
pub use telemetry::{OtlpConfig, TelemetryConfig};

use crate::id::{JobName, ScopeId};
use crate::run::Regions;
use crate::size::Size;
use crate::span::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// The configuration file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the deployment, recorded in each run.
    #[serde(default)]
    pub deployment: Option<String>,
    /// Where evidence goes.
    #[serde(default)]
    pub store: StoreConfig,
    /// The signing key.
    #[serde(default)]
    pub signing: SigningConfig,
    /// Where finished runs wait while the store does not answer.
    #[serde(default)]
    pub spool: SpoolConfig,
    /// Trusted time (RFC 3161).
    #[serde(default)]
    pub timestamp: Option<TimestampConfig>,
    /// File with the organisation's form of the policy; the built-in one when absent.
    #[serde(default)]
    pub policy: Option<String>,
    /// File with approved exceptions.
    #[serde(default)]
    pub exceptions: Option<String>,
    /// The control catalogue.
    #[serde(default)]
    pub controls: ControlsConfig,
    /// What to collect and when.
    #[serde(default)]
    pub jobs: Vec<JobConfig>,
    /// The HTTP side of the daemon.
    #[serde(default)]
    pub http: Option<HttpConfig>,
    /// Further exports.
    #[serde(default)]
    pub exports: Vec<Value>,
    /// Who is told of what happens.
    #[serde(default)]
    pub notify: Vec<NotifyConfig>,
    /// Traces of the service's own work.
    #[serde(default)]
    pub telemetry: TelemetryConfig,
    /// The daemon.
    #[serde(default)]
    pub run: RunConfig,
}

/// `store:`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `file:///path`, `file://./relative`, `gs://bucket/prefix` (`?endpoint=URL`),
    /// `az://account/container/prefix` (`?endpoint=URL`, and `subscription=ID&resource_group=NAME` for the days of its
    /// immutability policy, `resource_manager=URL` outside the public cloud), or `s3://bucket/prefix`, with
    /// `?endpoint=URL&region=NAME` where they are not the ambient ones, and `sse=aws:kms&kms_key_id=KEY` where objects are
    /// to be encrypted otherwise than the bucket's default.
    pub url: String,
    /// The least write-once protection of new objects: `400d`. The collector refuses to start on a store that does not keep
    /// every new object for so many days in a mode that nobody can lift.
    #[serde(default)]
    pub require_retention: Option<RetentionDays>,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { url: "file://./evidence".to_owned(), require_retention: None }
    }
}

/// A number of days, written `400d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[1-9][0-9]{0,4}d$"))]
pub struct RetentionDays(u32);

impl RetentionDays {
    /// The number.
    pub fn days(self) -> u64 {
        self.0.into()
    }
}

impl TryFrom<String> for RetentionDays {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_suffix('d').filter(|digits| {
            (1..=5).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
        });
        let days = digits.and_then(|digits| digits.parse().ok());
        days.map(Self).ok_or_else(|| format!("`{text}` is no number of days: write it like `400d`, from 1d to 99999d"))
    }
}

impl From<RetentionDays> for String {
    fn from(days: RetentionDays) -> Self {
        days.to_string()
    }
}

impl std::fmt::Display for RetentionDays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}d", self.0)
    }
}

/// `signing:`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningConfig {
    /// `file:///path/to/key.pem`, an Ed25519 private key in PKCS#8, made on first use with mode 0600; or an ECDSA P-256 key in
    /// a key service: `awskms:///arn:aws:kms:…` (also `awskms:///alias/NAME`),
    /// `gcpkms://projects/…/cryptoKeyVersions/N`, `azurekms://VAULT.vault.azure.net/keys/NAME/VERSION`.
    pub key: String,
    /// The key before it, in the same forms: it also signs the first statement of `key` in each stream. Remove it once every
    /// stream has one.
    #[serde(default)]
    pub previous: Option<String>,
}

impl Default for SigningConfig {
    fn default() -> Self {
        Self { key: "file://./evidenced-signing.pem".to_owned(), previous: None }
    }
}

/// `spool:`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpoolConfig {
    /// A folder of this machine, `file:///path` or `file://./relative`; made with mode 0700 when it is first needed.
    #[serde(default = "spool_dir")]
    pub dir: String,
    /// The most that may wait there, like `1GiB`. When it is full the oldest runs are kept and new ones are refused.
    #[serde(default = "spool_size")]
    pub max_size: Size,
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self { dir: spool_dir(), max_size: spool_size() }
    }
}

fn spool_dir() -> String {
    "file://./evidenced-spool".to_owned()
}

fn spool_size() -> Size {
    Size::of_bytes(1 << 30)
}

/// `timestamp:`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimestampConfig {
    /// The time-stamping authority (RFC 3161 over HTTP), `https://host/path` or `http://host/path`.
    pub url: String,
    /// PEM file with the CA certificates that its tokens must lead to, `file:///path` or a path. A token is stored once and
    /// never replaced, so none is stored that was not checked.
    pub ca: String,
    /// The only policy that tokens may be under, an OID in numbers; any when absent. It is asked for, too.
    #[serde(default)]
    pub policy: Option<String>,
}

/// `controls:`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlsConfig {
    /// Folder with further control files, besides the built-in ones. An id may not be defined twice.
    #[serde(default)]
    pub dir: Option<String>,
    /// Parameters by name, for every control that has one of that name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// Parameters by control id, over those above.
    #[serde(default)]
    pub overrides: BTreeMap<String, BTreeMap<String, Value>>,
}

/// One entry of `jobs:`. Exactly one of `aws`, `azure`, `gcp` and `org` is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobConfig {
    /// Name, used in paths of the store.
    pub name: JobName,
    /// Cron schedule: five fields, or six with seconds first; weekdays by name.
    pub schedule: String,
    /// IANA time zone of the schedule.
    #[serde(default = "utc")]
    pub timezone: String,
    /// How far starts are spread after each scheduled time, like `90s`: each scope and each replica waits a part of it that follows
    /// from their names and the scheduled time, and never longer than half the time to the next one. No spreading when absent.
    #[serde(default)]
    pub start_jitter: Option<Span>,
    /// How old the newest evidence of a scope may be, like `26h`: the service says so when it is older. It must be longer than
    /// the longest time between two runs. Nothing is said when absent.
    #[serde(default)]
    pub max_age: Option<Span>,
    /// AWS accounts.
    #[serde(default)]
    pub aws: Option<AwsJob>,
    /// Azure subscriptions.
    #[serde(default)]
    pub azure: Option<AzureJob>,
    /// GCP projects.
    #[serde(default)]
    pub gcp: Option<GcpJob>,
    /// The organisation's own documents.
    #[serde(default)]
    pub org: Option<OrgJob>,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// `aws:` of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsJob {
    /// Account ids, or `all`; the account of the ambient credentials when absent.
    #[serde(default)]
    pub accounts: Option<Accounts>,
    /// Role to assume in each account. Without it the ambient credentials are used as they are. With `accounts: all` they
    /// also are in their own account, where AWS refuses the role there.
    #[serde(default)]
    pub role_name: Option<String>,
    /// External id given when the role is assumed.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Regions by name, or `enabled`.
    #[serde(default)]
    pub regions: Regions,
}

/// Accounts of an AWS job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Accounts {
    /// The word `all`: every account that AWS Organizations lists, and the organisation itself.
    Word(AllWord),
    /// These account ids, quoted.
    Ids(Vec<String>),
}

/// The word `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AllWord {
    /// `all`
    All,
}

/// `azure:` of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureJob {
    /// Subscription ids, or `all`; all when absent.
    #[serde(default)]
    pub subscriptions: Option<Subscriptions>,
    /// With `subscriptions: all`, those under this management group alone.
    #[serde(default)]
    pub management_group: Option<String>,
    /// The tenant is read too, with what Entra ID holds. Absent: yes with `subscriptions: all`, no with a list of ids.
    #[serde(default)]
    pub tenant: Option<bool>,
    /// Where tokens are asked for outside the public cloud, `https://login.microsoftonline.us`; also the environment's
    /// `AZURE_AUTHORITY_HOST`.
    #[serde(default)]
    pub authority: Option<Url>,
    /// Azure Resource Manager outside the public cloud, `https://management.usgovcloudapi.net`.
    #[serde(default)]
    pub resource_manager: Option<Url>,
    /// Microsoft Graph outside the public cloud, `https://graph.microsoft.us`.
    #[serde(default)]
    pub graph: Option<Url>,
}

impl AzureJob {
    /// True when the tenant is a scope of the job.
    pub fn reads_tenant(&self) -> bool {
        self.tenant.unwrap_or(!matches!(self.subscriptions, Some(Subscriptions::Ids(_))))
    }
}

/// Subscriptions of an Azure job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Subscriptions {
    /// The word `all`: every subscription that the credentials reach.
    Word(AllWord),
    /// These subscription ids.
    Ids(Vec<String>),
}

/// `gcp:` of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GcpJob {
    /// The organisation's number, quoted. It is read as a scope of its own, and all of its projects where `projects` names none.
    #[serde(default)]
    pub organization: Option<String>,
    /// Numbers of folders, quoted: their projects are read, at any depth.
    #[serde(default)]
    pub folders: Option<Vec<String>>,
    /// Project ids. Absent: every active project of the organisation or the folders; without either, every one that the
    /// credentials reach.
    #[serde(default)]
    pub projects: Option<Vec<String>>,
    /// The universe of a sovereign cloud. Absent: that of the credentials.
    #[serde(default)]
    pub universe_domain: Option<String>,
    /// Addresses of services by their short names (`cloudasset: https://cloudasset-example.p.googleapis.com`); `default` is
    /// that of every other service, each under its short name.
    #[serde(default)]
    pub endpoints: BTreeMap<String, Url>,
}

/// `org:` of a job: the policy, the supporting policies, registers and exceptions are read, where `policy` and `exceptions` name
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrgJob {
    /// What the organisation is called in paths of the store, as a scope; the deployment's name when absent.
    #[serde(default)]
    pub name: Option<ScopeId>,
}

/// `http:`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port.
    pub listen: String,
    /// File with the bearer token.
    #[serde(default)]
    pub token_file: Option<String>,
    /// TLS; plain HTTP when absent.
    #[serde(default)]
    pub tls: Option<TlsConfig>,
}

/// `http.tls:`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file with the certificate, the one of this service first, those that lead to its CA after it; `file:///path` or a path.
    pub certificate: String,
    /// PEM file with its private key.
    pub key: String,
}

/// `run:`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Seconds that a running collection may take to finish after SIGTERM before it is abandoned.
    #[serde(default = "grace")]
    pub shutdown_grace_seconds: u64,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self { shutdown_grace_seconds: grace() }
    }
}

fn grace() -> u64 {
    25
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_with_their_unit() {
        let read = |text: &str| RetentionDays::try_from(text.to_owned());
        assert_eq!(read("400d").map(RetentionDays::days), Ok(400));
        assert_eq!(read("99999d").map(String::from), Ok("99999d".to_owned()));
        for wrong in ["", "d", "400", "0d", "007d", "-1d", "+1d", "1.5d", "1y", "400 d", "100000d", "400D"] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains("like `400d`"), "{wrong}: {error}");
        }
    }
}
