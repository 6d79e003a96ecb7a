//! The service itself: collect, evaluate, seal, commit; and the read side: verify, re-perform.
//!
//! Each stage takes a value and gives a value. Only collecting talks to clouds, only committing writes to the store, and
//! the read side cannot write. See `ARCHITECTURE.md`.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests make and spoil files, and race"))]

pub mod bundle;
pub mod catalogue;
pub mod checkpoint;
pub mod cli;
pub mod collect;
pub mod config;
pub mod cost;
pub mod daemon;
pub mod delivery;
pub mod demo;
pub mod doctor;
pub mod evaluate;
pub mod exceptions;
pub mod history;
pub mod http;
pub mod ledger;
pub mod metrics;
pub mod notify;
pub mod permissions;
pub mod policy;
pub mod pull;
pub mod reperform;
pub mod report;
pub mod sample;
pub mod schedule;
pub mod scopes;
pub mod serve;
pub mod shard;
pub mod signing;
pub mod spool;
pub mod store;
pub mod telemetry;
pub mod timestamp;
pub mod verify;
