//! The governing principles, the Trust Services Categories and the 61 criteria.
//!
//! Criterion ids are those of the AICPA's Trust Services Criteria (TSP Section 100, 2017, with the 2022 points of
//! focus). The subjects are this project's own words: the criteria's text is copyrighted and not reproduced.

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

/// The 61 criteria, in the standard's order.
pub static CRITERIA: [CriterionEntry; 61] = [
    row(
        "CC1.1",
        "Integrity and ethical values",
        Category::Security,
        EvidenceMode::Manual,
        "signed code of conduct; sanctions record (policy s8 Enforcement)",
    ),
    row(
        "CC1.2",
        "Board oversight",
        Category::Security,
        EvidenceMode::Manual,
        "board minutes approving the policy (s6 Board)",
    ),
    row(
        "CC1.3",
        "Structures, reporting lines, authority",
        Category::Security,
        EvidenceMode::Supporting,
        "RACI / org chart; cloud adds only \"who holds authority\" (admin counts, owner lists)",
    ),
    row(
        "CC1.4",
        "Competence",
        Category::Security,
        EvidenceMode::Manual,
        "training and screening records (s6 HR, All Staff)",
    ),
    row(
        "CC1.5",
        "Accountability for control duties",
        Category::Security,
        EvidenceMode::Manual,
        "job descriptions, performance objectives; register of control owners",
    ),
    row(
        "CC2.1",
        "Relevant, quality information",
        Category::Security,
        EvidenceMode::Partial,
        "data-flow/asset inventory approval; cloud gives log + inventory completeness",
    ),
    row(
        "CC2.2",
        "Internal communication",
        Category::Security,
        EvidenceMode::Manual,
        "policy communication + acknowledgement records (s9)",
    ),
    row(
        "CC2.3",
        "External communication",
        Category::Security,
        EvidenceMode::Supporting,
        "customer notices, status page, contracts; cloud gives registered security contacts",
    ),
    row(
        "CC3.1",
        "Objectives specified",
        Category::Security,
        EvidenceMode::Manual,
        "risk-appetite and objective statement (s3)",
    ),
    row(
        "CC3.2",
        "Risk identification",
        Category::Security,
        EvidenceMode::Supporting,
        "risk register; cloud gives scanner/detector state and open-risk counts",
    ),
    row(
        "CC3.3",
        "Fraud risk",
        Category::Security,
        EvidenceMode::Supporting,
        "fraud risk assessment; cloud gives privilege-escalation and audit-tamper paths",
    ),
    row(
        "CC3.4",
        "Change affecting controls",
        Category::Security,
        EvidenceMode::Supporting,
        "risk re-assessment on change; cloud gives inventory/recorder state",
    ),
    row(
        "CC4.1",
        "Ongoing evaluations",
        Category::Security,
        EvidenceMode::Partial,
        "internal-audit plan; the ledger's run history is evaluation evidence",
    ),
    row(
        "CC4.2",
        "Deficiencies evaluated and communicated",
        Category::Security,
        EvidenceMode::Partial,
        "management review minutes; finding ageing and ticket links",
    ),
    row(
        "CC5.1",
        "Control activities selected",
        Category::Security,
        EvidenceMode::Supporting,
        "control matrix; separation-of-duties checks",
    ),
    row(
        "CC5.2",
        "Technology general controls",
        Category::Security,
        EvidenceMode::Partial,
        "ITGC narrative; guardrail/baseline/alert state",
    ),
    row(
        "CC5.3",
        "Policies and procedures deployed",
        Category::Security,
        EvidenceMode::Manual,
        "policy set with review dates, owners, approvals (metadata record)",
    ),
    row(
        "CC6.1",
        "Logical access architecture",
        Category::Security,
        EvidenceMode::Automated,
        "network/data-flow diagrams for completeness",
    ),
    row(
        "CC6.2",
        "Registration, credential issue and removal",
        Category::Security,
        EvidenceMode::Partial,
        "HR joiner/leaver list joined to identity list (input file)",
    ),
    row(
        "CC6.3",
        "Role-based access, least privilege, SoD",
        Category::Security,
        EvidenceMode::Automated,
        "access-review sign-offs",
    ),
    row(
        "CC6.4",
        "Physical access",
        Category::Security,
        EvidenceMode::Manual,
        "carve-out: provider SOC 2 report + CUEC review",
    ),
    row(
        "CC6.5",
        "Disposal of physical assets",
        Category::Security,
        EvidenceMode::Manual,
        "carve-out: provider report; office/laptop disposal log",
    ),
    row(
        "CC6.6",
        "External threats at the boundary",
        Category::Security,
        EvidenceMode::Automated,
        "penetration-test report",
    ),
    row(
        "CC6.7",
        "Transmission, movement, removal",
        Category::Security,
        EvidenceMode::Partial,
        "DLP/removable-media/endpoint controls",
    ),
    row("CC6.8", "Malicious software", Category::Security, EvidenceMode::Partial, "endpoint/EDR coverage of laptops"),
    row(
        "CC7.1",
        "Detect configuration change and vulnerabilities",
        Category::Security,
        EvidenceMode::Automated,
        "scan reports outside cloud",
    ),
    row(
        "CC7.2",
        "Monitor for anomalies",
        Category::Security,
        EvidenceMode::Automated,
        "SIEM rule catalogue where alerts live outside the cloud",
    ),
    row("CC7.3", "Evaluate security events", Category::Security, EvidenceMode::Partial, "triage records/tickets"),
    row(
        "CC7.4",
        "Respond to incidents",
        Category::Security,
        EvidenceMode::Supporting,
        "incident tickets, post-mortems, tabletop record",
    ),
    row(
        "CC7.5",
        "Recover from incidents",
        Category::Security,
        EvidenceMode::Partial,
        "recovery test report; backup/restore job state",
    ),
    row(
        "CC8.1",
        "Change management",
        Category::Security,
        EvidenceMode::Partial,
        "PR approvals, CI results (SCM evidence), release records",
    ),
    row(
        "CC9.1",
        "Business-disruption risk mitigation",
        Category::Security,
        EvidenceMode::Supporting,
        "BCP, insurance; restore-test state",
    ),
    row(
        "CC9.2",
        "Vendor and partner risk",
        Category::Security,
        EvidenceMode::Supporting,
        "vendor register, SOC reports, reviews; cloud detects unregistered third parties",
    ),
    row(
        "A1.1",
        "Capacity and performance",
        Category::Availability,
        EvidenceMode::Partial,
        "capacity plan; quota/AZ/health state",
    ),
    row(
        "A1.2",
        "Environmental protections, backup, recovery infrastructure",
        Category::Availability,
        EvidenceMode::Automated,
        "carve-out for environmental part (provider report)",
    ),
    row(
        "A1.3",
        "Recovery plan testing",
        Category::Availability,
        EvidenceMode::Partial,
        "DR exercise report; restore-job evidence",
    ),
    row(
        "C1.1",
        "Identify and protect confidential information",
        Category::Confidentiality,
        EvidenceMode::Partial,
        "data inventory; classification tags + encryption state",
    ),
    row(
        "C1.2",
        "Dispose of confidential information",
        Category::Confidentiality,
        EvidenceMode::Partial,
        "disposal requests/certificates; lifecycle + retention state",
    ),
    row(
        "PI1.1",
        "Processing specifications",
        Category::ProcessingIntegrity,
        EvidenceMode::Manual,
        "product specs, data definitions",
    ),
    row(
        "PI1.2",
        "Inputs complete and accurate",
        Category::ProcessingIntegrity,
        EvidenceMode::Supporting,
        "application input validation; ingress logs only",
    ),
    row(
        "PI1.3",
        "Processing complete and accurate",
        Category::ProcessingIntegrity,
        EvidenceMode::Supporting,
        "reconciliations; job/state-machine log state",
    ),
    row(
        "PI1.4",
        "Outputs complete, delivered as intended",
        Category::ProcessingIntegrity,
        EvidenceMode::Supporting,
        "output reviews; output-store encryption",
    ),
    row(
        "PI1.5",
        "Stored inputs, work and outputs protected",
        Category::ProcessingIntegrity,
        EvidenceMode::Partial,
        "reconciliation of stored data; backup/versioning/lock state",
    ),
    row("P1.1", "Privacy notice", Category::Privacy, EvidenceMode::Manual, "published notice + version history"),
    row("P2.1", "Choice and consent", Category::Privacy, EvidenceMode::Manual, "consent records"),
    row("P3.1", "Collection limited", Category::Privacy, EvidenceMode::Manual, "records of processing"),
    row("P3.2", "Explicit consent for sensitive data", Category::Privacy, EvidenceMode::Manual, "consent records"),
    row("P4.1", "Use limited to purpose", Category::Privacy, EvidenceMode::Manual, "purpose register"),
    row(
        "P4.2",
        "Retention",
        Category::Privacy,
        EvidenceMode::Supporting,
        "retention schedule; classification-tag coverage",
    ),
    row(
        "P4.3",
        "Secure disposal of personal data",
        Category::Privacy,
        EvidenceMode::Supporting,
        "erasure requests; lifecycle rules",
    ),
    row("P5.1", "Subject access", Category::Privacy, EvidenceMode::Manual, "DSAR log"),
    row("P5.2", "Correction", Category::Privacy, EvidenceMode::Manual, "DSAR log"),
    row("P6.1", "Disclosure with consent", Category::Privacy, EvidenceMode::Manual, "disclosure records"),
    row("P6.2", "Record of authorised disclosures", Category::Privacy, EvidenceMode::Manual, "disclosure register"),
    row("P6.3", "Record of unauthorised disclosures", Category::Privacy, EvidenceMode::Manual, "breach register"),
    row("P6.4", "Third-party privacy commitments", Category::Privacy, EvidenceMode::Manual, "DPAs"),
    row("P6.5", "Third-party breach notification", Category::Privacy, EvidenceMode::Manual, "DPA clauses"),
    row("P6.6", "Breach notification to subjects", Category::Privacy, EvidenceMode::Manual, "notification records"),
    row(
        "P6.7",
        "Accounting of personal data held/disclosed",
        Category::Privacy,
        EvidenceMode::Manual,
        "DSAR responses",
    ),
    row("P7.1", "Data quality", Category::Privacy, EvidenceMode::Manual, "data-quality procedure"),
    row("P8.1", "Inquiries, complaints, disputes", Category::Privacy, EvidenceMode::Manual, "complaint log"),
];

const fn row(
    id: &'static str,
    subject: &'static str,
    category: Category,
    mode: EvidenceMode,
    besides: &'static str,
) -> CriterionEntry {
    CriterionEntry { id, subject, category, mode, besides }
}
