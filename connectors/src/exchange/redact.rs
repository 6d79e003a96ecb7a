//! Taking secrets out of answers before anything is hashed, parsed or written.
//!
//! Two kinds are taken out of every answer: values under names that hold secrets in any API, and the credentials of the
//! request itself. An operation may declare further fields. Where an answer cannot be parsed and might hold such a
//! field, the whole body is withheld: a cut-off page of Lambda functions still shows their environment.

use bytes::Bytes;
use quick_xml::events::{BytesText, Event};
use serde_json::Value;

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Names whose values are secrets wherever they stand, compared without case.
const SECRET_NAMES: &[&str] = &[
    "SecretAccessKey",
    "SessionToken",
    "SecretString",
    "SecretBinary",
    "ClientSecret",
    "client_secret",
    "access_token",
    "refresh_token",
    "id_token",
    "Password",
    "MasterUserPassword",
    "AuthToken",
    "PrivateKey",
    "private_key",
    "PrivateKeyData",
    "Base32StringSeed",
    "QRCodePNG",
    "Plaintext",
    "UserData",
];

/// Names of environment blocks: `{"Variables": {NAME: value}}`, `[{"name": …, "value": …}]`, `["NAME=value"]`.
const ENVIRONMENT_NAMES: &[&str] = &[
    "environment",
    "environmentVariables",
    "environment_variables",
    "buildEnvironmentVariables",
    "runtimeEnvironmentVariables",
    "envVariables",
];

/// Those of them that may also be a plain map, `{NAME: value}`, as in Cloud Functions, Cloud Composer and App Runner. An
/// `environment` may have settings beside its variables (`AWS::CodeBuild`), which stay.
const PLAIN_MAP_NAMES: &[&str] = &[
    "environmentVariables",
    "environment_variables",
    "buildEnvironmentVariables",
    "runtimeEnvironmentVariables",
    "envVariables",
];

/// An answer without secrets.
#[derive(Debug)]
pub struct Redaction {
    /// The body; the same bytes when nothing was taken out.
    pub body: Bytes,
    /// Where something was taken out, sorted: a JSON path, an XML element path, `$` for the whole body, or `literal`.
    pub paths: Vec<String>,
}

/// Redacts one body. `declared` are JSON paths (`Functions[].Environment.Variables.*`) or XML element names; `literals`
/// are texts to take out wherever they stand.
pub fn redact(body: &Bytes, declared: &[&str], literals: &[String]) -> Redaction {
    let (body, mut paths) = without_literals(body, literals);
    if !may_hold_secrets(&body, declared) {
        return Redaction { body, paths };
    }
    let cleaned = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => json(&body, declared),
        Some(b'<') => xml(&body, declared),
        _ => None,
    };
    let (body, found) = cleaned.unwrap_or_else(|| (Bytes::from_static(REDACTED.as_bytes()), vec!["$".to_owned()]));
    paths.extend(found);
    paths.sort();
    paths.dedup();
    Redaction { body, paths }
}

/// A cheap look before parsing: most answers hold no secret name at all.
fn may_hold_secrets(body: &[u8], declared: &[&str]) -> bool {
    if body.is_empty() || body == REDACTED.as_bytes() {
        return false;
    }
    if !declared.is_empty() {
        return true;
    }
    let lower = body.to_ascii_lowercase();
    let text = String::from_utf8_lossy(&lower);
    SECRET_NAMES.iter().chain(ENVIRONMENT_NAMES).any(|name| {
        let name = name.to_ascii_lowercase();
        text.contains(&format!("\"{name}\""))
            || text.contains(&format!("<{name}>"))
            || text.contains(&format!(":{name}>"))
    })
}

fn without_literals(body: &Bytes, literals: &[String]) -> (Bytes, Vec<String>) {
    let Ok(text) = std::str::from_utf8(body) else { return (body.clone(), vec![]) };
    if !literals.iter().any(|literal| text.contains(literal.as_str())) {
        return (body.clone(), vec![]);
    }
    let clean = literals.iter().fold(text.to_owned(), |text, literal| text.replace(literal.as_str(), REDACTED));
    (Bytes::from(clean), vec!["literal".to_owned()])
}

fn json(body: &[u8], declared: &[&str]) -> Option<(Bytes, Vec<String>)> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let mut paths = Vec::new();
    names(&mut value, "$", &mut paths);
    for path in declared {
        declared_path(&mut value, "$", path, &mut paths);
    }
    if paths.is_empty() {
        return Some((Bytes::copy_from_slice(body), paths));
    }
    Some((Bytes::from(serde_json::to_vec(&value).ok()?), paths))
}

/// Redacts by name at any depth.
fn names(value: &mut Value, path: &str, paths: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let here = format!("{path}.{name}");
                if matches_any(name, SECRET_NAMES) {
                    blank(inner, &here, paths);
                } else if matches_any(name, ENVIRONMENT_NAMES) {
                    environment(inner, &here, matches_any(name, PLAIN_MAP_NAMES), paths);
                } else {
                    names(inner, &here, paths);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                names(item, &format!("{path}[{index}]"), paths);
            }
        }
        _ => {}
    }
}

