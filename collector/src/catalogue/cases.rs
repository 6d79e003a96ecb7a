//! The cases of a control: small documents with the verdict that each must get.
//!
//! A case goes through the same evaluation as a real document. Beside its verdict, one law is tried on each: whatever is
//! taken out of its documents, key by key and at any depth, the verdict stays or becomes `not_evaluated`. A control that
//! breaks it would turn a refused read into a pass, a false fail or a silent exemption.

use super::{Catalogue, Entry, parameters};
use crate::evaluate::{concerns, evaluate};
use evidenced_schemas::control::{Control, Verdict};
use evidenced_schemas::resource::Gap;
use evidenced_schemas::{Cloud, Digest, Finding, Instant, Population, Resource, ScopeId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The account that cases play in.
const SCOPE: &str = "123456789012";
/// The tenant that cases play in which are about what only a tenant has.
const TENANT: &str = "tenant-cccccccc-0000-4000-8000-000000000003";
/// The instant that cases are judged at, unless they say another.
const AS_OF: &str = "2026-03-01T06:00:00Z";

/// One case. Only what is given exists: a key left out is a key that could not be read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The verdict it must get.
    verdict: Verdict,
    /// What it shows.
    #[serde(default)]
    about: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    config: Map<String, Value>,
    #[serde(default)]
    derived: Map<String, Value>,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    gaps: Vec<Gap>,
    /// For scope controls: the documents of each type. A type left out has an empty population.
    #[serde(default)]
    all: BTreeMap<String, Vec<CaseDocument>>,
    /// Types whose population was cut short.
    #[serde(default)]
    incomplete: Vec<String>,
    /// Parameters that differ from their default.
    #[serde(default)]
    params: BTreeMap<String, Value>,
    /// The instant of the verdict.
    #[serde(default)]
    as_of: Option<Instant>,
}

/// The document of a case.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseDocument {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    config: Map<String, Value>,
    #[serde(default)]
    derived: Map<String, Value>,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    gaps: Vec<Gap>,
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseResult {
    /// The control.
    pub control: String,
    /// Its file and line.
    pub place: String,
    /// Number of the case, from 1.
    pub number: usize,
    /// What the case shows, where it says so.
    pub about: Option<String>,
    /// The verdict that it must get.
    pub expected: Verdict,
    /// The verdict that it got.
    pub got: Verdict,
    /// The reason or message beside the verdict.
    pub said: Option<String>,
    /// What is wrong; null when the case holds.
    pub problem: Option<String>,
}

/// Runs every case of every control.
pub fn test_cases(catalogue: &Catalogue) -> Vec<CaseResult> {
    catalogue.entries().iter().flat_map(test_entry).collect()
}

fn test_entry(entry: &Entry) -> Vec<CaseResult> {
    let run = |(index, case): (usize, &Case)| {
        let estate = case.estate(&entry.control);
        let alone = match case.catalogue(entry) {
            Ok(alone) => alone,
            Err(what) => return result(entry, index, case, Verdict::NotEvaluated, None, Some(what)),
        };
        let finding = estate.judge(&alone);
        let said = finding.message.clone().or_else(|| finding.reason.clone());
        let problem = if finding.verdict == case.verdict {
            estate.law_broken(&alone, finding.verdict)
        } else {
            Some(format!("expected {}, got {}", case.verdict, finding.verdict))
        };
        result(entry, index, case, finding.verdict, said, problem)
    };
    entry.cases.iter().enumerate().map(run).collect()
}

fn result(
    entry: &Entry,
    index: usize,
    case: &Case,
    got: Verdict,
    said: Option<String>,
    problem: Option<String>,
) -> CaseResult {
    CaseResult {
        control: entry.control.id.clone(),
        place: entry.line.map_or_else(|| entry.file.clone(), |line| format!("{}:{line}", entry.file)),
        number: index + 1,
        about: case.about.clone(),
        expected: case.verdict,
        got,
        said,
        problem,
    }
}

impl Case {
    /// The verdict that it must get.
    pub(super) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Refuses a case that does not fit its control.
    pub(super) fn check(&self, control: &Control) -> Result<(), String> {
        if control.resource.is_some() && (!self.all.is_empty() || !self.incomplete.is_empty()) {
            return Err("has a case with `all` or `incomplete`, which are for scope controls".to_owned());
        }
        if control.scope.is_some() && !(self.config.is_empty() && self.derived.is_empty()) {
            return Err(
                "has a case with `config` or `derived`: a scope control's documents stand under `all`".to_owned()
            );
        }
        match self.all.keys().chain(&self.incomplete).find(|type_| !control.populations.contains_key(*type_)) {
            Some(type_) => Err(format!("has a case over `{type_}`, which `populations` does not name")),
            None => Ok(()),
        }
    }

    fn document(&self) -> CaseDocument {
        CaseDocument {
            name: self.name.clone(),
            id: self.id.clone(),
            config: self.config.clone(),
            derived: self.derived.clone(),
            tags: self.tags.clone(),
            gaps: self.gaps.clone(),
        }
    }

    /// The control alone, under the case's parameters.
    pub(crate) fn catalogue(&self, entry: &Entry) -> Result<Catalogue, String> {
        let mut entry = entry.clone();
        for (name, value) in &self.params {
            parameters::set(&mut entry.control, name, value)?;
        }
        entry.compiled = super::Compiled::with_programs(&entry.control, entry.compiled.programs.clone());
        Catalogue::from_entries(vec![entry]).map_err(|error| error.what)
    }

