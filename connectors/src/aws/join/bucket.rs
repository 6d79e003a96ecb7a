//! What trails and other buckets make of a bucket.

use super::cause::{at, fact, gap, missing};
use super::{BUCKET, Fact, Inputs, settle};
use crate::aws::s3::known::Known;
use evidenced_schemas::{Gap, GapReason, Resource};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is known of all trails and of all buckets' logging.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    trails: &'a [Resource],
    all_trails: Inputs,
    trails_cut_short: Option<Gap>,
    buckets_cut_short: Option<Gap>,
    /// Buckets by the bucket that they log to, at most two each: enough to find one that is another.
    loggers: BTreeMap<String, Vec<Logger>>,
    /// Buckets whose logging could not be read, at most two: enough to find one that is another.
    unread: Vec<(String, Gap)>,
    /// The region of each bucket, or why it is unknown.
    regions: BTreeMap<String, (Result<String, Gap>, Inputs)>,
}

/// A bucket that logs somewhere.
#[derive(Debug)]
struct Logger {
    name: String,
    inputs: Inputs,
}

impl<'a> Facts<'a> {
    /// Looks once at everything that a bucket's facts may depend on.
    pub(super) fn new(
        trails: &'a [Resource],
        resources: &[Resource],
        trails_cut_short: Option<Gap>,
        buckets_cut_short: Option<Gap>,
    ) -> Self {
        let mut all_trails = Inputs::default();
        for trail in trails {
            all_trails.add(&Inputs::of(trail));
        }
        let (loggers, unread, regions) = (BTreeMap::new(), vec![], BTreeMap::new());
        let mut facts = Self { trails, all_trails, trails_cut_short, buckets_cut_short, loggers, unread, regions };
        let mut buckets: Vec<&Resource> = resources.iter().filter(|resource| resource.type_ == BUCKET).collect();
        buckets.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        for bucket in buckets {
            facts.note_logging(bucket);
            facts.regions.insert(bucket.name.clone(), (region(bucket), Inputs::of(bucket)));
        }
        facts
    }

    fn note_logging(&mut self, bucket: &Resource) {
        match at(bucket, "config.logging") {
            None if self.unread.len() < 2 => {
                self.unread.push((bucket.name.clone(), missing(bucket, "config.logging")));
            }
            None => {}
            Some(logging) => {
                if let Some(target) = logging.get("target_bucket").and_then(Value::as_str) {
                    let loggers = self.loggers.entry(target.to_owned()).or_default();
                    if loggers.len() < 2 {
                        loggers.push(Logger { name: bucket.name.clone(), inputs: Inputs::of(bucket) });
                    }
                }
            }
        }
    }

    /// Fills in a bucket.
    pub(super) fn fill(&self, bucket: &mut Resource) {
        let mut inputs = Inputs::default();
        let trail_target = self.some_trail(&mut inputs, |trail| delivers_to(trail, &bucket.name));
        let logged_to = self.logged_to(&bucket.name, &trail_target, &mut inputs);
        let covered = self.some_trail(&mut inputs, |trail| records(trail, bucket));
        let replicated = self.replicates_to_another_region(bucket, &mut inputs);
        inputs.note(bucket);
        settle(bucket, "replicates_to_another_region", replicated);
        settle(bucket, "is_trail_target", trail_target.clone());
        settle(bucket, "is_log_target", trail_target.or(logged_to));
        settle(bucket, "covered_by_data_events", covered);
    }

    /// Whether this holds for some trail.
    fn some_trail(&self, inputs: &mut Inputs, holds: impl Fn(&Resource) -> Fact) -> Fact {
        let mut any = self.trails_cut_short.clone().map_or(Known::Is(false), |cause| Known::Unknown(vec![cause]));
        for trail in self.trails {
            let one = holds(trail);
            if one == Known::Is(true) {
                inputs.add(&Inputs::of(trail));
                return one;
            }
            any = any.or(one);
        }
        inputs.add(&self.all_trails);
        any
    }

