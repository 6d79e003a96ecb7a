//! What event selectors record. Pure functions; where a selector narrows in a way that cannot be weighed here, it counts
//! as not covering.
//!
//! Documentation: <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html>,
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A basic event selector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventSelector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write_type: String,
    /// Management events are recorded.
    pub include_management_events: bool,
    /// Sources whose management events are left out.
    #[serde(default)]
    pub exclude_management_event_sources: Vec<String>,
    /// Data events that are recorded.
    #[serde(default)]
    pub data_resources: Vec<DataResource>,
}

/// Resources of a basic event selector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DataResource {
    /// `AWS::S3::Object` and others.
    #[serde(rename = "type")]
    pub type_: String,
    /// ARNs, or their beginnings.
    #[serde(default)]
    pub values: Vec<String>,
}

/// An advanced event selector: all its field selectors must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdvancedEventSelector {
    /// Name.
    pub name: Option<String>,
    /// Conditions.
    pub field_selectors: Vec<FieldSelector>,
}

/// A condition on one field of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldSelector {
    /// The event's field.
    pub field: String,
    /// One of these.
    pub equals: Option<Vec<String>>,
    /// Beginning with one of these.
    pub starts_with: Option<Vec<String>>,
    /// Ending with one of these.
    pub ends_with: Option<Vec<String>>,
    /// None of these.
    pub not_equals: Option<Vec<String>>,
    /// Beginning with none of these.
    pub not_starts_with: Option<Vec<String>>,
    /// Ending with none of these.
    pub not_ends_with: Option<Vec<String>>,
}

/// Management events that a trail records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ManagementEvents {
    /// Every one.
    All,
    /// Those that read.
    ReadOnly,
    /// Those that write.
    WriteOnly,
    /// Some are left out, by source or by another condition.
    Partial,
    /// None.
    None,
}

/// S3 object events that a trail records, of whole buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DataEvents {
    /// Reads in every bucket.
    pub read_all: bool,
    /// Writes in every bucket.
    pub write_all: bool,
    /// Buckets named as a whole, for reads; sorted.
    pub read_buckets: BTreeSet<String>,
    /// Buckets named as a whole, for writes; sorted.
    pub write_buckets: BTreeSet<String>,
}

/// Events of Bedrock that a trail records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BedrockEvents {
    /// Every management event, reads and writes: among them the invocations of models.
    pub management: bool,
    /// Resource types (`AWS::Bedrock::AgentAlias`) whose every data event is recorded, reads and writes; sorted.
    pub data_types: BTreeSet<String>,
}

/// Reads, writes, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kinds {
    read: bool,
    write: bool,
}

impl Kinds {
    const BOTH: Self = Self { read: true, write: true };

    fn of_word(word: &str) -> Self {
        Self { read: matches!(word, "All" | "ReadOnly"), write: matches!(word, "All" | "WriteOnly") }
    }

    fn add(&mut self, other: Self) {
        self.read |= other.read;
        self.write |= other.write;
    }
}

/// Management events that the selectors record together. `All` only when nothing at all is left out: excluding
/// `kms.amazonaws.com` or `rdsdata.amazonaws.com` makes it `Partial`.
pub fn management_events(basic: &[EventSelector], advanced: &[AdvancedEventSelector]) -> ManagementEvents {
    let (mut whole, mut narrowed) = (Kinds::default(), Kinds::default());
    for selector in basic.iter().filter(|selector| selector.include_management_events) {
        let into = if selector.exclude_management_event_sources.is_empty() { &mut whole } else { &mut narrowed };
        into.add(Kinds::of_word(&selector.read_write_type));
    }
    for selector in advanced.iter().filter(|selector| selector.is_of_category("Management")) {
        let plain = selector
            .field_selectors
            .iter()
            .all(|field| (field.field == "eventCategory" || field.field == "readOnly") && field.is_only_equals());
        if plain { &mut whole } else { &mut narrowed }.add(selector.kinds());
    }
    match whole {
        Kinds { read: true, write: true } => ManagementEvents::All,
        _ if (narrowed.read && !whole.read) || (narrowed.write && !whole.write) => ManagementEvents::Partial,
        Kinds { read: true, write: false } => ManagementEvents::ReadOnly,
        Kinds { read: false, write: true } => ManagementEvents::WriteOnly,
        Kinds { read: false, write: false } => ManagementEvents::None,
    }
}