    /// The documents and populations of the case.
    pub(crate) fn estate(&self, control: &Control) -> Estate {
        let mut resources = Vec::new();
        let mut populations = Vec::new();
        if let Some(type_) = &control.resource {
            resources.push(self.document().resource(type_, 0));
            populations.push(population(type_, 1, true));
        }
        for type_ in control.populations.keys() {
            let documents = self.all.get(type_).map_or(&[][..], Vec::as_slice);
            populations.push(population(type_, documents.len(), !self.incomplete.contains(type_)));
            resources.extend(documents.iter().enumerate().map(|(n, document)| document.resource(type_, n)));
        }
        let word = control.id.split('.').next().unwrap_or_default();
        let cloud = Cloud::from_word(word).expect("the loader checks that an id begins with a cloud");
        // It plays in the account, unless an account is not asked about its types.
        let named = |id: &str| ScopeId::try_from(id.to_owned()).expect("the constants are scope ids");
        let is_asked = populations.iter().all(|row: &Population| concerns(&named(SCOPE), &row.type_, &[]));
        let scope = named(if is_asked { SCOPE } else { TENANT });
        for resource in &mut resources {
            resource.cloud = cloud;
            resource.scope = scope.clone();
        }
        Estate { cloud, scope, resources, populations, as_of: self.as_of.unwrap_or_else(as_of) }
    }
}

/// Documents and populations to judge.
#[derive(Clone, Debug)]
pub(crate) struct Estate {
    /// The cloud of the control.
    pub(crate) cloud: Cloud,
    /// Where it plays.
    pub(crate) scope: ScopeId,
    /// The documents.
    pub(crate) resources: Vec<Resource>,
    /// The populations.
    pub(crate) populations: Vec<Population>,
    /// The instant.
    pub(crate) as_of: Instant,
}

impl Estate {
    /// All findings that a catalogue of one control gives.
    pub(crate) fn findings(&self, alone: &Catalogue) -> Vec<Finding> {
        evaluate(alone, self.cloud, &self.scope, self.as_of, &self.resources, &self.populations)
    }

    /// The finding on the case itself: the last one, since a finding on the population stands before it.
    pub(crate) fn judge(&self, alone: &Catalogue) -> Finding {
        self.findings(alone).pop().expect("each control gives a finding on its resource or scope")
    }

    /// Every estate that lacks one key of one document.
    pub(crate) fn pruned(&self) -> Vec<(String, Self)> {
        let mut pruned = Vec::new();
        for (n, resource) in self.resources.iter().enumerate() {
            for (name, part) in [("config", &resource.config), ("derived", &resource.derived)] {
                let whole = Value::Object(part.clone());
                for path in key_paths(&whole, "") {
                    let mut smaller = self.clone();
                    let Some(Value::Object(left)) = without(&whole, &path) else { continue };
                    let target = &mut smaller.resources[n];
                    *(if name == "config" { &mut target.config } else { &mut target.derived }) = left;
                    pruned.push((format!("{name}{}", path.replace('/', ".")), smaller));
                }
            }
        }
        pruned
    }

    /// Says where a missing key changes the verdict into another one.
    fn law_broken(&self, alone: &Catalogue, verdict: Verdict) -> Option<String> {
        self.pruned().into_iter().find_map(|(path, smaller)| {
            let got = smaller.judge(alone).verdict;
            (got != verdict && got != Verdict::NotEvaluated)
                .then(|| format!("without `{path}` it is {got}, and must be {verdict} or not_evaluated"))
        })
    }
}

/// JSON pointers of every key, at any depth, except the keys of open maps: those are facts one by one.
fn key_paths(value: &Value, at: &str) -> Vec<String> {
    let mut paths = Vec::new();
    match value {
        Value::Object(map) => {
            for (key, below) in map {
                let path = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                if !crate::evaluate::value::OPEN_KEYS.contains(&key.as_str()) {
                    paths.extend(key_paths(below, &path));
                }
                paths.push(path);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                paths.extend(key_paths(item, &format!("{at}/{n}")));
            }
        }
        _ => {}
    }
    paths
}

fn without(value: &Value, pointer: &str) -> Option<Value> {
    let mut copy = value.clone();
    let (parent, key) = pointer.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    copy.pointer_mut(parent)?.as_object_mut()?.remove(&key)?;
    Some(copy)
}

fn as_of() -> Instant {
    Instant::try_from(AS_OF.to_owned()).expect("the instant of the cases is RFC 3339")
}

fn population(type_: &str, listed: usize, complete: bool) -> Population {
    let listed = u64::try_from(listed).unwrap_or(u64::MAX);
    Population {
        type_: type_.to_owned(),
        region: "global".to_owned(),
        listed,
        evaluated: listed,
        not_evaluated: 0,
        excluded: 0,
        pages: 1,
        complete,
        reason: (!complete).then(|| "the list was cut short".to_owned()),
        cross_check: None,
    }
}

impl CaseDocument {
    fn resource(&self, type_: &str, number: usize) -> Resource {
        let name = self.name.clone().unwrap_or_else(|| format!("case-{number}"));
        Resource {
            type_: type_.to_owned(),
            id: self.id.clone().unwrap_or_else(|| name.clone()),
            name,
            cloud: Cloud::Aws,
            scope: ScopeId::try_from(SCOPE.to_owned()).expect("an account id is a scope id"),
            region: "global".to_owned(),
            tags: self.tags.clone(),
            config: self.config.clone(),
            derived: self.derived.clone(),
            observed_at: as_of(),
            exchanges: Vec::new(),
            gaps: self.gaps.clone(),
            sha256: Digest::of(b""),
        }
    }
}
