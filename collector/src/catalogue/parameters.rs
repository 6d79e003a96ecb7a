//! Values of parameters from the configuration.

use super::compiled::{Compiled, describe, fits};
use super::{CatalogueError, Entry};
use evidenced_schemas::Control;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Sets values in every entry they concern.
pub(super) fn apply(
    mut entries: Vec<Entry>,
    names: &BTreeMap<String, Value>,
    overrides: &BTreeMap<String, BTreeMap<String, Value>>,
) -> Result<Vec<Entry>, CatalogueError> {
    for (name, value) in names {
        let mut found = false;
        for entry in entries.iter_mut().filter(|entry| entry.control.params.contains_key(name)) {
            set(&mut entry.control, name, value).map_err(|what| refuse(format!("parameters.{name}"), what))?;
            found = true;
        }
        if !found {
            let known: BTreeSet<&str> =
                entries.iter().flat_map(|entry| entry.control.params.keys().map(String::as_str)).collect();
            let what = format!("no control has such a parameter; there are {}", listed(known));
            return Err(refuse(format!("parameters.{name}"), what));
        }
    }
    for (id, values) in overrides {
        let Some(entry) = entries.iter_mut().find(|entry| entry.control.id == *id) else {
            let known = entries.iter().filter(|entry| !entry.control.params.is_empty());
            let what = format!(
                "there is no control of this id; those with parameters are {}",
                listed(known.map(|entry| entry.control.id.as_str()))
            );
            return Err(refuse(format!("overrides.{id}"), what));
        };
        for (name, value) in values {
            set(&mut entry.control, name, value).map_err(|what| refuse(format!("overrides.{id}.{name}"), what))?;
        }
    }
    for entry in &mut entries {
        entry.compiled = Compiled::with_programs(&entry.control, entry.compiled.programs.clone());
    }
    Ok(entries)
}

/// Sets one value.
///
/// # Errors
/// The control has no such parameter, or the value is of another type.
pub(super) fn set(control: &mut Control, name: &str, value: &Value) -> Result<(), String> {
    let known = listed(control.params.keys().map(String::as_str));
    let Some(param) = control.params.get_mut(name) else {
        return Err(format!("`{}` has no parameter `{name}`; it has {known}", control.id));
    };
    if !fits(param.type_, value) {
        return Err(format!("`{name}` is {value}, and must be {}", describe(param.type_)));
    }
    param.value = Some(value.clone());
    Ok(())
}

fn refuse(file: String, what: String) -> CatalogueError {
    CatalogueError { file, line: None, what }
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
