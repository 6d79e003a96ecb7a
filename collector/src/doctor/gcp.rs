//! A project or organisation of Google Cloud: everything that a run reads of it is asked for once, and what is refused is named with
//! its permission.

use super::{Check, Outcome};
use crate::collect::Scope;
use evidenced_connectors::Order;
use evidenced_connectors::exchange::Transport;
use evidenced_connectors::gcp::{assets, needs, resource_types};
use evidenced_schemas::GapReason;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reads a scope and keeps nothing of it but what is missing.
pub(super) async fn examine(
    what: &str,
    scope: &Scope,
    order: Order,
    transport: &Arc<dyn Transport>,
    checks: &mut Vec<Check>,
) {
    let collected = scope.credentials.collect(order, Arc::clone(transport)).await;
    let cut_short = collected.populations.iter().filter_map(|row| {
        let reason = row.reason.as_ref().filter(|_| !row.complete)?;
        Some(format!("{}: {reason}", row.type_))
    });
    let operations = needs::operations(resource_types().map(|type_| type_.name)).into_values();
    let permissions: BTreeMap<String, &str> = operations
        .map(|operation| (format!("{}:{}", operation.service, operation.name), operation.permission))
        .collect();
    let permission = |operation: &str| permissions.get(operation).copied().unwrap_or("another permission");
    let of_gaps = collected.resources.iter().flat_map(|resource| &resource.gaps);
    let refused = of_gaps
        .filter(|gap| matches!(gap.reason, GapReason::Denied | GapReason::Unauthenticated | GapReason::NotEnabled))
        .map(|gap| format!("{} needs {}: {} ({})", gap.operation, permission(&gap.operation), gap.reason, gap.code));
    let missing: BTreeSet<String> = cut_short.chain(refused).collect();
    if missing.is_empty() {
        let types: BTreeSet<&str> = collected.populations.iter().map(|row| row.type_.as_str()).collect();
        checks.push(Check::ok(what, format!("everything of its {} resource types can be read", types.len())));
        return;
    }
    let found = format!("not everything can be read: {}", missing.into_iter().collect::<Vec<_>>().join("; "));
    let advice = format!(
        "give the collector the role that `evidenced permissions --cloud gcp` writes, and enable the services that are named in its \
         own project; {}; what stays refused is not_evaluated in every run",
        assets::REMEDY
    );
    checks.push(Check::new(what, Outcome::Warning, found).advising(advice));
}
