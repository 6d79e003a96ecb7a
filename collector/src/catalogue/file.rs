//! Control files: YAML, read strictly. Every refusal names file and line.

use super::cases::Case;
use super::compiled::{Compiled, Problem};
use super::{CatalogueError, Entry};
use evidenced_schemas::control::{Control, Criteria, Holds, Layer, Measure, Param, Severity, Verdict};
use evidenced_schemas::criteria::{Category, Principle};
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::path::Path;

/// Names and texts of the files that `build.rs` packed.
///
/// # Panics
/// When it is something else, which the build would have to be broken for.
pub(super) fn packed(packed: &[u8]) -> Vec<(String, String)> {
    let all = zstd::decode_all(packed).expect("the build packs with zstd");
    let mut rest = std::str::from_utf8(&all).expect("control files are UTF-8");
    let mut files = Vec::new();
    while let Some((name, after)) = rest.split_once('\n') {
        let (length, after) = after.split_once('\n').expect("a length follows the name");
        let (text, after) = after.split_at(length.parse().expect("it is a number"));
        files.push((name.to_owned(), text.to_owned()));
        rest = after;
    }
    files
}

/// An entry as it stands in a file: a control, its parameters without values, and its cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<String>,
    title: String,
    statement: String,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    populations: Option<Spanned<BTreeMap<String, Holds>>>,
    #[serde(default)]
    applies: Option<Spanned<String>>,
    #[serde(default)]
    why_not: Option<String>,
    pass: Spanned<String>,
    message: Spanned<String>,
    #[serde(default)]
    params: Option<Spanned<BTreeMap<String, WrittenParam>>>,
    principle: Principle,
    criteria: Spanned<Criteria>,
    category: Category,
    layer: Layer,
    #[serde(default)]
    measure: Option<Measure>,
    severity: Severity,
    policy: String,
    owner: String,
    remediation: String,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    equivalents: BTreeMap<String, Vec<String>>,
    cases: Spanned<Vec<Case>>,
}

/// A parameter as it stands in a file: its value in force is not for the file to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenParam {
    about: String,
    #[serde(rename = "type")]
    type_: evidenced_schemas::control::ParamType,
    default: serde_json::Value,
    #[serde(default)]
    loosest: Option<evidenced_schemas::control::Loosest>,
}

impl Written {
    /// The line of a key, or of the entry where the key is absent.
    fn line(&self, key: &str) -> u64 {
        let location = match key {
            "populations" => self.populations.as_ref().map(|spanned| spanned.referenced),
            "applies" => self.applies.as_ref().map(|spanned| spanned.referenced),
            "pass" => Some(self.pass.referenced),
            "message" => Some(self.message.referenced),
            "params" => self.params.as_ref().map(|spanned| spanned.referenced),
            "criteria" => Some(self.criteria.referenced),
            "cases" => Some(self.cases.referenced),
            _ => None,
        };
        location.unwrap_or(self.id.referenced).line()
    }

    fn into_control(self) -> (Control, Vec<Case>) {
        let param = |written: WrittenParam| Param {
            about: written.about,
            type_: written.type_,
            value: Some(written.default.clone()),
            default: written.default,
            loosest: written.loosest,
        };
        let params = self.params.map(|spanned| spanned.value).unwrap_or_default();
        let control = Control {
            id: self.id.value,
            title: self.title,
            statement: self.statement,
            resource: self.resource,
            scope: self.scope,
            populations: self.populations.map(|spanned| spanned.value).unwrap_or_default(),
            applies: self.applies.map_or_else(|| "true".to_owned(), |spanned| spanned.value),
            why_not: self.why_not,
            pass: self.pass.value,
            message: self.message.value,
            params: params.into_iter().map(|(name, written)| (name, param(written))).collect(),
            principle: self.principle,
            criteria: self.criteria.value,
            category: self.category,
            layer: self.layer,
            measure: self.measure,
            severity: self.severity,
            policy: self.policy,
            owner: self.owner,
            remediation: self.remediation,
            note: self.note,
            equivalents: self.equivalents,
        };
        (control, self.cases.value)
    }
}

/// Reads one file.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<Entry>, CatalogueError> {
    let written: Vec<Written> = serde_saphyr::from_str(text).map_err(|error| CatalogueError {
        file: name.to_owned(),
        line: error.location().map(|location| location.line()),
        what: plain(&error),
    })?;
    written.into_iter().map(|written| entry(name, written)).collect()
}

/// The parser's message without the place, which is said before it.
fn plain(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let text = text.lines().next().unwrap_or_default();
    text.split(" at line ").next().unwrap_or(text).to_owned()
}

fn entry(name: &str, written: Written) -> Result<Entry, CatalogueError> {
    let lines: BTreeMap<&str, u64> = ["id", "populations", "applies", "pass", "message", "params", "criteria", "cases"]
        .into_iter()
        .map(|key| (key, written.line(key)))
        .collect();
    let (control, cases) = written.into_control();
    let id = control.id.clone();
    let refuse = |problem: Problem| CatalogueError {
        file: name.to_owned(),
        line: lines.get(problem.key).copied(),
        what: format!("`{id}`: `{}` {}", problem.key, problem.what),
    };
    let compiled = Compiled::new(&control).map_err(refuse)?;
    check_cases(&control, &cases).map_err(|what| refuse(Problem { key: "cases", what }))?;
    Ok(Entry { control, compiled, cases, file: name.to_owned(), line: lines.get("id").copied() })
}

/// A control without tests is an assertion nobody checked.
fn check_cases(control: &Control, cases: &[Case]) -> Result<(), String> {
    let mut wanted = vec![Verdict::Pass, Verdict::Fail, Verdict::NotEvaluated];
    if control.applies.trim() != "true" {
        wanted.push(Verdict::NotApplicable);
    }
    for verdict in wanted {
        if !cases.iter().any(|case| case.verdict() == verdict) {
            return Err(format!("has no case that is `{verdict}`: add one"));
        }
    }
    cases.iter().try_for_each(|case| case.check(control))
}

/// The control files of a folder, sorted by path, so that the first error is the same each time.
pub(super) fn texts(folder: &Path) -> Result<Vec<(String, String)>, CatalogueError> {
    let refuse = |path: &Path, what: String| CatalogueError { file: path.display().to_string(), line: None, what };
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let listed =
            std::fs::read_dir(&next).map_err(|e| refuse(&next, format!("cannot read the controls folder: {e}")))?;
        for item in listed {
            let path = item.map_err(|e| refuse(&next, format!("cannot read the controls folder: {e}")))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        return Err(refuse(folder, "there is no control file (*.yaml) in this folder".to_owned()));
    }
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).map_err(|e| refuse(&path, format!("cannot read it: {e}")))?;
            Ok((path.display().to_string(), text))
        })
        .collect()
}
