//! Whether evidence is as fresh as its job declares it: the newest statement of each scope against `max_age`.
//!
//! What counts is the ledger: a run that waits in the spool is no evidence yet that anybody could verify. Nothing is called too old
//! before the ledger was asked once more, for another replica may have committed; a ledger that does not answer leaves what is
//! known. A scope without any evidence is as old as this service's waiting for its first.

use super::happening::Happening;
use super::{ANSWER, Service, sleep};
use crate::collect;
use crate::ledger;
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_schemas::{JobName, StreamId};
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often ages are looked at, at the least.
const OFTEN: Duration = Duration::from_secs(5);
/// Streams whose ledger is asked at the same time.
const ASKED_AT_ONCE: usize = 8;

/// What is known of the ages of all streams.
#[derive(Debug, Default)]
pub(super) struct Freshness {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The jobs that declare one.
    max_ages: BTreeMap<JobName, TimeDelta>,
    streams: BTreeMap<StreamId, Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    newest: Option<DateTime<Utc>>,
    /// When the stream was heard of first.
    since: DateTime<Utc>,
    is_stale: bool,
}

impl Known {
    fn age(&self, now: DateTime<Utc>) -> TimeDelta {
        now - self.newest.unwrap_or(self.since)
    }
}

/// A stream that became too old, or fresh again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Turned {
    stream: StreamId,
    age: TimeDelta,
    max_age: TimeDelta,
    never: bool,
}

impl Freshness {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job declares how old its evidence may be.
    pub(super) fn declare(&self, job: &JobName, max_age: TimeDelta) {
        self.state().max_ages.insert(job.clone(), max_age);
    }

    /// The newest statement of a stream, as the ledger was read now.
    pub(super) fn note(&self, stream: &StreamId, newest: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        let mut state = self.state();
        if !state.max_ages.contains_key(&stream.job) {
            return;
        }
        let known = state.streams.entry(stream.clone()).or_insert(Known { newest, since: now, is_stale: false });
        known.newest = newest;
    }

    /// True when the age of this stream is watched and nothing is known of it yet.
    pub(super) fn asks_for(&self, stream: &StreamId) -> bool {
        let state = self.state();
        state.max_ages.contains_key(&stream.job) && !state.streams.contains_key(stream)
    }

    /// The scopes of a job were listed: what is no scope any more does not grow old.
    pub(super) fn only(&self, job: &JobName, streams: &BTreeSet<StreamId>) {
        self.state().streams.retain(|stream, _| stream.job != *job || streams.contains(stream));
    }

    fn is_idle(&self) -> bool {
        self.state().max_ages.is_empty()
    }

    fn pause(&self) -> Duration {
        let shortest = self.state().max_ages.values().min().and_then(|age| age.to_std().ok()).unwrap_or(OFTEN);
        (shortest / 4).clamp(Duration::from_millis(250), OFTEN)
    }

    /// Streams that seem too old and were not said to be.
    fn suspects(&self, now: DateTime<Utc>) -> Vec<StreamId> {
        let state = self.state();
        let is_suspect = |stream: &StreamId, known: &Known| {
            !known.is_stale && state.max_ages.get(&stream.job).is_some_and(|max_age| known.age(now) > *max_age)
        };
        let suspects = state.streams.iter().filter(|(stream, known)| is_suspect(stream, known));
        suspects.map(|(stream, _)| stream.clone()).collect()
    }

    /// Marks what turned, and says so: what is too old now, what is fresh again.
    fn turn(&self, now: DateTime<Utc>) -> (Vec<Turned>, Vec<Turned>) {
        let state = &mut *self.state();
        let (mut too_old, mut again) = (Vec::new(), Vec::new());
        for (stream, known) in &mut state.streams {
            let Some(max_age) = state.max_ages.get(&stream.job).copied() else { continue };
            let (age, never) = (known.age(now), known.newest.is_none());
            let is_stale = age > max_age;
            if is_stale == known.is_stale {
                continue;
            }
            known.is_stale = is_stale;
            let into = if is_stale { &mut too_old } else { &mut again };
            into.push(Turned { stream: stream.clone(), age, max_age, never });
        }
        (too_old, again)
    }

    /// How many streams of each job are too old.
    fn counts(&self) -> BTreeMap<JobName, usize> {
        let state = self.state();
        let mut counts: BTreeMap<JobName, usize> = state.max_ages.keys().map(|job| (job.clone(), 0)).collect();
        for (stream, _) in state.streams.iter().filter(|(_, known)| known.is_stale) {
            *counts.entry(stream.job.clone()).or_default() += 1;
        }
        counts
    }
}

