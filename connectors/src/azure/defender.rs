//! Microsoft Defender for Cloud: the plans and settings of a subscription, alerts, and what it says of machines.

mod alert;
pub(super) mod assessment;
pub(super) mod present;
pub(super) mod subscription;

use super::operation::{Family, ResourceType};
use crate::declaration::{Reach, Shape};
use alert::Alert;

/// Everything of Defender for Cloud.
pub const FAMILY: Family = Family {
    name: "defender",
    types: &[
        ResourceType {
            name: subscription::TYPE,
            about: "The plans, contacts and settings of Defender for Cloud in the subscription",
            reach: Reach::Global,
            operations: subscription::OPERATIONS,
            config: Shape::of(subscription::Config::schema),
            derived: Shape::of(subscription::Derived::schema),
            collect: None,
            instead: &[],
        },
        ResourceType::listed::<Alert>("An alert of Defender for Cloud"),
    ],
    collect: Some(|context| Box::pin(subscription::collect(context))),
};

#[cfg(test)]
mod tests;
