//! What a command that makes runs tells others beside them: notifications, and traces of its own work.

use super::exit::{CommandError, chain};
use crate::collect::Workshop;
use crate::config::Loaded;
use crate::daemon::happening::Observer;
use crate::metrics::Metrics;
use crate::notify::Notifier;
use crate::telemetry::{Receiver, Switch, Traces};
use evidenced_connectors::exchange::live::Wire;
use futures::future::join;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Time for notifications that are left when the runs have ended. What does not go out by then goes out after the next start.
const LAST: Duration = Duration::from_secs(5);

/// Who is told.
#[derive(Debug)]
pub struct Telling {
    notifier: Arc<Notifier>,
    receiver: Option<Receiver>,
    deployment: Option<String>,
    wire: Wire,
    metrics: Arc<Metrics>,
}

impl Telling {
    /// As a configuration says. From now on the workshop's observer hears of what happens; it is told in [`Self::beside`].
    ///
    /// # Errors
    /// Exit 2, with file, line and what to do.
    pub fn open(loaded: &Loaded, workshop: &mut Workshop, wire: &Wire) -> Result<Self, CommandError> {
        let destinations = loaded.destinations().map_err(|error| CommandError::misused(&error))?;
        let receiver = loaded.trace_receiver().map_err(|error| CommandError::misused(&error))?;
        let deployment = loaded.config.deployment.clone();
        let (spool, metrics) = (loaded.path(&loaded.config.spool.dir), Arc::clone(&workshop.metrics));
        let notifier = Notifier::new(destinations, &spool, deployment.as_deref(), wire.clone(), Arc::clone(&metrics));
        let notifier = Arc::new(notifier);
        workshop.observer = Arc::clone(&notifier) as Arc<dyn Observer>;
        Ok(Self { notifier, receiver, deployment, wire: wire.clone(), metrics })
    }

    /// Begins to send traces, where somebody receives them. That they cannot be sent is logged, and stops nothing.
    pub fn traces(&self, switch: &Switch) -> Option<Traces> {
        let receiver = self.receiver.as_ref()?;
        let (wire, metrics) = (self.wire.clone(), Arc::clone(&self.metrics));
        Traces::start(receiver, self.deployment.as_deref(), switch, wire, metrics)
            .inspect_err(|error| tracing::error!("traces cannot be sent: {}", chain(error)))
            .ok()
    }

    /// Does the work, and tells beside it what happens.
    pub async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let ended = CancellationToken::new();
        let working = async {
            let done = work.await;
            ended.cancel();
            done
        };
        join(working, self.notifier.run(&ended, LAST)).await.0
    }
}
