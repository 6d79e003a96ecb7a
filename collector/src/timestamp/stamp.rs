//! The tokens of a stream: each statement gets its own, in the order of their numbers, so that token times run forward.
//!
//! It happens after the commit and never stands in its way: without a token a statement counts as before, and gets its
//! token with a later round. Only statements after the newest token are stamped. A hole before it stays, and `verify`
//! names it: a token made now would be later than those of the statements that follow.
//!
//! Two collectors may do this at once. Each asks for the next token only when the one before is in the store, its own or the
//! other's, so whichever is put first, the times in the store run forward; a token that lost is dropped.

use super::authority::{Authority, AuthorityError};
use super::{Expected, Stamp, check};
use crate::cli::exit::chain;
use crate::collect::Workshop;
use crate::ledger::sequence_of;
use crate::store::{Put, Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_schemas::StreamId;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Tokens of one stream in one round.
const A_ROUND: usize = 100;
/// Time of one round after which no further token is asked for.
const TIME: Duration = Duration::from_secs(30);
/// An authority that failed is left alone for this many times as long as its failure took: one that is down costs a service
/// with many streams at most a quarter of its time.
const REST: u32 = 3;
/// How soon the service tries again.
const AGAIN: TimeDelta = TimeDelta::minutes(5);

/// Gives the statements of a store their time stamps.
#[derive(Debug)]
pub struct Stamper {
    authority: Authority,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Streams with statements that wait.
    behind: BTreeSet<StreamId>,
    /// When the authority may be asked again, after it failed.
    rests_until: Option<Instant>,
}

/// What a round gave.
#[derive(Debug, Default)]
pub struct Round {
    /// Statements that got their token.
    pub stamped: u64,
    /// Statements after the newest token that have none yet.
    pub waiting: u64,
    /// Why not, when something failed.
    pub error: Option<StampError>,
}

impl Round {
    /// What is to be said when statements still wait; none when all is well.
    pub fn warning(&self) -> Option<String> {
        let why = match &self.error {
            Some(error) => chain(error),
            None if self.waiting == 0 => return None,
            None => format!("{} got theirs, which is enough for one round", self.stamped),
        };
        let count = match self.waiting {
            0 => "statements may wait for their time stamps".to_owned(),
            1 => "1 statement waits for its time stamp".to_owned(),
            count => format!("{count} statements wait for their time stamps"),
        };
        Some(format!(
            "{count}: {why}. What is committed counts all the same; the service tries again within {} minutes, `collect` with \
             its next run of this stream",
            AGAIN.num_minutes()
        ))
    }
}

/// A round that did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// No token was got.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// It failed just now, and is not asked.
    #[error("the time-stamping authority {0} failed just now, and is left alone for a while")]
    Resting(String),
    /// Its clock is not to be believed.
    #[error(
        "the time-stamping authority gave statement {sequence} the time {time}, and the statement before it has {before}: \
         the token is not kept, because times would not run forward. Ask whose clock was wrong"
    )]
    Backwards {
        /// The statement.
        sequence: u64,
        /// The time of its token.
        time: DateTime<Utc>,
        /// The time of the token before.
        before: DateTime<Utc>,
    },
    /// The store could not be read or written.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A statement was listed and is gone.
    #[error("`{0}` was listed and is gone: something removes from the ledger")]
    Gone(String),
}

/// The key of a statement's token: beside it, `.tsr` for `.dsse.json`.
pub fn key(stream: &StreamId, sequence: u64) -> String {
    let statement = stream.statement_key(sequence);
    format!("{}.tsr", statement.strip_suffix(".dsse.json").unwrap_or(&statement))
}

/// Stamps what waits in a stream to which a run was committed just now. What is to be said when statements still wait.
pub async fn after_commit(workshop: &Workshop, stream: &StreamId) -> Option<String> {
    let round = workshop.stamper.as_ref()?.stamp(&*workshop.store, stream).await;
    if !matches!(round.error, Some(StampError::Store(_))) {
        workshop.metrics.unstamped(stream, round.waiting);
    }
    round.warning()
}

/// Stamps what waits in a stream that is not due until `next`; when it is to be looked at again.
pub async fn meanwhile(workshop: &Workshop, stream: &StreamId, next: DateTime<Utc>) -> DateTime<Utc> {
    if let Some(warning) = after_commit(workshop, stream).await {
        tracing::warn!(%stream, "{warning}");
    }
    sooner(workshop, stream, next)
}

