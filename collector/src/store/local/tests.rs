//! What the shared suite does not ask of every store.

use super::*;
use crate::store::suite;
use std::os::unix::fs::{PermissionsExt as _, symlink};

fn store(folder: &Path) -> LocalStore {
    LocalStore::open("file://test", folder.to_owned(), Access::Write).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_what_every_store_promises() {
    let folder = tempfile::tempdir().unwrap();
    suite::run(Arc::new(store(folder.path())), 50).await;
}

#[tokio::test]
async fn opening_to_read_makes_nothing_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    let error = LocalStore::open("file://absent", absent.clone(), Access::Read).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::NotThere);
    assert!(error.to_string().contains("evidenced collect"), "{error}");
    assert!(!absent.exists());

    let read = LocalStore::open("file://x", folder.path().to_owned(), Access::Read).unwrap();
    assert_eq!(read.put_new("a", Bytes::new()).await.unwrap_err().kind, StoreErrorKind::Denied);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "reading left something behind");
}

#[tokio::test]
async fn objects_are_private_and_unfinished_files_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.put_new("a/b", Bytes::from_static(b"x")).await.unwrap();
    store.put_new("a/b", Bytes::from_static(b"y")).await.unwrap();
    let found = fs::metadata(folder.path().join("a/b")).unwrap();
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    let temporary = store.inner.temporary().unwrap();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1, "only the lock stays");
    assert_eq!(store.list("").await.unwrap(), ["a/b"]);
}

#[tokio::test]
async fn symbolic_links_are_refused_wherever_they_stand() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let store = store(folder.path());
    symlink(outside.path(), folder.path().join("way-out")).unwrap();
    for error in [
        store.get("way-out/secret").await.unwrap_err(),
        store.put_new("way-out/new", Bytes::new()).await.unwrap_err(),
        store.list("").await.unwrap_err(),
        store.list("way-out/").await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("symbolic link"), "{error}");
    }
    assert!(!outside.path().join("new").exists());
}

#[tokio::test]
async fn a_file_in_the_way_of_a_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.put_new("a", Bytes::new()).await.unwrap();
    let error = store.put_new("a/b", Bytes::new()).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::NotThere, "{error}");
    assert_eq!(store.get("a/b").await.unwrap(), None);
    assert_eq!(store.list("a/").await.unwrap(), Vec::<String>::new());
}

/// Stands for a full disk: the unfinished file cannot be written.
#[tokio::test]
async fn a_put_that_fails_leaves_no_object() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let temporary = store.inner.temporary().unwrap();
    fs::remove_dir_all(temporary.path()).unwrap();
    assert!(store.put_new("a/b", Bytes::from_static(b"x")).await.is_err());
    assert_eq!(store.get("a/b").await.unwrap(), None);
    assert_eq!(store.list("").await.unwrap(), Vec::<String>::new());
    fs::create_dir_all(temporary.path()).unwrap();
}
