//! Host names of services, as the SDK's endpoint rules build them.

use super::super::context::Context;
use super::{Hosts, Service};
use url::Url;

/// The URL of a service's own endpoint in a region.
pub(super) fn url(service: &Service, region: &str, context: &Context) -> Result<Url, String> {
    let asked = &context.order().asked;
    let host = name(service, region, context, asked.use_fips, asked.use_dual_stack);
    Url::parse(&format!("https://{host}/")).map_err(|error| format!("{host}: {error}"))
}

fn name(service: &Service, region: &str, context: &Context, fips: bool, dual_stack: bool) -> String {
    let partition = context.partition();
    let plain = service.hosts == Hosts::RegionalPlainFipsInGov && partition.name == "aws-us-gov" && !dual_stack;
    let fips = if fips && !plain { "-fips" } else { "" };
    let prefix = service.prefix;
    if service.hosts == Hosts::AccountPrefixed {
        let dual_stack = if dual_stack { ".dualstack" } else { "" };
        let account = context.account();
        return format!("{account}.{prefix}{fips}{dual_stack}.{region}.{}", partition.dns_suffix);
    }
    let suffix = if dual_stack { partition.dual_stack_suffix } else { partition.dns_suffix };
    if service.hosts == Hosts::GlobalUnnamed && partition.name == "aws" {
        let global = if dual_stack { ".global" } else { "" };
        return format!("{prefix}{fips}{global}.{suffix}");
    }
    format!("{prefix}{fips}.{region}.{suffix}")
}
