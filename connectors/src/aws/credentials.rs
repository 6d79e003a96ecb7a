//! Credentials, region and endpoints as every AWS tool finds them, through `aws-config`.
//!
//! Environment, profile, SSO, web identity, containers, instance metadata and credential processes are searched in the
//! SDK's order, and the search is bounded. All of it goes over a transport that records nothing: tokens and `AssumeRole`
//! answers are deliberately never part of a bundle.

mod renewing;

use super::context::Context;
use super::identity::{self, Caller};
use super::{door, sdk};
use crate::collection::Order;
use crate::exchange::Transport;
use crate::exchange::http_client::sdk_http_client;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds::client::error::ImdsError;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::service_config::ServiceConfigKey;
use chrono::DateTime;
use evidenced_schemas::run::{Asked, Regions};
use evidenced_schemas::{Instant, ScopeId};
use renewing::Renewing;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// The region where none is set.
const DEFAULT_REGION: &str = "us-east-1";
/// Bound on the whole search for credentials. Without one, a machine outside AWS waits for instance metadata.
const SEARCH_AT_MOST: Duration = Duration::from_secs(10);
/// Bound on asking instance metadata for the region.
const REGION_AT_MOST: Duration = Duration::from_secs(2);

/// Credentials that could not be had. The text says what was tried and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct CredentialsError {
    what: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl CredentialsError {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None }
    }

    /// True when AWS refused: whoever asked may not, or what was asked for is not there.
    pub fn is_denied(&self) -> bool {
        self.source.as_deref().is_some_and(|source| sdk::chain(source).contains("AccessDenied"))
    }

    fn because(what: impl Into<String>, source: impl Error + Send + Sync + 'static) -> Self {
        Self { what: what.into(), source: Some(Box::new(source)) }
    }
}

/// What the environment says: credentials, region, endpoints.
#[derive(Clone, Debug)]
pub struct Ambient {
    /// Renews itself.
    pub credentials: SharedCredentialsProvider,
    /// The home region.
    pub region: String,
    /// Endpoint overrides: `*`, or a service's key (`s3_control`).
    pub endpoints: BTreeMap<String, Url>,
    /// FIPS endpoints were asked for.
    pub use_fips: bool,
    /// Dual-stack endpoints were asked for.
    pub use_dual_stack: bool,
    config: SdkConfig,
}

impl Ambient {
    /// What a run with these regions is asked.
    pub fn asked(&self, regions: Regions) -> Asked {
        Asked {
            regions,
            home_region: self.region.clone(),
            endpoints: self.endpoints.clone(),
            use_fips: self.use_fips,
            use_dual_stack: self.use_dual_stack,
        }
    }
}

/// Finds the ambient credentials and proves that there are some. `transport` must be one that records nothing.
///
/// # Errors
/// When there are none, or they cannot be used, or the settings contradict each other.
pub async fn ambient(transport: Arc<dyn Transport>) -> Result<Ambient, CredentialsError> {
    let region = region(&transport).await;
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(sdk_http_client(transport, "sts"))
        .retry_config(RetryConfig::disabled())
        .region(Region::new(region.clone()));
    let config = timeout(SEARCH_AT_MOST, config.load()).await.map_err(|_| too_long())?;
    let found = config.credentials_provider().ok_or_else(|| CredentialsError::new(nothing_found()))?;
    let credentials = SharedCredentialsProvider::new(Renewing::over(found));
    let search = timeout(SEARCH_AT_MOST, credentials.provide_credentials()).await.map_err(|_| too_long())?;
    search.map_err(explain)?;
    let endpoints = endpoints(&config)?;
    let use_fips = config.use_fips().unwrap_or(false);
    let use_dual_stack = config.use_dual_stack().unwrap_or(false);
    if (use_fips || use_dual_stack) && !endpoints.is_empty() {
        return Err(CredentialsError::new(
            "FIPS or dual-stack endpoints and endpoint overrides exclude each other: unset AWS_USE_FIPS_ENDPOINT and \
             AWS_USE_DUALSTACK_ENDPOINT, or AWS_ENDPOINT_URL and its service-specific forms",
        ));
    }
    Ok(Ambient { credentials, region, endpoints, use_fips, use_dual_stack, config })
}

/// Credentials of a role, assumed with the ambient ones and renewed before they expire.
/// Documentation: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>; permission `sts:AssumeRole`.
///
/// # Errors
/// When the role cannot be assumed now.
pub async fn assume_role(
    ambient: &Ambient,
    role_arn: &str,
    external_id: Option<&str>,
    session_name: &str,
) -> Result<SharedCredentialsProvider, CredentialsError> {
    let mut role = AssumeRoleProvider::builder(role_arn).configure(&ambient.config).session_name(session_name);
    if let Some(external_id) = external_id {
        role = role.external_id(external_id);
    }
    let role = role.build_from_provider(ambient.credentials.clone()).await;
    let credentials = SharedCredentialsProvider::new(Renewing::over(SharedCredentialsProvider::new(role)));
    credentials.provide_credentials().await.map_err(|error| {
        CredentialsError::because(
            format!(
                "the role {role_arn} could not be assumed: check that it exists, that its trust policy names this \
                 identity{}, and that this identity may call sts:AssumeRole",
                if external_id.is_some() { " and this external id" } else { " (without an external id)" }
            ),
            error,
        )
    })?;
    Ok(credentials)
}

