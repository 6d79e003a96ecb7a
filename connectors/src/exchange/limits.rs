//! How many calls are under way at once, for all and for each service in each region; and how many a second where a provider
//! publishes a limit that these would go beyond.

mod pace;
mod published;

use pace::Pace;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Calls under way at once, in all.
const TOTAL: usize = 64;

/// Calls under way at once to one service in one region. Providers limit by service, account and region, so a slow
/// service must not take the places of the others. IAM's limits are the tightest: it is one global endpoint.
fn per_service(service: &str) -> usize {
    match service {
        "iam" | "account" | "sts" | "organizations" => 4,
        "cloudtrail" => 6,
        "s3" => 24,
        _ => 10,
    }
}

/// Limits of one transport, which serves one scope.
#[derive(Debug)]
pub struct Limits {
    total: Arc<Semaphore>,
    services: Mutex<HashMap<(String, String), Arc<Semaphore>>>,
    paces: Mutex<HashMap<(String, String, String), Arc<Pace>>>,
}

/// A place that is given back when dropped.
#[derive(Debug)]
pub struct Place {
    _total: OwnedSemaphorePermit,
    _service: OwnedSemaphorePermit,
    pace: Arc<Pace>,
}

impl Place {
    /// The answer was that too much is asked: the same is not asked again before this time has passed, by nobody.
    pub fn slow_down(&self, time: Duration) {
        self.pace.pause(Instant::now() + time);
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: Arc::new(Semaphore::new(TOTAL)), services: Mutex::default(), paces: Mutex::default() }
    }
}

impl Limits {
    /// Waits for a place. The service's comes first, so that waiting for it holds nobody else's.
    ///
    /// # Panics
    /// Never: the semaphores are not closed.
    pub async fn place(&self, service: &str, operation: &str, region: &str) -> Place {
        let semaphore = {
            let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (service.to_owned(), region.to_owned());
            Arc::clone(services.entry(key).or_insert_with(|| Arc::new(Semaphore::new(per_service(service)))))
        };
        let pace = self.pace(service, operation, region);
        let service = semaphore.acquire_owned().await.expect("a limit's semaphore is never closed");
        pace.turn().await;
        let total = Arc::clone(&self.total).acquire_owned().await.expect("a limit's semaphore is never closed");
        Place { _total: total, _service: service, pace }
    }

    /// Operations with one limit together share one pace; every other has its own.
    fn pace(&self, service: &str, operation: &str, region: &str) -> Arc<Pace> {
        let rate = published::rate(service, operation);
        let counted = rate.and_then(|rate| rate.together).unwrap_or(operation);
        let key = (service.to_owned(), counted.to_owned(), region.to_owned());
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(paces.entry(key).or_insert_with(|| Arc::new(Pace::new(rate))))
    }
}

#[cfg(test)]
mod tests;
