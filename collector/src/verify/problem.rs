//! What `verify` can find wrong, each under its own name.

use serde::Serialize;
use std::collections::BTreeMap;

/// Problems of one kind in one file that are listed singly; the rest is counted.
const LISTED: u64 = 20;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The stream; null for the store as a whole.
    pub stream: Option<String>,
    /// The statement; null where none is concerned.
    pub sequence: Option<u64>,
    /// The file, as a path from the store's root; a checkpoint's as it was given.
    pub file: String,
    /// What kind of thing is wrong.
    pub kind: ProblemKind,
    /// What was found, and what should be there.
    pub what: String,
}

/// Kinds of problems. Every one of them makes verification fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The store has no statement, or none of the stream that was asked for.
    NoStatementFound,
    /// An object under `ledger/` that is no statement.
    UnexpectedLedgerFile,
    /// A time stamp without its statement.
    TimestampWithoutStatement,
    /// A file that is no RFC 3161 token, or one that does not agree with itself.
    TimestampBroken,
    /// A token over other bytes than those of its statement.
    TimestampForeign,
    /// A token that does not lead to a given CA certificate.
    TimestampUntrusted,
    /// A token whose time is before that of an earlier statement.
    TimestampOutOfOrder,
    /// The store would not give a file that it lists.
    Unreadable,
    /// A ledger file is not a DSSE envelope.
    EnvelopeMalformed,
    /// An envelope, or the statement in it, is not written canonically.
    EnvelopeNotCanonical,
    /// The envelope's payload type is another one.
    WrongPayloadType,
    /// The statement's type is another one.
    WrongStatementType,
    /// The predicate's type is another one.
    WrongPredicateType,
    /// The payload is not a statement that meets its schema.
    StatementMalformed,
    /// The signature was made by none of the given keys.
    ForeignKey,
    /// The signature names a given key and does not verify with it.
    BadSignature,
    /// The statement's number is not the number in its file name: statements were moved or exchanged.
    SequenceMismatch,
    /// A number of the stream has no statement.
    MissingStatement,
    /// The same statement or the same run stands in the ledger twice.
    DuplicateStatement,
    /// The statement does not name the ledger file before it.
    PreviousMismatch,
    /// The Merkle tree that the statement tells is not that of the ledger files before it.
    TreeMismatch,
    /// The statement belongs to another stream.
    ForeignStatement,
    /// The statement does not list the files of one bundle.
    SubjectMismatch,
    /// A file of the bundle is not there.
    MissingFile,
    /// A file lies in the bundle's folder and the statement does not list it.
    AddedFile,
    /// A file has other bytes than the statement says: it was changed or replaced.
    DigestMismatch,
    /// A file is not JSON, or cannot be decompressed.
    DocumentMalformed,
    /// A document does not meet its schema.
    SchemaMismatch,
    /// A document is not written canonically.
    NotCanonical,
    /// Lines or rows are not in the order of the format, or one stands twice.
    NotSorted,
    /// `run.json` does not agree with the statement or with `catalogue.json`.
    RunMismatch,
    /// A resource's own digest is wrong.
    ResourceDigestMismatch,
    /// A document belongs to another cloud or scope than its bundle.
    ForeignDocument,
    /// A balance does not close.
    BalanceBroken,
    /// Exchanges are not numbered from 1 without a break.
    ExchangeNumbering,
    /// The body of an exchange does not have the recorded digest.
    ExchangeDigestMismatch,
    /// A document refers to an exchange that is not there.
    UnknownExchange,
    /// A control has no verdict on a resource of its type.
    FindingMissing,
    /// A control has two verdicts on one resource.
    FindingDuplicated,
    /// A verdict of an unknown control, on an unknown resource, or where none belongs.
    FindingUnexpected,
    /// A verdict refers to another version of its resource, or leaves out its reason.
    FindingMismatch,
    /// A verdict carries another exception than the one that `policy.json` has in force for it.
    UnknownException,
    /// `summary.json` does not follow from the findings.
    SummaryMismatch,
    /// The statement's counts, gaps or completeness do not follow from the bundle.
    PredicateMismatch,
    /// `changes.jsonl.zst` does not follow from this bundle and the one before.
    ChangesMismatch,
    /// The ledger does not give the Merkle root of a checkpoint: history was rewritten.
    CheckpointMismatch,
    /// The ledger has fewer statements than a checkpoint shows: its end was cut off.
    LedgerShrank,
    /// The ledger has no statement of a stream that a checkpoint speaks of.
    StreamGone,
    /// A checkpoint is signed by none of the given keys, or its signature does not hold.
    CheckpointSignature,
}

impl ProblemKind {
    /// True for kinds that speak of who signed; the others speak of integrity.
    pub fn is_of_signature(self) -> bool {
        matches!(self, Self::ForeignKey | Self::BadSignature | Self::CheckpointSignature | Self::TimestampUntrusted)
    }

