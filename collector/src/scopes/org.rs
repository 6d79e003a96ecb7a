//! The organisation's own documents, which are one scope: it is called as the job says, or as the deployment.

use super::{Found, ScopesError};
use crate::collect::{Credentials, Scope};
use crate::policy;
use evidenced_connectors::exchange::files::{Folder, address};
use evidenced_connectors::policy::{EXCEPTIONS, POLICY};
use evidenced_schemas::ScopeId;
use evidenced_schemas::config::OrgJob;
use evidenced_schemas::run::{Asked, Regions};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where the documents are, as the configuration names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// Where relative paths begin.
    pub folder: PathBuf,
    /// What the deployment is called.
    pub deployment: Option<String>,
    /// The policy file; the built-in policy when absent.
    pub policy: Option<String>,
    /// The file of exceptions.
    pub exceptions: Option<String>,
}

impl Documents {
    /// The one scope of a job.
    ///
    /// # Errors
    /// When it has no name, or a file has one that no address can be made of.
    pub(super) fn of(&self, job: &OrgJob) -> Result<Found, ScopesError> {
        let id = id(job, self.deployment.as_deref()).map_err(ScopesError::Name)?;
        let mut endpoints = BTreeMap::new();
        for (name, file) in [(POLICY, &self.policy), (EXCEPTIONS, &self.exceptions)] {
            let Some(file) = file else { continue };
            let path = file.strip_prefix("file://").unwrap_or(file);
            let url = address(path).map_err(|error| ScopesError::Name(format!("{name}: {file}: {error}")))?;
            endpoints.insert(name.to_owned(), url);
        }
        let asked = Asked {
            regions: Regions::default(),
            home_region: "global".to_owned(),
            endpoints,
            use_fips: false,
            use_dual_stack: false,
        };
        let folder = Some(Folder { path: self.folder.clone(), built_in: policy::BUILT_IN_FILES });
        Ok(Found { scopes: vec![Scope { id, asked, credentials: Credentials::Org { folder } }], ..Found::default() })
    }
}

/// What the organisation is called in paths.
///
/// # Errors
/// When nothing names it, or its name can be no part of a path.
pub fn id(job: &OrgJob, deployment: Option<&str>) -> Result<ScopeId, String> {
    match (&job.name, deployment) {
        (Some(name), _) => Ok(name.clone()),
        (None, Some(deployment)) => deployment.parse::<ScopeId>().map_err(|error| {
            format!("the deployment's name is the scope's, and {error}; or give it another one: `org: {{name: …}}`")
        }),
        (None, None) => Err("the organisation has no name: set `deployment`, or `org: {name: …}`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_called_as_the_job_or_the_deployment() {
        let named = OrgJob { name: Some("acme".parse().unwrap()) };
        assert_eq!(id(&named, Some("prod")).unwrap().as_str(), "acme");
        assert_eq!(id(&OrgJob::default(), Some("prod")).unwrap().as_str(), "prod");
        assert!(id(&OrgJob::default(), Some("Acme Corp")).unwrap_err().contains("`Acme Corp` is not a scope id"));
        assert!(id(&OrgJob::default(), None).unwrap_err().contains("set `deployment`"));
    }
}
