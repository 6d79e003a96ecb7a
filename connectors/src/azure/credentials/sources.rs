//! The places that give tokens, in their order.

use super::super::http_client::client_options;
use super::CredentialsError;
use super::certificate::Certificate;
use super::metadata::{self, MetadataAt};
use crate::exchange::Transport;
use azure_core::Error;
use azure_core::credentials::{AccessToken, Secret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Where tokens are asked for in the public cloud.
const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";
/// Bound on finding out whether there is instance metadata.
const METADATA_AT_MOST: Duration = Duration::from_secs(2);

/// What the environment says. Empty variables are none.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) tenant_id: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Secret>,
    pub(super) client_certificate_path: Option<String>,
    pub(super) federated_token_file: Option<String>,
    /// Something gives tokens for the managed identity, and it is not instance metadata.
    pub(super) identity_endpoint: bool,
    /// Where instance metadata is, in place of the address that it has on every machine of Azure.
    pub(super) metadata: Option<String>,
    pub(super) authority: Option<String>,
}

impl Settings {
    pub(super) fn of_environment() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            tenant_id: variable("AZURE_TENANT_ID"),
            client_id: variable("AZURE_CLIENT_ID"),
            client_secret: variable("AZURE_CLIENT_SECRET").map(Secret::new),
            client_certificate_path: variable("AZURE_CLIENT_CERTIFICATE_PATH"),
            federated_token_file: variable("AZURE_FEDERATED_TOKEN_FILE"),
            identity_endpoint: variable("IDENTITY_ENDPOINT").or_else(|| variable("MSI_ENDPOINT")).is_some(),
            metadata: variable("AZURE_POD_IDENTITY_AUTHORITY_HOST"),
            authority: variable("AZURE_AUTHORITY_HOST"),
        }
    }

    /// The tenant and the client, which `for_what` needs.
    fn application(&self, for_what: &str) -> Result<(String, String), CredentialsError> {
        let missing = |name: &str| CredentialsError::new(format!("{for_what} is set and {name} is not: set it too"));
        let tenant = self.tenant_id.clone().ok_or_else(|| missing("AZURE_TENANT_ID"))?;
        let client = self.client_id.clone().ok_or_else(|| missing("AZURE_CLIENT_ID"))?;
        Ok((tenant, client))
    }
}

/// A place that gives tokens.
#[derive(Debug)]
pub(super) struct Source {
    /// What it is, in messages.
    pub(super) name: &'static str,
    /// What to do when it gives none.
    pub(super) remedy: &'static str,
    credential: Arc<dyn TokenCredential>,
    /// Set where it must be found out first whether there is such a place.
    probe: Option<Arc<dyn Transport>>,
}

impl Source {
    pub(super) fn new(name: &'static str, remedy: &'static str, credential: Arc<dyn TokenCredential>) -> Self {
        Self { name, remedy, credential, probe: None }
    }

    /// Asks it for a token.
    pub(super) async fn token(&self, scope: &str) -> azure_core::Result<AccessToken> {
        if let Some(transport) = &self.probe {
            let asked = timeout(METADATA_AT_MOST, transport.call(metadata::probe())).await;
            // Asked without its header it refuses, which is an answer. A proxy in between fails with 5xx.
            if !asked.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status < 500)) {
                return Err(Error::with_message(ErrorKind::Credential, "this machine has no instance metadata"));
            }
        }
        self.credential.get_token(&[scope], None).await
    }
}

/// The places to ask: one where the environment names it, else the two that need no setting.
pub(super) fn find(settings: &Settings, transport: Arc<dyn Transport>) -> Result<Vec<Source>, CredentialsError> {
    if let Some(secret) = &settings.client_secret {
        return Ok(vec![application(settings, secret.clone(), &transport)?]);
    }
    if let Some(file) = &settings.client_certificate_path {
        return Ok(vec![with_certificate(settings, file, &transport)?]);
    }
    if let Some(file) = &settings.federated_token_file {
        return Ok(vec![workload(settings, file, &transport)?]);
    }
    let mut managed = managed(settings, &transport)?;
    if settings.identity_endpoint || settings.metadata.is_some() {
        return Ok(vec![managed]);
    }
    managed.probe = Some(transport);
    Ok(vec![managed, cli(settings)?])
}

