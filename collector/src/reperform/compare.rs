//! Comparing recorded bytes with those that came out again, and saying where they part.

use serde::Serialize;
use serde_json::Value;

/// Differing lines that are listed of one file.
const LISTED: usize = 5;
/// Characters of a value that are shown.
const SHOWN: usize = 200;

/// Where what came out again is not what was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The file in the bundle.
    pub file: String,
    /// The line, from 1; 1 in a document of one line.
    pub line: u64,
    /// The first field that differs, as a path from the line's root; `.` for the line as a whole.
    pub field: String,
    /// What was recorded there; null when there is nothing.
    pub recorded: Option<String>,
    /// What came out again; null when there is nothing.
    pub reproduced: Option<String>,
}

/// What a comparison gave.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// The first differences.
    pub(super) differences: Vec<Difference>,
    /// How many lines differ.
    pub(super) count: u64,
}

/// Compares line by line.
pub(super) fn lines(file: &str, recorded: &[u8], reproduced: &[u8]) -> Compared {
    let mut compared = Compared::default();
    if recorded == reproduced {
        return compared;
    }
    let (mut old, mut new) = (recorded.split_inclusive(|b| *b == b'\n'), reproduced.split_inclusive(|b| *b == b'\n'));
    for line in 1.. {
        let (old, new) = (old.next(), new.next());
        if old.is_none() && new.is_none() {
            break;
        }
        if old == new {
            continue;
        }
        compared.count += 1;
        if compared.differences.len() < LISTED {
            compared.differences.push(difference(file, line, old, new));
        }
    }
    compared
}

fn difference(file: &str, line: u64, recorded: Option<&[u8]>, reproduced: Option<&[u8]>) -> Difference {
    let parsed = |bytes: Option<&[u8]>| bytes.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let (field, old, new) = match (parsed(recorded), parsed(reproduced)) {
        (Some(old), Some(new)) => first("", Some(&old), Some(&new)).unwrap_or_else(|| (".".to_owned(), None, None)),
        (old, new) => (".".to_owned(), old.map(|v| shown(&v)), new.map(|v| shown(&v))),
    };
    Difference { file: file.to_owned(), line, field, recorded: old, reproduced: new }
}

type Found = (String, Option<String>, Option<String>);

/// The first place, in the order of keys, where two values part.
fn first(path: &str, old: Option<&Value>, new: Option<&Value>) -> Option<Found> {
    match (old, new) {
        (Some(a), Some(b)) if a == b => None,
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            keys.into_iter().find_map(|key| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                first(&path, a.get(key), b.get(key))
            })
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            (0..a.len().max(b.len())).find_map(|index| first(&format!("{path}[{index}]"), a.get(index), b.get(index)))
        }
        _ => Some((if path.is_empty() { "." } else { path }.to_owned(), old.map(shown), new.map(shown))),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).chain(['…']).collect() }
}
