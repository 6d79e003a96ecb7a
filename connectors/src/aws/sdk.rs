//! Calls through the SDK crates of IAM and S3, told as the door tells its own: an answer with its exchanges, or a
//! [`CollectError`] of one of the documented kinds.
//!
//! The SDK's error types are deliberately not handed on: whatever the SDK makes of an answer, only the provider's code,
//! the HTTP status and what the transport reported decide.

use super::Operation;
use crate::document::{self, Read};
use crate::exchange::error;
use crate::exchange::http_client::{CallOutcome, CallTag};
use crate::exchange::{ApiResponse, CollectError, ErrorDialect};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use chrono::DateTime;
use evidenced_schemas::{GapReason, Instant};
use std::collections::BTreeMap;
use std::error::Error;

/// Names the call to the transport. Hand it to `customize().interceptor(trace)`.
#[derive(Clone, Debug)]
pub struct Trace(CallTag);

impl Trace {
    fn new(operation: &Operation, region: &str) -> Self {
        Self(CallTag {
            service: operation.service.to_owned(),
            operation: operation.name.to_owned(),
            region: region.to_owned(),
            secrets: operation.secrets,
            root: operation.root,
            ..CallTag::default()
        })
    }
}

#[dyn_dispatch_hint]
impl Intercept for Trace {
    fn name(&self) -> &'static str {
        "Trace"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().add_extension(self.0.clone());
        Ok(())
    }
}

/// Makes one SDK call. `region` is what the exchange is recorded under: a region's name, or `global` for IAM.
///
/// ```ignore
/// let acl = sdk::call(&GET_BUCKET_ACL, region, |trace| {
///     client.get_bucket_acl().bucket(name).customize().interceptor(trace).send()
/// })
/// .await;
/// ```
pub async fn call<T, E, S, F>(operation: &'static Operation, region: &str, send: S) -> Result<Read<T>, CollectError>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    S: FnOnce(Trace) -> F,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    let trace = Trace::new(operation, region);
    let tag = trace.0.clone();
    let answer = send(trace).await;
    let outcome = tag.outcome();
    match answer {
        Ok(value) => Ok(Read { value, exchanges: outcome.exchanges, at: outcome.at }),
        Err(error) => Err(explain(operation, region, &error, outcome)),
    }
}

/// A call's outcome where the operation's declared absence codes are a fact.
pub fn absent<T>(
    operation: &Operation,
    outcome: Result<Read<T>, CollectError>,
) -> Result<Read<Option<T>>, CollectError> {
    document::absent(operation.absent, outcome)
}

/// The kind of an error answer: the table's, except that a code which the operation declares as absence and the table
/// does not know is `not_found`, whatever status it came with.
pub(super) fn kind(operation: &Operation, code: Option<&str>, status: u16) -> GapReason {
    match code.and_then(error::kind_of_code) {
        Some(kind) => kind,
        None if code.is_some_and(|code| operation.is_absence(code)) => GapReason::NotFound,
        None => error::kind_of_status(status),
    }
}

/// What an SDK error means. What the transport noted comes first: the SDK wraps it.
fn explain<E>(
    operation: &Operation,
    region: &str,
    error: &SdkError<E, HttpResponse>,
    outcome: CallOutcome,
) -> CollectError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(error) = outcome.error {
        return error;
    }
    let told = |kind, code: Option<&str>, message: String| CollectError {
        kind,
        service: operation.service.to_owned(),
        operation: operation.name.to_owned(),
        region: region.to_owned(),
        code: code.unwrap_or("-").to_owned(),
        message,
        exchanges: outcome.exchanges.clone(),
        at: outcome.at,
    };
    match error {
        SdkError::ServiceError(failure) => {
            let status = failure.raw().status().as_u16();
            let (code, message) = said(failure.err(), failure.raw(), &outcome);
            if status < 300 && code.is_none() {
                return told(GapReason::Malformed, None, message);
            }
            let written = status.to_string();
            told(kind(operation, code.as_deref(), status), Some(code.as_deref().unwrap_or(&written)), message)
        }
        SdkError::ResponseError(_) => told(GapReason::Malformed, None, chain(error)),
        SdkError::TimeoutError(_) => told(GapReason::Timeout, None, chain(error)),
        _ if caused_by_credentials(error) => told(GapReason::Unauthenticated, None, chain(error)),
        SdkError::ConstructionFailure(_) => told(GapReason::Malformed, None, chain(error)),
        _ => told(GapReason::Unavailable, None, chain(error)),
    }
}

/// The provider's code and message: as the SDK read them, else wherever they stand in the body.
fn said<E>(error: &E, raw: &HttpResponse, outcome: &CallOutcome) -> (Option<String>, String)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let message = || error.message().map_or_else(|| chain(error), str::to_owned);
    if let Some(code) = error.code() {
        return (Some(code.to_owned()), message());
    }
    let body = raw.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default();
    let finished_at = outcome.at.unwrap_or(Instant::new(DateTime::UNIX_EPOCH));
    let answer = ApiResponse { seq: 0, status: raw.status().as_u16(), headers: BTreeMap::new(), body, finished_at };
    match ErrorDialect::AwsXml.read(&answer) {
        (Some(code), text) => (Some(code), text),
        (None, _) => (None, message()),
    }
}

/// True when somewhere below lies the failure to get credentials.
fn caused_by_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(<dyn Error>::is::<CredentialsError>)
}

/// An error and its causes in one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An error and everything below it.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

#[cfg(test)]
mod tests;
