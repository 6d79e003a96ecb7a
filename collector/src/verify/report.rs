//! What `verify` says: as a document for programs and as a table for people.

use super::VerifyOptions;
use super::handover::KeyChange;
use super::hold::Protected;
use super::problem::{Problem, ProblemKind};
use super::stamps::{Stamps, Timestamps};
use evidenced_schemas::statement::Retention;
use evidenced_schemas::{Digest, Instant};
use serde::Serialize;
use std::collections::BTreeMap;

/// The outcome of a verification.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerifyReport {
    /// The store.
    pub store: String,
    /// Whether what is there is whole and follows from itself.
    pub integrity: Integrity,
    /// Whether the given keys made every statement.
    pub signatures: Signatures,
    /// Whether the time stamps that are there hold, and who made them.
    pub timestamps: Timestamps,
    /// Ids of the keys that were given.
    pub keys: Vec<Digest>,
    /// Ids of the keys that the statements name, with the number of statements. Without a given key this is only what
    /// the statements say of themselves.
    pub keyids: BTreeMap<Digest, u64>,
    /// The streams.
    pub streams: Vec<StreamReport>,
    /// The checkpoints that were given.
    pub checkpoints: Vec<CheckpointReport>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// What a reader should know and what is no proof of anything wrong.
    pub warnings: Vec<Warning>,
    /// Folders of runs that no statement names: runs that died before their commit. They are no evidence.
    pub orphans: Vec<String>,
    /// Objects that do not belong to the format.
    pub foreign: Vec<String>,
}

/// Whether the store is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// Nothing is wrong.
    Ok,
    /// Something is; see `problems`.
    Failed,
}

/// Whether the statements are by the given keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signatures {
    /// Every statement is signed by a given key.
    Verified,
    /// No key was given, or there was no statement: nothing is known of who signed.
    NotChecked,
    /// Some statement is not.
    Failed,
}

/// One stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StreamReport {
    /// `job/cloud/scope`.
    pub stream: String,
    /// Ledger files.
    pub statements: u64,
    /// Statements signed by a given key.
    pub signed: u64,
    /// Bundles whose files were read.
    pub bundles_checked: u64,
    /// Files that were read.
    pub files: u64,
    /// Their bytes, as stored.
    pub bytes: u64,
    /// Statements that a new key signed for the first time.
    pub key_changes: Vec<KeyChange>,
    /// Time stamps.
    pub timestamps: Stamps,
    /// The Merkle tree over every ledger file; null when a number has none, or one that cannot be read.
    pub tree: Option<TreeHead>,
    /// Numbers without a statement.
    pub sequence_gaps: Vec<SequenceGap>,
    /// Runs that could not read everything.
    pub incomplete: Vec<IncompleteRun>,
    /// Scheduled runs that did not take place.
    pub missed: MissedRuns,
    /// When the newest run was.
    pub last_as_of: Option<Instant>,
    /// What the store said of write-once protection at the newest run.
    pub retention: Option<Retention>,
    /// What protects its objects now, as the store says when it is asked; null for a kind of store that protects none.
    pub protected: Option<Protected>,
    /// Problems of this stream.
    pub problems: u64,
}

/// The Merkle tree of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TreeHead {
    /// Number of ledger files.
    pub size: u64,
    /// The Merkle tree hash over them, byte for byte (RFC 6962, section 2.1).
    pub root: Digest,
}

/// One checkpoint that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckpointReport {
    /// Its file, as it was given.
    pub file: String,
    /// Its first line in that file.
    pub line: usize,
    /// Its origin: the log that it speaks of.
    pub origin: String,
    /// The stream of that log.
    pub stream: String,
    /// Number of ledger files that it shows.
    pub size: u64,
    /// Their Merkle root that it shows.
    pub root: Digest,
    /// Whether it is by a given key.
    pub signatures: Signatures,
    /// Signatures by given keys.
    pub signed_by: Vec<CheckpointSigner>,
    /// Signatures by other keys, `name+id`: nothing is known of them.
    pub unknown: Vec<String>,
    /// What became of it.
    pub outcome: CheckpointOutcome,
}

