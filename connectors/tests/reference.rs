//! What follows from the declarations: the reference page and the JSON Schema of each resource type, kept up to date.
//!
//! `EVIDENCED_WRITE_SCHEMAS=1 cargo test -p evidenced-connectors --test reference` writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics where it fails, and writes the pages anew"
)]

use evidenced_connectors::aws::{self, Paging, needs};
use evidenced_connectors::azure::{self, Request};
use evidenced_connectors::declaration::{Provider, Reach, ResourceType, Shape};
use evidenced_connectors::gcp::{self, Items};
use evidenced_connectors::policy;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use std::collections::BTreeSet;
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

/// A call, as the page tells it.
struct Call {
    name: String,
    docs: &'static str,
    permissions: Vec<&'static str>,
    pages: String,
    absent: &'static [&'static str],
}

/// A resource type of any cloud.
struct Kind {
    name: &'static str,
    about: &'static str,
    reach: Reach,
    calls: Vec<Call>,
    config: Shape,
    derived: Shape,
}

fn kind<P: Provider>(declared: &ResourceType<P>, call: fn(&P::Operation) -> Call) -> Kind {
    let mut calls: Vec<Call> = declared.operations.iter().map(|operation| call(operation)).collect();
    calls.sort_by(|a, b| (&a.name, &a.permissions).cmp(&(&b.name, &b.permissions)));
    let ResourceType { name, about, reach, config, derived, .. } = *declared;
    Kind { name, about, reach, calls, config, derived }
}

fn permissions(first: &'static str, also: &[&'static str]) -> Vec<&'static str> {
    [&[first], also].concat().into_iter().filter(|permission| !permission.is_empty()).collect()
}

fn of_aws() -> Vec<Kind> {
    let call = |operation: &aws::Operation| Call {
        name: format!("{}:{}", operation.service, operation.name),
        docs: operation.docs,
        permissions: permissions(operation.permission, operation.also),
        pages: match operation.paging {
            Paging::None => "one".to_owned(),
            Paging::Token { input, output } => format!("{output} → {input}"),
        },
        absent: operation.absent,
    };
    aws::resource_types().map(|declared| kind(declared, call)).collect()
}

fn of_azure() -> Vec<Kind> {
    let call = |operation: &azure::Operation| Call {
        name: match operation.request {
            Request::Rows { table, type_ } => format!("{}:{}, {table}, {type_}", operation.service, operation.name),
            Request::Get(_) | Request::Post(_) => format!("{}:{}", operation.service, operation.name),
        },
        docs: operation.docs,
        permissions: permissions(operation.permission, operation.also),
        pages: match operation.request {
            Request::Rows { .. } => "$skipToken → $skipToken",
            Request::Get(_) | Request::Post(_) if operation.is_list => "next link",
            Request::Get(_) | Request::Post(_) => "one",
        }
        .to_owned(),
        absent: operation.absent,
    };
    azure::resource_types().map(|declared| kind(declared, call)).collect()
}

fn of_gcp() -> Vec<Kind> {
    let call = |operation: &gcp::Operation| Call {
        name: match operation.request {
            gcp::Request::Asset(type_) => format!("{}, {type_}", operation.name),
            gcp::Request::Get(_) | gcp::Request::Post(..) => operation.name.to_owned(),
        },
        docs: operation.docs,
        permissions: permissions(operation.permission, operation.also),
        pages: match (operation.items, operation.request) {
            (Items::None, gcp::Request::Get(_) | gcp::Request::Post(..)) => "one",
            _ => "nextPageToken → pageToken",
        }
        .to_owned(),
        absent: operation.absent,
    };
    gcp::resource_types().map(|declared| kind(declared, call)).collect()
}

fn of_org() -> Vec<Kind> {
    let call = |operation: &policy::Operation| Call {
        name: format!("{}:{}", policy::SERVICE, operation.name),
        docs: "operating.md#the-organisations-own-documents",
        permissions: vec![operation.about],
        pages: "one".to_owned(),
        absent: &[],
    };
    policy::resource_types().map(|declared| kind(declared, call)).collect()
}

