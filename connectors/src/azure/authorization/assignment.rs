//! A role assignment.

use super::access::{self, Access, Holder};
use super::condition;
use super::machine_access::{MachineAccess, MachineUser};
use super::role::{self, Power};
use crate::azure::compute::machine::Machine;
use crate::azure::context::Context;
use crate::azure::listing::{self, Listed, Place};
use crate::azure::operation::{Operation, Request};
use crate::azure::{door, entra};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::GapReason;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Role assignments at the subscription, above it and below it.
static LIST: Operation = Operation {
    service: "Microsoft.Authorization",
    name: "RoleAssignments_ListForScope",
    permission: "Microsoft.Authorization/roleAssignments/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01",
    ),
    is_list: true,
    shared: true,
    docs: "https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope",
    ..Operation::PLAIN
};

/// What Privileged Identity Management knows of active assignments at the subscription and above: of all, not only of those
/// that it made.
pub(super) static SCHEDULE_INSTANCES: Operation = Operation {
    service: "Microsoft.Authorization",
    name: "RoleAssignmentScheduleInstances_ListForScope",
    permission: "Microsoft.Authorization/roleAssignmentScheduleInstances/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignmentScheduleInstances\
         ?api-version=2020-10-01&$filter=atScope()",
    ),
    is_list: true,
    shared: true,
    unlicensed: &["AadPremiumLicenseRequired"],
    docs: "https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-instances/list-for-scope",
    ..Operation::PLAIN
};

/// Everything that is asked for role assignments.
pub(in crate::azure) static READS: [&Operation; 6] =
    [&LIST, &role::LIST, &role::BY_ID, &access::DIRECTORY_OBJECTS, &access::MEMBERS, &SCHEDULE_INSTANCES];

/// A role assignment.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Assignment {
    /// Who has which role where.
    properties: Properties,
}

/// Who has which role where.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// The role's id.
    role_definition_id: String,
    /// The principal's id.
    principal_id: String,
    /// `User`, `Group`, `ServicePrincipal`, `ForeignGroup`, `Device`; `Unknown` for a principal that was deleted.
    principal_type: Option<String>,
    /// Where.
    scope: String,
    /// Under which condition; null for none.
    condition: Option<String>,
    /// The version of the condition's language.
    condition_version: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// When it was made.
    created_on: Option<String>,
    /// By whom.
    created_by: Option<String>,
    /// The managed identity of another tenant that it stands for.
    delegated_managed_identity_resource_id: Option<String>,
}

/// What Privileged Identity Management knows of an active assignment.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ScheduleInstance {
    properties: InstanceProperties,
}

#[derive(Clone, Debug, Deserialize)]
struct InstanceProperties {
    scope: Option<String>,
    role_definition_id: Option<String>,
    principal_id: Option<String>,
    origin_role_assignment_id: Option<String>,
    assignment_type: Option<String>,
    end_date_time: Option<String>,
}

/// A level of the tree of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// `/`, everything in the tenant.
    Root,
    /// A management group.
    ManagementGroup,
    /// The subscription.
    Subscription,
    /// Another subscription (a role can be assigned in several).
    OtherSubscription,
    /// A resource group.
    ResourceGroup,
    /// A resource.
    Resource,
}

impl Level {
    /// The level of a scope.
    pub(super) fn of(scope: &str, subscription: &str) -> Self {
        let scope = scope.to_ascii_lowercase();
        let parts: Vec<&str> = scope.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [] => Self::Root,
            ["providers", "microsoft.management", "managementgroups", _] => Self::ManagementGroup,
            ["subscriptions", id] if id.eq_ignore_ascii_case(subscription) => Self::Subscription,
            ["subscriptions", _] => Self::OtherSubscription,
            ["subscriptions", _, "resourcegroups", _] => Self::ResourceGroup,
            _ => Self::Resource,
        }
    }

    /// True where it is the subscription or above it.
    pub(super) fn is_whole_subscription(self) -> bool {
        matches!(self, Self::Root | Self::ManagementGroup | Self::Subscription)
    }
}

impl Assignment {
    /// The role's id.
    pub(super) fn role_id(&self) -> &str {
        &self.properties.role_definition_id
    }

    /// The principal's id, in small letters.
    pub(super) fn principal_id(&self) -> String {
        self.properties.principal_id.to_ascii_lowercase()
    }

    /// Where it is.
    pub(super) fn level(&self, context: &Context) -> Level {
        Level::of(&self.properties.scope, context.subscription())
    }

