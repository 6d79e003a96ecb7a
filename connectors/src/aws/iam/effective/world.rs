//! The users, roles, groups and policies of an account, as far as the stream gave them, and how strong each is.

use super::allowed::{Answer, Call, Caller, Permissions};
use super::search::Reach;
use crate::aws::iam::details::{self, Details};
use crate::aws::policy_document::{self, PolicyDocument};
use crate::document::Read;
use crate::exchange::CollectError;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail,
};
use std::collections::{BTreeMap, BTreeSet};

/// Actions by which principals are compared: granting, acting as others, reading secrets and data, hiding traces. One is
/// stronger than another when it is allowed one of them, anywhere, that the other is not.
pub(super) const STRENGTH: [&str; 28] = [
    "cloudtrail:DeleteTrail",
    "cloudtrail:StopLogging",
    "config:StopConfigurationRecorder",
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateSnapshot",
    "ec2:ModifySnapshotAttribute",
    "guardduty:DeleteDetector",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreatePolicyVersion",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:UpdateAssumeRolePolicy",
    "kms:Decrypt",
    "kms:PutKeyPolicy",
    "logs:DeleteLogGroup",
    "organizations:DetachPolicy",
    "rds:ModifyDBSnapshotAttribute",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:PutBucketPolicy",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "sts:AssumeRole",
];

/// Each of them, unlimited, lets its holder grant itself everything.
const GRANTING: [&str; 5] = [
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreatePolicyVersion",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
];

/// A user or a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Role,
}

/// A policy of a principal, and where it has it from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    /// The name of an inline policy, or the ARN of a managed one.
    pub(super) policy: String,
    /// The group, where it comes from one.
    pub(super) group: Option<String>,
    /// It is an inline policy.
    pub(super) inline: bool,
}

/// A principal of the account.
#[derive(Debug)]
pub(super) struct Principal {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) groups: Vec<String>,
    pub(super) grants: Vec<Grant>,
    pub(super) boundary: Option<String>,
    /// The role belongs to an AWS service: nobody else can assume it, and it cannot be passed.
    pub(super) service_linked: bool,
    /// An instance profile holds the role.
    pub(super) in_profile: bool,
    /// What it may do; the first cause where one of its policies could not be read.
    pub(super) power: Result<Power, CollectError>,
    /// Who may assume the role; none for a user.
    pub(super) trust: Option<Result<PolicyDocument, CollectError>>,
    pub(super) source: Read<()>,
}

/// What a principal or group may do.
#[derive(Debug)]
pub(super) struct Power {
    pub(super) permissions: Permissions,
    pub(super) is_admin: bool,
    strength: Vec<Answer>,
}

impl Power {
    fn new(permissions: Permissions) -> Self {
        let is_admin = is_admin(&permissions);
        let strength = STRENGTH.iter().map(|action| permissions.allow(&Call::somewhere(action))).collect();
        Self { permissions, is_admin, strength }
    }

    /// True when this one is allowed something that the other is not.
    pub(super) fn is_stronger_than(&self, other: &Self) -> bool {
        !other.is_admin
            && (self.is_admin
                || self.strength.iter().zip(&other.strength).any(|(a, b)| *a > Answer::No && *b == Answer::No))
    }
}

/// Every action of IAM on every resource, with at least one left by which it grants itself the rest.
fn is_admin(permissions: &Permissions) -> bool {
    let allowed = |action| permissions.allow(&Call { lenient: true, ..Call::on(action, "*") }) == Answer::Yes;
    allowed("iam:*") && GRANTING.into_iter().any(allowed)
}

/// A group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) arn: String,
    pub(super) power: Result<Power, CollectError>,
    grants: Vec<(Grant, Result<PolicyDocument, CollectError>)>,
}

/// The account.
#[derive(Debug)]
pub(super) struct World {
    pub(super) account: String,
    pub(super) principals: Vec<Principal>,
    pub(super) groups: BTreeMap<String, Group>,
    policies: Policies,
    /// Service control policies on the account, level by level; none where they are not known.
    levels: Vec<Vec<PolicyDocument>>,
    /// Why the stream was cut short.
    pub(super) cut_short: Option<CollectError>,
    /// What was worked out of who can act as whom.
    pub(super) reach: Vec<Reach>,
}

