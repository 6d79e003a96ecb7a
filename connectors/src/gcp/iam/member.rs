//! Who is named in a binding.
//!
//! Sources: `Binding.members` of the Resource Manager API
//! (<https://cloud.google.com/resource-manager/reference/rest/Shared.Types/Policy>) and Google's list of service agents
//! (<https://cloud.google.com/iam/docs/service-agents>). Who is in a group or a domain is not said by IAM, and not guessed here.

use schemars::JsonSchema;
use serde::Serialize;

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// `user:`, a Google account.
    User,
    /// `group:`, a Google group; its members are not visible here.
    Group,
    /// `serviceAccount:`
    ServiceAccount,
    /// `serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME]`, a service account of Kubernetes.
    KubernetesServiceAccount,
    /// `domain:`, everybody of a Workspace domain.
    Domain,
    /// `allUsers`, anybody.
    AllUsers,
    /// `allAuthenticatedUsers`, anybody with a Google account.
    AllAuthenticatedUsers,
    /// `principal://`, one identity of a pool.
    Principal,
    /// `principalSet://`, several identities of a pool, or all service accounts below a resource.
    PrincipalSet,
    /// `projectOwner:`, whoever has `roles/owner` on the project.
    ProjectOwner,
    /// `projectEditor:`
    ProjectEditor,
    /// `projectViewer:`
    ProjectViewer,
    /// Nothing that Google documents.
    Unknown,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    /// As the binding has it.
    pub(super) text: String,
    /// What it is.
    pub(super) kind: Kind,
    /// It was deleted, and the binding remains.
    pub(super) deleted: bool,
    /// What follows the kind: an address, a domain, the path of a pool.
    pub(super) name: String,
}

/// Prefixes and what they mean.
const KINDS: [(&str, Kind); 9] = [
    ("user:", Kind::User),
    ("group:", Kind::Group),
    ("serviceAccount:", Kind::ServiceAccount),
    ("domain:", Kind::Domain),
    ("principal:", Kind::Principal),
    ("principalSet:", Kind::PrincipalSet),
    ("projectOwner:", Kind::ProjectOwner),
    ("projectEditor:", Kind::ProjectEditor),
    ("projectViewer:", Kind::ProjectViewer),
];

impl Member {
    /// Reads a member; one that Google does not document is [`Kind::Unknown`].
    pub(super) fn parse(text: &str) -> Self {
        let (deleted, rest) = match text.strip_prefix("deleted:") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let found = KINDS.iter().find_map(|(prefix, kind)| Some((*kind, rest.strip_prefix(prefix)?)));
        let (kind, name) = match (rest, found) {
            ("allUsers", _) => (Kind::AllUsers, rest),
            ("allAuthenticatedUsers", _) => (Kind::AllAuthenticatedUsers, rest),
            (_, Some((Kind::ServiceAccount, name))) if name.contains(".svc.id.goog[") => {
                (Kind::KubernetesServiceAccount, name)
            }
            (_, Some(found)) => found,
            (_, None) => (Kind::Unknown, rest),
        };
        let name = if deleted { name.split("?uid=").next().unwrap_or(name) } else { name };
        Self { text: text.to_owned(), kind, deleted, name: name.to_owned() }
    }

    /// The domain of an address, or the domain itself; none for what has none.
    pub(super) fn domain(&self) -> Option<String> {
        match self.kind {
            Kind::User | Kind::Group | Kind::ServiceAccount => {
                self.name.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase())
            }
            Kind::Domain => Some(self.name.to_ascii_lowercase()),
            _ => None,
        }
    }

    /// The project of a service account, where its address tells it; an agent's is Google's.
    pub(super) fn project(&self) -> Option<String> {
        let project = match self.kind {
            Kind::ServiceAccount if self.is_service_agent() => None,
            Kind::ServiceAccount => match self.name.rsplit_once('@')? {
                (project, "appspot.gserviceaccount.com") => Some(project),
                // A project of a domain is `p.example.com`, and Google turns its id `example.com:p` around.
                (_, domain) => domain.strip_suffix(".iam.gserviceaccount.com"),
            },
            Kind::KubernetesServiceAccount => self.name.split(".svc.id.goog[").next(),
            _ => None,
        };
        project.map(str::to_owned)
    }

    /// The number of the project whose default account or builder of Cloud Build it is, where the address tells it.
    pub(super) fn project_number(&self) -> Option<&str> {
        let (local, domain) = self.name.rsplit_once('@').filter(|_| self.kind == Kind::ServiceAccount)?;
        let number = match domain {
            "developer.gserviceaccount.com" => local.strip_suffix("-compute")?,
            "cloudbuild.gserviceaccount.com" => local,
            _ => return None,
        };
        Some(number).filter(|number| is_number(number))
    }

    /// It acts for a service of Google and nobody holds its credentials.
    pub(super) fn is_service_agent(&self) -> bool {
        self.kind == Kind::ServiceAccount && self.domain().is_some_and(|domain| is_agents_domain(&domain))
    }

    /// The service account that Compute Engine or App Engine makes for a project.
    pub(super) fn is_default_account(&self) -> bool {
        self.kind == Kind::ServiceAccount && is_default_account(&self.name)
    }

    /// It comes from outside Google: an identity of a pool, or of a Kubernetes cluster.
    pub(super) fn is_federated(&self) -> bool {
        match self.kind {
            Kind::KubernetesServiceAccount => true,
            Kind::Principal | Kind::PrincipalSet => self.name.starts_with("//iam.googleapis.com/"),
            _ => false,
        }
    }

    /// It stands for more than one identity, which IAM does not list.
    pub(super) fn is_opaque(&self) -> bool {
        !matches!(
            self.kind,
            Kind::User | Kind::ServiceAccount | Kind::KubernetesServiceAccount | Kind::Principal | Kind::Unknown
        )
    }
}

