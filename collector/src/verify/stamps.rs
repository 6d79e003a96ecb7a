//! The time stamps of a stream: that each holds over its statement, comes from a trusted authority where one was given, and
//! that their times run forward with the numbers.
//!
//! A statement without a token is no problem: the authority may have been down. It is counted and named. A token proves
//! that the statement existed at its time; that it did not exist long before follows from the clock of the collector alone.

use super::VerifyOptions;
use super::problem::{ProblemKind as Kind, Problems};
use super::report::SequenceGap;
use crate::cli::exit::chain;
use crate::store::Store;
use crate::timestamp::{Expected, Stamp, TokenErrorKind, check, stamp};
use evidenced_schemas::{Instant, StreamId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Whether the time stamps of a store hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Timestamps {
    /// No statement has one.
    None,
    /// Every one that is there holds, and leads to a given CA certificate.
    Verified,
    /// Every one that is there holds, and no CA certificate was given: nothing is known of who made them.
    NotChecked,
    /// Some do not.
    Failed,
}

/// The time stamps of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stamps {
    /// Statements with a token that holds.
    pub stamped: u64,
    /// Statements with one that does not; see `problems`.
    pub refused: u64,
    /// Statements without one.
    pub missing: Vec<SequenceGap>,
    /// The time of the first token that holds.
    pub first: Option<Instant>,
    /// The time of the last one.
    pub last: Option<Instant>,
    /// The longest that a token came after the end of its run, in whole seconds: how long the collector alone knew of it.
    pub largest_lag_seconds: Option<i64>,
    /// The policies that they were issued under, with the number of tokens.
    pub policies: BTreeMap<String, u64>,
}

impl Stamps {
    /// Statements without one.
    pub fn missing(&self) -> u64 {
        self.missing.iter().map(|gap| gap.to - gap.from + 1).sum()
    }
}

/// A statement whose token is checked.
pub(super) struct Stamped<'a> {
    pub(super) sequence: u64,
    /// The ledger file's bytes.
    pub(super) bytes: &'a [u8],
    /// When its run ended; none when it does not read.
    pub(super) finished_at: Option<Instant>,
}

/// Follows the time stamps along a stream.
pub(super) struct Stamping<'a> {
    store: &'a dyn Store,
    options: &'a VerifyOptions,
    stream: &'a StreamId,
    /// Every key of the store.
    present: &'a BTreeSet<String>,
    report: Stamps,
    /// The newest token that holds, and its statement.
    newest: Option<(u64, Stamp)>,
}

impl<'a> Stamping<'a> {
    pub(super) fn new(
        store: &'a dyn Store,
        options: &'a VerifyOptions,
        stream: &'a StreamId,
        present: &'a BTreeSet<String>,
    ) -> Self {
        Self { store, options, stream, present, report: Stamps::default(), newest: None }
    }

    /// Checks the token of a statement, where there is one. What a reader should know of it.
    pub(super) async fn check(&mut self, of: &Stamped<'_>, problems: &mut Problems) -> Option<(String, String)> {
        let file = stamp::key(self.stream, of.sequence);
        if !self.present.contains(&file) {
            match self.report.missing.last_mut() {
                Some(gap) if gap.to + 1 == of.sequence => gap.to = of.sequence,
                _ => self.report.missing.push(SequenceGap { from: of.sequence, to: of.sequence }),
            }
            return None;
        }
        let Some(stamp) = self.read(&file, of.bytes, problems).await else {
            self.report.refused += 1;
            return None;
        };
        if let Some((earlier, before)) = self.newest.as_ref().filter(|(_, before)| stamp.is_before(before)) {
            let what = format!(
                "its time is {}, before that of the token of statement {earlier}, {}: statements were stamped in another order than \
                 they are numbered, or the authority's clock was wrong",
                Instant::new(stamp.time),
                Instant::new(before.time)
            );
            problems.add(Kind::TimestampOutOfOrder, &file, what);
        }
        let warning = self.count(&stamp, of.finished_at).map(|what| (file, what));
        if self.newest.as_ref().is_none_or(|(_, before)| before.time <= stamp.time) {
            self.newest = Some((of.sequence, stamp));
        }
        warning
    }

    /// Reads a token, and names what is wrong with it.
    async fn read(&self, file: &str, over: &[u8], problems: &mut Problems) -> Option<Stamp> {
        let token = match self.store.get(file).await {
            Ok(Some(token)) => token,
            Ok(None) => {
                problems.add(Kind::Unreadable, file, "was listed, and is gone");
                return None;
            }
            Err(error) => {
                problems.add(Kind::Unreadable, file, format!("cannot be read: {}", error.what));
                return None;
            }
        };
        let authorities = Some(&self.options.authorities).filter(|given| !given.is_empty());
        match check(&token, &Expected { over, nonce: None, policy: None, authorities }) {
            Ok(stamp) => Some(stamp),
            Err(error) => {
                let kind = match error.kind {
                    TokenErrorKind::Broken | TokenErrorKind::Refused => Kind::TimestampBroken,
                    TokenErrorKind::Foreign => Kind::TimestampForeign,
                    TokenErrorKind::Untrusted => Kind::TimestampUntrusted,
                };
                problems.add(kind, file, chain(&error));
                None
            }
        }
    }

    /// Counts a token that holds. A time before the end of the run is worth a word.
    fn count(&mut self, stamp: &Stamp, finished_at: Option<Instant>) -> Option<String> {
        let report = &mut self.report;
        let time = Instant::new(stamp.time);
        report.stamped += 1;
        *report.policies.entry(stamp.policy.clone()).or_default() += 1;
        report.first = report.first.into_iter().chain([time]).min();
        report.last = report.last.max(Some(time));
        let finished_at = finished_at?;
        let lag = (stamp.time - finished_at.utc()).num_seconds();
        report.largest_lag_seconds = report.largest_lag_seconds.max(Some(lag));
        (stamp.latest() < finished_at.utc()).then(|| {
            format!(
                "its time is {time}, before the run that it stamps had ended by the collector's clock, {finished_at}: that clock was \
                 ahead, or the authority's was behind"
            )
        })
    }

    /// The report, and what a reader should know of holes in it.
    pub(super) fn finish(self) -> (Stamps, Vec<(String, String)>) {
        let newest = self.newest.map_or(0, |(sequence, _)| sequence);
        let holes = self.report.missing.iter().filter(|gap| gap.from < newest);
        let warnings = holes.map(|gap| {
            let which = if gap.from == gap.to {
                format!("statement {} has", gap.from)
            } else {
                format!("statements {} to {} have", gap.from, gap.to)
            };
            let what = format!(
                "is not there: {which} no time stamp, and a later one has. A collector stamps in order, so it was removed, or never \
                 stored"
            );
            (stamp::key(self.stream, gap.from), what)
        });
        (self.report.clone(), warnings.collect())
    }
}
