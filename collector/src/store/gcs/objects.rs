//! Objects through Google's own client: it sends and checks CRC32C, resumes a download that was cut, and sends what is
//! large in a resumable session. Its retries are bounded here, in number and in time.

use super::Put;
use bytes::{Bytes, BytesMut};
use evidenced_connectors::exchange::error::kind_of_status;
use evidenced_connectors::exchange::{CollectError, ErrorDialect};
use evidenced_connectors::gcp::credentials::Credentials;
use evidenced_schemas::GapReason;
use google_cloud_gax::error::CredentialsError;
use google_cloud_gax::error::rpc::{Status, StatusDetails};
use google_cloud_gax::exponential_backoff::ExponentialBackoffBuilder;
use google_cloud_gax::retry_policy::RetryPolicyExt as _;
use google_cloud_gax::retry_throttler::CircuitBreaker;
use google_cloud_storage::Error;
use google_cloud_storage::client::Storage;
use google_cloud_storage::read_resume_policy::{ReadResumePolicyExt as _, Recommended};
use google_cloud_storage::retry_policy::RetryableErrors;
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// Attempts of one call, the first among them; as the transport makes.
const ATTEMPTS: u32 = 5;
/// Delay before the second attempt; doubled for each further one, with jitter.
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// The longest delay.
const LONGEST_DELAY: Duration = Duration::from_secs(20);
/// Bound on one step with all its attempts: the client itself waits for ever for a server that says nothing.
const PATIENCE: Duration = Duration::from_mins(5);
/// The slowest upload that is waited for, in bytes a second.
const SLOWEST: u64 = 128 << 10;

/// The client, and the bucket's full name.
#[derive(Debug)]
pub(super) struct Objects {
    client: Storage,
    bucket: String,
}

impl Objects {
    /// A client at this endpoint. Nothing is sent yet.
    pub(super) async fn new(
        endpoint: &Url,
        credentials: Credentials,
        universe: String,
        bucket: &str,
    ) -> Result<Self, google_cloud_gax::client_builder::Error> {
        let backoff = ExponentialBackoffBuilder::new()
            .with_initial_delay(FIRST_DELAY)
            .with_maximum_delay(LONGEST_DELAY)
            .with_scaling(2.0)
            .clamp();
        // The client's own throttle gives up sooner the more has failed, which the number of attempts decides here.
        let patient = CircuitBreaker::clamp(1, 0, 0);
        let client = Storage::builder()
            .with_endpoint(endpoint.as_str())
            .with_universe_domain(universe)
            .with_credentials(credentials)
            .with_retry_policy(RetryableErrors.with_attempt_limit(ATTEMPTS).with_time_limit(PATIENCE))
            .with_backoff_policy(backoff)
            .with_retry_throttler(patient)
            .with_read_resume_policy(Recommended.with_attempt_limit(ATTEMPTS))
            .with_grpc_subchannel_count(1)
            .build()
            .await?;
        Ok(Self { client, bucket: format!("projects/_/buckets/{bucket}") })
    }

    /// Puts an object that must not exist.
    /// Documentation: <https://cloud.google.com/storage/docs/json_api/v1/objects/insert>; permission
    /// `storage.objects.create`.
    pub(super) async fn put(&self, key: &str, bytes: Bytes) -> Result<Put, CollectError> {
        const OPERATION: &str = "objects.insert";
        let patience = PATIENCE + Duration::from_secs(bytes.len() as u64 / SLOWEST);
        // Generation 0 is "there is no such object". The condition makes a retry safe too. The client's future is large.
        let put = self.client.write_object(&self.bucket, key, bytes).set_if_generation_match(0);
        match timeout(patience, Box::pin(put.send_unbuffered())).await {
            Ok(Ok(_)) => Ok(Put::Stored),
            Ok(Err(error)) if error.http_status_code() == Some(412) => Ok(Put::Exists),
            Ok(Err(error)) => Err(explain(OPERATION, &error)),
            Err(_) => Err(no_answer(OPERATION, patience)),
        }
    }

    /// An object's bytes; none when there is no such object.
    /// Documentation: <https://cloud.google.com/storage/docs/json_api/v1/objects/get>; permission `storage.objects.get`.
    pub(super) async fn get(&self, key: &str) -> Result<Option<Bytes>, CollectError> {
        const OPERATION: &str = "objects.get";
        let reading = timeout(PATIENCE, self.client.read_object(&self.bucket, key).send());
        let mut answer = match reading.await.map_err(|_| no_answer(OPERATION, PATIENCE))? {
            Ok(answer) => answer,
            Err(error) => {
                let error = explain(OPERATION, &error);
                // A bucket that is gone has the same status as an object that is not there, but other words.
                let missing = error.kind == GapReason::NotFound && !error.message.contains("bucket does not exist");
                return if missing { Ok(None) } else { Err(error) };
            }
        };
        let mut bytes = BytesMut::new();
        while let Some(part) = timeout(PATIENCE, answer.next()).await.map_err(|_| no_answer(OPERATION, PATIENCE))? {
            bytes.extend_from_slice(&part.map_err(|error| explain(OPERATION, &error))?);
        }
        Ok(Some(bytes.freeze()))
    }
}

fn told(operation: &str, kind: GapReason, code: &str, message: String) -> CollectError {
    CollectError {
        kind,
        service: "storage".to_owned(),
        operation: operation.to_owned(),
        region: "global".to_owned(),
        code: code.to_owned(),
        message,
        exchanges: Vec::new(),
        at: None,
    }
}

fn no_answer(operation: &str, patience: Duration) -> CollectError {
    told(operation, GapReason::Timeout, "-", format!("no whole answer within {} seconds", patience.as_secs()))
}

/// What the client's error means, as the transport would tell it.
fn explain(operation: &str, error: &Error) -> CollectError {
    let causes = || std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source());
    // Some failures come wrapped in another that says only that the transport failed.
    let inner = causes().filter_map(|cause| cause.downcast_ref::<Error>()).last().unwrap_or(error);
    if let Some(status) = inner.http_status_code() {
        let code = inner.status().and_then(reason);
        let kind = code.as_deref().and_then(|code| ErrorDialect::Google.kind(code));
        let message = inner.status().map_or_else(|| payload(inner), |status| status.message.clone());
        let code = code.unwrap_or_else(|| status.to_string());
        return told(operation, kind.unwrap_or_else(|| kind_of_status(status)), &code, message);
    }
    let said = causes().find(|cause| cause.is::<evidenced_connectors::gcp::credentials::CredentialsError>());
    let said = said.or_else(|| causes().last()).map(ToString::to_string).unwrap_or_default();
    let kind = match causes().find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        Some(refused) if !refused.is_transient() => GapReason::Unauthenticated,
        _ if inner.is_timeout() => GapReason::Timeout,
        _ => GapReason::Unavailable,
    };
    told(operation, kind, "-", said)
}

/// The most exact code of an answer in Google's form: `rateLimitExceeded` says more than the 403 it may come with.
fn reason(status: &Status) -> Option<String> {
    status.details.iter().find_map(|detail| match detail {
        StatusDetails::ErrorInfo(info) => Some(info.reason.clone()),
        _ => None,
    })
}

/// The beginning of a body that is not in Google's form: a download is refused in plain text.
fn payload(error: &Error) -> String {
    let text = error.http_payload().map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default();
    text.chars().take(300).collect()
}
