//! `notify:` who is told of what happens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// One entry of `notify:`. Exactly one of `url` and `url_file` is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifyConfig {
    /// Its name in the log, in figures and in the spool's folder; the address's host when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Where to: `https://host/path`; `http://` for loopback alone. Redirects are not followed.
    #[serde(default)]
    pub url: Option<String>,
    /// File that holds the address, where the address itself is a secret (a Slack webhook).
    #[serde(default)]
    pub url_file: Option<String>,
    /// How it is said.
    #[serde(default)]
    pub form: Form,
    /// File with the secret that messages are signed with, as Standard Webhooks has it: `whsec_` and 24 to 64 bytes in base64. While
    /// a secret is being replaced, the new one and the old one, a line each. Needed for `cloudevents`.
    #[serde(default)]
    pub secret_file: Option<String>,
    /// File with further headers, a `Name: value` a line (`Authorization: Bearer …`).
    #[serde(default)]
    pub headers_file: Option<String>,
    /// What is told; everything when absent.
    #[serde(default = "Concern::all")]
    pub on: BTreeSet<Concern>,
    /// Attempts of one message before it is left as a dead letter, from 1 to 20.
    #[serde(default = "attempts")]
    pub attempts: u32,
}

fn attempts() -> u32 {
    8
}

/// How a message is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A CloudEvent 1.0 in structured mode, `application/cloudevents+json`; see `event`.
    #[default]
    Cloudevents,
    /// `{"text": …}`, as Slack, Mattermost, Rocket.Chat and others take it.
    Slack,
}

/// What somebody wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// A run has verdicts that differ from the run before it.
    VerdictChanged,
    /// The number of a run's gaps differs from that of the run before it.
    Gaps,
    /// Scheduled times passed without a run.
    MissedRuns,
    /// A run failed, or a scope cannot be reached.
    FailedRuns,
    /// The newest evidence is older than its job allows, or is fresh again.
    Stale,
    /// More waits in the spool, or nothing any more.
    SpoolGrowth,
}

impl Concern {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::VerdictChanged, Self::Gaps, Self::MissedRuns, Self::FailedRuns, Self::Stale, Self::SpoolGrowth];

    fn all() -> BTreeSet<Self> {
        Self::ALL.into()
    }

    /// The word in a configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerdictChanged => "verdict-changed",
            Self::Gaps => "gaps",
            Self::MissedRuns => "missed-runs",
            Self::FailedRuns => "failed-runs",
            Self::Stale => "stale",
            Self::SpoolGrowth => "spool-growth",
        }
    }
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
