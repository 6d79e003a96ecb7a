//! Which data accesses are logged: the audit configurations of the project and of all that is above it, together.
//!
//! A project cannot take back what is set above it: kinds of access that are logged anywhere are logged, and members that are
//! exempted anywhere are exempted.
//! Documentation: <https://cloud.google.com/logging/docs/audit/configure-data-access>.

use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::iam_policy::{AuditConfig, AuditLogConfig, IamPolicy};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// The name that stands for all services.
const ALL_SERVICES: &str = "allServices";
/// The kinds of access that a configuration can have logged.
const KINDS: [&str; 3] = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"];

/// Which data accesses are logged in the project.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct DataAccessLogs {
    /// Kinds of access that are logged for all services, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    all_services_log_types: Field<Vec<String>>,
    /// Who is left out of some log, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    exempted_members: Field<Vec<String>>,
}

type Policy = Result<Read<IamPolicy>, CollectError>;

/// The policies of all that is above the project, or why it is not known what is.
pub(super) async fn above(context: &Context) -> Vec<Policy> {
    match context.ancestry().await {
        Err(error) => vec![Err(error)],
        Ok(ancestry) => {
            let asked = ancestry.value.above.iter().map(|name| Box::pin(context.ancestor_policy(name)));
            futures::future::join_all(asked).await
        }
    }
}

/// What they say together.
pub(super) fn together(draft: &mut Draft, own: &Policy, above: &[Policy]) -> DataAccessLogs {
    let policies = || std::iter::once(own).chain(above);
    let known = |wanted: fn(&AuditConfig) -> BTreeSet<String>| {
        let configs = policies().filter_map(|policy| policy.as_ref().ok()).flat_map(|read| &read.value.audit_configs);
        configs.flat_map(wanted).collect::<BTreeSet<String>>()
    };
    let (types, exempted) = (known(types), known(exempted));
    let complete = KINDS.iter().all(|kind| types.contains(*kind));
    let whole = whole(policies());
    let listed = |set: BTreeSet<String>| Some(set.into_iter().collect::<Vec<_>>());
    // Where all kinds are logged already, what could not be read adds none.
    let of_types = match &whole {
        Err(_) if complete => Ok(Read { value: (), exchanges: exchanges(policies()), at: None }),
        other => other.clone(),
    };
    DataAccessLogs {
        all_services_log_types: draft
            .take("derived.data_access_logs.all_services_log_types", of_types.map(|read| read.map(|()| listed(types)))),
        exempted_members: draft
            .take("derived.data_access_logs.exempted_members", whole.map(|read| read.map(|()| listed(exempted)))),
    }
}

fn types(config: &AuditConfig) -> BTreeSet<String> {
    let of_all = config.service == ALL_SERVICES;
    config.audit_log_configs.iter().filter(|_| of_all).filter_map(|log| log.log_type.clone()).collect()
}

fn exempted(config: &AuditConfig) -> BTreeSet<String> {
    let members = |log: &AuditLogConfig| log.exempted_members.clone();
    config.audit_log_configs.iter().flat_map(members).collect()
}

fn whole<'a>(policies: impl Iterator<Item = &'a Policy>) -> Result<Read<()>, CollectError> {
    let mut all = Read { value: (), exchanges: vec![], at: None };
    for policy in policies {
        let read = policy.as_ref().map_err(Clone::clone)?;
        all.exchanges.extend(&read.exchanges);
        all.at = all.at.max(read.at);
    }
    Ok(all)
}

fn exchanges<'a>(policies: impl Iterator<Item = &'a Policy>) -> Vec<u64> {
    policies.filter_map(|policy| policy.as_ref().ok()).flat_map(|read| read.exchanges.clone()).collect()
}
