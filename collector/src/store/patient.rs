//! A store that is away now and then: opened when it answers, and not asked again at once when it does not.
//!
//! Whoever works without the store for a while (the service, whose runs wait in the spool) must not wait for a network
//! that is gone at every step. So while a store is away, each call fails at once with [`StoreErrorKind::Unavailable`], and
//! one call in a while finds out whether it is back. Only opening and listing say that a store is away: listing is
//! what everything begins with, and a single object that fails says nothing of the others. It deliberately retries
//! nothing: that is the transport's business.

use super::{Access, Hold, Put, Store, StoreError, StoreErrorKind, write_once};
use bytes::Bytes;
use evidenced_schemas::config::RetentionDays;
use evidenced_schemas::statement::Retention;
use futures::future::BoxFuture;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// For how long a store that did not answer is left alone at first; doubled each time, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest time that a store is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How long a store that is not open, or was away, may take to answer: a network that swallows everything would otherwise
/// hold up the runs of a service for as long as the transport asks again.
const PATIENCE: Duration = Duration::from_secs(30);

type Open = Box<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Store>, StoreError>> + Send + Sync>;

/// A store around another, which may not be there yet.
pub struct Patient {
    url: String,
    open: Open,
    first_pause: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    store: Option<Arc<dyn Store>>,
    away: Option<Away>,
}

/// A store that did not answer.
struct Away {
    until: Instant,
    pause: Duration,
    what: String,
}

impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patient").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What opening a store does about one that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfAway {
    /// It is opened when it answers.
    Waits,
    /// It is an error.
    Refused,
}

/// Opens a store for the collector, which must protect new objects as is required; that is asked whenever it is opened.
///
/// # Errors
/// For a store that is not there, refuses, or protects less: waiting would not help. With [`IfAway::Refused`] also for one
/// that does not answer.
pub async fn open(url: &str, required: Option<RetentionDays>, away: IfAway) -> Result<Arc<dyn Store>, StoreError> {
    let owned = url.to_owned();
    let again: Open = Box::new(move || {
        let url = owned.clone();
        Box::pin(async move {
            let store = super::open(&url, Access::Write).await?;
            write_once::check(&*store, required).await?;
            Ok(store)
        })
    });
    let patient = Patient::new(url, again, FIRST_PAUSE);
    match patient.store().await {
        Ok(_) => {}
        Err(error) if error.kind == StoreErrorKind::Unavailable && away == IfAway::Waits => {
            let why = crate::cli::exit::chain(&error);
            tracing::warn!(store = url, "the store does not answer; runs wait in the spool until it does: {why}");
        }
        Err(error) => return Err(error),
    }
    Ok(Arc::new(patient))
}

impl Patient {
    fn new(url: &str, open: Open, first_pause: Duration) -> Self {
        Self { url: url.to_owned(), open, first_pause, state: Mutex::default() }
    }

    /// The store, opened when it is not yet.
    async fn store(&self) -> Result<Arc<dyn Store>, StoreError> {
        let mut state = self.state.lock().await;
        if let Some(away) = &state.away
            && Instant::now() < away.until
        {
            let what = format!("the store did not answer a moment ago, and is not asked again yet: {}", away.what);
            return Err(StoreError::new(&self.url, StoreErrorKind::Unavailable, what));
        }
        if let Some(store) = &state.store {
            return Ok(Arc::clone(store));
        }
        let opened = self.within((self.open)()).await;
        self.note(&mut state, opened.as_ref().err());
        let store = opened?;
        state.store = Some(Arc::clone(&store));
        Ok(store)
    }

    /// What is asked of a store that may be away.
    async fn within<T>(&self, asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| {
            let what = format!("no answer within {} seconds: check the network, and the URL", PATIENCE.as_secs());
            Err(StoreError::new(&self.url, StoreErrorKind::Unavailable, what))
        })
    }

    /// Notes whether the store answers.
    fn note(&self, state: &mut State, error: Option<&StoreError>) {
        match error.filter(|error| error.kind == StoreErrorKind::Unavailable) {
            None => {
                if state.away.take().is_some() {
                    tracing::info!(store = self.url, "the store answers again");
                }
            }
            Some(error) => {
                let pause = state.away.as_ref().map_or(self.first_pause, |away| (away.pause * 2).min(LONGEST_PAUSE));
                let what = crate::cli::exit::chain(error);
                state.away = Some(Away { until: Instant::now() + pause, pause, what });
            }
        }
    }
}

#[async_trait::async_trait]
impl Store for Patient {
    fn url(&self) -> &str {
        &self.url
    }

    async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError> {
        self.store().await?.put_new(key, bytes).await
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        self.store().await?.get(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let store = self.store().await?;
        let was_away = self.state.lock().await.away.is_some();
        let listed = if was_away { self.within(store.list(prefix)).await } else { store.list(prefix).await };
        self.note(&mut *self.state.lock().await, listed.as_ref().err());
        listed
    }

    async fn retention(&self) -> Result<Retention, StoreError> {
        self.store().await?.retention().await
    }

    async fn hold(&self, key: &str) -> Result<Hold, StoreError> {
        self.store().await?.hold(key).await
    }

    /// What is not open yet may have such protection.
    fn can_hold(&self) -> bool {
        self.state.try_lock().ok().and_then(|state| state.store.as_ref().map(|store| store.can_hold())).unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::local::LocalStore;
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A patient around a folder whose opening ends in these ways, one after the other, and then well.
    fn patient(folder: &Path, ends: &'static [StoreErrorKind], pause: Duration) -> (Patient, Arc<AtomicUsize>) {
        let (folder, opened) = (folder.to_owned(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&opened);
        let open: Open = Box::new(move || {
            let turn = count.fetch_add(1, Ordering::SeqCst);
            let folder = folder.clone();
            Box::pin(async move {
                match ends.get(turn) {
                    Some(kind) => Err(StoreError::new("file://test", *kind, "injected")),
                    None => Ok(Arc::new(LocalStore::open("file://test", folder, Access::Write)?) as Arc<dyn Store>),
                }
            })
        });
        (Patient::new("file://test", open, pause), opened)
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_left_alone_and_opened_when_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let (store, opened) = patient(folder.path(), &[StoreErrorKind::Unavailable], Duration::from_millis(40));
        for _ in 0..5 {
            let error = store.list("").await.unwrap_err();
            assert_eq!(error.kind, StoreErrorKind::Unavailable);
            assert!(error.to_string().contains("injected"), "{error}");
        }
        assert_eq!(opened.load(Ordering::SeqCst), 1, "it is not asked at every step");
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(store.put_new("a", Bytes::from_static(b"x")).await.unwrap(), Put::Stored);
        assert_eq!(store.list("").await.unwrap(), ["a"]);
        assert_eq!(opened.load(Ordering::SeqCst), 2, "it is opened once");
    }

    #[tokio::test]
    async fn a_refusal_is_no_absence() {
        let folder = tempfile::tempdir().unwrap();
        let (store, opened) = patient(folder.path(), &[StoreErrorKind::Denied], Duration::from_mins(1));
        assert_eq!(store.list("").await.unwrap_err().kind, StoreErrorKind::Denied);
        assert_eq!(store.list("").await.unwrap(), Vec::<String>::new());
        assert_eq!(opened.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_keeps_what_every_store_promises() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = patient(folder.path(), &[], Duration::from_secs(1));
        crate::store::suite::run(Arc::new(store), 10).await;
    }
}
