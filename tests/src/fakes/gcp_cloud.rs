//! Google Cloud's own APIs over the estate of `fakes/gcp_estate` (`fakes/gcp_cloud.py`).

use super::script::Script;
use super::scripts;
use crate::binary::Call;
use crate::estate::{Desk, Verdicts};
use crate::http;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The project with the estate.
pub const PROJECT: &str = "evidence-prod";
/// The organisation's number.
pub const ORGANIZATION: &str = "100000000000";
/// A project right below the organisation.
pub const LEGACY: &str = "evidence-legacy";

/// The server.
#[derive(Debug)]
pub struct GcpCloud(Script);

impl Default for GcpCloud {
    fn default() -> Self {
        Self::over(&scripts().join("gcp_estate"))
    }
}

impl GcpCloud {
    /// Over the estate of another folder.
    pub fn over(estate: &Path) -> Self {
        Self(Script::start("gcp_cloud.py", &[estate.to_str().expect("a plain path")], &[]))
    }

    /// Writes the configuration of a job into a folder; `chosen` is what it reads (`projects: [evidence-prod]`), and
    /// empty all that the credentials reach.
    pub fn configure(&self, desk: &Desk, chosen: &str) {
        let (url, comma) = (self.0.url(), if chosen.is_empty() { "" } else { ", " });
        let text = format!(
            "store: {{url: \"{}\"}}\nsigning: {{key: file://./key.pem}}\njobs:\n  - name: gcp\n    schedule: \"0 0 1 1 *\"\n    gcp: \
             {{{chosen}{comma}endpoints: {{default: \"{url}\"}}}}\n",
            desk.store_url()
        );
        std::fs::write(desk.folder().join("evidenced.yaml"), text).expect("the folder can be written");
    }

    /// A call with the identity of a machine of Google Cloud, whose metadata server the fake is.
    #[must_use]
    pub fn on_a_machine(&self, call: Call) -> Call {
        call.env("GCE_METADATA_HOST", format!("127.0.0.1:{}", self.0.port))
    }

    /// One run of what is configured in a folder.
    pub fn collect(&self, desk: &Desk) -> Call {
        self.on_a_machine(desk.call(["collect", "--json", "--config", "evidenced.yaml"]))
    }

    /// What must be said of the estate.
    pub fn verdicts(&self) -> Verdicts {
        Verdicts::read(&self.get("/verdicts"))
    }

    /// What must be said of the estate where the APIs themselves are read, without Cloud Asset Inventory.
    pub fn verdicts_direct(&self) -> Verdicts {
        Verdicts::read(&self.get("/verdicts/direct"))
    }

    /// Whose identity the machine has from now on: one of `fakes/gcp_identity.py`.
    pub fn be(&self, identity: &str) {
        self.post("/machine", &json!({ "identity": identity }));
    }

    /// The key file of an identity's service account.
    pub fn key_file(&self, identity: &str) -> String {
        self.get(&format!("/key/{identity}"))
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Calls since this was asked before, each by its method.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&self.get("/calls")).expect("counts are JSON")
    }

    /// What goes wrong from now on: rules of `fakes/gcp_cloud.py`.
    pub fn fail(&self, rules: &Value) {
        self.post("/faults", rules);
    }

    /// Nothing goes wrong any more.
    pub fn recover(&self) {
        self.fail(&json!([]));
    }

    fn post(&self, path: &str, body: &Value) {
        let body = body.to_string();
        let head = format!("POST {path} HTTP/1.1\r\nContent-Length: {}", body.len());
        let answer = http::ask_with(self.0.port, &[&head], &body).expect("the fake answers");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    fn get(&self, path: &str) -> String {
        http::get(self.0.port, path, None).expect("the fake answers").body
    }
}
