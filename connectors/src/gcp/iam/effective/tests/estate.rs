//! Projects that tests put together: `projects/p` (number 42) in `folders/7` in `organizations/1`.

use super::super::{Account, Input, Level, LevelKind, Machine, World};
use crate::document::Draft;
use crate::exchange::CollectError;
use crate::gcp::iam::policy::DenyRule;
use crate::gcp::iam_policy::{Binding, Condition};
use evidenced_schemas::{GapReason, Instant};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What `roles/owner` has of what matters here.
pub(super) const OWNER: [&str; 4] =
    ["iam.serviceAccounts.actAs", "resourcemanager.projects.setIamPolicy", "storage.objects.get", "run.routes.invoke"];

/// The member that a service account of the project is.
pub(super) fn sa(name: &str) -> String {
    format!("serviceAccount:{name}@p.iam.gserviceaccount.com")
}

pub(super) fn refused() -> CollectError {
    CollectError {
        kind: GapReason::Denied,
        service: "iam".to_owned(),
        operation: "read".to_owned(),
        region: "global".to_owned(),
        code: "PERMISSION_DENIED".to_owned(),
        message: String::new(),
        exchanges: vec![1],
        at: None,
    }
}

pub(super) struct Estate(Input);

impl Default for Estate {
    fn default() -> Self {
        let level = |resource: &str, kind| Level {
            resource: resource.to_owned(),
            kind,
            policy: Ok(vec![]),
            denies: Ok(vec![]),
        };
        let input = Input {
            project: "p".to_owned(),
            number: "42".to_owned(),
            levels: vec![
                level("projects/p", LevelKind::Project),
                level("folders/7", LevelKind::Folder),
                level("organizations/1", LevelKind::Organization),
            ],
            accounts: vec![],
            roles: BTreeMap::new(),
            machines: Ok(vec![]),
            hierarchy: None,
            doubt: None,
            as_of: Instant::try_from("2026-12-01T00:00:00.000Z".to_owned()).unwrap(),
        };
        Self(input)
            .role("roles/owner", &OWNER)
            .role("roles/editor", &["run.jobs.run"])
            .role("roles/viewer", &["run.jobs.get"])
    }
}

impl Estate {
    pub(super) fn role(mut self, name: &str, permissions: &[&str]) -> Self {
        let all: BTreeSet<String> = permissions.iter().map(|text| (*text).to_owned()).collect();
        self.0.roles.insert(name.to_owned(), Ok(Arc::new(all)));
        self
    }

    pub(super) fn role_unread(mut self, name: &str) -> Self {
        self.0.roles.insert(name.to_owned(), Err(refused()));
        self
    }

    fn add_account(mut self, name: &str, disabled: bool) -> Self {
        let email = format!("{name}@p.iam.gserviceaccount.com");
        self.0.accounts.push(Account { email, disabled, policy: Ok(vec![]) });
        self
    }

    pub(super) fn account(self, name: &str) -> Self {
        self.add_account(name, false)
    }

    pub(super) fn disabled_account(self, name: &str) -> Self {
        self.add_account(name, true)
    }

    pub(super) fn machine(mut self, name: &str, account: &str) -> Self {
        let account = format!("{account}@p.iam.gserviceaccount.com");
        if let Ok(machines) = &mut self.0.machines {
            machines.push(Machine { name: name.to_owned(), account });
        }
        self
    }

    pub(super) fn machines_unread(mut self) -> Self {
        self.0.machines = Err(refused());
        self
    }

    pub(super) fn bind(self, role: &str, members: &[&str]) -> Self {
        self.bind_at(0, role, members)
    }

    pub(super) fn bind_at(mut self, level: usize, role: &str, members: &[&str]) -> Self {
        push(&mut self.0.levels[level].policy, role, members, None);
        self
    }

    pub(super) fn bind_if(mut self, level: usize, role: &str, member: &str, expression: &str) -> Self {
        let condition = Condition { title: None, expression: Some(expression.to_owned()) };
        push(&mut self.0.levels[level].policy, role, &[member], Some(condition));
        self
    }

    pub(super) fn bind_on(mut self, account: &str, role: &str, members: &[&str]) -> Self {
        let email = format!("{account}@p.iam.gserviceaccount.com");
        let account = self.0.accounts.iter_mut().find(|account| account.email == email).unwrap();
        push(&mut account.policy, role, members, None);
        self
    }

    pub(super) fn deny(mut self, level: usize, rule: DenyRule) -> Self {
        self.0.levels[level].denies.as_mut().unwrap().push(rule);
        self
    }

    pub(super) fn denies_unread(mut self, level: usize) -> Self {
        self.0.levels[level].denies = Err(refused());
        self
    }

    pub(super) fn policy_unread(mut self, level: usize) -> Self {
        self.0.levels[level].policy = Err(refused());
        self
    }

    pub(super) fn account_policy_unread(mut self, account: &str) -> Self {
        let email = format!("{account}@p.iam.gserviceaccount.com");
        self.0.accounts.iter_mut().find(|account| account.email == email).unwrap().policy = Err(refused());
        self
    }

    pub(super) fn doubted(mut self) -> Self {
        self.0.doubt = Some(refused());
        self
    }

    pub(super) fn hierarchy_unread(mut self) -> Self {
        self.0.hierarchy = Some(refused());
        self
    }

    pub(super) fn world(self) -> World {
        World::new(self.0)
    }

    fn at(world: &World, member: &str) -> usize {
        (0..world.count()).find(|at| world.member(*at) == member).unwrap_or_else(|| panic!("no {member}"))
    }

    pub(super) fn config(world: &World, member: &str) -> Value {
        serde_json::to_value(world.config(Self::at(world, member))).unwrap()
    }

    pub(super) fn derived(world: &World, member: &str) -> Value {
        let mut draft = Draft::new("gcp.iam.principal", member, member, "global");
        serde_json::to_value(world.derived(Self::at(world, member), &mut draft)).unwrap()
    }

    /// Fields that have a gap.
    pub(super) fn gaps(world: &World, member: &str) -> Vec<String> {
        let mut draft = Draft::new("gcp.iam.principal", member, member, "global");
        let at = Self::at(world, member);
        let derived = world.derived(at, &mut draft);
        let scope = evidenced_schemas::ScopeId::try_from("p".to_owned()).unwrap();
        let as_of = Instant::try_from("2026-12-01T00:00:00.000Z".to_owned()).unwrap();
        let document = draft.finish(evidenced_schemas::Cloud::Gcp, &scope, as_of, &world.config(at), &derived);
        document.gaps.into_iter().map(|gap| gap.field).collect()
    }
}

fn push(policy: &mut Result<Vec<Binding>, CollectError>, role: &str, members: &[&str], condition: Option<Condition>) {
    let members = members.iter().map(|member| (*member).to_owned()).collect();
    policy.as_mut().unwrap().push(Binding { role: role.to_owned(), members, condition });
}
