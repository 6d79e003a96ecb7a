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
