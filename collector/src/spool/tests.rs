//! Entries on the disk: modes, damage, leftovers of a crash, two processes.

use super::*;
use crate::bundle::Scratch;
use crate::daemon::happening::Nobody;
use crate::ledger::tests::fixtures::{check, local, outcome_at, stream};
use crate::ledger::{InMemory, commit_sealed, seal};
use crate::signing::Signer;
use evidenced_schemas::Verdict;
use evidenced_schemas::waiting::Attempt;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use tempfile::TempDir;

const URL: &str = "file://test";

fn spool(folder: &TempDir) -> Spool {
    Spool::new(folder.path().join("spool"), Size::of_bytes(1 << 30), URL)
}

/// Runs at these hours, waiting; their folders.
async fn fill(spool: &Spool, hours: &[u32]) -> Vec<PathBuf> {
    let scratches = tempfile::tempdir().unwrap();
    let mut folders = Vec::new();
    for hour in hours {
        let scratch = Scratch::below(scratches.path()).unwrap();
        let run = outcome_at(&scratch, &format!("2026-03-01T{hour:02}:00:00.000Z"), "b", Verdict::Fail);
        let (sealed, _) = seal(run).unwrap();
        folders.push(spool.claim(&stream()).await.unwrap().keep(&sealed, None).await.unwrap());
    }
    folders
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn stream_folder(folder: &TempDir) -> PathBuf {
    folder.path().join("spool").join(stream().to_string())
}

#[tokio::test]
async fn only_the_owner_can_read_what_waits() {
    fn walk(path: &Path, found: &mut usize) {
        let metadata = fs::metadata(path).unwrap();
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(metadata.permissions().mode() & 0o7777, expected, "{}", path.display());
        *found += 1;
        if metadata.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                walk(&entry.unwrap().path(), found);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(&folder);
    let entry = fill(&spool, &[1]).await.remove(0);
    let mut waiting = spool.claim(&stream()).await.unwrap().waiting().await.unwrap().remove(0);
    let store = tempfile::tempdir().unwrap();
    let mut sealed = waiting.load().await.unwrap().unwrap();
    commit_sealed(&local(store.path()), &Signer::generate().unwrap(), &mut sealed, &mut waiting).await.unwrap();
    assert!(entry.join("attempt.json").exists());
    let mut found = 0;
    walk(spool.dir(), &mut found);
    assert!(found >= 15, "{found}");
}

#[tokio::test]
async fn the_depth_counts_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(&folder);
    assert_eq!(spool.depth().unwrap(), Depth::default());
    let entries = fill(&spool, &[3, 2, 4]).await;
    let depth = spool.depth().unwrap();
    assert_eq!((depth.runs, depth.oldest_text()), (3, "2026-03-01T02:00:00.000Z".to_owned()));
    let bytes: u64 = entries
        .iter()
        .flat_map(|entry| fs::read_dir(entry).unwrap())
        .map(|e| e.unwrap().metadata().unwrap().len())
        .sum();
    assert_eq!(depth.bytes, bytes);
    assert_eq!(spool.waiting_since(&stream()).len(), 3);
    let other = Spool::new(spool.dir().to_owned(), Size::of_bytes(1), "s3://other");
    assert_eq!(other.waiting_since(&stream()), [], "they wait for another store");
    assert!(!other.has_work(&stream()).unwrap() && spool.has_work(&stream()).unwrap());
}

/// Does damage to an entry.
type Damage = fn(&Path);

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_entry_is_set_aside_whole_and_stops_no_other() {
    let damages: [(&str, Damage); 7] = [
        ("no waiting.json", |entry| fs::remove_file(entry.join("waiting.json")).unwrap()),
        ("waiting.json cut off", |entry| {
            let text = fs::read(entry.join("waiting.json")).unwrap();
            fs::write(entry.join("waiting.json"), &text[..text.len() / 2]).unwrap();
        }),
        ("another form", |entry| {
            let text = fs::read_to_string(entry.join("waiting.json")).unwrap();
            fs::write(entry.join("waiting.json"), text.replace("\"format\":1", "\"format\":2")).unwrap();
        }),
        ("a file changed", |entry| fs::write(entry.join("summary.json"), "{}").unwrap()),
        ("a file gone", |entry| fs::remove_file(entry.join("exchanges.jsonl.zst")).unwrap()),
        ("attempt.json changed", |entry| fs::write(entry.join("attempt.json"), "{}").unwrap()),
        ("no statement in attempt.json", |entry| {
            let run = fs::read_to_string(entry.join("waiting.json")).unwrap();
            let run: WaitingRun = serde_json::from_str(&run).unwrap();
            let attempt = Attempt { sequence: 1, run: run.run.run, envelope: "{}".to_owned() };
            fs::write(entry.join("attempt.json"), serde_json::to_string(&attempt).unwrap()).unwrap();
        }),
    ];
    let signer = Signer::generate().unwrap();
    for (what, damage) in damages {
        let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let spool = spool(&folder);
        let entries = fill(&spool, &[1, 2, 3]).await;
        damage(&entries[1]);
        let files = names(&entries[1]);
        let store = local(store.path());
        assert_eq!(drain_all(&spool, &store, &signer, &Nobody).await.unwrap().failed.len(), 0, "{what}");
        assert_eq!(check(&store, &signer).await.len(), 2, "{what}");
        let left = names(&stream_folder(&folder));
        assert_eq!(left.len(), 2, "{what}: the lock and what was set aside: {left:?}");
        let aside = left.iter().find(|name| name.starts_with(DAMAGED)).unwrap();
        assert_eq!(names(&stream_folder(&folder).join(aside)), files, "{what}: nothing of it is lost");
        let depth = spool.depth().unwrap();
        assert!(depth.runs == 0 && depth.bytes > 0, "{what}: it takes room, and does not wait");
        assert!(!spool.has_work(&stream()).unwrap());
    }
}

#[tokio::test]
async fn what_a_crash_left_is_cleared_away_and_what_was_whole_stays() {
    let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let spool = spool(&folder);
    let entry = fill(&spool, &[1]).await.remove(0);
    let at = stream_folder(&folder);
    for left in [".new-01J", ".gone-01J"] {
        fs::create_dir(at.join(left)).unwrap();
        fs::write(at.join(left).join("waiting.json"), "half").unwrap();
    }
    fs::write(entry.join("attempt.json.new"), "half").unwrap();
    assert_eq!(spool.depth().unwrap().runs, 1);
    let (store, signer) = (local(store.path()), Signer::generate().unwrap());
    assert_eq!(drain_all(&spool, &store, &signer, &Nobody).await.unwrap().failed.len(), 0);
    assert_eq!(check(&store, &signer).await.len(), 1);
    assert_eq!(names(&at), [LOCK]);
}

/// Committed, and killed before the entry was taken out, with any of both ends of the statement's put.
#[tokio::test]
async fn a_run_that_was_committed_and_not_taken_out_is_not_committed_again() {
    let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (spool, store, signer) = (spool(&folder), local(store.path()), Signer::generate().unwrap());
    fill(&spool, &[1, 2]).await;
    for _ in 0..3 {
        let mut waiting = spool.claim(&stream()).await.unwrap().waiting().await.unwrap().remove(0);
        let mut sealed = waiting.load().await.unwrap().unwrap();
        let committed = commit_sealed(&store, &signer, &mut sealed, &mut waiting).await.unwrap();
        assert_eq!(committed.sequence, 1);
        assert_eq!(check(&store, &signer).await.len(), 1);
    }
    assert_eq!(drain_all(&spool, &store, &signer, &Nobody).await.unwrap().failed.len(), 0);
    assert_eq!(check(&store, &signer).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_with_one_spool_take_turns() {
    let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let signer = std::sync::Arc::new(Signer::generate().unwrap());
    fill(&spool(&folder), &[1, 2, 3, 4, 5, 6]).await;
    let held = spool(&folder).claim(&stream()).await.unwrap();
    let other = spool(&folder);
    assert!(tokio::time::timeout(Duration::from_millis(300), other.claim(&stream())).await.is_err(), "it is claimed");
    drop(held);
    let drains: Vec<_> = (0..3)
        .map(|_| {
            let (spool, store, signer) = (spool(&folder), local(store.path()), std::sync::Arc::clone(&signer));
            tokio::spawn(async move { drain_all(&spool, &store, &signer, &Nobody).await.unwrap().failed.len() })
        })
        .collect();
    for drained in drains {
        assert_eq!(drained.await.unwrap(), 0);
    }
    assert_eq!(check(&local(store.path()), &signer).await.len(), 6);
    assert_eq!(names(&stream_folder(&folder)), [LOCK]);
}

/// Two processes that each have a run which fits, and not both.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_never_fill_a_spool_beyond_its_size() {
    let folder = tempfile::tempdir().unwrap();
    fill(&spool(&folder), &[1]).await;
    let max = spool(&folder).depth().unwrap().bytes * 5 / 2;
    let scratches = tempfile::tempdir().unwrap();
    let keeps: Vec<_> = (0..4)
        .map(|number| {
            let scratch = Scratch::below(scratches.path()).unwrap();
            let mut run = outcome_at(&scratch, "2026-03-01T02:00:00.000Z", "b", Verdict::Fail);
            run.run.job = format!("job{number}").parse().unwrap();
            let (sealed, _) = seal(run).unwrap();
            let spool = Spool::new(folder.path().join("spool"), Size::of_bytes(max), URL);
            tokio::spawn(async move {
                let claim = spool.claim(&sealed.stream()).await.unwrap();
                claim.keep(&sealed, None).await.map_err(|error| error.kind)
            })
        })
        .collect();
    let mut kept = 0;
    for keep in keeps {
        match keep.await.unwrap() {
            Ok(_) => kept += 1,
            Err(kind) => assert_eq!(kind, SpoolErrorKind::Full),
        }
    }
    assert_eq!(kept, 1);
    assert!(spool(&folder).depth().unwrap().bytes <= max);
}

#[tokio::test]
async fn runs_of_another_store_wait_on() {
    let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(&spool(&folder), &[1]).await;
    let other = Spool::new(folder.path().join("spool"), Size::of_bytes(1 << 30), "file://other");
    let (store, signer) = (local(store.path()), Signer::generate().unwrap());
    assert_eq!(drain_all(&other, &store, &signer, &Nobody).await.unwrap().failed.len(), 0);
    let claim = other.claim(&stream()).await.unwrap();
    drain(&other, &claim, &store, &signer, &Nobody).await.unwrap();
    assert_eq!(check(&store, &signer).await.len(), 0);
    assert_eq!(other.depth().unwrap().runs, 1);
}

/// What a store would have to be told of a run that is committed from memory is told of it from the spool, too.
#[tokio::test]
async fn a_run_is_the_same_from_memory_and_from_the_spool() {
    let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (spool, signer) = (spool(&folder), Signer::generate().unwrap());
    let scratch = Scratch::below(scratches.path()).unwrap();
    let (mut sealed, _) = seal(outcome_at(&scratch, "2026-03-01T02:00:00.000Z", "b", Verdict::Fail)).unwrap();
    let claim = spool.claim(&stream()).await.unwrap();
    claim.keep(&sealed, None).await.unwrap();
    let (memory, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    commit_sealed(&local(memory.path()), &signer, &mut sealed, &mut InMemory::default()).await.unwrap();
    drain(&spool, &claim, &local(disk.path()), &signer, &Nobody).await.unwrap();
    let key = stream().statement_key(1);
    assert_eq!(fs::read(memory.path().join(&key)).unwrap(), fs::read(disk.path().join(&key)).unwrap());
}
