//! Parameters of a database server, as the flexible servers of MySQL and of PostgreSQL list them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A parameter.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Configuration {
    /// Its name.
    pub(super) name: String,
    /// Its value.
    pub(super) properties: ConfigurationProperties,
}

/// Value of a parameter.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct ConfigurationProperties {
    /// The value.
    pub(super) value: Option<String>,
    /// Who set it: `system-default` or `user-override`.
    pub(super) source: Option<String>,
}

/// Those of these names, by name.
pub(super) fn kept(all: Vec<Configuration>, names: &[&str]) -> Vec<Configuration> {
    let mut kept: Vec<_> = all.into_iter().filter(|one| names.contains(&one.name.as_str())).collect();
    kept.sort_by(|one, other| one.name.cmp(&other.name));
    kept
}
