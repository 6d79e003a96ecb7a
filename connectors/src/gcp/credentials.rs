//! Application default credentials, found as every Google Cloud tool finds them, through `google-cloud-auth`.
//!
//! Searched in this order (AIP-4110): the file that `GOOGLE_APPLICATION_CREDENTIALS` names (a service account's key, a
//! workload's `external_account`, an impersonation), the file that `gcloud auth application-default login` leaves, and
//! the metadata server (`GCE_METADATA_HOST` names another). The library makes its own connections, as it must: tokens are
//! deliberately never part of a record. No token is logged or shown.

mod identity;

use crate::exchange::Transport;
use crate::exchange::live::Wire;
use google_cloud_auth::credentials::{
    Builder, CacheableResource, Credentials as Found, CredentialsProvider, EntityTag,
};
use google_cloud_auth::errors::CredentialsError as ProviderError;
use http::{Extensions, HeaderMap};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// What the tokens are good for. What the identity may do is decided by its roles.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// The universe of an identity that names none.
const UNIVERSE: &str = "googleapis.com";
/// Bound on getting a token. Without one, a machine outside Google Cloud waits for its metadata server.
const SEARCH_AT_MOST: Duration = Duration::from_secs(15);

/// What a caller acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialsErrorKind {
    /// There are none, or they are not accepted: somebody must change something.
    Unusable,
    /// The service that gives tokens did not answer, or not now.
    Unavailable,
}

/// Credentials that could not be had. The text says what was tried and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct CredentialsError {
    /// What a caller acts on.
    pub kind: CredentialsErrorKind,
    what: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The ambient credentials. Clones share tokens, which are renewed before they expire.
#[derive(Clone)]
pub struct Credentials {
    /// By OAuth scope. None after a failure: the library gives up for good after some, and a later call looks again.
    found: Arc<Mutex<BTreeMap<&'static str, Found>>>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// Finds the ambient credentials. No token is asked for yet. Call it inside a Tokio runtime, where tokens are renewed.
    ///
    /// # Errors
    /// When the file that is named does not exist or is no credentials file, or no HTTPS client can be made.
    pub fn ambient() -> Result<Self, CredentialsError> {
        // It installs the TLS provider, and finds out that there are root certificates: the library panics without.
        Wire::new().map_err(|error| CredentialsError {
            kind: CredentialsErrorKind::Unusable,
            what: "no Google Cloud token can be asked for".to_owned(),
            source: Some(Box::new(error)),
        })?;
        Ok(Self { found: Arc::new(Mutex::new(BTreeMap::from([(SCOPE, find(SCOPE)?)]))) })
    }

    /// The headers that carry the token: `authorization`, and `x-goog-user-project` where a quota project is set.
    ///
    /// # Errors
    /// When no token can be had now.
    pub async fn headers(&self) -> Result<HeaderMap, CredentialsError> {
        self.headers_for(None).await
    }

    /// The same, with a token that is good for this OAuth scope; none for `cloud-platform`.
    ///
    /// # Errors
    /// When no token can be had now.
    pub async fn headers_for(&self, scope: Option<&'static str>) -> Result<HeaderMap, CredentialsError> {
        let scope = scope.unwrap_or(SCOPE);
        let found = self.found(scope)?;
        let failed = match timeout(SEARCH_AT_MOST, found.headers(Extensions::new())).await {
            Ok(Ok(CacheableResource::New { data, .. })) => return Ok(data),
            Ok(Ok(CacheableResource::NotModified)) => no_token("the library gave no token"),
            Ok(Err(error)) => explain(error),
            Err(_) => no_token(&format!("there was no answer within {} seconds", SEARCH_AT_MOST.as_secs())),
        };
        self.found.lock().unwrap_or_else(PoisonError::into_inner).remove(scope);
        Err(failed)
    }

    /// The universe that the identity belongs to: the end of every service's name, `googleapis.com` in all but sovereign
    /// clouds.
    pub async fn universe_domain(&self) -> String {
        let domain = match self.found(SCOPE) {
            Ok(found) => timeout(SEARCH_AT_MOST, found.universe_domain()).await.ok().flatten(),
            Err(_) => None,
        };
        domain.unwrap_or_else(|| UNIVERSE.to_owned())
    }

