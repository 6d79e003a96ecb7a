//! The control catalogue: controls as data, checked before anything is judged by them.
//!
//! Controls come from files embedded in the program, from a folder of the organisation, or from a bundle that is
//! re-performed. What is loaded is right in form: expressions parse, read only what exists and call only the standard
//! library of CEL. Whether a control says the right thing is shown by its cases ([`cases`]). Nothing is judged here.

pub mod cases;
mod compiled;
#[cfg(test)]
mod contract;
mod coverage;
mod expression;
mod file;
mod parameters;

#[cfg(test)]
mod tests;

pub use cases::{CaseResult, test_cases};
pub(crate) use compiled::Compiled;
pub(crate) use expression::{Expression, Root};

use cases::Case;
use evidenced_schemas::coverage::Coverage;
use evidenced_schemas::{Cloud, Control};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The files of the built-in catalogue, one line each.
const BUILT_IN: &[(&str, &str)] = &[
    ("controls/aws/accessanalyzer.yaml", include_str!("../controls/aws/accessanalyzer.yaml")),
    ("controls/aws/account.yaml", include_str!("../controls/aws/account.yaml")),
    ("controls/aws/acm.yaml", include_str!("../controls/aws/acm.yaml")),
    ("controls/aws/backup.yaml", include_str!("../controls/aws/backup.yaml")),
    ("controls/aws/cloudfront.yaml", include_str!("../controls/aws/cloudfront.yaml")),
    ("controls/aws/cloudtrail.yaml", include_str!("../controls/aws/cloudtrail.yaml")),
    ("controls/aws/cloudwatch.yaml", include_str!("../controls/aws/cloudwatch.yaml")),
    ("controls/aws/config.yaml", include_str!("../controls/aws/config.yaml")),
    ("controls/aws/dynamodb.yaml", include_str!("../controls/aws/dynamodb.yaml")),
    ("controls/aws/ec2.yaml", include_str!("../controls/aws/ec2.yaml")),
    ("controls/aws/ecr.yaml", include_str!("../controls/aws/ecr.yaml")),
    ("controls/aws/ecs.yaml", include_str!("../controls/aws/ecs.yaml")),
    ("controls/aws/eks.yaml", include_str!("../controls/aws/eks.yaml")),
    ("controls/aws/elb.yaml", include_str!("../controls/aws/elb.yaml")),
    ("controls/aws/guardduty.yaml", include_str!("../controls/aws/guardduty.yaml")),
    ("controls/aws/iam.yaml", include_str!("../controls/aws/iam.yaml")),
    ("controls/aws/inspector2.yaml", include_str!("../controls/aws/inspector2.yaml")),
    ("controls/aws/kms.yaml", include_str!("../controls/aws/kms.yaml")),
    ("controls/aws/lambda.yaml", include_str!("../controls/aws/lambda.yaml")),
    ("controls/aws/logs.yaml", include_str!("../controls/aws/logs.yaml")),
    ("controls/aws/organizations.yaml", include_str!("../controls/aws/organizations.yaml")),
    ("controls/aws/rds.yaml", include_str!("../controls/aws/rds.yaml")),
    ("controls/aws/s3.yaml", include_str!("../controls/aws/s3.yaml")),
    ("controls/aws/secretsmanager.yaml", include_str!("../controls/aws/secretsmanager.yaml")),
    ("controls/aws/securityhub.yaml", include_str!("../controls/aws/securityhub.yaml")),
    ("controls/aws/sns.yaml", include_str!("../controls/aws/sns.yaml")),
    ("controls/aws/sqs.yaml", include_str!("../controls/aws/sqs.yaml")),
    ("controls/aws/ssm.yaml", include_str!("../controls/aws/ssm.yaml")),
    ("controls/aws/tagging.yaml", include_str!("../controls/aws/tagging.yaml")),
    ("controls/aws/wafv2.yaml", include_str!("../controls/aws/wafv2.yaml")),
    ("controls/azure/acr.yaml", include_str!("../controls/azure/acr.yaml")),
    ("controls/azure/aks.yaml", include_str!("../controls/azure/aks.yaml")),
    ("controls/azure/app.yaml", include_str!("../controls/azure/app.yaml")),
    ("controls/azure/compute.yaml", include_str!("../controls/azure/compute.yaml")),
    ("controls/azure/cosmosdb.yaml", include_str!("../controls/azure/cosmosdb.yaml")),
    ("controls/azure/defender.yaml", include_str!("../controls/azure/defender.yaml")),
    ("controls/azure/entra.yaml", include_str!("../controls/azure/entra.yaml")),
    ("controls/azure/keyvault.yaml", include_str!("../controls/azure/keyvault.yaml")),
    ("controls/azure/lighthouse.yaml", include_str!("../controls/azure/lighthouse.yaml")),
    ("controls/azure/lock.yaml", include_str!("../controls/azure/lock.yaml")),
    ("controls/azure/monitor.yaml", include_str!("../controls/azure/monitor.yaml")),
    ("controls/azure/mysql.yaml", include_str!("../controls/azure/mysql.yaml")),
    ("controls/azure/network.yaml", include_str!("../controls/azure/network.yaml")),
    ("controls/azure/policy.yaml", include_str!("../controls/azure/policy.yaml")),
    ("controls/azure/postgresql.yaml", include_str!("../controls/azure/postgresql.yaml")),
    ("controls/azure/rbac.yaml", include_str!("../controls/azure/rbac.yaml")),
    ("controls/azure/recovery.yaml", include_str!("../controls/azure/recovery.yaml")),
    ("controls/azure/redis.yaml", include_str!("../controls/azure/redis.yaml")),
    ("controls/azure/sql.yaml", include_str!("../controls/azure/sql.yaml")),
    ("controls/azure/storage.yaml", include_str!("../controls/azure/storage.yaml")),
    ("controls/azure/tagging.yaml", include_str!("../controls/azure/tagging.yaml")),
    ("controls/gcp/iam.yaml", include_str!("../controls/gcp/iam.yaml")),
    ("controls/gcp/logging.yaml", include_str!("../controls/gcp/logging.yaml")),
    ("controls/gcp/monitoring.yaml", include_str!("../controls/gcp/monitoring.yaml")),
    ("controls/gcp/organization.yaml", include_str!("../controls/gcp/organization.yaml")),
    ("controls/gcp/project.yaml", include_str!("../controls/gcp/project.yaml")),
    ("controls/gcp/apikeys.yaml", include_str!("../controls/gcp/apikeys.yaml")),
    ("controls/gcp/artifactregistry.yaml", include_str!("../controls/gcp/artifactregistry.yaml")),
    ("controls/gcp/bigquery.yaml", include_str!("../controls/gcp/bigquery.yaml")),
    ("controls/gcp/kms.yaml", include_str!("../controls/gcp/kms.yaml")),
    ("controls/gcp/labels.yaml", include_str!("../controls/gcp/labels.yaml")),
    ("controls/gcp/secretmanager.yaml", include_str!("../controls/gcp/secretmanager.yaml")),
    ("controls/gcp/sql.yaml", include_str!("../controls/gcp/sql.yaml")),
    ("controls/gcp/compute.yaml", include_str!("../controls/gcp/compute.yaml")),
    ("controls/gcp/dns.yaml", include_str!("../controls/gcp/dns.yaml")),
    ("controls/gcp/gke.yaml", include_str!("../controls/gcp/gke.yaml")),
    ("controls/gcp/pubsub.yaml", include_str!("../controls/gcp/pubsub.yaml")),
    ("controls/gcp/run.yaml", include_str!("../controls/gcp/run.yaml")),
    ("controls/gcp/storage.yaml", include_str!("../controls/gcp/storage.yaml")),
    ("controls/org/exceptions.yaml", include_str!("../controls/org/exceptions.yaml")),
    ("controls/org/policy.yaml", include_str!("../controls/org/policy.yaml")),
    ("controls/org/vendor.yaml", include_str!("../controls/org/vendor.yaml")),
];

