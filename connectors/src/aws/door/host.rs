//! Host names of services, as the SDK's endpoint rules build them. `tests/botocore/` holds them against botocore's rules.

use super::super::partition::{self, Partition};
use super::{Hosts, Service};
use url::Url;

/// Where a service is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its URL.
    pub url: Url,
    /// The region in the signature's scope.
    pub signing_region: String,
}

impl Service {
    /// The service's own endpoint in a region. `account` stands in the hosts of [`Hosts::AccountPrefixed`] alone.
    ///
    /// # Errors
    /// When the region cannot stand in a host name.
    pub fn endpoint(&self, region: &str, account: &str, fips: bool, dual_stack: bool) -> Result<Endpoint, String> {
        let region = match self.hosts {
            Hosts::Global | Hosts::GlobalUnnamed => partition::of_region(region).global_region,
            _ => region,
        };
        let host = name(self, region, account, fips, dual_stack);
        let url = Url::parse(&format!("https://{host}/")).map_err(|error| format!("{host}: {error}"))?;
        Ok(Endpoint { url, signing_region: region.to_owned() })
    }
}

/// A host that the service's row does not tell: which service, partition (all when empty), FIPS and dual stack (either when none), and the
/// host. `{fips}` is `-fips` where that was asked, `{suffix}` the suffix of the kind of host, `{plain}` the ordinary one.
type Odd = (&'static str, &'static str, Option<bool>, Option<bool>, &'static str);

/// The first that fits.
static ODD: &[Odd] = &[
    ("cloudfront", "aws", None, Some(true), "cloudfront{fips}.global.{suffix}"),
    ("cloudfront", "aws-cn", None, Some(false), "cloudfront{fips}.{region}.{suffix}"),
    ("cloudwatch", "aws-us-gov", Some(true), None, "monitoring.{region}.{suffix}"),
    ("ecr", "", None, Some(true), "ecr{fips}.{region}.{suffix}"),
    ("eks", "aws", Some(true), Some(false), "fips.eks.{region}.{suffix}"),
    ("events", "aws-us-gov", Some(true), None, "events.{region}.{suffix}"),
    ("organizations", "aws-us-gov", Some(true), None, "organizations.{region}.{suffix}"),
    ("secretsmanager", "aws", None, Some(true), "secretsmanager{fips}.{region}.{plain}"),
    ("secretsmanager", "aws-cn", Some(false), Some(true), "secretsmanager.{region}.{plain}"),
    ("secretsmanager", "aws-us-gov", None, Some(true), "secretsmanager{fips}.{region}.{plain}"),
];

fn odd(service: &Service, partition: &Partition, fips: bool, dual_stack: bool) -> Option<&'static str> {
    let matching = |row: &&Odd| {
        row.0 == service.name
            && (row.1.is_empty() || row.1 == partition.name)
            && row.2.is_none_or(|asked| asked == fips)
            && row.3.is_none_or(|asked| asked == dual_stack)
    };
    ODD.iter().find(matching).map(|row| row.4)
}

fn name(service: &Service, region: &str, account: &str, fips: bool, dual_stack: bool) -> String {
    let partition = partition::of_region(region);
    let suffix = if dual_stack { partition.dual_stack_suffix } else { partition.dns_suffix };
    if let Some(pattern) = odd(service, partition, fips, dual_stack) {
        let host = pattern.replace("{fips}", if fips { "-fips" } else { "" }).replace("{region}", region);
        return host.replace("{suffix}", suffix).replace("{plain}", partition.dns_suffix);
    }
    let ordinary = service.hosts == Hosts::RegionalPlainFipsInGov && partition.name == "aws-us-gov" && !dual_stack;
    let marked = if fips && !ordinary { "-fips" } else { "" };
    let prefix = service.prefix;
    match service.hosts {
        Hosts::AccountPrefixed => {
            let dual_stack = if dual_stack { ".dualstack" } else { "" };
            format!("{account}.{prefix}{marked}{dual_stack}.{region}.{}", partition.dns_suffix)
        }
        Hosts::GlobalUnnamed => format!("{prefix}{marked}.{suffix}"),
        _ => format!("{prefix}{marked}.{region}.{suffix}"),
    }
}