fn schema(kind: &Kind) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut made = |shape: Shape| shape.schema(&mut generator).expect("tests are no release build");
    let (config, derived) = (made(kind.config), made(kind.derived));
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
    for kind in of_aws().iter().chain(&of_azure()).chain(&of_gcp()).chain(&of_org()) {
        let file = root().join("schemas/json/resources").join(format!("{}.schema.json", kind.name));
        up_to_date(&file, &format!("{:#}\n", schema(kind)));
    }
}

/// The page of a cloud.
fn page(title: &str, folder: &str, kinds: &[Kind]) -> String {
    let mut page = format!(
        "# {title}\n\nGenerated from the declarations in `{folder}`; a test keeps it up to date. The shape of each\n\
         document is in `schemas/json/resources/`.\n",
    );
    for kind in kinds {
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
        for call in &kind.calls {
            let permissions = call.permissions.join(", ");
            let permission = if permissions.is_empty() { "none needed" } else { &permissions };
            let (name, docs, pages, absent) = (&call.name, call.docs, &call.pages, call.absent.join(", "));
            let _ = writeln!(page, "| [{name}]({docs}) | {permission} | {pages} | {absent} |");
        }
    }
    page
}

#[test]
fn the_reference_pages_say_what_is_declared() {
    let aws = page("Resource types", "connectors/src/aws/", &of_aws());
    up_to_date(&root().join("docs/resources.md"), &aws);
    let azure = page("Resource types of Azure", "connectors/src/azure/", &of_azure());
    up_to_date(&root().join("docs/resources-azure.md"), &azure);
    let gcp = page("Resource types of Google Cloud", "connectors/src/gcp/", &of_gcp());
    up_to_date(&root().join("docs/resources-gcp.md"), &gcp);
    let org = page("Resource types of the organisation's own documents", "connectors/src/policy/", &of_org());
    let org = org.replace("| call | permission |", "| call | the file |");
    up_to_date(&root().join("docs/resources-org.md"), &org);
}

#[test]
fn declarations_are_whole() {
    let mut names = BTreeSet::new();
    let clouds = [
        ("aws.", "https://docs.aws.amazon.com/", of_aws()),
        ("azure.", "https://learn.microsoft.com/", of_azure()),
        ("gcp.", "https://", of_gcp()),
    ];
    for (prefix, pages, kinds) in clouds {
        assert!(!kinds.is_empty(), "{prefix}");
        for kind in kinds {
            let name = kind.name;
            assert!(names.insert(name), "{name} is declared twice");
            assert!(name.starts_with(prefix) && !kind.about.is_empty() && !kind.calls.is_empty(), "{name}");
            for call in kind.calls {
                let is_googles = || {
                    call.docs.starts_with("https://cloud.google.com/")
                        || call.docs.starts_with("https://developers.google.com/")
                };
                let is_page = call.docs.starts_with(pages) && (prefix != "gcp." || is_googles());
                assert!(is_page, "{} names no page of the provider", call.name);
            }
        }
    }
}

/// Actions of roles that read settings, and permissions of Microsoft Graph that read.
#[test]
fn the_permissions_of_azure_read_settings_and_no_data() {
    let types = azure::resource_types().map(|declared| declared.name);
    let permissions = azure::needs::permissions(types);
    for permission in &permissions {
        let reads = match permission.strip_prefix("Graph:") {
            Some(of_graph) => of_graph.split('.').any(|word| word == "Read") && !of_graph.contains("Write"),
            None => permission.ends_with("/read") && permission.starts_with(char::is_alphabetic),
        };
        assert!(reads, "{permission} is no read of settings");
    }
    assert!(permissions.len() > 5);
}

/// Permissions of IAM that read settings.
#[test]
fn the_permissions_of_google_cloud_read_settings_and_no_data() {
    const DATA: [&str; 6] = [
        "storage.objects.get",
        "secretmanager.versions.access",
        "bigquery.tables.getData",
        "logging.logEntries.list",
        "apikeys.keys.getKeyString",
        "cloudkms.cryptoKeyVersions.useToDecrypt",
    ];
    let permissions =
        gcp::needs::permissions(&gcp::needs::operations(gcp::resource_types().map(|declared| declared.name)));
    for permission in &permissions {
        let verb = permission.rsplit('.').next().unwrap();
        let reads = ["get", "list", "query"].iter().any(|start| verb.starts_with(start));
        assert!(reads && !DATA.contains(permission), "{permission} is no read of settings");
    }
    assert!(permissions.len() > 5);
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
