//! Whether a deny rule takes a permission from a member: no, yes, or not decidable here.
//!
//! Who is in a group, a customer or below a folder is not visible, and tags are not read: such a rule may deny.
//!
//! Source: <https://cloud.google.com/iam/docs/deny-overview> and <https://cloud.google.com/iam/docs/principal-identifiers>.

use crate::gcp::iam::member::{Kind, Member};
use crate::gcp::iam::policy::DenyRule;

/// How much of what is asked a rule covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Covers {
    /// Nothing.
    No,
    /// It may.
    Maybe,
    /// All.
    Yes,
}

/// What `projects/N/type/ServiceAccount` and the like are compared with.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The project's number.
    pub(super) number: String,
    /// Folders and the organisation above it, `folders/1`.
    pub(super) above: Vec<String>,
    /// Addresses of the project's own service accounts.
    pub(super) accounts: Vec<String>,
}

/// Whether the rule denies it.
pub(super) fn denies(rule: &DenyRule, permission: &str, member: &Member, place: &Place) -> Covers {
    let listed = |list: &[String]| list.iter().any(|pattern| names(pattern, permission));
    if !listed(&rule.denied_permissions) || listed(&rule.exception_permissions) {
        return Covers::No;
    }
    let who = |list: &[String]| list.iter().map(|principal| covers(principal, member, place)).max();
    let denied = who(&rule.denied_principals).unwrap_or(Covers::No);
    let excepted = who(&rule.exception_principals).unwrap_or(Covers::No);
    let denied = match excepted {
        Covers::Yes => Covers::No,
        Covers::Maybe => denied.min(Covers::Maybe),
        Covers::No => denied,
    };
    if rule.denial_condition.is_some() { denied.min(Covers::Maybe) } else { denied }
}

/// True when a permission of a deny rule (`iam.googleapis.com/roles.*`) names one of a role (`iam.roles.update`).
fn names(pattern: &str, permission: &str) -> bool {
    let Some((host, rest)) = pattern.split_once('/') else { return false };
    let Some(service) = host.strip_suffix(".googleapis.com") else { return false };
    let service = if service == "cloudresourcemanager" { "resourcemanager" } else { service };
    let Some((theirs, asked)) = permission.split_once('.') else { return false };
    let (Some((resource, verb)), Some((asked, act))) = (rest.rsplit_once('.'), asked.rsplit_once('.')) else {
        return false;
    };
    service == theirs && (resource == "*" || resource == asked) && (verb == "*" || verb == act)
}

/// Whether a principal of a rule, in the identifiers of IAM v2, is this member.
fn covers(principal: &str, member: &Member, place: &Place) -> Covers {
    let yes_if = |is: bool| if is { Covers::Yes } else { Covers::No };
    let maybe_if = |is: bool| if is { Covers::Maybe } else { Covers::No };
    if principal == "principalSet://goog/public:all" || principal == member.text {
        return Covers::Yes;
    }
    if let Some(email) = principal.strip_prefix("principal://goog/subject/") {
        return yes_if(member.kind == Kind::User && email.eq_ignore_ascii_case(&member.name));
    }
    if let Some(email) = principal.strip_prefix("principal://iam.googleapis.com/projects/-/serviceAccounts/") {
        return yes_if(member.kind == Kind::ServiceAccount && email.eq_ignore_ascii_case(&member.name));
    }
    if let Some(group) = principal.strip_prefix("principalSet://goog/group/") {
        let itself = member.kind == Kind::Group && group.eq_ignore_ascii_case(&member.name);
        return if itself { Covers::Yes } else { maybe_if(has_account(member)) };
    }
    if principal.starts_with("principalSet://goog/cloudIdentityCustomerId/") {
        return maybe_if(has_account(member) || member.kind == Kind::Domain);
    }
    if let Some(below) = principal.strip_prefix("principalSet://cloudresourcemanager.googleapis.com/") {
        return below_resource(below, member, place);
    }
    // A pool as a whole, or a part of it that is no subject: whether a single identity is in that part is not visible.
    match principal.strip_suffix('*') {
        Some(pool) if pool.starts_with("principalSet://iam.googleapis.com/") => {
            let pool = pool.trim_start_matches("principalSet:");
            yes_if(member.is_federated() && member.name.starts_with(pool))
        }
        _ => maybe_if(
            principal.starts_with("principalSet://iam.googleapis.com/")
                && member.is_federated()
                && pool_of(principal.trim_start_matches("principalSet:")) == pool_of(&member.name),
        ),
    }
}

fn has_account(member: &Member) -> bool {
    matches!(member.kind, Kind::User | Kind::Group | Kind::ServiceAccount)
}

/// The path of the pool of an identity.
fn pool_of(name: &str) -> &str {
    let end = ["/subject/", "/group/", "/attribute.", "/*"].iter().filter_map(|part| name.find(part)).min();
    &name[..end.unwrap_or(name.len())]
}

