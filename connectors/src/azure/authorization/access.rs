//! What stands behind role assignments: their roles, their principals, the members of their groups, and whether somebody
//! activated them for a time. Read once for all of them, in few calls.

use super::assignment::{Assignment, SCHEDULE_INSTANCES, ScheduleInstance};
use super::role::{Power, Role, Roles};
use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::listing::{self, Envelope};
use crate::azure::operation::{Operation, Request};
use crate::document::{Field, Read};
use crate::exchange::CollectError;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What Entra ID knows of ids, of whatever kind they are.
pub(super) static DIRECTORY_OBJECTS: Operation = Operation {
    name: "directoryObjects.getByIds",
    permission: "Graph:Directory.Read.All",
    request: Request::Post("/v1.0/directoryObjects/getByIds?$select=id,displayName,userType,visibility,accountEnabled"),
    docs: "https://learn.microsoft.com/graph/api/directoryobject-getbyids",
    ..Operation::GRAPH
};

/// Who is in a group, also through other groups. `GroupMember.Read.All` would be enough for the list, but gives no more
/// than what the other call needs anyway.
pub(super) static MEMBERS: Operation = Operation {
    name: "groups.ListTransitiveMembers",
    permission: "Graph:Directory.Read.All",
    request: Request::Get(
        "/v1.0/groups/{id}/transitiveMembers?$select=id,displayName,userType,accountEnabled&$top=999",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/graph/api/group-list-transitivemembers",
    ..Operation::GRAPH
};

/// The most ids that one call takes.
const IDS_AT_MOST: usize = 1_000;
/// Groups whose members are read at the same time.
const AT_ONCE: usize = 8;
/// Kinds of principals that lie in the subscription's own directory. `Unknown` is written for those that were deleted.
const OF_THE_DIRECTORY: [&str; 5] = ["User", "Group", "ServicePrincipal", "Device", "Unknown"];

/// Members of groups that use no role themselves; the members of a group in the group are members too.
const DOES_NOTHING: [&str; 4] = ["Group", "Device", "OrgContact", "AdministrativeUnit"];

/// An object of the directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DirectoryObject {
    #[serde(rename = "@odata.type")]
    type_: String,
    id: String,
    /// Its name, for people.
    pub display_name: Option<String>,
    /// `Member` or `Guest`, of users.
    pub user_type: Option<String>,
    visibility: Option<String>,
    /// Of users: they may sign in.
    account_enabled: Option<bool>,
}

impl DirectoryObject {
    /// `User`, `Group`, `ServicePrincipal`, as role assignments write it. Agents are users or service principals too.
    pub(super) fn kind(&self) -> String {
        let word = match self.type_.rsplit('.').next().unwrap_or_default() {
            "agentUser" => "user",
            "agentIdentity" | "agentIdentityBlueprintPrincipal" => "servicePrincipal",
            word => word,
        };
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    }

    /// Its id, in small letters.
    pub(super) fn key(&self) -> String {
        self.id.to_ascii_lowercase()
    }

    /// As somebody who has a role.
    pub(super) fn holder(&self) -> Holder {
        let kind = self.kind();
        let user_type = match &self.user_type {
            Some(type_) => Field::Value(type_.clone()),
            None if kind == "User" => Field::Unread,
            None => Field::Absent,
        };
        Holder {
            id: self.key(),
            type_: kind,
            display_name: self.display_name.clone(),
            user_type,
            account_enabled: self.account_enabled,
        }
    }
}

/// Somebody who has a role, by themselves or through a group.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct Holder {
    /// Its id.
    pub id: String,
    /// `User` or `ServicePrincipal`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Its name, for people.
    pub display_name: Option<String>,
    /// `Member` or `Guest`; null for what is no user.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub user_type: Field<String>,
    #[serde(skip)]
    account_enabled: Option<bool>,
}

impl Holder {
    /// True for a user, unless it may not sign in.
    pub(super) fn is_enabled_user(&self) -> bool {
        self.type_ == "User" && self.account_enabled != Some(false)
    }
}

/// Everything behind role assignments.
#[derive(Debug)]
pub(super) struct Access {
    roles: Roles,
    objects: Result<Read<BTreeMap<String, DirectoryObject>>, CollectError>,
    members: BTreeMap<String, Result<Read<Vec<Holder>>, CollectError>>,
    /// Schedules of assignments at the subscription and above.
    pub instances: Result<Read<Vec<ScheduleInstance>>, CollectError>,
}

