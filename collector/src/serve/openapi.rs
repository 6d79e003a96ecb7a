//! `/openapi.json`: OpenAPI 3.1, made from the endpoints' table and the types of the bodies.

use super::table::{ALL, Endpoint, Kind, Parameter, Takes};
use evidenced_schemas::schema::components;
use serde_json::{Map, Value, json};

/// The document.
pub(super) fn document() -> Value {
    let paths: Map<String, Value> = ALL.iter().map(|endpoint| (endpoint.path.to_owned(), path(endpoint))).collect();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "evidenced",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The read side of an evidence store.",
            "description": "Everything here is read from a store and from nowhere else, and nothing can be changed. Bodies have published schemas: `evidenced schema`. Every body says in `about` which reading it comes from, whether signatures were checked, and whether the store could be read the last time.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "schemas": components(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "The token. Where the server has none, everything is open to this machine."},
                "basic": {"type": "http", "scheme": "basic", "description": "The token as the password, with any name: browsers ask for it."},
            },
        },
    })
}

fn path(endpoint: &Endpoint) -> Value {
    let parts = endpoint.parts.iter().map(|(name, about, pattern)| {
        json!({"name": name, "in": "path", "required": true, "description": about, "schema": {"type": "string", "pattern": pattern}})
    });
    let parameters: Vec<Value> = parts.chain(endpoint.parameters.iter().map(parameter)).collect();
    let id = endpoint.path.trim_start_matches("/v1/").replace(['/', '{', '}'], "_").replace("__", "_");
    json!({"get": {
        "operationId": id.trim_end_matches('_'),
        "summary": endpoint.about.split_inclusive([':', '.']).next().unwrap_or_default().trim_end_matches([':', '.']),
        "description": endpoint.about,
        "parameters": parameters,
        "responses": responses(endpoint),
    }})
}

fn parameter(parameter: &Parameter) -> Value {
    let one = schema(parameter.kind);
    let many = parameter.takes == Takes::Many;
    let schema = if many { json!({"type": "array", "items": one, "minItems": 1}) } else { one };
    let mut made = json!({
        "name": parameter.name,
        "in": "query",
        "required": parameter.takes == Takes::Needed,
        "description": parameter.about,
        "schema": schema,
    });
    if many {
        made["style"] = json!("form");
        made["explode"] = json!(true);
    }
    made
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({"type": "string", "minLength": 1, "maxLength": 2048}),
        Kind::Word(words) => json!({"type": "string", "enum": words()}),
        Kind::Number(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::Instant => json!({"type": "string", "format": "date-time"}),
        Kind::Flag => json!({"type": "boolean"}),
    }
}

fn responses(endpoint: &Endpoint) -> Value {
    let tag = json!({"ETag": {"description": "A strong tag of the body.", "schema": {"type": "string"}}});
    let mut all = Map::new();
    all.insert(
        "200".to_owned(),
        json!({
            "description": "It is so.",
            "headers": tag,
            "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{}", endpoint.body)}}},
        }),
    );
    all.insert(
        "304".to_owned(),
        json!({"description": "The bytes of `If-None-Match` are those that would be sent.", "headers": tag}),
    );
    for status in [400, 401, 405, 413, 421, 503].iter().chain(endpoint.also) {
        all.insert(
            status.to_string(),
            json!({
                "description": meaning(*status),
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
            }),
        );
    }
    // The HTTP library refuses a head that is too long by itself, without a body.
    all.insert("431".to_owned(), json!({"description": "The address and the header fields are longer than 16 KiB."}));
    Value::Object(all)
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "A parameter is not known, or its value cannot be.",
        401 => "The token is missing or wrong.",
        404 => "There is no such thing in what was read.",
        405 => "Only GET and HEAD are answered.",
        409 => "The bundle is not what was signed: nothing is told from it.",
        410 => "The evidence has changed since the cursor was given: begin again.",
        413 => "The request has a body.",
        421 => "Without a token, only this machine's own names are answered.",
        _ => "The store was not read yet, or cannot be now.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(value: &Value, document: &Value, count: &mut usize) {
            if let Some(Value::String(reference)) = value.get("$ref") {
                *count += 1;
                assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
            }
            match value {
                Value::Object(map) => map.values().for_each(|value| walk(value, document, count)),
                Value::Array(all) => all.iter().for_each(|value| walk(value, document, count)),
                _ => {}
            }
        }
        let (document, mut count) = (document(), 0);
        walk(&document, &document, &mut count);
        assert!(count > 100, "{count}");
        assert!(!document.to_string().contains("$defs"), "definitions stand among the components");
    }
}
