//! Ports that are open to anywhere: which ranges of addresses together are "anywhere", and which ports remain.
//!
//! An address family is open when the ranges that are let in cover all of it, in one piece (`0.0.0.0/0`) or in several
//! (`0.0.0.0/1` and `128.0.0.0/1`). A large part of the internet that is not all of it is not called anywhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The highest port.
pub const LAST: i64 = 65_535;

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// A range of ports of one protocol, open to a family of addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Ports {
    /// Whose addresses.
    pub family: Family,
    /// `all`, `tcp`, `udp`, `icmp`, `icmpv6`, or the protocol's number.
    pub protocol: String,
    /// First port; of ICMP the type, -1 for all.
    pub from_port: i64,
    /// Last port; of ICMP the code, -1 for all.
    pub to_port: i64,
}

impl Ports {
    /// A range, with the protocol's name (IANA protocol numbers) and without limits where none are given.
    pub fn new(family: Family, protocol: &str, from: Option<i64>, to: Option<i64>) -> Self {
        let protocol = match protocol {
            "-1" => "all",
            "6" => "tcp",
            "17" => "udp",
            "1" => "icmp",
            "58" => "icmpv6",
            other => other,
        };
        let has_ports = matches!(protocol, "tcp" | "udp");
        let (from, to) = match (protocol, from, to) {
            ("all", ..) => (0, LAST),
            (_, Some(-1) | None, Some(-1) | None) if has_ports => (0, LAST),
            (_, from, to) => (from.unwrap_or(-1), to.unwrap_or(-1)),
        };
        Self { family, protocol: protocol.to_owned(), from_port: from, to_port: to }
    }
}

/// The families that these ranges cover as a whole. A range that is no CIDR counts for nothing.
pub fn anywhere<'a>(cidrs: impl IntoIterator<Item = &'a str>) -> Vec<Family> {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for cidr in cidrs {
        let Some((address, length)) = cidr.split_once('/') else { continue };
        let Ok(length) = length.parse::<u32>() else { continue };
        if let Ok(address) = address.parse::<Ipv4Addr>() {
            v4.extend(range(u128::from(u32::from(address)), length, 32));
        } else if let Ok(address) = address.parse::<Ipv6Addr>() {
            v6.extend(range(u128::from(address), length, 128));
        }
    }
    let whole = [(Family::Ipv4, covers(v4, u128::from(u32::MAX))), (Family::Ipv6, covers(v6, u128::MAX))];
    whole.into_iter().filter(|(_, whole)| *whole).map(|(family, _)| family).collect()
}

/// Ranges that the internet does not route. Source: RFC 6890 (private, shared, local and reserved addresses), RFC 5771
/// (multicast).
const NOT_ROUTED: [(Ipv4Addr, u32); 9] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Whether a range of /1 to /23 holds addresses of the internet. All of IPv4 (/0) is "anywhere", and not meant here. `None`
/// for a text that is no CIDR.
pub fn is_wide_and_public(cidr: &str) -> Option<bool> {
    let (address, length) = cidr.split_once('/')?;
    let (address, length) = (u128::from(u32::from(address.parse::<Ipv4Addr>().ok()?)), length.parse::<u32>().ok()?);
    let (first, last) = range(address, length, 32)?;
    let inside = |(address, length): (Ipv4Addr, u32)| {
        range(u128::from(u32::from(address)), length, 32).is_some_and(|(from, to)| from <= first && last <= to)
    };
    Some((1..=23).contains(&length) && !NOT_ROUTED.into_iter().any(inside))
}

/// First and last address of a CIDR.
fn range(address: u128, length: u32, bits: u32) -> Option<(u128, u128)> {
    let host = bits.checked_sub(length)?;
    let mask = if host == 128 { u128::MAX } else { (1_u128 << host) - 1 };
    Some((address & !mask, address | mask))
}

/// True when the ranges leave nothing out between 0 and `last`.
fn covers(mut ranges: Vec<(u128, u128)>, last: u128) -> bool {
    ranges.sort_unstable();
    let mut next = 0;
    for (first, end) in ranges {
        if first > next {
            return false;
        }
        if end >= last {
            return true;
        }
        next = next.max(end + 1);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anywhere_is_all_of_a_family_in_any_number_of_pieces() {
        for whole in [&["0.0.0.0/0"][..], &["::/0"], &["128.0.0.0/1", "0.0.0.0/1"], &["10.0.0.0/8", "8000::/1", "::/1"]]
        {
            assert_eq!(anywhere(whole.iter().copied()).len(), 1, "{whole:?}");
        }
        for part in [
            &[][..],
            &["0.0.0.0/1"],
            &["0.0.0.0/1", "::/1"],
            &["10.0.0.0/8"],
            &["0.0.0.0/33"],
            &["nonsense/0"],
            &["0.0.0.0"],
            &["0.0.0.0/1", "128.0.0.0/2", "192.0.0.1/32"],
        ] {
            assert_eq!(anywhere(part.iter().copied()), [], "{part:?}");
        }
    }

    #[test]
    fn a_range_is_wide_and_public_when_it_is_wider_than_24_and_not_all_of_it_is_kept_from_the_internet() {
        for wide in
            ["8.0.0.0/8", "52.94.0.0/22", "198.51.0.0/23", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/7", "172.0.0.0/8"]
        {
            assert_eq!(is_wide_and_public(wide), Some(true), "{wide}");
        }
        for narrow in [
            "0.0.0.0/0",
            "8.8.8.0/24",
            "8.8.8.8/32",
            "10.0.0.0/8",
            "10.1.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ] {
            assert_eq!(is_wide_and_public(narrow), Some(false), "{narrow}");
        }
        for none in ["", "8.8.8.8", "8.8.8.0/33", "::/8", "8.8.8.0/x"] {
            assert_eq!(is_wide_and_public(none), None, "{none}");
        }
    }

    #[test]
    fn each_family_is_told() {
        assert_eq!(anywhere(["0.0.0.0/0", "::/0"]), [Family::Ipv4, Family::Ipv6]);
        assert_eq!(anywhere(["::/0", "10.0.0.0/8"]), [Family::Ipv6]);
    }

    #[test]
    fn protocols_have_names_and_no_limits_are_all_ports() {
        let ports = |protocol, from, to| {
            let ports = Ports::new(Family::Ipv4, protocol, from, to);
            (ports.protocol, ports.from_port, ports.to_port)
        };
        assert_eq!(ports("-1", None, None), ("all".into(), 0, LAST));
        assert_eq!(ports("6", Some(22), Some(22)), ("tcp".into(), 22, 22));
        assert_eq!(ports("tcp", None, None), ("tcp".into(), 0, LAST));
        assert_eq!(ports("udp", Some(-1), Some(-1)), ("udp".into(), 0, LAST));
        assert_eq!(ports("icmp", Some(8), None), ("icmp".into(), 8, -1));
        assert_eq!(ports("47", None, None), ("47".into(), -1, -1));
    }
}
