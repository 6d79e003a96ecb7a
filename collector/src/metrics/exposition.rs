//! The figures as OpenMetrics text (<https://prometheus.io/docs/specs/om/open_metrics_spec/>), by `prometheus-client`.
//!
//! Labels are bounded: words of the program, the configuration's job names, and the scopes of at most [`STREAMS`]
//! streams. How many streams are left out is a figure of its own.

use super::{Metrics, Newest, Outcome, State};
use evidenced_schemas::{Cloud, Instant, JobName, StreamId, Verdict};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;

/// The content type of [`Metrics::exposition`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Streams with series of their own. Each has some 25.
const STREAMS: usize = 1000;

type Labels = Vec<(&'static str, String)>;
type Whole = Gauge<i64>;
type Seconds = Gauge<f64, AtomicU64>;

impl Metrics {
    /// The same as Prometheus's own text format, for what does not ask for OpenMetrics.
    pub fn plain_exposition(&self, now: Instant) -> String {
        super::plain::from_open_metrics(&self.exposition(now))
    }

    /// Everything as OpenMetrics text. Ages are those at `now`.
    ///
    /// # Panics
    /// Never: a string takes everything that is written into it.
    pub fn exposition(&self, now: Instant) -> String {
        let ready = self.ready().is_ok();
        let state = self.state();
        let mut registry = Registry::with_prefix("evidenced");
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION")), ("commit", env!("EVIDENCED_GIT_COMMIT"))]);
        registry.register("build", "What runs", build);
        let gauge = Whole::default();
        gauge.set(i64::from(ready));
        registry.register("ready", "1 once every job's scopes were found and the store has answered", gauge);
        runs(&mut registry, &state);
        scopes(&mut registry, &state);
        clouds(&mut registry, &state);
        store(&mut registry, &state);
        spool(&mut registry, &state, now);
        notifications(&mut registry, &state);
        traces(&mut registry, &state);
        streams(&mut registry, &state, now);
        state.fresh.register(&mut registry);
        let mut text = String::new();
        text::encode(&mut text, &registry).expect("a string takes everything that is written into it");
        text
    }
}

fn whole(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

fn runs(registry: &mut Registry, state: &State) {
    let runs = Family::<Labels, Counter>::default();
    let labels = |job: &str, cloud: Cloud, outcome: Outcome| {
        vec![("job", job.to_owned()), ("cloud", cloud.as_str().to_owned()), ("outcome", outcome.as_str().to_owned())]
    };
    for (job, scopes) in &state.jobs {
        for outcome in Outcome::ALL {
            runs.get_or_create(&labels(job.as_str(), scopes.cloud, outcome)).inc_by(0);
        }
    }
    for ((job, cloud, outcome), count) in &state.runs {
        runs.get_or_create(&labels(job.as_str(), *cloud, *outcome)).inc_by(*count);
    }
    registry.register("runs", "Runs that ended since the start, by outcome", runs);
    let missed = Family::<Labels, Counter>::default();
    let labels = |job: &JobName, cloud: Cloud| vec![("job", job.to_string()), ("cloud", cloud.as_str().to_owned())];
    for (job, scopes) in &state.jobs {
        missed.get_or_create(&labels(job, scopes.cloud)).inc_by(0);
    }
    for ((job, cloud), count) in &state.missed {
        missed.get_or_create(&labels(job, *cloud)).inc_by(*count);
    }
    registry.register("missed_runs", "Scheduled times that passed without a run, as noticed since the start", missed);
}

fn scopes(registry: &mut Registry, state: &State) {
    let scopes = Family::<Labels, Whole>::default();
    for (job, found) in &state.jobs {
        for (word, count) in [("found", found.found), ("unreachable", found.unreachable)] {
            let labels = vec![("job", job.as_str().to_owned()), ("state", word.to_owned())];
            scopes.get_or_create(&labels).set(whole(count));
        }
    }
    registry.register("scopes", "Scopes of each job when they were last looked for", scopes);
}

fn clouds(registry: &mut Registry, state: &State) {
    let (calls, retries) = (Family::<Labels, Counter>::default(), Family::<Labels, Counter>::default());
    let throttles = Family::<Labels, Counter>::default();
    for ((cloud, service), asked) in &state.asked {
        let labels = vec![("cloud", cloud.as_str().to_owned()), ("service", service.clone())];
        calls.get_or_create(&labels).inc_by(asked.calls);
        retries.get_or_create(&labels).inc_by(asked.retries);
        throttles.get_or_create(&labels).inc_by(asked.throttles);
    }
    registry.register("api_calls", "API calls of runs, each counted once", calls);
    registry.register("api_retries", "Further attempts of API calls of runs", retries);
    registry.register("api_throttles", "Attempts of API calls of runs that were answered with too many", throttles);
}

fn notifications(registry: &mut Registry, state: &State) {
    let (notices, letters) = (Family::<Labels, Counter>::default(), Family::<Labels, Whole>::default());
    for ((destination, notice), count) in &state.notices {
        let labels = vec![("destination", destination.clone()), ("outcome", notice.as_str().to_owned())];
        notices.get_or_create(&labels).inc_by(*count);
    }
    for (destination, kept) in &state.letters {
        for (word, count) in [("waiting", kept.waiting), ("dead", kept.dead)] {
            let labels = vec![("destination", destination.clone()), ("state", word.to_owned())];
            letters.get_or_create(&labels).set(whole(count));
        }
    }
    registry.register("notifications", "What became of notifications, and attempts that failed", notices);
    registry.register("notifications_kept", "Notifications that were not sent and are kept", letters);
}

fn traces(registry: &mut Registry, state: &State) {
    if state.spans.is_empty() {
        return;
    }
    let spans = Family::<Labels, Counter>::default();
    for (what, count) in &state.spans {
        spans.get_or_create(&vec![("outcome", what.as_str().to_owned())]).inc_by(*count);
    }
    registry.register("trace_spans", "Spans of traces: sent to the receiver, or lost", spans);
}

fn store(registry: &mut Registry, state: &State) {
    let puts = Family::<Labels, Counter>::default();
    for (word, count) in [("stored", state.store.stored), ("exists", state.store.existed)] {
        puts.get_or_create(&vec![("outcome", word.to_owned())]).inc_by(count);
    }
    registry.register("store_puts", "Puts that the store answered: stored, or something was there already", puts);
    let errors = Family::<Labels, Counter>::default();
    for ((call, kind), count) in &state.store.errors {
        let labels = vec![("operation", call.as_str().to_owned()), ("kind", (*kind).to_owned())];
        errors.get_or_create(&labels).inc_by(*count);
    }
    registry.register("store_errors", "Calls that the store did not carry out, retries included", errors);
    let durations = state.store.durations.clone();
    registry.register_with_unit(
        "store_operation",
        "Time until the store had answered a call, retries included",
        Unit::Seconds,
        durations,
    );
}

fn spool(registry: &mut Registry, state: &State, now: Instant) {
    let Some(depth) = state.spool else { return };
    let (runs, bytes) = (Whole::default(), Whole::default());
    runs.set(whole(depth.runs));
    bytes.set(whole(depth.bytes));
    registry.register("spool_runs", "Finished runs that wait for the store or the key", runs);
    registry.register_with_unit("spool", "Size of the spool, with runs that were set aside", Unit::Bytes, bytes);
    let Some(oldest) = depth.oldest else { return };
    let age = Seconds::default();
    age.set(seconds_since(oldest, now));
    let help = "Seconds since the instant that the oldest waiting run speaks of; not shown while none waits";
    registry.register_with_unit("spool_oldest_age", help, Unit::Seconds, age);
}

fn of_stream(stream: &StreamId) -> Labels {
    vec![
        ("job", stream.job.as_str().to_owned()),
        ("cloud", stream.cloud.as_str().to_owned()),
        ("scope", stream.scope.as_str().to_owned()),
    ]
}

fn streams(registry: &mut Registry, state: &State, now: Instant) {
    let (age, gaps, verdicts) =
        (Family::<Labels, Seconds>::default(), Family::<Labels, Whole>::default(), Family::<Labels, Whole>::default());
    let unstamped = Family::<Labels, Whole>::default();
    for (stream, waiting) in state.unstamped.iter().take(STREAMS) {
        unstamped.get_or_create(&of_stream(stream)).set(whole(*waiting));
    }
    registry.register("timestamps_waiting", "Statements that wait for their time stamps", unstamped);
    for (stream, newest) in state.streams.iter().take(STREAMS) {
        let labels = of_stream(stream);
        if let Some(as_of) = newest.as_of {
            age.get_or_create(&labels).set(seconds_since(as_of, now));
        }
        told(newest, &labels, &gaps, &verdicts);
    }
    registry.register_with_unit(
        "evidence_age",
        "Seconds since the instant that the newest statement of a stream speaks of",
        Unit::Seconds,
        age,
    );
    registry.register("gaps", "What the newest run of a stream could not read", gaps);
    registry.register("verdicts", "Verdicts of the newest run of a stream, by governing principle", verdicts);
    let left_out = Whole::default();
    left_out.set(whole(state.streams.len().saturating_sub(STREAMS)));
    registry.register("streams_not_shown", "Streams beyond the number that has series of its own", left_out);
}

fn told(newest: &Newest, labels: &Labels, gaps: &Family<Labels, Whole>, verdicts: &Family<Labels, Whole>) {
    let Some(told) = &newest.told else { return };
    gaps.get_or_create(labels).set(whole(told.gaps));
    for (principle, counts) in &told.principles {
        for verdict in Verdict::ALL {
            let mut labels = labels.clone();
            labels.push(("principle", principle.as_str().to_owned()));
            labels.push(("verdict", verdict.as_str().to_owned()));
            verdicts.get_or_create(&labels).set(whole(counts.of(verdict)));
        }
    }
}

/// Seconds from `then` to `now`; negative when the newest statement is in the future, which means a clock that was set.
#[expect(clippy::cast_precision_loss, reason = "milliseconds fit a double for 285,000 years")]
fn seconds_since(then: Instant, now: Instant) -> f64 {
    (now.utc() - then.utc()).num_milliseconds() as f64 / 1000.0
}