/// Redacts the values of an environment block, and keeps its names: they are configuration. Where it `may_be_plain`, every text,
/// number and switch in it is a variable's value.
fn environment(value: &mut Value, path: &str, may_be_plain: bool, paths: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let here = format!("{path}.{name}");
                match inner {
                    Value::Object(variables) if matches_any(name, &["Variables"]) => {
                        for (variable, value) in variables {
                            blank(value, &format!("{here}.{variable}"), paths);
                        }
                    }
                    _ if matches_any(name, ENVIRONMENT_NAMES) => {
                        environment(inner, &here, matches_any(name, PLAIN_MAP_NAMES), paths);
                    }
                    Value::String(_) | Value::Number(_) | Value::Bool(_) if may_be_plain => blank(inner, &here, paths),
                    _ => names(inner, &here, paths),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let here = format!("{path}[{index}]");
                match item {
                    Value::Object(pair) => {
                        for (name, value) in pair.iter_mut().filter(|(name, _)| matches_any(name, &["value"])) {
                            blank(value, &format!("{here}.{name}"), paths);
                        }
                    }
                    Value::String(text) => {
                        let name = text.split_once('=').map(|(name, _)| format!("{name}={REDACTED}"));
                        if let Some(redacted) = name {
                            *text = redacted;
                            paths.push(here);
                        }
                    }
                    other => names(other, &here, paths),
                }
            }
        }
        _ => {}
    }
}

/// Redacts one declared path. A step is a key, a key with `[]` for each element, a key with `[member!=a|b]` for each
/// element whose member is none of these texts, or `*` for each key.
fn declared_path(value: &mut Value, at: &str, rest: &str, paths: &mut Vec<String>) {
    let (step, rest) = rest.split_once('.').map_or((rest, None), |(step, rest)| (step, Some(rest)));
    let (key, which) = step
        .strip_suffix(']')
        .and_then(|step| step.split_once('['))
        .map_or((step, None), |(key, which)| (key, Some(which)));
    let each = which.is_some();
    let Value::Object(map) = value else { return };
    for (name, inner) in map.iter_mut().filter(|(name, _)| key == "*" || name.as_str() == key) {
        let here = format!("{at}.{name}");
        match (each, inner) {
            (true, Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate().filter(|(_, item)| !is_spared(item, which)) {
                    let here = format!("{here}[{index}]");
                    match rest {
                        Some(rest) => declared_path(item, &here, rest, paths),
                        None => blank(item, &here, paths),
                    }
                }
            }
            (false, inner) => match rest {
                Some(rest) => declared_path(inner, &here, rest, paths),
                None => blank(inner, &here, paths),
            },
            (true, _) => {}
        }
    }
}

/// True for an element that `member!=a|b` leaves as it is. What is no such element is not spared.
fn is_spared(item: &Value, which: Option<&str>) -> bool {
    let Some((member, texts)) = which.and_then(|which| which.split_once("!=")) else { return false };
    let text = item.get(member).and_then(Value::as_str);
    text.is_some_and(|text| texts.split('|').any(|known| known == text))
}

fn blank(value: &mut Value, path: &str, paths: &mut Vec<String>) {
    if value.is_null() {
        return;
    }
    *value = Value::String(REDACTED.to_owned());
    paths.push(path.to_owned());
}

