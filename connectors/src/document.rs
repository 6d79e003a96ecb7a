//! Building a resource document: a field that could not be read leaves a missing key and a gap, in one step.

use crate::exchange::CollectError;
use crate::exchange::error::{self, Outcome};
use evidenced_schemas::{Cloud, Digest, Gap, Instant, Resource, ScopeId};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A field of a document. Give it `#[serde(skip_serializing_if = "Field::is_unread")]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Field<T> {
    /// The read failed: the key is missing, and `gaps` says why.
    #[default]
    Unread,
    /// The provider said that there is none: `null`.
    Absent,
    /// What the provider said.
    Value(T),
}

impl<T> Field<T> {
    /// True when the key must be left out.
    pub fn is_unread(&self) -> bool {
        matches!(self, Self::Unread)
    }

    /// The value, where there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Unread | Self::Absent => None,
        }
    }

    /// None when unread; `Some(None)` when absent by fact.
    pub fn known(&self) -> Option<Option<&T>> {
        match self {
            Self::Unread => None,
            Self::Absent => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unread | Self::Absent => serializer.serialize_none(),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Nullable_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
    fn inline_schema() -> bool {
        true
    }
}

/// An answer with the exchanges it came from.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// What was read.
    pub value: T,
    /// Numbers of the exchanges.
    pub exchanges: Vec<u64>,
    /// When the last of them finished.
    pub at: Option<Instant>,
}

impl<T> Read<T> {
    /// The same exchanges with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Read<U> {
        Read { value: f(self.value), exchanges: self.exchanges, at: self.at }
    }
}

/// Pages of a list, and why they end early if they do.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// Pages that were read, in order.
    pub pages: Vec<Read<Value>>,
    /// Why there are no more, when the last page was not reached.
    pub error: Option<CollectError>,
}

/// A call's outcome where these error codes are a fact of absence.
///
/// # Errors
/// Every other failure, and one with such a code whose kind is no absence (a refusal).
pub fn absent<T>(codes: &[&str], outcome: Result<Read<T>, CollectError>) -> Result<Read<Option<T>>, CollectError> {
    match outcome {
        Ok(read) => Ok(read.map(Some)),
        Err(error)
            if codes.contains(&error.code.as_str())
                && error::rule(error.kind).outcome == Outcome::GapUnlessDeclared =>
        {
            Ok(Read { value: None, exchanges: error.exchanges, at: error.at })
        }
        Err(error) => Err(error),
    }
}

/// A document being built.
#[derive(Clone, Debug)]
pub struct Draft {
    type_: String,
    id: String,
    name: String,
    region: String,
    tags: Option<BTreeMap<String, String>>,
    exchanges: Vec<u64>,
    gaps: Vec<Gap>,
    at: Option<Instant>,
}

impl Draft {
    /// A document with no fields yet. Without [`Draft::tags`] it says that there are no tags.
    pub fn new(type_: &str, id: impl Into<String>, name: impl Into<String>, region: &str) -> Self {
        Self {
            type_: type_.to_owned(),
            id: id.into(),
            name: name.into(),
            region: region.to_owned(),
            tags: Some(BTreeMap::new()),
            exchanges: Vec::new(),
            gaps: Vec::new(),
            at: None,
        }
    }

    /// Names it otherwise, where its list names it by an id.
    pub fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    /// Notes exchanges that the document was built from.
    pub fn saw<T>(&mut self, read: &Read<T>) {
        self.exchanges.extend(&read.exchanges);
        self.at = self.at.max(read.at);
    }

    /// Takes the outcome of a read into a field at this path (`config.acl`): a value, a fact of absence, or a gap.
    pub fn take<T>(&mut self, path: &str, outcome: Result<Read<Option<T>>, CollectError>) -> Field<T> {
        match outcome {
            Ok(read) => {
                self.saw(&read);
                Field::from(read.value)
            }
            Err(error) => {
                self.miss(path, &error);
                Field::Unread
            }
        }
    }

    /// Notes that the field at this path could not be read.
    pub fn miss(&mut self, path: &str, error: &CollectError) {
        self.exchanges.extend(&error.exchanges);
        self.at = self.at.max(error.at);
        self.gaps.push(error.gap(path));
    }

    /// Notes that a derived field is unknown for the same reason as a field that it needs: each gap at or under one of
    /// `inputs` is repeated for `path`. Call it where a derived key is left out.
    pub fn miss_with(&mut self, path: &str, inputs: &[&str]) {
        let repeated: Vec<Gap> = self
            .gaps
            .iter()
            .filter(|gap| inputs.contains(&gap.field.as_str()))
            .map(|gap| Gap { field: path.to_owned(), ..gap.clone() })
            .collect();
        self.gaps.extend(repeated);
    }

    /// Adds a gap as it is.
    pub fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// Sets the tags; an unread field leaves the key out.
    pub fn tags(&mut self, tags: Field<BTreeMap<String, String>>) {
        self.tags = match tags {
            Field::Unread => None,
            Field::Absent => Some(BTreeMap::new()),
            Field::Value(tags) => Some(tags),
        };
    }

    /// The document. `config` and `derived` must serialise as JSON objects.
    ///
    /// # Panics
    /// When `config` or `derived` is not an object: a mistake in the resource type's declaration.
    pub fn finish(
        self,
        cloud: Cloud,
        scope: &ScopeId,
        as_of: Instant,
        config: &impl Serialize,
        derived: &impl Serialize,
    ) -> Resource {
        Resource {
            type_: self.type_,
            id: self.id,
            name: self.name,
            cloud,
            scope: scope.clone(),
            region: self.region,
            tags: self.tags,
            config: object(config),
            derived: object(derived),
            observed_at: self.at.unwrap_or(as_of),
            exchanges: self.exchanges,
            gaps: self.gaps,
            sha256: Digest::of(b""),
        }
        .sealed()
    }
}

fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map,
        other => panic!("config and derived must be JSON objects, not {other:?}"),
    }
}

/// Takes out the member at a dotted path when it is `null`; false when it is not there.
pub(crate) fn keep_unless_null(value: &mut Value, path: &str) -> bool {
    let Value::Object(members) = value else { return false };
    if let Some((first, rest)) = path.split_once('.') {
        return members.get_mut(first).is_some_and(|inner| keep_unless_null(inner, rest));
    }
    if members.get(path).is_some_and(Value::is_null) {
        members.remove(path);
    }
    members.contains_key(path)
}
