//! A coverage with every field filled.

use evidenced_schemas::coverage::{COVERAGE_VERSION, Coverage, CriterionCoverage, PrincipleCoverage};
use evidenced_schemas::criteria::{Category, EvidenceMode, Principle};
use std::collections::BTreeMap;

pub(super) fn coverage() -> Coverage {
    Coverage {
        format: COVERAGE_VERSION,
        modes: BTreeMap::from([(EvidenceMode::Automated, 6)]),
        without_control: vec!["CC1.2".to_owned().try_into().unwrap()],
        criteria: vec![CriterionCoverage {
            criterion: "CC6.1".to_owned().try_into().unwrap(),
            subject: "Logical access".into(),
            category: Category::Security,
            mode: EvidenceMode::Automated,
            besides: "An access review.".into(),
            primary: vec!["aws.s3.versioning".into()],
            supporting: vec!["aws.s3.logging".into()],
        }],
        principles: vec![PrincipleCoverage {
            principle: Principle::Accountability,
            title: "Accountability".into(),
            modes: BTreeMap::from([(EvidenceMode::Partial, 1)]),
            controls: vec!["aws.s3.logging".into()],
        }],
    }
}
