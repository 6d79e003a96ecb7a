//! The accounts of each job: credentials found, the account that is named, the role assumed, its regions listed, and each
//! action tried ([`super::permissions`]).

use super::{Check, Outcome, azure, gcp, permissions};
use crate::catalogue::Catalogue;
use crate::cli::exit::chain;
use crate::collect::{self, Credentials, Scope};
use crate::config::Loaded;
use crate::scopes::{Clouds, ScopesError, Target};
use evidenced_connectors::aws::organizations::whole;
use evidenced_connectors::aws::{Context, regions};
use evidenced_connectors::collection::Silent;
use evidenced_connectors::exchange::Transport;
use evidenced_schemas::config::AwsJob;
use std::sync::Arc;

/// Tries each scope of each job; without jobs the account that `collect` would read.
pub(super) async fn examine(
    loaded: &Loaded,
    catalogue: &Catalogue,
    transport: Arc<dyn Transport>,
    checks: &mut Vec<Check>,
) {
    let mut jobs: Vec<(String, Target)> =
        loaded.config.jobs.iter().map(|job| (format!("job {}", job.name), Target::of(job))).collect();
    if jobs.is_empty() {
        jobs.push(("collect".to_owned(), Target::Aws(AwsJob::default())));
    }
    for (name, target) in jobs {
        let clouds = match Clouds::over(Arc::clone(&transport), [&target]).await {
            Ok(clouds) => clouds.with_documents(loaded.documents()),
            Err(error) => {
                checks.push(Check::failed(format!("{name}, credentials"), &error));
                continue;
            }
        };
        let found = match clouds.of(&target).await {
            Ok(found) => found,
            Err(error) => {
                checks.push(Check::failed(name, &error));
                continue;
            }
        };
        for (account, error) in &found.unreachable {
            // Nothing can be done about an account that is being closed but wait.
            let outcome = match error {
                ScopesError::NotActive { .. } => Outcome::Warning,
                _ => Outcome::Failed,
            };
            checks.push(Check::new(format!("{name}, account {account}"), outcome, chain(error)));
        }
        for scope in found.scopes {
            Box::pin(of_scope(&name, scope, &transport, catalogue, checks)).await;
        }
    }
}

async fn of_scope(
    name: &str,
    scope: Scope,
    transport: &Arc<dyn Transport>,
    catalogue: &Catalogue,
    checks: &mut Vec<Check>,
) {
    let order = scope.order(collect::now(), Arc::new(Silent));
    let credentials = match scope.credentials {
        Credentials::Aws(credentials) => credentials,
        Credentials::Gcp { .. } => {
            gcp::examine(&format!("{name}, {}", scope.id), &scope, order, transport, catalogue, checks).await;
            return;
        }
        Credentials::Org { .. } => {
            checks.push(Check::ok(format!("{name}, {}", scope.id), "the organisation's own documents are files"));
            return;
        }
        Credentials::Azure { .. } => {
            azure::examine(&format!("{name}, {}", scope.id), &scope, order, transport, checks).await;
            return;
        }
    };
    if whole::is_scope(&scope.id) {
        checks.push(Check::ok(format!("{name}, {}", scope.id), "its accounts can be listed"));
        return;
    }
    let what = format!("{name}, account {}", scope.id);
    let context = Context::new(order.clone(), Arc::clone(transport), credentials.clone());
    checks.push(listed(what.clone(), &context).await);
    permissions::examine(&what, order, Arc::clone(transport), credentials, catalogue, checks).await;
}

/// An account that answers, with its regions.
async fn listed(what: String, context: &Context) -> Check {
    let regions = regions::discover(context).await;
    if let Err(error) = &regions.listed {
        let found = format!("its credentials work, and its regions cannot be listed: {}", error.sentence());
        let advice = "give the collector what `evidenced permissions --cloud aws` prints (ec2:DescribeRegions here)";
        return Check::new(what, Outcome::Failed, found).advising(advice);
    }
    let found = format!("its credentials work; regions to read: {}", regions.to_read.join(", "));
    match regions.unread.as_slice() {
        [] => Check::ok(what, found),
        unread => {
            let unread: Vec<String> = unread.iter().map(|(region, why)| format!("{region} ({why})")).collect();
            Check::new(what, Outcome::Warning, format!("{found}; not to be read: {}", unread.join(", ")))
                .advising("enable these regions or take them out of the job: each is a gap in every run")
        }
    }
}
