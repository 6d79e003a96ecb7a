//! Cloud DNS: managed zones, and the server policies that documents of networks are built from. Records are never read.

pub(super) mod managed_zone;
pub(super) mod policy;

use super::operation::{Family, ResourceType};
use managed_zone::ManagedZone;

/// Everything of Cloud DNS.
pub const FAMILY: Family =
    Family { name: "dns", types: &[ResourceType::listed::<ManagedZone>("A managed zone")], collect: None };
