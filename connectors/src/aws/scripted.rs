//! A transport for tests: canned answers, and what was asked.

use super::credentials;
use super::regions::{Discovered, Region};
use super::{Context, Family};
use crate::collection::{Collected, Order};
use crate::document::Read;
use crate::exchange::{ApiRequest, ApiResponse, CollectError, Transport};
use chrono::DateTime;
use evidenced_schemas::run::{Asked, Regions};
use evidenced_schemas::{GapReason, Instant, Population, Resource};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

/// Answers calls from a script. An answer's exchange number is its line in the script, so that the order of calls leaves
/// no trace.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    lines: Mutex<Vec<Line>>,
    requests: Mutex<Vec<ApiRequest>>,
    /// Calls give way to others this many times before they are answered, differently for each call.
    shuffle: u64,
}

#[derive(Debug)]
struct Line {
    call: &'static str,
    needle: &'static str,
    status: u16,
    body: String,
    spent: bool,
    lasting: bool,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn shuffled(shuffle: u64) -> Self {
        Self { shuffle, ..Self::default() }
    }

    /// Answers one call of this operation whose region, URL or body holds `needle`.
    pub(crate) fn once(self, call: &'static str, needle: &'static str, status: u16, body: &str) -> Self {
        self.line(call, needle, status, body, false)
    }

    /// Answers every such call.
    pub(crate) fn always(self, call: &'static str, needle: &'static str, status: u16, body: &str) -> Self {
        self.line(call, needle, status, body, true)
    }

    fn line(self, call: &'static str, needle: &'static str, status: u16, body: &str, lasting: bool) -> Self {
        self.lines.lock().unwrap().push(Line { call, needle, status, body: body.to_owned(), spent: false, lasting });
        self
    }

    /// What was asked, in order.
    pub(crate) fn requests(&self) -> Vec<ApiRequest> {
        self.requests.lock().unwrap().clone()
    }

    fn answer(&self, request: &ApiRequest) -> Option<(u64, u16, String)> {
        let call = format!("{}:{}", request.service, request.operation);
        let text = format!("{} {} {}", request.region, request.url, String::from_utf8_lossy(&request.body));
        let mut lines = self.lines.lock().unwrap();
        let fits = |line: &Line| line.call == call && text.contains(line.needle) && (line.lasting || !line.spent);
        let index = lines.iter().position(fits)?;
        lines[index].spent = true;
        Some((index as u64 + 1, lines[index].status, lines[index].body.clone()))
    }
}

#[async_trait::async_trait]
impl Transport for Scripted {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        self.requests.lock().unwrap().push(request.clone());
        let Some((seq, status, body)) = self.answer(&request) else {
            let message = "not in the script";
            let error = CollectError::malformed(&request.service, &request.operation, &request.region, message, vec![]);
            return Err(CollectError { kind: GapReason::Unavailable, ..error });
        };
        for _ in 0..(seq.wrapping_mul(self.shuffle) % 17) {
            tokio::task::yield_now().await;
        }
        let finished_at =
            Instant::new(DateTime::from_timestamp(1_700_000_000 + i64::try_from(seq).unwrap(), 0).unwrap());
        Ok(ApiResponse { seq, status, headers: BTreeMap::new(), body: body.into(), finished_at })
    }

    async fn pause(&self, _: Duration) {}
}

/// An order for account 123456789012 with `us-east-1` as home.
pub(crate) fn order() -> Order {
    Order::new(
        "123456789012".parse().unwrap(),
        Asked {
            regions: Regions::default(),
            home_region: "us-east-1".to_owned(),
            endpoints: BTreeMap::new(),
            use_fips: false,
            use_dual_stack: false,
        },
        Instant::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap()),
    )
}

/// The same with an endpoint in place of every service's own.
pub(crate) fn overridden(endpoint: &str) -> Order {
    let mut order = order();
    order.asked.endpoints.insert("*".to_owned(), Url::parse(endpoint).unwrap());
    order
}

/// A context over a script.
pub(crate) fn context(order: Order, script: &Arc<Scripted>) -> Context {
    Context::new(order, Arc::clone(script) as Arc<dyn Transport>, credentials::for_replay())
}

/// Reads a family in `us-east-1` over a script; with what was asked.
pub(crate) async fn read_family(family: &Family, script: Scripted) -> (Collected, Arc<Scripted>) {
    read_script(family, &["us-east-1"], &["us-east-1"], script).await
}

/// Reads one family over a script, with these regions enabled and read.
pub(crate) async fn read(family: &Family, regions: &[&str], script: Scripted) -> Collected {
    read_some(family, regions, regions, script).await
}

/// The same where some of the enabled regions only are read.
pub(crate) async fn read_some(family: &Family, enabled: &[&str], to_read: &[&str], script: Scripted) -> Collected {
    read_script(family, enabled, to_read, script).await.0
}

async fn read_script(
    family: &Family,
    enabled: &[&str],
    to_read: &[&str],
    script: Scripted,
) -> (Collected, Arc<Scripted>) {
    let script = Arc::new(script);
    let context = context(order(), &script);
    let region = |name: &&str| Region { name: (*name).to_owned(), opt_in_status: "opted-in".to_owned() };
    let listed = Ok(Read { value: enabled.iter().map(region).collect(), exchanges: vec![], at: None });
    let to_read = to_read.iter().map(|region| (*region).to_owned()).collect();
    context.set_regions(Discovered { listed, to_read, unread: vec![] });
    (family.read(&context).await.ordered(), script)
}

/// The row of a type, of which there is one.
pub(crate) fn row<'a>(collected: &'a Collected, type_: &str) -> &'a Population {
    let mut rows = collected.populations.iter().filter(|row| row.type_ == type_);
    let first = rows.next().unwrap_or_else(|| panic!("no row of {type_}"));
    assert!(rows.next().is_none(), "more than one row of {type_}");
    first
}

/// The document of a type, of which there is one.
pub(crate) fn only<'a>(collected: &'a Collected, type_: &str) -> &'a Resource {
    let mut all = collected.resources.iter().filter(|resource| resource.type_ == type_);
    let first = all.next().unwrap_or_else(|| panic!("no {type_}: {:?}", row(collected, type_)));
    assert!(all.next().is_none(), "more than one {type_}");
    first
}

/// A document's gaps: field and reason.
pub(crate) fn gaps(resource: &Resource) -> Vec<(&str, GapReason)> {
    resource.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect()
}
