//! The resource types of the organisation's own documents, and how the files become them.

use super::operation::{
    Operation, READ_BUILT_IN_POLICY, READ_EXCEPTIONS, READ_POLICY, READ_REGISTER, READ_SUPPORTING_POLICY, ResourceType,
};
use super::registers::{self, Event, Vendor};
use super::{Context, Wrong, exceptions, yaml};
use crate::collection::{Collected, Tally};
use crate::declaration::{Reach, Schema, SchemaGenerator, Shape};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::policy::{Approval, Exception, Policy, Review, SupportingRecord};
use evidenced_schemas::{Day, Digest, Gap, GapReason, Resource};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The region of everything that has none.
pub(super) const REGION: &str = "global";
/// The code of a gap where a file was read and does not say it.
const NOT_RECORDED: &str = "NotRecorded";
/// The code of a gap where a name was never filled in.
const PLACEHOLDER: &str = "Placeholder";

/// The policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyConfig {
    /// Document id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its date, as precise as the document says it.
    pub date: String,
    /// Its classification.
    pub classification: String,
    /// Its owner.
    pub owner: String,
    /// Trust Services Categories and whether each is in scope.
    pub categories: BTreeMap<String, bool>,
    /// Who approved it. A document without a named approver is no evidence that nobody approved it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub approved: Field<Approval>,
    /// Its reviews.
    pub reviews: Vec<Review>,
    /// Digest of the file.
    pub sha256: Digest,
}

/// What follows from the policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyDerived {
    /// The day of the last approval or review.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub last_review: Field<Day>,
    /// Whether `roles` gives the approver the role that they approved it in; unknown where it names nobody for that role.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub approver_holds_role: Field<bool>,
}

/// A supporting policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SupportingConfig {
    /// Its name.
    pub name: String,
    /// Its file.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub path: Field<String>,
    /// Who is accountable for it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub owner: Field<String>,
    /// The day of its last review.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub last_reviewed: Field<Day>,
    /// Digest of the file.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub sha256: Field<Digest>,
}

/// Nothing follows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Nothing {}

const fn kind(
    name: &'static str,
    about: &'static str,
    operations: &'static [&'static Operation],
    [config, derived]: [fn(&mut SchemaGenerator) -> Schema; 2],
) -> ResourceType {
    let (config, derived) = (Shape::of(config), Shape::of(derived));
    ResourceType { name, about, reach: Reach::Global, operations, instead: &[], config, derived, collect: None }
}

/// Every resource type.
pub(super) static TYPES: &[ResourceType] = &[
    kind(
        "org.policy",
        "The organisation's information security policy",
        &[&READ_POLICY, &READ_BUILT_IN_POLICY],
        [PolicyConfig::json_schema, PolicyDerived::json_schema],
    ),
    kind(
        "org.supporting_policy",
        "A policy that supports it",
        &[&READ_POLICY, &READ_BUILT_IN_POLICY, &READ_SUPPORTING_POLICY],
        [SupportingConfig::json_schema, Nothing::json_schema],
    ),
    kind("org.vendor", "A vendor on record", &[&READ_REGISTER], [Vendor::json_schema, Nothing::json_schema]),
    kind(
        "org.event",
        "An event that asks for a review of the policy",
        &[&READ_REGISTER],
        [Event::json_schema, Nothing::json_schema],
    ),
    kind("org.exception", "An approved exception", &[&READ_EXCEPTIONS], [Exception::json_schema, Nothing::json_schema]),
];

/// Reads everything.
pub(super) async fn collect(context: &Context) -> Collected {
    let mut collected = exceptions(context).await;
    match policy(context).await {
        Ok((policy, digest)) => {
            collected.merge(Collected::of_one(policy_document(context, &policy, digest)));
            collected.merge(supporting(context, &policy).await);
            for (type_, name) in [("org.vendor", registers::VENDORS), ("org.event", registers::EVENTS)] {
                collected.merge(register(context, &policy, type_, name).await);
            }
        }
        Err(error) => {
            for type_ in ["org.policy", "org.supporting_policy", "org.vendor", "org.event"] {
                collected.merge(unlisted(type_, said(&error)));
            }
        }
    }
    collected
}

