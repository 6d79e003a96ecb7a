//! Every write as *failed and not stored* and as *failed but stored*; writers that race; a past that was damaged.

pub(crate) mod fixtures;

use super::*;
use crate::bundle::{EXCHANGES, FILES, FINDINGS, Scratch};
use crate::signing::Signer;
use crate::store::local::LocalStore;
use crate::store::{Put, StoreErrorKind};
use bytes::Bytes;
use evidenced_schemas::statement::{Retention, RetentionMode};
use evidenced_schemas::{ChangeKind, Verdict};
use fixtures::{Fault, Faulty, check, check_changes, local, outcome, stream};
use std::sync::atomic::AtomicUsize;

#[tokio::test]
async fn runs_follow_each_other_and_say_what_changed() {
    let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, signer) = (local(folder.path()), Signer::generate().unwrap());
    let scratch = Scratch::below(scratches.path()).unwrap();
    assert!(newest(&store, &stream()).await.unwrap().is_none());
    let (first, sealed) = commit(&store, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
    assert_eq!((first.sequence, first.changes.len()), (1, 0));
    assert_eq!(first.run, sealed.run.run);
    assert_eq!(first.statement.predicate.region_set, ["eu-west-1", "us-east-1"]);
    assert!(first.statement.predicate.complete && first.statement.predicate.gaps == 0);
    let (second, _) = commit(&store, &signer, outcome(&scratch, "b", Verdict::Pass)).await.unwrap();
    assert_eq!(second.changes.iter().map(|c| c.change).collect::<Vec<_>>(), [ChangeKind::Resolved]);
    assert_eq!(second.sequence, 2);
    assert_eq!(newest(&store, &stream()).await.unwrap(), Some(second.statement.predicate.as_of));
    assert_eq!(list_streams(&store).await.unwrap(), [stream()]);
    check_changes(&store, &check(&store, &signer).await).await;
}

