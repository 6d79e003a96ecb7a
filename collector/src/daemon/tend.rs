//! Tending the spool: what waits is committed as soon as the store takes it, not only when its stream is due again.

use super::happening::Happening;
use super::{Service, sleep};
use crate::delivery;
use std::time::Duration;

/// How often the spool is looked at.
const OFTEN: Duration = Duration::from_secs(5);
/// The longest pause after failures; it is doubled for each.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Commits waiting runs until the service is stopped. Being stopped at any moment leaves each whole.
pub(super) async fn tend(service: &Service) {
    let workshop = &service.workshop;
    let Some(spool) = &workshop.spool else { return };
    let (mut pause, mut told_of) = (OFTEN, 0);
    loop {
        let outcome = tokio::select! {
            () = service.stop.gentle.cancelled() => return,
            outcome = delivery::deliver_waiting(workshop, spool) => outcome,
        };
        for (stream, warning) in &outcome.unstamped {
            tracing::warn!(%stream, "{warning}");
        }
        let depth = spool.depth().unwrap_or_default();
        workshop.metrics.spooled(depth);
        if depth.runs > told_of {
            service.tell(&Happening::SpoolGrew { depth });
        } else if depth.runs == 0 && told_of > 0 {
            service.tell(&Happening::SpoolEmptied);
        }
        told_of = depth.runs;
        match outcome.failed.first() {
            None => pause = OFTEN,
            Some(why) => {
                tracing::warn!(
                    waiting = depth.runs,
                    bytes = depth.bytes,
                    oldest = depth.oldest_text(),
                    retry_seconds = pause.as_secs(),
                    "runs wait in the spool: {why}"
                );
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        sleep(pause, &service.stop.gentle).await;
        if service.stop.gentle.is_cancelled() {
            return;
        }
    }
}
