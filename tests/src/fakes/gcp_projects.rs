//! An organisation of Google Cloud with many small projects, which differ a little: for tests of what happens to many scopes.

use super::gcp_cloud::GcpCloud;
use super::scripts;
use crate::binary::Call;
use crate::estate::Desk;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// The server, and its estate.
#[derive(Debug)]
pub struct GcpProjects {
    /// The server.
    pub cloud: GcpCloud,
    /// The ids of the projects.
    pub ids: Vec<String>,
    _estate: TempDir,
}

impl GcpProjects {
    /// So many projects.
    pub fn new(count: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut estate = above();
        // No project has a policy that denies.
        estate.push(json!({"method": "iam.policies.listPolicies", "when": {"parent": "*"}, "answer": []}));
        let ids: Vec<String> = (0..count).map(|number| format!("many-{number:04}")).collect();
        estate.extend(ids.iter().enumerate().map(|(number, id)| project(number, id)));
        let text = Value::from(estate).to_string();
        std::fs::write(folder.path().join("estate.json"), text).expect("the folder can be written");
        Self { cloud: GcpCloud::over(folder.path()), ids, _estate: folder }
    }

    /// Writes a configuration into a folder; `rest` is more of the job, one key a line (`schedule` is among them).
    pub fn configure(&self, desk: &Desk, rest: &[&str]) {
        let lines: String = rest.iter().flat_map(|line| ["    ", line, "\n"]).collect();
        let text = format!(
            "store: {{url: \"{}\"}}\nsigning: {{key: file://./key.pem}}\njobs:\n  - name: gcp\n{lines}    gcp: {{projects: [{}], \
             endpoints: {{default: \"{}\"}}}}\n",
            desk.store_url(),
            self.ids.join(", "),
            self.cloud.url()
        );
        std::fs::write(desk.folder().join("evidenced.yaml"), text).expect("the folder can be written");
    }

    /// A call in a folder with the credentials of a machine.
    pub fn call<'a>(&self, desk: &Desk, arguments: impl IntoIterator<Item = &'a str>) -> Call {
        self.cloud.on_a_machine(desk.call(arguments))
    }
}

/// The organisation and the folder above the projects, as the large estate has them.
fn above() -> Vec<Value> {
    let path = scripts().join("gcp_estate/organization.json");
    let text = std::fs::read_to_string(Path::new(&path)).expect("the estate can be read");
    let all: Vec<Value> = serde_json::from_str(&text).expect("the estate is JSON");
    let wanted = ["cloudresourcemanager.googleapis.com/Organization", "cloudresourcemanager.googleapis.com/Folder"];
    let mut above: Vec<Value> =
        all.into_iter().filter(|entry| entry["asset"].as_str().is_some_and(|asset| wanted.contains(&asset))).collect();
    for entry in &mut above {
        let members = entry.as_object_mut().expect("an entry is a map");
        members.retain(|name, _| !name.starts_with("verdicts"));
    }
    above
}

/// A project. Who owns it differs, and so do verdicts.
fn project(number: usize, id: &str) -> Value {
    let owner = match number % 3 {
        0 => "user:founder@gmail.com",
        1 => "group:gcp-admins@acme.example",
        _ => "allUsers",
    };
    let labels = if number.is_multiple_of(2) { json!({"environment": "production"}) } else { json!({}) };
    json!({
        "asset": "cloudresourcemanager.googleapis.com/Project",
        "data": {
            "name": format!("projects/{}", 300_000_000_000 + number),
            "projectId": id,
            "displayName": id,
            "parent": "folders/{folder}",
            "state": "ACTIVE",
            "createTime": "{ago:1200}",
            "updateTime": "{ago:30}",
            "etag": "x",
            "labels": labels,
        },
        "iam_policy": {"version": 1, "etag": "BwYl", "bindings": [{"role": "roles/owner", "members": [owner]}]},
    })
}
