//! Access reviews: what they cover, and when one was last finished.
//!
//! Documentation: <https://learn.microsoft.com/graph/accessreviews-scope-concept>.

use crate::azure::Context;
use crate::azure::listing;
use crate::azure::operation::{Operation, Request};
use crate::document::Read;
use crate::exchange::CollectError;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Access reviews, with how they recur.
pub(super) static DEFINITIONS: Operation = Operation {
    name: "identityGovernance.accessReviews.ListDefinitions",
    permission: "Graph:AccessReview.Read.All",
    request: Request::Get("/v1.0/identityGovernance/accessReviews/definitions?$top=100"),
    is_list: true,
    unlicensed: super::NO_PREMIUM,
    docs: "https://learn.microsoft.com/graph/api/accessreviewset-list-definitions",
    ..Operation::GRAPH
};

/// The times that one access review was held.
pub(super) static INSTANCES: Operation = Operation {
    name: "identityGovernance.accessReviews.definitions.ListInstances",
    permission: "Graph:AccessReview.Read.All",
    request: Request::Get("/v1.0/identityGovernance/accessReviews/definitions/{id}/instances?$top=100"),
    is_list: true,
    docs: "https://learn.microsoft.com/graph/api/accessreviewscheduledefinition-list-instances",
    ..Operation::GRAPH
};

/// Reviews whose instances are read at the same time.
const AT_ONCE: usize = 8;
/// What an instance says once its reviewers are done.
const FINISHED: [&str; 4] = ["Applied", "AutoReviewed", "AutoReviewing", "Completed"];
/// Scopes that say in queries what they cover.
const BY_QUERY: [&str; 2] =
    ["#microsoft.graph.accessReviewQueryScope", "#microsoft.graph.principalResourceMembershipsScope"];
/// A scope that covers none but those who did not sign in for long.
const INACTIVE: &str = "#microsoft.graph.accessReviewInactiveUsersQueryScope";

#[derive(Debug, Deserialize)]
struct Definition {
    id: String,
    display_name: Option<String>,
    scope: Option<Value>,
    settings: Option<Settings>,
}

#[derive(Debug, Deserialize)]
struct Settings {
    recurrence: Option<Recurrence>,
}

#[derive(Debug, Deserialize)]
struct Recurrence {
    pattern: Option<Pattern>,
}

#[derive(Debug, Deserialize)]
struct Pattern {
    #[serde(rename = "type")]
    type_: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Instance {
    status: String,
    end_date_time: Option<String>,
}

/// An access review.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Review {
    /// Its id.
    id: String,
    /// Its name.
    display_name: Option<String>,
    /// It is held again and again.
    is_recurring: bool,
    /// It is about who has roles of the directory, active or not; null where its scope is of a kind that is not understood.
    covers_roles: Option<bool>,
    /// It is about guests; null as above.
    covers_guests: Option<bool>,
    /// When the last one that was finished ended; null for none.
    last_finished: Option<String>,
}

/// Reads every access review, sorted by id.
pub(super) async fn all(context: &Context) -> Result<Read<Option<Vec<Review>>>, CollectError> {
    let definitions = listing::whole_in_words::<Definition>(context, &DEFINITIONS, &[]).await?;
    let (mut exchanges, mut at) = (definitions.exchanges, definitions.at);
    let reads = definitions.value.into_iter().map(|definition| async move {
        let names = [("id", definition.id.as_str())];
        let instances = listing::whole_in_words::<Instance>(context, &INSTANCES, &names).await;
        instances.map(|instances| instances.map(|all| definition.review(&all)))
    });
    let reads: Vec<_> = reads.collect();
    let mut reviews = Vec::new();
    for read in stream::iter(reads).buffered(AT_ONCE).collect::<Vec<_>>().await {
        let read = read?;
        exchanges.extend(&read.exchanges);
        at = at.max(read.at);
        reviews.push(read.value);
    }
    reviews.sort_by(|one, other| one.id.cmp(&other.id));
    exchanges.sort_unstable();
    exchanges.dedup();
    Ok(Read { value: Some(reviews), exchanges, at })
}

impl Definition {
    fn review(&self, instances: &[Instance]) -> Review {
        let settings = self.settings.as_ref();
        let pattern = settings.and_then(|settings| settings.recurrence.as_ref()?.pattern.as_ref()?.type_.as_ref());
        let is_finished = |one: &&Instance| FINISHED.contains(&one.status.as_str());
        let queries = self.scope.as_ref().and_then(queries);
        let covers = |what: &str| queries.as_ref().map(|all| all.iter().any(|query| query.contains(what)));
        Review {
            id: self.id.clone(),
            display_name: self.display_name.clone(),
            is_recurring: pattern.is_some(),
            covers_roles: covers("/rolemanagement/directory/"),
            covers_guests: covers("usertype eq 'guest'"),
            last_finished: instances.iter().filter(is_finished).filter_map(|one| one.end_date_time.clone()).max(),
        }
    }
}

/// The queries of a scope in small letters; none where it has another kind of scope.
fn queries(scope: &Value) -> Option<Vec<String>> {
    let kind = scope.get("@odata.type")?.as_str()?;
    if kind.eq_ignore_ascii_case(INACTIVE) {
        return Some(vec![]);
    }
    if !BY_QUERY.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return None;
    }
    if let Some(query) = scope.get("query") {
        return Some(vec![query.as_str()?.to_ascii_lowercase()]);
    }
    let parts = ["principal_scopes", "resource_scopes"].iter().filter_map(|name| scope.get(name)?.as_array()).flatten();
    let parts: Option<Vec<Vec<String>>> = parts.map(queries).collect();
    Some(parts?.concat())
}
