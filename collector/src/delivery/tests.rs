//! Outages at every write: runs wait, are committed in order, once each, by this process or by the next.

use super::*;
use crate::bundle::{FILES, Scratch};
use crate::catalogue::Catalogue;
use crate::daemon::happening::{Happening, Nobody, Observer};
use crate::ledger::tests::fixtures::{Fault, Faulty, check, check_changes, local, outcome_at, stream};
use crate::ledger::{RunOutcome, commit, seal};
use crate::signing::Signer;
use crate::spool::SpoolErrorKind;
use crate::store::{Store, StoreErrorKind};
use evidenced_schemas::run::Collector;
use evidenced_schemas::{Digest, Size, Statement, Verdict};
use futures::future::join_all;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

/// Compiled once: it is not what is tested here.
static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(Catalogue::built_in()));

/// A machine: its folders and its key, which outlive a process.
struct Machine {
    store: TempDir,
    spool: TempDir,
    scratches: TempDir,
    signer: Arc<Signer>,
}

impl Machine {
    fn new() -> Self {
        let folder = || tempfile::tempdir().unwrap();
        let signer = Arc::new(Signer::generate().unwrap());
        Self { store: folder(), spool: folder(), scratches: folder(), signer }
    }

    /// A run at an hour of the day.
    fn run(&self, hour: u32, verdict: Verdict) -> RunOutcome {
        let scratch = Scratch::below(self.scratches.path()).unwrap();
        outcome_at(&scratch, &format!("2026-03-01T{hour:02}:00:00.000Z"), "b", verdict)
    }

    fn healthy(&self) -> Arc<dyn Store> {
        Arc::new(local(self.store.path()))
    }

    /// The store, gone for good from a put on, which ends in one of both ways.
    fn gone_from(&self, from: usize, fault: Fault, kind: StoreErrorKind) -> Arc<dyn Store> {
        let inner = local(self.store.path());
        Arc::new(Faulty { inner, from, many: usize::MAX - from, fault, kind, puts: AtomicUsize::new(0) })
    }

    fn spool(&self) -> Spool {
        self.spool_of(Size::of_bytes(1 << 30))
    }

    fn spool_of(&self, size: Size) -> Spool {
        Spool::new(self.spool.path().join("spool"), size, "file://test")
    }

    /// A process with this store, and nothing remembered.
    fn process(&self, store: Arc<dyn Store>) -> Workshop {
        self.process_with(store, self.spool())
    }

    fn process_with(&self, store: Arc<dyn Store>, spool: Spool) -> Workshop {
        let zero = Digest::of(b"");
        Workshop {
            store,
            signer: Arc::clone(&self.signer),
            catalogue: Arc::clone(&CATALOGUE),
            policy: Arc::new(crate::policy::built_in().unwrap()),
            stamper: None,
            metrics: Arc::default(),
            observer: Arc::new(Nobody),
            spool: Some(spool),
            deployment: None,
            config_sha256: zero.clone(),
            collector: Collector {
                name: "evidenced".into(),
                version: "0".into(),
                git_commit: "x".into(),
                executable_sha256: zero,
            },
        }
    }

    /// The ledger, checked from its bytes: numbers, chain, digests, changes, and that each run is there once.
    async fn ledger(&self) -> Vec<Statement> {
        let store = local(self.store.path());
        let statements = check(&store, &self.signer).await;
        check_changes(&store, &statements).await;
        statements
    }

    async fn hours(&self) -> Vec<u32> {
        use chrono::Timelike as _;
        self.ledger().await.iter().map(|statement| statement.predicate.as_of.utc().hour()).collect()
    }
}

async fn send(workshop: &Workshop, outcome: RunOutcome) -> Result<Committed, DeliveryError> {
    let (mut sealed, _) = seal(outcome).unwrap();
    deliver(workshop, &mut sealed, &CancellationToken::new()).await
}

async fn drain_all(workshop: &Workshop) -> usize {
    let spool = workshop.spool.as_ref().unwrap();
    spool::drain_all(spool, &*workshop.store, &workshop.signer, &Nobody).await.unwrap().failed.len()
}

