//! The SDK's clients as this project uses them: over the one door, with the SDK's own retries, time limits and checksums
//! off, because the transport owns the first two and the caller gives the third.

use crate::exchange::Transport;
use crate::exchange::http_client::sdk_http_client;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use evidenced_schemas::run::Asked;
use std::sync::Arc;
use url::Url;

/// The endpoint that stands in for a service's own, where one is set: the service's key (`s3_control`), else `*`.
pub(super) fn endpoint<'a>(asked: &'a Asked, key: &str) -> Option<&'a Url> {
    asked.endpoints.get(key).or_else(|| asked.endpoints.get("*"))
}

/// An endpoint without the slash that `Url` puts at the end of a bare host.
fn bare(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// A client for IAM.
pub(super) fn iam(
    transport: &Arc<dyn Transport>,
    credentials: &SharedCredentialsProvider,
    asked: &Asked,
) -> aws_sdk_iam::Client {
    let mut config = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(asked.home_region.clone()))
        .credentials_provider(credentials.clone())
        .http_client(sdk_http_client(Arc::clone(transport), "iam"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .use_fips(asked.use_fips)
        .use_dual_stack(asked.use_dual_stack);
    config.set_endpoint_url(endpoint(asked, "iam").map(bare));
    aws_sdk_iam::Client::from_conf(config.build())
}

/// A client for S3 in a region: for the account that is read, and for the evidence store.
pub fn s3(
    transport: &Arc<dyn Transport>,
    credentials: &SharedCredentialsProvider,
    asked: &Asked,
    region: &str,
) -> aws_sdk_s3::Client {
    let endpoint = endpoint(asked, "s3").map(bare);
    let mut config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials.clone())
        .http_client(sdk_http_client(Arc::clone(transport), "s3"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .disable_s3_express_session_auth(true)
        .force_path_style(endpoint.is_some())
        .use_fips(asked.use_fips)
        .use_dual_stack(asked.use_dual_stack);
    config.set_endpoint_url(endpoint);
    aws_sdk_s3::Client::from_conf(config.build())
}
