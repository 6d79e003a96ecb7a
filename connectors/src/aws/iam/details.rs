//! The one stream that most of IAM is read from: `GetAccountAuthorizationDetails`.
//!
//! Pages are asked for by hand, so that a failure on one page keeps those before it.

use super::ops::GET_ACCOUNT_AUTHORIZATION_DETAILS as OPERATION;
use crate::aws::Context;
use crate::aws::sdk::{self, Trace};
use crate::collection::Tally;
use crate::document::Read;
use crate::exchange::CollectError;
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput as Page;
use aws_sdk_iam::types::EntityType;
use std::collections::BTreeSet;

/// The most that IAM gives on one page.
const PAGE_SIZE: i32 = 1000;

/// The pages that were read, and why there are no more when the last was not reached.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// Pages, in order.
    pub(super) pages: Vec<Read<Page>>,
    /// Why the stream was cut short.
    pub(super) error: Option<CollectError>,
}

impl Details {
    /// A population that this stream lists.
    pub(super) fn tally(&self, type_: &str) -> Tally {
        let mut tally = Tally::new(type_, super::REGION);
        tally.pages(self.pages.len() as u64);
        if let Some(error) = &self.error {
            tally.cut_short(error.sentence());
        }
        tally
    }

    /// Notes that the stream held something that cannot be made a document of.
    fn spoiled(&mut self, message: String, exchanges: Vec<u64>) {
        self.error.get_or_insert(malformed(message, exchanges));
    }

    /// Calls `each` for every listed thing that has an identifier, once for each identifier; one without any leaves the
    /// stream incomplete.
    pub(super) fn each<T: Clone>(
        &mut self,
        what: &str,
        list: impl Fn(&Page) -> &[T],
        id: impl Fn(&T) -> Option<&str>,
        mut each: impl FnMut(&T, &str, &Read<()>),
    ) {
        let mut seen = BTreeSet::new();
        let mut nameless = None;
        for page in &self.pages {
            let source = Read { value: (), exchanges: page.exchanges.clone(), at: page.at };
            for thing in list(&page.value) {
                match id(thing) {
                    Some(id) if seen.insert(id.to_owned()) => each(thing, id, &source),
                    Some(_) => {}
                    None => nameless = Some(page.exchanges.clone()),
                }
            }
        }
        if let Some(exchanges) = nameless {
            self.spoiled(format!("{what} without an ARN"), exchanges);
        }
    }
}

/// Reads the stream to its end, or as far as it goes.
pub(super) async fn read(context: &Context) -> Details {
    let mut details = Details::default();
    let mut markers = BTreeSet::new();
    let mut marker = None;
    loop {
        let page = match page(context, marker).await {
            Ok(page) => page,
            Err(error) => {
                details.error = Some(error);
                return details;
            }
        };
        context.progress("iam", &format!("authorization details: page {}", details.pages.len() + 1));
        let next = next_marker(&page.value, &mut markers);
        let exchanges = page.exchanges.clone();
        details.pages.push(page);
        match next {
            Ok(Some(next)) => marker = Some(next),
            Ok(None) => return details,
            Err(message) => {
                details.spoiled(message.to_owned(), exchanges);
                return details;
            }
        }
    }
}

async fn page(context: &Context, marker: Option<String>) -> Result<Read<Page>, CollectError> {
    let client = context.iam();
    let send = |trace: Trace| {
        client
            .get_account_authorization_details()
            .filter(EntityType::User)
            .filter(EntityType::Role)
            .filter(EntityType::Group)
            .filter(EntityType::LocalManagedPolicy)
            .filter(EntityType::AwsManagedPolicy)
            .max_items(PAGE_SIZE)
            .set_marker(marker)
            .customize()
            .interceptor(trace)
            .send()
    };
    let read = sdk::call(&OPERATION, super::REGION, send).await?;
    let page = &read.value;
    let lists_nothing = page.user_detail_list.is_none()
        && page.group_detail_list.is_none()
        && page.role_detail_list.is_none()
        && page.policies.is_none();
    if lists_nothing {
        return Err(malformed("an answer with none of its lists", read.exchanges));
    }
    Ok(read)
}

/// The marker of the next page; none on the last. A page that says there is more, but not where, is malformed.
fn next_marker(page: &Page, seen: &mut BTreeSet<String>) -> Result<Option<String>, &'static str> {
    if !page.is_truncated {
        return Ok(None);
    }
    match page.marker.as_ref().filter(|marker| !marker.is_empty()) {
        None => Err("a truncated page without a marker"),
        Some(marker) if !seen.insert(marker.clone()) => Err("a marker that was given before"),
        Some(marker) => Ok(Some(marker.clone())),
    }
}

/// An answer of this operation that is not as documented.
pub(super) fn malformed(message: impl Into<String>, exchanges: Vec<u64>) -> CollectError {
    CollectError::malformed(OPERATION.service, OPERATION.name, super::REGION, message, exchanges)
}
