//! Writing a request in each protocol. Signing comes after.

use super::super::operation::Operation;
use super::{Protocol, Service};
use bytes::Bytes;
use evidenced_schemas::to_canonical_vec;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

/// Everything but the unreserved characters of RFC 3986, as AWS signatures want it.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// A request being written.
#[derive(Debug)]
pub(super) struct Unsigned {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Unsigned {
    pub(super) fn header(&mut self, name: &'static str, value: &str) -> Result<(), String> {
        let value = HeaderValue::from_str(value).map_err(|error| format!("header {name}: {error}"))?;
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(())
    }
}

/// Writes the request. The error is a mistake in a declaration.
pub(super) fn build(service: &Service, operation: &Operation, base: Url, input: &Value) -> Result<Unsigned, String> {
    let empty = Map::new();
    let members = match input {
        Value::Object(members) => members,
        Value::Null => &empty,
        _ => return Err("the input is not an object".to_owned()),
    };
    let mut draft = Unsigned { method: Method::POST, url: base, headers: HeaderMap::new(), body: Bytes::new() };
    match service.protocol {
        Protocol::Json { version, target } => {
            draft.header("x-amz-target", &format!("{target}.{}", operation.name))?;
            draft.body = json(members.iter())?;
            draft.header("content-type", &format!("application/x-amz-json-{version}"))?;
        }
        Protocol::Query { version } => form(&mut draft, operation, version, members, ".member.")?,
        Protocol::Ec2 { version } => form(&mut draft, operation, version, members, ".")?,
        Protocol::RestJson => rest(&mut draft, operation, members)?,
        Protocol::RestXml => {
            rest(&mut draft, operation, members)?;
            if !draft.body.is_empty() {
                return Err("the door writes no XML bodies".to_owned());
            }
        }
    }
    Ok(draft)
}

fn json<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>) -> Result<Bytes, String> {
    let set: Map<String, Value> =
        members.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect();
    to_canonical_vec(&set).map(Bytes::from).map_err(|error| error.to_string())
}

fn form(
    draft: &mut Unsigned,
    operation: &Operation,
    version: &str,
    members: &Map<String, Value>,
    list: &str,
) -> Result<(), String> {
    let mut pairs = vec![("Action".to_owned(), operation.name.to_owned()), ("Version".to_owned(), version.to_owned())];
    for (name, value) in members {
        flatten(name, value, list, &mut pairs);
    }
    draft.body = encode(&pairs).into();
    draft.header("content-type", FORM)
}

/// `{"Filter": [{"Name": "x"}]}` is `Filter.1.Name=x`, with `list` between a key and a number.
fn flatten(key: &str, value: &Value, list: &str, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{key}{list}{}", index + 1), item, list, pairs);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                flatten(&format!("{key}.{name}"), member, list, pairs);
            }
        }
        scalar => pairs.push((key.to_owned(), text(scalar))),
    }
}

fn rest(draft: &mut Unsigned, operation: &Operation, members: &Map<String, Value>) -> Result<(), String> {
    let (method, template) = operation.http.ok_or("an operation of a REST protocol declares its method and path")?;
    draft.method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
    let (path, labels) = fill(template, members)?;
    let prefix = draft.url.path().trim_end_matches('/').to_owned();
    draft.url.set_path(&format!("{prefix}{path}"));
    let rest = || members.iter().filter(|(name, value)| !labels.contains(&name.as_str()) && !value.is_null());
    if draft.method == Method::GET || draft.method == Method::HEAD {
        let mut pairs = Vec::new();
        for (name, value) in rest() {
            match value {
                Value::Array(items) => pairs.extend(items.iter().map(|item| (name.clone(), text(item)))),
                scalar => pairs.push((name.clone(), text(scalar))),
            }
        }
        if !pairs.is_empty() {
            draft.url.set_query(Some(&encode(&pairs)));
        }
        return Ok(());
    }
    draft.body = json(rest())?;
    draft.header("content-type", "application/json")
}

/// Fills `{Name}` of a path template, and `{Name+}` whose slashes stay; says which members went in.
fn fill<'a>(template: &'a str, members: &Map<String, Value>) -> Result<(String, Vec<&'a str>), String> {
    let (mut path, mut labels, mut rest) = (String::new(), Vec::new(), template);
    while let Some((before, after)) = rest.split_once('{') {
        let (label, after) = after.split_once('}').ok_or("a path template with an open brace")?;
        let name = label.trim_end_matches('+');
        let value = members.get(name).filter(|value| !value.is_null()).map(text).unwrap_or_default();
        if value.is_empty() || value.split('/').any(|part| part == "." || part == "..") {
            return Err(format!("`{value}` cannot be `{name}` in {template}"));
        }
        path.push_str(before);
        let encoded = utf8_percent_encode(&value, RESERVED).to_string();
        path.push_str(&if name == label { encoded } else { encoded.replace("%2F", "/") });
        labels.push(name);
        rest = after;
    }
    path.push_str(rest);
    Ok((path, labels))
}

fn encode(pairs: &[(String, String)]) -> String {
    let code = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    pairs.iter().map(|(name, value)| format!("{}={}", code(name), code(value))).collect::<Vec<_>>().join("&")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
