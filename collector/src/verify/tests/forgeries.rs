//! Evidence that is sealed and signed in good form and does not follow from itself: a faulty or dishonest collector.

use super::estate::Estate;
use crate::verify::ProblemKind as Kind;
use evidenced_schemas::{Digest, Resource, to_canonical_line, to_canonical_vec};
use serde_json::{Value, json};

/// Rewrites the last run and signs it again, as if the collector had written it so.
struct Forger<'a> {
    estate: &'a Estate,
    sequence: u64,
    statement: Value,
}

impl<'a> Forger<'a> {
    fn new(estate: &'a Estate, sequence: u64) -> Self {
        let statement = serde_json::to_value(estate.statement(sequence)).unwrap();
        Self { estate, sequence, statement }
    }

    fn key(&self, name: &str) -> String {
        self.estate.file(self.sequence, name)
    }

    /// Stores a file's bytes and lists them in the statement.
    fn put(&mut self, name: &str, bytes: &[u8]) {
        let key = self.key(name);
        self.estate.write(&key, bytes);
        for subject in self.statement["subject"].as_array_mut().unwrap() {
            if subject["name"] == key.as_str() {
                subject["digest"]["sha256"] = json!(Digest::of(bytes));
                subject["annotations"]["bytes"] = json!(bytes.len());
            }
        }
    }

    fn document(&mut self, name: &str, how: impl FnOnce(&mut Value)) {
        let mut value: Value = serde_json::from_slice(&self.estate.read(&self.key(name))).unwrap();
        how(&mut value);
        self.put(name, &to_canonical_vec(&value).unwrap());
    }

    fn lines(&mut self, name: &str, how: impl FnOnce(&mut Vec<Value>)) {
        let text = zstd::decode_all(self.estate.read(&self.key(name)).as_slice()).unwrap();
        let mut values: Vec<Value> = text
            .split(|b| *b == b'\n')
            .filter(|line| !line.is_empty())
            .map(|l| serde_json::from_slice(l).unwrap())
            .collect();
        how(&mut values);
        let text: Vec<u8> = values.iter().flat_map(|value| to_canonical_line(value).unwrap()).collect();
        self.text(name, &text);
    }

    fn text(&mut self, name: &str, text: &[u8]) {
        self.put(name, &zstd::encode_all(text, 3).unwrap());
    }

    fn sign(&self) {
        self.sign_bytes(&to_canonical_vec(&self.statement).unwrap());
    }

    fn sign_bytes(&self, payload: &[u8]) {
        let envelope = self.estate.signer.seal_here(payload);
        self.estate.write(&self.estate.ledger_file(self.sequence), &to_canonical_vec(&envelope).unwrap());
    }
}

/// The resource with its digest made right again.
fn resealed(value: &mut Value) {
    let resource: Resource = serde_json::from_value(value.clone()).unwrap();
    *value = serde_json::to_value(resource.sealed()).unwrap();
}

type Case = (&'static str, fn(&mut Forger<'_>), Kind);

async fn run(cases: &[Case]) {
    for (name, forge, kind) in cases {
        let estate = Estate::new(2).await;
        let mut forger = Forger::new(&estate, 2);
        forge(&mut forger);
        forger.sign();
        let report = estate.verify().await;
        let found: Vec<Kind> = report.problems.iter().map(|problem| problem.kind).collect();
        assert!(found.contains(kind), "{name}: expected {kind:?}, found {:#?}", report.problems);
        let signature = found.iter().any(|kind| kind.is_of_signature());
        assert!(!signature, "{name}: the forger holds the key");
    }
}

#[tokio::test]
async fn a_forger_who_changes_nothing_changes_nothing() {
    let estate = Estate::new(2).await;
    let before = estate.read(&estate.ledger_file(2));
    Forger::new(&estate, 2).sign();
    assert_eq!(estate.read(&estate.ledger_file(2)), before);
}

#[tokio::test]
async fn balances() {
    run(&[
        (
            "a row counts one more",
            |f| f.document("populations.json", |p| p[0]["listed"] = json!(4)),
            Kind::BalanceBroken,
        ),
        (
            "a row counts one more throughout",
            |f| {
                f.document("populations.json", |p| {
                    p[0]["listed"] = json!(4);
                    p[0]["evaluated"] = json!(3);
                });
            },
            Kind::BalanceBroken,
        ),
        (
            "a gap is counted as whole",
            |f| {
                f.document("populations.json", |p| {
                    p[0]["evaluated"] = json!(3);
                    p[0]["not_evaluated"] = json!(0);
                });
            },
            Kind::BalanceBroken,
        ),
        ("a document is left out", |f| f.lines("resources.jsonl.zst", |r| _ = r.remove(1)), Kind::BalanceBroken),
        (
            "a row is left out",
            |f| f.document("populations.json", |p| _ = p.as_array_mut().unwrap().remove(0)),
            Kind::BalanceBroken,
        ),
        (
            "rows change places",
            |f| f.document("populations.json", |p| p.as_array_mut().unwrap().swap(0, 1)),
            Kind::NotSorted,
        ),
    ])
    .await;
}

