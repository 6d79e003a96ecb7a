//! One conformance suite, every kind of store, each on a server of its own.

use evidenced_tests::stores;

/// Runs in a process of its own, with the environment of one row.
#[test]
#[ignore = "the other tests of this file start it"]
fn child() {
    stores::run_in_child();
}

#[test]
fn a_folder() {
    stores::folder().conforms("child");
}

#[test]
fn seaweedfs_with_object_lock() {
    stores::seaweedfs(true).conforms("child");
}

#[test]
fn seaweedfs_without_object_lock() {
    stores::seaweedfs(false).conforms("child");
}

#[test]
fn moto() {
    stores::moto().conforms("child");
}

/// As above, for what only S3 promises.
#[test]
#[ignore = "the other tests of this file start it"]
fn s3_child() {
    stores::run_s3_in_child();
}

#[test]
fn s3_finds_the_region_and_holds_bytes_against_their_checksum() {
    stores::seaweedfs(true).conforms("s3_child");
    stores::moto().conforms("s3_child");
}

#[test]
fn google_cloud_storage_with_a_locked_policy() {
    stores::gcs(true).conforms("child");
}

#[test]
fn google_cloud_storage_without_a_policy() {
    stores::gcs(false).conforms("child");
}

#[test]
fn azurite() {
    stores::azurite().conforms("child");
}