    /// Its scope, as Azure writes it.
    pub(super) fn scope(&self) -> &str {
        &self.properties.scope
    }

    /// True where its principal is nobody but itself: no group, and nothing that is not known.
    pub(super) fn is_to_one(&self) -> bool {
        const ONE: [&str; 3] = ["Device", "ServicePrincipal", "User"];
        self.properties.principal_type.as_deref().is_some_and(|kind| ONE.contains(&kind))
    }

    /// True where its principal must be in the directory of the subscription, unless it was deleted.
    pub(super) fn is_of_the_directory(&self, types: &[&str]) -> bool {
        let kind = self.properties.principal_type.as_deref();
        kind.is_some_and(|kind| types.contains(&kind))
            && self.properties.delegated_managed_identity_resource_id.is_none()
    }

    /// Whether a condition keeps its holder from giving out the roles that give access.
    pub(super) fn is_limited(&self) -> Result<bool, CollectError> {
        let condition = self.properties.condition.as_deref();
        let unclear =
            || door::malformed(&LIST, "the condition of the assignment is not one that is understood", vec![]);
        condition::limits(condition).ok_or_else(unclear)
    }

    /// What is known of it: the instance that names it, else one of the same role, principal and scope. Among several of those
    /// one without an end counts first.
    fn instance<'a>(&self, id: &str, all: &'a [ScheduleInstance]) -> Option<&'a InstanceProperties> {
        let same =
            |one: &Option<String>, other: &str| one.as_deref().is_some_and(|one| one.eq_ignore_ascii_case(other));
        let all = || all.iter().map(|instance| &instance.properties);
        let is_like = |one: &&InstanceProperties| {
            same(&one.scope, &self.properties.scope)
                && same(&one.principal_id, &self.properties.principal_id)
                && one.role_definition_id.as_deref().map(role::guid) == Some(role::guid(self.role_id()))
        };
        let named = all().find(|one| same(&one.origin_role_assignment_id, id));
        named.or_else(|| all().filter(is_like).min_by_key(|one| one.end_date_time.clone()))
    }
}

/// `derived` of a role assignment.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// The role's name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    role_name: Field<String>,
    /// What the role gives.
    #[serde(skip_serializing_if = "Field::is_unread")]
    power: Field<Power>,
    /// The level of its scope.
    scope_level: Option<Level>,
    /// Its condition keeps its holder from assigning Owner, User Access Administrator and Role Based Access Control
    /// Administrator; null where its role does not give access.
    #[serde(skip_serializing_if = "Field::is_unread")]
    is_limited: Field<bool>,
    /// What the directory knows of its principal.
    principal: Principal,
    /// Who has the role by it, through a group too; null where the role is not privileged or is given below the subscription.
    #[serde(skip_serializing_if = "Field::is_unread")]
    holders: Field<Vec<Holder>>,
    /// Whether it stands or was activated for a time; null where `holders` is.
    #[serde(skip_serializing_if = "Field::is_unread")]
    schedule: Field<Schedule>,
    /// Users who by it enter virtual machines of the subscription or can make it so, through a group too; null where its role
    /// does not let them, or there is no machine.
    #[serde(skip_serializing_if = "Field::is_unread")]
    machine_users: Field<Vec<MachineUser>>,
}

/// What is read once for all role assignments.
#[derive(Debug)]
pub(super) struct Around {
    access: Access,
    machines: MachineAccess,
}

/// What the directory knows of a principal.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Principal {
    /// The directory knows its id.
    #[serde(skip_serializing_if = "Field::is_unread")]
    exists: Field<bool>,
    /// `User`, `Group` or `ServicePrincipal`; null where it does not exist.
    #[serde(rename = "type", skip_serializing_if = "Field::is_unread")]
    type_: Field<String>,
    /// `Member` or `Guest`; null for what is no user.
    #[serde(skip_serializing_if = "Field::is_unread")]
    user_type: Field<String>,
    /// Its name, for people.
    #[serde(skip_serializing_if = "Field::is_unread")]
    display_name: Field<String>,
}

/// What Privileged Identity Management says of an assignment.
#[derive(Debug, Serialize, JsonSchema)]
struct Schedule {
    /// `Activated` by somebody who is eligible, or `Assigned`.
    assignment_type: Option<String>,
    /// When it ends; null for never.
    end_date_time: Option<String>,
}

