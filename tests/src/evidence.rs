//! Reading evidence as an outsider does: JSON, zstd and base64, nothing of the project.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One committed bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The ledger file, from the store's root.
    pub ledger: String,
    /// The statement.
    pub statement: Value,
    /// `run.json`
    pub run: Value,
    /// `exchanges.jsonl.zst`
    pub exchanges: Vec<Value>,
    /// `resources.jsonl.zst`
    pub resources: Vec<Value>,
    /// `populations.json`
    pub populations: Vec<Value>,
    /// `findings.jsonl.zst`
    pub findings: Vec<Value>,
    /// `catalogue.json`
    pub catalogue: Vec<Value>,
}

/// Verdicts by control and resource; the resource is empty for a scope, or for a population that was not whole.
pub type Rows = BTreeMap<(String, String), String>;

/// Every file below a folder, as paths from it, sorted; without the store's own temporary files.
pub fn files(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).expect("it lies below").to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.retain(|path| !path.starts_with('.'));
    found.sort();
    found
}

/// The ledger's files, in the order of their streams and numbers.
pub fn ledger(store: &Path) -> Vec<String> {
    files(store).into_iter().filter(|path| path.starts_with("ledger/") && path.ends_with(".dsse.json")).collect()
}

/// Every committed bundle.
pub fn bundles(store: &Path) -> Vec<Bundle> {
    ledger(store).into_iter().map(|path| bundle(store, path)).collect()
}

/// The only bundle of a store.
pub fn only_bundle(store: &Path) -> Bundle {
    let mut all = bundles(store);
    assert_eq!(all.len(), 1, "{:?}", files(store));
    all.remove(0)
}

fn bundle(store: &Path, ledger: String) -> Bundle {
    let statement = statement(&store.join(&ledger));
    let subjects: Vec<PathBuf> = statement["subject"]
        .as_array()
        .expect("a statement has subjects")
        .iter()
        .map(|subject| store.join(subject["name"].as_str().expect("a subject has a name")))
        .collect();
    let file = |name: &str| {
        let path = subjects.iter().find(|path| path.ends_with(name)).unwrap_or_else(|| panic!("{name} is not named"));
        contents(path)
    };
    let json = |name: &str| serde_json::from_slice::<Value>(&file(name)).expect("it is JSON");
    let lines = |name: &str| {
        let text = String::from_utf8(file(name)).expect("it is UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect::<Vec<Value>>()
    };
    let list = |value: Value| value.as_array().cloned().expect("it is a list");
    Bundle {
        run: json("run.json"),
        exchanges: lines("exchanges.jsonl.zst"),
        resources: lines("resources.jsonl.zst"),
        populations: list(json("populations.json")),
        findings: lines("findings.jsonl.zst"),
        catalogue: list(json("catalogue.json")),
        ledger,
        statement,
    }
}

/// The statement in a ledger file.
pub fn statement(path: &Path) -> Value {
    let envelope: Value = serde_json::from_slice(&std::fs::read(path).expect("it can be read")).expect("it is JSON");
    let payload = envelope["payload"].as_str().expect("an envelope has a payload");
    serde_json::from_slice(&base64(payload)).expect("the payload is JSON")
}

/// Seconds since 1970 of an instant as evidence writes it, RFC 3339 in UTC; what is below a second is left out.
pub fn seconds(text: &str) -> i64 {
    let part = |range: std::ops::Range<usize>| text[range].parse::<i64>().expect("an instant is made of digits");
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    // Days from a civil date, with the year beginning in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    days * 86_400 + part(11..13) * 3_600 + part(14..16) * 60 + part(17..19)
}

/// Seconds since 1970 now.
pub fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(now.as_secs()).expect("it is long before the end of time")
}

/// RFC 4648, standard alphabet.
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let six = ALPHABET.iter().position(|letter| *letter == byte).expect("base64 has 64 letters");
        bits = (bits << 6) | u32::try_from(six).expect("it is below 64");
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).expect("eight bits are a byte"));
        }
    }
    bytes
}

