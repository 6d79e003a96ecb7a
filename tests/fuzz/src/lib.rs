//! What each fuzz target does with its bytes: one function a reader of outside bytes. It panics where the reader does, and
//! where a promise of the reader is broken. The test suite replays the kept corpus through the same functions
//! (`tests/tests/fuzz_corpus.rs`).

pub mod memory;

use bytes::Bytes;
use evidenced::bundle::{Lines, read_lines};
use evidenced::catalogue::Catalogue;
use evidenced::checkpoint::Checkpoint;
use evidenced::evaluate::evaluate;
use evidenced::signing::Verifier;
use evidenced::timestamp::{self, TokenErrorKind};
use evidenced::verify::{VerifyOptions, verify};
use evidenced_connectors::Order;
use evidenced_connectors::aws::{self, credentials};
use evidenced_connectors::exchange::replay::Replay;
use evidenced_schemas::{Cloud, Digest, Exchange, Population, RunRecord, Statement, to_canonical_vec};
use memory::Memory;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// What a target does with its bytes.
pub type Target = fn(&[u8]);

/// Every target by name.
pub const TARGETS: [(&str, Target); 10] = [
    ("envelope", envelope),
    ("statement", statement),
    ("ledger", ledger),
    ("exchanges", exchanges),
    ("answer", answer),
    ("config", config),
    ("control", control),
    ("checkpoint", checkpoint),
    ("key", key),
    ("token", token),
];

/// A ledger file. What is read is written again as the same statement.
pub fn envelope(bytes: &[u8]) {
    if let Ok((envelope, statement)) = evidenced::ledger::read_statement(bytes) {
        let again = to_canonical_vec(&envelope).expect("an envelope is JSON");
        let (_, same) = evidenced::ledger::read_statement(&again).expect("what was read is written again");
        assert_eq!(to_canonical_vec(&same).ok(), to_canonical_vec(&statement).ok());
    }
}

/// A payload. Canonical bytes are a fixed point.
pub fn statement(bytes: &[u8]) {
    if let Ok(statement) = serde_json::from_slice::<Statement>(bytes) {
        let canonical = to_canonical_vec(&statement).expect("a statement is JSON");
        let again: Statement = serde_json::from_slice(&canonical).expect("what was written is read again");
        assert_eq!(to_canonical_vec(&again).ok(), Some(canonical));
    }
}

/// A store: a line with a key, and the rest as what lies there, twice over, beside a good stream. `verify` names what is
/// wrong; bytes that nobody signed are never in order.
pub fn ledger(bytes: &[u8]) {
    let split = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let key = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let rest = bytes.get(split + 1..).unwrap_or_default();
    let first = "ledger/demo/aws/123456789012/0000000001.dsse.json";
    let store = Memory::of([(first.to_owned(), rest.to_vec()), (key, rest.to_vec())]);
    let report = block_on(verify(&store, &VerifyOptions::default())).expect("memory is listed");
    assert!(!report.is_ok(), "a ledger without its bundles is not in order");
}

/// The lines of an exchange log, as they stand in a bundle and compressed here. What is read can be replayed.
pub fn exchanges(bytes: &[u8]) {
    let _ = read_lines::<Exchange>("stored", bytes);
    let stored = zstd::encode_all(bytes, 1).expect("memory takes any bytes");
    let lines = Lines::<Exchange>::new("compressed", &stored).expect("it was compressed just now");
    let read: Vec<Exchange> = lines.map_while(Result::ok).map(|line| line.value).collect();
    let count = read.len();
    assert!(Replay::from_exchanges(read).unasked().len() <= count);
}

static RUN: LazyLock<RunRecord> = LazyLock::new(|| {
    serde_json::from_slice(include_bytes!("../../../collector/demo/run.json")).expect("the demo's run reads")
});
static RECORDED: LazyLock<Vec<Exchange>> = LazyLock::new(|| {
    let stored = include_bytes!("../../../collector/demo/exchanges.jsonl.zst");
    read_lines("exchanges", stored).expect("the demo's exchanges read")
});
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::built_in);

/// An answer of a cloud: two bytes say which of the demo's exchanges gets the rest as its body. Whatever it says, every
/// balance closes and every control has its verdicts.
pub fn answer(bytes: &[u8]) {
    let [high, low, body @ ..] = bytes else { return };
    let mut recorded = RECORDED.clone();
    let at = usize::from(u16::from_be_bytes([*high, *low])) % recorded.len();
    if let Some(response) = recorded[at].response.as_mut() {
        let text = String::from_utf8_lossy(body).into_owned();
        response.sha256 = Digest::of(text.as_bytes());
        (response.body, response.body_base64) = (Some(text), None);
    }
    let (scope, as_of) = (RUN.scope.clone(), RUN.as_of);
    let order = Order::new(scope.clone(), RUN.asked.clone(), as_of);
    let collected =
        block_on(aws::collect(order, Arc::new(Replay::from_exchanges(recorded)), credentials::for_replay()));
    assert!(collected.populations.iter().all(Population::balances), "a balance does not close");
    let findings = evaluate(&CATALOGUE, Cloud::Aws, &scope, as_of, &collected.resources, &collected.populations);
    for control in CATALOGUE.of_cloud(Cloud::Aws) {
        assert!(
            control.scope.is_none() || findings.iter().any(|finding| finding.control == control.id),
            "{} has no verdict",
            control.id
        );
    }
}

/// A configuration file.
pub fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(error) = evidenced::config::parse(Path::new("evidenced.yaml"), text) {
        assert!(error.to_string().starts_with("evidenced.yaml"), "an error names its file: {error}");
    }
}

/// A control file: it is refused with its place, or compiles and its cases can be run.
pub fn control(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Catalogue::empty().with_file("controls.yaml", text) {
        Ok(catalogue) => assert!(to_canonical_vec(catalogue.controls()).is_ok()),
        Err(error) => assert!(error.to_string().starts_with("controls.yaml"), "an error names its file: {error}"),
    }
}

/// A file of checkpoints. What is read says where it stands, and is signed by nobody whose key was not given.
pub fn checkpoint(bytes: &[u8]) {
    match Checkpoint::read_all("checkpoint", bytes) {
        Ok(read) => assert!(read.iter().all(|checkpoint| checkpoint.place().starts_with("checkpoint:"))),
        Err(error) => assert!(error.to_string().starts_with("checkpoint"), "an error names its file: {error}"),
    }
}

/// A public key. What is read is written again as the same key.
pub fn key(bytes: &[u8]) {
    if let Ok(key) = Verifier::from_pem(bytes) {
        let again = Verifier::from_pem(key.to_pem().as_bytes()).expect("what was written is read again");
        assert_eq!(again.keyid(), key.keyid());
        assert!(!key.verify(b"nothing that this key has signed", &[0; 64]));
    }
}

/// A time stamp, over the file of the kept ones. One that is accepted is over no other file, and says when it was made.
pub fn token(bytes: &[u8]) {
    let check = |over| {
        let expected = timestamp::Expected { over, nonce: None, policy: None, authorities: None };
        timestamp::check(bytes, &expected)
    };
    match check(b"the bytes of a ledger file\n") {
        Ok(stamp) => {
            assert!(stamp.earliest() <= stamp.time && stamp.time <= stamp.latest() && !stamp.is_before(&stamp));
            let other = check(b"the bytes of another").expect_err("a token is over one file");
            assert_eq!(other.kind, TokenErrorKind::Foreign);
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "what a stranger wrote is shown: {error}"),
    }
}

thread_local! {
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime needs nothing");
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// The bytes of a store object.
pub(crate) fn shared(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
