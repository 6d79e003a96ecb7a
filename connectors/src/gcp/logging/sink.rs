//! Sinks: where log entries of a project go, by its own sinks and by those of what is above it.
//!
//! An aggregated sink of a folder or an organisation (`includeChildren`) routes the entries of every project below.
//! Documentation: <https://cloud.google.com/logging/docs/export/aggregated_sinks>.

use crate::document::Read;
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::listing;
use crate::gcp::operation::{Items, Operation, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `projects.sinks.list`.
pub(in crate::gcp) static OF_PROJECT: Operation = Operation {
    service: super::SERVICE,
    name: "logging.projects.sinks.list",
    permission: "logging.sinks.list",
    request: Request::Get("v2/projects/{project}/sinks?pageSize=1000"),
    items: Items::In("sinks"),
    shared: true,
    docs: "https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks/list",
    ..Operation::PLAIN
};

/// `folders.sinks.list`.
pub(in crate::gcp) static OF_FOLDER: Operation = Operation {
    name: "logging.folders.sinks.list",
    request: Request::Get("v2/{ancestor}/sinks?pageSize=1000"),
    docs: "https://cloud.google.com/logging/docs/reference/v2/rest/v2/folders.sinks/list",
    ..OF_PROJECT
};

/// `organizations.sinks.list`.
pub(in crate::gcp) static OF_ORGANIZATION: Operation = Operation {
    name: "logging.organizations.sinks.list",
    docs: "https://cloud.google.com/logging/docs/reference/v2/rest/v2/organizations.sinks/list",
    ..OF_FOLDER
};

/// A sink.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Sink {
    /// What it is set on: `projects/<id>`, `folders/<number>`, `organizations/<number>`.
    #[serde(default)]
    pub(in crate::gcp) parent: String,
    /// Its name there.
    pub(in crate::gcp) name: String,
    /// Where entries go: `storage.googleapis.com/<bucket>`, `logging.googleapis.com/projects/<id>/locations/<place>/buckets/<id>`,
    /// `bigquery.googleapis.com/…`, `pubsub.googleapis.com/…`.
    #[serde(default)]
    pub(in crate::gcp) destination: String,
    /// Which entries go there; null for all.
    #[serde(default)]
    pub(in crate::gcp) filter: Option<String>,
    /// True for a sink that is switched off; null is false.
    #[serde(default)]
    pub(in crate::gcp) disabled: Option<bool>,
    /// Of a folder or organisation: entries of all that is below it too. Null is false.
    #[serde(default)]
    pub(in crate::gcp) include_children: Option<bool>,
    /// Entries that are left out; null for none.
    #[serde(default)]
    pub(in crate::gcp) exclusions: Option<Vec<Exclusion>>,
}

/// Entries that a sink leaves out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Exclusion {
    /// Its name.
    #[serde(default)]
    pub(in crate::gcp) name: Option<String>,
    /// Which entries.
    #[serde(default)]
    pub(in crate::gcp) filter: Option<String>,
    /// True for an exclusion that is switched off; null is false.
    #[serde(default)]
    pub(in crate::gcp) disabled: Option<bool>,
}

impl Sink {
    /// It is switched on.
    pub(in crate::gcp) fn is_on(&self) -> bool {
        self.disabled != Some(true)
    }

    /// Every entry goes to its destination: it is on, and neither a filter nor an exclusion keeps one back.
    pub(in crate::gcp) fn exports_all(&self) -> bool {
        let nothing_out = self.exclusions.iter().flatten().all(|exclusion| exclusion.disabled == Some(true));
        self.is_on() && nothing_out && self.filter.as_deref().unwrap_or_default().trim().is_empty()
    }

    /// Where it is: `organizations/1/sinks/all`.
    pub(in crate::gcp) fn path(&self) -> String {
        format!("{}/sinks/{}", self.parent, self.name)
    }
}

/// The sinks of one of the things that route a project's entries.
pub(in crate::gcp) type Level = Result<Read<Vec<Sink>>, CollectError>;

