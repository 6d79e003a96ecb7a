//! Who holds a privileged role of the directory: by an assignment, by being eligible for one, or through a group that has
//! one.
//!
//! Version 1.0 of Graph does not say which roles are privileged (`isPrivileged` is a property of the beta version), so the
//! built-in ones that Microsoft marks so are listed here, and every custom role counts as privileged. Who may become a
//! member of a group through PIM for Groups is deliberately not asked.

use crate::azure::Context;
use crate::azure::door;
use crate::azure::listing;
use crate::azure::operation::{Operation, Request};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The role definitions of the directory.
pub(super) static DEFINITIONS: Operation = Operation {
    name: "roleManagement.directory.ListRoleDefinitions",
    permission: "Graph:RoleManagement.Read.Directory",
    request: Request::Get("/v1.0/roleManagement/directory/roleDefinitions?$select=id,isBuiltIn"),
    is_list: true,
    docs: "https://learn.microsoft.com/graph/api/rbacapplication-list-roledefinitions",
    ..Operation::GRAPH
};

/// Who is assigned which role now, those with it who activated it among them.
pub(super) static ASSIGNMENTS: Operation = Operation {
    name: "roleManagement.directory.ListRoleAssignments",
    permission: "Graph:RoleManagement.Read.Directory",
    request: Request::Get("/v1.0/roleManagement/directory/roleAssignments"),
    is_list: true,
    docs: "https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments",
    ..Operation::GRAPH
};

/// Who may activate which role. A tenant without the licence for Privileged Identity Management has nobody: what it had
/// is removed when the licence ends.
pub(super) static ELIGIBLE: Operation = Operation {
    name: "roleManagement.directory.ListRoleEligibilityScheduleInstances",
    permission: "Graph:RoleEligibilitySchedule.Read.Directory",
    request: Request::Get("/v1.0/roleManagement/directory/roleEligibilityScheduleInstances"),
    is_list: true,
    absent: NO_PIM,
    unlicensed: NO_PIM,
    docs: "https://learn.microsoft.com/graph/api/rbacapplication-list-roleeligibilityscheduleinstances",
    ..Operation::GRAPH
};

/// What Graph answers where the tenant's licence has no Privileged Identity Management.
const NO_PIM: &[&str] = &["AadPremiumLicenseRequired"];

/// The groups that may have a role.
pub(super) static GROUPS: Operation = Operation {
    name: "groups.group.ListGroup",
    permission: "Graph:GroupMember.Read.All",
    request: Request::Get("/v1.0/groups?$filter=isAssignableToRole%20eq%20true&$select=id&$top=999"),
    is_list: true,
    docs: "https://learn.microsoft.com/graph/api/group-list",
    ..Operation::GRAPH
};

/// The members of one of them. Such a group cannot hold another group.
pub(super) static MEMBERS: Operation = Operation {
    name: "groups.ListMembers",
    permission: "Graph:GroupMember.Read.All",
    request: Request::Get("/v1.0/groups/{id}/members?$select=id&$top=999"),
    is_list: true,
    docs: "https://learn.microsoft.com/graph/api/group-list-members",
    ..Operation::GRAPH
};

/// Global Administrator.
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// Built-in roles that are privileged.
///
/// Source: <https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>,
/// <https://learn.microsoft.com/entra/identity/conditional-access/policy-old-require-mfa-admin>.
const PRIVILEGED: [&str; 35] = [
    "0b00bede-4072-4d22-b441-e7df02a1ef63", // Authentication Extensibility Password Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
    "194ae4cb-b126-40b2-bd5b-6091b380977d", // Security Administrator
    "1fe13547-53f6-408d-ac04-7f8eed167b38", // AI Reader
    "25a516ed-2fa0-40ea-a2d0-12923a21473a", // Authentication Extensibility Administrator
    "3a2c62db-5318-420d-8d74-23affee5d9d5", // Intune Administrator
    "422218e4-db15-4ef9-bbe0-8afb41546d79", // Attribute Provisioning Reader
    "4ba39ca4-527c-499a-b93d-d9b492c50246", // Partner Tier1 Support
    "59d46f88-662b-457b-bceb-5c3809e5908f", // Lifecycle Workflows Administrator
    "5d6b6bb7-de71-4623-b4af-96380a352509", // Security Reader
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", // Security Operator
    GLOBAL_ADMINISTRATOR,
    "729827e3-9c14-49f7-bb1b-9608f156bbb8", // Helpdesk Administrator
    "7698a772-787b-4ac8-901f-60d6b08affd2", // Cloud Device Administrator
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", // Privileged Authentication Administrator
    "8329153b-31d0-4727-b945-745eb3bc5f31", // Domain Name Administrator
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", // Hybrid Identity Administrator
    "9360feb5-f418-4baa-8175-e2a00bac4301", // Directory Writers
    "966707d0-3269-4727-9be2-8c3a10f19b9d", // Password Administrator
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
    "aaf43236-0c0d-4d5f-883a-6955382ac081", // B2C IEF Keyset Administrator
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", // Conditional Access Administrator
    "be2f45a1-457d-42af-a067-6ec1fa63bc45", // External Identity Provider Administrator
    "c4e39bd9-1100-46d3-8c65-fb160da0071f", // Authentication Administrator
    "cf1c38e5-3621-4004-a7cb-879624dced7c", // Application Developer
    "d2562ede-74db-457e-a7b6-544e236ebb61", // AI Administrator
    "db506228-d27e-4b7d-95e5-295956d6615f", // Agent ID Administrator
    "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8", // Partner Tier2 Support
    "e8611ab8-c189-46e8-94e1-60213ab1f814", // Privileged Role Administrator
    "ecb2c6bf-0ab6-418e-bd87-7986f8d63bbe", // Attribute Provisioning Administrator
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451", // Global Reader
    "fe930be7-5e62-47db-91af-98c3a49a38b1", // User Administrator
    // Not marked, and named beside them by Microsoft's template of a policy that requires MFA of administrators.
    "b0f54661-2d74-4c50-afa3-1ec803f12efe", // Billing Administrator
    "29232cdf-9323-42fd-ade2-1d097af3e4de", // Exchange Administrator
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", // SharePoint Administrator
];