/// Something wrong in the catalogue or in what was asked of it: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", .line.map_or_else(|| format!("{file}: "), |line| format!("{file}:{line}: ")))]
pub struct CatalogueError {
    /// The file, or the part of the configuration.
    pub file: String,
    /// The line in it, from 1, where there is one.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub what: String,
}

/// One control with what is needed to judge and to test it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    control: Control,
    compiled: Compiled,
    cases: Vec<Case>,
    file: String,
    line: Option<u64>,
}

impl Entry {
    /// The control, its parameters with their values.
    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    /// Its expressions and parameters, ready for evaluation.
    pub(crate) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// Its cases.
    #[cfg(test)]
    pub(crate) fn cases(&self) -> &[Case] {
        &self.cases
    }
}

/// Controls that are checked and ready, sorted by id.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
    controls: Vec<Control>,
}

impl Catalogue {
    /// The controls that come with the program, with the default of each parameter.
    ///
    /// # Panics
    /// Never in a build that passed its tests: the embedded files are checked there.
    pub fn built_in() -> Self {
        let mut entries = Vec::new();
        for (name, text) in BUILT_IN {
            entries.extend(file::read(name, text).expect("the embedded catalogue is checked by the tests"));
        }
        Self::from_entries(entries).expect("the embedded catalogue is checked by the tests")
    }

