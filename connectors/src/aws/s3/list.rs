//! The list of buckets, to its last page or to the page that failed.

use super::{answers, operations};
use crate::aws::{Context, sdk};
use crate::document::Read;
use crate::exchange::CollectError;
use evidenced_schemas::Instant;
use std::collections::BTreeSet;

/// Most that S3 gives in one page.
const PAGE: i32 = 1000;

/// A bucket as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) creation_date: Option<String>,
    /// The region, where the list says it.
    pub(super) region: Option<String>,
}

/// What was listed.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    /// Buckets of every page that was read.
    pub(super) buckets: Vec<Read<Listed>>,
    /// Pages that were read.
    pub(super) pages: u64,
    /// Why the list ends early, if it does.
    pub(super) error: Option<CollectError>,
    /// Names so far: a bucket that comes on two pages is one bucket.
    names: BTreeSet<String>,
}

impl Listing {
    /// Takes one page; gives the token of the next.
    fn take(&mut self, page: Read<aws_sdk_s3::operation::list_buckets::ListBucketsOutput>) -> Option<String> {
        self.pages += 1;
        let Read { value, exchanges, at } = page;
        for bucket in value.buckets.unwrap_or_default() {
            let Some(name) = bucket.name.filter(|name| !name.is_empty()) else {
                self.fail("a bucket of the list has no name", exchanges.clone(), at);
                continue;
            };
            if !self.names.insert(name.clone()) {
                continue;
            }
            let listed = Listed {
                name,
                creation_date: bucket.creation_date.as_ref().and_then(answers::time),
                region: bucket.bucket_region.filter(|region| !region.is_empty()),
            };
            self.buckets.push(Read { value: listed, exchanges: exchanges.clone(), at });
        }
        value.continuation_token.filter(|token| !token.is_empty())
    }

    fn fail(&mut self, message: &str, exchanges: Vec<u64>, at: Option<Instant>) {
        let operation = &operations::LIST_BUCKETS;
        let error = CollectError::malformed(operation.service, operation.name, "global", message, exchanges);
        self.error.get_or_insert(CollectError { at, ..error });
    }
}

/// Lists the account's buckets, in every region.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>, permission `s3:ListAllMyBuckets`. A page that
/// fails keeps the pages before it; a token that comes back twice would never end and is `malformed`.
pub(super) async fn buckets(context: &Context) -> Listing {
    let client = context.s3(context.home_region());
    let mut listing = Listing::default();
    let mut tokens = BTreeSet::new();
    let mut token: Option<String> = None;
    loop {
        let request = client.list_buckets().max_buckets(PAGE).set_continuation_token(token.take());
        let answer = sdk::call(&operations::LIST_BUCKETS, "global", |trace| {
            Box::pin(request.customize().interceptor(trace).send())
        });
        let page = match answer.await {
            Ok(page) => page,
            Err(error) => {
                listing.error.get_or_insert(error);
                return listing;
            }
        };
        let (exchanges, at) = (page.exchanges.clone(), page.at);
        let Some(next) = listing.take(page) else { return listing };
        if !tokens.insert(next.clone()) {
            listing.fail("the answer gave a page token for the second time", exchanges, at);
            return listing;
        }
        token = Some(next);
    }
}
