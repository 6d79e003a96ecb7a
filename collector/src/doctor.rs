//! `doctor`: what a run needs, tried one by one, with what to do where it is not there.
//!
//! It deliberately writes nothing and makes nothing: no key, no store, no object. So it cannot tell whether objects may be
//! added to a store, and says so. What it finds is advice, never evidence.

mod accounts;
mod authority;
mod azure;
mod clock;
mod evidence;
mod gcp;
mod keys;
pub mod permissions;
mod spool;
mod trial;

use crate::catalogue::Catalogue;
use crate::config::Loaded;
use clock::Dated;
use evidenced_connectors::Progress;
use evidenced_connectors::exchange::live::{Live, Wire};
use permissions::Action;
use serde::Serialize;
use std::sync::Arc;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Could not be tried.
    NotChecked,
    /// A run works, and something is not as it should be.
    Warning,
    /// A run does not work.
    Failed,
}

/// One thing that a run needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was tried: `signing key`, `account 111122223333`.
    pub what: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// For the permissions of an account: every action that collecting needs, with where it is allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
}

impl Check {
    fn new(what: impl Into<String>, outcome: Outcome, found: impl Into<String>) -> Self {
        Self { what: what.into(), outcome, found: found.into(), advice: None, actions: vec![] }
    }

    /// As it should be.
    pub fn ok(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(what, Outcome::Ok, found)
    }

    /// With an error, which says itself what to do.
    fn failed(what: impl Into<String>, error: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(what, Outcome::Failed, crate::cli::exit::chain(error))
    }

    fn advising(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}

/// Tries everything that a configuration names. Nothing that fails keeps the rest from being tried.
pub async fn examine(loaded: &Loaded, catalogue: &Catalogue, progress: &dyn Progress) -> Vec<Check> {
    let mut checks = Vec::new();
    progress.step("key", "asking the signing key to sign");
    let signer = keys::examine(loaded, &mut checks).await;
    progress.step("store", "asking the store");
    evidence::examine(loaded, signer.as_ref(), &mut checks).await;
    spool::examine(loaded, &mut checks);
    progress.step("time stamps", "asking for a time stamp");
    authority::examine(loaded, &mut checks).await;
    progress.step("accounts", "asking who the credentials are, and for everything once that a run asks for");
    match Wire::new() {
        Ok(wire) => {
            let dated = Arc::new(Dated::over(Arc::new(Live::unrecorded(wire))));
            accounts::examine(loaded, catalogue, Arc::clone(&dated) as Arc<_>, &mut checks).await;
            checks.push(dated.check());
        }
        Err(error) => checks.push(Check::failed("network", &error)),
    }
    checks
}
