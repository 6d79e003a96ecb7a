//! A store in memory, to be read.

use bytes::Bytes;
use evidenced::store::{Hold, Put, Store, StoreError, StoreErrorKind};
use evidenced_schemas::statement::{Retention, RetentionMode};
use std::collections::BTreeMap;

/// What lies there.
#[derive(Debug, Default)]
pub struct Memory {
    objects: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// A store with these objects; of one key the last.
    pub fn of(objects: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self { objects: objects.into_iter().collect() }
    }
}

#[async_trait::async_trait]
impl Store for Memory {
    fn url(&self) -> &'static str {
        "memory"
    }

    async fn put_new(&self, key: &str, _: Bytes) -> Result<Put, StoreError> {
        Err(StoreError::new("memory", StoreErrorKind::Denied, format!("`{key}` was not written")))
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.objects.get(key).map(|bytes| super::shared(bytes)))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }

    async fn retention(&self) -> Result<Retention, StoreError> {
        Ok(Retention { mode: RetentionMode::None, days: None, reason: None })
    }

    async fn hold(&self, _: &str) -> Result<Hold, StoreError> {
        Ok(Hold::NONE)
    }
}
