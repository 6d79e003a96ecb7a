//! The firewall of a server: rules, and how much they let in together.

use crate::azure::addresses::{self, AZURE_SERVICES};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::Ipv6Addr;

/// A rule over more addresses than these of IPv6, the half of what a provider is given (/32), is wide.
const WIDE: u128 = 1 << 95;

/// A rule of a firewall.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::azure) struct Rule {
    /// Its name.
    name: Option<String>,
    /// Whom it lets in.
    properties: Addresses,
}

/// Whom a rule lets in.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Addresses {
    /// The first address.
    #[serde(alias = "start_i_pv6_address")]
    start_ip_address: Option<String>,
    /// The last address.
    #[serde(alias = "end_i_pv6_address")]
    end_ip_address: Option<String>,
}

/// What a firewall lets in.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::azure) struct LetIn {
    /// How many addresses of IPv4 the rules let in together, without the rule for Azure services.
    addresses: u64,
    /// A rule lets in every service in Azure, of any customer.
    azure_services: bool,
    /// Rules that let in more than half of a /32 of IPv6.
    wide_ipv6_rules: Vec<String>,
}

impl Rule {
    fn ends(&self) -> Option<(&str, &str)> {
        Some((self.properties.start_ip_address.as_deref()?, self.properties.end_ip_address.as_deref()?))
    }
}

/// What these rules let in together.
///
/// # Errors
/// When a rule is no range of addresses.
pub(in crate::azure) fn let_in(rules: &[Rule], ipv6: &[Rule]) -> Result<LetIn, String> {
    let trouble = |rule: &Rule| format!("the firewall rule {:?} is no range of addresses", rule.name);
    let (mut ranges, mut azure_services, mut wide) = (BTreeSet::new(), false, BTreeSet::new());
    for rule in rules {
        match rule.ends().ok_or_else(|| trouble(rule))? {
            (AZURE_SERVICES, AZURE_SERVICES) => azure_services = true,
            (start, end) => {
                ranges.insert(addresses::between(start, end).ok_or_else(|| trouble(rule))?);
            }
        }
    }
    for rule in ipv6 {
        let parsed = rule.ends().and_then(|(start, end)| {
            Some((u128::from(start.parse::<Ipv6Addr>().ok()?), u128::from(end.parse::<Ipv6Addr>().ok()?)))
        });
        let (start, end) = parsed.filter(|(start, end)| start <= end).ok_or_else(|| trouble(rule))?;
        if end - start >= WIDE {
            wide.insert(rule.name.clone().unwrap_or_default());
        }
    }
    let wide_ipv6_rules = wide.into_iter().collect();
    Ok(LetIn { addresses: addresses::count(&ranges), azure_services, wide_ipv6_rules })
}