async fn policy(context: &Context) -> Result<(Read<Policy>, Digest), CollectError> {
    let (operation, file) = match context.policy() {
        Some(file) => (&READ_POLICY, file),
        None => (&READ_BUILT_IN_POLICY, "built-in".to_owned()),
    };
    let read = context.read(operation, &file).await?;
    let digest = Digest::of(&read.value);
    Ok((parsed(operation, read, yaml)?, digest))
}

/// A file as what it says.
fn parsed<T>(
    operation: &Operation,
    read: Read<Vec<u8>>,
    parse: impl Fn(&str) -> Result<T, Wrong>,
) -> Result<Read<T>, CollectError> {
    let text = String::from_utf8_lossy(&read.value).into_owned();
    match parse(&text) {
        Ok(value) => Ok(read.map(|_| value)),
        Err(wrong) => Err(super::malformed(operation, wrong.to_string(), &read)),
    }
}

fn said(error: &CollectError) -> String {
    if error.message.is_empty() { error.sentence() } else { format!("{}: {}", error.sentence(), error.message) }
}

/// A population of which nothing is known.
fn unlisted(type_: &str, reason: String) -> Collected {
    let mut tally = Tally::new(type_, REGION);
    tally.cut_short(reason);
    Collected { populations: vec![tally.close(&[])], ..Collected::default() }
}

fn listed(type_: &str, resources: Vec<Resource>) -> Collected {
    let mut tally = Tally::new(type_, REGION);
    tally.page();
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}

/// The gap of something that a file does not say.
fn gap(field: &str, operation: &Operation, code: &str) -> Gap {
    Gap {
        field: field.to_owned(),
        operation: format!("{}:{}", super::SERVICE, operation.name),
        reason: GapReason::NotFound,
        code: code.to_owned(),
    }
}

fn policy_document(context: &Context, read: &Read<Policy>, sha256: Digest) -> Resource {
    let policy = &read.value;
    let mut draft = Draft::new("org.policy", &policy.id, &policy.id, REGION);
    draft.saw(read);
    let missing = match &policy.approved {
        None => Some(NOT_RECORDED),
        Some(approval) if is_placeholder(&approval.by) => Some(PLACEHOLDER),
        Some(_) => None,
    };
    let approval = policy.approved.as_ref().filter(|_| missing.is_none());
    if let Some(code) = missing {
        draft.gap(gap("config.approved", &READ_POLICY, code));
    }
    let last =
        approval.map(|approval| approval.on).into_iter().chain(policy.reviews.iter().map(|review| review.on)).max();
    if last.is_none() {
        draft.gap(gap("derived.last_review", &READ_POLICY, missing.unwrap_or(NOT_RECORDED)));
    }
    let holds = approval.and_then(|approval| {
        let people = policy.roles.get(&approval.role).filter(|people| !people.is_empty())?;
        Some(people.contains(&approval.by))
    });
    if holds.is_none() {
        draft.gap(gap("derived.approver_holds_role", &READ_POLICY, missing.unwrap_or(NOT_RECORDED)));
    }
    let unread_unless = |known: Option<Day>| known.map_or(Field::Unread, Field::Value);
    let config = PolicyConfig {
        id: policy.id.clone(),
        version: policy.version.clone(),
        date: policy.date.clone(),
        classification: policy.classification.clone(),
        owner: policy.owner.clone(),
        categories: policy.categories.iter().map(|(category, is_in)| (word(category), *is_in)).collect(),
        approved: approval.cloned().map_or(Field::Unread, Field::Value),
        reviews: policy.reviews.clone(),
        sha256,
    };
    let derived = PolicyDerived {
        last_review: unread_unless(last),
        approver_holds_role: holds.map_or(Field::Unread, Field::Value),
    };
    context.finish(draft, &config, &derived)
}

/// `[CISO Name]`: the document was never filled in.
fn is_placeholder(name: &str) -> bool {
    name.trim().is_empty() || name.trim_start().starts_with('[')
}

