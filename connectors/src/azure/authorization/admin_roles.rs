//! Which roles over the whole subscription somebody has that give everything in it, or who has access to it.

use super::access::Access;
use super::assignment::Assignment;
use super::role::Power;
use crate::azure::context::Context;
use crate::azure::listing::{self, Envelope};
use crate::document::Read;
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// A role over the whole subscription that gives everything in it, or who has access to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(in crate::azure) struct AdminRole {
    /// Who has it.
    principal_id: String,
    /// The role's name.
    role_name: Option<String>,
    /// What it gives.
    power: Power,
    /// Where it is assigned: the subscription, or above it.
    scope: String,
    /// The group through which it is had; null for none.
    group_id: Option<String>,
}

/// Role assignments with what stands behind them.
#[derive(Debug)]
pub(in crate::azure) struct AdminRoles {
    assignments: Result<Read<Vec<(Envelope, Assignment)>>, CollectError>,
    access: Access,
}

impl AdminRoles {
    /// Reads them.
    pub(in crate::azure) async fn read(context: &Context) -> Self {
        let assignments = listing::every::<Assignment>(context).await;
        let access = Access::read(context, &assignments).await;
        Self { assignments, access }
    }

    /// The roles of these principals (ids in small letters), directly or through a group, in order.
    ///
    /// # Errors
    /// When none was found, and one assignment that may be theirs is not understood to its end.
    pub(in crate::azure) fn of(
        &self,
        context: &Context,
        principals: &BTreeSet<String>,
    ) -> Result<Read<Option<Vec<AdminRole>>>, CollectError> {
        let all = self.assignments.as_ref().map_err(Clone::clone)?;
        let (mut roles, mut trouble) = (BTreeSet::new(), None);
        let (mut exchanges, mut at) = (all.exchanges.clone(), all.at);
        for (_, assignment) in &all.value {
            let may_be_theirs = principals.contains(&assignment.principal_id()) || !assignment.is_to_one();
            if !assignment.level(context).is_whole_subscription() || !may_be_theirs {
                continue;
            }
            match self.by(assignment, principals) {
                Ok(read) => {
                    exchanges.extend(&read.exchanges);
                    at = at.max(read.at);
                    roles.extend(read.value);
                }
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        exchanges.sort_unstable();
        exchanges.dedup();
        match trouble {
            Some(error) if roles.is_empty() => Err(error),
            _ => Ok(Read { value: Some(roles.into_iter().collect()), exchanges, at }),
        }
    }

    /// What an assignment gives these principals.
    fn by(&self, assignment: &Assignment, principals: &BTreeSet<String>) -> Result<Read<Vec<AdminRole>>, CollectError> {
        let role = self.access.role(assignment)?;
        let counts = match role.value.power {
            Power::Owner | Power::Contributor => true,
            Power::AccessAdministrator => !assignment.is_limited()?,
            Power::Other => false,
        };
        if !counts {
            return Ok(role.map(|_| vec![]));
        }
        let given = |principal_id: String, group_id| AdminRole {
            principal_id,
            role_name: role.value.name.clone(),
            power: role.value.power,
            scope: assignment.scope().to_owned(),
            group_id,
        };
        let principal = assignment.principal_id();
        if principals.contains(&principal) {
            let found = vec![given(principal, None)];
            return Ok(role.map(|_| found));
        }
        let holders = self.access.holders(assignment)?;
        let members = holders.value.iter().filter(|holder| principals.contains(&holder.id));
        let found = members.map(|holder| given(holder.id.clone(), Some(principal.clone()))).collect();
        let exchanges = [role.exchanges.clone(), holders.exchanges].concat();
        Ok(Read { value: found, exchanges, at: role.at.max(holders.at) })
    }
}