/// Who holds which kind of role.
#[derive(Debug)]
pub(super) struct Roles {
    /// Ids of users and others with a privileged role, as far as they are known.
    privileged: BTreeSet<String>,
    /// The same for Global Administrator.
    pub(super) global_admins: BTreeSet<String>,
    /// What it was read from.
    pub(super) source: Read<()>,
    /// Why there may be more.
    pub(super) trouble: Option<CollectError>,
}

/// A role definition.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    id: String,
    is_built_in: Option<bool>,
}

impl Definition {
    /// Not known as a built-in one.
    fn is_custom(&self) -> bool {
        self.is_built_in != Some(true)
    }
}

/// An assignment, or an eligibility for one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    principal_id: String,
    role_definition_id: String,
}

/// A group or a member of it.
#[derive(Debug, Deserialize)]
struct Item {
    id: String,
}

impl Roles {
    /// Reads who holds which role.
    pub(super) async fn read(context: &Context) -> Self {
        let mut roles = Self {
            privileged: BTreeSet::new(),
            global_admins: BTreeSet::new(),
            source: Read { value: (), exchanges: vec![], at: None },
            trouble: None,
        };
        let (definitions, active, eligible, groups) = futures::join!(
            listing::whole::<Definition>(context, &DEFINITIONS, &[]),
            listing::whole::<Assignment>(context, &ASSIGNMENTS, &[]),
            listing::whole::<Assignment>(context, &ELIGIBLE, &[]),
            listing::whole::<Item>(context, &GROUPS, &[]),
        );
        let definitions = roles.known(definitions);
        let custom: BTreeSet<String> =
            definitions.into_iter().filter(Definition::is_custom).map(|role| role.id).collect();
        let eligible = door::absent(&ELIGIBLE, eligible).map(|read| read.map(Option::unwrap_or_default));
        let held: Vec<Assignment> = roles.known(active).into_iter().chain(roles.known(eligible)).collect();
        let groups: BTreeSet<String> = roles.known(groups).into_iter().map(|group| group.id).collect();
        let mut through: BTreeMap<String, bool> = BTreeMap::new();
        for Assignment { principal_id, role_definition_id } in held {
            // A built-in role has the id of its template in every tenant.
            let is_privileged =
                PRIVILEGED.contains(&role_definition_id.as_str()) || custom.contains(&role_definition_id);
            if !is_privileged {
                continue;
            }
            let is_global = role_definition_id == GLOBAL_ADMINISTRATOR;
            if groups.contains(&principal_id) {
                *through.entry(principal_id).or_default() |= is_global;
            } else {
                roles.holds(principal_id, is_global);
            }
        }
        roles.through_groups(context, through).await;
        roles
    }

    /// Adds the members of groups; true for those of a group of Global Administrators.
    async fn through_groups(&mut self, context: &Context, groups: BTreeMap<String, bool>) {
        let asked = groups.into_iter().map(|(group, is_global)| async move {
            (listing::whole::<Item>(context, &MEMBERS, &[("id", &group)]).await, is_global)
        });
        for (members, is_global) in futures::future::join_all(asked).await {
            for member in self.known(members) {
                self.holds(member.id, is_global);
            }
        }
    }

    fn holds(&mut self, principal: String, is_global: bool) {
        if is_global {
            self.global_admins.insert(principal.clone());
        }
        self.privileged.insert(principal);
    }

    /// What was read; nothing and a reason where that failed.
    fn known<T>(&mut self, outcome: Result<Read<Vec<T>>, CollectError>) -> Vec<T> {
        match outcome {
            Ok(read) => {
                self.source.exchanges.extend(&read.exchanges);
                self.source.at = self.source.at.max(read.at);
                read.value
            }
            Err(error) => {
                self.trouble.get_or_insert(error);
                vec![]
            }
        }
    }

    /// Whether a principal holds a privileged role. That one does is known from what was read; that one does not, only
    /// from all of it.
    pub(super) fn is_privileged(&self, id: &str, path: &str, draft: &mut Draft) -> Field<bool> {
        self.is_in(&self.privileged, id, path, draft)
    }

    /// Whether a principal is a Global Administrator.
    pub(super) fn is_global_admin(&self, id: &str, path: &str, draft: &mut Draft) -> Field<bool> {
        self.is_in(&self.global_admins, id, path, draft)
    }

    fn is_in(&self, holders: &BTreeSet<String>, id: &str, path: &str, draft: &mut Draft) -> Field<bool> {
        match &self.trouble {
            _ if holders.contains(id) => Field::Value(true),
            None => Field::Value(false),
            Some(error) => {
                draft.miss(path, error);
                Field::Unread
            }
        }
    }
}
