//! Labels of the stores of data, whatever service they are of.

use super::bigquery::dataset::Dataset;
use super::context::Context;
use super::door::{self, REGION};
use super::found::Found;
use super::listing::Listed;
use super::operation::{Family, Operation, Request, ResourceType};
use super::pubsub::topic::Topic;
use super::secretmanager::secret::Secret;
use super::sql::instance::Instance;
use super::storage::bucket::Bucket;
use crate::collection::{Collected, Tally};
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

const TYPE: &str = "gcp.label.resource";

/// Stores of data.
pub const FAMILY: Family = Family {
    name: "labels",
    types: &[ResourceType {
        name: TYPE,
        about: "A store of data: a bucket, a BigQuery dataset, a Cloud SQL instance, a secret, a Pub/Sub topic",
        reach: Reach::Global,
        operations: OPERATIONS,
        config: Shape::of(Config::json_schema),
        derived: Shape::of(Derived::json_schema),
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(collect(context))),
};

/// The lists that the stores' own families read.
const OPERATIONS: &[&Operation] = &[
    asset::<Bucket>(),
    Bucket::DIRECT[0],
    asset::<Dataset>(),
    Dataset::DIRECT[0],
    detail::<Dataset>(),
    asset::<Instance>(),
    Instance::DIRECT[0],
    asset::<Secret>(),
    Secret::DIRECT[0],
    asset::<Topic>(),
    Topic::DIRECT[0],
];

const fn asset<T: Listed>() -> &'static Operation {
    T::ASSET.expect("every store of data is in the inventory")
}

const fn detail<T: Listed>() -> &'static Operation {
    T::DETAIL.expect("the type has a detail")
}

/// `config` of a store of data: its own document tells its settings.
#[derive(Debug, Serialize, JsonSchema)]
struct Config {}

/// `derived` of a store of data.
#[derive(Debug, Serialize, JsonSchema)]
struct Derived {
    /// Its type in Cloud Asset Inventory: `storage.googleapis.com/Bucket`.
    resource_type: String,
}

/// False where even the part of an item is missing that its labels would be in.
fn tells_labels<T: Listed>(item: &Value) -> bool {
    let above = T::LABELS.rsplit_once('.').map_or("", |(above, _)| above);
    above.split('.').filter(|member| !member.is_empty()).try_fold(item, |value, member| value.get(member)).is_some()
}

fn no_labels<R>(source: &Operation, read: Read<R>) -> CollectError {
    CollectError { at: read.at, ..door::malformed(source, "the part with the labels is missing", read.exchanges) }
}

/// The stores of all types.
#[derive(Debug, Default)]
struct Stores {
    resources: Vec<Resource>,
    pages: u64,
    /// Why not all of them were seen. The first reason stays.
    trouble: Option<String>,
}

async fn collect(context: &Context) -> Collected {
    let mut stores = Stores::default();
    stores.read::<Bucket>(context).await;
    stores.read::<Dataset>(context).await;
    stores.read::<Instance>(context).await;
    stores.read::<Secret>(context).await;
    stores.read::<Topic>(context).await;
    stores.balance()
}

impl Stores {
    async fn read<T: Listed>(&mut self, context: &Context) {
        let found = Found::<T>::list(context).await;
        let resource_type = match asset::<T>().request {
            Request::Asset(type_) => type_,
            Request::Get(_) | Request::Post(..) => T::TYPE,
        };
        // The inventory is one list for all types.
        let one_list = !context.assets().await.refused;
        self.pages = if one_list { found.pages } else { self.pages + found.pages };
        if let Some(error) = &found.trouble {
            self.trouble.get_or_insert(format!("{resource_type}: {}", found.reason(error)));
        }
        for (envelope, item) in found.items {
            let mut draft = Draft::new(TYPE, envelope.id, envelope.name, &envelope.region);
            let labels = item.shape.and_then(|shape| {
                let read = Read { value: Some(envelope.labels), exchanges: shape.exchanges, at: shape.at };
                if tells_labels::<T>(&item.data) { Ok(read) } else { Err(no_labels(item.source, read)) }
            });
            let labels = draft.take("tags", labels);
            draft.tags(labels);
            let derived = Derived { resource_type: resource_type.to_owned() };
            self.resources.push(context.finish(draft, &Config {}, &derived));
        }
    }

    /// The rows of the balance, as [`Found::balance`] makes them for one type.
    fn balance(self) -> Collected {
        let mut regions: BTreeSet<&str> = self.resources.iter().map(|resource| resource.region.as_str()).collect();
        regions.insert(REGION);
        let row = |region: &str| {
            let mut tally = Tally::new(TYPE, region);
            tally.pages(self.pages);
            if let Some(reason) = &self.trouble {
                tally.cut_short(reason.clone());
            }
            tally.close(&self.resources)
        };
        let populations = regions.into_iter().map(row).collect();
        Collected { populations, resources: self.resources, ..Collected::default() }
    }
}

#[cfg(test)]
mod tests;
