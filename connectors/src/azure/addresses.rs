//! How many addresses the rules of a firewall let in, together.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Every Azure service, of any customer, where a firewall's rule or list names it.
pub(super) const AZURE_SERVICES: &str = "0.0.0.0";

/// A range of addresses, both ends in it.
pub(super) type Range = (u32, u32);

/// The range of a rule from one address to another. None where they are none.
pub(super) fn between(start: &str, end: &str) -> Option<Range> {
    let (start, end): (Ipv4Addr, Ipv4Addr) = (start.trim().parse().ok()?, end.trim().parse().ok()?);
    let range = (u32::from(start), u32::from(end));
    (range.0 <= range.1).then_some(range)
}

/// The range of an address or a CIDR block. None where it is neither.
pub(super) fn of_block(text: &str) -> Option<Range> {
    let (address, bits) = text.trim().split_once('/').unwrap_or((text.trim(), "32"));
    let (address, bits): (Ipv4Addr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    let below = u32::MAX.checked_shr(bits).unwrap_or(0);
    (bits <= 32).then(|| (u32::from(address) & !below, u32::from(address) | below))
}

/// How many addresses are in at least one of the ranges.
pub(super) fn count(ranges: &BTreeSet<Range>) -> u64 {
    let (mut all, mut reached) = (0, 0_u64);
    for (start, end) in ranges {
        let (start, end) = (u64::from(*start).max(reached), u64::from(*end) + 1);
        all += end.saturating_sub(start);
        reached = reached.max(end);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_once_however_rules_are_cut() {
        let whole = 1_u64 << 32;
        for (rules, addresses) in [
            (vec![], 0),
            (vec![("203.0.113.7", "203.0.113.7")], 1),
            (vec![("0.0.0.0", "255.255.255.255")], whole),
            (vec![("0.0.0.0", "127.255.255.255"), ("128.0.0.0", "255.255.255.255")], whole),
            (vec![("10.0.0.0", "10.0.0.9"), ("10.0.0.5", "10.0.0.6"), ("10.0.0.8", "10.0.0.11")], 12),
        ] {
            let ranges = rules.iter().map(|(start, end)| between(start, end).unwrap()).collect();
            assert_eq!(count(&ranges), addresses, "{rules:?}");
        }
    }

    #[test]
    fn what_is_no_range_is_none() {
        assert_eq!(between("10.0.0.2", "10.0.0.1"), None);
        assert_eq!(between("10.0.0.2", "x"), None);
        assert_eq!(of_block("10.0.0.0/33"), None);
        assert_eq!(of_block("::/0"), None);
        assert_eq!(of_block("0.0.0.0/0"), Some((0, u32::MAX)));
        assert_eq!(of_block("10.0.0.77/24"), between("10.0.0.0", "10.0.0.255"));
        assert_eq!(of_block("10.0.0.77"), between("10.0.0.77", "10.0.0.77"));
    }
}
