//! The verdicts that stand at the end of the period, as OCSF Compliance Findings (class 2003 of schema 1.8.0,
//! <https://schema.ocsf.io/1.8.0/classes/compliance_finding>): one event a line, one for each control on each resource, whatever the
//! verdict. What could not be evaluated is `Warning`, which the schema defines as "did not yield a result due to missing information";
//! it is never a pass.

use super::{ItemKey, instant_millis, item_key};
use crate::history::{Run, StreamHistory};
use evidenced_schemas::report::{FailureEnd, Item, Report, StreamSection, Why};
use evidenced_schemas::{Cloud, Control, Digest, Finding, Instant, Severity, Verdict};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The version of the schema.
const VERSION: &str = "1.8.0";
/// The class.
const CLASS: u64 = 2003;
/// What the criteria's ids are from.
const STANDARD: &str = "AICPA Trust Services Criteria 2017 (revised 2022)";

/// A run whose verdicts stand at the end, with what its events have in common.
pub struct Standing<'a> {
    stream: &'a StreamHistory,
    run: &'a Run,
    controls: BTreeMap<&'a str, &'a Control>,
    items: BTreeMap<ItemKey<'a>, &'a Item>,
    /// From when on nobody can say whether they still stand.
    no_evidence_from: Option<Instant>,
}

impl<'a> Standing<'a> {
    /// Of the last run of a stream that gives evidence.
    pub fn new(report: &'a Report, stream: &'a StreamHistory, run: &'a Run) -> Self {
        let name = stream.stream.to_string();
        let ends = |section: &StreamSection| {
            let last = section.no_evidence.iter().rev().find(|gap| gap.why != Some(Why::Future))?;
            (last.to == report.cut_at.unwrap_or(report.to)).then_some(last.from)
        };
        Self {
            controls: stream.controls_of(run).iter().map(|control| (control.id.as_str(), control)).collect(),
            items: report.items.iter().filter(|item| item.stream == name).map(|item| (item_key(item), item)).collect(),
            no_evidence_from: report.streams.iter().find(|section| section.stream == name).and_then(ends),
            stream,
            run,
        }
    }

    /// The event of one verdict, without a line's end.
    pub fn event(&self, finding: &Finding) -> Value {
        let control = self.controls.get(finding.control.as_str()).copied();
        let (activity, seen) = self.activity(finding);
        let (severity_id, severity) = severity(finding.verdict, control);
        let (status_id, status) = status(finding.verdict, activity);
        let why = finding.message.as_deref().or(finding.reason.as_deref());
        let title = control.map_or(finding.control.as_str(), |control| control.title.as_str());
        let mut event = class(activity);
        let mut set = |name: &str, value: Value| event.insert(name.to_owned(), value);
        set("time", json!(instant_millis(self.run.as_of)));
        set("severity_id", json!(severity_id));
        set("severity", json!(severity));
        set("status_id", json!(status_id));
        set("status", json!(status));
        set("message", json!(why.map_or_else(|| title.to_owned(), |why| format!("{title}: {why}"))));
        set("compliance", compliance(finding, control, why));
        set("finding_info", self.info(finding, control, seen));
        set("resources", json!([self.resource(finding, control)]));
        set("metadata", self.metadata(finding));
        set("unmapped", self.unmapped(finding, control));
        if let Some(control) = control {
            set("remediation", json!({"desc": control.remediation}));
        }
        if let Some(cloud) = self.cloud(finding) {
            set("cloud", cloud);
        }
        Value::Object(event)
    }

