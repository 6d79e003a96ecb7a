//! Azure virtual machines, how they are entered, their backups, what Defender for Cloud says of them; and managed disks.

mod backup;
mod disk;
mod just_in_time;
pub(super) mod machine;
mod updates;

use super::operation::{Family, ResourceType};
use disk::Disk;
use machine::Machine;

/// Everything of virtual machines.
pub const FAMILY: Family = Family {
    name: "compute",
    types: &[ResourceType::listed::<Machine>("A virtual machine"), ResourceType::listed::<Disk>("A managed disk")],
    collect: None,
};

#[cfg(test)]
mod tests;