/// The managed policies of the stream, the customer's and those of AWS that are in use.
#[derive(Debug, Default)]
struct Policies {
    documents: BTreeMap<String, Result<PolicyDocument, CollectError>>,
    /// Policies with versions besides the default one.
    versioned: BTreeSet<String>,
    cut_short: Option<CollectError>,
    exchanges: Vec<u64>,
}

impl Policies {
    fn read(details: &mut Details) -> Self {
        let mut found = Self::default();
        details.each(
            "a policy",
            |page| page.policies(),
            ManagedPolicyDetail::arn,
            |policy, arn, source| {
                let text = crate::aws::iam::policy::default_version(policy);
                found.documents.insert(arn.to_owned(), parsed(text, source));
                if policy.policy_version_list().len() > 1 {
                    found.versioned.insert(arn.to_owned());
                }
            },
        );
        found.exchanges = details.pages.iter().flat_map(|page| page.exchanges.clone()).collect();
        found.cut_short.clone_from(&details.error);
        found
    }

    fn get(&self, arn: &str) -> Result<PolicyDocument, CollectError> {
        let missing = || {
            let message = format!("the document of {arn} is not in the stream");
            self.cut_short.clone().unwrap_or_else(|| details::malformed(message, self.exchanges.clone()))
        };
        self.documents.get(arn).cloned().unwrap_or_else(|| Err(missing()))
    }
}

fn parsed(text: Option<&str>, source: &Read<()>) -> Result<PolicyDocument, CollectError> {
    let text = text.ok_or_else(|| "a policy without a document".to_owned());
    let document = text.and_then(policy_document::decode).and_then(|value| PolicyDocument::from_value(&value));
    document.map_err(|message| details::malformed(message, source.exchanges.clone()))
}

type Documents = Vec<(Grant, Result<PolicyDocument, CollectError>)>;

impl World {
    /// Everything that the stream gave, within these service control policies.
    pub(super) fn read(account: &str, levels: Vec<Vec<PolicyDocument>>, details: &mut Details) -> Self {
        let policies = Policies::read(details);
        let account = account.to_owned();
        let mut world = Self {
            account,
            principals: Vec::new(),
            groups: BTreeMap::new(),
            policies,
            levels,
            cut_short: None,
            reach: Vec::new(),
        };
        details.each(
            "a group",
            |page| page.group_detail_list(),
            GroupDetail::arn,
            |group, arn, source| {
                world.group(group, arn, source);
            },
        );
        details.each(
            "a user",
            |page| page.user_detail_list(),
            UserDetail::arn,
            |user, arn, source| {
                let principal = world.user(user, arn, source);
                world.principals.push(principal);
            },
        );
        details.each(
            "a role",
            |page| page.role_detail_list(),
            RoleDetail::arn,
            |role, arn, source| {
                let principal = world.role(role, arn, source);
                world.principals.push(principal);
            },
        );
        world.cut_short.clone_from(&details.error);
        world.reach = Reach::all(&world);
        world
    }

    /// True when the policy has versions besides the default one.
    pub(super) fn has_versions(&self, policy: &str) -> bool {
        self.policies.versioned.contains(policy)
    }

    /// True when the document alone makes an administrator of whoever has it.
    pub(super) fn makes_admin(&self, policy: &str) -> Result<bool, CollectError> {
        let document = self.policies.get(policy)?;
        let caller = Caller { arn: String::new(), account: self.account.clone(), user_name: None };
        Ok(is_admin(&Permissions::new(caller, &[&document], None)))
    }

