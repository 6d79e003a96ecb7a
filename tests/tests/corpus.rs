//! The tamper corpus: some ninety stores that somebody touched, made by `fakes/tamper.py`. `verify` must find each, name it rightly, and name
//! nothing else; what it cannot see by design, `reperform` must find.

use evidenced_tests::binary::Done;
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::ledger;
use evidenced_tests::fakes;
use evidenced_tests::fakes::tsa::Tsa;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Copies that are verified at the same time.
const AT_ONCE: usize = 4;

/// One tampered copy, and what must be said of it.
#[derive(Debug, Deserialize)]
struct Mutation {
    /// The step of "What a verifier does" in docs/format.md; 0 where nothing is wrong, 12 for what is left to `reperform`.
    line: usize,
    name: String,
    folder: PathBuf,
    kinds: Vec<String>,
    /// A part of the name of a file with a problem.
    file: Option<String>,
    reperform: bool,
}

/// A good store, what was kept of it, and the copies.
struct Corpus {
    desk: Desk,
    tsa: Tsa,
    mutations: Vec<Mutation>,
}

impl Corpus {
    fn make() -> Self {
        let (desk, tsa) = (Desk::default(), Tsa::default());
        for _ in 0..3 {
            let run = desk.call(["demo", "--cloud", "aws", "--store", "file://./evidence", "--key", "key.pem"]).run();
            let _ = run.expect_code(0, "demo");
        }
        for file in ledger(&desk.store()) {
            let statement = desk.store().join(file);
            let token = tsa.token("p256", &statement);
            fs::copy(token, statement.with_file_name(token_name(&statement))).expect("the store can be written");
        }
        let newest = desk.store().join(ledger(&desk.store()).pop().expect("there are three"));
        let tokens = desk.folder().join("tokens");
        fs::create_dir(&tokens).expect("the folder can be written");
        for mode in ["past", "foreign-root", "no-ess"] {
            fs::copy(tsa.token(mode, &newest), tokens.join(format!("{mode}.tsr"))).expect("the folder can be written");
        }
        let sign = desk.call(["checkpoint", &desk.store_url(), "--key", "key.pem", "--out", "kept.txt"]);
        let _ = sign.run().expect_code(0, "checkpoint");
        let _ = desk.call(["keygen", "--out", "other.pem"]).run().expect_code(0, "a stranger's key");
        let out = desk.folder().join("out");
        fs::create_dir(&out).expect("the folder can be written");
        let paths = [desk.store(), desk.folder().join("key.pem"), desk.folder().join("other.pem"), tokens, out];
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let made = fakes::python("tamper.py", &paths.iter().map(String::as_str).collect::<Vec<_>>());
        let mutations = serde_json::from_str(&made).expect("it prints a list");
        Self { desk, tsa, mutations }
    }

    fn verify(&self, mutation: &Mutation) -> Done {
        let (store, key, ca) = (url(&mutation.folder), self.desk.public_key(), self.tsa.file("root.pem"));
        let mut arguments = vec!["verify", "--json", &store, "--key", &key, "--tsa-ca", &ca];
        if mutation.line == 10 {
            arguments.extend(["--checkpoint", "kept.txt"]);
        }
        self.desk.call(arguments).run()
    }

    /// What is wrong with what is said of a copy; nothing when all is as it must be.
    fn judge(&self, mutation: &Mutation) -> Option<String> {
        let done = self.verify(mutation);
        let report = done.json();
        let problems = report["problems"].as_array().expect("a list").clone();
        let kinds: BTreeSet<&str> = problems.iter().map(|problem| problem["kind"].as_str().expect("a word")).collect();
        let expected: BTreeSet<&str> = mutation.kinds.iter().map(String::as_str).collect();
        let code = Some(if expected.is_empty() { 0 } else { 4 });
        let named = |part: &String| {
            problems.iter().any(|problem| problem["file"].as_str().is_some_and(|file| file.contains(part)))
        };
        let text = || {
            problems
                .iter()
                .map(|p| format!("    {}: {}: {}", p["kind"], p["file"], p["what"]))
                .collect::<Vec<_>>()
                .join("\n")
        };
        if kinds != expected || done.code != code || !mutation.file.as_ref().is_none_or(named) {
            let Mutation { line, name, kinds: wanted, .. } = mutation;
            return Some(format!(
                "{line}. {name}: exit {:?}, should be {code:?} with {wanted:?}:\n{}",
                done.code,
                text()
            ));
        }
        if code == Some(0) {
            let again = self.desk.call(["reperform", "--json", &url(&mutation.folder)]).run();
            let expected = Some(if mutation.reperform { 4 } else { 0 });
            if again.code != expected {
                return Some(format!(
                    "{}: reperform ends with {:?}, should be {expected:?}: {}",
                    mutation.name, again.code, again.stdout
                ));
            }
        }
        None
    }
}

fn token_name(statement: &Path) -> String {
    statement.file_name().expect("a file").to_string_lossy().replace(".dsse.json", ".tsr")
}

fn url(folder: &Path) -> String {
    format!("file://{}", folder.display())
}

#[test]
fn every_tampered_store_is_caught_and_named_and_none_for_the_wrong_reason() {
    let corpus = Corpus::make();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(mutation) = corpus.mutations.get(next.fetch_add(1, Ordering::Relaxed)) {
                    wrong.lock().expect("nobody panics with it").extend(corpus.judge(mutation));
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("nobody panicked with it");
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), corpus.mutations.len(), wrong.join("\n"));
    let mut lines: BTreeMap<usize, usize> = BTreeMap::new();
    for mutation in &corpus.mutations {
        *lines.entry(mutation.line).or_default() += 1;
    }
    println!("{} stores, by step of docs/format.md: {lines:?}", corpus.mutations.len());
    assert!((1..=12).all(|line| lines[&line] >= 3), "several of each: {lines:?}");
    assert!(corpus.mutations.len() > 80);
}
