//! AWS partitions: which one a region belongs to, its DNS names, and where its global services answer.
//!
//! The rows are those of the SDK's own endpoint rules (`partitions.json` in every `aws-sdk-*` crate). It deliberately
//! lists no regions: those are read from the account.

/// One partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// As it stands in ARNs.
    pub name: &'static str,
    /// Suffix of host names.
    pub dns_suffix: &'static str,
    /// Suffix of dual-stack host names.
    pub dual_stack_suffix: &'static str,
    /// Region that signs calls to global services.
    pub global_region: &'static str,
    /// Starts of its region names.
    region_prefixes: &'static [&'static str],
}

const fn row(
    name: &'static str,
    dns_suffix: &'static str,
    dual_stack_suffix: &'static str,
    global_region: &'static str,
    region_prefixes: &'static [&'static str],
) -> Partition {
    Partition { name, dns_suffix, dual_stack_suffix, global_region, region_prefixes }
}

/// Every partition; the commercial one is last, because its prefixes are the shortest.
static PARTITIONS: [Partition; 8] = [
    row("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1", &["cn-"]),
    row("aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1", &["us-gov-"]),
    row("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1", &["eusc-"]),
    row("aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1", &["us-iso-"]),
    row("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1", &["us-isob-"]),
    row("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1", &["eu-isoe-"]),
    row("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1", &["us-isof-"]),
    row("aws", "amazonaws.com", "api.aws", "us-east-1", &[]),
];

/// The partition of a region. A region that no row names is taken for a commercial one, as the SDK does.
pub fn of_region(region: &str) -> &'static Partition {
    PARTITIONS
        .iter()
        .find(|partition| partition.region_prefixes.iter().any(|prefix| region.starts_with(prefix)))
        .unwrap_or(&PARTITIONS[PARTITIONS.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_finds_its_partition() {
        for (region, name) in [
            ("eu-central-1", "aws"),
            ("mx-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-west-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-east-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(of_region(region).name, name, "{region}");
        }
        assert!(PARTITIONS.iter().all(|p| of_region(p.global_region) == p), "a global region lies in its partition");
    }
}
