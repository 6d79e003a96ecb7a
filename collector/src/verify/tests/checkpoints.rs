//! What a ledger alone cannot show, and a checkpoint that was kept does.

use super::estate::{Estate, KEY_STREAM};
use crate::checkpoint::{Checkpoint, sign};
use crate::signing::Signer;
use crate::verify::{
    CheckpointOutcome as Outcome, Problem, ProblemKind as Kind, Signatures, VerifyOptions, VerifyReport,
};
use evidenced_schemas::StreamId;

/// A checkpoint of the estate as it is, read back from its file.
async fn kept(estate: &Estate, signer: &Signer) -> Vec<Checkpoint> {
    let head = estate.verify().await.streams[0].tree.clone().unwrap();
    let note = sign(signer, &estate.stream, head.size, &head.root).await.unwrap();
    Checkpoint::read_all("kept.note", note.as_bytes()).unwrap()
}

async fn verified(estate: &Estate, checkpoints: &[Checkpoint]) -> VerifyReport {
    estate.verify_with(&VerifyOptions { checkpoints: checkpoints.to_vec(), ..estate.options() }).await
}

fn kinds(report: &VerifyReport) -> Vec<Kind> {
    report.problems.iter().map(|problem| problem.kind).collect()
}

#[tokio::test]
async fn a_ledger_that_only_grew_holds() {
    let estate = Estate::new(2).await;
    let mut old = kept(&estate, &estate.signer).await;
    estate.run_at("2026-03-01T18:00:00.000Z", 3).await;
    old.extend(kept(&estate, &estate.signer).await);
    let report = verified(&estate, &old).await;
    assert!(report.is_ok(), "{:#?}", report.problems);
    assert_eq!(report.checkpoints.iter().map(|held| held.size).collect::<Vec<_>>(), [2, 3]);
    for held in &report.checkpoints {
        assert_eq!((held.outcome, held.signatures), (Outcome::Holds, Signatures::Verified));
        assert_eq!(held.signed_by[0].name, format!("evidenced/{KEY_STREAM}"));
    }
    assert!(report.table().contains("Checkpoints: the ledger only grew since.\n"), "{}", report.table());
}

#[tokio::test]
async fn a_cut_end_a_stream_that_is_gone_and_an_older_copy_are_named() {
    let estate = Estate::new(3).await;
    let checkpoint = kept(&estate, &estate.signer).await;
    // The newest run with its bundle: what is left verifies without the checkpoint.
    for name in crate::bundle::FILES {
        estate.remove(&estate.file(3, name));
    }
    estate.remove(&estate.ledger_file(3));
    assert!(estate.verify().await.is_ok());
    let report = verified(&estate, &checkpoint).await;
    let [Problem { kind: Kind::LedgerShrank, file, .. }] = report.problems.as_slice() else {
        panic!("{:#?}", report.problems)
    };
    assert_eq!((file.as_str(), report.checkpoints[0].outcome), (estate.ledger_file(3).as_str(), Outcome::Shrank));
    assert!(report.table().contains("Checkpoints: FAILED"), "{}", report.table());

    // Another stream is all that is left.
    let other = StreamId::parse("other/aws/123456789012").unwrap();
    estate.commit(&other, "2026-03-01T06:00:00.000Z", 1, &estate.signer).await;
    estate.remove(&estate.ledger_file(1));
    estate.remove(&estate.ledger_file(2));
    let report = verified(&estate, &checkpoint).await;
    assert_eq!((kinds(&report), report.checkpoints[0].outcome), (vec![Kind::StreamGone], Outcome::Gone));
}

#[tokio::test]
async fn a_history_written_again_with_the_right_key_is_named() {
    let estate = Estate::new(2).await;
    let checkpoint = kept(&estate, &estate.signer).await;
    for sequence in [2, 1] {
        for name in crate::bundle::FILES {
            estate.remove(&estate.file(sequence, name));
        }
        estate.remove(&estate.ledger_file(sequence));
    }
    for (run, seed) in [(1, 2), (2, 2), (3, 2)] {
        estate.run_at(&format!("2026-03-01T{:02}:00:00.000Z", run * 6), seed).await;
    }
    assert!(estate.verify().await.is_ok(), "by itself it is in order");
    let report = verified(&estate, &checkpoint).await;
    assert_eq!((kinds(&report), report.checkpoints[0].outcome), (vec![Kind::CheckpointMismatch], Outcome::Mismatch));
}

#[tokio::test]
async fn a_missing_statement_is_not_called_a_rewritten_history() {
    let estate = Estate::new(3).await;
    let checkpoint = kept(&estate, &estate.signer).await;
    estate.remove(&estate.ledger_file(2));
    let report = verified(&estate, &checkpoint).await;
    assert_eq!(kinds(&report), [Kind::MissingStatement]);
    assert_eq!(report.checkpoints[0].outcome, Outcome::NotCheckable);
    let said: Vec<&str> = report.warnings.iter().map(|warning| warning.what.as_str()).collect();
    assert!(said.iter().any(|what| what.contains("kept.note:1 cannot be checked")), "{said:?}");
    assert!(said.iter().any(|what| what.contains("Merkle tree cannot be checked")), "{said:?}");
}

#[tokio::test]
async fn whose_checkpoint_it_is() {
    let estate = Estate::new(1).await;
    let auditor = Signer::generate().unwrap();
    let checkpoint = kept(&estate, &auditor).await;
    let report = verified(&estate, &checkpoint).await;
    assert_eq!((kinds(&report), report.checkpoints[0].outcome), (vec![Kind::CheckpointSignature], Outcome::NotSigned));
    assert_eq!((report.integrity, report.signatures), (crate::verify::Integrity::Ok, Signatures::Verified));

    let with = |keys: Vec<_>, checkpoint_keys: Vec<_>, checkpoints: &[Checkpoint]| VerifyOptions {
        keys,
        checkpoint_keys,
        checkpoints: checkpoints.to_vec(),
        ..estate.options()
    };
    let own = vec![estate.signer.verifier()];
    let report = estate.verify_with(&with(own.clone(), vec![auditor.verifier()], &checkpoint)).await;
    assert!(report.is_ok(), "{:#?}", report.problems);

    // Without any key the comparison stands, and it says what it did not check.
    let report = estate.verify_with(&with(vec![], vec![], &checkpoint)).await;
    assert_eq!((report.is_ok(), report.checkpoints[0].signatures), (true, Signatures::NotChecked));
    assert!(report.table().contains("Who made them is NOT CHECKED"), "{}", report.table());

    let mut changed = checkpoint.clone();
    changed[0].size = 2;
    changed[0].note.text = changed[0].note.text.replacen("\n1\n", "\n2\n", 1);
    let report = estate.verify_with(&with(own, vec![auditor.verifier()], &changed)).await;
    assert_eq!(kinds(&report), [Kind::CheckpointSignature], "a changed checkpoint says nothing of the ledger");
}

#[tokio::test]
async fn of_another_stream_than_the_one_that_was_asked_for() {
    let estate = Estate::new(1).await;
    let mut checkpoint = kept(&estate, &estate.signer).await;
    checkpoint[0].stream = StreamId::parse("other/aws/123456789012").unwrap();
    let options = VerifyOptions { checkpoints: checkpoint, streams: vec![KEY_STREAM.to_owned()], ..estate.options() };
    let report = estate.verify_with(&options).await;
    assert_eq!((report.is_ok(), report.checkpoints[0].outcome), (true, Outcome::NotAsked));
}
