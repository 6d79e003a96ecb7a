//! API keys: what each may be used for. The key itself, its string, is never asked for.

mod key;

use super::operation::{Family, ResourceType};
use key::Key;

/// Everything of API keys.
pub const FAMILY: Family =
    Family { name: "apikeys", types: &[ResourceType::listed::<Key>("An API key")], collect: None };

#[cfg(test)]
mod tests;
