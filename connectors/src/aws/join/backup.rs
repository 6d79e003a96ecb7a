//! What AWS Backup and snapshots make of a resource: when a volume was last backed up, and which of the resources that
//! must be backed up are.

use super::cause::{at, gap, lists_cut_short, lists_cut_short_in, missing};
use super::{BUCKET, Inputs};
use crate::aws::backup::account;
use crate::aws::dynamodb::table::Table;
use crate::aws::ec2::instance::Instance as Machine;
use crate::aws::ec2::snapshot::Snapshot;
use crate::aws::ec2::volume::Volume;
use crate::aws::listing::Listed;
use crate::aws::rds::cluster::Cluster;
use crate::aws::rds::instance::Instance as Database;
use crate::collection::Collected;
use chrono::DateTime;
use evidenced_schemas::{Gap, GapReason, Resource};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Volumes.
pub(super) const VOLUME: &str = Volume::TYPE;
/// What Backup says of a region.
pub(super) const ACCOUNT: &str = account::TYPE;

/// Snapshots, which are backups of volumes too.
pub(super) const SNAPSHOT: &str = Snapshot::TYPE;
/// The types of [`CAN_BE_REQUIRED`].
pub(super) const REQUIRED: [&str; 6] = [Machine::TYPE, VOLUME, Database::TYPE, Cluster::TYPE, Table::TYPE, BUCKET];

const SNAPSHOTS: &str = "ec2:DescribeSnapshots";
const PROTECTED: &str = "backup:ListProtectedResources";

/// Types of which a backup can be required, with the calls that list them. Buckets are listed for the whole account.
const CAN_BE_REQUIRED: [(&str, &str); 6] = [
    (Machine::TYPE, "ec2:DescribeInstances"),
    (VOLUME, "ec2:DescribeVolumes"),
    (Database::TYPE, "rds:DescribeDBInstances"),
    (Cluster::TYPE, "rds:DescribeDBClusters"),
    (Table::TYPE, "dynamodb:ListTables"),
    (BUCKET, "s3:ListBuckets"),
];

type Settled<T> = Result<T, Gap>;
/// A time as it is written, or none.
type Time = Option<String>;

/// The newest completed snapshot of each volume of a region.
#[derive(Debug, Default)]
struct Snapshots {
    newest: BTreeMap<String, (String, Inputs)>,
    /// Volumes of which a snapshot does not say enough.
    unclear: BTreeMap<String, Gap>,
    incomplete: Option<Gap>,
    all: Inputs,
}

/// Last backups by ARN, or why they are not known.
#[derive(Debug)]
struct Protected {
    times: Settled<BTreeMap<String, Time>>,
    inputs: Inputs,
}

/// Resources of a region that must be backed up.
#[derive(Debug, Default)]
struct Required {
    /// ARN, type, and the ARNs whose backup is its own.
    found: Vec<(String, String, Vec<String>)>,
    incomplete: Option<Gap>,
    inputs: Inputs,
}

#[derive(Debug)]
struct Region {
    snapshots: Snapshots,
    protected: Protected,
    required: Required,
}

/// The backups of the account by region.
#[derive(Debug)]
pub(super) struct Facts {
    regions: BTreeMap<String, Region>,
}

impl Facts {
    pub(super) fn new(collected: &Collected) -> Self {
        let mut regions = BTreeMap::new();
        for document in &collected.resources {
            if [VOLUME, ACCOUNT].contains(&document.type_.as_str()) && !regions.contains_key(&document.region) {
                regions.insert(document.region.clone(), Region::of(collected, &document.region));
            }
        }
        Self { regions }
    }

    fn of(&self, document: &Resource) -> &Region {
        self.regions.get(&document.region).expect("every region with such a document has its backups")
    }

