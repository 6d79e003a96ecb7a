//! `doctor`: the checklist.

use super::exit::{CommandError, Exit};
use super::{ConfigArgs, output, progress, workshop};
use crate::doctor::{self, Check, Outcome};
use serde_json::json;
use std::fmt::Write as _;

/// Tries what a run needs. Exit 1 when something of it fails.
///
/// # Errors
/// Exit 2 when the configuration cannot be read.
pub async fn doctor(args: ConfigArgs, json: bool) -> Result<Exit, CommandError> {
    let loaded = workshop::load(args.config.as_deref())?;
    let catalogue = workshop::catalogue(&loaded)?;
    workshop::policy(&loaded, &catalogue)?;
    workshop::stamper(&loaded)?;
    crate::http::Settings::of(&loaded).map_err(|error| CommandError::misused(&error))?;
    let configuration = loaded.file.as_ref().map_or_else(
        || "none is given: the built-in one is used".to_owned(),
        |file| format!("{} reads, with {} jobs", file.display(), loaded.config.jobs.len()),
    );
    let mut checks = vec![Check::ok("configuration", configuration)];
    let progress = progress::listener(json);
    checks.extend(doctor::examine(&loaded, &catalogue, &*progress).await);
    drop(progress);
    let failed = checks.iter().any(|check| check.outcome == Outcome::Failed);
    if json {
        output::print_json(&json!({"ok": !failed, "checks": checks}))?;
    } else {
        output::print(&text(&checks))?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Fine })
}

fn text(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let word = match check.outcome {
            Outcome::Ok => output::paint("ok         ", "32"),
            Outcome::NotChecked => "not checked".to_owned(),
            Outcome::Warning => output::paint("warning    ", "33"),
            Outcome::Failed => output::paint("failed     ", "31"),
        };
        let _ = writeln!(text, "{word}  {}: {}", check.what, check.found);
        if let Some(advice) = &check.advice {
            let _ = writeln!(text, "{:13}→ {advice}", "");
        }
    }
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
    let _ = writeln!(
        text,
        "\n{} checks: {} ok, {} warnings, {} failed, {} not checked",
        checks.len(),
        count(Outcome::Ok),
        count(Outcome::Warning),
        count(Outcome::Failed),
        count(Outcome::NotChecked)
    );
    text
}
