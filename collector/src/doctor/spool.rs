//! The spool: how much waits, and whether runs were set aside.
//!
//! A run needs it only while the store is away, so nothing that is wrong with it is a failure.

use super::{Check, Outcome};
use crate::config::Loaded;
use crate::spool::Spool;

const WHAT: &str = "spool";

/// Looks at the spool, where there is one.
pub(super) fn examine(loaded: &Loaded, checks: &mut Vec<Check>) {
    let config = &loaded.config.spool;
    let spool = Spool::new(loaded.path(&config.dir), config.max_size, &loaded.store_url());
    let dir = spool.dir().display().to_string();
    checks.push(match (spool.depth(), spool.damaged()) {
        (Err(error), _) | (_, Err(error)) => {
            let found = crate::cli::exit::chain(&error);
            Check::new(WHAT, Outcome::Warning, found).advising("without it a run is lost when the store is away")
        }
        (Ok(_), Ok(damaged)) if !damaged.is_empty() => {
            let names: Vec<String> = damaged.iter().map(|path| path.display().to_string()).collect();
            let found = format!("runs were set aside because they do not read: {}", names.join(", "));
            Check::new(WHAT, Outcome::Warning, found).advising("look at them and at the disk; then move them away")
        }
        (Ok(depth), Ok(_)) if depth.runs > 0 => {
            let found = format!(
                "{} runs wait in {dir} with {} bytes of {}, the oldest of {}",
                depth.runs,
                depth.bytes,
                config.max_size,
                depth.oldest_text()
            );
            Check::new(WHAT, Outcome::Warning, found).advising(
                "they are committed by the next `evidenced run` or `collect` once the store and the key answer",
            )
        }
        (Ok(_), Ok(_)) => Check::ok(WHAT, format!("nothing waits in {dir}; at most {} may", config.max_size)),
    });
}