    /// Whether an enabled rule of the bucket writes to a bucket in another region.
    fn replicates_to_another_region(&self, bucket: &Resource, inputs: &mut Inputs) -> Fact {
        let Some(replication) = at(bucket, "config.replication") else {
            return Known::Unknown(vec![missing(bucket, "config.replication")]);
        };
        let rules = replication.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut any = Known::Is(false);
        for rule in rules.iter().filter(|rule| rule["status"] == "Enabled") {
            any = any.or(self.lies_elsewhere(rule["destination_bucket"].as_str(), bucket, inputs));
        }
        any
    }

    /// Whether the destination of a rule lies in another region than the bucket.
    fn lies_elsewhere(&self, destination: Option<&str>, bucket: &Resource, inputs: &mut Inputs) -> Fact {
        let unknown = |cause: Gap| Known::Unknown(vec![cause]);
        let Some((_, name)) = destination.and_then(|arn| arn.split_once(":::")) else {
            return unknown(gap("s3:GetBucketReplication", GapReason::Malformed, "-"));
        };
        let Some((there, its_inputs)) = self.regions.get(name) else {
            let foreign = || gap("s3:ListBuckets", GapReason::Denied, "bucket of another account");
            return unknown(self.buckets_cut_short.clone().unwrap_or_else(foreign));
        };
        inputs.add(its_inputs);
        match (region(bucket), there) {
            (Ok(here), Ok(there)) => Known::Is(here != *there),
            (Err(cause), _) => unknown(cause),
            (_, Err(cause)) => unknown(cause.clone()),
        }
    }

    /// Whether another bucket logs to this one.
    fn logged_to(&self, name: &str, trail_target: &Fact, inputs: &mut Inputs) -> Fact {
        let logger = self.loggers.get(name).and_then(|loggers| loggers.iter().find(|logger| logger.name != name));
        if let Some(logger) = logger {
            if *trail_target != Known::Is(true) {
                inputs.add(&logger.inputs);
            }
            return Known::Is(true);
        }
        let unread = self.unread.iter().find(|(other, _)| other != name).map(|(_, gap)| gap);
        match unread.or(self.buckets_cut_short.as_ref()) {
            Some(cause) => Known::Unknown(vec![cause.clone()]),
            None => Known::Is(false),
        }
    }
}

/// The region that a bucket lies in.
fn region(bucket: &Resource) -> Result<String, Gap> {
    let region = at(bucket, "config.bucket_region").and_then(Value::as_str);
    region.map(str::to_owned).ok_or_else(|| missing(bucket, "config.bucket_region"))
}

fn delivers_to(trail: &Resource, bucket: &str) -> Fact {
    fact(trail, "config.s3_bucket_name", |name| Some(name.as_str() == Some(bucket)))
}

/// Whether the trail logs, and records reads and writes of all objects of the bucket. A trail of one region records that
/// region's buckets only.
/// Source: CloudTrail User Guide, "Logging data events": "data events … in the Region(s) of the trail".
fn records(trail: &Resource, bucket: &Resource) -> Fact {
    let listed = |key: &str| {
        let path = format!("derived.s3_data_events.{key}_buckets");
        fact(trail, &path, |names| {
            names.as_array().map(|names| names.iter().any(|name| name.as_str() == Some(bucket.name.as_str())))
        })
    };
    let all = |key: &str| fact(trail, &format!("derived.s3_data_events.{key}_all"), Value::as_bool);
    fact(trail, "config.status.is_logging", Value::as_bool)
        .and(all("read").or(listed("read")))
        .and(all("write").or(listed("write")))
        .and(reaches(trail, bucket))
}

fn reaches(trail: &Resource, bucket: &Resource) -> Fact {
    let same_region = match at(bucket, "config.bucket_region").and_then(Value::as_str) {
        Some(region) => fact(trail, "config.home_region", |home| Some(home.as_str() == Some(region))),
        None => Known::Unknown(vec![missing(bucket, "config.bucket_region")]),
    };
    fact(trail, "config.is_multi_region_trail", Value::as_bool).or(same_region)
}
