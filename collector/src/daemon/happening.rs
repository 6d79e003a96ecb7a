//! What becomes known while runs are made, for whoever wants to hear of it: one enum, one trait.
//!
//! Everything that may concern a person passes here once: verdicts that changed, gaps, runs that were missed, evidence that
//! grew too old, a spool that grows, runs that failed. It deliberately decides nothing about who is told and how, and it is no
//! evidence: that is in the store, whether anybody heard of it or not.

use crate::ledger::Committed;
use crate::spool::Depth;
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_schemas::{JobName, StreamId};
use std::fmt;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Happening<'a> {
    /// A run is in the ledger. Its statement tells the gaps and the counts, its changes the verdicts that differ.
    Committed {
        /// The run.
        run: &'a Committed,
        /// It had waited in the spool, so it speaks of an earlier time than now.
        waited: bool,
    },
    /// Scheduled times passed without a run, before the one that is made now.
    Missed {
        /// Whose.
        stream: &'a StreamId,
        /// How many.
        missed: usize,
        /// The newest run before them.
        since: DateTime<Utc>,
    },
    /// A run gave nothing that counts: it was not committed and does not wait either. It is tried again.
    RunFailed {
        /// Whose.
        stream: &'a StreamId,
        /// Why, with its causes.
        why: &'a str,
    },
    /// Scopes of a job cannot be read: all of them where the list itself cannot be had.
    Unreachable {
        /// The job.
        job: &'a JobName,
        /// The scope; none for the list of all.
        scope: Option<&'a str>,
        /// Why, with its causes.
        why: &'a str,
    },
    /// The newest evidence of a stream is older than its job allows. It is said once, until it is fresh again.
    Stale {
        /// Whose.
        stream: &'a StreamId,
        /// How old the newest evidence is; where there is none, how long the service has waited for the first.
        age: TimeDelta,
        /// How old it may be.
        max_age: TimeDelta,
        /// There is no evidence of this stream at all.
        never: bool,
    },
    /// Evidence that was too old is fresh again.
    Fresh {
        /// Whose.
        stream: &'a StreamId,
        /// How old the newest evidence is.
        age: TimeDelta,
        /// How old it may be.
        max_age: TimeDelta,
    },
    /// More waits in the spool than when it was last told of, or for the first time.
    SpoolGrew {
        /// How much waits now.
        depth: Depth,
    },
    /// Nothing waits in the spool any more.
    SpoolEmptied,
}

/// Hears of what happens. It is called where runs are made, so it must return at once: what takes time is put aside and
/// done elsewhere. It cannot fail, for no run may depend on it.
pub trait Observer: fmt::Debug + Send + Sync {
    /// This happened now.
    fn happened(&self, happening: &Happening<'_>);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Observer for Nobody {
    fn happened(&self, _: &Happening<'_>) {}
}
