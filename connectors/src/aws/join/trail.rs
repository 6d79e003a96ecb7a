//! How the bucket that a trail delivers to is protected.

use super::cause::{at, fact, gap, missing};
use super::{Fact, Inputs};
use crate::aws::s3::known::Known;
use evidenced_schemas::{Gap, GapReason, Resource};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const FIELD: &str = "derived.log_bucket";

/// The buckets of the account by name.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    buckets: BTreeMap<&'a str, &'a Resource>,
    cut_short: Option<Gap>,
}

impl<'a> Facts<'a> {
    /// Buckets whose own facts are filled in already.
    pub(super) fn new(buckets: &'a [Resource], cut_short: Option<Gap>) -> Self {
        Self { buckets: buckets.iter().map(|bucket| (bucket.name.as_str(), bucket)).collect(), cut_short }
    }

    /// Fills in a trail.
    pub(super) fn fill(&self, trail: &mut Resource) {
        let Some(name) = at(trail, "config.s3_bucket_name").cloned() else {
            let cause = missing(trail, "config.s3_bucket_name");
            return trail.gaps.push(Gap { field: FIELD.to_owned(), ..cause });
        };
        let Some(name) = name.as_str() else {
            trail.derived.insert("log_bucket".to_owned(), Value::Null);
            return;
        };
        match (self.buckets.get(name), &self.cut_short) {
            (Some(bucket), _) => own(trail, bucket),
            (None, Some(cause)) => trail.gaps.push(Gap { field: FIELD.to_owned(), ..cause.clone() }),
            (None, None) => foreign(trail, name),
        }
    }
}

/// A bucket of this account.
fn own(trail: &mut Resource, bucket: &Resource) {
    let mut facts = shell(&bucket.name, true);
    let public = fact(bucket, "derived.effective_public_read", Value::as_bool).or(fact(
        bucket,
        "derived.effective_public_write",
        Value::as_bool,
    ));
    let logged = fact(bucket, "config.logging", |logging| Some(!logging.is_null())).or(fact(
        bucket,
        "derived.covered_by_data_events",
        Value::as_bool,
    ));
    write(trail, &mut facts, "is_public", public);
    write(trail, &mut facts, "access_logged", logged);
    trail.derived.insert("log_bucket".to_owned(), Value::Object(facts));
    Inputs::of(bucket).note(trail);
}

/// A bucket of another account: this run cannot say how it is protected.
fn foreign(trail: &mut Resource, name: &str) {
    trail.derived.insert("log_bucket".to_owned(), Value::Object(shell(name, false)));
    let cause = gap("s3:ListBuckets", GapReason::Denied, "bucket of another account");
    trail.gaps.push(Gap { field: FIELD.to_owned(), ..cause });
}

fn shell(name: &str, in_account: bool) -> Map<String, Value> {
    Map::from_iter([
        ("name".to_owned(), Value::String(name.to_owned())),
        ("in_account".to_owned(), Value::Bool(in_account)),
    ])
}

fn write(trail: &mut Resource, facts: &mut Map<String, Value>, key: &str, fact: Fact) {
    match fact {
        Known::Is(value) => {
            facts.insert(key.to_owned(), Value::Bool(value));
        }
        Known::Unknown(causes) => {
            let first = causes.into_iter().next().expect("an unknown fact has a cause");
            trail.gaps.push(Gap { field: format!("{FIELD}.{key}"), ..first });
        }
    }
}