/// Watches the ages until the service is stopped.
pub(super) async fn watch(service: &Service) {
    if service.fresh.is_idle() {
        return;
    }
    while !service.stop.gentle.is_cancelled() {
        tokio::select! {
            () = service.stop.gentle.cancelled() => return,
            () = look(service) => {}
        }
        sleep(service.fresh.pause(), &service.stop.gentle).await;
    }
}

/// Looks once.
async fn look(service: &Service) {
    let asked = service.fresh.suspects(collect::now().utc()).into_iter().map(|stream| async move {
        ask(service, &stream).await;
    });
    futures::stream::iter(asked).buffer_unordered(ASKED_AT_ONCE).collect::<()>().await;
    let (stale, fresh) = service.fresh.turn(collect::now().utc());
    for Turned { stream, age, max_age, never } in &stale {
        tracing::warn!(
            %stream,
            age_seconds = age.num_seconds(),
            max_age_seconds = max_age.num_seconds(),
            never,
            "evidence is older than its job allows"
        );
        service.tell(&Happening::Stale { stream, age: *age, max_age: *max_age, never: *never });
    }
    for Turned { stream, age, max_age, .. } in &fresh {
        tracing::info!(
            %stream,
            age_seconds = age.num_seconds(),
            max_age_seconds = max_age.num_seconds(),
            "evidence is fresh again"
        );
        service.tell(&Happening::Fresh { stream, age: *age, max_age: *max_age });
    }
    service.workshop.metrics.stale(&service.fresh.counts());
}

/// Asks the ledger for the newest statement of a stream, and notes it.
pub(super) async fn ask(service: &Service, stream: &StreamId) {
    let newest = tokio::time::timeout(ANSWER, ledger::newest(&*service.workshop.store, stream)).await;
    if let Ok(Ok(newest)) = newest {
        let newest = newest.map(evidenced_schemas::Instant::utc);
        service.workshop.metrics.newest(stream, newest);
        service.fresh.note(stream, newest, collect::now().utc());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::fixtures::stream;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn declared() -> Freshness {
        let fresh = Freshness::default();
        fresh.declare(&stream().job, TimeDelta::hours(26));
        fresh
    }

    #[test]
    fn evidence_turns_too_old_once_and_fresh_once() {
        let fresh = declared();
        assert!(fresh.asks_for(&stream()));
        fresh.note(&stream(), Some(at("2026-03-01T00:00:00Z")), at("2026-03-01T00:00:10Z"));
        assert!(!fresh.asks_for(&stream()));
        assert_eq!(
            fresh.turn(at("2026-03-02T02:00:00Z")),
            (Vec::new(), Vec::new()),
            "at the age itself it may still be"
        );
        assert_eq!(fresh.suspects(at("2026-03-02T02:00:01Z")), [stream()]);
        let (stale, _) = fresh.turn(at("2026-03-02T02:00:01Z"));
        let expected =
            Turned { stream: stream(), age: TimeDelta::seconds(93_601), max_age: TimeDelta::hours(26), never: false };
        assert_eq!(stale, [expected]);
        assert_eq!(fresh.turn(at("2026-03-03T00:00:00Z")), (Vec::new(), Vec::new()), "it was said");
        assert_eq!((fresh.suspects(at("2026-03-03T00:00:00Z")).len(), fresh.counts()[&stream().job]), (0, 1));
        fresh.note(&stream(), Some(at("2026-03-03T00:00:00Z")), at("2026-03-03T00:00:05Z"));
        let (stale, again) = fresh.turn(at("2026-03-03T00:00:10Z"));
        assert_eq!((stale.len(), again.len(), again[0].age), (0, 1, TimeDelta::seconds(10)));
        assert_eq!(fresh.counts()[&stream().job], 0);
    }

    #[test]
    fn a_scope_without_evidence_is_as_old_as_the_waiting_for_it() {
        let fresh = declared();
        fresh.note(&stream(), None, at("2026-03-01T00:00:00Z"));
        fresh.note(&stream(), None, at("2026-03-01T20:00:00Z"));
        let (stale, _) = fresh.turn(at("2026-03-02T03:00:00Z"));
        assert!(stale[0].never && stale[0].age == TimeDelta::hours(27), "{stale:?}");
    }

    #[test]
    fn what_declares_nothing_or_is_no_scope_any_more_does_not_grow_old() {
        let fresh = declared();
        let other = StreamId::parse("other/aws/123456789012").unwrap();
        fresh.note(&other, None, at("2026-03-01T00:00:00Z"));
        fresh.note(&stream(), None, at("2026-03-01T00:00:00Z"));
        fresh.only(&stream().job, &BTreeSet::new());
        assert_eq!(fresh.turn(at("2027-03-01T00:00:00Z")), (Vec::new(), Vec::new()));
    }
}
