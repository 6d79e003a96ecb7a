//! `gcp.iam.binding`: one role and who has it, of the project's own policy and of those above it that hold in it too.

use super::effective::LevelKind;
use super::member::{Kind, Member};
use super::ops::{self, REGION};
use super::policy;
use super::reading::{LevelRead, Reading};
use crate::collection::{Collected, Tally};
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::ancestry::SERVICE;
use crate::gcp::context::Context;
use crate::gcp::iam_policy::{Binding, Condition};
use crate::gcp::operation::ResourceType;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

const TYPE: &str = "gcp.iam.binding";

/// The type.
pub(super) const RESOURCE_TYPE: ResourceType = ResourceType {
    name: TYPE,
    about: "A role and who has it on the project, or above it",
    reach: Reach::Global,
    operations: ops::BINDINGS,
    config: Shape::of(Config::json_schema),
    derived: Shape::of(Derived::json_schema),
    collect: None,
    instead: &[],
};

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
struct Config {
    /// Where it is bound: `projects/P`, `folders/N`, `organizations/N`.
    resource: String,
    /// `project`, `folder` or `organization`.
    level: &'static str,
    /// It is bound above the project.
    inherited: bool,
    role: String,
    /// Who has it, sorted.
    members: Vec<String>,
    /// The condition under which it holds; null for always.
    condition: Option<Condition>,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
struct Derived {
    /// The same members, and what they are.
    members: Vec<Described>,
    /// The role is one of Google's basic ones: owner, editor or viewer, or their successors admin, writer and reader.
    is_basic_role: bool,
    /// It is the basic role of an owner or editor, its name ends in `admin`, or it allows to change the allow policy of a
    /// project, folder or organisation.
    #[serde(skip_serializing_if = "Field::is_unread")]
    is_admin_role: Field<bool>,
    /// The condition was for a time that is over.
    expired: bool,
}

/// A member.
#[derive(Debug, Serialize, JsonSchema)]
struct Described {
    member: String,
    member_type: Kind,
    /// The domain of its address, or the domain itself; null for what has none.
    domain: Option<String>,
    /// It acts for a service of Google.
    service_agent: bool,
    /// It is the service account that Compute Engine or App Engine makes for a project.
    default_service_account: bool,
    /// It is a service account of the project itself, or a Kubernetes service account of its clusters.
    #[serde(skip_serializing_if = "Field::is_unread")]
    own_service_account: Field<bool>,
    /// The project of a service account whose address tells it; null for others.
    project: Option<String>,
    /// It was deleted, and the binding remains.
    deleted: bool,
}

impl Described {
    fn of(member: &str, project: &str, number: Option<&str>) -> Self {
        let member = Member::parse(member);
        let of_project = member.project();
        let own = match (member.project_number(), number) {
            (Some(_), None) => Field::Unread,
            (Some(theirs), Some(number)) => Field::Value(theirs == number),
            (None, _) => Field::Value(of_project.as_deref() == Some(project)),
        };
        Self {
            member_type: member.kind,
            domain: member.domain(),
            service_agent: member.is_service_agent(),
            default_service_account: member.is_default_account(),
            own_service_account: own,
            project: of_project,
            deleted: member.deleted,
            member: member.text,
        }
    }
}

/// The bindings, and their row of the balance.
pub(super) fn documents(context: &Context, reading: &Reading) -> Collected {
    let mut resources = Vec::new();
    let mut tally = Tally::new(TYPE, REGION);
    let mut pages = 0;
    for level in &reading.levels {
        let Ok(policy) = &level.policy else { continue };
        pages += 1;
        for ((role, condition), members) in merged(&policy.value.bindings) {
            let binding = Binding { role, condition, members: members.into_iter().collect() };
            resources.push(document(context, reading, level, policy, binding));
        }
    }
    tally.pages(pages);
    if let Some(error) = reading.levels_trouble() {
        tally.cut_short(error.sentence());
    }
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}

/// Members by role and condition: a policy may say the same of a role more than once.
fn merged(bindings: &[Binding]) -> BTreeMap<(String, Option<Condition>), BTreeSet<String>> {
    let mut all: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for binding in bindings {
        all.entry((binding.role.clone(), binding.condition.clone()))
            .or_default()
            .extend(binding.members.iter().cloned());
    }
    all
}

fn document(
    context: &Context,
    reading: &Reading,
    level: &LevelRead,
    policy: &Read<crate::gcp::iam_policy::IamPolicy>,
    binding: Binding,
) -> Resource {
    let mut id = format!("//{SERVICE}/{}#{}", level.resource, binding.role);
    if let Some(condition) = &binding.condition {
        let title = condition.title.as_deref().unwrap_or_default();
        id = format!("{id}#{title}#{}", condition.expression.as_deref().unwrap_or_default());
    }
    let mut draft = Draft::new(TYPE, id, format!("{} on {}", binding.role, level.resource), REGION);
    draft.saw(policy);
    let number = reading.number.as_ref().ok().map(|read| read.value.as_str());
    let of = |member: &String| Described::of(member, context.project(), number);
    let members: Vec<Described> = binding.members.iter().map(of).collect();
    if let Ok(number) = &reading.number {
        draft.saw(number);
    }
    if let (Err(error), true) = (&reading.number, members.iter().any(|member| member.own_service_account.is_unread())) {
        draft.miss("derived.members", error);
    }
    let derived = Derived {
        members,
        is_basic_role: BASIC.contains(&binding.role.as_str()),
        is_admin_role: draft.take("derived.is_admin_role", is_admin_role(reading, &binding.role)),
        expired: binding.condition.as_ref().is_some_and(|condition| policy::is_over(condition, context.as_of())),
    };
    let config = Config {
        resource: level.resource.clone(),
        level: match level.kind {
            LevelKind::Project => "project",
            LevelKind::Folder => "folder",
            LevelKind::Organization => "organization",
        },
        inherited: level.kind != LevelKind::Project,
        role: binding.role,
        members: binding.members,
        condition: binding.condition,
    };
    context.finish(draft, &config, &derived)
}

/// Basic roles. Documentation: <https://cloud.google.com/iam/docs/roles-overview#basic>.
const BASIC: [&str; 6] = ["roles/owner", "roles/editor", "roles/viewer", "roles/admin", "roles/writer", "roles/reader"];

/// Permissions to change an allow policy of the hierarchy.
const SETS_POLICY: [&str; 3] = [
    "resourcemanager.folders.setIamPolicy",
    "resourcemanager.organizations.setIamPolicy",
    "resourcemanager.projects.setIamPolicy",
];

fn is_admin_role(reading: &Reading, role: &str) -> Result<Read<Option<bool>>, CollectError> {
    let named = ["roles/owner", "roles/editor", "roles/writer"].contains(&role);
    if named || role.to_ascii_lowercase().ends_with("admin") {
        return Ok(Read { value: Some(true), exchanges: vec![], at: None });
    }
    match reading.role(role) {
        Some(Ok(read)) => {
            let sets = SETS_POLICY.iter().any(|permission| read.value.contains(*permission));
            Ok(read.clone().map(|_| Some(sets)))
        }
        Some(Err(error)) => Err(error.clone()),
        None => Ok(Read { value: Some(false), exchanges: vec![], at: None }),
    }
}
