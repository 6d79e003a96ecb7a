//! Azure's own APIs over the estate of `fakes/azure_estate` (`fakes/azure_cloud.py`).

use super::script::Script;
use super::{scripts, tls};
use crate::binary::Call;
use crate::estate::{Desk, Verdicts};
use crate::http;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The subscription with the estate.
pub const SUBSCRIPTION: &str = "aaaaaaaa-0000-4000-8000-000000000001";
/// A subscription with nothing in it.
pub const EMPTY: &str = "aaaaaaaa-0000-4000-8000-0000000000ee";
/// The scope of the tenant.
pub const TENANT: &str = "tenant-cccccccc-0000-4000-8000-000000000003";

/// The application that is the collector, see `fakes/azure_tokens.py`.
pub const APPLICATION: &str = "99999999-0000-4000-8000-000000000001";
/// Its secret.
pub const APPLICATION_SECRET: &str = "canary-application-secret";
/// A managed identity that the machine has beside its own: `narrow`.
pub const ASSIGNED: &str = "99999999-0000-4000-8000-000000000002";
/// The id of the tenant.
pub const TENANT_ID: &str = "cccccccc-0000-4000-8000-000000000003";

/// The server.
#[derive(Debug)]
pub struct AzureCloud(Script);

/// The server over TLS, as Azure is: where an application asks for tokens, Azure's libraries take no other address.
#[derive(Debug)]
pub struct SecureAzureCloud {
    /// The server.
    cloud: Script,
    folder: TempDir,
}

impl Default for SecureAzureCloud {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        tls::make(folder.path());
        let [certificate, key, _] = tls::files(folder.path());
        let read = |file: &Path| std::fs::read_to_string(file).expect("openssl made it");
        let both = folder.path().join("both.pem");
        std::fs::write(&both, read(&key) + &read(&certificate)).expect("the folder can be written");
        tls::of_application(&folder.path().join("application.pem"));
        tls::of_application(&folder.path().join("another.pem"));
        let path = |name: &str| folder.path().join(name).display().to_string();
        let variables = [("AZURE_TLS", path("both.pem")), ("AZURE_APPLICATION_CERTIFICATE", path("application.pem"))];
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let estate = scripts().join("azure_estate");
        let cloud = Script::start("azure_cloud.py", &[estate.to_str().expect("a plain path")], &variables);
        Self { cloud, folder }
    }
}

impl SecureAzureCloud {
    /// Its address, which is that of the authority too.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.cloud.port)
    }

    /// A PEM file: the `application`'s certificate with its key, or `another` one that its registration does not have.
    pub fn certificate(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.pem"))
    }

    /// Writes the configuration of a job; `more` are further keys of it (`, authority: …`).
    pub fn configure(&self, desk: &Desk, more: &str) {
        configure(desk, &self.url(), &format!("subscriptions: [\"{SUBSCRIPTION}\"], tenant: false{more}"));
    }

    /// One run as the application, with these variables of it.
    pub fn collect(&self, desk: &Desk, variables: &[(&str, &str)]) -> Call {
        let call = desk.call(["collect", "--json", "--config", "evidenced.yaml"]);
        let call = call.env("AWS_CA_BUNDLE", tls::files(self.folder.path())[2].display().to_string());
        variables.iter().fold(call, |call, (name, value)| call.env(name, value))
    }
}

/// Writes the configuration of a job into a folder.
fn configure(desk: &Desk, url: &str, chosen: &str) {
    let text = format!(
        "store: {{url: \"{}\"}}\nsigning: {{key: file://./key.pem}}\njobs:\n  - name: azure\n    schedule: \"0 0 1 1 *\"\n    azure: \
         {{{chosen}, resource_manager: \"{url}\", graph: \"{url}\"}}\n",
        desk.store_url()
    );
    std::fs::write(desk.folder().join("evidenced.yaml"), text).expect("the folder can be written");
}

impl Default for AzureCloud {
    fn default() -> Self {
        Self::over(&scripts().join("azure_estate"))
    }
}

impl AzureCloud {
    /// Over the estate of another folder.
    pub fn over(estate: &Path) -> Self {
        Self(Script::start("azure_cloud.py", &[estate.to_str().expect("a plain path")], &[]))
    }

    /// Writes the configuration of a job into a folder; `chosen` is what it reads (`subscriptions: all`).
    pub fn configure(&self, desk: &Desk, chosen: &str) {
        configure(desk, &self.0.url(), chosen);
    }

    /// One run of what is configured, on a machine with instance metadata. `client` is the managed identity that it names.
    pub fn collect_on_machine(&self, desk: &Desk, client: Option<&str>) -> Call {
        let call = desk.call(["collect", "--json", "--config", "evidenced.yaml"]);
        let call = call.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", self.0.url());
        client.into_iter().fold(call, |call, client| call.env("AZURE_CLIENT_ID", client))
    }

    /// A call as one of the identities of `fakes/azure_cloud.py`.
    #[must_use]
    pub fn as_identity(&self, call: Call, identity: &str) -> Call {
        call.env("IDENTITY_ENDPOINT", format!("{}/identity/token", self.0.url())).env("IDENTITY_HEADER", identity)
    }

    /// One run of what is configured in a folder.
    pub fn collect(&self, desk: &Desk, identity: &str) -> Call {
        self.as_identity(desk.call(["collect", "--json", "--config", "evidenced.yaml"]), identity)
    }

    /// What must be said of the estate.
    pub fn verdicts(&self) -> Verdicts {
        Verdicts::read(&self.get("/verdicts"))
    }

    /// Calls since this was asked before, each as `GET /path`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&self.get("/calls")).expect("counts are JSON")
    }

    /// What goes wrong from now on: rules of `fakes/azure_cloud.py`.
    pub fn fail(&self, rules: &Value) {
        let (rules, length) = (rules.to_string(), rules.to_string().len());
        let head = format!("POST /faults HTTP/1.1\r\nContent-Length: {length}");
        let answer = http::ask_with(self.0.port, &[&head], &rules).expect("the fake answers");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Nothing goes wrong any more.
    pub fn recover(&self) {
        self.fail(&json!([]));
    }

    fn get(&self, path: &str) -> String {
        http::get(self.0.port, path, None).expect("the fake answers").body
    }
}
