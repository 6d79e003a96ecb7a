//! Tokens of Entra ID, found as Azure's own tools find them, through `azure_identity`.
//!
//! The order is that of `DefaultAzureCredential`: an application's secret or certificate in the environment (`AZURE_TENANT_ID`,
//! `AZURE_CLIENT_ID` with `AZURE_CLIENT_SECRET` or `AZURE_CLIENT_CERTIFICATE_PATH`), a workload's federated token (`AZURE_FEDERATED_TOKEN_FILE`), the managed
//! identity of this machine (`IDENTITY_ENDPOINT` and `IDENTITY_HEADER`, or instance metadata, which
//! `AZURE_POD_IDENTITY_AUTHORITY_HOST` says the place of; `AZURE_CLIENT_ID` names one of several), and the login of the Azure CLI.
//! What the environment names is used, and nothing else is tried when that fails.
//! All of it goes over a transport that records nothing. It deliberately writes no token anywhere, the log among it.
//!
//! Documentation: <https://learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains>.

mod certificate;
mod metadata;
mod sources;

use super::http_client;
use crate::exchange::{Transport, error};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::{Duration as TokenTime, OffsetDateTime};
use sources::{Settings, Source};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::Url;

/// Bound on getting one token, the search for a place that gives one among it. The Azure CLI takes some seconds.
const TOKEN_AT_MOST: Duration = Duration::from_secs(30);
/// Tokens are renewed this long before they expire.
const RENEWED_BEFORE: TokenTime = TokenTime::minutes(5);

/// Azure credentials that could not be had, or gave no token. The text says what was tried and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct CredentialsError {
    what: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
    passing: bool,
}

impl CredentialsError {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None, passing: false }
    }

    fn because(what: impl Into<String>, source: azure_core::Error) -> Self {
        let passing = is_passing(&source);
        Self { what: what.into(), source: Some(Box::new(source)), passing }
    }

    /// True when the same may work later: the place that gives tokens was found before or is named, and did not answer.
    pub fn passing(&self) -> bool {
        self.passing
    }
}

/// True for a failure that the transport would try again.
fn is_passing(error: &azure_core::Error) -> bool {
    let below = http_client::cause(error).map(|cause| cause.kind);
    let status = http_client::status(error).map(error::kind_of_status);
    below.or(status).is_some_and(|kind| error::rule(kind).retried)
}

/// Credentials that give tokens and renew them. Clones share what they hold.
#[derive(Clone, Debug)]
pub struct Credentials {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sources: Vec<Source>,
    /// The source that gave the first token: no other is asked after that, so that the identity never changes.
    chosen: OnceLock<usize>,
    held: Mutex<BTreeMap<String, AccessToken>>,
}

impl Credentials {
    /// What the environment names. Nothing is asked yet. `transport` must be one that records nothing.
    ///
    /// # Errors
    /// When what the environment names is incomplete, or cannot be used.
    pub fn ambient(transport: Arc<dyn Transport>) -> Result<Self, CredentialsError> {
        Ok(Self::over(sources::find(&Settings::of_environment(), transport)?))
    }

    /// The same, at an authority in place of the environment's (`AZURE_AUTHORITY_HOST`) and of the public cloud's.
    ///
    /// # Errors
    /// As [`Credentials::ambient`].
    pub fn ambient_at(transport: Arc<dyn Transport>, authority: Option<&Url>) -> Result<Self, CredentialsError> {
        let mut settings = Settings::of_environment();
        settings.authority = authority.map(ToString::to_string).or(settings.authority);
        Ok(Self::over(sources::find(&settings, transport)?))
    }

    fn over(sources: Vec<Source>) -> Self {
        Self { inner: Arc::new(Inner { sources, chosen: OnceLock::new(), held: Mutex::default() }) }
    }

    /// A token for a scope: `https://storage.azure.com/.default`, `https://vault.azure.net/.default`,
    /// `https://management.azure.com/.default`. It is kept until shortly before it expires.
    ///
    /// # Errors
    /// When no place gives one, or the one that does refuses.
    pub async fn token(&self, scope: &str) -> Result<String, CredentialsError> {
        Ok(self.current(scope).await?.token.secret().to_owned())
    }

    /// One token at a time, so that many callers of a fresh process do not all ask.
    async fn current(&self, scope: &str) -> Result<AccessToken, CredentialsError> {
        let mut held = self.inner.held.lock().await;
        let lasts = |token: &AccessToken, time| token.expires_on > OffsetDateTime::now_utc() + time;
        if let Some(token) = held.get(scope).filter(|token| lasts(token, RENEWED_BEFORE)) {
            return Ok(token.clone());
        }
        let asked = timeout(TOKEN_AT_MOST, self.search(scope)).await.unwrap_or_else(|_| Err(too_long()));
        match asked {
            Ok(fresh) => {
                held.insert(scope.to_owned(), fresh.clone());
                Ok(fresh)
            }
            Err(error) => match held.get(scope).filter(|token| lasts(token, TokenTime::ZERO)) {
                Some(token) => {
                    tracing::warn!("the Azure token could not be renewed yet: {error}");
                    Ok(token.clone())
                }
                None => Err(error),
            },
        }
    }

    async fn search(&self, scope: &str) -> Result<AccessToken, CredentialsError> {
        let sources = &self.inner.sources;
        if let [only] = &sources[..] {
            return only.token(scope).await.map_err(|error| refused(only, error));
        }
        if let Some(chosen) = self.inner.chosen.get().and_then(|index| sources.get(*index)) {
            return chosen.token(scope).await.map_err(|error| refused(chosen, error));
        }
        let mut tried = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            match source.token(scope).await {
                Ok(token) => {
                    tracing::debug!(source = source.name, "Azure credentials found");
                    let _ = self.inner.chosen.set(index);
                    return Ok(token);
                }
                Err(error) => tried.push(format!("{} ({})", source.name, what_to_do(source, &error))),
            }
        }
        Err(CredentialsError::new(format!("no Azure credentials found: tried {}. {WHAT_TO_DO}", tried.join(" and "))))
    }
}

const WHAT_TO_DO: &str = "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or \
    AZURE_CLIENT_CERTIFICATE_PATH), or AZURE_FEDERATED_TOKEN_FILE, or give this machine a managed identity, or run `az login`";

fn what_to_do(source: &Source, error: &azure_core::Error) -> String {
    format!("{}. {}", one_line(error), source.remedy)
}

fn refused(source: &Source, error: azure_core::Error) -> CredentialsError {
    let what = format!("{} gave no Azure token: {}", source.name, what_to_do(source, &error));
    CredentialsError::because(what, error)
}

fn too_long() -> CredentialsError {
    let what = format!("no Azure token within {} seconds. {WHAT_TO_DO}", TOKEN_AT_MOST.as_secs());
    CredentialsError { passing: true, ..CredentialsError::new(what) }
}

/// What an error says, without the lines and the link that the library adds.
fn one_line(error: &azure_core::Error) -> String {
    let whole = match http_client::cause(error) {
        Some(cause) => cause.to_string(),
        None => error.to_string(),
    };
    let first = whole.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it did not say why");
    first.trim_end_matches('.').to_owned()
}

/// For Azure's own clients.
#[async_trait::async_trait]
impl TokenCredential for Credentials {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        use azure_core::error::{Error, ErrorKind};
        let [scope] = scopes else {
            return Err(Error::with_message(ErrorKind::Credential, "a token is for one scope"));
        };
        self.current(scope).await.map_err(|error| Error::new(ErrorKind::Credential, error))
    }
}

#[cfg(test)]
mod tests;
