//! Progress of long work: a spinner on a terminal, log lines elsewhere.

use evidenced_connectors::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

/// A listener for one command.
pub fn listener(quiet: bool) -> Arc<dyn Progress> {
    if quiet || !std::io::stderr().is_terminal() {
        return Arc::new(Logged);
    }
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {elapsed} {prefix}: {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.enable_steady_tick(Duration::from_millis(100));
    Arc::new(Spinner(bar))
}

#[derive(Debug)]
struct Spinner(ProgressBar);

impl Progress for Spinner {
    fn step(&self, family: &str, text: &str) {
        self.0.set_prefix(family.to_owned());
        self.0.set_message(text.to_owned());
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[derive(Debug)]
struct Logged;

impl Progress for Logged {
    fn step(&self, family: &str, text: &str) {
        tracing::info!(family, "{text}");
    }
}