/// Every sink through which entries of the project go.
#[derive(Clone, Debug)]
pub(in crate::gcp) struct Sinks {
    /// Its own.
    pub(in crate::gcp) own: Level,
    /// Those above it that include what is below them: one a folder and one the organisation, or why it is not known what
    /// is above.
    pub(in crate::gcp) above: Vec<Level>,
}

impl Sinks {
    /// Those that could be read.
    pub(in crate::gcp) fn known(&self) -> impl Iterator<Item = &Sink> {
        self.levels().filter_map(|level| level.as_ref().ok()).flat_map(|read| &read.value)
    }

    /// All of them.
    ///
    /// # Errors
    /// Where one level could not be read.
    pub(in crate::gcp) fn whole(&self) -> Result<Read<Vec<Sink>>, CollectError> {
        whole(self.levels())
    }

    /// All of those above the project.
    ///
    /// # Errors
    /// Where one level could not be read.
    pub(in crate::gcp) fn aggregated(&self) -> Result<Read<Vec<Sink>>, CollectError> {
        whole(self.above.iter())
    }

    /// What holds for at least one sink: known to be true from what was read, and to be false only where all was.
    ///
    /// # Errors
    /// Where it is not known.
    pub(in crate::gcp) fn found(&self, wanted: impl Fn(&Sink) -> bool) -> Result<Read<Vec<String>>, CollectError> {
        let mut found: Vec<String> = self.known().filter(|sink| wanted(sink)).map(Sink::path).collect();
        found.sort();
        if found.is_empty() {
            return self.whole().map(|read| read.map(|_| found));
        }
        let mut all = Read { value: found, exchanges: vec![], at: None };
        for read in self.levels().filter_map(|level| level.as_ref().ok()) {
            all.exchanges.extend(&read.exchanges);
            all.at = all.at.max(read.at);
        }
        Ok(all)
    }

    fn levels(&self) -> impl Iterator<Item = &Level> {
        std::iter::once(&self.own).chain(&self.above)
    }
}

fn whole<'a>(levels: impl Iterator<Item = &'a Level>) -> Result<Read<Vec<Sink>>, CollectError> {
    let mut all = Read { value: Vec::new(), exchanges: vec![], at: None };
    for level in levels {
        let read = level.clone()?;
        all.value.extend(read.value);
        all.exchanges.extend(read.exchanges);
        all.at = all.at.max(read.at);
    }
    all.value.sort();
    Ok(all)
}

impl Context {
    /// Every sink through which entries of the project go.
    pub(in crate::gcp) async fn sinks(&self) -> Sinks {
        let (own, above) = futures::join!(self.sinks_of(""), self.sinks_above());
        Sinks { own, above }
    }

    async fn sinks_above(&self) -> Vec<Level> {
        match self.ancestry().await {
            Err(error) => vec![Err(error)],
            Ok(ancestry) => {
                let levels = ancestry.value.above.iter().map(|ancestor| Box::pin(self.sinks_of(ancestor)));
                futures::future::join_all(levels).await
            }
        }
    }

    /// The sinks of an ancestor that include what is below it; all of the project's own for none.
    async fn sinks_of(&self, ancestor: &str) -> Level {
        let operation = match ancestor.split('/').next() {
            Some("folders") => &OF_FOLDER,
            Some("organizations") => &OF_ORGANIZATION,
            _ => &OF_PROJECT,
        };
        let own = format!("projects/{}", self.project());
        let parent = if ancestor.is_empty() { own.as_str() } else { ancestor };
        let read = listing::whole::<Sink>(self, operation, &[("ancestor", parent)], &Value::Null).await?;
        Ok(read.map(|sinks| {
            let here = |sink: Sink| Sink { parent: parent.to_owned(), ..sink };
            let reaches = |sink: &Sink| ancestor.is_empty() || sink.include_children == Some(true);
            let mut sinks: Vec<Sink> = sinks.into_iter().filter(reaches).map(here).collect();
            sinks.sort();
            sinks
        }))
    }
}
