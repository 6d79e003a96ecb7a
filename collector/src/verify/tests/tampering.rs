//! Tampering by somebody who can write the store and has no key.

use super::estate::{Estate, KEY_STREAM};
use crate::signing::Signer;
use crate::verify::{Integrity, ProblemKind as Kind, Signatures, VerifyReport};
use evidenced_schemas::StreamId;

fn kinds(report: &VerifyReport, file: &str) -> Vec<Kind> {
    report.problems.iter().filter(|problem| problem.file == file).map(|problem| problem.kind).collect()
}

#[tokio::test]
async fn one_flipped_bit_anywhere_is_found_in_its_file() {
    let estate = Estate::new(1).await;
    for file in estate.files(1) {
        let whole = estate.read(&file);
        // Spread over the file, and each of the last bytes: in a ledger file they are the signature.
        let step = (whole.len() / 30).max(1);
        for position in (0..whole.len()).step_by(step).chain(whole.len().saturating_sub(110)..whole.len()) {
            let mut bytes = whole.clone();
            bytes[position] ^= [0x01, 0x20, 0x80][position % 3];
            estate.write(&file, &bytes);
            let report = estate.verify().await;
            assert!(!kinds(&report, &file).is_empty(), "a bit flipped in byte {position} of {file} was not noticed");
        }
        estate.write(&file, &whole);
    }
    assert!(estate.verify().await.is_ok(), "the store was put back as it was");
}

#[tokio::test]
async fn a_file_cut_short_grown_emptied_or_replaced_is_named() {
    let estate = Estate::new(2).await;
    for file in estate.files(2).into_iter().filter(|file| file.starts_with("bundles/")) {
        let whole = estate.read(&file);
        let other = [b"[]".to_vec(), Vec::new(), whole[..whole.len() - 1].to_vec(), [whole.as_slice(), b"\n"].concat()];
        for bytes in other {
            estate.write(&file, &bytes);
            assert_eq!(kinds(&estate.verify().await, &file), [Kind::DigestMismatch], "{file}");
        }
        estate.write(&file, &whole);
    }
}

#[tokio::test]
async fn files_exchanged_between_bundles_are_named() {
    let estate = Estate::new(2).await;
    let (first, second) = (estate.file(1, "findings.jsonl.zst"), estate.file(2, "findings.jsonl.zst"));
    let (one, two) = (estate.read(&first), estate.read(&second));
    estate.write(&first, &two);
    estate.write(&second, &one);
    let report = estate.verify().await;
    assert_eq!(
        (kinds(&report, &first), kinds(&report, &second)),
        (vec![Kind::DigestMismatch], vec![Kind::DigestMismatch])
    );
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let estate = Estate::new(1).await;
    for file in estate.files(1).into_iter().filter(|file| file.starts_with("bundles/")) {
        let whole = estate.read(&file);
        estate.remove(&file);
        let report = estate.verify().await;
        assert_eq!(kinds(&report, &file), [Kind::MissingFile]);
        assert_eq!(report.integrity, Integrity::Failed);
        estate.write(&file, &whole);
    }
}

#[tokio::test]
async fn added_files_are_named() {
    let estate = Estate::new(1).await;
    let folder = estate.file(1, "run.json").replace("run.json", "");
    let cases = [
        (format!("{folder}notes.txt"), Kind::AddedFile),
        (format!("{folder}deep/run.json"), Kind::AddedFile),
        (format!("ledger/{KEY_STREAM}/readme.txt"), Kind::UnexpectedLedgerFile),
        (format!("ledger/{KEY_STREAM}/1.dsse.json"), Kind::UnexpectedLedgerFile),
        (format!("ledger/{KEY_STREAM}/0000000000.dsse.json"), Kind::UnexpectedLedgerFile),
        ("ledger/x".to_owned(), Kind::UnexpectedLedgerFile),
        (format!("ledger/{KEY_STREAM}/0000000001.tsr"), Kind::TimestampBroken),
        (format!("ledger/{KEY_STREAM}/0000000002.tsr"), Kind::TimestampWithoutStatement),
    ];
    for (file, kind) in cases {
        estate.write(&file, b"x");
        assert_eq!(kinds(&estate.verify().await, &file), [kind], "{file}");
        estate.remove(&file);
    }
    assert!(estate.verify().await.is_ok());
}

#[tokio::test]
async fn a_removed_statement_is_named() {
    let estate = Estate::new(3).await;
    estate.remove(&estate.ledger_file(2));
    let report = estate.verify().await;
    assert_eq!(kinds(&report, &estate.ledger_file(2)), [Kind::MissingStatement]);
    assert_eq!((report.streams[0].sequence_gaps[0].from, report.streams[0].sequence_gaps[0].to), (2, 2));
    assert_eq!(report.orphans.len(), 1, "its bundle is named too");

    let estate = Estate::new(2).await;
    estate.remove(&estate.ledger_file(1));
    assert_eq!(kinds(&estate.verify().await, &estate.ledger_file(1)), [Kind::MissingStatement]);
}

#[tokio::test]
async fn a_stream_that_was_cut_off_leaves_its_bundle_behind() {
    let estate = Estate::new(2).await;
    estate.remove(&estate.ledger_file(2));
    let report = estate.verify().await;
    assert!(report.is_ok(), "the ledger alone cannot tell it from a run that died: {:?}", report.problems);
    assert_eq!(report.orphans.len(), 1);
    assert!(report.table().contains("cut off at its end"), "{}", report.table());
}

#[tokio::test]
async fn reordered_and_duplicated_statements_are_named() {
    let estate = Estate::new(3).await;
    let (one, two) = (estate.read(&estate.ledger_file(1)), estate.read(&estate.ledger_file(2)));
    estate.write(&estate.ledger_file(1), &two);
    estate.write(&estate.ledger_file(2), &one);
    let report = estate.verify().await;
    for sequence in [1, 2] {
        assert!(kinds(&report, &estate.ledger_file(sequence)).contains(&Kind::SequenceMismatch), "{sequence}");
    }
    assert!(kinds(&report, &estate.ledger_file(3)).contains(&Kind::PreviousMismatch));

    let estate = Estate::new(2).await;
    estate.write(&estate.ledger_file(3), &estate.read(&estate.ledger_file(2)));
    let found = kinds(&estate.verify().await, &estate.ledger_file(3));
    assert!(found.contains(&Kind::DuplicateStatement) && found.contains(&Kind::SequenceMismatch), "{found:?}");
}

#[tokio::test]
async fn a_statement_of_another_stream_is_named() {
    let estate = Estate::new(1).await;
    let moved = StreamId::parse("nightly/aws/999999999999").unwrap().statement_key(1);
    estate.write(&moved, &estate.read(&estate.ledger_file(1)));
    let found = kinds(&estate.verify().await, &moved);
    assert!(found.contains(&Kind::ForeignStatement), "{found:?}");
}

#[tokio::test]
async fn a_statement_by_another_key_is_named() {
    let estate = Estate::new(1).await;
    let other = Signer::generate().unwrap();
    estate.commit(&estate.stream, "2026-03-01T12:00:00.000Z", 2, &other).await;
    let report = estate.verify().await;
    assert_eq!(kinds(&report, &estate.ledger_file(2)), [Kind::ForeignKey]);
    assert_eq!((report.integrity, report.signatures), (Integrity::Ok, Signatures::Failed));
    assert_eq!(report.keyids.len(), 2);
    assert!(report.table().contains("Several keys are named"), "{}", report.table());
}
