//! One cache of credentials for the SDK clients and the door together.

use super::super::sdk;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// Credentials are renewed this long before they expire.
const RENEWED_BEFORE: Duration = Duration::from_mins(5);

/// Keeps credentials until shortly before they expire, for the SDK clients and the door together.
#[derive(Debug)]
pub(super) struct Renewing {
    source: SharedCredentialsProvider,
    held: Mutex<Option<Credentials>>,
}

impl Renewing {
    pub(super) fn over(source: SharedCredentialsProvider) -> Self {
        Self { source, held: Mutex::default() }
    }

    #[expect(clippy::disallowed_methods, reason = "credentials expire by the wall clock; no verdict depends on it")]
    async fn current(&self) -> provider::Result {
        let mut held = self.held.lock().await;
        let lasts = |credentials: &Credentials, time: Duration| {
            credentials.expiry().is_none_or(|expiry| expiry > SystemTime::now() + time)
        };
        if let Some(credentials) = held.as_ref().filter(|credentials| lasts(credentials, RENEWED_BEFORE)) {
            return Ok(credentials.clone());
        }
        match self.source.provide_credentials().await {
            Ok(fresh) => Ok(held.insert(fresh).clone()),
            Err(error) => match held.as_ref().filter(|credentials| lasts(credentials, Duration::ZERO)) {
                Some(credentials) => {
                    tracing::warn!("AWS credentials could not be renewed yet: {}", sdk::chain(&error));
                    Ok(credentials.clone())
                }
                None => Err(error),
            },
        }
    }
}

impl ProvideCredentials for Renewing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.current())
    }
}
