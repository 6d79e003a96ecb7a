//! A recorded run of Azure or Google Cloud made again without a network, with some of its answers replaced: hundreds of runs in the time that the
//! real binary needs for a few.

use crate::evidence::{Bundle, Rows};
use evidenced::catalogue::Catalogue;
use evidenced::evaluate::evaluate;
use evidenced::ledger;
use evidenced_connectors::exchange::replay::Replay;
use evidenced_connectors::{Order, azure, gcp};
use evidenced_schemas::exchange::{ExchangeError, ExchangeResponse};
use evidenced_schemas::{Cloud, Digest, Exchange, GapReason, RunRecord};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// What comes in the place of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// An answer with this status and body.
    Answer(u16, String),
    /// The connection ended within the body.
    Cut,
}

/// A kind of call: an operation, and for the bulk lists of both clouds what is listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// `Microsoft.Storage`, `Graph`, `storage.googleapis.com`
    pub service: String,
    /// `BlobServices_GetServiceProperties`, `storage.buckets.list`
    pub operation: String,
    /// The table of Resource Graph, or the type of content of Cloud Asset Inventory (`contentType=RESOURCE`).
    pub table: Option<String>,
}

/// The parameter by which Cloud Asset Inventory is asked for resources or for policies.
const CONTENT: &str = "contentType=";

impl Kind {
    fn of(exchange: &Exchange) -> Self {
        let asked = exchange.request.body.as_deref().unwrap_or_default();
        let query = serde_json::from_str::<Value>(asked).ok().and_then(|body| Some(body["query"].as_str()?.to_owned()));
        let table = query.and_then(|query| Some(query.split_once(" | ")?.0.to_owned()));
        let content =
            || exchange.request.url.split(['?', '&']).find(|part| part.starts_with(CONTENT)).map(str::to_owned);
        let table = table.or_else(content);
        Self { service: exchange.service.clone(), operation: exchange.operation.clone(), table }
    }

    /// As gaps and balances name it.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// True when it is asked of Microsoft Graph.
    pub fn is_graph(&self) -> bool {
        self.service == "Graph"
    }

    /// True when it tells what the reader may see, on which every list of Resource Manager stands.
    pub fn is_about_the_reader(&self) -> bool {
        use azure::reader::{DENY_ASSIGNMENTS, OWN_ROLE_ASSIGNMENTS, ROLE_DEFINITION};
        [&OWN_ROLE_ASSIGNMENTS, &DENY_ASSIGNMENTS, &ROLE_DEFINITION]
            .iter()
            .any(|operation| (operation.service, operation.name) == (&*self.service, &*self.operation))
    }

    /// True for Cloud Asset Inventory, in whose place each API is asked where it refuses.
    pub fn is_inventory(&self) -> bool {
        self.service == gcp::assets::SERVICE
    }

    /// The operations of Google Cloud that make it.
    pub fn google(&self) -> Vec<&'static gcp::Operation> {
        let all = gcp::resource_types().flat_map(|type_| type_.operations.iter().copied());
        all.filter(|operation| self.is_google(operation)).collect()
    }

    fn is_google(&self, operation: &gcp::Operation) -> bool {
        let content = match operation.request {
            gcp::Request::Asset(_) => Some("contentType=RESOURCE"),
            gcp::Request::Get(path) | gcp::Request::Post(path, _) => {
                path.split(['?', '&']).find(|part| part.starts_with(CONTENT))
            }
        };
        (operation.service, operation.name, content) == (&*self.service, &*self.operation, self.table.as_deref())
    }

    /// Why a verdict must not have changed, or a row not be lost, when calls of this kind went wrong: its type does not stand on this
    /// call, or nothing says so.
    pub fn unexplained(&self, clean: &Bundle, now: &Bundle, (control, id): &(String, String)) -> Option<String> {
        let judged = clean.catalogue.iter().find(|one| one["id"] == **control)?;
        let type_ = ["resource", "scope"].iter().find_map(|member| judged[*member].as_str())?;
        let of_the_reader = self.is_about_the_reader() && !type_.starts_with("azure.entra.");
        if !self.types().contains(type_) && !of_the_reader {
            return Some(format!("{control} {id} changed, and {type_} does not declare this operation"));
        }
        let names = |text: &Value| text.as_str().is_some_and(|text| text.contains(&self.name()));
        let in_balance =
            now.populations.iter().any(|row| row["type"] == type_ && row["complete"] == false && names(&row["reason"]));
        let of_row = |resource: &&Value| resource["type"] == type_ && (id.is_empty() || resource["id"] == **id);
        let in_gap = now.resources.iter().filter(of_row).any(|resource| {
            resource["gaps"].as_array().is_some_and(|gaps| gaps.iter().any(|gap| names(&gap["operation"])))
        });
        (!in_balance && !in_gap).then(|| format!("{control} {id} changed, and nothing of {type_} names the operation"))
    }

    /// The resource types that declare it.
    pub fn types(&self) -> BTreeSet<&'static str> {
        if self.service.ends_with(".googleapis.com") {
            let is_it = |operation: &&'static gcp::Operation| self.is_google(operation);
            let declaring = gcp::resource_types().filter(|type_| type_.operations.iter().any(is_it));
            return declaring.map(|type_| type_.name).collect();
        }
        let is_it = |operation: &&&azure::Operation| {
            let table = match operation.request {
                azure::Request::Rows { table, .. } => Some(table),
                azure::Request::Get(_) | azure::Request::Post(_) => None,
            };
            (operation.service, operation.name) == (&*self.service, &*self.operation) && table == self.table.as_deref()
        };
        let declaring = azure::resource_types().filter(|type_| type_.operations.iter().any(|one| is_it(&one)));
        declaring.map(|type_| type_.name).collect()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name())?;
        self.table.as_ref().map_or(Ok(()), |table| write!(f, " of {table}"))
    }
}