/// S3 object events that the selectors record together.
pub fn s3_data_events(basic: &[EventSelector], advanced: &[AdvancedEventSelector]) -> DataEvents {
    let mut events = DataEvents::default();
    for selector in basic {
        let kinds = Kinds::of_word(&selector.read_write_type);
        let objects = selector.data_resources.iter().filter(|resource| resource.type_ == "AWS::S3::Object");
        for value in objects.flat_map(|resource| &resource.values) {
            events.add(kinds, whole(value));
        }
    }
    for selector in advanced.iter().filter(|selector| selector.is_of_category("Data")) {
        let kinds = selector.kinds();
        match selector.objects("AWS::S3::Object") {
            Objects::None => {}
            Objects::Every => events.add(kinds, Some(Whole::Everything)),
            Objects::Beginning(values) => values.iter().for_each(|value| events.add(kinds, whole(value))),
        }
    }
    events
}

/// Whether the selectors record the invocations of every Lambda function. `Invoke` counts as neither reading nor writing
/// alone, so both must be recorded.
pub fn lambda_data_events(basic: &[EventSelector], advanced: &[AdvancedEventSelector]) -> bool {
    const FUNCTION: &str = "AWS::Lambda::Function";
    let mut kinds = Kinds::default();
    for selector in basic {
        let functions = selector.data_resources.iter().filter(|resource| resource.type_ == FUNCTION);
        if functions.flat_map(|resource| &resource.values).any(|value| every_function(value)) {
            kinds.add(Kinds::of_word(&selector.read_write_type));
        }
    }
    for selector in advanced.iter().filter(|selector| selector.is_of_category("Data")) {
        let every = match selector.objects(FUNCTION) {
            Objects::None => false,
            Objects::Every => true,
            Objects::Beginning(values) => values.iter().any(|value| every_function(value)),
        };
        if every {
            kinds.add(selector.kinds());
        }
    }
    kinds == Kinds::BOTH
}

/// What the selectors record of Bedrock.
///
/// Models that are invoked and conversed with (`InvokeModel`, `Converse` and their streams) are management events; agents,
/// knowledge bases, flows, guardrails and models in two-way streams have data events of their own types, which advanced
/// selectors alone can name.
/// Source: Bedrock User Guide, "Monitor Amazon Bedrock API calls using CloudTrail".
pub fn bedrock_events(basic: &[EventSelector], advanced: &[AdvancedEventSelector]) -> BedrockEvents {
    let mut management = Kinds::default();
    for selector in basic.iter().filter(|selector| selector.include_management_events) {
        if !selector.exclude_management_event_sources.iter().any(|source| source == BEDROCK) {
            management.add(Kinds::of_word(&selector.read_write_type));
        }
    }
    for selector in advanced.iter().filter(|selector| selector.is_of_category("Management")) {
        if selector.takes_management_events_of(BEDROCK) {
            management.add(selector.kinds());
        }
    }
    let mut types: BTreeMap<&str, Kinds> = BTreeMap::new();
    for selector in advanced.iter().filter(|selector| selector.is_of_category("Data")) {
        for type_ in selector.types().filter(|type_| type_.starts_with("AWS::Bedrock")) {
            if matches!(selector.objects(type_), Objects::Every) {
                types.entry(type_).or_default().add(selector.kinds());
            }
        }
    }
    let whole = types.into_iter().filter(|(_, kinds)| *kinds == Kinds::BOTH).map(|(type_, _)| type_.to_owned());
    BedrockEvents { management: management == Kinds::BOTH, data_types: whole.collect() }
}

/// The source of Bedrock's events.
const BEDROCK: &str = "bedrock.amazonaws.com";

/// `arn:aws:lambda` is the beginning of every function's ARN.
fn every_function(value: &str) -> bool {
    value.strip_prefix("arn:").and_then(|rest| rest.split_once(':')).is_some_and(|(_, rest)| rest == "lambda")
}

/// What a beginning of object ARNs covers as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whole<'a> {
    Everything,
    Bucket(&'a str),
}

/// `arn:aws:s3` and `arn:aws:s3:::` are every bucket, `arn:aws:s3:::name/` is one; a prefix inside a bucket is no whole
/// one, and without the slash it is the beginning of any bucket's name.
fn whole(value: &str) -> Option<Whole<'_>> {
    let (_, service) = value.strip_prefix("arn:")?.split_once(':')?;
    match service.strip_prefix("s3")? {
        "" | ":::" => Some(Whole::Everything),
        rest => {
            let bucket = rest.strip_prefix(":::")?.strip_suffix('/')?;
            (!bucket.is_empty() && !bucket.contains('/')).then_some(Whole::Bucket(bucket))
        }
    }
}

