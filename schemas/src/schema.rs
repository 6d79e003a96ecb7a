//! JSON Schemas (draft 2020-12), generated from the types.

use crate::api;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};

/// One published schema.
#[derive(Debug)]
pub struct Published {
    /// Its name: `schemas/json/<name>.schema.json`, `evidenced schema <name>`.
    pub name: &'static str,
    /// What it describes.
    pub about: &'static str,
    make: fn(&mut SchemaGenerator) -> Schema,
}

impl Published {
    /// The schema.
    pub fn schema(&self) -> serde_json::Value {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let mut schema = (self.make)(&mut generator);
        schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        schema.insert("$id".into(), format!("urn:evidenced:schema:{}:v1", self.name).into());
        schema.insert("title".into(), self.about.into());
        let definitions = generator.take_definitions(true);
        if !definitions.is_empty() {
            schema.insert("$defs".into(), definitions.into());
        }
        schema.to_value()
    }

    /// The file's text: pretty, with a trailing newline.
    ///
    /// # Panics
    /// Never: a schema is JSON.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.schema()).expect("a schema is JSON");
        text.push('\n');
        text
    }
}

fn make<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// Where [`components`] stands in an OpenAPI document.
const COMPONENTS: &str = "/components/schemas";

/// The bodies of the API and everything that they are made of, by the names that an OpenAPI document refers to them with.
pub fn components() -> serde_json::Map<String, serde_json::Value> {
    let with = |settings: &mut SchemaSettings| settings.definitions_path = COMPONENTS.into();
    let mut generator = SchemaSettings::draft2020_12().with(with).into_generator();
    let _ = generator.subschema_for::<api::Overview>();
    let _ = generator.subschema_for::<api::FindingsPage>();
    let _ = generator.subschema_for::<api::FindingEvidence>();
    let _ = generator.subschema_for::<api::ExchangeWhole>();
    let _ = generator.subschema_for::<api::ControlsList>();
    let _ = generator.subschema_for::<api::ControlNow>();
    let _ = generator.subschema_for::<api::BundlesPage>();
    let _ = generator.subschema_for::<api::Timeline>();
    let _ = generator.subschema_for::<api::Trend>();
    let _ = generator.subschema_for::<api::CoverageNow>();
    let _ = generator.subschema_for::<api::Refusal>();
    generator.take_definitions(true)
}

/// Every published schema.
pub static PUBLISHED: &[Published] = &[
    Published { name: "run", about: "run.json: what was asked of a run", make: make::<crate::run::RunRecord> },
    Published { name: "exchange", about: "A line of exchanges.jsonl", make: make::<crate::exchange::Exchange> },
    Published { name: "resource", about: "A line of resources.jsonl", make: make::<crate::resource::Resource> },
    Published {
        name: "populations",
        about: "populations.json: the balance",
        make: make::<Vec<crate::population::Population>>,
    },
    Published { name: "control", about: "A control", make: make::<crate::control::Control> },
    Published {
        name: "catalogue",
        about: "catalogue.json: the controls as evaluated",
        make: make::<Vec<crate::control::Control>>,
    },
    Published { name: "finding", about: "A line of findings.jsonl", make: make::<crate::finding::Finding> },
    Published { name: "change", about: "A line of changes.jsonl", make: make::<crate::change::Change> },
    Published { name: "summary", about: "summary.json: counts", make: make::<crate::summary::Summary> },
    Published { name: "policy", about: "policy.json: the policy in force", make: make::<crate::policy::Policy> },
    Published { name: "statement", about: "The payload of a ledger file", make: make::<crate::statement::Statement> },
    Published { name: "envelope", about: "A ledger file", make: make::<crate::statement::Envelope> },
    Published { name: "event", about: "A CloudEvent that `notify` sends", make: make::<crate::event::Event> },
    Published { name: "report", about: "The report of a period", make: make::<crate::report::Report> },
    Published {
        name: "sample",
        about: "A population at an instant, and a repeatable sample of it",
        make: make::<crate::sample::Sample>,
    },
    Published {
        name: "manifest",
        about: "manifest.json of an auditor's package",
        make: make::<crate::manifest::Manifest>,
    },
    Published {
        name: "coverage",
        about: "Which criteria and principles the controls stand for",
        make: make::<crate::coverage::Coverage>,
    },
    Published { name: "config", about: "evidenced.yaml", make: make::<crate::config::Config> },
    Published { name: "api-summary", about: "/v1/summary of the API", make: make::<api::Overview> },
    Published { name: "api-findings", about: "/v1/findings of the API", make: make::<api::FindingsPage> },
    Published {
        name: "api-finding",
        about: "/v1/findings/{run}/{line} of the API",
        make: make::<api::FindingEvidence>,
    },
    Published { name: "api-exchange", about: "/v1/exchanges/{run}/{seq} of the API", make: make::<api::ExchangeWhole> },
    Published { name: "api-controls", about: "/v1/controls of the API", make: make::<api::ControlsList> },
    Published { name: "api-control", about: "/v1/controls/{control} of the API", make: make::<api::ControlNow> },
    Published { name: "api-bundles", about: "/v1/bundles of the API", make: make::<api::BundlesPage> },
    Published { name: "api-timeline", about: "/v1/timeline of the API", make: make::<api::Timeline> },
    Published { name: "api-trend", about: "/v1/trend of the API", make: make::<api::Trend> },
    Published { name: "api-coverage", about: "/v1/coverage of the API", make: make::<api::CoverageNow> },
    Published {
        name: "api-problem",
        about: "A refusal of the API, application/problem+json",
        make: make::<api::Refusal>,
    },
];