/// The word of a category.
fn word(category: &impl Serialize) -> String {
    serde_json::to_value(category).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

async fn supporting(context: &Context, policy: &Read<Policy>) -> Collected {
    let mut documents = Vec::new();
    for name in &policy.value.supporting {
        let record = policy.value.supporting_records.iter().find(|record| record.name == *name);
        documents.push(supporting_document(context, policy, name, record).await);
    }
    listed("org.supporting_policy", documents)
}

async fn supporting_document(
    context: &Context,
    policy: &Read<Policy>,
    name: &str,
    record: Option<&SupportingRecord>,
) -> Resource {
    let mut draft = Draft::new("org.supporting_policy", name, name, REGION);
    draft.saw(policy);
    let mut config = SupportingConfig {
        name: name.to_owned(),
        path: Field::Unread,
        owner: Field::Unread,
        last_reviewed: Field::Unread,
        sha256: Field::Unread,
    };
    if let Some(SupportingRecord { path, owner, last_reviewed, .. }) = record {
        let read = context.read(&READ_SUPPORTING_POLICY, &context.beside_policy(path)).await;
        config.path = Field::Value(path.clone());
        config.owner = Field::Value(owner.clone());
        config.last_reviewed = Field::Value(*last_reviewed);
        config.sha256 = draft.take("config.sha256", read.map(|read| read.map(|bytes| Some(Digest::of(&bytes)))));
    } else {
        for field in ["path", "owner", "last_reviewed", "sha256"] {
            draft.gap(gap(&format!("config.{field}"), &READ_POLICY, NOT_RECORDED));
        }
    }
    context.finish(draft, &config, &Nothing {})
}

async fn register(context: &Context, policy: &Read<Policy>, type_: &str, name: &str) -> Collected {
    let Some(register) = policy.value.registers.iter().find(|register| register.name == name) else {
        return unlisted(type_, format!("the policy file names no register of {name}"));
    };
    let path = context.beside_policy(&register.path);
    let read = match context.read(&READ_REGISTER, &path).await {
        Ok(read) => read,
        Err(error) => return unlisted(type_, said(&error)),
    };
    let documents = if name == registers::VENDORS {
        let draft = |vendor: &Vendor| Draft::new("org.vendor", &vendor.name, &vendor.name, REGION);
        parsed(&READ_REGISTER, read, registers::vendors).map(|read| drafted(context, &read, draft))
    } else {
        let draft = |event: &Event| Draft::new("org.event", &event.id, &event.title, REGION);
        parsed(&READ_REGISTER, read, registers::events).map(|read| drafted(context, &read, draft))
    };
    documents.map_or_else(|error| unlisted(type_, said(&error)), |documents| listed(type_, documents))
}

async fn exceptions(context: &Context) -> Collected {
    const TYPE: &str = "org.exception";
    let Some(file) = context.exceptions() else {
        return unlisted(TYPE, "evidenced.yaml names no file of exceptions".to_owned());
    };
    let all = |text: &str| {
        exceptions::parse(text).map(|all| all.into_iter().map(|one| one.exception).collect::<Vec<Exception>>())
    };
    let read = context.read(&READ_EXCEPTIONS, &file).await;
    match read.and_then(|read| parsed(&READ_EXCEPTIONS, read, all)) {
        Ok(read) => listed(TYPE, drafted(context, &read, |one| Draft::new(TYPE, &one.id, &one.id, REGION))),
        Err(error) => unlisted(TYPE, said(&error)),
    }
}

/// A document for each entry of a file.
fn drafted<T: Serialize>(context: &Context, read: &Read<Vec<T>>, draft: impl Fn(&T) -> Draft) -> Vec<Resource> {
    let document = |entry: &T| {
        let mut draft = draft(entry);
        draft.saw(read);
        context.finish(draft, entry, &Nothing {})
    };
    read.value.iter().map(document).collect()
}

/// A path that is written in the policy file, from where the policy file's own path begins.
pub(super) fn beside(policy: Option<&str>, path: &str) -> String {
    let folder = policy.and_then(|policy| Path::new(policy).parent()).unwrap_or(Path::new(""));
    folder.join(path).to_string_lossy().into_owned()
}
