//! One verdict over whole populations.

use super::judge::{Judgement, judge};
use super::{reason, value};
use crate::catalogue::Entry;
use cel::Context;
use cel::common::types::CelList;
use cel::common::value::Val;
use evidenced_schemas::control::{Control, Holds, Verdict};
use evidenced_schemas::{Finding, Population, Resource, ScopeId};
use std::collections::BTreeMap;
use value::{Keys, Object};

/// The finding of a scope control. A type of which no population was collected is a missing key of `all`.
pub(crate) fn finding(
    entry: &Entry,
    scope: &ScopeId,
    context: &Context<'_, '_>,
    resources: &[Resource],
    populations: &[Population],
) -> Finding {
    let control = entry.control();
    let mut documents: Vec<&Resource> =
        resources.iter().filter(|resource| control.populations.contains_key(&resource.type_)).collect();
    documents.sort_by_key(|resource| resource.sort_key());
    let mut context = context.new_inner_scope();
    context.add_variable_as_val("all", Box::new(all(control, &documents, populations)));
    let compiled = entry.compiled();
    let unread = || {
        let lists = control.populations.keys().filter_map(|type_| reason::unlisted(type_, populations));
        let reasons: Vec<String> = lists.chain(reason::unread_of_scope(compiled, &documents)).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    };
    let judgement = stand(control, populations, judge(control, compiled, &context, unread));
    let mut exchanges: Vec<u64> = documents.iter().flat_map(|document| document.exchanges.iter().copied()).collect();
    exchanges.sort_unstable();
    exchanges.dedup();
    super::resource::finding(entry, None, scope, judgement, exchanges)
}

/// The variable `all`.
fn all(control: &Control, documents: &[&Resource], populations: &[Population]) -> Object {
    let collected = |type_: &str| populations.iter().any(|row| row.type_ == type_);
    let mut lists: BTreeMap<String, Box<dyn Val>> = BTreeMap::new();
    for type_ in control.populations.keys().filter(|type_| collected(type_)) {
        let of_type = documents.iter().filter(|document| document.type_ == *type_);
        let values: Vec<Box<dyn Val>> =
            of_type.map(|document| -> Box<dyn Val> { Box::new(value::document(document)) }).collect();
        lists.insert(type_.clone(), Box::new(CelList::from(values)));
    }
    Object::new(lists, Keys::Closed)
}

/// What stands of a verdict where a population was cut short: with `any`, further resources could turn a fail into a
/// pass, with `every` a pass into a fail, and with either a `not_applicable` into something else.
fn stand(control: &Control, populations: &[Population], judgement: Judgement) -> Judgement {
    let mut falls = Vec::new();
    for (type_, holds) in &control.populations {
        let shaken = match (judgement.verdict, holds) {
            (Verdict::Pass, Holds::Every) | (Verdict::Fail, Holds::Any) | (Verdict::NotApplicable, _) => true,
            (Verdict::Pass | Verdict::Fail | Verdict::NotEvaluated, _) => false,
        };
        if shaken {
            falls.extend(reason::unlisted(type_, populations));
        }
    }
    if falls.is_empty() { judgement } else { Judgement::not_evaluated(falls.join("; ")) }
}
