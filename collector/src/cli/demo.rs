//! `demo`: what a newcomer sees first.

use super::exit::{CommandError, Exit};
use super::{DemoArgs, output, progress, workshop};
use crate::collect::Workshop;
use crate::config::{Keys, Loaded};
use crate::store::patient::IfAway;
use crate::verify::{VerifyOptions, verify};
use evidenced_schemas::Cloud;
use serde_json::json;

/// Runs the demo and verifies what it wrote.
///
/// # Errors
/// When the store or the key cannot be opened, or nothing could be committed.
pub async fn demo(args: DemoArgs, json: bool) -> Result<Exit, CommandError> {
    let loaded = Loaded::built_in();
    let keys = Keys { key: args.key.clone(), previous: None };
    let workshop = workshop::open(&loaded, &args.store, &keys, IfAway::Refused).await?;
    // The demo can be made again at any time: nothing of it waits.
    let workshop = Workshop { spool: None, ..workshop };
    let progress = progress::listener(json);
    let outcome = crate::demo::demo(&workshop, args.cloud.map(Cloud::from), progress.clone()).await;
    drop(progress);
    let runs = outcome.map_err(|error| CommandError::failed(&error))?;
    let options = VerifyOptions {
        keys: workshop.signer.verifiers(),
        streams: runs.iter().map(|run| run.stream.to_string()).collect(),
        now: crate::collect::now().utc(),
        ..VerifyOptions::default()
    };
    let report = verify(&*workshop.store, &options).await.map_err(|error| CommandError::failed(&error))?;
    if json {
        let verification: serde_json::Value =
            serde_json::from_str(&report.to_json()).map_err(|error| CommandError::failed(&error))?;
        output::print_json(&json!({
            "store": workshop.store.url(),
            "runs": runs.iter().map(output::finished_json).collect::<Vec<_>>(),
            "verification": verification,
        }))?;
    } else {
        output::print("Recorded clouds, made up for this demo. No account was read and no network used.\n")?;
        for run in &runs {
            output::print(&format!("\nAs of {}:\n", run.committed.statement.predicate.as_of))?;
            output::print(&output::finished(run, workshop.catalogue.controls(), workshop.store.url()))?;
        }
        output::print(&format!("\n{}\n", report.table()))?;
        output::print(&format!(
            "\nNext: {1}\n      evidenced reperform {0}\n      evidenced collect          (your own account, read-only)\n",
            args.store,
            workshop::next_verify(&args.store, &args.key)
        ))?;
    }
    Ok(if report.is_ok() { Exit::Fine } else { Exit::Unverified })
}
