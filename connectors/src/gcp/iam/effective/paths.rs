//! Sets of permissions by which a member becomes stronger than it is, and what each must find to work.
//!
//! Facts from RhinoSecurityLabs' GCP-IAM-Privilege-Escalation and Google's permission reference; names were checked against
//! the predefined roles. What stands in the way of each is how Google's guides of the service have it:
//! - whoever attaches a service account to something needs `iam.serviceAccounts.actAs` on it
//!   (<https://cloud.google.com/iam/docs/attach-service-accounts>); so does whoever changes the metadata of a machine that has
//!   one, or logs on to it with OS Login (<https://cloud.google.com/compute/docs/connect/add-ssh-keys>,
//!   <https://cloud.google.com/compute/docs/oslogin/set-up-oslogin>). OS Login stops no start-up script, and whoever may set
//!   metadata may turn it off;
//! - an API key names a project, not an identity (<https://cloud.google.com/docs/authentication/api-keys>).

use Via::{
    Account, ApiKey, Builds, Delegation, Deploys, Guardrail, Invoker, Machine, OwnRole, Passed, Policy, Pool, Service,
};

/// One way.
#[derive(Debug)]
pub(super) struct Path {
    /// Every one of these must be allowed.
    pub(super) permissions: &'static [&'static str],
    /// What it goes through.
    pub(super) via: Via,
    /// Who described it.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is for readers"))]
    pub(super) source: &'static str,
}

/// What a path goes through. `actAs` and what else is asked of a service account is asked of the one that it goes through,
/// everything else of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// The allow policy of the project, or of a folder or the organisation above it.
    Policy,
    /// A custom role that the member has itself.
    OwnRole,
    /// Constraints of the organisation, which it may lift for the project or above.
    Guardrail,
    /// A service account that is stronger.
    Account,
    /// A service account that may make tokens of a stronger one.
    Delegation,
    /// A service account that has more of this service's permissions.
    Service(&'static str),
    /// A service account that may call one of these, where the member itself may not.
    Invoker(&'static [&'static str]),
    /// A stronger service account that may be attached.
    Passed,
    /// A stronger service account that a machine of the project has.
    Machine,
    /// The agent under which Deployment Manager deploys, where it is stronger.
    Deploys,
    /// What Cloud Build builds as: its own account of the project, or one that may be attached, where it is stronger.
    Builds,
    /// An identity of a workload identity pool of the project that is stronger.
    Pool,
    /// An API key: what it opens is not seen.
    ApiKey,
}

impl Path {
    /// Its permissions, joined by `+`: its name.
    pub(super) fn name(&self) -> String {
        self.permissions.join("+")
    }

    /// True when this path needs nothing but permissions of the other, and fewer.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        self.permissions.len() < other.permissions.len()
            && self.permissions.iter().all(|permission| other.permissions.contains(permission))
    }
}

/// The permission to attach a service account.
pub(super) const ACT_AS: &str = "iam.serviceAccounts.actAs";

const RHINO: &str = "RhinoSecurityLabs/GCP-IAM-Privilege-Escalation";
const GOOGLE: &str = "Google Cloud IAM permission reference";

const fn path(permissions: &'static [&'static str], via: Via, source: &'static str) -> Path {
    Path { permissions, via, source }
}

/// What an identity token is good for.
const CALLS: &[&str] = &["cloudfunctions.functions.invoke", "iap.webServiceVersions.accessViaIAP", "run.routes.invoke"];

/// Every path, in the order of its name.
pub(super) const PATHS: &[Path] = &[
    path(&["apikeys.keys.create"], ApiKey, RHINO),
    path(&["apikeys.keys.list"], ApiKey, RHINO),
    path(&["cloudbuild.builds.create"], Builds, RHINO),
    path(
        &[
            "cloudfunctions.functions.call",
            "cloudfunctions.functions.create",
            "cloudfunctions.functions.sourceCodeSet",
            ACT_AS,
        ],
        Passed,
        RHINO,
    ),
    path(
        &[
            "cloudfunctions.functions.create",
            "cloudfunctions.functions.setIamPolicy",
            "cloudfunctions.functions.sourceCodeSet",
            ACT_AS,
        ],
        Passed,
        RHINO,
    ),
    path(&["cloudfunctions.functions.sourceCodeSet", "cloudfunctions.functions.update", ACT_AS], Passed, RHINO),
    path(&["cloudscheduler.jobs.create", "cloudscheduler.locations.list", ACT_AS], Passed, RHINO),
    path(
        &[
            "compute.disks.create",
            "compute.instances.create",
            "compute.instances.setMetadata",
            "compute.instances.setServiceAccount",
            "compute.subnetworks.use",
            "compute.subnetworks.useExternalIp",
            ACT_AS,
        ],
        Passed,
        RHINO,
    ),
    path(&["compute.instances.osAdminLogin", ACT_AS], Machine, GOOGLE),
    path(&["compute.instances.setMetadata", ACT_AS], Machine, GOOGLE),
    path(&["compute.projects.setCommonInstanceMetadata", ACT_AS], Machine, GOOGLE),
    path(&["dataproc.clusters.create", ACT_AS], Passed, GOOGLE),
    path(&["deploymentmanager.deployments.create"], Deploys, RHINO),
    path(&["iam.roles.update"], OwnRole, RHINO),
    path(&["iam.serviceAccountKeys.create"], Account, RHINO),
    path(&["iam.serviceAccounts.getAccessToken"], Account, RHINO),
    path(&["iam.serviceAccounts.getOpenIdToken"], Invoker(CALLS), GOOGLE),
    path(&["iam.serviceAccounts.implicitDelegation"], Delegation, RHINO),
    path(&["iam.serviceAccounts.setIamPolicy"], Account, RHINO),
    path(&["iam.serviceAccounts.signBlob"], Account, RHINO),
    path(&["iam.serviceAccounts.signJwt"], Account, RHINO),
    path(&["iam.workloadIdentityPoolProviders.update"], Pool, GOOGLE),
    path(&["orgpolicy.policy.set"], Guardrail, RHINO),
    path(&["resourcemanager.folders.setIamPolicy"], Policy, RHINO),
    path(&["resourcemanager.organizations.setIamPolicy"], Policy, RHINO),
    path(&["resourcemanager.projects.setIamPolicy"], Policy, RHINO),
    path(&["run.jobs.create", "run.jobs.run", ACT_AS], Passed, GOOGLE),
    path(&["run.routes.invoke", "run.services.create", ACT_AS], Passed, RHINO),
    path(&["run.services.create", "run.services.setIamPolicy", ACT_AS], Passed, RHINO),
    path(&["storage.hmacKeys.create"], Service("storage."), RHINO),
];
