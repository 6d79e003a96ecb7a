//! A storage account.

use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::listing::{Listed, Place};
use crate::azure::monitor::{self, DiagnosticSetting};
use crate::azure::operation::{Operation, Request};
use crate::azure::private_endpoint::PrivateEndpointConnection;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation =
    Operation::rows("resources", "microsoft.storage/storageaccounts", "Microsoft.Storage/storageAccounts/read");

/// The blob service's settings. A file share account has no blob service, and says so.
static BLOB_SERVICE: Operation = Operation {
    service: "Microsoft.Storage",
    name: "BlobServices_GetServiceProperties",
    permission: "Microsoft.Storage/storageAccounts/blobServices/read",
    request: Request::Get("{id}/blobServices/default?api-version=2023-05-01"),
    absent: &["FeatureNotSupportedForAccount"],
    docs: "https://learn.microsoft.com/rest/api/storagerp/blob-services/get-service-properties",
    ..Operation::PLAIN
};

/// The lifecycle policy. There is one, named `default`, or none.
static MANAGEMENT_POLICY: Operation = Operation {
    service: "Microsoft.Storage",
    name: "ManagementPolicies_Get",
    permission: "Microsoft.Storage/storageAccounts/managementPolicies/read",
    request: Request::Get("{id}/managementPolicies/default?api-version=2023-05-01"),
    absent: &["ManagementPolicyNotFound"],
    docs: "https://learn.microsoft.com/rest/api/storagerp/management-policies/get",
    ..Operation::PLAIN
};

/// A storage account.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::azure) struct Account {
    /// `StorageV2`, `BlobStorage`, `BlockBlobStorage`, `FileStorage` or `Storage`.
    kind: Option<String>,
    /// Redundancy and tier.
    sku: Option<Sku>,
    /// Its settings.
    properties: Properties,
    /// Settings of its blob service; null where it has none.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    blob_service: Field<BlobService>,
    /// Its lifecycle policy; null where it has none.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    management_policy: Field<ManagementPolicy>,
}

/// What is known of an account from elsewhere.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::azure) struct Derived {
    /// The activity log of its subscription is sent to it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    receives_activity_log: Field<bool>,
}

/// Redundancy and tier.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Sku {
    /// `Standard_GRS` and the like.
    name: Option<String>,
}

/// Settings of an account.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// Plain HTTP is refused.
    supports_https_traffic_only: Option<bool>,
    /// `TLS1_0` and later; null is `TLS1_0`.
    minimum_tls_version: Option<String>,
    /// Containers may be made public; null is true for accounts of before August 2023.
    allow_blob_public_access: Option<bool>,
    /// Requests signed with an account key are taken; null is true.
    allow_shared_key_access: Option<bool>,
    /// `Enabled`, `Disabled` or `SecuredByPerimeter`; null is `Enabled`.
    public_network_access: Option<String>,
    /// Data may be copied to accounts of other tenants.
    allow_cross_tenant_replication: Option<bool>,
    /// Who is let in over the network.
    network_acls: Option<NetworkAcls>,
    /// When each key was made.
    key_creation_time: Option<KeyCreationTime>,
    /// How it is encrypted.
    encryption: Option<Encryption>,
    /// Files lie in folders, as Data Lake Storage has it; null is false.
    is_hns_enabled: Option<bool>,
    /// Private endpoints.
    private_endpoint_connections: Option<Vec<PrivateEndpointConnection>>,
}

/// Who is let in over the network.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct NetworkAcls {
    /// `Allow` or `Deny` for what no rule names.
    default_action: Option<String>,
    /// What goes past the rules.
    bypass: Option<String>,
}

/// When each key was made.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct KeyCreationTime {
    /// The first key.
    key1: Option<String>,
    /// The second key.
    key2: Option<String>,
}

/// How an account is encrypted.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Encryption {
    /// `Microsoft.Storage` or `Microsoft.Keyvault`.
    key_source: Option<String>,
    /// A second layer of encryption.
    require_infrastructure_encryption: Option<bool>,
}

/// Settings of a blob service.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct BlobService {
    /// Its settings.
    properties: BlobServiceProperties,
}

/// Settings of a blob service.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct BlobServiceProperties {
    /// Soft delete of blobs.
    delete_retention_policy: Option<DeleteRetentionPolicy>,
    /// Soft delete of containers.
    container_delete_retention_policy: Option<DeleteRetentionPolicy>,
    /// Versions of blobs are kept.
    is_versioning_enabled: Option<bool>,
}

/// Soft delete.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct DeleteRetentionPolicy {
    /// It is on.
    enabled: Option<bool>,
    /// Days that what was deleted is kept.
    days: Option<i64>,
}

/// A lifecycle policy.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ManagementPolicy {
    /// Its rules.
    properties: ManagementPolicyProperties,
}

/// Of a lifecycle policy.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ManagementPolicyProperties {
    /// Its rules.
    policy: Policy,
}

/// Rules of a lifecycle policy.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Policy {
    /// Its rules.
    rules: Vec<Rule>,
}

/// A rule of a lifecycle policy.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Rule {
    /// It is on; null is true.
    enabled: Option<bool>,
    /// What it does.
    definition: Option<Definition>,
}

/// What a rule does.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Definition {
    /// Its actions.
    actions: Option<Actions>,
}

/// Actions of a rule.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Actions {
    /// On blobs.
    base_blob: Option<BaseBlob>,
}

/// Actions on blobs.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct BaseBlob {
    /// When they are deleted; null for never.
    delete: Option<AfterDays>,
}

/// When an action happens.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "Azure's own words")]
struct AfterDays {
    /// Days after the last change.
    days_after_modification_greater_than: Option<f64>,
    /// Days after the last access.
    days_after_last_access_time_greater_than: Option<f64>,
    /// Days after it was made.
    days_after_creation_greater_than: Option<f64>,
}

impl Listed for Account {
    const TYPE: &'static str = "azure.storage.account";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] =
        &[&LIST, &BLOB_SERVICE, &MANAGEMENT_POLICY, &monitor::DIAGNOSTIC_SETTINGS];
    const ALWAYS: &'static [&'static str] = &["kind", "properties.supports_https_traffic_only"];
    type Around = Result<Read<Option<Vec<DiagnosticSetting>>>, CollectError>;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Self::Around> {
        Box::pin(monitor::diagnostic_settings(context))
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        settings: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        Box::pin(async move {
            let (blobs, policy) = futures::join!(place.one(&BLOB_SERVICE), place.one(&MANAGEMENT_POLICY));
            self.blob_service = draft.take("config.blob_service", door::absent(&BLOB_SERVICE, blobs));
            self.management_policy = draft.take("config.management_policy", door::absent(&MANAGEMENT_POLICY, policy));
            let receives = settings.as_ref().map_err(Clone::clone).map(|settings| {
                let mut all = settings.value.iter().flatten();
                let value = Some(all.any(|setting| setting.sends_to(&place.envelope.id)));
                Read { value, exchanges: settings.exchanges.clone(), at: settings.at }
            });
            Derived { receives_activity_log: draft.take("derived.receives_activity_log", receives) }
        })
    }
}
