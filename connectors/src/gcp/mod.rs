//! How Google Cloud is reached: so far its credentials, for the evidence store and for signing keys.
//!
//! No resource is read here yet.

pub mod credentials;
mod iam;
