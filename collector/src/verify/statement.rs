//! One ledger file: envelope, signature, statement. It knows nothing of the statements around it.

use super::problem::{ProblemKind as Kind, Problems};
use crate::bundle::FILES;
use crate::signing::{EnvelopeError, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidenced_schemas::statement::{PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE};
use evidenced_schemas::{Digest, Envelope, RunId, Statement, StreamId, to_canonical_vec};
use serde_json::Value;

/// What a ledger file says, as far as it could be read.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The statement; none when it cannot be relied on at all.
    pub(crate) statement: Option<Statement>,
    /// The keys that the envelope names.
    pub(crate) keyids: Vec<Digest>,
    /// True when every signature is by a given key.
    pub(crate) signed: bool,
}

/// Reads a ledger file and checks all that can be said of it alone.
pub(crate) fn read(bytes: &[u8], file: &str, keys: &[Verifier], problems: &mut Problems) -> Read {
    let envelope: Envelope = match serde_json::from_slice(bytes) {
        Ok(envelope) => envelope,
        Err(error) => {
            problems.add(Kind::EnvelopeMalformed, file, format!("is not a DSSE envelope: {error}"));
            return Read::default();
        }
    };
    if to_canonical_vec(&envelope).ok().as_deref() != Some(bytes) {
        problems.add(Kind::EnvelopeNotCanonical, file, "the envelope is not written canonically");
    }
    if envelope.payload_type != PAYLOAD_TYPE {
        let what = format!("payloadType is `{}`, not `{PAYLOAD_TYPE}`", envelope.payload_type);
        problems.add(Kind::WrongPayloadType, file, what);
    }
    let Ok(payload) = STANDARD.decode(&envelope.payload) else {
        problems.add(Kind::EnvelopeMalformed, file, "the payload is not base64");
        return Read::default();
    };
    Read {
        signed: signed(&envelope, file, keys, problems),
        keyids: envelope.signatures.iter().map(|signature| signature.keyid.clone()).collect(),
        statement: statement(&payload, file, problems),
    }
}

/// Checks the signatures: every one must be by a given key. With no key given it checks their form alone.
fn signed(envelope: &Envelope, file: &str, keys: &[Verifier], problems: &mut Problems) -> bool {
    let mut good = !envelope.signatures.is_empty();
    if !good {
        problems.add(Kind::EnvelopeMalformed, file, "has no signature");
    }
    if !envelope.signatures.is_sorted_by(|a, b| a.keyid <= b.keyid) {
        problems.add(Kind::EnvelopeNotCanonical, file, "its signatures are not sorted by keyid");
    }
    for (index, signature) in envelope.signatures.iter().enumerate() {
        let keyid = &signature.keyid;
        let doubled = envelope.signatures[..index].iter().any(|other| other.keyid == *keyid);
        if doubled || STANDARD.decode(&signature.sig).is_err() {
            let what = if doubled { "has two signatures by" } else { "has a signature that is not base64, by" };
            problems.add(Kind::EnvelopeMalformed, file, format!("{what} key {keyid}"));
            good = false;
        } else if let Some(key) = keys.iter().find(|key| key.keyid() == keyid) {
            match key.open(envelope) {
                // Another payload type is named already, and nothing that it signs is a statement.
                Ok(_) => {}
                Err(EnvelopeError::PayloadType(_)) => good = false,
                Err(error) => {
                    problems.add(Kind::BadSignature, file, error.to_string());
                    good = false;
                }
            }
        } else if !keys.is_empty() {
            problems.add(Kind::ForeignKey, file, format!("is signed by key {keyid}, which is none of the given keys"));
            good = false;
        }
    }
    good && !keys.is_empty()
}

fn statement(payload: &[u8], file: &str, problems: &mut Problems) -> Option<Statement> {
    let value: Value = match serde_json::from_slice(payload) {
        Ok(value) => value,
        Err(error) => {
            problems.add(Kind::StatementMalformed, file, format!("the payload is not JSON: {error}"));
            return None;
        }
    };
    for (key, kind, expected) in [
        ("_type", Kind::WrongStatementType, STATEMENT_TYPE),
        ("predicateType", Kind::WrongPredicateType, PREDICATE_TYPE),
    ] {
        match value.get(key).and_then(Value::as_str) {
            Some(found) if found == expected => {}
            Some(found) => problems.add(kind, file, format!("{key} is `{found}`, not `{expected}`")),
            None => problems.add(kind, file, format!("{key} is missing; it must be `{expected}`")),
        }
    }
    let statement: Statement = match serde_json::from_slice(payload) {
        Ok(statement) => statement,
        Err(error) => {
            problems.add(Kind::StatementMalformed, file, format!("the payload does not meet its schema: {error}"));
            return None;
        }
    };
    if to_canonical_vec(&statement).ok().as_deref() != Some(payload) {
        problems.add(Kind::EnvelopeNotCanonical, file, "the statement in it is not written canonically");
    }
    Some(statement)
}

/// The bundle that a statement names: its folder, and its run. None, with a problem, unless the subject is exactly
/// the nine files of one folder of the statement's stream.
pub(crate) fn bundle_of(
    statement: &Statement,
    stream: &StreamId,
    file: &str,
    problems: &mut Problems,
) -> Option<(String, RunId)> {
    let found = named_folder(statement, stream);
    if let Err(what) = &found {
        problems.add(Kind::SubjectMismatch, file, what.clone());
    }
    found.ok()
}

fn named_folder(statement: &Statement, stream: &StreamId) -> Result<(String, RunId), String> {
    let first = statement.subject.first().ok_or("lists no file")?;
    let folder = first.name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let run: RunId = folder.rsplit('/').next().unwrap_or_default().parse()?;
    let as_of = statement.predicate.as_of;
    let prefix = stream.bundle_prefix(as_of, &run);
    let expected: Vec<String> = FILES.iter().map(|name| format!("{prefix}{name}")).collect();
    let listed: Vec<&str> = statement.subject.iter().map(|subject| subject.name.as_str()).collect();
    if listed != expected {
        let odd = expected.iter().find(|name| !listed.contains(&name.as_str())).map_or_else(
            || listed.iter().find(|name| !expected.iter().any(|e| e == *name)).map(|name| format!("lists `{name}`")),
            |name| Some(format!("does not list `{name}`")),
        );
        return Err(odd.unwrap_or_else(|| "lists its files in another order, or one twice".to_owned()));
    }
    let stamp = as_of.utc().format("%Y%m%dT%H%M%SZ-").to_string();
    if !run.as_str().starts_with(&stamp) {
        return Err(format!("run `{run}` does not begin with its as_of, {stamp}"));
    }
    Ok((prefix, run))
}
