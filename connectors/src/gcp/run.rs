//! Cloud Run: services with who may call them. Functions of the second generation are such services; those of the first are
//! not read.

pub(super) mod service;

use super::operation::{Family, ResourceType};
use service::Service;

/// Everything of Cloud Run.
pub const FAMILY: Family =
    Family { name: "run", types: &[ResourceType::listed::<Service>("A Cloud Run service")], collect: None };

#[cfg(test)]
mod tests;
