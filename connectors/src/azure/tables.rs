//! Azure Resource Graph: the resources of a subscription in pages of 1,000, every type of a table by one query.
//!
//! Resource Graph leaves out what its reader may not see, without a word, so its rows prove nothing by themselves: a type's
//! list is whole only where [`super::reader`] shows that the reader may read that type in the whole subscription. It also
//! says how many rows there are (`totalRecords`), which must be as many as came, each once.
//!
//! Documentation: <https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data>.

use super::context::Context;
use super::door;
use super::operation::{Operation, Request};
use crate::document::Read;
use crate::exchange::CollectError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The resource provider of Resource Graph.
pub(super) const SERVICE: &str = "Microsoft.ResourceGraph";
/// The operation that every query is.
pub(super) const NAME: &str = "Resources";
/// What asking Resource Graph at all needs.
pub(super) const PERMISSION: &str = "Microsoft.ResourceGraph/resources/read";

/// `POST …/resources`.
pub static QUERY: Operation = Operation {
    service: SERVICE,
    name: NAME,
    permission: PERMISSION,
    request: Request::Post("/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"),
    secrets: &SECRETS,
    docs: "https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources",
    ..Operation::PLAIN
};

/// Addresses in action groups that hold the key of what they call.
const SECRETS: [&str; 4] = [
    "data[].properties.automationRunbookReceivers[].serviceUri",
    "data[].properties.azureFunctionReceivers[].httpTriggerUrl",
    "data[].properties.logicAppReceivers[].callbackUrl",
    "data[].properties.webhookReceivers[].serviceUri",
];

/// The most rows that a page holds.
const ROWS_A_PAGE: u32 = 1_000;
/// A query that goes on after so many pages does not end.
const PAGES_AT_MOST: u64 = 10_000;

/// The rows of a table, by type in small letters.
#[derive(Debug, Default)]
pub struct Rows {
    by_type: BTreeMap<String, Vec<Read<Value>>>,
    /// Pages that were read.
    pub pages: u64,
    /// Why the table was not read to its end.
    pub error: Option<CollectError>,
}

impl Rows {
    /// The rows of a type.
    pub fn of(&self, type_: &str) -> &[Read<Value>] {
        self.by_type.get(type_).map_or(&[], Vec::as_slice)
    }
}

/// `QueryResponse`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    total_records: u64,
    count: usize,
    #[serde(default)]
    result_truncated: Option<String>,
    #[serde(default, rename = "$skipToken")]
    skip_token: Option<String>,
    data: Vec<Value>,
}

impl Context {
    /// The rows of a table: of every type that a family reads from it. They are asked for once.
    pub(super) async fn rows(&self, table: &'static str) -> Arc<Rows> {
        let place = self.table(table);
        Arc::clone(place.get_or_init(|| async { Arc::new(self.query(table).await) }).await)
    }

    async fn query(&self, table: &'static str) -> Rows {
        let mut rows = Rows::default();
        let (mut token, mut seen, mut tokens) = (None, BTreeSet::new(), BTreeSet::new());
        loop {
            let body = body(self.subscription(), table, token.as_deref());
            let answer = match self.ask(&QUERY, &[], Some(&body)).await {
                Ok(answer) => answer,
                Err(error) => return Rows { error: Some(error), ..rows },
            };
            let (exchanges, at) = (answer.exchanges.clone(), answer.at);
            let wrong = |what: String| CollectError { at, ..door::malformed(&QUERY, what, exchanges.clone()) };
            let page = match door::typed::<Page>(&QUERY, answer) {
                Ok(page) => page.value,
                Err(error) => return Rows { error: Some(error), ..rows },
            };
            rows.pages += 1;
            let trouble = rows.add(self.subscription(), &page, &exchanges, at, &mut seen).err();
            let trouble = trouble.or_else(|| page.trouble(seen.len()));
            if let Some(what) = trouble {
                return Rows { error: Some(wrong(what)), ..rows };
            }
            match page.skip_token.filter(|token| !token.is_empty()) {
                None => return rows,
                Some(next) if rows.pages < PAGES_AT_MOST && tokens.insert(next.clone()) => token = Some(next),
                Some(_) => return Rows { error: Some(wrong("the pages do not end".to_owned())), ..rows },
            }
        }
    }
}

impl Rows {
    fn add(
        &mut self,
        subscription: &str,
        page: &Page,
        exchanges: &[u64],
        at: Option<evidenced_schemas::Instant>,
        seen: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        for row in &page.data {
            let text = |member: &str| row.get(member).and_then(Value::as_str);
            let (Some(id), Some(type_)) = (text("id"), text("type")) else {
                return Err("a row has no `id` or no `type`".to_owned());
            };
            if !text("subscriptionId").is_some_and(|of| of.eq_ignore_ascii_case(subscription)) {
                return Err(format!("`{id}` is of a subscription that was not asked for"));
            }
            if !seen.insert(format!("{} {}", type_.to_ascii_lowercase(), id.to_ascii_lowercase())) {
                return Err(format!("`{id}` came twice, so that another may be missing"));
            }
            let row = Read { value: row.clone(), exchanges: exchanges.to_vec(), at };
            self.by_type.entry(type_.to_ascii_lowercase()).or_default().push(row);
        }
        Ok(())
    }
}

impl Page {
    /// What is wrong with the counts of a page, after `seen` rows in all.
    fn trouble(&self, seen: usize) -> Option<String> {
        let is_last = self.skip_token.as_ref().is_none_or(String::is_empty);
        if self.count != self.data.len() {
            return Some(format!("the page has {} rows and says {}", self.data.len(), self.count));
        }
        if is_last && self.result_truncated.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("true")) {
            return Some("the result is truncated and has no next page".to_owned());
        }
        (is_last && seen as u64 != self.total_records)
            .then(|| format!("{seen} rows came and totalRecords says {}", self.total_records))
    }
}

/// The request for a page.
fn body(subscription: &str, table: &str, token: Option<&str>) -> Value {
    let names: Vec<String> = types_of(table).iter().map(|type_| format!("'{type_}'")).collect();
    let query = format!("{table} | where type in~ ({}) | order by id asc", names.join(", "));
    let mut options = json!({"resultFormat": "objectArray", "$top": ROWS_A_PAGE});
    if let Some(token) = token {
        options["$skipToken"] = json!(token);
    }
    json!({"subscriptions": [subscription], "query": query, "options": options})
}

/// Every type that a family reads from a table, in order.
fn types_of(table: &str) -> BTreeSet<&'static str> {
    let operations = super::resource_types().flat_map(|type_| type_.operations);
    operations
        .filter_map(|operation| match operation.request {
            Request::Rows { table: of, type_ } if of == table => Some(type_),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