impl Access {
    /// Reads it for these assignments.
    pub(super) async fn read(
        context: &Context,
        assignments: &Result<Read<Vec<(Envelope, Assignment)>>, CollectError>,
    ) -> Self {
        let all = || assignments.iter().flat_map(|read| &read.value).map(|(_, assignment)| assignment);
        let ids: BTreeMap<String, &str> = all().map(|one| (super::role::guid(one.role_id()), one.role_id())).collect();
        let ids: Vec<&str> = ids.into_values().collect();
        let names = [("subscription", context.subscription())];
        let (roles, objects, instances) = futures::join!(
            Roles::read(context, &ids),
            async {
                match assignments {
                    Ok(_) => objects(context, all().map(Assignment::principal_id).collect()).await,
                    Err(error) => Err(error.clone()),
                }
            },
            listing::whole_if_seen::<ScheduleInstance>(context, &SCHEDULE_INSTANCES, &names)
        );
        let mut access = Self { roles, objects, members: BTreeMap::new(), instances };
        let groups: BTreeSet<String> = all()
            .filter(|one| one.level(context).is_whole_subscription() && access.is_privileged(one))
            .map(Assignment::principal_id)
            .collect();
        let groups: Vec<DirectoryObject> = groups
            .iter()
            .filter_map(|id| access.object(id))
            .filter(|object| object.kind() == "Group")
            .cloned()
            .collect();
        let reads = groups.iter().map(|group| async { (group.id.to_ascii_lowercase(), members(context, group).await) });
        let reads: Vec<_> = reads.collect();
        access.members = stream::iter(reads).buffered(AT_ONCE).collect().await;
        access
    }

    /// What the directory knows of an id.
    pub(super) fn object(&self, id: &str) -> Option<&DirectoryObject> {
        self.objects.as_ref().ok().and_then(|read| read.value.get(id))
    }

    fn is_privileged(&self, assignment: &Assignment) -> bool {
        self.role(assignment).is_ok_and(|role| role.value.power != Power::Other)
    }

    /// The role that is assigned.
    pub(super) fn role(&self, assignment: &Assignment) -> Result<Read<Role>, CollectError> {
        self.roles.of(assignment.role_id())
    }

    /// Who it is assigned to; none where the directory knows nobody of this id any more.
    pub(super) fn principal(&self, assignment: &Assignment) -> Result<Read<Option<DirectoryObject>>, CollectError> {
        let objects = self.objects.clone()?;
        let found = objects.value.get(&assignment.principal_id()).cloned();
        if found.is_none() && !assignment.is_of_the_directory(&OF_THE_DIRECTORY) {
            let why = format!("the principal {} may be of another tenant", assignment.principal_id());
            return Err(door::malformed(&DIRECTORY_OBJECTS, why, objects.exchanges));
        }
        Ok(objects.map(|_| found))
    }

    /// Who has the role by this assignment: the principal, or the members of the group that it is.
    pub(super) fn holders(&self, assignment: &Assignment) -> Result<Read<Vec<Holder>>, CollectError> {
        let principal = self.principal(assignment)?;
        match &principal.value {
            Some(object) if object.kind() == "Group" => {
                self.members.get(&object.key()).cloned().unwrap_or_else(|| Err(not_asked()))
            }
            Some(object) => {
                let holders = vec![object.holder()];
                Ok(principal.map(|_| holders))
            }
            None => Ok(principal.map(|_| vec![])),
        }
    }
}

/// What the directory knows of these ids.
async fn objects(
    context: &Context,
    ids: BTreeSet<String>,
) -> Result<Read<BTreeMap<String, DirectoryObject>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        value: Vec<DirectoryObject>,
        #[serde(default, rename = "@odata.nextLink")]
        next: Option<String>,
    }
    let mut all = Read { value: BTreeMap::new(), exchanges: vec![], at: None };
    let ids: Vec<String> = ids.into_iter().collect();
    for ids in ids.chunks(IDS_AT_MOST) {
        let read = context.ask(&DIRECTORY_OBJECTS, &[], Some(&json!({"ids": ids}))).await?;
        let answer = door::typed::<Answer>(&DIRECTORY_OBJECTS, read)?;
        if answer.value.next.is_some() {
            let why = "the answer has a next page, which is not documented";
            return Err(CollectError { at: answer.at, ..door::malformed(&DIRECTORY_OBJECTS, why, answer.exchanges) });
        }
        all.exchanges.extend(&answer.exchanges);
        all.at = all.at.max(answer.at);
        all.value.extend(answer.value.value.into_iter().map(|object| (object.id.to_ascii_lowercase(), object)));
    }
    Ok(all)
}

/// Nobody asked who is in a group.
pub(super) fn not_asked() -> CollectError {
    door::malformed(&MEMBERS, "the group was not asked for its members", vec![])
}

/// Who is in a group. Who may not see a hidden membership is told of an empty one.
pub(super) async fn members(context: &Context, group: &DirectoryObject) -> Result<Read<Vec<Holder>>, CollectError> {
    if group.visibility.as_deref() == Some("HiddenMembership") {
        return Err(door::malformed(&MEMBERS, format!("the members of the group {} are hidden", group.id), vec![]));
    }
    let read = listing::whole::<DirectoryObject>(context, &MEMBERS, &[("id", &group.id)]).await?;
    Ok(read.map(|members| {
        let holders = members.iter().map(DirectoryObject::holder);
        let holders = holders.filter(|holder| !DOES_NOTHING.contains(&holder.type_.as_str()));
        let by_id: BTreeMap<String, Holder> = holders.map(|holder| (holder.id.clone(), holder)).collect();
        by_id.into_values().collect()
    }))
}
