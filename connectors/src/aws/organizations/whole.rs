//! A run of an organisation's own scope, `organization-<id>`: the organisation, the list of its accounts with their states,
//! and the place of each with the policies on it.
//!
//! It is read with the ambient credentials, which are of the management account or of a delegated administrator. It
//! deliberately reads nothing inside an account: each has its own scope.

use super::answers::{self, Organization};
use super::member::Member;
use super::{FAMILY, LIST_ACCOUNTS, REGION, WHOLE, account};
use crate::aws::listing::{Listed as _, Place};
use crate::aws::{Context, identity};
use crate::collection::{Collected, Tally};
use crate::document::Read;
use crate::exchange::CollectError;
use evidenced_schemas::ScopeId;
use futures::stream::{self, StreamExt};
use serde_json::json;

/// What stands before an organisation's id in the name of its scope.
const PREFIX: &str = "organization-";

/// Accounts whose places are read at the same time. The transport bounds the calls.
const AT_ONCE: usize = 16;

/// The scope of an organisation.
///
/// # Errors
/// When its id cannot be a scope.
pub fn scope(organization: &Organization) -> Result<ScopeId, String> {
    format!("{PREFIX}{}", organization.id).parse()
}

/// True for the scope of an organisation.
pub fn is_scope(scope: &ScopeId) -> bool {
    scope.as_str().starts_with(PREFIX)
}

/// The organisation that the credentials see, with every account of it by id; none when they see none.
///
/// # Errors
/// When a page of the list could not be read: an account that is not listed would be left out in silence.
pub async fn directory(context: &Context) -> Result<Option<(Organization, Vec<Member>)>, CollectError> {
    let Some(organization) = answers::organization(context).await?.value else { return Ok(None) };
    let place = Place { context, region: REGION };
    let mut members = place.whole::<Member>(&LIST_ACCOUNTS, &["accounts"], json!({})).await?.value;
    members.sort_by(|a, b| a.id().cmp(b.id()));
    members.dedup_by(|a, b| a.id() == b.id());
    Ok(Some((organization, members)))
}

/// Reads the scope. Where the credentials see another organisation, or none, nothing is read: it would be no evidence about
/// this one.
pub async fn collect(context: &Context) -> Collected {
    let caller = identity::caller(context).await;
    let identity = caller.as_ref().ok().map(|read| read.value.arn.clone());
    let mut collected = Collected { identity, ..Collected::default() };
    context.set_caller(caller);
    let seen = match answers::organization(context).await {
        Ok(Read { value: Some(organization), .. }) => match scope(&organization) {
            Ok(scope) if scope == context.order().scope => Ok(()),
            _ => Err(format!("the credentials see the organisation {}", organization.id)),
        },
        Ok(_) => Err("the account of the credentials is in no organisation".to_owned()),
        Err(error) => Err(error.sentence()),
    };
    if let Err(reason) = seen {
        let rows = WHOLE.types.iter().chain(FAMILY.types).map(|type_| {
            let mut tally = Tally::new(type_.name, REGION);
            tally.cut_short(reason.clone());
            tally.close(&[])
        });
        collected.populations = rows.collect();
        return collected.ordered();
    }
    context.progress(WHOLE.name, "reading");
    let mut whole = WHOLE.read(context).await;
    let places = places(context, &whole).await;
    whole.merge(places);
    collected.merge(whole);
    collected.ordered()
}

/// The place of each account that was listed. The list that is cut short cuts this population short too.
async fn places(context: &Context, whole: &Collected) -> Collected {
    let mut tally = Tally::new(account::TYPE, REGION);
    if let Some(list) = whole.populations.iter().find(|row| row.type_ == Member::TYPE) {
        tally.pages(list.pages);
        if let (false, Some(reason)) = (list.complete, &list.reason) {
            tally.cut_short(reason.clone());
        }
    }
    let members = whole.resources.iter().filter(|resource| resource.type_ == Member::TYPE);
    let read: Vec<_> = members.map(|member| Box::pin(account::document(context, &member.id))).collect();
    let resources: Vec<_> = stream::iter(read).buffered(AT_ONCE).collect().await;
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}