impl Listed for Assignment {
    const TYPE: &'static str = "azure.role-assignment";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] =
        &[READS[0], READS[1], READS[2], READS[3], READS[4], READS[5], Machine::LIST, &entra::REGISTRATIONS];
    type Around = Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Around> {
        Box::pin(async move {
            let all = listing::every::<Self>(context).await;
            let access = Access::read(context, &all).await;
            let machines = MachineAccess::read(context, &all, &access).await;
            Around { access, machines }
        })
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        around: &'a Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        let mut derived = self.derived(place, &around.access, draft);
        derived.machine_users = draft.take("derived.machine_users", around.machines.users(self, &around.access));
        Box::pin(std::future::ready(derived))
    }
}

impl Assignment {
    fn derived(&self, place: Place<'_>, access: &Access, draft: &mut Draft) -> Derived {
        let level = self.level(place.context);
        let role = access.role(self);
        let power = draft.take("derived.power", role.clone().map(|read| read.map(|role| Some(role.power))));
        let role_name = draft.take("derived.role_name", role.map(|read| read.map(|role| role.name)));
        let is_limited = match power {
            Field::Value(Power::Contributor | Power::Other) => Field::Absent,
            _ => draft.take("derived.is_limited", self.is_limited().map(fact)),
        };
        let mut derived = Derived {
            role_name,
            scope_level: Some(level),
            is_limited,
            principal: self.principal(access, draft),
            holders: Field::Absent,
            schedule: Field::Absent,
            machine_users: Field::Absent,
            power,
        };
        if !level.is_whole_subscription() || derived.power == Field::Value(Power::Other) {
            return derived;
        }
        if derived.power.is_unread() {
            draft.miss_with("derived.holders", &["derived.power"]);
            draft.miss_with("derived.schedule", &["derived.power"]);
            (derived.holders, derived.schedule) = (Field::Unread, Field::Unread);
            return derived;
        }
        derived.holders = self.holders(access, draft);
        derived.schedule = draft.take("derived.schedule", self.schedule(&place.envelope.id, access));
        derived
    }

    fn principal(&self, access: &Access, draft: &mut Draft) -> Principal {
        let object = access.principal(self);
        let exists = object.clone().map(|read| read.map(|object| Some(object.is_some())));
        let exists = draft.take("derived.principal.exists", exists);
        let text = |of: fn(access::DirectoryObject) -> Option<String>| {
            object.clone().map(|read| read.map(|object| object.and_then(of)))
        };
        let mut principal = Principal {
            exists,
            type_: draft.take("derived.principal.type", text(|object| Some(object.kind()))),
            user_type: draft.take("derived.principal.user_type", text(|object| object.user_type)),
            display_name: draft.take("derived.principal.display_name", text(|object| object.display_name)),
        };
        if principal.user_type == Field::Absent && principal.type_.value().is_some_and(|type_| type_ == "User") {
            draft.miss("derived.principal.user_type", &untold(object.map_or_else(|_| vec![], |read| read.exchanges)));
            principal.user_type = Field::Unread;
        }
        principal
    }

    fn holders(&self, access: &Access, draft: &mut Draft) -> Field<Vec<Holder>> {
        let holders = draft.take("derived.holders", access.holders(self).map(|read| read.map(Some)));
        if holders.value().into_iter().flatten().any(|holder| holder.user_type.is_unread()) {
            draft.miss("derived.holders.user_type", &untold(vec![]));
        }
        holders
    }

    fn schedule(&self, id: &str, access: &Access) -> Result<Read<Option<Schedule>>, CollectError> {
        let instances = access.instances.clone()?;
        let Some(found) = self.instance(id, &instances.value).cloned() else {
            let error = door::malformed(&SCHEDULE_INSTANCES, "the assignment is not in the list", instances.exchanges);
            return Err(CollectError { kind: GapReason::NotFound, at: instances.at, ..error });
        };
        let schedule = Schedule { assignment_type: found.assignment_type, end_date_time: found.end_date_time };
        Ok(instances.map(|_| Some(schedule)))
    }
}

/// What the list itself says.
fn fact<T>(value: T) -> Read<Option<T>> {
    Read { value: Some(value), exchanges: vec![], at: None }
}

/// The directory did not tell a user's type.
fn untold(exchanges: Vec<u64>) -> CollectError {
    door::malformed(&access::DIRECTORY_OBJECTS, "the type of a user is missing", exchanges)
}
