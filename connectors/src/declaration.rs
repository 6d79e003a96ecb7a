//! What every cloud's connector declares: its resource types, in families.
//!
//! Permissions, JSON Schemas and the reference page follow from these declarations. Nothing here knows a cloud.

use crate::collection::Collected;
use futures::future::BoxFuture;
pub use schemars::{Schema, SchemaGenerator};
use std::fmt::Debug;

/// A cloud, as its connector sees it.
pub trait Provider: Debug + 'static {
    /// What its families read through.
    type Context: Debug + Sync;
    /// How it declares one operation of an API.
    type Operation: Debug + Sync;
}

/// Where a resource type lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Asked once; the documents' region is `global`, or the resource's own.
    Global,
    /// Asked in every region of the run.
    Regional,
    /// Asked once for a whole organisation or tenant, by a run of its own scope.
    Organization,
}

/// A resource type.
#[derive(Debug)]
pub struct ResourceType<P: Provider> {
    /// Its name, `aws.s3.bucket`.
    pub name: &'static str,
    /// What one document is.
    pub about: &'static str,
    /// Where it lives.
    pub reach: Reach,
    /// Every operation that its documents are built from.
    pub operations: &'static [&'static P::Operation],
    /// Those of them that are asked only where what is asked first may not be used at all (the lists of single APIs, where Cloud
    /// Asset Inventory is off), in parts.
    pub instead: &'static [&'static [&'static P::Operation]],
    /// JSON Schema of `config`.
    pub config: Shape,
    /// JSON Schema of `derived`.
    pub derived: Shape,
    /// Reads it; none where its family reads it together with others ([`Family::collect`]).
    pub collect: Option<Collect<P>>,
}

/// Makes the JSON Schema of a part of a document. Only tests and the reference page ask for it: a release build leaves it out, which
/// makes the program megabytes smaller.
#[derive(Clone, Copy)]
pub struct Shape {
    #[cfg(debug_assertions)]
    make: fn(&mut SchemaGenerator) -> Schema,
}

impl Shape {
    /// One that is made so.
    pub const fn of(make: fn(&mut SchemaGenerator) -> Schema) -> Self {
        #[cfg(not(debug_assertions))]
        let _ = make;
        Self {
            #[cfg(debug_assertions)]
            make,
        }
    }

    /// The schema; none in a release build.
    pub fn schema(self, generator: &mut SchemaGenerator) -> Option<Schema> {
        #[cfg(debug_assertions)]
        return Some((self.make)(generator));
        #[cfg(not(debug_assertions))]
        {
            let _ = generator;
            None
        }
    }
}

impl Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shape")
    }
}

/// Reads resource types. It cannot fail: what could not be read is a gap in what it gives.
pub type Collect<P> = for<'a> fn(&'a <P as Provider>::Context) -> BoxFuture<'a, Collected>;

/// Resource types of one service.
#[derive(Debug)]
pub struct Family<P: Provider> {
    /// Its name, shown as progress.
    pub name: &'static str,
    /// Its resource types.
    pub types: &'static [ResourceType<P>],
    /// Reads those of its types that have no [`ResourceType::collect`] of their own.
    pub collect: Option<Collect<P>>,
}

impl<P: Provider> Family<P> {
    /// Reads everything of this family.
    pub async fn read(&self, context: &P::Context) -> Collected {
        let alone = self.types.iter().filter_map(|type_| type_.collect);
        let parts = self.collect.into_iter().chain(alone).map(|collect| collect(context));
        let mut collected = Collected::default();
        for part in futures::future::join_all(parts).await {
            collected.merge(part);
        }
        collected
    }
}
