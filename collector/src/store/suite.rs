//! The conformance suite: what every kind of store promises, run on each by its own tests and by the `tests` crate.
//!
//! [`run`] is what holds while nothing goes wrong; [`trouble`] is what holds while it does. It panics where a promise is
//! broken, and writes below the prefix `suite/<ULID>/` only. A new kind of store adds nothing here: it gives a URL.

mod trouble;

pub use trouble::{Fault, On, Trouble, opening_in_trouble, trouble};

use super::{Access, Put, Store, StoreErrorKind};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::join_all;
use std::sync::Arc;
use ulid::Ulid;

/// Larger than what any client sends in one piece without being told to (8 MiB, or 16).
const LARGE: u32 = (17 << 20) + 1;

/// Runs what needs no faults. `page` is the number of keys that the server lists at once, so that a listing has pages.
///
/// # Panics
/// When the store breaks a promise.
pub async fn run(store: Arc<dyn Store>, page: usize) {
    let at = format!("suite/{}", Ulid::generate());
    put_if_absent(&*store, &at).await;
    missing(&*store, &at).await;
    sizes(&*store, &at).await;
    order(&*store, &at).await;
    pages(&*store, &at, page).await;
    race(store, &at).await;
}

/// A store that is opened to be read takes no object, and one that is not there is no store.
///
/// # Panics
/// When the store breaks a promise.
pub async fn opening(url: &str, absent: &str) {
    let read = super::open(url, Access::Read).await.expect("it opens to be read");
    let key = format!("suite/{}/read-only", Ulid::generate());
    let error = read.put_new(&key, Bytes::new()).await.expect_err("it was opened to be read");
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
    assert_eq!(get(&*read, &key).await, None);
    let error = super::open(absent, Access::Read).await.expect_err("there is no such store");
    assert_eq!(error.kind, StoreErrorKind::NotThere, "{absent}: {error:?}");
    assert!(error.to_string().contains(absent), "{error}");
}

async fn put_if_absent(store: &dyn Store, at: &str) {
    let key = format!("{at}/absent/a.json");
    assert_eq!(put(store, &key, b"first").await, Put::Stored, "the first put of {key}");
    assert_eq!(put(store, &key, b"second").await, Put::Exists, "the second put of {key}");
    assert_eq!(get(store, &key).await.as_deref(), Some(&b"first"[..]), "what was there was changed");
    for bad in ["", "/a", "../a", "a/../b", "a//b"] {
        assert!(store.put_new(bad, Bytes::new()).await.is_err(), "the key {bad:?} was accepted");
        assert!(store.get(bad).await.is_err(), "the key {bad:?} was read");
    }
}

async fn missing(store: &dyn Store, at: &str) {
    assert_eq!(get(store, &format!("{at}/nothing")).await, None);
    assert_eq!(get(store, &format!("{at}/absent/a.json/below")).await, None);
    assert_eq!(store.list(&format!("{at}/nothing/")).await.expect("listing"), Vec::<String>::new());
}

async fn sizes(store: &dyn Store, at: &str) {
    let large: Bytes = (0..LARGE).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    for (name, bytes) in [("empty", Bytes::new()), ("large", large)] {
        let key = format!("{at}/sizes/{name}");
        assert_eq!(store.put_new(&key, bytes.clone()).await.expect("put"), Put::Stored, "{name}");
        assert_eq!(store.put_new(&key, Bytes::from_static(b"other")).await.expect("put"), Put::Exists, "{name}");
        assert!(get(store, &key).await == Some(bytes), "{name} came back different");
    }
}

async fn order(store: &dyn Store, at: &str) {
    let mut keys: Vec<String> =
        ["b", "a/z", "a-b", "a/b/c", "a.x", "a0"].iter().map(|name| format!("{at}/order/{name}")).collect();
    for key in &keys {
        assert_eq!(put(store, key, b"x").await, Put::Stored);
    }
    keys.sort_unstable();
    assert_eq!(store.list(&format!("{at}/order/")).await.expect("listing"), keys, "sorted by byte");
    keys.retain(|key| key.starts_with(&format!("{at}/order/a/")));
    assert_eq!(store.list(&format!("{at}/order/a/")).await.expect("listing"), keys, "below a folder");
    let partial = store.list(&format!("{at}/order/a")).await.expect("listing");
    assert_eq!(partial.len(), 5, "a prefix may end inside a name: {partial:?}");
}

/// More keys than a page holds, written out of order and over folders.
async fn pages(store: &dyn Store, at: &str, page: usize) {
    let mut keys: Vec<String> = (0..page + 21).map(|i| format!("{at}/pages/{}/{:05}", i % 3, page + 21 - i)).collect();
    let puts = keys.iter().map(|key| store.put_new(key, Bytes::from_static(b"x")));
    let puts: Vec<_> = futures::stream::iter(puts).buffer_unordered(32).collect().await;
    assert!(puts.into_iter().all(|put| put.expect("put") == Put::Stored));
    keys.sort_unstable();
    let listed = store.list(&format!("{at}/pages/")).await.expect("listing");
    assert!(listed == keys, "{} keys of {} are listed, or not in order", listed.len(), keys.len());
}

async fn race(store: Arc<dyn Store>, at: &str) {
    for round in 0..8 {
        let key = format!("{at}/race/{round}");
        let writers = (0..16_u8).map(|writer| {
            let (store, key) = (Arc::clone(&store), key.clone());
            async move { store.put_new(&key, Bytes::from(vec![writer; 1000])).await.expect("put") }
        });
        let puts = join_all(writers).await;
        let winners: Vec<usize> =
            puts.iter().enumerate().filter(|(_, put)| **put == Put::Stored).map(|(i, _)| i).collect();
        assert_eq!(winners.len(), 1, "{key}: one writer wins, not {winners:?}");
        let bytes = get(&*store, &key).await.expect("the winner's object");
        assert!(
            bytes.len() == 1000 && bytes.iter().all(|b| usize::from(*b) == winners[0]),
            "{key} is not the winner's"
        );
    }
}

async fn put(store: &dyn Store, key: &str, bytes: &'static [u8]) -> Put {
    store.put_new(key, Bytes::from_static(bytes)).await.expect("put")
}

async fn get(store: &dyn Store, key: &str) -> Option<Bytes> {
    store.get(key).await.expect("get")
}