/// True of the address of a service account that Compute Engine or App Engine makes for a project.
pub(super) fn is_default_account(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    match domain {
        "developer.gserviceaccount.com" => local.strip_suffix("-compute").is_some_and(is_number),
        "appspot.gserviceaccount.com" => !local.is_empty(),
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Domains of agents before Google began to name them `gcp-sa-…`. The projects behind them are Google's own.
const AGENTS: [&str; 26] = [
    "bigquery-encryption",
    "cloud-cdn-fill",
    "cloud-filer",
    "cloud-memcache-sa",
    "cloud-ml.google.com",
    "cloud-redis",
    "cloud-tpu",
    "cloudcomposer-accounts",
    "compute-system",
    "container-analysis",
    "container-engine-robot",
    "containerregistry",
    "dataflow-service-producer-prod",
    "dataproc-accounts",
    "dlp-api",
    "endpoints-portal",
    "firebase-rules",
    "gae-api-prod.google.com",
    "gcf-admin-robot",
    "gcp-gae-service",
    "genomics-api.google.com",
    "gs-project-accounts",
    "remotebuildexecution",
    "security-center-api",
    "serverless-robot-prod",
    "storage-transfer-service",
];

/// More of them, of services that act between projects.
const AGENTS_BETWEEN: [&str; 4] =
    ["firebase-sa-management", "service-consumer-management", "service-networking", "sourcerepo-service-accounts"];

fn is_agents_domain(domain: &str) -> bool {
    if domain == "cloudservices.gserviceaccount.com" {
        return true;
    }
    let Some(project) = domain.strip_suffix(".iam.gserviceaccount.com") else { return false };
    project.starts_with("gcp-sa-") || AGENTS.contains(&project) || AGENTS_BETWEEN.contains(&project)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_known() {
        for (text, kind, domain) in [
            ("user:Alice@Example.com", Kind::User, Some("example.com")),
            ("group:admins@example.com", Kind::Group, Some("example.com")),
            ("serviceAccount:a@p.iam.gserviceaccount.com", Kind::ServiceAccount, Some("p.iam.gserviceaccount.com")),
            ("serviceAccount:p.svc.id.goog[ns/app]", Kind::KubernetesServiceAccount, None),
            ("domain:example.com", Kind::Domain, Some("example.com")),
            ("allUsers", Kind::AllUsers, None),
            ("allAuthenticatedUsers", Kind::AllAuthenticatedUsers, None),
            ("principal://iam.googleapis.com/projects/1/x/subject/s", Kind::Principal, None),
            ("principalSet://iam.googleapis.com/projects/1/x/*", Kind::PrincipalSet, None),
            ("projectEditor:p", Kind::ProjectEditor, None),
            ("abcdefg", Kind::Unknown, None),
        ] {
            let member = Member::parse(text);
            assert_eq!((member.kind, member.domain().as_deref()), (kind, domain), "{text}");
            assert!(!member.deleted);
        }
    }

    #[test]
    fn the_deleted_are_told_apart() {
        let member = Member::parse("deleted:user:bob@example.com?uid=123");
        assert!(member.deleted && member.kind == Kind::User && member.name == "bob@example.com");
        let principal =
            Member::parse("deleted:principal://iam.googleapis.com/locations/global/workforcePools/p/subject/s");
        assert!(principal.deleted && principal.kind == Kind::Principal);
    }

    #[test]
    fn an_address_tells_the_project() {
        for (text, project) in [
            ("serviceAccount:a@p.iam.gserviceaccount.com", Some("p")),
            ("serviceAccount:p@appspot.gserviceaccount.com", Some("p")),
            ("serviceAccount:p.svc.id.goog[ns/app]", Some("p")),
            ("serviceAccount:1-compute@developer.gserviceaccount.com", None),
            ("serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com", None),
            ("user:a@example.com", None),
        ] {
            assert_eq!(Member::parse(text).project().as_deref(), project, "{text}");
        }
        for (text, number) in [
            ("serviceAccount:1-compute@developer.gserviceaccount.com", Some("1")),
            ("serviceAccount:1@cloudbuild.gserviceaccount.com", Some("1")),
            ("serviceAccount:1@cloudservices.gserviceaccount.com", None),
            ("user:1@cloudbuild.gserviceaccount.com", None),
        ] {
            assert_eq!(Member::parse(text).project_number(), number, "{text}");
        }
    }

    #[test]
    fn agents_are_googles_and_default_accounts_are_not() {
        let agent = |email: &str| Member::parse(&format!("serviceAccount:{email}")).is_service_agent();
        for email in [
            "service-1@gcp-sa-pubsub.iam.gserviceaccount.com",
            "1@cloudservices.gserviceaccount.com",
            "service-1@compute-system.iam.gserviceaccount.com",
            "service-1@container-engine-robot.iam.gserviceaccount.com",
            "service-1@gae-api-prod.google.com.iam.gserviceaccount.com",
        ] {
            assert!(agent(email), "{email}");
        }
        for email in [
            "1-compute@developer.gserviceaccount.com",
            "p@appspot.gserviceaccount.com",
            "1@cloudbuild.gserviceaccount.com",
            "gcp-sa-x@p.iam.gserviceaccount.com",
            "service-1@my-gcp-sa-x.iam.gserviceaccount.com",
        ] {
            assert!(!agent(email), "{email}");
        }
        assert!(
            is_default_account("1-compute@developer.gserviceaccount.com")
                && is_default_account("p@appspot.gserviceaccount.com")
        );
        assert!(
            !is_default_account("x-compute@developer.gserviceaccount.com")
                && !is_default_account("a@p.iam.gserviceaccount.com")
        );
    }
}