    /// True for kinds that speak of time stamps.
    pub fn is_of_time(self) -> bool {
        matches!(
            self,
            Self::TimestampWithoutStatement
                | Self::TimestampBroken
                | Self::TimestampForeign
                | Self::TimestampUntrusted
                | Self::TimestampOutOfOrder
        )
    }

    /// The word used in JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoStatementFound => "no_statement_found",
            Self::UnexpectedLedgerFile => "unexpected_ledger_file",
            Self::TimestampWithoutStatement => "timestamp_without_statement",
            Self::TimestampBroken => "timestamp_broken",
            Self::TimestampForeign => "timestamp_foreign",
            Self::TimestampUntrusted => "timestamp_untrusted",
            Self::TimestampOutOfOrder => "timestamp_out_of_order",
            Self::Unreadable => "unreadable",
            Self::EnvelopeMalformed => "envelope_malformed",
            Self::EnvelopeNotCanonical => "envelope_not_canonical",
            Self::WrongPayloadType => "wrong_payload_type",
            Self::WrongStatementType => "wrong_statement_type",
            Self::WrongPredicateType => "wrong_predicate_type",
            Self::StatementMalformed => "statement_malformed",
            Self::ForeignKey => "foreign_key",
            Self::BadSignature => "bad_signature",
            Self::SequenceMismatch => "sequence_mismatch",
            Self::MissingStatement => "missing_statement",
            Self::DuplicateStatement => "duplicate_statement",
            Self::PreviousMismatch => "previous_mismatch",
            Self::TreeMismatch => "tree_mismatch",
            Self::ForeignStatement => "foreign_statement",
            Self::SubjectMismatch => "subject_mismatch",
            Self::MissingFile => "missing_file",
            Self::AddedFile => "added_file",
            Self::DigestMismatch => "digest_mismatch",
            Self::DocumentMalformed => "document_malformed",
            Self::SchemaMismatch => "schema_mismatch",
            Self::NotCanonical => "not_canonical",
            Self::NotSorted => "not_sorted",
            Self::RunMismatch => "run_mismatch",
            Self::ResourceDigestMismatch => "resource_digest_mismatch",
            Self::ForeignDocument => "foreign_document",
            Self::BalanceBroken => "balance_broken",
            Self::ExchangeNumbering => "exchange_numbering",
            Self::ExchangeDigestMismatch => "exchange_digest_mismatch",
            Self::UnknownExchange => "unknown_exchange",
            Self::FindingMissing => "finding_missing",
            Self::FindingDuplicated => "finding_duplicated",
            Self::FindingUnexpected => "finding_unexpected",
            Self::FindingMismatch => "finding_mismatch",
            Self::UnknownException => "unknown_exception",
            Self::SummaryMismatch => "summary_mismatch",
            Self::PredicateMismatch => "predicate_mismatch",
            Self::ChangesMismatch => "changes_mismatch",
            Self::CheckpointMismatch => "checkpoint_mismatch",
            Self::LedgerShrank => "ledger_shrank",
            Self::StreamGone => "stream_gone",
            Self::CheckpointSignature => "checkpoint_signature",
        }
    }
}

/// Collects the problems of one statement and its bundle.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    stream: Option<String>,
    sequence: Option<u64>,
    found: Vec<Problem>,
    counts: BTreeMap<(String, ProblemKind), u64>,
}

impl Problems {
    /// Of the store as a whole.
    pub(super) fn of_store() -> Self {
        Self::default()
    }

    /// Of a stream as a whole.
    pub(super) fn of_stream(stream: &str) -> Self {
        Self { stream: Some(stream.to_owned()), ..Self::default() }
    }

    /// Of one statement.
    pub(crate) fn of(stream: &str, sequence: u64) -> Self {
        Self { stream: Some(stream.to_owned()), sequence: Some(sequence), ..Self::default() }
    }

    /// Notes one.
    pub(crate) fn add(&mut self, kind: ProblemKind, file: &str, what: impl Into<String>) {
        let count = self.counts.entry((file.to_owned(), kind)).or_default();
        *count += 1;
        if *count <= LISTED {
            let (stream, sequence) = (self.stream.clone(), self.sequence);
            self.found.push(Problem { stream, sequence, file: file.to_owned(), kind, what: what.into() });
        }
    }

    /// All of them, with one line for those that were only counted.
    pub(crate) fn into_list(mut self) -> Vec<Problem> {
        for ((file, kind), count) in std::mem::take(&mut self.counts) {
            if count > LISTED {
                let what = format!("and {} more of this kind in this file", count - LISTED);
                self.found.push(Problem { stream: self.stream.clone(), sequence: self.sequence, file, kind, what });
            }
        }
        self.found
    }
}