fn waits(result: Result<Committed, DeliveryError>) -> PathBuf {
    match result {
        Err(DeliveryError::Waits { folder, .. }) => folder,
        other => panic!("it does not wait: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_at_any_write_costs_no_run_and_doubles_none() {
    let gone_at = async |from, fault, kind| {
        let context = format!("{fault:?} {kind:?} at {from}");
        let machine = Machine::new();
        send(&machine.process(machine.healthy()), machine.run(1, Verdict::Fail)).await.unwrap();
        let going = machine.process(machine.gone_from(from, fault, kind));
        let folder = waits(send(&going, machine.run(2, Verdict::Pass)).await);
        assert_eq!(folder.join("attempt.json").exists(), from == FILES.len(), "{context}");
        // Still gone, for a new process too: the next run goes behind the first.
        let gone = machine.process(machine.gone_from(0, Fault::NotStored, kind));
        waits(send(&gone, machine.run(3, Verdict::Fail)).await);
        assert_eq!(gone.spool.as_ref().unwrap().depth().unwrap().runs, 2, "{context}");
        // Back, for yet another process.
        let back = machine.process(machine.healthy());
        send(&back, machine.run(4, Verdict::Pass)).await.unwrap();
        assert_eq!(machine.hours().await, [1, 2, 3, 4], "{context}");
        assert_eq!(back.spool.as_ref().unwrap().depth().unwrap().runs, 0, "{context}");
    };
    for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Denied, StoreErrorKind::NotThere] {
        for fault in [Fault::NotStored, Fault::ButStored] {
            join_all((0..=FILES.len()).map(|from| gone_at(from, fault, kind))).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_that_fails_at_every_write_in_turn_commits_each_run_once_and_in_order() {
    let drained = async |fault| {
        let machine = Machine::new();
        let gone = machine.process(machine.gone_from(0, Fault::NotStored, StoreErrorKind::Unavailable));
        for hour in 1..=3 {
            waits(send(&gone, machine.run(hour, if hour == 2 { Verdict::Pass } else { Verdict::Fail })).await);
        }
        // Each process finds a store that goes away one put later than for the process before.
        for from in 0..=FILES.len() + 1 {
            let process = machine.process(machine.gone_from(from, fault, StoreErrorKind::Unavailable));
            let failed = drain_all(&process).await;
            let waiting = process.spool.as_ref().unwrap().depth().unwrap().runs;
            assert_eq!(failed > 0, waiting > 0, "{fault:?} at {from}");
            assert!(machine.ledger().await.len() as u64 + waiting >= 3, "{fault:?} at {from}: a run is lost");
        }
        assert_eq!(drain_all(&machine.process(machine.healthy())).await, 0);
        assert_eq!(machine.hours().await, [1, 2, 3], "{fault:?}");
    };
    tokio::join!(drained(Fault::NotStored), drained(Fault::ButStored));
}

/// The put had succeeded, and others went on from it, before anybody asked: the run must not stand in the ledger twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_was_stored_after_all_is_found_by_its_very_bytes() {
    let machine = Machine::new();
    let from = FILES.len();
    let gone = machine.process(machine.gone_from(from, Fault::ButStored, StoreErrorKind::Unavailable));
    waits(send(&gone, machine.run(1, Verdict::Fail)).await);
    for hour in 2..4 {
        commit(&*machine.healthy(), &machine.signer, machine.run(hour, Verdict::Pass)).await.unwrap();
    }
    let back = machine.process(machine.healthy());
    let committed = send(&back, machine.run(5, Verdict::Pass)).await.unwrap();
    assert_eq!(committed.sequence, 4);
    assert_eq!(machine.hours().await, [1, 2, 3, 5]);
}

/// The number went to another run: the statement is made anew, with the changes that follow from that one.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_whose_number_went_to_another_is_made_anew() {
    let machine = Machine::new();
    let gone = machine.process(machine.gone_from(FILES.len(), Fault::NotStored, StoreErrorKind::Unavailable));
    waits(send(&gone, machine.run(1, Verdict::Fail)).await);
    commit(&*machine.healthy(), &machine.signer, machine.run(2, Verdict::Pass)).await.unwrap();
    assert_eq!(drain_all(&machine.process(machine.healthy())).await, 0);
    assert_eq!(machine.hours().await, [2, 1]);
    assert_eq!(machine.ledger().await[1].predicate.sequence, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_was_cut_off_gets_no_statement_that_goes_on_from_what_is_gone() {
    let machine = Machine::new();
    for hour in 1..=2 {
        send(&machine.process(machine.healthy()), machine.run(hour, Verdict::Fail)).await.unwrap();
    }
    let gone = machine.process(machine.gone_from(FILES.len(), Fault::NotStored, StoreErrorKind::Unavailable));
    waits(send(&gone, machine.run(3, Verdict::Pass)).await);
    std::fs::remove_file(machine.store.path().join(stream().statement_key(2))).unwrap();
    assert_eq!(drain_all(&machine.process(machine.healthy())).await, 0);
    assert_eq!(machine.hours().await, [1, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_committed_in_the_order_of_their_time_even_when_they_came_in_another() {
    let machine = Machine::new();
    let gone = machine.process(machine.gone_from(0, Fault::NotStored, StoreErrorKind::Unavailable));
    for hour in [3, 1, 2] {
        waits(send(&gone, machine.run(hour, Verdict::Fail)).await);
    }
    assert_eq!(drain_all(&machine.process(machine.healthy())).await, 0);
    assert_eq!(machine.hours().await, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_keeps_the_oldest_and_says_what_is_lost() {
    let machine = Machine::new();
    let gone = machine.gone_from(0, Fault::NotStored, StoreErrorKind::Unavailable);
    waits(send(&machine.process(Arc::clone(&gone)), machine.run(1, Verdict::Fail)).await);
    let one = machine.spool().depth().unwrap().bytes;
    let small = || machine.spool_of(Size::of_bytes(one * 5 / 2));
    waits(send(&machine.process_with(Arc::clone(&gone), small()), machine.run(2, Verdict::Fail)).await);
    let error = send(&machine.process_with(gone, small()), machine.run(3, Verdict::Fail)).await.unwrap_err();
    match &error {
        DeliveryError::Lost { source, .. } => assert_eq!(source.kind, SpoolErrorKind::Full),
        other => panic!("{other:?}"),
    }
    let said = chain(&error);
    assert!(said.contains("injected") && said.contains("spool.max_size") && said.contains("2 runs wait"), "{said}");
    assert_eq!(small().depth().unwrap().runs, 2);
    let back = machine.process_with(machine.healthy(), small());
    send(&back, machine.run(4, Verdict::Fail)).await.unwrap();
    assert_eq!(machine.hours().await, [1, 2, 4]);
}

/// A run that is told to stop while the store hangs is left to the spool, with the statement that may have been put.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_told_to_stop_is_left_to_the_spool() {
    /// A store that takes every file, and hangs on the statement: before it is stored, or after.
    #[derive(Debug)]
    struct Hanging(crate::store::local::LocalStore, bool);
    #[async_trait::async_trait]
    impl Store for Hanging {
        fn url(&self) -> &str {
            self.0.url()
        }
        async fn put_new(&self, key: &str, bytes: bytes::Bytes) -> Result<crate::store::Put, crate::store::StoreError> {
            if !key.starts_with("ledger/") {
                return self.0.put_new(key, bytes).await;
            }
            if self.1 {
                self.0.put_new(key, bytes).await?;
            }
            std::future::pending().await
        }
        async fn get(&self, key: &str) -> Result<Option<bytes::Bytes>, crate::store::StoreError> {
            self.0.get(key).await
        }
        async fn list(&self, prefix: &str) -> Result<Vec<String>, crate::store::StoreError> {
            self.0.list(prefix).await
        }
        async fn retention(&self) -> Result<evidenced_schemas::statement::Retention, crate::store::StoreError> {
            self.0.retention().await
        }
        async fn hold(&self, key: &str) -> Result<crate::store::Hold, crate::store::StoreError> {
            self.0.hold(key).await
        }
    }
    let stopped = async |stored| {
        let machine = Machine::new();
        let hanging = machine.process(Arc::new(Hanging(local(machine.store.path()), stored)));
        let cancel = CancellationToken::new();
        let (mut sealed, _) = seal(machine.run(1, Verdict::Fail)).unwrap();
        let told = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            cancel.cancel();
        };
        let (result, ()) = tokio::join!(deliver(&hanging, &mut sealed, &cancel), told);
        assert!(waits(result).join("attempt.json").exists());
        send(&machine.process(machine.healthy()), machine.run(2, Verdict::Fail)).await.unwrap();
        assert_eq!(machine.hours().await, [1, 2], "stored: {stored}");
    };
    tokio::join!(stopped(false), stopped(true));
}

#[tokio::test]
async fn what_cannot_even_wait_is_said_with_both_reasons() {
    let machine = Machine::new();
    std::fs::write(machine.spool.path().join("spool"), "a file where the folder would be").unwrap();
    let gone = machine.process(machine.gone_from(0, Fault::NotStored, StoreErrorKind::Unavailable));
    let error = send(&gone, machine.run(1, Verdict::Fail)).await.unwrap_err();
    let said = chain(&error);
    assert!(matches!(error, DeliveryError::Lost { .. }), "{said}");
    assert!(said.contains("injected") && said.contains("spool.dir"), "{said}");
    // The store alone is enough, whatever the spool is.
    let healthy = machine.process(machine.healthy());
    send(&healthy, machine.run(2, Verdict::Fail)).await.unwrap();
    assert_eq!(machine.hours().await, [2]);
}

#[tokio::test]
async fn without_an_outage_no_spool_is_made() {
    let machine = Machine::new();
    send(&machine.process(machine.healthy()), machine.run(1, Verdict::Fail)).await.unwrap();
    assert!(!Path::exists(&machine.spool.path().join("spool")));
    assert_eq!(drain_all(&machine.process(machine.healthy())).await, 0);
    assert!(!Path::exists(&machine.spool.path().join("spool")));
}

/// Keeps what it hears: the hour of each run, whether it had waited, and how many verdicts changed.
#[derive(Debug, Default)]
struct Heard(std::sync::Mutex<Vec<(u32, bool, usize)>>);

impl Observer for Heard {
    fn happened(&self, happening: &Happening<'_>) {
        use chrono::Timelike as _;
        if let Happening::Committed { run, waited } = happening {
            let hour = run.statement.predicate.as_of.utc().hour();
            self.0.lock().unwrap().push((hour, *waited, run.changes.len()));
        }
    }
}

#[tokio::test]
async fn each_run_is_told_of_once_when_it_is_in_the_ledger() {
    let (machine, heard) = (Machine::new(), Arc::new(Heard::default()));
    let with = |store| Workshop { observer: Arc::clone(&heard) as Arc<dyn Observer>, ..machine.process(store) };
    send(&with(machine.healthy()), machine.run(1, Verdict::Fail)).await.unwrap();
    let gone = with(machine.gone_from(0, Fault::NotStored, StoreErrorKind::Unavailable));
    waits(send(&gone, machine.run(2, Verdict::Pass)).await);
    assert_eq!(*heard.0.lock().unwrap(), [(1, false, 0)], "what waits is not told of yet");
    send(&with(machine.healthy()), machine.run(3, Verdict::Pass)).await.unwrap();
    assert_eq!(*heard.0.lock().unwrap(), [(1, false, 0), (2, true, 1), (3, false, 0)]);
}

#[tokio::test]
async fn a_run_whose_turn_was_served_neither_counts_nor_waits() {
    let machine = Machine::new();
    let process = machine.process(machine.healthy());
    send(&process, machine.run(6, Verdict::Fail)).await.unwrap();
    let (mut sealed, _) = seal(machine.run(7, Verdict::Pass)).unwrap();
    let at = |hour: u32| format!("2026-03-01T{hour:02}:00:00Z").parse().unwrap();
    sealed.turn = Some(ledger::Turn { from: at(6), until: at(12) });
    let dropped = deliver(&process, &mut sealed, &CancellationToken::new()).await.unwrap_err();
    assert!(matches!(dropped, DeliveryError::Served { sequence: 1 }), "{dropped:?}");
    assert_eq!(process.spool.as_ref().unwrap().depth().unwrap().runs, 0);
    assert_eq!(machine.hours().await, [6]);
}
