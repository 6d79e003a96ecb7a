//! Azure's own APIs over the estate of `fakes/azure_estate` (`fakes/azure_cloud.py`).

use super::script::Script;
use super::scripts;
use crate::binary::Call;
use crate::estate::{Desk, Verdicts};
use crate::http;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The subscription with the estate.
pub const SUBSCRIPTION: &str = "aaaaaaaa-0000-4000-8000-000000000001";
/// A subscription with nothing in it.
pub const EMPTY: &str = "aaaaaaaa-0000-4000-8000-0000000000ee";
/// The scope of the tenant.
pub const TENANT: &str = "tenant-cccccccc-0000-4000-8000-000000000003";

/// The server.
#[derive(Debug)]
pub struct AzureCloud(Script);

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
        let url = self.0.url();
        let text = format!(
            "store: {{url: \"{}\"}}\nsigning: {{key: file://./key.pem}}\njobs:\n  - name: azure\n    schedule: \"0 0 1 1 *\"\n    azure: \
             {{{chosen}, resource_manager: \"{url}\", graph: \"{url}\"}}\n",
            desk.store_url()
        );
        std::fs::write(desk.folder().join("evidenced.yaml"), text).expect("the folder can be written");
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