    /// Fills in a volume: `latest_snapshot_time` and `latest_backup_time`.
    pub(super) fn fill_volume(&self, volume: &mut Resource) {
        let region = self.of(volume);
        let id = at(volume, "config.volume_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let snapshot = region.snapshots.of_volume(&id, volume);
        write(volume, "latest_snapshot_time", snapshot);
        let backup = region.protected.newest(&covering(volume));
        region.protected.inputs.note(volume);
        write(volume, "latest_backup_time", backup);
    }

    /// Fills in what Backup says of a region: `required_resources`.
    pub(super) fn fill_account(&self, document: &mut Resource) {
        let region = self.of(document);
        region.required.inputs.note(document);
        let resources = region.required.with_times(&region.protected);
        write(document, "required_resources", resources);
    }
}

impl Region {
    fn of(collected: &Collected, region: &str) -> Self {
        Self {
            snapshots: Snapshots::of(collected, region),
            protected: Protected::of(collected, region),
            required: Required::of(collected, region),
        }
    }
}

impl Snapshots {
    fn of(collected: &Collected, region: &str) -> Self {
        let incomplete = lists_cut_short_in(&collected.populations, Snapshot::TYPE, region, SNAPSHOTS);
        let mut snapshots = Self { incomplete, ..Self::default() };
        for snapshot in in_region(collected, Snapshot::TYPE, region) {
            snapshots.all.add(&Inputs::of(snapshot));
            snapshots.add(snapshot);
        }
        snapshots.all.exchanges.sort_unstable();
        snapshots.all.exchanges.dedup();
        snapshots
    }

    fn add(&mut self, snapshot: &Resource) {
        let Some(volume) = at(snapshot, "config.volume_id").and_then(Value::as_str) else {
            return less(&mut self.incomplete, gap(SNAPSHOTS, GapReason::Malformed, "a snapshot without its volume"));
        };
        let text = |path| at(snapshot, path).and_then(Value::as_str).ok_or_else(|| missing(snapshot, path));
        match (text("config.state"), text("config.start_time")) {
            (Ok("completed"), Ok(time)) if instant(time).is_some() => {
                let new = (time.to_owned(), Inputs::of(snapshot));
                match self.newest.get_mut(volume) {
                    Some(old) if !newer(&new, old) => {}
                    Some(old) => *old = new,
                    None => {
                        self.newest.insert(volume.to_owned(), new);
                    }
                }
            }
            (Ok(state), _) if state != "completed" => {}
            (state, time) => {
                let cause = state.and(time).err();
                let cause = cause.unwrap_or_else(|| gap(SNAPSHOTS, GapReason::Malformed, "config.start_time"));
                let mut known = self.unclear.remove(volume);
                less(&mut known, cause);
                self.unclear.extend(known.map(|cause| (volume.to_owned(), cause)));
            }
        }
    }

    /// The time of a volume's newest; notes in its document what settles it.
    fn of_volume(&self, volume: &str, document: &mut Resource) -> Settled<Time> {
        if let Some(cause) = self.incomplete.as_ref().or_else(|| self.unclear.get(volume)) {
            return Err(cause.clone());
        }
        let found = self.newest.get(volume);
        found.map_or(&self.all, |(_, own)| own).note(document);
        Ok(found.map(|(time, _)| time.clone()))
    }
}

impl Protected {
    fn of(collected: &Collected, region: &str) -> Self {
        let Some(document) = in_region(collected, ACCOUNT, region).next() else {
            let cut = lists_cut_short_in(&collected.populations, ACCOUNT, region, PROTECTED);
            let cause = cut.unwrap_or_else(|| gap(PROTECTED, GapReason::Unavailable, "not read"));
            return Self { times: Err(cause), inputs: Inputs::default() };
        };
        let list = at(document, "config.protected_resources").and_then(Value::as_array);
        let pair = |entry: &Value| {
            let time = entry["last_backup_time"].as_str().map(str::to_owned);
            Some((entry["resource_arn"].as_str()?.to_owned(), time))
        };
        let times = list.map(|list| list.iter().filter_map(pair).collect());
        let times = times.ok_or_else(|| missing(document, "config.protected_resources"));
        Self { times, inputs: Inputs::of(document) }
    }

