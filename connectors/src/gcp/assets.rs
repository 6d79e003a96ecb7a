//! Cloud Asset Inventory: what a project holds, every type by one list, 1,000 assets a page, and the IAM policies likewise.
//!
//! Unlike the lists of single APIs it leaves nothing out that its reader may not see: who may list assets sees them all. It
//! is some minutes old; a document from it is as of its `readTime`. Where it is not enabled or not allowed,
//! [`super::listing`] asks each API instead.
//!
//! Documentation: <https://cloud.google.com/asset-inventory/docs/reference/rest/v1/assets/list>.

use super::context::Context;
use super::door;
use super::iam_policy::IamPolicy;
use super::operation::{Items, Operation, Request};
use crate::document::{Pages, Read};
use crate::exchange::CollectError;
use evidenced_schemas::{GapReason, Instant};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The service.
pub const SERVICE: &str = "cloudasset.googleapis.com";

/// The method's id.
pub(super) const LIST: &str = "cloudasset.assets.list";
/// What listing resources needs.
pub(super) const LIST_RESOURCES: &str = "cloudasset.assets.listResource";

/// `assets.list` of resources. The types that are wanted are added to its query.
pub static RESOURCES: Operation = Operation {
    service: SERVICE,
    name: LIST,
    permission: LIST_RESOURCES,
    request: Request::Get("v1/projects/{project}/assets?contentType=RESOURCE&pageSize=1000"),
    items: Items::In("assets"),
    secrets: SECRETS,
    docs: "https://cloud.google.com/asset-inventory/docs/reference/rest/v1/assets/list",
    ..Operation::PLAIN
};

/// Where resources hold what people put into them: metadata of machines but for switches, keys of
/// replicas and clusters, environments of
/// containers in the words of both versions of Cloud Run. The lists of the APIs themselves declare the same.
const SECRETS: &[&str] = &[
    "assets[].resource.data.metadata.items[key!=block-project-ssh-keys|enable-oslogin|enable-oslogin-2fa|serial-port-enable].value",
    "assets[].resource.data.keyString",
    "assets[].resource.data.replicaConfiguration.mysqlReplicaConfiguration.clientKey",
    "assets[].resource.data.onPremisesConfiguration.clientKey",
    "assets[].resource.data.masterAuth.password",
    "assets[].resource.data.masterAuth.clientKey",
    "assets[].resource.data.nodeConfig.metadata.*",
    "assets[].resource.data.nodePools[].config.metadata.*",
    "assets[].resource.data.template.containers[].env[].value",
    "assets[].resource.data.spec.template.spec.containers[].env[].value",
];

/// `assets.list` of IAM policies, of every type of resource.
pub static POLICIES: Operation = Operation {
    permission: "cloudasset.assets.listIamPolicy",
    request: Request::Get("v1/projects/{project}/assets?contentType=IAM_POLICY&pageSize=1000"),
    ..RESOURCES
};

/// What the inventory has of a project.
#[derive(Debug, Default)]
pub struct Assets {
    by_type: BTreeMap<String, Vec<Read<Asset>>>,
    /// Pages that were read.
    pub pages: u64,
    /// Why it was not read to its end.
    pub error: Option<CollectError>,
    /// True when it may not be used here at all: [`Assets::error`] says why, and each API is asked instead.
    pub refused: bool,
}

impl Assets {
    /// The assets of a type, `storage.googleapis.com/Bucket`.
    pub fn of(&self, type_: &str) -> &[Read<Asset>] {
        self.by_type.get(type_).map_or(&[], Vec::as_slice)
    }
}

/// The IAM policies of a project's resources.
#[derive(Debug, Default)]
pub struct Policies {
    /// By the resource's full name. A resource that is not here has none of its own.
    pub by_name: BTreeMap<String, Read<AssetPolicy>>,
    /// Pages that were read.
    pub pages: u64,
    /// Exchanges and time of all pages: what shows that a resource has no policy.
    pub whole: Option<Read<()>>,
    /// Why it was not read to its end.
    pub error: Option<CollectError>,
    /// True when it may not be used here at all.
    pub refused: bool,
}

/// A resource in the inventory.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// Its full name, `//storage.googleapis.com/my-bucket`.
    pub name: String,
    asset_type: String,
    resource: AssetResource,
    #[serde(default)]
    ancestors: Vec<String>,
}

impl Asset {
    /// What the resource's own API says of it.
    pub fn data(&self) -> &Value {
        &self.resource.data
    }
}

#[derive(Clone, Debug, Deserialize)]
struct AssetResource {
    data: Value,
}

/// A resource's policy in the inventory.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetPolicy {
    /// The resource's full name.
    pub name: String,
    /// The resource's type, `storage.googleapis.com/Bucket`.
    pub asset_type: String,
    /// The policy.
    #[serde(default)]
    pub iam_policy: IamPolicy,
}