    fn documents(
        &self,
        group: Option<&str>,
        inline: &[PolicyDetail],
        attached: &[AttachedPolicy],
        source: &Read<()>,
    ) -> Documents {
        let group = group.map(str::to_owned);
        let inline = inline.iter().map(|policy| {
            let policy_name = policy.policy_name.clone().unwrap_or_default();
            (
                Grant { policy: policy_name, group: group.clone(), inline: true },
                parsed(policy.policy_document(), source),
            )
        });
        let attached = attached.iter().map(|policy| {
            let arn = policy.policy_arn.clone().unwrap_or_default();
            let document = self.policies.get(&arn);
            (Grant { policy: arn, group: group.clone(), inline: false }, document)
        });
        let mut all: Documents = inline.chain(attached).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    fn power(
        &self,
        caller: Caller,
        documents: &Documents,
        boundary: Option<&AttachedPermissionsBoundary>,
        levels: &[Vec<PolicyDocument>],
    ) -> Result<Power, CollectError> {
        let mut identity = Vec::new();
        for (_, document) in documents {
            identity.push(document.as_ref().map_err(Clone::clone)?);
        }
        let boundary =
            boundary.map(|boundary| self.policies.get(boundary.permissions_boundary_arn().unwrap_or_default()));
        let boundary = boundary.transpose()?;
        Ok(Power::new(Permissions::new(caller, &identity, boundary.as_ref()).within(levels)))
    }

    fn group(&mut self, group: &GroupDetail, arn: &str, source: &Read<()>) {
        let name = group.group_name.clone().unwrap_or_default();
        let grants = self.documents(Some(&name), group.group_policy_list(), group.attached_managed_policies(), source);
        let caller = Caller { arn: arn.to_owned(), account: self.account.clone(), user_name: None };
        let power = self.power(caller, &grants, None, &self.levels);
        self.groups.insert(name, Group { arn: arn.to_owned(), power, grants });
    }

    fn user(&self, user: &UserDetail, arn: &str, source: &Read<()>) -> Principal {
        let mut documents = self.documents(None, user.user_policy_list(), user.attached_managed_policies(), source);
        let mut groups = user.group_list().to_vec();
        groups.sort();
        let mut lost = None;
        for name in &groups {
            match self.groups.get(name) {
                Some(group) => documents.extend(group.grants.clone()),
                None => lost = Some(format!("the group {name} is not in the stream")),
            }
        }
        let name = user.user_name.clone().unwrap_or_else(|| arn.to_owned());
        let caller = Caller { arn: arn.to_owned(), account: self.account.clone(), user_name: user.user_name.clone() };
        let power = match lost {
            None => self.power(caller, &documents, user.permissions_boundary(), &self.levels),
            Some(message) => Err(self
                .policies
                .cut_short
                .clone()
                .unwrap_or_else(|| details::malformed(message, source.exchanges.clone()))),
        };
        Principal {
            arn: arn.to_owned(),
            name,
            kind: Kind::User,
            groups,
            grants: documents.into_iter().map(|(grant, _)| grant).collect(),
            boundary: boundary(user.permissions_boundary()),
            service_linked: false,
            in_profile: false,
            power,
            trust: None,
            source: source.clone(),
        }
    }

    fn role(&self, role: &RoleDetail, arn: &str, source: &Read<()>) -> Principal {
        let documents = self.documents(None, role.role_policy_list(), role.attached_managed_policies(), source);
        let caller = Caller { arn: arn.to_owned(), account: self.account.clone(), user_name: None };
        let service_linked = role.path().is_some_and(|path| path.starts_with("/aws-service-role/"));
        // Service control policies do not act on the roles of AWS services.
        let levels = if service_linked { &[] } else { self.levels.as_slice() };
        Principal {
            arn: arn.to_owned(),
            name: role.role_name.clone().unwrap_or_else(|| arn.to_owned()),
            kind: Kind::Role,
            groups: Vec::new(),
            power: self.power(caller, &documents, role.permissions_boundary(), levels),
            grants: documents.into_iter().map(|(grant, _)| grant).collect(),
            boundary: boundary(role.permissions_boundary()),
            service_linked,
            in_profile: !role.instance_profile_list().is_empty(),
            trust: Some(parsed(role.assume_role_policy_document(), source)),
            source: source.clone(),
        }
    }
}

fn boundary(boundary: Option<&AttachedPermissionsBoundary>) -> Option<String> {
    boundary.map(|boundary| boundary.permissions_boundary_arn().unwrap_or_default().to_owned())
}