/// A file's bytes, decompressed where its name ends in `.zst`.
pub fn contents(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_some_and(|extension| extension == "zst") {
        return zstd::decode_all(&bytes[..]).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    bytes
}

/// The files of a store in which a text stands, decompressed, and with base64 undone where a whole file is JSON.
pub fn find(store: &Path, text: &str) -> Vec<String> {
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    files(store)
        .into_iter()
        .filter(|path| {
            let full = store.join(path);
            holds(&contents(&full)) || (path.ends_with(".dsse.json") && holds(statement(&full).to_string().as_bytes()))
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Bundle {
    /// The verdicts. A control with two verdicts for one resource ends the test.
    pub fn rows(&self) -> Rows {
        let mut rows = Rows::new();
        for finding in &self.findings {
            let row = (text(&finding["control"]), text(&finding["resource"]["id"]));
            let doubled = rows.insert(row.clone(), text(&finding["verdict"]));
            assert_eq!(doubled, None, "{row:?} has two verdicts");
        }
        rows
    }

    /// Ids of the resources of a type.
    pub fn ids(&self, of_type: &str) -> BTreeSet<String> {
        self.resources.iter().filter(|r| r["type"] == of_type).map(|r| text(&r["id"])).collect()
    }

    /// `complete` of the statement.
    pub fn complete(&self) -> bool {
        self.statement["predicate"]["complete"].as_bool().expect("a predicate says whether it is complete")
    }

    /// Everything unread: gaps as `operation reason`, and the reasons of populations that are not whole.
    pub fn unread(&self) -> Vec<String> {
        let gaps = self.resources.iter().flat_map(|resource| {
            let gaps = resource["gaps"].as_array().cloned().unwrap_or_default();
            gaps.into_iter().map(move |gap| {
                format!(
                    "{} {} [{} {}]",
                    text(&gap["operation"]),
                    text(&gap["reason"]),
                    text(&resource["id"]),
                    text(&gap["field"])
                )
            })
        });
        let rows = self
            .populations
            .iter()
            .filter(|row| row["complete"] == false)
            .map(|row| format!("{} [{} {}]", text(&row["reason"]), text(&row["type"]), text(&row["region"])));
        gaps.chain(rows).collect()
    }

    /// What of it is unread because an answer did not fit.
    pub fn malformed(&self) -> BTreeSet<String> {
        self.unread().into_iter().filter(|line| line.contains("malformed")).collect()
    }

    /// Types whose population is not whole.
    pub fn unfinished(&self) -> BTreeSet<String> {
        let rows = self.populations.iter().filter(|row| row["complete"] == false);
        rows.map(|row| row["type"].to_string()).collect()
    }

    /// Panics unless the balance closes against the documents that are there, and `complete` follows from it.
    pub fn assert_balanced(&self) {
        let mut documents: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        for resource in &self.resources {
            let counts = documents.entry((text(&resource["type"]), text(&resource["region"]))).or_default();
            let whole = resource["gaps"].as_array().is_some_and(Vec::is_empty);
            *(if whole { &mut counts.0 } else { &mut counts.1 }) += 1;
        }
        let mut gaps: u64 = self.resources.iter().map(|r| r["gaps"].as_array().map_or(0, Vec::len) as u64).sum();
        for row in &self.populations {
            let number = |key: &str| row[key].as_u64().unwrap_or_else(|| panic!("{key} of {row}"));
            let there = documents.remove(&(text(&row["type"]), text(&row["region"]))).unwrap_or_default();
            assert_eq!((number("evaluated"), number("not_evaluated")), there, "{row}");
            assert_eq!(number("listed"), number("evaluated") + number("not_evaluated") + number("excluded"), "{row}");
            let counted = &row["cross_check"]["count"];
            gaps += u64::from(row["complete"] == false) + u64::from(!counted.is_null() && *counted != row["listed"]);
        }
        assert!(documents.is_empty(), "documents without a population: {documents:?}");
        assert_eq!(self.statement["predicate"]["gaps"], gaps);
        assert_eq!(self.complete(), gaps == 0);
    }

    /// Panics unless every control has exactly one verdict for each resource of its type, and one for its scope.
    pub fn assert_one_verdict_each(&self) {
        let rows = self.rows();
        let cloud = format!("{}.", text(&self.run["cloud"]));
        for control in self.catalogue.iter().filter(|control| text(&control["id"]).starts_with(&cloud)) {
            let id = text(&control["id"]);
            let judged: BTreeSet<String> = rows.keys().filter(|row| row.0 == id).map(|row| row.1.clone()).collect();
            let mut expected = match control["resource"].as_str() {
                Some(of_type) => self.ids(of_type),
                // What only a subscription has is not asked of its tenant.
                None if !self.populations.iter().any(|row| row["type"] == control["scope"]) => BTreeSet::new(),
                None => BTreeSet::from([String::new()]),
            };
            // The line that stands for what could not be listed.
            if judged.contains("") {
                expected.insert(String::new());
            }
            assert_eq!(judged, expected, "{id}");
        }
    }
}

/// Panics unless `worse`, made with something unread, says nothing that `better` does not: no row is lost but those whose
/// population says so, and a verdict is either the same or `not_evaluated`.
pub fn assert_only_obscured(better: &Rows, worse: &Rows, context: &str) {
    for (row, verdict) in better {
        let stood_in = || worse.get(&(row.0.clone(), String::new()));
        match worse.get(row).or_else(stood_in) {
            None => panic!("{context}: {row:?} was {verdict} and is lost"),
            Some(now) => {
                assert!(now == verdict || now == "not_evaluated", "{context}: {row:?} was {verdict} and is {now}");
            }
        }
    }
    for (row, now) in worse.iter().filter(|(row, _)| !better.contains_key(*row)) {
        assert_eq!(now, "not_evaluated", "{context}: {row:?} is new");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_undone() {
        assert_eq!(base64("eyJhIjoxfQ=="), br#"{"a":1}"#);
        assert_eq!(base64("YWI="), b"ab");
    }

    fn rows(entries: &[(&str, &str, &str)]) -> Rows {
        entries.iter().map(|(c, r, v)| (((*c).to_owned(), (*r).to_owned()), (*v).to_owned())).collect()
    }

    #[test]
    fn instants_are_counted_from_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2000-03-01T00:00:01.999Z", 951_868_801),
            ("2026-12-01T12:00:00Z", 1_796_126_400),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn unread_things_may_only_obscure() {
        let clean = rows(&[("c", "a", "pass"), ("c", "b", "fail")]);
        assert_only_obscured(&clean, &rows(&[("c", "a", "not_evaluated"), ("c", "b", "fail")]), "one unread");
        assert_only_obscured(&clean, &rows(&[("c", "", "not_evaluated")]), "nothing listed");
    }

    #[test]
    #[should_panic(expected = "is lost")]
    fn a_lost_row_is_seen() {
        assert_only_obscured(&rows(&[("c", "a", "pass")]), &rows(&[]), "");
    }

    #[test]
    #[should_panic(expected = "was fail and is pass")]
    fn an_invented_pass_is_seen() {
        assert_only_obscured(&rows(&[("c", "a", "fail")]), &rows(&[("c", "a", "pass")]), "");
    }
}
