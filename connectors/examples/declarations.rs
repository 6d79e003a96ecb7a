//! Prints what is declared, for the checks that are not written in Rust: every service of AWS's door, every operation, and
//! the URLs that the door would ask; and every operation of Azure, once for each type that needs it.
//!
//!     declarations REGION…
//!
//! Standard output is one JSON object. `endpoints` has a row for each service, region and kind of endpoint.

use evidenced_connectors::aws::door::{Protocol, SERVICES, Service};
use evidenced_connectors::aws::{self, Operation, Paging};
use evidenced_connectors::azure;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Stands in host names that begin with an account.
const ACCOUNT: &str = "123456789012";

#[expect(clippy::print_stdout, reason = "its output is what it is for")]
fn main() {
    let regions: Vec<String> = std::env::args().skip(1).collect();
    let told = json!({
        "account": ACCOUNT,
        "services": SERVICES.iter().map(service).collect::<Vec<_>>(),
        "operations": operations(),
        "types": aws::resource_types().map(resource_type).collect::<Vec<_>>(),
        "azure": azure::resource_types().flat_map(azure_operations).collect::<Vec<_>>(),
        "endpoints": SERVICES.iter().flat_map(|row| endpoints(row, &regions)).collect::<Vec<_>>(),
    });
    println!("{told:#}");
}

fn service(row: &Service) -> Value {
    let (protocol, version, target) = match row.protocol {
        Protocol::Json { version, target } => ("json", Some(version), Some(target)),
        Protocol::Query { version } => ("query", Some(version), None),
        Protocol::Ec2 { version } => ("ec2", Some(version), None),
        Protocol::RestJson => ("rest-json", None, None),
        Protocol::RestXml => ("rest-xml", None, None),
    };
    json!({
        "name": row.name,
        "endpoint_key": row.endpoint_key,
        "prefix": row.prefix,
        "signing_name": row.signing_name,
        "hosts": format!("{:?}", row.hosts),
        "protocol": protocol,
        "version": version,
        "target": target,
    })
}

/// A declaration, and the resource types that use it.
type Used = (&'static Operation, Vec<&'static str>);

/// Every operation once, with the resource types that use it; one that is declared in two ways stands there twice.
fn operations() -> Vec<Value> {
    let mut found: BTreeMap<(&str, &str), Vec<Used>> = BTreeMap::new();
    for kind in aws::resource_types() {
        for operation in kind.operations {
            let same = found.entry((operation.service, operation.name)).or_default();
            match same.iter_mut().find(|(declared, _)| declared == operation) {
                Some((_, types)) => types.push(kind.name),
                None => same.push((operation, vec![kind.name])),
            }
        }
    }
    found.into_values().flatten().map(|(operation, types)| described(operation, &types)).collect()
}

fn described(operation: &Operation, types: &[&str]) -> Value {
    let paging = match operation.paging {
        Paging::None => Value::Null,
        Paging::Token { input, output } => json!({"input": input, "output": output}),
    };
    json!({
        "service": operation.service,
        "name": operation.name,
        "permission": operation.permission,
        "absent": operation.absent,
        "paging": paging,
        "secrets": operation.secrets,
        "http": operation.http.map(|(method, path)| json!({"method": method, "path": path})),
        "root": operation.root,
        "lists": operation.lists,
        "docs": operation.docs,
        "types": types,
    })
}

fn resource_type(kind: &aws::ResourceType) -> Value {
    let names: Vec<_> = kind.operations.iter().map(|one| format!("{}:{}", one.service, one.name)).collect();
    json!({
        "name": kind.name,
        "reach": format!("{:?}", kind.reach).to_lowercase(),
        "operations": names,
    })
}

fn azure_operations(kind: &'static azure::ResourceType) -> impl Iterator<Item = Value> {
    let described = |operation: &azure::Operation| {
        let (method, path, table, type_) = match operation.request {
            azure::Request::Get(path) => (Some("GET"), Some(path), None, None),
            azure::Request::Post(path) => (Some("POST"), Some(path), None, None),
            azure::Request::Rows { table, type_ } => (None, None, Some(table), Some(type_)),
        };
        json!({
            "of": kind.name,
            "api": format!("{:?}", operation.api),
            "service": operation.service,
            "name": operation.name,
            "permission": operation.permission,
            "method": method,
            "path": path,
            "table": table,
            "type": type_,
            "is_list": operation.is_list,
            "secrets": operation.secrets,
        })
    };
    kind.operations.iter().map(move |operation| described(operation))
}

fn endpoints(row: &Service, regions: &[String]) -> Vec<Value> {
    let kinds = [(false, false), (true, false), (false, true), (true, true)];
    let places = regions.iter().flat_map(|region| kinds.map(|kind| (region, kind)));
    let answers = places.map(|(region, (fips, dual_stack))| {
        let endpoint = row.endpoint(region, ACCOUNT, fips, dual_stack).expect("a region's name can stand in a host");
        json!({
            "service": row.name,
            "region": region,
            "fips": fips,
            "dual_stack": dual_stack,
            "url": endpoint.url,
            "signing_region": endpoint.signing_region,
        })
    });
    answers.collect()
}
