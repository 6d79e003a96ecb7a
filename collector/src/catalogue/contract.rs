//! The built-in controls read only what the connectors write: each place of each expression is in the JSON Schema of its
//! resource type. A field that nobody writes would be `not_evaluated` for ever.

use super::expression::{Expression, Place};
use super::{Catalogue, Root};
use evidenced_connectors::declaration::Shape;
use evidenced_connectors::{aws, azure, gcp, policy};
use serde_json::{Map, Value};

/// True when a document of this schema can hold something at `path`. Positions in lists take no step of it.
fn holds(schema: &Value, definitions: &Map<String, Value>, path: &[String]) -> bool {
    let Some((key, rest)) = path.split_first() else { return true };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.rsplit('/').next()) {
        return definitions.get(name).is_some_and(|schema| holds(schema, definitions, path));
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let Some(branches) = schema.get(keyword).and_then(Value::as_array) {
            return branches.iter().any(|schema| holds(schema, definitions, path));
        }
    }
    if let Some(items) = schema.get("items") {
        return holds(items, definitions, path);
    }
    if let Some(property) = schema.pointer(&format!("/properties/{key}")) {
        return holds(property, definitions, rest);
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(open)) => *open,
        Some(schema) => holds(schema, definitions, rest),
        None => false,
    }
}

/// JSON Schemas of `config` and `derived` of a resource type.
type Shapes = (Shape, Shape);

fn shapes(type_: &str) -> Option<Shapes> {
    let aws = aws::resource_types().find(|known| known.name == type_).map(|known| (known.config, known.derived));
    let azure = || azure::resource_types().find(|known| known.name == type_).map(|known| (known.config, known.derived));
    let gcp = || gcp::resource_types().find(|known| known.name == type_).map(|known| (known.config, known.derived));
    let org = || policy::resource_types().find(|known| known.name == type_).map(|known| (known.config, known.derived));
    aws.or_else(azure).or_else(gcp).or_else(org)
}

#[expect(clippy::default_trait_access, reason = "the generator's crate is no dependency of this one")]
fn written(type_: &str, place: &Place) -> Result<(), String> {
    let (config, derived) = shapes(type_).ok_or_else(|| format!("no connector writes `{type_}`"))?;
    let (part, path) = match place.path.split_first() {
        Some((part, path)) if part == "config" => (config, path),
        Some((part, path)) if part == "derived" => (derived, path),
        _ => return Ok(()),
    };
    let mut generator = Default::default();
    let schema = part.schema(&mut generator).expect("tests are no release build").to_value();
    let definitions = generator.take_definitions(true);
    if holds(&schema, &definitions, path) {
        return Ok(());
    }
    Err(format!("`{type_}` has no {}", place.path.join(".")))
}

#[test]
fn controls_read_only_what_connectors_write() {
    let catalogue = Catalogue::built_in();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for entry in catalogue.entries() {
        let programs = &entry.compiled.programs;
        for place in [&programs.applies, &programs.pass, &programs.message].into_iter().flat_map(Expression::places) {
            let type_ = match &place.root {
                Root::Resource => entry.control.resource.as_deref().unwrap_or_default(),
                Root::All(type_) => type_,
                Root::Params | Root::Scope => continue,
            };
            checked += 1;
            wrong.extend(written(type_, place).err().map(|what| format!("{}: {what}", entry.control.id)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 100, "{checked} places");
}

#[test]
fn a_place_that_nobody_writes_is_found() {
    let place = |text: &str| Place { root: Root::Resource, path: text.split('.').map(str::to_owned).collect() };
    assert_eq!(written("aws.s3.bucket", &place("config.versioning.status")), Ok(()));
    assert!(written("aws.s3.bucket", &place("config.versioning.state")).is_err());
    assert!(written("aws.s3.bucket", &place("derived.is_public")).is_err());
    assert!(written("aws.s3.bukket", &place("config")).is_err());
}
