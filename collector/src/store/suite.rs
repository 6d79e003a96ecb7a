//! The conformance suite: what every kind of store promises, run on each by its own tests and by the `tests` crate.
//!
//! It panics where a promise is broken, and writes below the prefix `suite/<ULID>/` only.

use super::{Put, Store};
use bytes::Bytes;
use futures::future::join_all;
use std::sync::Arc;
use ulid::Ulid;

/// Runs the whole suite.
///
/// # Panics
/// When the store breaks a promise.
pub async fn run(store: Arc<dyn Store>) {
    let at = format!("suite/{}", Ulid::generate());
    put_if_absent(&*store, &at).await;
    missing(&*store, &at).await;
    sizes(&*store, &at).await;
    order(&*store, &at).await;
    race(store, &at).await;
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
    let large: Bytes = (0..8 * 1024 * 1024_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    for (name, bytes) in [("empty", Bytes::new()), ("large", large)] {
        let key = format!("{at}/sizes/{name}");
        assert_eq!(store.put_new(&key, bytes.clone()).await.expect("put"), Put::Stored);
        assert_eq!(store.put_new(&key, Bytes::from_static(b"other")).await.expect("put"), Put::Exists);
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
