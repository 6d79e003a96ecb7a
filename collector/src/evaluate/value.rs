//! JSON documents as CEL values.
//!
//! A document is a closed object: its fields can be selected and compared, but it cannot be counted, iterated or asked
//! with `in`. Those operators see the absence of a key, and a refused read would look like an absent setting. Maps whose
//! keys are the users' own (tags, the conditions of a policy, registers in parameters) are open.
//!
//! Whole numbers that fit become int, other numbers double, as the evidence format says.

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelNull, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use evidenced_schemas::Resource;
use serde_json::Value;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Keys under which a document holds an open map, at any depth.
pub(crate) const OPEN_KEYS: [&str; 2] = ["tags", "condition"];

/// What may be asked of an object's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// A known set, some of which may be unread.
    Closed,
    /// The users' own: absence is a fact.
    Open,
}

/// A JSON object as a CEL value. Copies share the entries.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    entries: Arc<BTreeMap<String, Box<dyn Val>>>,
    names: Arc<Vec<CelString<'static>>>,
    keys: Keys,
}

impl Object {
    /// An object of values that are already converted.
    pub(crate) fn new(entries: BTreeMap<String, Box<dyn Val>>, keys: Keys) -> Self {
        let names = match keys {
            Keys::Closed => Vec::new(),
            Keys::Open => entries.keys().map(|key| CelString::from(key.clone())).collect(),
        };
        Self { entries: Arc::new(entries), names: Arc::new(names), keys }
    }

    fn field(&self, index: &dyn Val) -> Result<&(dyn Val + 'static), ExecutionError> {
        let Some(key) = index.downcast_ref::<CelString>() else {
            return Err(ExecutionError::UnexpectedType { got: "key".to_owned(), want: "string".to_owned() });
        };
        self.entries.get(key.inner()).map(AsRef::as_ref).ok_or_else(|| ExecutionError::no_such_key(key.inner()))
    }
}

impl Val for Object {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }
    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }
    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }
    fn as_container(&self) -> Option<&dyn Container> {
        (self.keys == Keys::Open).then_some(self)
    }
    fn as_sizer(&self) -> Option<&dyn Sizer> {
        (self.keys == Keys::Open).then_some(self)
    }
    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        if self.keys == Keys::Open { Some(self) } else { None }
    }
    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| {
            self.entries.len() == other.entries.len()
                && self
                    .entries
                    .iter()
                    .all(|(key, value)| other.entries.get(key).is_some_and(|o| value.equals(o.as_ref())))
        })
    }
    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }
    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Object {}

impl Indexer for Object {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.field(index).map(CowVal::Borrowed)
    }
    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.field(index).map(Val::clone_as_boxed)
    }
}

impl Container for Object {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        let key = value.downcast_ref::<CelString>();
        Ok(key.is_some_and(|key| self.entries.contains_key(key.inner())))
    }
}

impl Sizer for Object {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.entries.len()).unwrap_or(i64::MAX))
    }
}

impl Iterable for Object {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Names(self.names.iter()))
    }
}

/// The keys of an open map, in order, so that a message made from them is the same each time.
struct Names<'b>(std::slice::Iter<'b, CelString<'static>>);

impl<'b, 'v> CelIterator<'b, 'v> for Names<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|name| name as &'b (dyn Val + 'v))
    }
}

/// A JSON value as a CEL value. `keys` says what an object at the root is; objects below a closed one are closed unless
/// their key is one of [`OPEN_KEYS`], and everything below an open one is open.
pub(crate) fn from_json(json: &Value, keys: Keys) -> Box<dyn Val> {
    match json {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match number.as_i64() {
            Some(int) => Box::new(CelInt::from(int)),
            None => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(text) => Box::new(CelString::from(text.clone())),
        Value::Array(items) => {
            Box::new(CelList::from(items.iter().map(|item| from_json(item, keys)).collect::<Vec<_>>()))
        }
        Value::Object(map) => Box::new(object(map, keys)),
    }
}

/// A JSON object as a CEL value.
pub(crate) fn object(map: &serde_json::Map<String, Value>, keys: Keys) -> Object {
    let below = |key: &str| if keys == Keys::Open || OPEN_KEYS.contains(&key) { Keys::Open } else { Keys::Closed };
    Object::new(map.iter().map(|(key, value)| (key.clone(), from_json(value, below(key)))).collect(), keys)
}

/// A resource document as expressions see it. Digest, exchanges and gaps are not among the variables: a verdict follows
/// from what the provider said, not from how it was read.
pub(crate) fn document(resource: &Resource) -> Object {
    let text = |text: &str| -> Box<dyn Val> { Box::new(CelString::from(text.to_owned())) };
    let mut entries: BTreeMap<String, Box<dyn Val>> = BTreeMap::from([
        ("type".to_owned(), text(&resource.type_)),
        ("id".to_owned(), text(&resource.id)),
        ("name".to_owned(), text(&resource.name)),
        ("cloud".to_owned(), text(resource.cloud.as_str())),
        ("scope".to_owned(), text(resource.scope.as_str())),
        ("region".to_owned(), text(&resource.region)),
        ("config".to_owned(), Box::new(object(&resource.config, Keys::Closed))),
        ("derived".to_owned(), Box::new(object(&resource.derived, Keys::Closed))),
    ]);
    if let Some(tags) = &resource.tags {
        let tags = tags.iter().map(|(key, value)| (key.clone(), text(value))).collect();
        entries.insert("tags".to_owned(), Box::new(Object::new(tags, Keys::Open)));
    }
    Object::new(entries, Keys::Closed)
}