    /// The newest backup of any of these.
    fn newest(&self, arns: &[String]) -> Settled<Time> {
        let times = self.times.as_ref().map_err(Clone::clone)?;
        let found = arns.iter().filter_map(|arn| times.get(arn)?.as_ref());
        Ok(found.max_by_key(|time| instant(time)).cloned())
    }
}

impl Required {
    fn of(collected: &Collected, region: &str) -> Self {
        let mut required = Self::default();
        for (type_, operation) in CAN_BE_REQUIRED {
            let cut = match type_ {
                BUCKET => lists_cut_short(&collected.populations, type_, operation),
                _ => lists_cut_short_in(&collected.populations, type_, region, operation),
            };
            if let Some(cause) = cut {
                less(&mut required.incomplete, cause);
            }
            for document in in_region(collected, type_, region) {
                required.add(document);
            }
        }
        // A bucket whose region nobody knows may lie in this one.
        for document in in_region(collected, BUCKET, "unknown") {
            let wanted = document.tags.as_ref().is_none_or(is_required);
            if wanted {
                less(&mut required.incomplete, missing(document, "config.bucket_region"));
            }
        }
        required.found.sort();
        required.inputs.exchanges.sort_unstable();
        required.inputs.exchanges.dedup();
        required
    }

    fn add(&mut self, document: &Resource) {
        if at(document, "config.state.name").and_then(Value::as_str) == Some("terminated") {
            return;
        }
        match &document.tags {
            None => less(&mut self.incomplete, missing(document, "tags")),
            Some(tags) if is_required(tags) => {
                self.inputs.add(&Inputs::of(document));
                self.found.push((document.id.clone(), document.type_.clone(), covering(document)));
            }
            Some(_) => {}
        }
    }

    fn with_times(&self, protected: &Protected) -> Settled<Value> {
        if let Some(cause) = &self.incomplete {
            return Err(cause.clone());
        }
        let mut all = Vec::new();
        for (arn, type_, covering) in &self.found {
            let time = protected.newest(covering)?;
            all.push(json!({"resource_arn": arn, "resource_type": type_, "last_backup_time": time}));
        }
        Ok(Value::Array(all))
    }
}

fn is_required(tags: &BTreeMap<String, String>) -> bool {
    tags.get("backup").is_some_and(|value| value == "required")
}

/// ARNs whose backup is a backup of this one: its own, that of the cluster it belongs to, and those of instances that use
/// a volume.
fn covering(document: &Resource) -> Vec<String> {
    let mut arns = vec![document.id.clone()];
    if let Some(cluster) = at(document, "config.db_cluster_identifier").and_then(Value::as_str)
        && let Some((place, _)) = document.id.split_once(":db:")
    {
        arns.push(format!("{place}:cluster:{cluster}"));
    }
    let attachments = at(document, "config.attachments").and_then(Value::as_array);
    if let Some((place, _)) = document.id.split_once(":volume/") {
        let ids = attachments.into_iter().flatten().filter_map(|attachment| attachment["instance_id"].as_str());
        arns.extend(ids.map(|id| format!("{place}:instance/{id}")));
    }
    arns
}

fn in_region<'a>(collected: &'a Collected, type_: &'a str, region: &'a str) -> impl Iterator<Item = &'a Resource> {
    collected.resources.iter().filter(move |document| document.type_ == type_ && document.region == region)
}

fn instant(time: &str) -> Option<DateTime<chrono::FixedOffset>> {
    DateTime::parse_from_rfc3339(time).ok()
}

/// Of two snapshots of one time, the one from the later exchanges counts, so that order does not.
fn newer(new: &(String, Inputs), old: &(String, Inputs)) -> bool {
    (instant(&new.0), &new.1.exchanges) > (instant(&old.0), &old.1.exchanges)
}

/// Keeps the cause that sorts first, so that the order of documents leaves no trace.
fn less(known: &mut Option<Gap>, cause: Gap) {
    if known.as_ref().is_none_or(|known| cause < *known) {
        *known = Some(cause);
    }
}

fn write<T: serde::Serialize>(document: &mut Resource, key: &str, value: Settled<T>) {
    match value {
        Ok(value) => {
            document.derived.insert(key.to_owned(), json!(value));
        }
        Err(cause) => document.gaps.push(Gap { field: format!("derived.{key}"), ..cause }),
    }
}

#[cfg(test)]
mod tests;
