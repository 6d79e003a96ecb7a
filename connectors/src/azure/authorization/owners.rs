//! Who can do everything in a subscription.

use super::access::Access;
use super::assignment::Assignment;
use super::role::Power;
use crate::azure::context::Context;
use crate::azure::listing;
use crate::document::Read;
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Somebody who can do everything in the subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::azure) struct Owner {
    /// Its id.
    id: String,
    /// `User` or `ServicePrincipal`.
    #[serde(rename = "type")]
    type_: String,
    /// Its name, for people.
    display_name: Option<String>,
}

/// Everybody who is Owner of the subscription, or can make themselves so: at the subscription or above it, directly or
/// through a group. Sorted by id.
///
/// # Errors
/// When one assignment is not understood to its end: it may be about one more.
pub(in crate::azure) async fn owners(context: &Context) -> Result<Read<Option<Vec<Owner>>>, CollectError> {
    let assignments = listing::every::<Assignment>(context).await;
    let access = Access::read(context, &assignments).await;
    let assignments = assignments?;
    let mut owners = BTreeMap::new();
    let (mut exchanges, mut at) = (assignments.exchanges, assignments.at);
    for (_, assignment) in &assignments.value {
        if !assignment.level(context).is_whole_subscription() {
            continue;
        }
        let role = access.role(assignment)?;
        exchanges.extend(&role.exchanges);
        let counts = match role.value.power {
            Power::Owner => true,
            Power::AccessAdministrator => !assignment.is_limited()?,
            Power::Contributor | Power::Other => false,
        };
        if !counts {
            continue;
        }
        let holders = access.holders(assignment)?;
        exchanges.extend(&holders.exchanges);
        at = at.max(role.at).max(holders.at);
        for holder in holders.value {
            let owner = Owner { id: holder.id.clone(), type_: holder.type_, display_name: holder.display_name };
            owners.insert(holder.id, owner);
        }
    }
    exchanges.sort_unstable();
    exchanges.dedup();
    Ok(Read { value: Some(owners.into_values().collect()), exchanges, at })
}
