//! The balance: for each resource type and region, what was listed and what became of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of `populations.json`. It balances: `listed = evaluated + not_evaluated + excluded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Resource type.
    #[serde(rename = "type")]
    pub type_: String,
    /// Region, `global`, or `unknown` when the regions themselves could not be listed.
    pub region: String,
    /// Resources that the provider listed.
    pub listed: u64,
    /// Those whose document is whole, so that every control can be evaluated on it.
    pub evaluated: u64,
    /// Those with at least one gap, on which some control may be `not_evaluated`.
    pub not_evaluated: u64,
    /// Those left out by configuration. They have no document.
    pub excluded: u64,
    /// Pages read.
    pub pages: u64,
    /// True when the last page was reached.
    pub complete: bool,
    /// Why it is not complete, or why the cross-check differs.
    pub reason: Option<String>,
    /// The provider's independent count, where it gives one.
    pub cross_check: Option<CrossCheck>,
}

impl Population {
    /// True when the counts add up.
    pub fn balances(&self) -> bool {
        self.evaluated.checked_add(self.not_evaluated).and_then(|n| n.checked_add(self.excluded)) == Some(self.listed)
    }

    /// True when the population is whole and agrees with the provider's own count.
    pub fn is_whole(&self) -> bool {
        self.complete && self.cross_check.as_ref().is_none_or(|check| check.count == self.listed)
    }

    /// Gaps of this line: the list cut short, and the count that differs.
    pub fn gaps(&self) -> u64 {
        u64::from(!self.complete) + u64::from(self.cross_check.as_ref().is_some_and(|check| check.count != self.listed))
    }

    /// The order of `populations.json`.
    pub fn sort_key(&self) -> (&str, &str) {
        (&self.type_, &self.region)
    }
}

/// A count from another source than the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrossCheck {
    /// Where the count is from, `iam:GetAccountSummary Users`.
    pub source: String,
    /// The count.
    pub count: u64,
}
