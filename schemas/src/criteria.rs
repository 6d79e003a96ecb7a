//! The governing principles, the Trust Services Categories and the 61 criteria.
//!
//! Criterion ids are those of the AICPA's Trust Services Criteria (TSP Section 100, 2017, with the 2022 points of
//! focus). The subjects are this project's own words: the criteria's text is copyrighted and not reproduced.

mod list;

pub use list::CRITERIA;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A governing principle of the policy (section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Principle {
    /// Access is limited to what a role needs.
    LeastPrivilege,
    /// Several layers, so that no single control carries everything.
    DefenceInDepth,
    /// New systems start secure; access is granted explicitly.
    SecureByDefault,
    /// Access is logged and attributable to one identity.
    Accountability,
    /// Controls are reviewed and improved.
    ContinuousImprovement,
}

impl Principle {
    /// All five, in the policy's order.
    pub const ALL: [Self; 5] = [
        Self::LeastPrivilege,
        Self::DefenceInDepth,
        Self::SecureByDefault,
        Self::Accountability,
        Self::ContinuousImprovement,
    ];

    /// The policy's name for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::LeastPrivilege => "Least Privilege",
            Self::DefenceInDepth => "Defence in Depth",
            Self::SecureByDefault => "Secure by Default",
            Self::Accountability => "Accountability",
            Self::ContinuousImprovement => "Continuous Improvement",
        }
    }

    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeastPrivilege => "least-privilege",
            Self::DefenceInDepth => "defence-in-depth",
            Self::SecureByDefault => "secure-by-default",
            Self::Accountability => "accountability",
            Self::ContinuousImprovement => "continuous-improvement",
        }
    }
}

/// A Trust Services Category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Security: the common criteria.
    Security,
    /// Availability.
    Availability,
    /// Confidentiality.
    Confidentiality,
    /// Processing integrity.
    ProcessingIntegrity,
    /// Privacy.
    Privacy,
}

impl Category {
    /// All five.
    pub const ALL: [Self; 5] =
        [Self::Security, Self::Availability, Self::Confidentiality, Self::ProcessingIntegrity, Self::Privacy];
}

/// How far collected evidence goes for a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EvidenceMode {
    /// The cloud is the main evidence.
    Automated,
    /// The cloud and a named manual part.
    Partial,
    /// The cloud alone would not satisfy an auditor.
    Supporting,
    /// People and paper.
    Manual,
}

impl EvidenceMode {
    /// All four, the farthest first.
    pub const ALL: [Self; 4] = [Self::Automated, Self::Partial, Self::Supporting, Self::Manual];

    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Partial => "partial",
            Self::Supporting => "supporting",
            Self::Manual => "manual",
        }
    }
}

/// A criterion of the Trust Services Criteria, by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Criterion(Cow<'static, str>);

impl Criterion {
    /// All 61, in the standard's order.
    pub fn all() -> impl Iterator<Item = Self> {
        CRITERIA.iter().map(|entry| Self(Cow::Borrowed(entry.id)))
    }

    /// The id, `CC6.1`.
    pub fn id(&self) -> &str {
        &self.0
    }

    /// What is known of it.
    ///
    /// # Panics
    /// Never: a criterion is made only of a listed id.
    pub fn about(&self) -> &'static CriterionEntry {
        CRITERIA.iter().find(|entry| entry.id == self.0).expect("a criterion is made only of a listed id")
    }
}

impl JsonSchema for Criterion {
    fn schema_name() -> Cow<'static, str> {
        "Criterion".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let ids: Vec<&str> = CRITERIA.iter().map(|entry| entry.id).collect();
        schemars::json_schema!({"type": "string", "enum": ids, "description": "A criterion of the Trust Services Criteria, by id."})
    }
}

impl TryFrom<String> for Criterion {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        CRITERIA
            .iter()
            .find(|entry| entry.id == text)
            .map(|entry| Self(Cow::Borrowed(entry.id)))
            .ok_or_else(|| format!("`{text}` is not one of the 61 Trust Services Criteria"))
    }
}

impl From<Criterion> for String {
    fn from(criterion: Criterion) -> Self {
        criterion.0.into_owned()
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One row of the list of criteria.
#[derive(Debug)]
pub struct CriterionEntry {
    /// The id.
    pub id: &'static str,
    /// Its subject, in our words.
    pub subject: &'static str,
    /// The category.
    pub category: Category,
    /// How far collected evidence goes.
    pub mode: EvidenceMode,
    /// What an auditor needs besides.
    pub besides: &'static str,
}
