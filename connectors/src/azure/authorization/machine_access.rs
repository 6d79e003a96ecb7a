//! Who enters or rules virtual machines by a role, and whether they registered a method for multi-factor authentication.

use super::access::{self, Access, Holder};
use super::assignment::Assignment;
use crate::azure::compute::machine::Machine;
use crate::azure::context::Context;
use crate::azure::defender::present;
use crate::azure::entra;
use crate::azure::listing::{Envelope, Listed};
use crate::document::Read;
use crate::exchange::CollectError;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Groups whose members are read at the same time.
const AT_ONCE: usize = 8;

/// A user who enters or rules virtual machines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct MachineUser {
    /// Its id.
    id: String,
    /// Its name, for people.
    display_name: Option<String>,
    /// It registered a strong method; null where the report does not name the user.
    is_mfa_registered: Option<bool>,
}

/// What stands behind roles on machines.
#[derive(Debug)]
pub(super) struct MachineAccess {
    has_machines: Result<Read<Option<bool>>, CollectError>,
    members: BTreeMap<String, Result<Read<Vec<Holder>>, CollectError>>,
    registered: entra::Registered,
}

impl MachineAccess {
    /// Reads it for these assignments. Where there is no machine, or no role on machines, nothing more is asked.
    pub(super) async fn read(
        context: &Context,
        assignments: &Result<Read<Vec<(Envelope, Assignment)>>, CollectError>,
        access: &Access,
    ) -> Self {
        let has_machines = present::any(context, &[Machine::LIST]).await;
        let mut read = Self { has_machines, members: BTreeMap::new(), registered: Ok(BTreeMap::new()) };
        let all = assignments.iter().flat_map(|read| &read.value).map(|(_, assignment)| assignment);
        let on_machines: Vec<&Assignment> =
            all.filter(|one| access.role(one).is_ok_and(|role| role.value.is_on_machines)).collect();
        let has_none = matches!(&read.has_machines, Ok(Read { value: Some(false), .. }));
        if has_none || on_machines.is_empty() {
            return read;
        }
        let ids: BTreeSet<String> = on_machines.iter().map(|one| one.principal_id()).collect();
        let groups = ids.iter().filter_map(|id| access.object(id)).filter(|object| object.kind() == "Group");
        let members = groups.map(|group| async { (group.key(), access::members(context, group).await) });
        let members: Vec<_> = members.collect();
        let members = stream::iter(members).buffered(AT_ONCE).collect();
        (read.registered, read.members) = futures::join!(entra::registered(context), members);
        read
    }

    /// The users who enter or rule machines by this assignment; null where it is no role on machines, or there is no machine.
    pub(super) fn users(
        &self,
        assignment: &Assignment,
        access: &Access,
    ) -> Result<Read<Option<Vec<MachineUser>>>, CollectError> {
        let role = access.role(assignment)?;
        if !role.value.is_on_machines {
            return Ok(role.map(|_| None));
        }
        let has_machines = self.has_machines.clone()?;
        if has_machines.value == Some(false) {
            return Ok(has_machines.map(|_| None));
        }
        let principal = access.principal(assignment)?;
        let holders = match &principal.value {
            Some(object) if object.kind() == "Group" => {
                self.members.get(&object.key()).cloned().unwrap_or_else(|| Err(access::not_asked()))?
            }
            Some(object) => {
                let holder = object.holder();
                principal.map(|_| vec![holder])
            }
            None => principal.map(|_| vec![]),
        };
        let (mut exchanges, mut at) = ([role.exchanges, has_machines.exchanges].concat(), role.at.max(holders.at));
        exchanges.extend(&holders.exchanges);
        let mut users = Vec::new();
        for holder in holders.value.into_iter().filter(Holder::is_enabled_user) {
            let told = self.registered.as_ref().map_err(Clone::clone)?.get(&holder.id);
            exchanges.extend(told.iter().flat_map(|told| &told.exchanges));
            at = at.max(told.and_then(|told| told.at));
            users.push(MachineUser {
                is_mfa_registered: told.and_then(|told| told.value),
                id: holder.id,
                display_name: holder.display_name,
            });
        }
        exchanges.sort_unstable();
        exchanges.dedup();
        Ok(Read { value: Some(users), exchanges, at })
    }
}