impl Context {
    /// What the inventory has of the project, of every type that a family reads from it. It is asked once.
    pub(super) async fn assets(&self) -> Arc<Assets> {
        Arc::clone(self.assets.get_or_init(|| async { Arc::new(self.list_assets().await) }).await)
    }

    /// The IAM policies of all its resources. They are asked for once.
    pub(super) async fn policies(&self) -> Arc<Policies> {
        Arc::clone(self.policies.get_or_init(|| async { Arc::new(self.list_policies().await) }).await)
    }

    async fn list_assets(&self) -> Assets {
        let pages = match self.url(&RESOURCES, &[], &Value::Null) {
            Ok(mut url) => {
                for type_ in asset_types() {
                    url.query_pairs_mut().append_pair("assetTypes", type_);
                }
                self.all_pages(&RESOURCES, &url).await
            }
            Err(error) => Pages { error: Some(error), ..Pages::default() },
        };
        let mut assets = Assets { refused: is_refused(&pages), ..Assets::default() };
        if assets.refused {
            self.say_refused(pages.error.as_ref());
        }
        let (mut seen, mut parent) = (BTreeSet::new(), None);
        for page in &pages.pages {
            assets.pages += 1;
            let outcome = read_page::<Asset>(&RESOURCES, page).and_then(|items| {
                items.into_iter().try_for_each(|asset| {
                    let of = asset.value.ancestors.first().cloned();
                    let wrong = |what: String| CollectError {
                        at: page.at,
                        ..door::malformed(&RESOURCES, what, page.exchanges.clone())
                    };
                    if parent.get_or_insert_with(|| of.clone()) != &of {
                        return Err(wrong(format!("`{}` is of another project", asset.value.name)));
                    }
                    if !seen.insert((asset.value.asset_type.clone(), asset.value.name.clone())) {
                        let what = format!("`{}` came twice, so that another may be missing", asset.value.name);
                        return Err(wrong(what));
                    }
                    assets.by_type.entry(asset.value.asset_type.clone()).or_default().push(asset);
                    Ok(())
                })
            });
            if let Err(error) = outcome {
                assets.error.get_or_insert(error);
            }
        }
        assets.error = assets.error.or(pages.error);
        assets
    }

    async fn list_policies(&self) -> Policies {
        let pages = self.ask_all(&POLICIES, &[], &Value::Null).await;
        let mut policies = Policies { refused: is_refused(&pages), ..Policies::default() };
        let mut whole = Read { value: (), exchanges: vec![], at: None };
        for page in &pages.pages {
            policies.pages += 1;
            whole.exchanges.extend(&page.exchanges);
            match read_page::<AssetPolicy>(&POLICIES, page) {
                Ok(items) => {
                    for item in items {
                        whole.at = whole.at.max(item.at);
                        policies.by_name.insert(item.value.name.clone(), item);
                    }
                    whole.at = whole.at.or(page.at);
                }
                Err(error) => drop(policies.error.get_or_insert(error)),
            }
        }
        policies.error = policies.error.or(pages.error);
        policies.whole = policies.error.is_none().then_some(whole);
        policies
    }

    fn say_refused(&self, error: Option<&CollectError>) {
        let why = error.map(CollectError::sentence).unwrap_or_default();
        self.progress(
            "assets",
            &format!("Cloud Asset Inventory cannot be used, and each API is asked instead: {why}. {REMEDY}"),
        );
    }
}

/// How the inventory is made usable.
pub const REMEDY: &str = "To use it, enable cloudasset.googleapis.com in the project of the collector's credentials \
    (`gcloud services enable cloudasset.googleapis.com`) and give the collector roles/cloudasset.viewer";

/// True when the first page was refused in a way that says: not here.
fn is_refused(pages: &Pages) -> bool {
    let kind = pages.error.as_ref().map(|error| error.kind);
    pages.pages.is_empty() && matches!(kind, Some(GapReason::Denied | GapReason::NotEnabled | GapReason::NotFound))
}

/// The items of a page, as of its `readTime`.
fn read_page<T: serde::de::DeserializeOwned>(
    operation: &Operation,
    page: &Read<Value>,
) -> Result<Vec<Read<T>>, CollectError> {
    let time =
        page.value.get("readTime").and_then(Value::as_str).and_then(|text| Instant::try_from(text.to_owned()).ok());
    let Some(time) = time else {
        let error = door::malformed(operation, "the answer has no `readTime`", page.exchanges.clone());
        return Err(CollectError { at: page.at, ..error });
    };
    let items = door::items(operation, page)?;
    items.into_iter().map(|item| door::typed(operation, Read { at: Some(time), ..item })).collect()
}

/// Every type that a family reads from the inventory, in order.
fn asset_types() -> BTreeSet<&'static str> {
    let operations = super::FAMILIES.iter().flat_map(|family| family.types).flat_map(|type_| type_.operations);
    operations
        .filter_map(|operation| match operation.request {
            Request::Asset(type_) => Some(type_),
            Request::Get(_) | Request::Post(..) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
