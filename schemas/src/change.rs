//! A verdict that differs from the stream's previous bundle.

use crate::control::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of `changes.jsonl.zst`, in the order of findings. Resources are compared by type, region and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What happened.
    pub change: ChangeKind,
    /// The control.
    pub control: String,
    /// The resource; null as in a finding.
    pub resource: Option<ChangedResource>,
    /// The verdict in the previous bundle; null when it had none.
    pub from: Option<Verdict>,
    /// The verdict in this bundle; null when it has none.
    pub to: Option<Verdict>,
}

/// The resource of a change: a finding's, without its digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedResource {
    /// Resource type.
    #[serde(rename = "type")]
    pub type_: String,
    /// Region.
    pub region: String,
    /// The provider's identifier.
    pub id: String,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It fails, and did not before.
    Opened,
    /// It failed, and now passes or does not apply.
    Resolved,
    /// It failed, and the resource is gone from a population that was read to the end. Not a fix.
    ResolvedByDeletion,
    /// It had a verdict, and now could not be evaluated, or its population could not be read to the end.
    Obscured,
    /// It could not be evaluated, and now passes or does not apply.
    Revealed,
    /// A new resource or control whose verdict is not a fail.
    Appeared,
    /// A resource or control that did not fail is gone.
    Disappeared,
    /// Between pass and not applicable.
    Altered,
}
