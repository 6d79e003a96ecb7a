//! Another store, with its calls counted and timed. It changes nothing of what is asked and answered.

use super::{Hold, Put, Store, StoreError};
use crate::metrics::{Metrics, StoreCall};
use bytes::Bytes;
use evidenced_schemas::statement::Retention;
use std::sync::Arc;
use std::time::Instant;

/// A store whose calls are noted.
#[derive(Debug)]
pub struct Metered {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
}

impl Metered {
    /// Around this store.
    pub fn over(store: Arc<dyn Store>, metrics: Arc<Metrics>) -> Self {
        Self { store, metrics }
    }

    async fn noted<T>(
        &self,
        call: StoreCall,
        asked: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let answer = asked.await;
        match &answer {
            Ok(_) => self.metrics.store_answered(call, began.elapsed()),
            Err(error) => self.metrics.store_failed(call, error.kind, crate::cli::exit::chain(error)),
        }
        answer
    }
}

#[async_trait::async_trait]
impl Store for Metered {
    fn url(&self) -> &str {
        self.store.url()
    }

    #[tracing::instrument(
        target = "evidenced::trace",
        name = "store.put",
        skip_all,
        err,
        fields(otel.kind = "client", evidenced.key = key, evidenced.bytes = bytes.len(), evidenced.outcome)
    )]
    async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError> {
        let put = self.noted(StoreCall::Put, self.store.put_new(key, bytes)).await?;
        self.metrics.store_put(put);
        let outcome = match put {
            Put::Stored => "stored",
            Put::Exists => "exists",
        };
        tracing::Span::current().record("evidenced.outcome", outcome);
        Ok(put)
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        self.noted(StoreCall::Get, self.store.get(key)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.noted(StoreCall::List, self.store.list(prefix)).await
    }

    async fn retention(&self) -> Result<Retention, StoreError> {
        self.noted(StoreCall::Retention, self.store.retention()).await
    }

    async fn hold(&self, key: &str) -> Result<Hold, StoreError> {
        self.noted(StoreCall::Hold, self.store.hold(key)).await
    }

    fn can_hold(&self) -> bool {
        self.store.can_hold()
    }
}