/// Who signed a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckpointSigner {
    /// The name that the key has in the note.
    pub name: String,
    /// The key.
    pub keyid: Digest,
    /// When a witness saw it, as the witness says; null for a signature without a time.
    pub time: Option<Instant>,
}

/// What a checkpoint says of the ledger as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointOutcome {
    /// The ledger only grew since.
    Holds,
    /// History was rewritten.
    Mismatch,
    /// The end was cut off.
    Shrank,
    /// The stream is not there.
    Gone,
    /// Statements before it are missing or cannot be read.
    NotCheckable,
    /// It is of another stream than the one that was asked for.
    NotAsked,
    /// It is not by a given key, and says nothing.
    NotSigned,
}

impl CheckpointOutcome {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds: it only grew since",
            Self::Mismatch => "HISTORY WAS REWRITTEN",
            Self::Shrank => "THE END WAS CUT OFF",
            Self::Gone => "THE STREAM IS GONE",
            Self::NotCheckable => "cannot be checked",
            Self::NotAsked => "not asked for",
            Self::NotSigned => "NOT BY A GIVEN KEY",
        }
    }
}

/// Numbers that are missing in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SequenceGap {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
}

/// A run with gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct IncompleteRun {
    /// Its number.
    pub sequence: u64,
    /// When it was.
    pub as_of: Instant,
    /// How many gaps it has.
    pub gaps: u64,
}

/// Scheduled runs that did not take place, as declared in the statements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MissedRuns {
    /// How many.
    pub count: u64,
    /// True when there are more than were counted.
    pub at_least: bool,
    /// The first of them.
    pub times: Vec<Instant>,
}

/// Something that a reader should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The stream; null for the store as a whole.
    pub stream: Option<String>,
    /// The file or folder.
    pub file: String,
    /// What it is.
    pub what: String,
}

impl VerifyReport {
    /// Of a store that was not looked into yet.
    pub(super) fn new(store: &str, options: &VerifyOptions) -> Self {
        // Until something is wrong.
        let timestamps = if options.authorities.is_empty() { Timestamps::NotChecked } else { Timestamps::Verified };
        Self {
            store: store.to_owned(),
            integrity: Integrity::Ok,
            signatures: Signatures::NotChecked,
            timestamps,
            keys: options.keys.iter().map(|key| key.keyid().clone()).collect(),
            keyids: BTreeMap::new(),
            streams: Vec::new(),
            checkpoints: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            orphans: Vec::new(),
            foreign: Vec::new(),
        }
    }

    /// True when nothing is wrong. It does not say that a key was given: see `signatures`.
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }

    /// The report as one JSON document.
    ///
    /// # Panics
    /// Never: the report is made of JSON values.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the report is made of JSON values")
    }

    /// Draws the conclusions from what was found.
    pub(super) fn concluded(mut self) -> Self {
        let statements: u64 = self.streams.iter().map(|stream| stream.statements).sum();
        let signed: u64 = self.streams.iter().map(|stream| stream.signed).sum();
        self.signatures = match (self.keys.is_empty(), statements) {
            (true, _) | (_, 0) => Signatures::NotChecked,
            _ if signed == statements => Signatures::Verified,
            _ => Signatures::Failed,
        };
        let tokens: u64 = self.streams.iter().map(|stream| stream.timestamps.stamped + stream.timestamps.refused).sum();
        if self.problems.iter().any(|problem| problem.kind.is_of_time()) {
            self.timestamps = Timestamps::Failed;
        } else if tokens == 0 {
            self.timestamps = Timestamps::None;
        }
        let broken = self.problems.iter().any(|problem| !problem.kind.is_of_signature());
        self.integrity = if broken { Integrity::Failed } else { Integrity::Ok };
        for stream in &mut self.streams {
            let mine = self.problems.iter().filter(|problem| problem.stream.as_deref() == Some(&stream.stream));
            stream.problems = mine.count() as u64;
        }
        self
    }

    /// Problems of one kind.
    pub fn of_kind(&self, kind: ProblemKind) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(move |problem| problem.kind == kind)
    }
}