    /// A catalogue without controls, to test a folder on its own.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Adds every `*.yaml` and `*.yml` file of a folder and of the folders in it.
    ///
    /// # Errors
    /// The first thing that is wrong, with file and line; an id that is there already; a folder without control files.
    pub fn with_dir(self, path: &Path) -> Result<Self, CatalogueError> {
        file::texts(path)?.into_iter().try_fold(self, |catalogue, (name, text)| catalogue.with_file(&name, &text))
    }

    /// Adds the text of one control file.
    ///
    /// # Errors
    /// The first thing that is wrong, with the file's name and the line; an id that is there already.
    pub fn with_file(self, name: &str, text: &str) -> Result<Self, CatalogueError> {
        let mut entries = self.entries;
        entries.extend(file::read(name, text)?);
        Self::from_entries(entries)
    }

    /// Sets parameters: `names` for every control that has a parameter of that name, `overrides` by control id over
    /// those.
    ///
    /// # Errors
    /// A name or an id that does not exist, with those that do; a value of another type.
    pub fn with_parameters(
        self,
        names: &BTreeMap<String, Value>,
        overrides: &BTreeMap<String, BTreeMap<String, Value>>,
    ) -> Result<Self, CatalogueError> {
        Self::from_entries(parameters::apply(self.entries, names, overrides)?)
    }

    /// The controls of a bundle, as they were evaluated.
    ///
    /// # Errors
    /// A control that does not meet the catalogue's rules, or a parameter without its value.
    pub fn from_bundle(controls: Vec<Control>) -> Result<Self, CatalogueError> {
        let entries = controls.into_iter().map(|control| {
            let error = |what: String| CatalogueError { file: "catalogue.json".to_owned(), line: None, what };
            if let Some((name, _)) = control.params.iter().find(|(_, param)| param.value.is_none()) {
                return Err(error(format!("{}: parameter `{name}` has no `value`", control.id)));
            }
            let compiled = Compiled::new(&control)
                .map_err(|problem| error(format!("{}: `{}` {}", control.id, problem.key, problem.what)))?;
            Ok(Entry { control, compiled, cases: Vec::new(), file: "catalogue.json".to_owned(), line: None })
        });
        Self::from_entries(entries.collect::<Result<_, _>>()?)
    }

    fn from_entries(mut entries: Vec<Entry>) -> Result<Self, CatalogueError> {
        entries.sort_by(|a, b| a.control.id.cmp(&b.control.id));
        if let Some([first, second]) = entries.array_windows().find(|[a, b]| a.control.id == b.control.id) {
            let place = first.line.map_or_else(|| first.file.clone(), |line| format!("{}:{line}", first.file));
            return Err(CatalogueError {
                file: second.file.clone(),
                line: second.line,
                what: format!(
                    "`{}` is defined already, in {place}: give this control an id of its own",
                    second.control.id
                ),
            });
        }
        let controls = entries.iter().map(|entry| entry.control.clone()).collect();
        Ok(Self { entries, controls })
    }

    /// The controls, sorted by id, with the value in force in each parameter.
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// The controls of a cloud: those that a run of it is judged by, which its bundle holds.
    pub fn of_cloud(&self, cloud: Cloud) -> Vec<Control> {
        let prefix = format!("{cloud}.");
        self.controls().iter().filter(|control| control.id.starts_with(&prefix)).cloned().collect()
    }

    /// A control by id.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }

    /// Which criteria and principles the controls stand for; all 61 and all five are listed.
    pub fn coverage(&self) -> Coverage {
        coverage::of(&self.controls)
    }

    /// Controls with what evaluation needs of them.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