    /// What happened to the finding at this run, and when the failure that is open or was fixed began.
    fn activity(&self, finding: &Finding) -> ((u64, &'static str), Option<Instant>) {
        const CREATE: (u64, &str) = (1, "Create");
        const UPDATE: (u64, &str) = (2, "Update");
        const CLOSE: (u64, &str) = (3, "Close");
        let item = self.items.get(&finding.sort_key());
        let Some(last) = item.and_then(|item| item.failures.last()) else { return (CREATE, None) };
        match (last.end, finding.verdict) {
            (FailureEnd::Open, _) if last.opened == Some(self.run.as_of) => (CREATE, last.opened),
            (FailureEnd::Open, _) => (UPDATE, last.opened),
            (FailureEnd::Fixed, Verdict::Pass | Verdict::NotApplicable) => (CLOSE, last.opened),
            _ => (CREATE, None),
        }
    }

    /// The same control on the same resource of the same stream always has the same `uid`.
    fn uid(&self, finding: &Finding) -> String {
        let (control, resource) = finding.sort_key();
        let parts =
            json!([self.stream.stream.to_string(), control, resource.map(|(type_, region, id)| [type_, region, id])]);
        let reason = if resource.is_none() { finding.reason.as_deref() } else { None };
        Digest::of(format!("{parts}{}", reason.unwrap_or_default()).as_bytes()).to_string()
    }

    fn info(&self, finding: &Finding, control: Option<&Control>, first_seen: Option<Instant>) -> Value {
        let title = control.map_or(finding.control.as_str(), |control| control.title.as_str());
        let mut info = json!({
            "uid": self.uid(finding),
            "title": title,
            "last_seen_time": instant_millis(self.run.as_of),
            "types": ["Compliance"],
        });
        let fields = info.as_object_mut().expect("it is an object");
        if let Some(control) = control {
            fields.insert("desc".to_owned(), json!(control.statement));
        }
        if let Some(first) = first_seen.map(instant_millis) {
            fields.insert("created_time".to_owned(), json!(first));
            fields.insert("first_seen_time".to_owned(), json!(first));
        }
        info
    }

    fn resource(&self, finding: &Finding, control: Option<&Control>) -> Value {
        match &finding.resource {
            Some(resource) if self.is_cloud() => {
                json!({"uid": resource.id, "type": resource.type_, "region": resource.region})
            }
            Some(resource) => json!({"uid": resource.id, "type": resource.type_}),
            None => {
                let type_ = control.and_then(|control| control.scope.as_deref()).unwrap_or("scope");
                json!({"uid": self.stream.stream.scope, "type": type_})
            }
        }
    }

    /// The organisation's own documents are in no cloud.
    fn is_cloud(&self) -> bool {
        self.stream.stream.cloud != Cloud::Org
    }

    /// The profile `cloud`.
    fn cloud(&self, finding: &Finding) -> Option<Value> {
        let scope = &self.stream.stream.scope;
        let (provider, type_id, type_) = match self.stream.stream.cloud {
            Cloud::Aws => ("AWS", 10, "AWS Account"),
            Cloud::Azure => ("Azure", 13, "Azure Subscription"),
            Cloud::Gcp => ("GCP", 11, "GCP Project"),
            Cloud::Org => return None,
        };
        let (type_id, type_) = if scope.above().is_some() { (99, "Organization") } else { (type_id, type_) };
        let mut cloud = json!({
            "provider": provider,
            "account": {"uid": scope, "name": scope, "type_id": type_id, "type": type_},
        });
        if let (Some(resource), Some(fields)) = (&finding.resource, cloud.as_object_mut()) {
            fields.insert("region".to_owned(), json!(resource.region));
        }
        Some(cloud)
    }

    fn metadata(&self, finding: &Finding) -> Value {
        let profiles: &[&str] = if self.is_cloud() { &["cloud"] } else { &[] };
        json!({
            "version": VERSION,
            "uid": Digest::of(format!("{}{}", self.run.statement, self.uid(finding)).as_bytes()),
            "correlation_uid": self.run.run,
            "profiles": profiles,
            "product": {"name": "evidenced", "vendor_name": "evidenced", "version": env!("CARGO_PKG_VERSION")},
        })
    }

    /// What the schema has no word for: the evidence itself, and an exception, which never changes the verdict.
    fn unmapped(&self, finding: &Finding, control: Option<&Control>) -> Value {
        let mut more = Map::new();
        let mut add = |name: &str, value: Value| {
            if !value.is_null() {
                more.insert(name.to_owned(), value);
            }
        };
        add("statement", json!(self.stream.stream.statement_key(self.run.sequence)));
        add("statement_sha256", json!(self.run.statement));
        add("exchanges", json!(finding.exchanges));
        add("resource_sha256", json!(finding.resource.as_ref().map(|resource| &resource.sha256)));
        add("principle", json!(control.map(|control| control.principle)));
        add("exception", json!(finding.exception));
        add("no_evidence_from", json!(self.no_evidence_from));
        Value::Object(more)
    }
}

/// What kind of event it is.
fn class((activity, name): (u64, &str)) -> Map<String, Value> {
    let words = [
        ("activity_id", json!(activity)),
        ("activity_name", json!(name)),
        ("category_uid", json!(2)),
        ("category_name", json!("Findings")),
        ("class_uid", json!(CLASS)),
        ("class_name", json!("Compliance Finding")),
        ("type_uid", json!(CLASS * 100 + activity)),
        ("type_name", json!(format!("Compliance Finding: {name}"))),
    ];
    words.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn compliance(finding: &Finding, control: Option<&Control>, why: Option<&str>) -> Value {
    let (status_id, status) = match finding.verdict {
        Verdict::Pass => (1, "Pass"),
        Verdict::NotEvaluated => (2, "Warning"),
        Verdict::Fail => (3, "Fail"),
        Verdict::NotApplicable => (99, "not_applicable"),
    };
    let mut compliance = json!({
        "control": finding.control,
        "standards": [STANDARD],
        "status_id": status_id,
        "status": status,
        "status_code": finding.verdict.as_str(),
    });
    let fields = compliance.as_object_mut().expect("it is an object");
    if let Some(control) = control {
        let criteria: Vec<&str> = control.criteria.all().map(evidenced_schemas::criteria::Criterion::id).collect();
        fields.insert("requirements".to_owned(), json!(criteria));
        fields.insert("category".to_owned(), json!(control.category));
        fields.insert("desc".to_owned(), json!(control.statement));
    }
    if let Some(why) = why {
        fields.insert("status_details".to_owned(), json!([why]));
    }
    compliance
}

/// What is open matters as much as its control does: a failure, and what nobody could read.
fn severity(verdict: Verdict, control: Option<&Control>) -> (u64, &'static str) {
    match (verdict, control.map(|control| control.severity)) {
        (Verdict::Pass | Verdict::NotApplicable, _) => (1, "Informational"),
        (_, Some(Severity::Low)) => (2, "Low"),
        (_, Some(Severity::Medium)) => (3, "Medium"),
        (_, Some(Severity::High)) => (4, "High"),
        (_, Some(Severity::Critical)) => (5, "Critical"),
        (_, None) => (0, "Unknown"),
    }
}

/// The finding's state for whoever works through them. An exception does not make it `Suppressed`: the failure stands.
fn status(verdict: Verdict, activity: (u64, &str)) -> (u64, &'static str) {
    match (verdict, activity.0) {
        (_, 3) => (4, "Resolved"),
        (Verdict::Fail, _) => (1, "New"),
        (Verdict::NotEvaluated, _) => (0, "Unknown"),
        (Verdict::Pass, _) => (99, "pass"),
        (Verdict::NotApplicable, _) => (99, "not_applicable"),
    }
}
