//! Key services: moto's KMS as AWS means it (`fakes/kms.py`), and Google Cloud KMS with Azure Key Vault (`fakes/keys.py`).

use super::python;
use super::script::Script;
use crate::binary::Call;

/// A moto server whose KMS signs digests.
#[derive(Debug)]
pub struct Kms(Script);

impl Kms {
    /// An account without keys.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// With variables in the server's environment.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self(Script::start("kms.py", &["serve"], variables))
    }

    /// Its port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Runs `fakes/kms.py` on it.
    pub fn script(&self, command: &str, arguments: &[&str]) -> String {
        kms_script(&self.0.url(), command, arguments)
    }

    /// Makes a key; its ARN.
    pub fn key(&self, spec: &str) -> String {
        self.script("key", &[spec])
    }
}

/// Runs `fakes/kms.py` on any moto server.
pub fn kms_script(url: &str, command: &str, arguments: &[&str]) -> String {
    let all: Vec<&str> = [command, url].into_iter().chain(arguments.iter().copied()).collect();
    python("kms.py", &all).trim().to_owned()
}

/// Google Cloud KMS and Azure Key Vault.
#[derive(Debug)]
pub struct Keys(Script);

impl Default for Keys {
    fn default() -> Self {
        Self(Script::start("keys.py", &[], &[]))
    }
}

impl Keys {
    /// The reference of a key of Google's that behaves as its name says.
    pub fn google(&self, name: &str) -> String {
        let key = format!("projects/acme/locations/europe-west1/keyRings/soc2/cryptoKeys/{name}/cryptoKeyVersions/1");
        format!("gcpkms://{key}?endpoint={}", self.0.url())
    }

    /// The reference of a key of Azure's that behaves as its name says.
    pub fn azure(&self, name: &str) -> String {
        format!("azurekms://acme.vault.azure.net/keys/{name}/0123abcd?endpoint={}", self.0.url())
    }

    /// A call that finds the tokens of both clouds here.
    #[must_use]
    pub fn ambient(&self, call: Call) -> Call {
        call.env("GCE_METADATA_HOST", format!("127.0.0.1:{}", self.0.port))
            .env("IDENTITY_ENDPOINT", format!("{}/msi/token", self.0.url()))
            .env("IDENTITY_HEADER", "fake-identity-header")
    }
}
