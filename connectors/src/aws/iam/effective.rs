//! `aws.iam.principal`: what each user and role may do in the end, across all its policies, and whether that lets it become
//! stronger than it is.
//!
//! Everything is worked out from one stream, `GetAccountAuthorizationDetails`, and the service control policies of the
//! organisation where they may be read (`derived.service_control_policies` says so). It deliberately does not see resource
//! control policies, resource policies other than role trust, IAM Identity Center
//! and Roles Anywhere, nor which workload runs under which role. How strong two principals are is compared over a list of
//! actions, not resource by resource. docs/effective-permissions.md is the long form.

mod allowed;
mod paths;
mod search;
mod world;

use super::details::Details;
use crate::aws::Context;
use crate::aws::organizations::scps::Guardrails;
use crate::document::{Draft, Field};
use crate::exchange::CollectError;
use allowed::Answer;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use search::{Outcome, Reach};
use serde::Serialize;
use world::{Kind, Principal, World};

/// The resource type.
pub(super) const TYPE: &str = "aws.iam.principal";

/// Targets of a path that are listed; how many there are is told in full.
const TARGETS: usize = 10;

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Config {
    arn: String,
    principal_type: PrincipalType,
    /// Names of the groups that a user is in.
    groups: Vec<String>,
    /// The policies whose union is its identity policies.
    policies: Vec<Granted>,
    /// The permissions boundary; null when there is none.
    permissions_boundary_arn: Field<String>,
    /// The role belongs to an AWS service, which alone can assume it.
    service_linked: bool,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum PrincipalType {
    /// A user.
    User,
    /// A role.
    Role,
}

/// A policy of the principal.
#[derive(Debug, Serialize, JsonSchema)]
struct Granted {
    /// The name of an inline policy, or the ARN of a managed one.
    policy: String,
    /// The group that it comes from; null when the principal has it itself.
    group: Field<String>,
    /// It is an inline policy.
    inline: bool,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// It is allowed every action of IAM on every resource, and can so grant itself everything.
    #[serde(skip_serializing_if = "Field::is_unread")]
    is_admin: Field<bool>,
    /// Sets of permissions that it has, and that lead to more than it has. Empty for an administrator.
    #[serde(skip_serializing_if = "Field::is_unread")]
    privesc_paths: Field<Vec<Escalation>>,
    /// Sets of permissions that it has, where nothing was found that they would lead to.
    #[serde(skip_serializing_if = "Field::is_unread")]
    latent_paths: Field<Vec<String>>,
    /// The shortest way to an administrator, over at most five steps; null when there is none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    way_to_admin: Field<Vec<Step>>,
    /// The policies that AWS manages among its own.
    #[serde(skip_serializing_if = "Field::is_unread")]
    attached_aws_managed: Field<Vec<AwsManaged>>,
    /// Whether the organisation's service control policies were taken into account.
    service_control_policies: OrganizationPolicies,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OrganizationPolicies {
    /// Nothing is known of them: they may take away more.
    NotRead,
    /// None act: no organisation, its management account, or a role of an AWS service.
    None,
    /// What they take away is taken away.
    Applied,
}

/// A path that works.
#[derive(Debug, Serialize, JsonSchema)]
struct Escalation {
    /// Its permissions, joined by `+`.
    permissions: String,
    /// `direct`, or `conditional` where a condition on the call decides.
    class: Class,
    /// ARNs of what it goes through, the first ten.
    targets: Vec<String>,
    /// How many there are.
    target_count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Class {
    /// It works.
    Direct,
    /// It works when a condition on the call is met.
    Conditional,
}

/// One step to an administrator.
#[derive(Debug, Serialize, JsonSchema)]
struct Step {
    /// Who acts.
    from: String,
    /// As whom it acts then; the same where it grants itself more.
    to: String,
    /// The permissions of the path.
    permissions: String,
    /// Whether a condition decides.
    class: Class,
}

/// A policy that AWS manages.
#[derive(Debug, Serialize, JsonSchema)]
struct AwsManaged {
    policy_arn: String,
    /// Whoever has it alone is an administrator.
    grants_admin: bool,
}

/// The users and roles of the stream.
pub(super) fn documents(context: &Context, details: &mut Details, guardrails: &Guardrails) -> Vec<Resource> {
    let levels = match guardrails {
        Guardrails::Levels(levels) => levels.value.clone(),
        Guardrails::NotRead | Guardrails::None(_) => vec![],
    };
    let world = World::read(context.account(), levels, details);
    let everything: Vec<_> = details.pages.iter().map(|page| page.clone().map(|_| ())).collect();
    let principals = world.principals.iter().enumerate();
    principals
        .map(|(at, principal)| {
            let mut draft = Draft::new(TYPE, principal.arn.as_str(), principal.name.as_str(), super::REGION);
            draft.saw(&principal.source);
            for page in &everything {
                draft.saw(page);
            }
            let organization = organization_policies(&mut draft, principal, guardrails);
            let derived = derived(&mut draft, &world, at, principal, organization);
            context.finish(draft, &config(principal), &derived)
        })
        .collect()
}

fn config(principal: &Principal) -> Config {
    let policies = principal.grants.iter().map(|grant| Granted {
        policy: grant.policy.clone(),
        group: grant.group.clone().into(),
        inline: grant.inline,
    });
    Config {
        arn: principal.arn.clone(),
        principal_type: match principal.kind {
            Kind::User => PrincipalType::User,
            Kind::Role => PrincipalType::Role,
        },
        groups: principal.groups.clone(),
        policies: policies.collect(),
        permissions_boundary_arn: principal.boundary.clone().into(),
        service_linked: principal.service_linked,
    }
}

fn organization_policies(draft: &mut Draft, principal: &Principal, guardrails: &Guardrails) -> OrganizationPolicies {
    match guardrails {
        _ if principal.service_linked => OrganizationPolicies::None,
        Guardrails::NotRead => OrganizationPolicies::NotRead,
        Guardrails::None(read) => {
            draft.saw(read);
            OrganizationPolicies::None
        }
        Guardrails::Levels(read) => {
            draft.saw(read);
            OrganizationPolicies::Applied
        }
    }
}

fn derived(
    draft: &mut Draft,
    world: &World,
    at: usize,
    principal: &Principal,
    service_control_policies: OrganizationPolicies,
) -> Derived {
    let admin = principal.power.as_ref().map(|power| power.is_admin).map_err(Clone::clone);
    let paths = admin.clone().and_then(|_| paths(&world.reach[at]));
    let latent = admin.clone().and_then(|_| latent(&world.reach[at]));
    let way = match &admin {
        Ok(true) => Ok(None),
        Ok(false) => Reach::to_admin(world, at),
        Err(error) => Err(error.clone()),
    };
    let way = way.map(|edges| edges.map(|edges| edges.into_iter().map(step).collect()));
    Derived {
        is_admin: field(draft, "derived.is_admin", admin.map(Some)),
        privesc_paths: field(draft, "derived.privesc_paths", paths.map(Some)),
        latent_paths: field(draft, "derived.latent_paths", latent.map(Some)),
        way_to_admin: field(draft, "derived.way_to_admin", way),
        attached_aws_managed: field(draft, "derived.attached_aws_managed", aws_managed(world, principal).map(Some)),
        service_control_policies,
    }
}

fn field<T>(draft: &mut Draft, path: &str, outcome: Result<Option<T>, CollectError>) -> Field<T> {
    match outcome {
        Ok(value) => value.into(),
        Err(error) => {
            draft.miss(path, &error);
            Field::Unread
        }
    }
}

fn class(answer: Answer) -> Class {
    if answer == Answer::Yes { Class::Direct } else { Class::Conditional }
}

fn step(edge: search::Edge) -> Step {
    Step { from: edge.from, to: edge.to, permissions: edge.by, class: class(edge.answer) }
}

/// The paths that work. Where none does and one may, they are unread: what works is proof enough of a failure, and what
/// may work keeps from passing.
fn paths(reach: &Reach) -> Result<Vec<Escalation>, CollectError> {
    let mut found = Vec::new();
    let mut unknown = None;
    for (path, outcome) in &reach.paths {
        match outcome {
            Outcome::Works(targets) => {
                let best = targets.values().copied().max().unwrap_or(Answer::No);
                found.push(Escalation {
                    permissions: path.name(),
                    class: class(best),
                    targets: targets.keys().take(TARGETS).cloned().collect(),
                    target_count: targets.len(),
                });
            }
            Outcome::Unknown(error) => unknown = unknown.or(Some(error)),
            Outcome::Latent => {}
        }
    }
    match unknown {
        Some(error) if found.is_empty() => Err(error.clone()),
        _ => Ok(found),
    }
}

fn latent(reach: &Reach) -> Result<Vec<String>, CollectError> {
    let mut names = Vec::new();
    for (path, outcome) in &reach.paths {
        match outcome {
            Outcome::Latent => names.push(path.name()),
            Outcome::Unknown(error) => return Err(error.clone()),
            Outcome::Works(_) => {}
        }
    }
    Ok(names)
}

fn aws_managed(world: &World, principal: &Principal) -> Result<Vec<AwsManaged>, CollectError> {
    let managed =
        principal.grants.iter().filter(|grant| !grant.inline && grant.policy.split(':').nth(4) == Some("aws"));
    let of = |policy: &String| Ok(AwsManaged { policy_arn: policy.clone(), grants_admin: world.makes_admin(policy)? });
    managed.map(|grant| of(&grant.policy)).collect()
}

#[cfg(test)]
mod tests;
