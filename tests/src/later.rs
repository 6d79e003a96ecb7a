//! A further run of a stream, made of its newest bundle with edits and committed by the real ledger: other instants, schedules and lists
//! without waiting for them. Verdicts are evaluated again, so that the bundle is one that verifies. Re-performed it is not always: some
//! requests name the instant of their run.

use crate::estate::Desk;
use crate::evidence::{Bundle, contents};
use evidenced::bundle::{ExchangeLog, Scratch, new_run_id};
use evidenced::catalogue::Catalogue;
use evidenced::evaluate::evaluate;
use evidenced::ledger::{InMemory, RunOutcome, commit_sealed, seal};
use evidenced::signing::Signer;
use evidenced::store::{self, Access};
use evidenced_connectors::exchange::record::Journal as _;
use evidenced_schemas::{Exchange, Instant, Population, Resource, RunRecord, Summary};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What may be edited.
#[derive(Debug)]
pub struct Edits<'a> {
    /// What was asked.
    pub run: &'a mut RunRecord,
    /// The documents. One that is changed must be sealed anew.
    pub resources: &'a mut Vec<Resource>,
    /// The balance.
    pub populations: &'a mut Vec<Population>,
}

/// Commits a run at an instant with the key of the desk.
pub fn commit(desk: &Desk, bundle: &Bundle, as_of: &str, edit: impl FnOnce(Edits<'_>)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let as_of = Instant::try_from(as_of.to_owned()).expect("an instant");
    let mut run: RunRecord = read(&bundle.run);
    (run.as_of, run.run) = (as_of, new_run_id(as_of));
    let mut resources: Vec<Resource> = bundle.resources.iter().map(read).collect();
    let mut populations: Vec<Population> = bundle.populations.iter().map(read).collect();
    edit(Edits { run: &mut run, resources: &mut resources, populations: &mut populations });
    let catalogue = Catalogue::from_bundle(bundle.catalogue.iter().map(read).collect()).expect("the same version");
    let findings = evaluate(&catalogue, run.cloud, &run.scope, as_of, &resources, &populations);
    let log = ExchangeLog::new(&Scratch::new().expect("a scratch folder")).expect("a log");
    for exchange in &bundle.exchanges {
        log.append(read::<Exchange>(exchange)).expect("it can be written");
    }
    let predicate = &bundle.statement["predicate"];
    let folder =
        bundle.statement["subject"][0]["name"].as_str().and_then(|name| name.rsplit_once('/')).expect("a path").0;
    let outcome = RunOutcome {
        summary: Summary::of(catalogue.controls(), &findings),
        catalogue: catalogue.controls().to_vec(),
        policy: serde_json::from_slice(&contents(&desk.store().join(folder).join("policy.json"))).expect("a policy"),
        region_set: read(&predicate["region_set"]),
        identity: read(&predicate["identity"]),
        cost: read(&predicate["cost"]),
        started_at: as_of,
        finished_at: as_of,
        exchanges: log,
        run,
        resources,
        populations,
        findings,
    };
    let (mut sealed, _) = seal(outcome).expect("it can be sealed");
    let signer = Signer::open_or_create(&desk.folder().join("key.pem")).expect("the desk's key").signer;
    runtime.block_on(async {
        let store = store::open(&desk.store_url(), Access::Write).await.expect("the store");
        commit_sealed(&*store, &signer, &mut sealed, &mut InMemory::default()).await.expect("it is committed");
    });
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("it is of the format")
}
