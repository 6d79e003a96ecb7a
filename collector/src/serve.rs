//! `serve`: the read side alone, a JSON API and a dashboard over a store.
//!
//! It cannot write: the store is opened for reading, and there is no key here that signs. What it tells is a reading of the store
//! ([`Reader`]), made at the start and again when the ledger has grown; raw exchanges are fetched from their bundle when somebody asks,
//! and held against their digest then. The dashboard is files that ask the same API, so that there is one source for both.

mod answer;
mod bundle;
mod evidence;
mod filter;
mod now;
mod openapi;
mod page;
mod query;
mod reader;
mod refusal;
mod routes;
mod snapshot;
mod table;
mod trend;

pub use reader::{Options, Reader};
pub use routes::{MANNER, router};
