//! Reading the store: at the start, and again when the ledger has grown. A reading that fails leaves what was read before.

use super::snapshot::{Evidence, Snapshot};
use crate::cli::exit::chain;
use crate::collect;
use crate::history::{self, HistoryOptions, Period};
use crate::signing::Verifier;
use crate::store::{Store, StoreError};
use crate::verify::ProblemKind;
use chrono::TimeDelta;
use evidenced_schemas::api::{About, Stale};
use evidenced_schemas::report::Signed;
use evidenced_schemas::{Instant, StreamId};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Everything is held against its digests again after so long, though the ledger has not grown.
const AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);
/// Bundles that are opened at the same time for somebody who asks for their evidence.
const OPENED_AT_ONCE: usize = 2;

/// What is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Days back from now.
    pub days: u32,
    /// Keys that every statement must be signed with, one of them each.
    pub keys: Vec<Verifier>,
    /// These streams only; all of the store without any.
    pub streams: Vec<StreamId>,
    /// How long a run counts that declares no schedule.
    pub unscheduled: TimeDelta,
    /// Time between two looks at the ledger.
    pub refresh: Duration,
}

/// A store, and what was read of it.
#[derive(Debug)]
pub struct Reader {
    pub(super) store: Arc<dyn Store>,
    options: Options,
    current: RwLock<Current>,
    pub(super) opening: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Current {
    snapshot: Option<Arc<Snapshot>>,
    /// Why the last look failed.
    failed: Option<String>,
}

/// What was read, as it is told.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) about: About,
}

impl Reader {
    /// Over a store that was opened for reading.
    pub fn new(store: Arc<dyn Store>, options: Options) -> Self {
        let opening = Arc::new(Semaphore::new(OPENED_AT_ONCE));
        Self { store, options, current: RwLock::default(), opening }
    }

    /// Looks at the store for as long as it is waited for.
    pub async fn watch(&self) {
        loop {
            self.look().await;
            tokio::time::sleep(self.options.refresh).await;
        }
    }

    /// Looks once.
    pub async fn look(&self) {
        let before = self.current.read().unwrap_or_else(PoisonError::into_inner).snapshot.clone();
        let seen = self.seen(before.as_deref()).await;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        match seen {
            Ok(snapshot) => {
                if before.as_ref().is_none_or(|before| before.evidence.id != snapshot.evidence.id) {
                    let (streams, runs) = (snapshot.report.streams.len(), snapshot.report.runs);
                    tracing::info!(streams, runs, problems = snapshot.report.problems.len(), "the store was read");
                    for problem in &snapshot.report.problems {
                        tracing::warn!(file = problem.file, kind = problem.kind, "{}", problem.what);
                    }
                }
                if current.failed.is_some() {
                    tracing::info!("the store can be read again");
                }
                *current = Current { snapshot: Some(Arc::new(snapshot)), failed: None };
            }
            Err(what) => {
                tracing::warn!("the store could not be read, what was read before stands: {what}");
                current.failed = Some(what);
            }
        }
    }

    async fn seen(&self, before: Option<&Snapshot>) -> Result<Snapshot, String> {
        let said = |error: StoreError| chain(&error);
        let now = collect::now();
        let listing = self.store.list("ledger/").await.map_err(said)?;
        if let Some(gone) = before.and_then(|before| before.evidence.gone_from(&listing)) {
            return Err(format!(
                "{gone} was read before and is not there any more: a ledger only grows, see `evidenced verify`"
            ));
        }
        if let Some(before) = before.filter(|before| before.evidence.still_stands(&listing, now, AGAIN_AFTER)) {
            return Ok(Snapshot::of(Arc::clone(&before.evidence), self.store.url(), now));
        }
        let options = self.history_options(now);
        let history = history::read(&*self.store, &options).await.map_err(said)?;
        let unread = history.problems.iter().find(|problem| problem.kind == ProblemKind::Unreadable);
        if let (Some(problem), Some(_)) = (unread, before) {
            return Err(format!("{}: {}", problem.file, problem.what));
        }
        let evidence = Evidence::read(&*self.store, history, options, listing).await?;
        Ok(Snapshot::of(Arc::new(evidence), self.store.url(), now))
    }

    fn history_options(&self, now: Instant) -> HistoryOptions {
        let options = &self.options;
        let to = now.utc();
        HistoryOptions {
            period: Period { from: to - TimeDelta::days(options.days.into()), to },
            keys: options.keys.clone(),
            streams: options.streams.clone(),
            unscheduled: options.unscheduled,
            now: to,
        }
    }

    /// What was read; or why nothing was yet.
    pub(super) fn view(&self) -> Result<View, String> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let Some(snapshot) = current.snapshot.clone() else {
            return Err(match &current.failed {
                Some(what) => format!("the store could not be read yet: {what}"),
                None => "the store is being read for the first time".to_owned(),
            });
        };
        let about = About {
            snapshot: snapshot.evidence.id.clone(),
            signatures: if self.options.keys.is_empty() { Signed::NotChecked } else { Signed::Checked },
            as_of: snapshot.evidence.as_of(),
            stale: current.failed.clone().map(|what| Stale { since: snapshot.to, what }),
        };
        Ok(View { snapshot, about })
    }
}
