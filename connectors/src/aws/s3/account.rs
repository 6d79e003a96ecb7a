//! `aws.s3.account`: the account's public access block, asked once and shared by all buckets.

use super::document::{AccountConfig, AccountDerived, PublicAccessBlock};
use super::read::understood;
use super::{ACCOUNT, answers, operations};
use crate::aws::Context;
use crate::document::{Draft, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use serde_json::json;

/// The account's block, or why it is unknown.
pub(super) type AccountBlock = Result<Read<Option<PublicAccessBlock>>, CollectError>;

/// Reads the account's block.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html>, permission
/// `s3:GetAccountPublicAccessBlock`. An account that never set one answers `NoSuchPublicAccessBlockConfiguration`.
pub(super) async fn block(context: &Context) -> AccountBlock {
    let operation = &operations::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK;
    let region = context.home_region();
    let answer = context.ask(operation, region, json!({})).await;
    understood(operation, region, answer, |value| answers::account_public_access_block(&value))
}

/// The document.
pub(super) fn document(context: &Context, block: &AccountBlock) -> Resource {
    let mut draft = Draft::new(ACCOUNT, context.account(), context.account(), "global");
    let public_access_block = draft.take("config.public_access_block", block.clone());
    context.finish(draft, &AccountConfig { public_access_block }, &AccountDerived {})
}
