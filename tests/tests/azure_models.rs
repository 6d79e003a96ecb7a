//! What is declared of Azure, and what the fake answers, against Azure's own generated clients: operations, paths, api-versions,
//! members.
#![expect(clippy::unwrap_used, reason = "tests")]

use evidenced_tests::{binary, fakes};
use std::io::Write as _;
use tempfile::NamedTempFile;

fn declared(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn what_is_declared_of_azure_is_what_its_clients_know() {
    let file = declared(&binary::declarations(&[]));
    let told = fakes::python("../azure_models/check.py", &[file.path().to_str().unwrap()]);
    assert!(told.contains(" operations"), "{told}");
}

/// The check can fail: with one name, one path, one version and one member spoiled it names each of them.
#[test]
fn a_wrong_declaration_of_azure_is_named() {
    let spoiled = binary::declarations(&[])
        .replace("BlobServices_GetServiceProperties", "BlobServices_GetProperties")
        .replace("{id}/managementPolicies/default", "{id}/managementPolicy/default")
        .replace("{id}/keys?api-version=2023-07-01", "{id}/keys?api-version=2023-07-02")
        .replace("displayName,userPrincipalName", "displayName,principalName");
    let file = declared(&spoiled);
    let estate = tempfile::tempdir().unwrap();
    let row = r#"[{"row": {"type": "Microsoft.KeyVault/vaults", "name": "a", "properties": {"softDelete": true, "enableSoftDelete": 7}}}]"#;
    let mut data = tempfile::Builder::new().suffix(".json").tempfile_in(estate.path()).unwrap();
    data.write_all(row.as_bytes()).unwrap();
    let arguments = [file.path().to_str().unwrap(), estate.path().to_str().unwrap()];
    let done = fakes::python_command("../azure_models/check.py", &arguments).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    for part in [
        "operation Microsoft.Storage:BlobServices_GetProperties: no client",
        "path Microsoft.Storage:ManagementPolicies_Get",
        "api-version Microsoft.KeyVault:Keys_List: 2023-07-02",
        "graph member /v1.0/users principalName",
        ".properties.softDelete is no member",
        ".properties.enableSoftDelete is 7 and should be bool",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
