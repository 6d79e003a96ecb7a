//! Verdicts on one resource each.

use super::judge::{Judgement, judge};
use super::{reason, value};
use crate::catalogue::Entry;
use cel::Context;
use evidenced_schemas::finding::ResourceRef;
use evidenced_schemas::{Finding, Population, Resource, ScopeId};

/// One finding for each control of the resource's type. The document is converted once for all of them.
pub(crate) fn findings(
    resource: &Resource,
    entries: &[&Entry],
    scope: &ScopeId,
    context: &Context<'_, '_>,
    into: &mut Vec<Finding>,
) {
    let mut context = context.new_inner_scope();
    context.add_variable_as_val("resource", Box::new(value::document(resource)));
    for entry in entries {
        let compiled = entry.compiled();
        let judgement = judge(entry.control(), compiled, &context, || reason::unread_of_resource(compiled, resource));
        let reference = ResourceRef {
            type_: resource.type_.clone(),
            id: resource.id.clone(),
            region: resource.region.clone(),
            sha256: resource.sha256.clone(),
        };
        into.push(finding(entry, Some(reference), scope, judgement, resource.exchanges.clone()));
    }
}

/// The finding that stands for resources which could not be listed, where there may be such.
pub(crate) fn unlisted(entry: &Entry, type_: &str, scope: &ScopeId, populations: &[Population]) -> Option<Finding> {
    let reason = reason::unlisted(type_, populations)?;
    Some(finding(entry, None, scope, Judgement::not_evaluated(reason), Vec::new()))
}

/// A finding from its parts.
pub(crate) fn finding(
    entry: &Entry,
    resource: Option<ResourceRef>,
    scope: &ScopeId,
    judgement: Judgement,
    exchanges: Vec<u64>,
) -> Finding {
    Finding {
        control: entry.control().id.clone(),
        resource,
        scope: scope.clone(),
        verdict: judgement.verdict,
        reason: judgement.reason,
        message: judgement.message,
        exchanges,
        exception: None,
    }
}
