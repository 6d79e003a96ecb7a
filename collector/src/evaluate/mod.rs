//! Verdicts: documents and populations in, findings out.
//!
//! It does no I/O, reads no clock and knows no cloud. One rule stands above all: what could not be read never becomes a
//! pass, and never loses its row. Exceptions are attached elsewhere, since they never change a verdict.

mod judge;
mod reason;
mod resource;
mod scope;
pub(crate) mod value;

#[cfg(test)]
mod tests;

use crate::catalogue::{Catalogue, Entry};
use cel::common::types::{CelString, CelTimestamp};
use cel::common::value::Val;
use cel::{Context, Env};
use evidenced_connectors::declaration::Reach;
use evidenced_schemas::id::Above;
use evidenced_schemas::{Cloud, Finding, Instant, Population, Resource, ScopeId};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use value::{Keys, Object};

/// The standard library, built once.
static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Judges every document by every control of its type, and every scope control once.
///
/// A resource control whose population is not whole gets one more finding, without a resource, that says so: the
/// resources that were not listed are in no other row. Findings come back in the order of [`Finding::sort_key`].
pub fn evaluate(
    catalogue: &Catalogue,
    cloud: Cloud,
    scope: &ScopeId,
    as_of: Instant,
    resources: &[Resource],
    populations: &[Population],
) -> Vec<Finding> {
    let mut context = Context::with_env(STANDARD.clone());
    context.add_variable_as_val("as_of", Box::new(CelTimestamp::from(as_of.utc().fixed_offset())));
    context.add_variable_as_val("scope", Box::new(scope_variable(cloud, scope)));
    let prefix = format!("{cloud}.");
    let mut findings = Vec::new();
    let mut by_type: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in catalogue.entries() {
        let control = entry.control();
        match (&control.resource, &control.scope) {
            (Some(type_), _) if type_.starts_with(&prefix) && concerns(scope, type_, populations) => {
                by_type.entry(type_.as_str()).or_default().push(entry);
                findings.extend(resource::unlisted(entry, type_, scope, populations));
            }
            (_, Some(type_)) if type_.starts_with(&prefix) && concerns(scope, type_, populations) => {
                findings.push(scope::finding(entry, scope, &context, resources, populations));
            }
            _ => {}
        }
    }
    for resource in resources {
        if let Some(entries) = by_type.get(resource.type_.as_str()) {
            resource::findings(resource, entries, scope, &context, &mut findings);
        }
    }
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    findings
}

/// True when a control on this type speaks of this scope. An account, a subscription or a project is asked everything: a type
/// of which nothing was collected there keeps its row, but for those that only a run of what stands above them reads
/// ([`Reach::Organization`]). What stands above them has its kind in its name (`organization-…`), and is asked about those
/// types, and about those that were collected.
pub(crate) fn concerns(scope: &ScopeId, type_: &str, populations: &[Population]) -> bool {
    let is_above_accounts = evidenced_connectors::reach(type_) == Some(Reach::Organization);
    let was_collected = || populations.iter().any(|population| population.type_ == type_);
    match scope.above() {
        None => !is_above_accounts,
        Some(Above::Whole) => is_above_accounts || was_collected(),
        Some(Above::Part) => was_collected(),
    }
}

/// The variable `scope`.
fn scope_variable(cloud: Cloud, scope: &ScopeId) -> Object {
    let text = |text: &str| -> Box<dyn Val> { Box::new(CelString::from(text.to_owned())) };
    let entries = [("id".to_owned(), text(scope.as_str())), ("cloud".to_owned(), text(cloud.as_str()))];
    Object::new(entries.into(), Keys::Closed)
}
