//! What a connector is asked, and what it gives back.

use evidenced_schemas::run::Asked;
use evidenced_schemas::{Instant, Population, Resource, ScopeId};
use std::sync::Arc;

/// What to read. Replaying the same order over the same exchanges gives the same documents.
#[derive(Clone, Debug)]
pub struct Order {
    /// The scope.
    pub scope: ScopeId,
    /// Regions, endpoints.
    pub asked: Asked,
    /// The instant of the run.
    pub as_of: Instant,
    /// The cloud identity that reads, where no call of the cloud tells it (Azure).
    pub identity: Option<String>,
    /// Told of each step; says nothing in a replay.
    pub progress: Arc<dyn Progress>,
}

impl Order {
    /// An order that tells nobody how it goes on, by an identity that the cloud tells itself.
    pub fn new(scope: ScopeId, asked: Asked, as_of: Instant) -> Self {
        Self { scope, asked, as_of, identity: None, progress: Arc::new(Silent) }
    }
}

/// Hears how a collection goes on.
pub trait Progress: Send + Sync + std::fmt::Debug {
    /// A step began or ended, `aws.s3.bucket: 12 of 40`.
    fn step(&self, family: &str, text: &str);
}

/// Hears nothing.
#[derive(Debug)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &str, _: &str) {}
}

/// What was read. A source error never ends a collection: it is a value inside it.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// Documents.
    pub resources: Vec<Resource>,
    /// The balance.
    pub populations: Vec<Population>,
    /// Regions that were to be read.
    pub region_set: Vec<String>,
    /// The cloud identity that read.
    pub identity: Option<String>,
}

impl Collected {
    /// One document that is a whole population, as one read gives it, with its row of the balance.
    pub fn of_one(document: Resource) -> Self {
        let mut tally = Tally::new(&document.type_, &document.region);
        tally.page();
        let resources = vec![document];
        Self { populations: vec![tally.close(&resources)], resources, ..Self::default() }
    }

    /// Adds another part.
    pub fn merge(&mut self, part: Self) {
        self.resources.extend(part.resources);
        self.populations.extend(part.populations);
        self.region_set.extend(part.region_set);
        self.identity = self.identity.take().or(part.identity);
    }

    /// Brings everything into the order of the format, so that the order of answers leaves no trace.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        self.resources.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.populations.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.region_set.sort();
        self.region_set.dedup();
        self
    }
}

/// Counts one population while it is read.
#[derive(Clone, Debug)]
pub struct Tally {
    population: Population,
}

impl Tally {
    /// Nothing listed yet.
    pub fn new(type_: &str, region: &str) -> Self {
        Self {
            population: Population {
                type_: type_.to_owned(),
                region: region.to_owned(),
                listed: 0,
                evaluated: 0,
                not_evaluated: 0,
                excluded: 0,
                pages: 0,
                complete: true,
                reason: None,
                cross_check: None,
            },
        }
    }

    /// One more page was read.
    pub fn page(&mut self) {
        self.population.pages += 1;
    }

    /// Pages read.
    pub fn pages(&mut self, pages: u64) {
        self.population.pages = pages;
    }

    /// The list was cut short, for this reason. The first reason stays.
    pub fn cut_short(&mut self, reason: String) {
        self.population.complete = false;
        self.population.reason.get_or_insert(reason);
    }

    /// The provider's own count.
    pub fn cross_check(&mut self, source: &str, count: u64) {
        self.population.cross_check =
            Some(evidenced_schemas::population::CrossCheck { source: source.to_owned(), count });
    }

    /// Counts the documents of this type and region and closes the balance.
    pub fn close(mut self, resources: &[Resource]) -> Population {
        for resource in resources {
            if resource.type_ != self.population.type_ || resource.region != self.population.region {
                continue;
            }
            self.population.listed += 1;
            if resource.gaps.is_empty() {
                self.population.evaluated += 1;
            } else {
                self.population.not_evaluated += 1;
            }
        }
        if let Some(check) = &self.population.cross_check
            && check.count != self.population.listed
            && self.population.reason.is_none()
        {
            self.population.reason =
                Some(format!("listed {}, but {} says {}", self.population.listed, check.source, check.count));
        }
        self.population
    }
}