impl DataEvents {
    fn add(&mut self, kinds: Kinds, covered: Option<Whole<'_>>) {
        match covered {
            None => {}
            Some(Whole::Everything) => {
                self.read_all |= kinds.read;
                self.write_all |= kinds.write;
            }
            Some(Whole::Bucket(bucket)) => {
                if kinds.read {
                    self.read_buckets.insert(bucket.to_owned());
                }
                if kinds.write {
                    self.write_buckets.insert(bucket.to_owned());
                }
            }
        }
    }
}

impl AdvancedEventSelector {
    fn is_of_category(&self, category: &str) -> bool {
        self.field_selectors.iter().any(|field| {
            field.field == "eventCategory"
                && field.is_only_equals()
                && field.equals.as_ref().is_some_and(|values| values.iter().any(|value| value == category))
        })
    }

    /// Reads or writes, as conditions on `readOnly` leave them. A condition of another form leaves nothing.
    fn kinds(&self) -> Kinds {
        let mut kinds = Kinds::BOTH;
        for field in self.field_selectors.iter().filter(|field| field.field == "readOnly") {
            let values = field.equals.as_deref().filter(|_| field.is_only_equals()).unwrap_or_default();
            kinds.read &= values.iter().any(|value| value == "true");
            kinds.write &= values.iter().any(|value| value == "false");
        }
        kinds
    }

    /// Management events of this source are not narrowed but by reads and writes.
    fn takes_management_events_of(&self, source: &str) -> bool {
        let is_it = |value: &String| value == source;
        self.field_selectors.iter().all(|field| match field.field.as_str() {
            "eventCategory" | "readOnly" => field.is_only_equals(),
            "eventSource" if field.is_only_equals() => field.equals.iter().flatten().any(is_it),
            "eventSource" if field.is_only_not_equals() => !field.not_equals.iter().flatten().any(is_it),
            _ => false,
        })
    }

    /// The resource types that it names.
    fn types(&self) -> impl Iterator<Item = &str> {
        let fields = self.field_selectors.iter().filter(|field| field.field == "resources.type");
        fields.flat_map(|field| field.equals.iter().flatten()).map(String::as_str)
    }

    /// Objects of this type whose events are recorded. A condition that narrows them in any other way leaves none.
    fn objects(&self, type_: &str) -> Objects<'_> {
        let mut of_objects = false;
        let mut objects = Objects::Every;
        for field in &self.field_selectors {
            match (field.field.as_str(), &objects) {
                ("eventCategory" | "readOnly", _) if field.is_only_equals() => {}
                ("resources.type", _) if field.is_only_equals() => {
                    of_objects = field.equals.iter().flatten().any(|value| value == type_);
                }
                ("resources.ARN", Objects::Every) if field.is_only_starts_with() => {
                    objects = Objects::Beginning(field.starts_with.as_deref().unwrap_or_default());
                }
                _ => return Objects::None,
            }
        }
        if of_objects { objects } else { Objects::None }
    }
}

/// Objects that an advanced selector is about.
#[derive(Clone, Copy, Debug)]
enum Objects<'a> {
    None,
    Every,
    /// Those whose ARN begins so.
    Beginning(&'a [String]),
}

impl FieldSelector {
    fn is_only_equals(&self) -> bool {
        let plain = Self { field: self.field.clone(), equals: self.equals.clone(), ..Self::default() };
        self.equals.is_some() && plain == self.without_empty_lists()
    }

    fn is_only_not_equals(&self) -> bool {
        let plain = Self { field: self.field.clone(), not_equals: self.not_equals.clone(), ..Self::default() };
        self.not_equals.is_some() && plain == self.without_empty_lists()
    }

    fn is_only_starts_with(&self) -> bool {
        let plain = Self { field: self.field.clone(), starts_with: self.starts_with.clone(), ..Self::default() };
        self.starts_with.is_some() && plain == self.without_empty_lists()
    }

    /// An operator with an empty list says nothing.
    fn without_empty_lists(&self) -> Self {
        let filled = |values: &Option<Vec<String>>| values.clone().filter(|values| !values.is_empty());
        Self {
            field: self.field.clone(),
            equals: filled(&self.equals),
            starts_with: filled(&self.starts_with),
            ends_with: filled(&self.ends_with),
            not_equals: filled(&self.not_equals),
            not_starts_with: filled(&self.not_starts_with),
            not_ends_with: filled(&self.not_ends_with),
        }
    }
}

#[cfg(test)]
mod tests;
