//! BigQuery: datasets, and who is let into them. Rows are never read.

pub(super) mod dataset;

use super::operation::{Family, ResourceType};
use dataset::Dataset;

/// Everything of BigQuery.
pub const FAMILY: Family =
    Family { name: "bigquery", types: &[ResourceType::listed::<Dataset>("A BigQuery dataset")], collect: None };

#[cfg(test)]
mod tests;
