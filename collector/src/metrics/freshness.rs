//! How old evidence may be, and how many streams are older.

use super::Metrics;
use chrono::TimeDelta;
use evidenced_schemas::{JobName, StreamId};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use std::collections::{BTreeMap, BTreeSet};

type Labels = Vec<(&'static str, String)>;

/// Figures of jobs that declare a `max_age`.
#[derive(Debug, Default)]
pub(super) struct Figures {
    max_ages: BTreeMap<JobName, TimeDelta>,
    stale: BTreeMap<JobName, usize>,
}

impl Figures {
    pub(super) fn register(&self, registry: &mut Registry) {
        let (max_age, stale) = (Family::<Labels, Gauge<i64>>::default(), Family::<Labels, Gauge<i64>>::default());
        for (job, age) in &self.max_ages {
            let labels = vec![("job", job.as_str().to_owned())];
            max_age.get_or_create(&labels).set(age.num_seconds());
            let count = self.stale.get(job).copied().unwrap_or_default();
            stale.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let help = "How old the newest statement of a stream may be, where the job declares it";
        registry.register_with_unit("evidence_max_age", help, Unit::Seconds, max_age);
        registry.register("stale_streams", "Streams whose newest statement is older than their job allows", stale);
    }
}

impl Metrics {
    /// How old evidence may be, of every job that declares it.
    pub fn max_ages(&self, max_ages: BTreeMap<JobName, TimeDelta>) {
        self.state().fresh = Figures { max_ages, stale: BTreeMap::new() };
    }

    /// The scopes of a job were listed: what is no scope any more is no longer shown.
    pub fn only(&self, job: &JobName, streams: &BTreeSet<StreamId>) {
        let state = &mut *self.state();
        state.streams.retain(|stream, _| stream.job != *job || streams.contains(stream));
        state.unstamped.retain(|stream, _| stream.job != *job || streams.contains(stream));
    }

    /// How many streams of each job have evidence that is too old.
    pub fn stale(&self, counts: &BTreeMap<JobName, usize>) {
        self.state().fresh.stale.clone_from(counts);
    }
}