fn matches_any(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// Rewrites XML event by event; what is not redacted keeps its bytes.
fn xml(body: &[u8], declared: &[&str]) -> Option<(Bytes, Vec<String>)> {
    let mut reader = quick_xml::Reader::from_reader(body);
    let mut writer = quick_xml::Writer::new(Vec::with_capacity(body.len()));
    let mut open: Vec<String> = Vec::new();
    let mut secret_from: Option<usize> = None;
    let mut paths = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Eof if open.is_empty() => break,
            Event::Eof => return None,
            Event::Start(start) => {
                open.push(start.local_name().as_ref().to_owned());
                let name = open.last().map_or("", String::as_str);
                let is_environment = open.len() > 1
                    && matches_any(name, &["value"])
                    && open.iter().any(|e| matches_any(e, ENVIRONMENT_NAMES));
                let is_secret = matches_any(name, SECRET_NAMES) || declared.contains(&name) || is_environment;
                let inside = secret_from.is_some();
                if !inside {
                    writer.write_event(Event::Start(start)).ok()?;
                    if is_secret {
                        secret_from = Some(open.len());
                        paths.push(open.join("/"));
                        writer.write_event(Event::Text(BytesText::new(REDACTED))).ok()?;
                    }
                }
            }
            Event::End(end) => {
                if secret_from == Some(open.len()) {
                    secret_from = None;
                }
                open.pop()?;
                if secret_from.is_none() {
                    writer.write_event(Event::End(end)).ok()?;
                }
            }
            event if secret_from.is_none() => writer.write_event(event).ok()?,
            _ => {}
        }
    }
    if paths.is_empty() {
        return Some((Bytes::copy_from_slice(body), paths));
    }
    Some((Bytes::from(writer.into_inner()), paths))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(body: &str, declared: &[&str]) -> (String, Vec<String>) {
        let done = redact(&Bytes::copy_from_slice(body.as_bytes()), declared, &[]);
        (String::from_utf8(done.body.to_vec()).unwrap(), done.paths)
    }

    #[test]
    fn an_environment_keeps_its_names_and_loses_its_values() {
        let lambda = r#"{"Functions":[{"FunctionName":"f","Environment":{"Variables":{"DB_PASSWORD":"canary-1"}}}]}"#;
        let (body, paths) = run(lambda, &[]);
        assert!(!body.contains("canary") && body.contains("DB_PASSWORD"));
        assert_eq!(paths, ["$.Functions[0].Environment.Variables.DB_PASSWORD"]);
        let ecs = r#"{"taskDefinition":{"containerDefinitions":[{"environment":[{"name":"K","value":"canary-2"}]}]}}"#;
        assert!(!run(ecs, &[]).0.contains("canary"));
        let codebuild =
            r#"{"environment":{"environmentVariables":[{"name":"K","value":"canary-3","type":"PLAINTEXT"}]}}"#;
        assert!(!run(codebuild, &[]).0.contains("canary"));
    }

    #[test]
    fn an_environment_may_be_a_plain_map_or_a_list_of_texts() {
        let function = r#"{"serviceConfig":{"environmentVariables":{"DB":"canary-1","N":2},"timeoutSeconds":60},
            "buildConfig":{"environmentVariables":{"TOKEN":"canary-2"}},"buildEnvironmentVariables":{"T":"canary-3"}}"#;
        let (body, paths) = run(function, &[]);
        assert!(!body.contains("canary") && body.contains("TOKEN") && body.contains(":60"), "{body}");
        assert_eq!(paths.len(), 4, "{paths:?}");
        let (body, paths) = run(r#"{"environment":["PATH_OF=canary=1","prod"]}"#, &[]);
        assert_eq!((body.as_str(), paths.len()), (r#"{"environment":["PATH_OF=[redacted]","prod"]}"#, 1));
        // Settings beside the variables stay.
        let build = r#"{"environment":{"type":"LINUX_CONTAINER","privilegedMode":true}}"#;
        assert_eq!(run(build, &[]), (build.to_owned(), vec![]));
    }

    #[test]
    fn elements_are_spared_by_what_names_them() {
        let path = "m.items[key!=a|b].value";
        let body = r#"{"m":{"items":[{"key":"a","value":"1"},{"key":"ab","value":"canary"},{"value":"canary"},"x",{"key":"b","value":"2"}]}}"#;
        let (body, paths) = run(body, &[path]);
        assert!(!body.contains("canary") && body.contains("\"1\"") && body.contains("\"2\""), "{body}");
        assert_eq!(paths, ["$.m.items[1].value", "$.m.items[2].value"]);
    }

    #[test]
    fn a_body_that_cannot_be_parsed_and_might_hold_a_secret_is_withheld() {
        let cut = r#"{"Functions":[{"Environment":{"Variables":{"K":"canary"#;
        assert_eq!(run(cut, &[]), (REDACTED.to_owned(), vec!["$".to_owned()]));
        assert_eq!(run("K=canary", &["K"]), (REDACTED.to_owned(), vec!["$".to_owned()]));
        assert_eq!(run("<R><Password>canary", &[]), (REDACTED.to_owned(), vec!["$".to_owned()]));
    }

    #[test]
    fn what_holds_no_secret_keeps_its_bytes() {
        for body in ["{ \"b\": 1, \"a\": [1.50] }", "<a>\n <b/></a>", "<html>oops", "", "{\"x\": \"password\"}"] {
            assert_eq!(run(body, &[]), (body.to_owned(), vec![]));
        }
    }

    #[test]
    fn xml_and_declared_paths_and_literals() {
        let (body, paths) =
            run("<R x=\"1\"><S><SecretAccessKey>canary<!-- canary --></SecretAccessKey></S><T>t</T></R>", &[]);
        assert_eq!(body, "<R x=\"1\"><S><SecretAccessKey>[redacted]</SecretAccessKey></S><T>t</T></R>");
        assert_eq!(paths, ["R/S/SecretAccessKey"]);
        assert_eq!(run(r#"{"a":[{"b":{"k":"canary"}}]}"#, &["a[].b.*"]).1, ["$.a[0].b.k"]);
        let echoed = redact(&Bytes::from_static(b"<Error>token-abcdefgh</Error>"), &[], &["token-abcdefgh".to_owned()]);
        assert_eq!(&echoed.body[..], b"<Error>[redacted]</Error>");
    }

    #[test]
    fn redaction_is_idempotent() {
        let once = run(r#"{"Password":"x","Environment":{"Variables":{"a":"b"}}}"#, &[]);
        let twice = run(&once.0, &[]);
        assert_eq!(once, twice);
    }
}