/// The identity behind credentials, asked before a run over a transport that records nothing.
///
/// # Errors
/// When STS does not accept them or cannot be reached.
pub async fn caller(
    transport: Arc<dyn Transport>,
    asked: &Asked,
    credentials: &SharedCredentialsProvider,
) -> Result<Caller, CredentialsError> {
    let scope = "unknown".parse::<ScopeId>().map_err(CredentialsError::new)?;
    let as_of = Instant::new(DateTime::UNIX_EPOCH);
    let order = Order::new(scope, asked.clone(), as_of);
    let context = Context::new(order, transport, credentials.clone());
    let read = identity::caller(&context).await.map_err(|error| {
        CredentialsError::because(
            "the AWS credentials could not be checked with sts:GetCallerIdentity: renew them (`aws sso login`, a new \
             session token), and check that the endpoint of STS can be reached",
            error,
        )
    })?;
    Ok(read.value)
}

/// Credentials for a replay, which sends nothing. They open no door.
pub fn for_replay() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("REPLAY", "replay", None, None, "replay"))
}

/// The region of the environment, else of the profile, else of this machine, else the default.
async fn region(transport: &Arc<dyn Transport>) -> String {
    if let Some(region) = EnvironmentVariableRegionProvider::new().region().await {
        return region.to_string();
    }
    let config = ProviderConfig::without_region().with_http_client(sdk_http_client(Arc::clone(transport), "imds"));
    if let Some(region) = ProfileFileRegionProvider::builder().configure(&config).build().region().await {
        return region.to_string();
    }
    let metadata = ImdsRegionProvider::builder().configure(&config).build();
    if let Ok(Some(region)) = timeout(REGION_AT_MOST, metadata.region()).await {
        return region.to_string();
    }
    tracing::warn!(
        "no AWS region is set (AWS_REGION, or `region` of the profile): {DEFAULT_REGION} is the home region"
    );
    DEFAULT_REGION.to_owned()
}

/// Endpoint overrides, of all services and of each that is read. A service's own is listed where it differs.
fn endpoints(config: &SdkConfig) -> Result<BTreeMap<String, Url>, CredentialsError> {
    let parse = |text: &str| {
        Url::parse(text).map_err(|error| {
            CredentialsError::because(
                format!("the AWS endpoint `{text}` is not a URL: correct AWS_ENDPOINT_URL"),
                error,
            )
        })
    };
    let mut endpoints = BTreeMap::new();
    let general = config.endpoint_url();
    if let Some(text) = general {
        endpoints.insert("*".to_owned(), parse(text)?);
    }
    let Some(settings) = config.service_config() else { return Ok(endpoints) };
    for key in ["iam", "s3"].into_iter().chain(door::SERVICES.iter().map(|service| service.endpoint_key)) {
        let asked = ServiceConfigKey::builder()
            .service_id(key)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .map_err(|error| CredentialsError::because(format!("the endpoint of {key} could not be read"), error))?;
        if let Some(text) = settings.load_config(asked).filter(|text| Some(text.as_str()) != general) {
            endpoints.insert(key.to_owned(), parse(&text)?);
        }
    }
    Ok(endpoints)
}

fn nothing_found() -> String {
    let profile = match std::env::var("AWS_PROFILE") {
        Ok(name) if !name.is_empty() => format!("the profile `{name}` of ~/.aws (is it there, with credentials?)"),
        _ => "the profile `default` of ~/.aws".to_owned(),
    };
    format!(
        "no AWS credentials found: looked in the environment, {profile}, SSO, web identity, the container and the \
         instance's metadata. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a \
         role"
    )
}

fn too_long() -> CredentialsError {
    CredentialsError::new(format!(
        "no AWS credentials found within {} seconds: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \
         outside AWS set AWS_EC2_METADATA_DISABLED=true to skip the instance's metadata",
        SEARCH_AT_MOST.as_secs()
    ))
}

fn explain(error: ProviderError) -> CredentialsError {
    match error {
        ProviderError::CredentialsNotLoaded(_) => CredentialsError::because(nothing_found(), error),
        // The instance's metadata is the last place: that it cannot be reached means that there is none.
        _ if sdk::causes(&error).any(<dyn Error>::is::<ImdsError>) => CredentialsError::because(nothing_found(), error),
        ProviderError::ProviderTimedOut(_) => too_long(),
        ProviderError::InvalidConfiguration(_) => CredentialsError::because(
            "the AWS profile or environment is not valid: correct ~/.aws/config, or the AWS_… variables",
            error,
        ),
        _ => CredentialsError::because(
            "AWS credentials were found but cannot be used: renew them (`aws sso login`, a new session token), or check \
             the profile",
            error,
        ),
    }
}

#[cfg(test)]
mod tests;
