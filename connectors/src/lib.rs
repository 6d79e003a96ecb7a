//! How each cloud is read. Fetching applies no judgement and changes nothing.
//!
//! No connector knows another connector, the catalogue or the store. All traffic goes through [`exchange::Transport`].

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests make and spoil files, and race"))]

pub mod aws;
pub mod azure;
pub mod collection;
pub mod declaration;
pub mod document;
pub mod exchange;
pub mod gcp;
pub mod policy;
pub mod ports;
pub mod words;

pub use collection::{Collected, Order, Progress};

use declaration::Reach;

/// Where a resource type of any cloud lives; none of a type that no connector writes.
pub fn reach(type_: &str) -> Option<Reach> {
    let aws = aws::resource_types().map(|known| (known.name, known.reach));
    let azure = azure::resource_types().map(|known| (known.name, known.reach));
    let gcp = gcp::resource_types().map(|known| (known.name, known.reach));
    let org = policy::resource_types().map(|known| (known.name, known.reach));
    aws.chain(azure).chain(gcp).chain(org).find(|(name, _)| *name == type_).map(|(_, reach)| reach)
}
