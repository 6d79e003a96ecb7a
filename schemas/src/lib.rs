//! The words that everything in `evidenced` speaks: what is read, judged, sealed and written.
//!
//! Nothing but these types goes to disk or over a wire. The crate does no I/O and reads no clock. JSON Schemas
//! (draft 2020-12) are generated from the types and committed under `schemas/json/`; see [`schema`].

pub mod api;
pub mod canonical;
pub mod change;
pub mod config;
pub mod control;
pub mod coverage;
pub mod criteria;
pub mod day;
pub mod digest;
pub mod event;
pub mod exchange;
pub mod figure;
pub mod finding;
pub mod id;
pub mod manifest;
pub mod pattern;
pub mod policy;
pub mod population;
pub mod report;
pub mod resource;
pub mod run;
pub mod sample;
pub mod schema;
pub mod size;
pub mod span;
pub mod statement;
pub mod summary;
pub mod time;
pub mod waiting;

pub use canonical::{to_canonical_line, to_canonical_vec};
pub use change::{Change, ChangeKind};
pub use control::{Control, Severity, Verdict};
pub use day::Day;
pub use digest::Digest;
pub use event::Event;
pub use exchange::Exchange;
pub use finding::Finding;
pub use id::{Cloud, JobName, RunId, ScopeId, StreamId};
pub use manifest::Manifest;
pub use population::Population;
pub use report::Report;
pub use resource::{Gap, GapReason, Resource};
pub use run::RunRecord;
pub use sample::Sample;
pub use size::Size;
pub use span::Span;
pub use statement::{Envelope, Predicate, Statement};
pub use summary::Summary;
pub use time::Instant;
