//! The collector adds evidence and reads it: no store's code makes a call, or names a permission, that removes an object or
//! changes what protects it. It reads the source of the stores, so that a new kind of store is held to it too.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// Calls and permissions, in the words of the clients and the clouds. Each is compared without regard to case.
const FORBIDDEN: &[&str] = &[
    // S3
    "delete_object",
    "s3:delete",
    "deleteobject",
    "put_object_retention",
    "s3:putobjectretention",
    "put_object_legal_hold",
    "put_object_lock",
    "putbucketobjectlock",
    "bypassgovernance",
    "bypass_governance",
    "put_bucket",
    "create_bucket",
    // Google Cloud Storage
    "storage.objects.delete",
    "storage.objects.update",
    "storage.objects.setretention",
    "storage.buckets.update",
    "storage.buckets.create",
    "lockretentionpolicy",
    "overrideunlockedretention",
    // Azure Blob Storage
    "blobs/delete",
    "deleteblobversion",
    "immutabilitypolicies/write",
    "immutabilitypolicies/delete",
    "immutabilitypolicies/lock",
    "set_immutability_policy",
    "set_legal_hold",
    "storage blob data owner",
    // HTTP, where a client of our own speaks it
    "method::delete",
    "method::patch",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The first forbidden word of a text.
fn forbidden(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    FORBIDDEN.iter().copied().find(|word| text.contains(word))
}

#[test]
fn no_store_can_remove_or_unprotect() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store"), &mut files);
    assert!(files.iter().any(|file| file.ends_with("s3/calls.rs")), "{files:?}");
    for file in files {
        let found = forbidden(&fs::read_to_string(&file).unwrap());
        assert_eq!(found, None, "{}", file.display());
    }
}

#[test]
fn what_is_forbidden_is_found() {
    assert_eq!(forbidden("client.delete_object().bucket(b)"), Some("delete_object"));
    assert_eq!(forbidden("permission: \"s3:DeleteObjectVersion\""), Some("s3:delete"));
    assert_eq!(forbidden("client.put_object().if_none_match(\"*\")"), None);
}