#[tokio::test]
async fn documents() {
    run(&[
        (
            "a value changes",
            |f| f.lines("resources.jsonl.zst", |r| r[0]["name"] = json!("x")),
            Kind::ResourceDigestMismatch,
        ),
        (
            "a value changes with its digest",
            |f| {
                f.lines("resources.jsonl.zst", |r| {
                    r[0]["name"] = json!("x");
                    resealed(&mut r[0]);
                });
            },
            Kind::FindingMismatch,
        ),
        (
            "an exception is kept from what it covers",
            |f| {
                f.document("policy.json", |policy| {
                    policy["exceptions"] = json!([{
                        "id": "E-1", "control": "aws.*", "resource": "*", "scope": null, "reason": "it is retired in May",
                        "owner": "a", "approver": "b", "ticket": "T-1", "starts": "2020-01-01T00:00:00.000Z",
                        "expires": "2099-01-01T00:00:00.000Z"
                    }]);
                });
            },
            Kind::UnknownException,
        ),
        ("lines change places", |f| f.lines("resources.jsonl.zst", |r| r.swap(0, 1)), Kind::NotSorted),
        (
            "a line is doubled",
            |f| {
                f.lines("resources.jsonl.zst", |r| {
                    let first = r[0].clone();
                    r.insert(0, first);
                });
            },
            Kind::NotSorted,
        ),
        ("an unknown field", |f| f.lines("resources.jsonl.zst", |r| r[0]["extra"] = json!(1)), Kind::SchemaMismatch),
        (
            "a missing field",
            |f| f.document("run.json", |r| _ = r.as_object_mut().unwrap().remove("as_of")),
            Kind::SchemaMismatch,
        ),
        (
            "an unknown field of a document",
            |f| f.document("policy.json", |p| p["extra"] = json!(1)),
            Kind::SchemaMismatch,
        ),
        ("no JSON", |f| f.put("policy.json", b"{"), Kind::DocumentMalformed),
        ("no zstd", |f| f.put("findings.jsonl.zst", b"{}"), Kind::DocumentMalformed),
        ("no last newline", |f| f.text("changes.jsonl.zst", b"{}"), Kind::DocumentMalformed),
        (
            "white space",
            |f| {
                let bytes = [f.estate.read(&f.key("policy.json")).as_slice(), b"\n"].concat();
                f.put("policy.json", &bytes);
            },
            Kind::NotCanonical,
        ),
        (
            "an exchange that is not there",
            |f| {
                f.lines("resources.jsonl.zst", |r| {
                    r[0]["exchanges"] = json!([1, 3]);
                    resealed(&mut r[0]);
                });
            },
            Kind::UnknownExchange,
        ),
        (
            "another account",
            |f| {
                f.lines("resources.jsonl.zst", |r| {
                    r[0]["scope"] = json!("999999999999");
                    resealed(&mut r[0]);
                });
            },
            Kind::ForeignDocument,
        ),
    ])
    .await;
}

#[tokio::test]
async fn exchanges() {
    run(&[
        ("one is left out", |f| f.lines("exchanges.jsonl.zst", |e| _ = e.remove(0)), Kind::ExchangeNumbering),
        ("numbers change places", |f| f.lines("exchanges.jsonl.zst", |e| e.swap(0, 1)), Kind::ExchangeNumbering),
        (
            "a body changes",
            |f| f.lines("exchanges.jsonl.zst", |e| e[0]["response"]["body"] = json!("<users>eve</users>")),
            Kind::ExchangeDigestMismatch,
        ),
        (
            "a binary body changes",
            |f| f.lines("exchanges.jsonl.zst", |e| e[1]["response"]["body_base64"] = json!("/g==")),
            Kind::ExchangeDigestMismatch,
        ),
        (
            "two bodies",
            |f| f.lines("exchanges.jsonl.zst", |e| e[1]["response"]["body"] = json!("x")),
            Kind::SchemaMismatch,
        ),
        (
            "the last is left out, and referred to",
            |f| f.lines("exchanges.jsonl.zst", |e| _ = e.pop()),
            Kind::UnknownExchange,
        ),
    ])
    .await;
}

