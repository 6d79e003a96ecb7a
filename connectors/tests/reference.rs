//! What follows from the declarations: the reference page and the JSON Schema of each resource type, kept up to date.
//!
//! `EVIDENCED_WRITE_SCHEMAS=1 cargo test -p evidenced-connectors --test reference` writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics where it fails, and writes the pages anew"
)]

use evidenced_connectors::aws::{self, Operation, Paging, Reach, ResourceType, needs};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Holds a committed file against what it must say.
fn up_to_date(file: &Path, text: &str) {
    if std::env::var_os("EVIDENCED_WRITE_SCHEMAS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        committed == text,
        "{} is out of date: run EVIDENCED_WRITE_SCHEMAS=1 cargo test -p evidenced-connectors --test reference",
        file.display()
    );
}

fn schema(kind: &ResourceType) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let config = (kind.config)(&mut generator);
    let derived = (kind.derived)(&mut generator);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:evidenced:schema:{}:v1", kind.name),
        "title": kind.about,
        "type": "object",
        "properties": {"type": {"const": kind.name}, "config": config, "derived": derived},
        "$defs": generator.take_definitions(true),
    })
}

#[test]
fn each_resource_type_has_its_schema() {
    for kind in aws::resource_types() {
        let file = root().join("schemas/json/resources").join(format!("{}.schema.json", kind.name));
        up_to_date(&file, &format!("{:#}\n", schema(kind)));
    }
}

fn operations(kind: &ResourceType) -> BTreeMap<String, &'static Operation> {
    kind.operations.iter().map(|operation| (format!("{}:{}", operation.service, operation.name), *operation)).collect()
}

#[test]
fn the_reference_page_says_what_is_declared() {
    let mut page = String::from(
        "# Resource types\n\nGenerated from the declarations in `connectors/src/aws/`; a test keeps it up to date. The shape of each\n\
         document is in `schemas/json/resources/`.\n",
    );
    for kind in aws::resource_types() {
        let reach = match kind.reach {
            Reach::Global => "asked once",
            Reach::Regional => "asked in every region",
            Reach::Organization => "asked once, in the scope of the organisation",
        };
        let _ = write!(
            page,
            "\n## {}\n\n{}; {reach}.\n\n| call | permission | pages | absent by fact |\n|---|---|---|---|\n",
            kind.name,
            kind.about.trim_end_matches('.')
        );
        for (name, operation) in operations(kind) {
            let pages = match operation.paging {
                Paging::None => "one".to_owned(),
                Paging::Token { input, output } => format!("{output} → {input}"),
            };
            let permissions = [&[operation.permission], operation.also].concat().join(", ");
            let permission = if permissions.is_empty() { "none needed" } else { &permissions };
            let _ = writeln!(
                page,
                "| [{name}]({}) | {permission} | {pages} | {} |",
                operation.docs,
                operation.absent.join(", ")
            );
        }
    }
    up_to_date(&root().join("docs/resources.md"), &page);
}

#[test]
fn declarations_are_whole() {
    let mut names = BTreeSet::new();
    for kind in aws::resource_types() {
        assert!(names.insert(kind.name), "{} is declared twice", kind.name);
        assert!(
            kind.name.starts_with("aws.") && !kind.about.is_empty() && !kind.operations.is_empty(),
            "{}",
            kind.name
        );
        for (name, operation) in operations(kind) {
            assert!(operation.docs.starts_with("https://docs.aws.amazon.com/"), "{name} names no page of the provider");
        }
    }
}

#[test]
fn the_permissions_read_settings_and_no_data() {
    let permissions = aws::permissions();
    for permission in &permissions {
        let (_, action) = permission.split_once(':').unwrap();
        let reads = ["Get", "List", "Describe", "BatchGet", "GatewayList", "GenerateCredentialReport"]
            .iter()
            .any(|start| action.starts_with(start));
        assert!(reads && !needs::DATA.contains(&&**permission), "{permission} is no read of settings");
    }
    assert!(permissions.len() > 20);
}
