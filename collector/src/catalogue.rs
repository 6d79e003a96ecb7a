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

/// Every file of `controls/`, as `build.rs` packs them: a line with its name, a line with its bytes' number, its text; with zstd.
const BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/controls.zst"));

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
        for (name, text) in file::packed(BUILT_IN) {
            entries.extend(file::read(&name, &text).expect("the embedded catalogue is checked by the tests"));
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