/// When a stream that is due at `next` is to be looked at again: soon, where statements wait for their tokens.
pub fn sooner(workshop: &Workshop, stream: &StreamId, next: DateTime<Utc>) -> DateTime<Utc> {
    let behind = workshop.stamper.as_ref().is_some_and(|stamper| stamper.state(|state| state.behind.contains(stream)));
    if behind { next.min(crate::collect::now().utc() + AGAIN) } else { next }
}

impl Stamper {
    /// With this authority.
    pub fn new(authority: Authority) -> Self {
        Self { authority, state: Mutex::default() }
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stamps what waits in a stream. It ends with the first failure: never a later statement before an earlier one.
    pub async fn stamp(&self, store: &dyn Store, stream: &StreamId) -> Round {
        let round = match Ledger::list(store, stream).await {
            Ok(ledger) if ledger.waiting.is_empty() => Round::default(),
            Ok(ledger) => self.round(ledger).await,
            Err(error) => Round { error: Some(error.into()), ..Round::default() },
        };
        self.state(|state| {
            if round.waiting > 0 || round.error.is_some() {
                state.behind.insert(stream.clone());
            } else {
                state.behind.remove(stream);
            }
        });
        round
    }

    async fn round(&self, ledger: Ledger<'_>) -> Round {
        let mut round = Round { waiting: ledger.waiting.len() as u64, ..Round::default() };
        let start = Instant::now();
        if self.state(|state| state.rests_until).is_some_and(|until| start < until) {
            round.error = Some(StampError::Resting(self.authority.url().to_string()));
            return round;
        }
        let mut before = None;
        if let Some(newest) = ledger.newest {
            before = ledger.stamp(newest).await;
        }
        for &sequence in ledger.waiting.iter().take(A_ROUND) {
            let asked = Instant::now();
            if asked - start > TIME {
                break;
            }
            match self.one(&ledger, sequence, before.as_ref()).await {
                Ok(stamp) => before = stamp,
                Err(error) => {
                    let now = Instant::now();
                    self.state(|state| state.rests_until = Some(now + (now - asked) * REST));
                    round.error = Some(error);
                    break;
                }
            }
            round.stamped += 1;
            round.waiting -= 1;
        }
        round
    }

    /// Gives one statement its token; what the token says that is in the store then.
    async fn one(
        &self,
        ledger: &Ledger<'_>,
        sequence: u64,
        before: Option<&Stamp>,
    ) -> Result<Option<Stamp>, StampError> {
        let (store, stream) = (ledger.store, ledger.stream);
        let file = stream.statement_key(sequence);
        let statement = store.get(&file).await?.ok_or(StampError::Gone(file))?;
        let (token, stamp) = self.authority.stamp(&statement).await?;
        if let Some(before) = before.filter(|before| stamp.is_before(before)) {
            return Err(StampError::Backwards { sequence, time: stamp.time, before: before.time });
        }
        match store.put_new(&key(stream, sequence), token).await? {
            Put::Stored => {
                tracing::info!(%stream, sequence, time = %stamp.time, "time stamp stored");
                Ok(Some(stamp))
            }
            Put::Exists => {
                tracing::debug!(%stream, sequence, "another collector was first with its time stamp");
                Ok(ledger.stamp(sequence).await)
            }
        }
    }
}

/// The statements of a stream, as far as they matter here.
struct Ledger<'a> {
    store: &'a dyn Store,
    stream: &'a StreamId,
    /// The newest statement that has a token.
    newest: Option<u64>,
    /// Those after it, in order.
    waiting: Vec<u64>,
}

impl<'a> Ledger<'a> {
    async fn list(store: &'a dyn Store, stream: &'a StreamId) -> Result<Self, StoreError> {
        let keys = store.list(&stream.ledger_prefix()).await?;
        let keys: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
        let mut waiting: Vec<u64> = keys.iter().filter_map(|key| sequence_of(stream, key)).collect();
        waiting.sort_unstable();
        let at = waiting.iter().rposition(|sequence| keys.contains(key(stream, *sequence).as_str()));
        let newest = at.map(|at| waiting[at]);
        waiting.drain(..at.map_or(0, |at| at + 1));
        Ok(Self { store, stream, newest, waiting })
    }

    /// What a stored token says; none when it cannot be read or does not hold, which is `verify`'s to name.
    async fn stamp(&self, sequence: u64) -> Option<Stamp> {
        let statement = self.store.get(&self.stream.statement_key(sequence)).await.ok()??;
        let token = self.store.get(&key(self.stream, sequence)).await.ok()??;
        check(&token, &Expected { over: &statement, nonce: None, policy: None, authorities: None }).ok()
    }
}
