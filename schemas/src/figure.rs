//! The figures that a governing principle is measured by, as the report has them. Each says what it counts, of how many, and what could
//! not be evaluated; a figure of nothing has the denominator 0 and is never a full share.

use crate::change::ChangedResource;
use crate::control::{Layer, Measure, Severity};
use crate::criteria::Principle;
use crate::id::Cloud;
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Which.
    pub figure: Kind,
    /// The cloud that it is of; null for all.
    pub cloud: Option<Cloud>,
    /// The layer that it is of.
    pub layer: Option<Layer>,
    /// The severity that it is of.
    pub severity: Option<Severity>,
    /// What numerator and denominator count, and what the figure cannot tell.
    pub about: String,
    /// How many.
    pub numerator: u64,
    /// Of how many. 0 means that there is no population: the figure says nothing.
    pub denominator: u64,
    /// How many more could not be evaluated. They are in neither.
    pub not_evaluated: u64,
    /// The controls that it stands on.
    pub controls: Vec<String>,
    /// What is wrong, one by one, sorted: what the numerator counts where it counts failures, otherwise the rest.
    pub items: Vec<FigureItem>,
}

/// Which figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Administrators that stand, of what is judged.
    StandingAdministrators,
    /// Identities with a way to become stronger.
    EscalationPaths,
    /// Grants that nobody uses.
    UnusedGrants,
    /// Grants to everybody, or to outsiders that are in no register.
    ExternalGrants,
    /// Resources on which a layer holds, of those that it applies to.
    LayerHolds,
    /// Resources that rest on exactly one layer.
    SingleLayer,
    /// Preventive defaults that are set.
    PreventiveDefaults,
    /// Resources first seen in the period that failed nothing on the run that first saw them.
    BirthState,
    /// Surfaces whose use is logged.
    LogCoverage,
    /// Logs that are kept, protected and delivered.
    LogDurability,
    /// Access that is of one identity.
    Attributability,
    /// Failures of the period that are fixed.
    Fixed,
    /// Controls on resources that failed again after a fix.
    Recurrence,
    /// Approved exceptions that are past their expiry.
    ExceptionsExpired,
    /// Verdicts that could not be evaluated, at the end.
    NotEvaluated,
}

impl Kind {
    /// The principle that it measures.
    pub fn principle(self) -> Principle {
        match self {
            Self::StandingAdministrators | Self::EscalationPaths | Self::UnusedGrants | Self::ExternalGrants => {
                Principle::LeastPrivilege
            }
            Self::LayerHolds | Self::SingleLayer => Principle::DefenceInDepth,
            Self::PreventiveDefaults | Self::BirthState => Principle::SecureByDefault,
            Self::LogCoverage | Self::LogDurability | Self::Attributability => Principle::Accountability,
            Self::Fixed | Self::Recurrence | Self::ExceptionsExpired | Self::NotEvaluated => {
                Principle::ContinuousImprovement
            }
        }
    }

    /// The figure that controls of this measure feed.
    pub fn of(measure: Measure) -> Self {
        match measure {
            Measure::StandingAdministrator => Self::StandingAdministrators,
            Measure::EscalationPath => Self::EscalationPaths,
            Measure::UnusedGrant => Self::UnusedGrants,
            Measure::ExternalGrant => Self::ExternalGrants,
            Measure::PreventiveDefault => Self::PreventiveDefaults,
            Measure::LogCoverage => Self::LogCoverage,
            Measure::LogDurability => Self::LogDurability,
            Measure::Attributability => Self::Attributability,
        }
    }
}

/// One thing that a figure counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureItem {
    /// The stream.
    pub stream: String,
    /// The resource; null for a scope.
    pub resource: Option<ChangedResource>,
    /// The controls that fail on it.
    pub controls: Vec<String>,
}

/// What one run of the period found, for the trend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendPoint {
    /// The stream.
    pub stream: String,
    /// The run's number in it.
    pub sequence: u64,
    /// Its instant.
    pub as_of: Instant,
    /// Failing verdicts by severity, all four.
    pub fail: BTreeMap<Severity, u64>,
    /// Verdicts that are a pass or a fail.
    pub evaluated: u64,
    /// Verdicts that could not be evaluated.
    pub not_evaluated: u64,
    /// Its gaps.
    pub gaps: u64,
}