#[tokio::test]
async fn verdicts() {
    run(&[
        ("a verdict is left out", |f| f.lines("findings.jsonl.zst", |v| _ = v.remove(1)), Kind::FindingMissing),
        ("the last verdict is left out", |f| f.lines("findings.jsonl.zst", |v| _ = v.pop()), Kind::FindingMissing),
        (
            "a verdict is doubled",
            |f| {
                f.lines("findings.jsonl.zst", |v| {
                    let first = v[0].clone();
                    v.insert(0, first);
                });
            },
            Kind::FindingDuplicated,
        ),
        (
            "an unknown resource",
            |f| f.lines("findings.jsonl.zst", |v| v[1]["resource"]["id"] = json!("arn:aaa")),
            Kind::FindingUnexpected,
        ),
        (
            "an unknown control",
            |f| f.lines("findings.jsonl.zst", |v| v[0]["control"] = json!("aws.account.a")),
            Kind::FindingUnexpected,
        ),
        (
            "another document",
            |f| f.lines("findings.jsonl.zst", |v| v[1]["resource"]["sha256"] = json!(Digest::of(b"x"))),
            Kind::FindingMismatch,
        ),
        (
            "an unread resource becomes a pass",
            |f| f.lines("findings.jsonl.zst", |v| v[3]["verdict"] = json!("pass")),
            Kind::FindingMismatch,
        ),
        (
            "a verdict turns",
            |f| f.lines("findings.jsonl.zst", |v| v[0]["verdict"] = json!("fail")),
            Kind::SummaryMismatch,
        ),
        (
            "an exception that nobody approved",
            |f| {
                f.lines("findings.jsonl.zst", |v| {
                    v[1]["exception"] = json!({"id": "E-1", "approver": "me", "expires": "2027-01-01T00:00:00.000Z"});
                });
            },
            Kind::UnknownException,
        ),
        ("lines change places", |f| f.lines("findings.jsonl.zst", |v| v.swap(1, 2)), Kind::NotSorted),
        ("the summary is better", |f| f.document("summary.json", |s| s["counts"]["pass"] = json!(9)), Kind::SummaryMismatch),
        ("a change is left out", |f| f.lines("changes.jsonl.zst", Vec::clear), Kind::ChangesMismatch),
        (
            "a change is made up",
            |f| {
                f.lines("changes.jsonl.zst", |c| {
                    c.push(json!({"change": "resolved", "control": "aws.z", "resource": null, "from": "fail", "to": "pass"}));
                });
            },
            Kind::ChangesMismatch,
        ),
        (
            "a control is left out",
            |f| f.document("catalogue.json", |c| _ = c.as_array_mut().unwrap().remove(1)),
            Kind::RunMismatch,
        ),
    ])
    .await;
}