/// `projects/N/type/ServiceAccount`, `folders/N/type/ServiceAgent` and the like.
fn below_resource(below: &str, member: &Member, place: &Place) -> Covers {
    let Some((resource, kind)) = below.split_once("/type/") else { return Covers::Maybe };
    if member.kind != Kind::ServiceAccount {
        return Covers::No;
    }
    let agent = member.is_service_agent();
    let fits = match kind {
        "ServiceAccount" => !agent,
        "ServiceAgent" => agent,
        _ => return Covers::Maybe,
    };
    let own = place.accounts.contains(&member.name);
    let here = resource.strip_prefix("projects/").is_some_and(|number| number == place.number);
    match (fits, own) {
        (true, true) if here || place.above.iter().any(|above| above == resource) => Covers::Yes,
        // An own account is in no other project; elsewhere nobody knows.
        (true, true) | (false, _) => Covers::No,
        (true, false) => Covers::Maybe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gcp::iam_policy::Condition;

    fn place() -> Place {
        Place {
            number: "42".to_owned(),
            above: vec!["folders/7".to_owned(), "organizations/1".to_owned()],
            accounts: vec!["own@p.iam.gserviceaccount.com".to_owned()],
        }
    }

    fn rule(principals: &[&str], permissions: &[&str]) -> DenyRule {
        let all = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        DenyRule { denied_principals: all(principals), denied_permissions: all(permissions), ..DenyRule::default() }
    }

    fn whom(principal: &str, member: &str) -> Covers {
        let rule = rule(&[principal], &["iam.googleapis.com/roles.update"]);
        denies(&rule, "iam.roles.update", &Member::parse(member), &place())
    }

    #[test]
    fn permissions_are_named_in_the_second_version_s_words() {
        let denied = |pattern: &str, permission: &str| {
            denies(
                &rule(&["principalSet://goog/public:all"], &[pattern]),
                permission,
                &Member::parse("user:a@x.org"),
                &place(),
            )
        };
        assert_eq!(denied("iam.googleapis.com/roles.update", "iam.roles.update"), Covers::Yes);
        assert_eq!(denied("iam.googleapis.com/roles.*", "iam.roles.update"), Covers::Yes);
        assert_eq!(denied("iam.googleapis.com/*.*", "iam.roles.update"), Covers::Yes);
        assert_eq!(denied("iam.googleapis.com/*.update", "iam.roles.update"), Covers::Yes);
        assert_eq!(denied("iam.googleapis.com/roles.delete", "iam.roles.update"), Covers::No);
        assert_eq!(denied("run.googleapis.com/*.*", "iam.roles.update"), Covers::No);
        assert_eq!(
            denied(
                "cloudresourcemanager.googleapis.com/projects.setIamPolicy",
                "resourcemanager.projects.setIamPolicy"
            ),
            Covers::Yes
        );
    }

    #[test]
    fn principals_are_compared_with_members() {
        for (principal, member, covers) in [
            ("principalSet://goog/public:all", "user:a@x.org", Covers::Yes),
            ("principal://goog/subject/a@x.org", "user:A@x.org", Covers::Yes),
            ("principal://goog/subject/b@x.org", "user:a@x.org", Covers::No),
            ("principalSet://goog/group/g@x.org", "group:g@x.org", Covers::Yes),
            ("principalSet://goog/group/g@x.org", "user:a@x.org", Covers::Maybe),
            ("principalSet://goog/cloudIdentityCustomerId/C1", "user:a@x.org", Covers::Maybe),
            (
                "principal://iam.googleapis.com/projects/-/serviceAccounts/own@p.iam.gserviceaccount.com",
                "serviceAccount:own@p.iam.gserviceaccount.com",
                Covers::Yes,
            ),
            (
                "principalSet://cloudresourcemanager.googleapis.com/projects/42/type/ServiceAccount",
                "serviceAccount:own@p.iam.gserviceaccount.com",
                Covers::Yes,
            ),
            (
                "principalSet://cloudresourcemanager.googleapis.com/organizations/1/type/ServiceAccount",
                "serviceAccount:other@q.iam.gserviceaccount.com",
                Covers::Maybe,
            ),
            (
                "principalSet://cloudresourcemanager.googleapis.com/projects/43/type/ServiceAccount",
                "serviceAccount:own@p.iam.gserviceaccount.com",
                Covers::No,
            ),
            (
                "principalSet://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/ci/*",
                "principal://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/ci/subject/s",
                Covers::Yes,
            ),
            (
                "principalSet://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/ci/attribute.repo/r",
                "principal://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/ci/subject/s",
                Covers::Maybe,
            ),
        ] {
            assert_eq!(whom(principal, member), covers, "{principal} {member}");
        }
    }

    #[test]
    fn exceptions_and_conditions_weaken_a_rule() {
        let member = Member::parse("user:a@x.org");
        let everyone = rule(&["principalSet://goog/public:all"], &["iam.googleapis.com/roles.update"]);
        let ask = |rule: &DenyRule| denies(rule, "iam.roles.update", &member, &place());
        let but = |principal: &str| DenyRule { exception_principals: vec![principal.to_owned()], ..everyone.clone() };
        assert_eq!(ask(&but("principal://goog/subject/a@x.org")), Covers::No);
        assert_eq!(ask(&but("principalSet://goog/group/g@x.org")), Covers::Maybe);
        assert_eq!(ask(&but("principal://goog/subject/b@x.org")), Covers::Yes);
        let tags = DenyRule { denial_condition: Some(Condition::default()), ..everyone.clone() };
        assert_eq!(ask(&tags), Covers::Maybe);
        let but_this = DenyRule { exception_permissions: everyone.denied_permissions.clone(), ..everyone };
        assert_eq!(ask(&but_this), Covers::No);
    }
}