/// Documentation: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.
fn application(
    settings: &Settings,
    secret: Secret,
    transport: &Arc<dyn Transport>,
) -> Result<Source, CredentialsError> {
    let (tenant, client) = settings.application("AZURE_CLIENT_SECRET")?;
    let client_options = client_options(transport, "entra", settings.authority.as_deref());
    let options = ClientSecretCredentialOptions { client_options };
    let credential = ClientSecretCredential::new(&tenant, client, secret, Some(options)).map_err(unusable)?;
    let remedy = "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, and AZURE_AUTHORITY_HOST outside the \
                  public cloud";
    Ok(Source::new("the application of AZURE_CLIENT_ID", remedy, credential))
}

/// Documentation: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>.
fn with_certificate(
    settings: &Settings,
    file: &str,
    transport: &Arc<dyn Transport>,
) -> Result<Source, CredentialsError> {
    let (tenant, client) = settings.application("AZURE_CLIENT_CERTIFICATE_PATH")?;
    let authority = settings.authority.as_deref().unwrap_or(PUBLIC_AUTHORITY).trim_end_matches('/');
    let token_url = format!("{authority}/{tenant}/oauth2/v2.0/token");
    let certificate = Certificate::read(Path::new(file), &client, &token_url)
        .map_err(|what| CredentialsError::new(format!("AZURE_CLIENT_CERTIFICATE_PATH: {what}")))?;
    let client_options = client_options(transport, "entra", settings.authority.as_deref());
    let options = ClientAssertionCredentialOptions { client_options };
    let credential = ClientAssertionCredential::new(tenant, client, certificate, Some(options)).map_err(unusable)?;
    let remedy =
        "Check AZURE_TENANT_ID and AZURE_CLIENT_ID, and that the application's registration has this certificate";
    Ok(Source::new("the application of AZURE_CLIENT_ID, with its certificate", remedy, credential))
}

/// Documentation: <https://learn.microsoft.com/azure/aks/workload-identity-overview>.
fn workload(settings: &Settings, file: &str, transport: &Arc<dyn Transport>) -> Result<Source, CredentialsError> {
    let (tenant, client) = settings.application("AZURE_FEDERATED_TOKEN_FILE")?;
    let client_options = client_options(transport, "entra", settings.authority.as_deref());
    let options = WorkloadIdentityCredentialOptions {
        credential_options: ClientAssertionCredentialOptions { client_options },
        client_id: Some(client),
        tenant_id: Some(tenant),
        token_file_path: Some(file.into()),
    };
    let credential = WorkloadIdentityCredential::new(Some(options)).map_err(unusable)?;
    let remedy = "Check AZURE_TENANT_ID and AZURE_CLIENT_ID, and that the identity's federated credential names this \
                  workload";
    Ok(Source::new("the workload identity of AZURE_FEDERATED_TOKEN_FILE", remedy, credential))
}

/// Documentation: <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>.
fn managed(settings: &Settings, transport: &Arc<dyn Transport>) -> Result<Source, CredentialsError> {
    let transport = match &settings.metadata {
        Some(host) => MetadataAt::over(host, transport).map_err(CredentialsError::new)?,
        None => Arc::clone(transport),
    };
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: settings.client_id.clone().map(UserAssignedId::ClientId),
        client_options: client_options(&transport, "metadata", None),
    };
    let credential = ManagedIdentityCredential::new(Some(options)).map_err(unusable)?;
    let remedy = "Check that an identity is assigned to this machine, and AZURE_CLIENT_ID where there are several";
    Ok(Source::new("the managed identity of this machine", remedy, credential))
}

/// Documentation: <https://learn.microsoft.com/cli/azure/account#az-account-get-access-token>.
fn cli(settings: &Settings) -> Result<Source, CredentialsError> {
    let options = AzureCliCredentialOptions { tenant_id: settings.tenant_id.clone(), ..Default::default() };
    let credential = AzureCliCredential::new(Some(options)).map_err(unusable)?;
    Ok(Source::new("the Azure CLI", "Run `az login`", credential))
}

fn unusable(error: Error) -> CredentialsError {
    let what = format!("the Azure settings of the environment cannot be used: {}", super::one_line(&error));
    CredentialsError::because(format!("{what}. Correct the AZURE_… variables"), error)
}
