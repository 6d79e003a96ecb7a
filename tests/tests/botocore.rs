//! What is declared of AWS, against botocore: hosts in every region, protocols, pages, paths, absence codes.

use evidenced_tests::{binary, fakes};
use std::io::Write as _;

#[test]
fn what_is_declared_is_what_botocore_knows() {
    let regions = fakes::python("../botocore/check.py", &["regions"]);
    let declared = binary::declarations(&regions.split_whitespace().collect::<Vec<_>>());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(declared.as_bytes()).unwrap();
    let told = fakes::python("../botocore/check.py", &["check", file.path().to_str().unwrap()]);
    assert!(told.contains(" operations:"), "{told}");
}

/// The check can fail: with one host, one token and one list name spoiled it names each of them.
#[test]
fn a_wrong_declaration_is_named() {
    let regions = fakes::python("../botocore/check.py", &["regions"]);
    let declared = binary::declarations(&regions.split_whitespace().collect::<Vec<_>>());
    let spoiled = declared
        .replace("https://kms.eu-west-1.", "https://kms-eu-west-1.")
        .replace("\"nextToken\"", "\"nexttoken\"")
        .replace("\"groupSet/groupId\"", "\"groupId\"");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(spoiled.as_bytes()).unwrap();
    let mut command = fakes::python_command("../botocore/check.py", &["check", file.path().to_str().unwrap()]);
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    for part in
        ["endpoint kms: eu-west-1: is", "paging ec2:DescribeVolumes", "lists ec2:DescribeLaunchTemplateVersions"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}
