//! Google Cloud Storage, and the servers that give tokens for it (`fakes/gcs.py`).

use super::python;
use super::script::Script;
use crate::binary::Call;
use std::path::Path;

/// The bucket that nothing protects.
pub const PLAIN: &str = "evidence-plain";
/// The bucket whose policy keeps objects for ten days, and may be removed.
pub const UNLOCKED: &str = "evidence-unlocked";
/// The bucket whose policy keeps objects for 400 days, and is locked.
pub const LOCKED: &str = "evidence-locked";
/// The most keys of a page: less than the service's 1,000, so that a short listing has pages.
pub const PAGE: usize = 100;

/// The server.
#[derive(Debug)]
pub struct Gcs(Script);

impl Default for Gcs {
    fn default() -> Self {
        Self::with(&[])
    }
}

impl Gcs {
    /// With service accounts, each `EMAIL:MODULUS` in hexadecimal, whose own tokens are accepted too.
    pub fn with(signers: &[&str]) -> Self {
        let page = PAGE.to_string();
        let buckets = [PLAIN.to_owned(), format!("{UNLOCKED}:864000"), format!("{LOCKED}:34560000:locked")];
        let mut arguments = vec!["--page", &page];
        arguments.extend(buckets.iter().flat_map(|bucket| ["--bucket", bucket]));
        arguments.extend(signers.iter().flat_map(|signer| ["--signer", *signer]));
        Self(Script::start("gcs.py", &arguments, &[]))
    }

    /// Its port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// A store here.
    pub fn store(&self, bucket: &str) -> String {
        format!("gs://{bucket}/soc2?endpoint={}", self.0.url())
    }

    /// The host for `GCE_METADATA_HOST`.
    pub fn metadata_host(&self) -> String {
        format!("127.0.0.1:{}", self.0.port)
    }

    /// A call with the machine's own identity, which may collect.
    #[must_use]
    pub fn ambient(&self, call: Call) -> Call {
        call.env("GCE_METADATA_HOST", self.metadata_host())
    }

    /// A call with workload identity federation, as one of the identities of `fakes/gcs.py`.
    #[must_use]
    pub fn federated(&self, call: Call, folder: &Path, identity: &str) -> Call {
        let subject = folder.join(format!("{identity}.token"));
        std::fs::write(&subject, identity).expect("the folder can be written");
        let credentials = serde_json::json!({
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": format!("{}/v1/token", self.0.url()),
            "credential_source": {"file": subject},
        });
        let file = folder.join(format!("{identity}.json"));
        std::fs::write(&file, credentials.to_string()).expect("the folder can be written");
        call.env("GOOGLE_APPLICATION_CREDENTIALS", file)
    }

    /// Copies every object of a store here into a folder.
    pub fn copy(&self, bucket: &str, to: &Path) {
        let to = to.to_str().expect("temporary folders have plain names");
        python("gcs_client.py", &["copy", &self.0.url(), bucket, "soc2/", to]);
    }
}
