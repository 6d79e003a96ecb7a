//! What the end-to-end tests stand on: the real binary, real fakes, a proxy with faults, and an own reader of evidence.
//!
//! It knows the interface and the evidence format as an outsider does, and uses none of the project's code: a mistake
//! that the code makes on both sides would show here. The exceptions are [`stores`], which runs the project's conformance
//! suite over its stores, and [`replayed`], which reads recorded answers again.
#![expect(
    clippy::missing_panics_doc,
    reason = "a fake that does not start ends the test, which is all that can be done"
)]
#![expect(clippy::disallowed_methods, reason = "tests make and spoil files, and serve from threads")]

pub mod binary;
pub mod estate;
pub mod evidence;
pub mod fakes;
pub mod http;
pub mod later;
pub mod process;
pub mod proxy;
pub mod reading;
pub mod receiver;
pub mod replayed;
pub mod running;
pub mod served;
pub mod stores;
pub mod trouble;
pub mod unknown;