#[tokio::test]
async fn the_run_and_the_statement() {
    run(&[
        (
            "another instant",
            |f| f.document("run.json", |r| r["as_of"] = json!("2026-03-01T06:00:00.000Z")),
            Kind::RunMismatch,
        ),
        ("another job", |f| f.document("run.json", |r| r["job"] = json!("daily")), Kind::RunMismatch),
        ("another schedule", |f| f.document("run.json", |r| r["schedule"] = Value::Null), Kind::RunMismatch),
        (
            "another catalogue",
            |f| f.document("run.json", |r| r["catalogue_sha256"] = json!(Digest::of(b""))),
            Kind::RunMismatch,
        ),
        ("another format", |f| f.document("run.json", |r| r["format"] = json!(2)), Kind::RunMismatch),
        ("complete", |f| f.statement["predicate"]["complete"] = json!(true), Kind::PredicateMismatch),
        ("no gaps", |f| f.statement["predicate"]["gaps"] = json!(0), Kind::PredicateMismatch),
        ("more passes", |f| f.statement["predicate"]["counts"]["pass"] = json!(9), Kind::PredicateMismatch),
        (
            "more passes of a control",
            |f| f.statement["predicate"]["summary"]["aws.iam.user.mfa"]["pass"] = json!(9),
            Kind::PredicateMismatch,
        ),
        ("another number", |f| f.statement["predicate"]["sequence"] = json!(3), Kind::SequenceMismatch),
        ("no file before", |f| f.statement["predicate"]["previous"] = Value::Null, Kind::PreviousMismatch),
        (
            "another file before",
            |f| f.statement["predicate"]["previous"]["sha256"] = json!(Digest::of(b"")),
            Kind::PreviousMismatch,
        ),
        (
            "another number before",
            |f| f.statement["predicate"]["previous"]["sequence"] = json!(2),
            Kind::PreviousMismatch,
        ),
        ("another tree size", |f| f.statement["predicate"]["tree"]["size"] = json!(2), Kind::TreeMismatch),
        ("another tree", |f| f.statement["predicate"]["tree"]["root"] = json!(Digest::of(b"")), Kind::TreeMismatch),
        ("other subtrees", |f| f.statement["predicate"]["tree"]["frontier"] = json!([]), Kind::TreeMismatch),
        ("another scope", |f| f.statement["predicate"]["scope"] = json!("1"), Kind::ForeignStatement),
        (
            "another statement type",
            |f| f.statement["_type"] = json!("https://in-toto.io/Statement/v0.1"),
            Kind::WrongStatementType,
        ),
        (
            "another predicate",
            |f| f.statement["predicateType"] = json!("https://slsa.dev/provenance/v1"),
            Kind::WrongPredicateType,
        ),
        ("an unknown field", |f| f.statement["predicate"]["note"] = json!("x"), Kind::StatementMalformed),
        (
            "a file is not listed",
            |f| _ = f.statement["subject"].as_array_mut().unwrap().remove(0),
            Kind::SubjectMismatch,
        ),
        (
            "files are listed in another order",
            |f| f.statement["subject"].as_array_mut().unwrap().swap(0, 1),
            Kind::SubjectMismatch,
        ),
        (
            "a file of another bundle is listed",
            |f| f.statement["subject"][0]["name"] = json!(f.estate.file(1, "catalogue.json")),
            Kind::SubjectMismatch,
        ),
        ("the size is another", |f| f.statement["subject"][0]["annotations"]["bytes"] = json!(1), Kind::DigestMismatch),
        (
            "the bundle of the run before again",
            |f| {
                let first = serde_json::to_value(f.estate.statement(1)).unwrap();
                f.statement["subject"] = first["subject"].clone();
                f.statement["predicate"]["as_of"] = first["predicate"]["as_of"].clone();
            },
            Kind::DuplicateStatement,
        ),
    ])
    .await;
}

/// The problems of a store whose second statement was signed over other bytes, or wrapped otherwise.
async fn envelopes(wrap: impl FnOnce(&Forger<'_>)) -> Vec<Kind> {
    let estate = Estate::new(2).await;
    wrap(&Forger::new(&estate, 2));
    estate.verify().await.problems.iter().map(|problem| problem.kind).collect()
}

#[tokio::test]
async fn the_envelope() {
    let payload = |f: &Forger<'_>| to_canonical_vec(&f.statement).unwrap();
    let found = envelopes(|f| f.sign_bytes(&serde_json::to_vec_pretty(&f.statement).unwrap())).await;
    assert_eq!(found, [Kind::EnvelopeNotCanonical]);
    let found = envelopes(|f| f.sign_bytes(b"hello")).await;
    assert_eq!(found, [Kind::StatementMalformed]);

    let rewrap = |f: &Forger<'_>, how: fn(&mut Value)| {
        let mut envelope = serde_json::to_value(f.estate.signer.seal_here(&payload(f))).unwrap();
        how(&mut envelope);
        f.estate.write(&f.estate.ledger_file(2), &to_canonical_vec(&envelope).unwrap());
    };
    let found = envelopes(|f| rewrap(f, |e| e["payloadType"] = json!("application/json"))).await;
    assert!(found.contains(&Kind::WrongPayloadType), "{found:?}");
    let found = envelopes(|f| rewrap(f, |e| e["signatures"] = json!([]))).await;
    assert!(found.contains(&Kind::EnvelopeMalformed), "{found:?}");
    let found = envelopes(|f| rewrap(f, |e| e["signatures"][0]["sig"] = json!("AAAA"))).await;
    assert_eq!(found, [Kind::BadSignature]);
    let twice = |e: &mut Value| {
        let first = e["signatures"][0].clone();
        e["signatures"].as_array_mut().unwrap().push(first);
    };
    let found = envelopes(|f| rewrap(f, twice)).await;
    assert_eq!(found, [Kind::EnvelopeMalformed]);
    let pretty = |f: &Forger<'_>| {
        let envelope = f.estate.signer.seal_here(&payload(f));
        f.estate.write(&f.estate.ledger_file(2), &serde_json::to_vec_pretty(&envelope).unwrap());
    };
    assert_eq!(envelopes(pretty).await, [Kind::EnvelopeNotCanonical]);
}