    /// The e-mail address of whoever reads, where it can be told: from the credentials file, or by the metadata server.
    pub async fn identity(&self, transport: &Arc<dyn Transport>) -> Option<String> {
        match file() {
            Some(path) => identity::of_file(&path),
            None => identity::of_metadata(transport).await,
        }
    }

    fn found(&self, scope: &'static str) -> Result<Found, CredentialsError> {
        let mut held = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = held.get(scope) {
            return Ok(found.clone());
        }
        let found = find(scope)?;
        held.insert(scope, found.clone());
        Ok(found)
    }
}

/// For clients of the library's own family. They get the same tokens.
impl CredentialsProvider for Credentials {
    async fn headers(&self, _: Extensions) -> Result<CacheableResource<HeaderMap>, ProviderError> {
        // The tag lets a client keep what it derives from a token. None is kept: every answer is new.
        let data = self.headers().await.map_err(|error| {
            let transient = error.kind == CredentialsErrorKind::Unavailable;
            ProviderError::from_source(transient, error)
        })?;
        Ok(CacheableResource::New { entity_tag: EntityTag::new(), data })
    }

    async fn universe_domain(&self) -> Option<String> {
        Some(self.universe_domain().await)
    }
}

fn find(scope: &'static str) -> Result<Found, CredentialsError> {
    Builder::default().with_scopes([scope]).build().map_err(|error| {
        let remedy = if error.is_loading() {
            "cannot be read: correct GOOGLE_APPLICATION_CREDENTIALS, or unset it to use the machine's own identity"
        } else if error.is_unknown_type() || error.is_not_supported() {
            "are of a kind that cannot be used here: use a service account, an external_account, or the machine's own \
             identity"
        } else {
            "are not valid: make the credentials file anew (`gcloud auth application-default login`, or a service \
             account's key)"
        };
        CredentialsError {
            kind: CredentialsErrorKind::Unusable,
            what: format!("the Google Cloud credentials {} {remedy}", place()),
            source: Some(Box::new(error)),
        }
    })
}

/// The credentials file that is in force, as the library finds it.
fn file() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GOOGLE_APPLICATION_CREDENTIALS") {
        return Some(PathBuf::from(named));
    }
    let home = std::env::var_os("HOME")?;
    let path = PathBuf::from(home).join(".config/gcloud/application_default_credentials.json");
    path.exists().then_some(path)
}

/// Where the credentials are looked for, as the library does.
fn place() -> String {
    match std::env::var_os("GOOGLE_APPLICATION_CREDENTIALS") {
        Some(path) => format!("of {} (GOOGLE_APPLICATION_CREDENTIALS)", path.display()),
        None => "of ~/.config/gcloud/application_default_credentials.json".to_owned(),
    }
}

/// What was tried when a token was asked for, and what to do.
fn tried() -> String {
    if std::env::var_os("GOOGLE_APPLICATION_CREDENTIALS").is_some() {
        return format!(
            "no Google Cloud token with the credentials {}: check that they are not expired or revoked and that the \
             token service can be reached",
            place()
        );
    }
    let server = std::env::var("GCE_METADATA_HOST").map_or_else(
        |_| "the metadata server of this machine".to_owned(),
        |host| format!("the metadata server {host} (GCE_METADATA_HOST)"),
    );
    format!(
        "no Google Cloud token: GOOGLE_APPLICATION_CREDENTIALS is not set; tried what `gcloud auth application-default \
         login` leaves, and {server}. Set GOOGLE_APPLICATION_CREDENTIALS, log in, or give this machine a service account"
    )
}

fn no_token(why: &str) -> CredentialsError {
    CredentialsError { kind: CredentialsErrorKind::Unavailable, what: format!("{} ({why})", tried()), source: None }
}

fn explain(error: ProviderError) -> CredentialsError {
    if error.is_transient() {
        // The library wraps "connection refused" in advice of its own.
        let causes = std::iter::successors(Some(&error as &dyn Error), |error| (*error).source());
        return no_token(&causes.last().map(ToString::to_string).unwrap_or_default());
    }
    CredentialsError { kind: CredentialsErrorKind::Unusable, what: tried(), source: Some(Box::new(error)) }
}