/// The calls of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// How many there were.
    pub number: usize,
    /// Which of them, from 0, had an answer and no error.
    pub answered: Vec<usize>,
}

/// A recorded run.
#[derive(Debug)]
pub struct Recorded {
    run: RunRecord,
    identity: Option<String>,
    catalogue: Catalogue,
    exchanges: Vec<Exchange>,
    /// What answers calls that the run did not make, and makes only when others fail.
    instead: Vec<Exchange>,
    bundle: Bundle,
}

impl Recorded {
    /// What a bundle of the real binary holds.
    pub fn of(bundle: Bundle) -> Self {
        let read = |value: &Value| serde_json::from_value(value.clone()).expect("it is of the format");
        let controls =
            bundle.catalogue.iter().map(|control| serde_json::from_value(control.clone()).expect("a control"));
        Self {
            run: read(&bundle.run),
            identity: bundle.statement["predicate"]["identity"].as_str().map(str::to_owned),
            catalogue: Catalogue::from_bundle(controls.collect()).expect("a catalogue of the same version"),
            exchanges: bundle
                .exchanges
                .iter()
                .map(|exchange| serde_json::from_value(exchange.clone()).expect("an exchange"))
                .collect(),
            instead: vec![],
            bundle,
        }
    }

    /// The same, where calls that it did not make are answered as in another run.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.instead.clone_from(&other.exchanges);
        self
    }

    /// The bundle as the binary made it.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Its verdicts.
    pub fn rows(&self) -> Rows {
        self.bundle.rows()
    }

    /// Every kind of call that was made.
    pub fn kinds(&self) -> BTreeMap<Kind, Calls> {
        let mut kinds = BTreeMap::<Kind, Calls>::new();
        for exchange in &self.exchanges {
            let calls = kinds.entry(Kind::of(exchange)).or_default();
            if exchange.response.as_ref().is_some_and(|response| response.status == 200) {
                calls.answered.push(calls.number);
            }
            calls.number += 1;
        }
        kinds
    }

    /// The same run with what this function gives in the place of answers: its kind of call, and which of these calls it is, from 0, and
    /// what was recorded of it.
    pub fn again(
        &self,
        runtime: &tokio::runtime::Runtime,
        instead: impl Fn(&Kind, usize, &Exchange) -> Option<Instead>,
    ) -> Bundle {
        let mut seen = BTreeMap::<Kind, usize>::new();
        let mut exchanges = self.exchanges.clone();
        for exchange in &mut exchanges {
            let kind = Kind::of(exchange);
            let number = seen.entry(kind.clone()).or_default();
            if let Some(instead) = instead(&kind, *number, exchange) {
                replace(exchange, instead);
            }
            *number += 1;
        }
        let order = Order {
            identity: self.identity.clone(),
            ..Order::new(self.run.scope.clone(), self.run.asked.clone(), self.run.as_of)
        };
        exchanges.extend(self.instead.iter().cloned());
        let replay = Arc::new(Replay::from_exchanges(exchanges));
        let transport = Arc::clone(&replay) as Arc<_>;
        let collected = match self.run.cloud {
            Cloud::Azure => runtime.block_on(azure::collect(order, transport, None)),
            Cloud::Gcp => runtime.block_on(gcp::collect(order, transport, None)),
            Cloud::Aws | Cloud::Org => panic!("runs of {:?} are not made again here", self.run.cloud),
        };
        assert_eq!(replay.unanswered(), Vec::<String>::new(), "trouble makes no calls of its own");
        let (resources, populations) = (&collected.resources, &collected.populations);
        let findings =
            evaluate(&self.catalogue, self.run.cloud, &self.run.scope, self.run.as_of, resources, populations);
        let gaps = ledger::gaps(resources, populations);
        Bundle {
            ledger: String::new(),
            statement: json!({"predicate": {"gaps": gaps, "complete": gaps == 0}}),
            run: self.bundle.run.clone(),
            exchanges: vec![],
            resources: values(resources),
            populations: values(populations),
            findings: values(&findings),
            catalogue: self.bundle.catalogue.clone(),
        }
    }
}

/// The JSON that a call was answered with; none where it failed.
pub fn good_answer(exchange: &Exchange) -> Option<Value> {
    let response = exchange.response.as_ref().filter(|response| response.status == 200)?;
    serde_json::from_str(response.body.as_deref()?).ok()
}

fn values<T: Serialize>(all: &[T]) -> Vec<Value> {
    all.iter().map(|one| serde_json::to_value(one).expect("it is of the format")).collect()
}

fn replace(exchange: &mut Exchange, instead: Instead) {
    match instead {
        Instead::Cut => {
            exchange.response = None;
            exchange.error =
                Some(ExchangeError { kind: GapReason::Unavailable, message: "the connection ended".to_owned() });
        }
        Instead::Answer(status, body) => {
            let headers = exchange.response.take().map(|response| response.headers).unwrap_or_default();
            exchange.response = Some(ExchangeResponse {
                status,
                request_id: None,
                date: None,
                headers,
                sha256: Digest::of(body.as_bytes()),
                body: Some(body),
                body_base64: None,
            });
        }
    }
}