#[tokio::test]
async fn a_file_that_is_away_for_a_moment_is_no_damage() {
    let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, signer) = (local(folder.path()), Signer::generate().unwrap());
    let scratch = Scratch::below(scratches.path()).unwrap();
    commit(&store, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
    let (bundles, aside) = (folder.path().join("bundles"), folder.path().join("aside"));
    std::fs::rename(&bundles, &aside).unwrap();
    let back = async {
        tokio::time::sleep(tail::ASKED_AGAIN_AFTER / 2).await;
        std::fs::rename(&aside, &bundles).unwrap();
    };
    let (committed, ()) = tokio::join!(commit(&store, &signer, outcome(&scratch, "b", Verdict::Pass)), back);
    let (committed, _) = committed.unwrap();
    assert_eq!((committed.changes.len(), committed.warnings), (1, Vec::<String>::new()));
    check_changes(&store, &check(&store, &signer).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_fails_once_loses_nothing_and_doubles_nothing() {
    let signer = Signer::generate().unwrap();
    for fault in [Fault::NotStored, Fault::ButStored] {
        for many in [1, 3] {
            for from in 0..=FILES.len() {
                let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                let scratch = Scratch::below(scratches.path()).unwrap();
                let inner = local(folder.path());
                commit(&inner, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
                let kind = StoreErrorKind::Unavailable;
                let faulty = Faulty { inner, from, many, fault, kind, puts: AtomicUsize::new(0) };
                let (committed, _) = commit(&faulty, &signer, outcome(&scratch, "b", Verdict::Pass)).await.unwrap();
                assert_eq!(committed.sequence, 2);
                assert_eq!(committed.statement.predicate.retention.mode, RetentionMode::Unknown);
                let statements = check(&faulty.inner, &signer).await;
                assert_eq!(statements.len(), 2, "{fault:?} at {from}");
                let files = faulty.inner.list("bundles/").await.unwrap().len();
                assert_eq!(files, 2 * FILES.len(), "{fault:?} at {from}: a file was doubled");
                check_changes(&faulty.inner, &statements).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_leaves_whole_statements_only_and_the_next_run_continues() {
    let signer = Signer::generate().unwrap();
    for fault in [Fault::NotStored, Fault::ButStored] {
        for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Denied] {
            for from in 0..=FILES.len() {
                let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                let scratch = Scratch::below(scratches.path()).unwrap();
                let inner = local(folder.path());
                let faulty = Faulty { inner, from, many: usize::MAX - from, fault, kind, puts: AtomicUsize::new(0) };
                let error = commit(&faulty, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap_err();
                let in_statement = from == FILES.len();
                // Nothing can be read any more, so not even a refusal settles what became of the statement.
                let expected = if in_statement { LedgerErrorKind::Unknown } else { LedgerErrorKind::NotCommitted };
                assert_eq!(error.kind, expected, "{fault:?} at {from}: {error}");
                let there = check(&faulty.inner, &signer).await.len();
                assert_eq!(there, usize::from(in_statement && fault == Fault::ButStored), "{fault:?} at {from}");
                let (next, _) = commit(&faulty.inner, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
                assert_eq!(next.sequence, there as u64 + 1);
                check(&faulty.inner, &signer).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_writers_of_one_stream_both_commit_all_their_runs() {
    let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let signer = std::sync::Arc::new(Signer::generate().unwrap());
    let writers: Vec<_> = ["a", "b"]
        .into_iter()
        .map(|id| {
            let (store, signer) = (local(folder.path()), std::sync::Arc::clone(&signer));
            let scratch = Scratch::below(scratches.path()).unwrap();
            tokio::spawn(async move {
                for round in 0..20 {
                    let verdict = if round % 2 == 0 { Verdict::Fail } else { Verdict::Pass };
                    commit(&store, &signer, outcome(&scratch, id, verdict)).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let store = local(folder.path());
    let statements = check(&store, &signer).await;
    assert_eq!(statements.len(), 40);
    check_changes(&store, &statements).await;
}

#[tokio::test]
async fn a_lost_race_that_alters_the_changes_moves_the_bundle_and_signs_again() {
    /// Lets another writer in just before the first statement is put.
    #[derive(Debug)]
    struct Overtaken {
        inner: LocalStore,
        other: std::sync::Mutex<Option<(Signer, RunOutcome)>>,
    }
    #[async_trait::async_trait]
    impl Store for Overtaken {
        fn url(&self) -> &str {
            self.inner.url()
        }
        async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError> {
            if key.starts_with("ledger/") {
                let other = self.other.lock().unwrap().take();
                if let Some((signer, outcome)) = other {
                    commit(&self.inner, &signer, outcome).await.unwrap();
                }
            }
            self.inner.put_new(key, bytes).await
        }
        async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
            self.inner.get(key).await
        }
        async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
            self.inner.list(prefix).await
        }
        async fn retention(&self) -> Result<Retention, StoreError> {
            self.inner.retention().await
        }

        async fn hold(&self, key: &str) -> Result<crate::store::Hold, StoreError> {
            self.inner.hold(key).await
        }
    }
    let (pem, scratches) = (Signer::generate().unwrap(), tempfile::tempdir().unwrap());
    let scratch = Scratch::below(scratches.path()).unwrap();
    for (others, moved) in [(Verdict::Pass, true), (Verdict::Fail, false)] {
        let folder = tempfile::tempdir().unwrap();
        let inner = local(folder.path());
        commit(&inner, &pem, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
        let other = (Signer::generate().unwrap(), outcome(&scratch, "b", others));
        let store = Overtaken { inner, other: std::sync::Mutex::new(Some(other)) };
        let ours = outcome(&scratch, "b", Verdict::Fail);
        let asked = ours.run.run.clone();
        let (committed, _) = commit(&store, &pem, ours).await.unwrap();
        assert_eq!(committed.sequence, 3);
        assert_eq!(committed.run != asked, moved, "the bundle moves only when it must");
        assert!(committed.bundle_prefix.contains(committed.run.as_str()));
        let expected: &[ChangeKind] = if moved { &[ChangeKind::Opened] } else { &[] };
        assert_eq!(committed.changes.iter().map(|c| c.change).collect::<Vec<_>>(), expected);
        let files = store.inner.list("bundles/").await.unwrap().len();
        assert_eq!(files, FILES.len() * if moved { 4 } else { 3 });
    }
}

#[tokio::test]
async fn a_damaged_past_is_told_and_does_not_stop_the_present() {
    let signer = Signer::generate().unwrap();
    let scratches = tempfile::tempdir().unwrap();
    let scratch = Scratch::below(scratches.path()).unwrap();
    for damage in ["findings", "findings gone", "statement"] {
        let folder = tempfile::tempdir().unwrap();
        let store = local(folder.path());
        let (first, _) = commit(&store, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
        let findings = folder.path().join(format!("{}{FINDINGS}", first.bundle_prefix));
        match damage {
            "findings" => std::fs::write(findings, "damaged").unwrap(),
            "findings gone" => std::fs::remove_file(findings).unwrap(),
            _ => std::fs::write(folder.path().join(&first.statement_key), "damaged").unwrap(),
        }
        // The stream's schedule goes on from the newest statement that reads.
        assert_eq!(newest(&store, &stream()).await.unwrap().is_none(), damage == "statement");
        let (second, _) = commit(&store, &signer, outcome(&scratch, "b", Verdict::Pass)).await.unwrap();
        assert_eq!((second.sequence, second.changes.len(), second.warnings.len()), (2, 0, 1), "{damage}");
        assert!(second.warnings[0].contains("evidenced verify"), "{:?}", second.warnings);
        std::fs::write(folder.path().join(&second.statement_key), "damaged").unwrap();
        let before = (damage != "statement").then_some(first.statement.predicate.as_of);
        assert_eq!(newest(&store, &stream()).await.unwrap(), before, "{damage}");
    }
}

#[tokio::test]
async fn exchanges_that_were_not_kept_are_never_committed() {
    let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = local(folder.path());
    let scratch = Scratch::below(scratches.path()).unwrap();
    let run = outcome(&scratch, "b", Verdict::Pass);
    run.exchanges.finish().unwrap();
    let error = commit(&store, &Signer::generate().unwrap(), run).await.unwrap_err();
    assert_eq!(error.kind, LedgerErrorKind::NotCommitted);
    assert_eq!(store.list("").await.unwrap(), Vec::<String>::new());
}

#[test]
fn keys_of_statements_are_told_from_others() {
    let stream = stream();
    assert_eq!(sequence_of(&stream, &stream.statement_key(7)), Some(7));
    for other in
        ["7.dsse.json", "0000000000.dsse.json", "0000000007.tsr", "00000000007.dsse.json", "+000000007.dsse.json"]
    {
        assert_eq!(sequence_of(&stream, &format!("{}{other}", stream.ledger_prefix())), None, "{other}");
    }
    assert_eq!(sequence_of(&stream, EXCHANGES), None);
}

/// A run that is committed only where nobody served its turn.
async fn commit_in_turn(
    store: &dyn Store,
    signer: &Signer,
    outcome: RunOutcome,
    turn: Turn,
) -> Result<u64, LedgerErrorKind> {
    let (mut sealed, _) = seal(outcome).unwrap();
    sealed.turn = Some(turn);
    let committed = commit_sealed(store, signer, &mut sealed, &mut InMemory::default()).await;
    committed.map(|committed| committed.sequence).map_err(|error| error.kind)
}

fn turn(from: &str, until: &str) -> Turn {
    let at = |hour: &str| format!("2026-03-01T{hour}:00:00Z").parse().unwrap();
    Turn { from: at(from), until: at(until) }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_replicas_that_race_for_a_turn_exactly_one_commits() {
    let signer = std::sync::Arc::new(Signer::generate().unwrap());
    for _ in 0..20 {
        let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = std::sync::Arc::new(local(folder.path()));
        let racers: Vec<_> = (0..4)
            .map(|racer| {
                let scratch = Scratch::below(scratches.path()).unwrap();
                let outcome =
                    fixtures::outcome_at(&scratch, &format!("2026-03-01T06:00:0{racer}.000Z"), "b", Verdict::Fail);
                let (store, signer) = (std::sync::Arc::clone(&store), std::sync::Arc::clone(&signer));
                tokio::spawn(async move { commit_in_turn(&*store, &signer, outcome, turn("06", "12")).await })
            })
            .collect();
        let mut ended = Vec::new();
        for racer in racers {
            ended.push(racer.await.unwrap());
        }
        assert_eq!(ended.iter().filter(|one| **one == Ok(1)).count(), 1, "{ended:?}");
        assert_eq!(
            ended.iter().filter(|one| **one == Err(LedgerErrorKind::Served { sequence: 1 })).count(),
            3,
            "{ended:?}"
        );
        assert_eq!(check(&*store, &signer).await.len(), 1);
    }
}

#[tokio::test]
async fn a_turn_is_served_by_a_run_within_it_and_by_no_other() {
    let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, signer) = (local(folder.path()), Signer::generate().unwrap());
    let scratch = Scratch::below(scratches.path()).unwrap();
    let run = |hour: &str| fixtures::outcome_at(&scratch, &format!("2026-03-01T{hour}:30:00.000Z"), "b", Verdict::Fail);
    assert_eq!(commit_in_turn(&store, &signer, run("06"), turn("06", "12")).await, Ok(1));
    assert_eq!(
        commit_in_turn(&store, &signer, run("12"), turn("12", "18")).await,
        Ok(2),
        "the next turn is another one"
    );
    let served = |sequence| Err(LedgerErrorKind::Served { sequence });
    assert_eq!(
        commit_in_turn(&store, &signer, run("07"), turn("06", "12")).await,
        served(1),
        "a slow one, behind a later run"
    );
    assert_eq!(commit_in_turn(&store, &signer, run("03"), turn("00", "06")).await, Ok(3), "late, but of its own time");
    // A clock that was wrong by far when a run was made keeps nobody from committing.
    assert_eq!(commit_in_turn(&store, &signer, run("22"), turn("22", "23")).await.map_err(|_| ()), Ok(4));
    assert_eq!(commit_in_turn(&store, &signer, run("18"), turn("18", "22")).await, Ok(5));
    assert_eq!(served_by(&store, &stream(), turn("18", "22")).await.unwrap(), Some(5));
    assert_eq!(served_by(&store, &stream(), turn("19", "22")).await.unwrap(), None);
    check(&store, &signer).await;
}
