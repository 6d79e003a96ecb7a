//! Makes a year of evidence: recorded runs replayed through connectors, controls, sealing and ledger, four a day, with edits of
//! their answers (`edits.rs`), missed runs, outages, and a change of the catalogue in the middle. `tests/cost/year.py` measures with it.
//!
//!     year SEED STORE KEY FROM RUNS      FROM is a day, 2025-01-01
//!
//! SEED is a store in a folder: the newest bundle of each stream is replayed. Nothing of the outcome is stored beforehand.
#![expect(clippy::print_stderr, reason = "a program of the tests")]

mod edits;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use edits::{Dice, Estate};
use evidenced::bundle::{EXCHANGES, ExchangeLog, RUN, Scratch, read_document, read_lines};
use evidenced::cli::workshop;
use evidenced::collect::{Credentials, Job, Reading, Scope, Terms, Workshop, judge_and_commit};
use evidenced::config::{self, Keys, Loaded};
use evidenced::cost::Stopwatch;
use evidenced::store::patient::IfAway;
use evidenced_connectors::Progress;
use evidenced_connectors::collection::Silent;
use evidenced_connectors::exchange::live::Meter;
use evidenced_connectors::exchange::record::Journal as _;
use evidenced_connectors::exchange::replay::Replay;
use evidenced_schemas::{Exchange, Instant, RunRecord};
use evidenced_tests::evidence::{ledger, statement};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Four a day.
const SCHEDULE: &str = "0 */6 * * *";

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// One recorded run.
struct Seed {
    run: RunRecord,
    identity: Option<String>,
    exchanges: Vec<Exchange>,
}

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, store, key, from, runs] = arguments.as_slice() else {
        return Err("usage: year SEED STORE KEY FROM RUNS".into());
    };
    let from = from.parse::<NaiveDate>()?.and_time(NaiveTime::MIN).and_utc();
    let runs: usize = runs.parse()?;
    let keys = Keys { key: key.parse()?, previous: None };
    std::thread::scope(|threads| {
        let streams = seeds(Path::new(seed))?.into_iter().enumerate().map(|(number, seed)| {
            let keys = &keys;
            threads.spawn(move || -> Result<(), Failed> {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(year(number, seed, store, keys, from, runs))
            })
        });
        for stream in streams.collect::<Vec<_>>() {
            stream.join().map_err(|_| "a stream's thread panicked")??;
        }
        Ok(())
    })
}

/// The newest bundle of each stream.
fn seeds(store: &Path) -> Result<Vec<Seed>, Failed> {
    let mut newest: BTreeMap<String, String> = BTreeMap::new();
    for path in ledger(store) {
        let stream = path.rsplit_once('/').map(|(stream, _)| stream.to_owned()).unwrap_or_default();
        newest.insert(stream, path);
    }
    let seed = |path: String| -> Result<Seed, Failed> {
        let statement = statement(&store.join(path));
        let files: Vec<&str> = statement["subject"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|subject| subject["name"].as_str())
            .collect();
        let file = |name: &str| -> Result<Vec<u8>, Failed> {
            let path = files.iter().find(|path| path.ends_with(name)).ok_or("a statement names no such file")?;
            Ok(std::fs::read(store.join(path))?)
        };
        Ok(Seed {
            run: read_document(RUN, &file(RUN)?)?,
            identity: statement["predicate"]["identity"].as_str().map(str::to_owned),
            exchanges: read_lines(EXCHANGES, &file(EXCHANGES)?)?,
        })
    };
    newest.into_values().map(seed).collect()
}

/// The workshop with the catalogue of the first or of the second half of the year.
async fn open(store: &str, keys: &Keys, second: bool) -> Result<Workshop, Failed> {
    let loaded = if second {
        config::parse(Path::new("second-half.yaml"), "controls: {parameters: {key_max_age_days: 60}}\n")?
    } else {
        Loaded::built_in()
    };
    let workshop = workshop::open(&loaded, store, keys, IfAway::Refused).await.map_err(|error| error.to_string())?;
    Ok(Workshop { spool: None, ..workshop })
}

async fn year(
    number: usize,
    seed: Seed,
    store: &str,
    keys: &Keys,
    from: DateTime<Utc>,
    runs: usize,
) -> Result<(), Failed> {
    let halves = [open(store, keys, false).await?, open(store, keys, true).await?];
    let mut estate = Estate::new(seed.exchanges, number as u64 + 1);
    // An outage strikes all scopes at once, a missed run only one.
    let mut outages = Dice::new(4_711);
    let mut misses = Dice::new(number as u64 + 1_000);
    let mut away_until = 0;
    for run in 0..runs {
        estate.pass(run);
        if outages.below(400) == 0 {
            away_until = run + 2 + outages.below(12);
        }
        if misses.below(200) == 0 || run < away_until {
            continue;
        }
        let tick = from + TimeDelta::hours(6) * i32::try_from(run)?;
        let as_of = Instant::new(tick + TimeDelta::seconds(7));
        let half = &halves[usize::from(run >= runs / 2)];
        one(half, &seed.run, seed.identity.clone(), estate.exchanges(), as_of).await?;
        if run % 40 == 0 {
            eprintln!("{} {}: run {run} of {runs}", seed.run.cloud, seed.run.scope);
        }
    }
    Ok(())
}

/// One run, as it would have been at this instant.
async fn one(
    workshop: &Workshop,
    recorded: &RunRecord,
    identity: Option<String>,
    exchanges: Vec<Exchange>,
    as_of: Instant,
) -> Result<(), Failed> {
    let watch = Stopwatch::start();
    let scratch = Scratch::new()?;
    let log = ExchangeLog::new(&scratch)?;
    let later = as_of.utc() - recorded.as_of.utc();
    let mut shifted = Vec::with_capacity(exchanges.len());
    for mut exchange in exchanges {
        exchange.started_at = Instant::new(exchange.started_at.utc() + later);
        exchange.finished_at = Instant::new(exchange.finished_at.utc() + later);
        log.append(exchange.clone())?;
        shifted.push(exchange);
    }
    let credentials = Credentials::for_replay(recorded.cloud, identity);
    let scope = Scope { id: recorded.scope.clone(), asked: recorded.asked.clone(), credentials };
    let progress: Arc<dyn Progress> = Arc::new(Silent);
    let replay = Arc::new(Replay::from_exchanges(shifted));
    let collected = scope.credentials.collect(scope.order(as_of, Arc::clone(&progress)), replay).await;
    let finished_at = Instant::new(as_of.utc() + TimeDelta::seconds(20));
    let reading = Reading { collected, log, started_at: as_of, finished_at, cost: watch.cost(&Meter::default()) };
    let job = Job { name: "year".parse()?, schedule: Some(SCHEDULE.to_owned()), timezone: "UTC".to_owned() };
    let terms = Terms { as_of, cancel: CancellationToken::new(), progress, turn: None };
    judge_and_commit(workshop, &job, &scope, reading, &terms).await?;
    Ok(())
}
