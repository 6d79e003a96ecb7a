//! What a run cost: calls, bytes, retries, time, CPU, peak memory.

use evidenced_connectors::exchange::live::Meter;
use evidenced_schemas::statement::Cost;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::time::Instant;

/// Measures from its making.
#[derive(Debug)]
pub struct Stopwatch {
    started: Instant,
    cpu: f64,
}

impl Stopwatch {
    /// Starts.
    pub fn start() -> Self {
        Self { started: Instant::now(), cpu: usage().map_or(0.0, |usage| cpu_seconds(&usage)) }
    }

    /// The cost so far. Several runs at once share the process's CPU time and memory: the figures are the process's.
    pub fn cost(&self, meter: &Meter) -> Cost {
        let usage = usage();
        Cost {
            calls: meter.calls(),
            retries: meter.retries(),
            bytes: meter.bytes(),
            seconds: rounded(self.started.elapsed().as_secs_f64()),
            cpu_seconds: rounded(usage.as_ref().map_or(0.0, |usage| cpu_seconds(usage) - self.cpu)),
            peak_memory_bytes: usage.map_or(0, |usage| u64::try_from(usage.max_rss()).unwrap_or(0) * 1024),
        }
    }
}

fn usage() -> Option<Usage> {
    getrusage(UsageWho::RUSAGE_SELF).ok()
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of CPU time fit a double for 285 years")]
fn cpu_seconds(usage: &Usage) -> f64 {
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6
}

/// Milliseconds are as fine as these figures mean anything.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
