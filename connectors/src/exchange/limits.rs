//! How many calls are under way at once: for all, and for each service in each region.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Calls under way at once, in all.
const TOTAL: usize = 64;

/// Calls under way at once to one service in one region. Providers limit by service, account and region, so a slow
/// service must not take the places of the others. IAM's limits are the tightest: it is one global endpoint.
fn per_service(service: &str) -> usize {
    match service {
        "iam" | "account" | "sts" => 4,
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
}

/// A place that is given back when dropped.
#[derive(Debug)]
pub struct Place {
    _total: OwnedSemaphorePermit,
    _service: OwnedSemaphorePermit,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: Arc::new(Semaphore::new(TOTAL)), services: Mutex::new(HashMap::new()) }
    }
}

impl Limits {
    /// Waits for a place. The service's comes first, so that waiting for it holds nobody else's.
    ///
    /// # Panics
    /// Never: the semaphores are not closed.
    pub async fn place(&self, service: &str, region: &str) -> Place {
        let semaphore = {
            let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (service.to_owned(), region.to_owned());
            Arc::clone(services.entry(key).or_insert_with(|| Arc::new(Semaphore::new(per_service(service)))))
        };
        let service = semaphore.acquire_owned().await.expect("a limit's semaphore is never closed");
        let total = Arc::clone(&self.total).acquire_owned().await.expect("a limit's semaphore is never closed");
        Place { _total: total, _service: service }
    }
}
