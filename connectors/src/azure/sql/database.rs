//! A database on a logical server.

use crate::azure::context::Context;
use crate::azure::listing::{Envelope, Listed, Nothing, Place};
use crate::azure::operation::{Operation, Request};
use crate::document::{Draft, Field};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation =
    Operation::rows("resources", "microsoft.sql/servers/databases", "Microsoft.Sql/servers/databases/read");

/// Whether the database is encrypted at rest.
static ENCRYPTION: Operation = Operation {
    service: "Microsoft.Sql",
    name: "TransparentDataEncryptions_Get",
    permission: "Microsoft.Sql/servers/databases/transparentDataEncryption/read",
    request: Request::Get("{id}/transparentDataEncryption/current?api-version=2023-08-01"),
    docs: "https://learn.microsoft.com/rest/api/sql/transparent-data-encryptions/get",
    ..Operation::PLAIN
};

/// How long backups for a restore to a point in time are kept.
static RETENTION: Operation = Operation {
    service: "Microsoft.Sql",
    name: "BackupShortTermRetentionPolicies_Get",
    permission: "Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies/read",
    request: Request::Get("{id}/backupShortTermRetentionPolicies/default?api-version=2023-08-01"),
    docs: "https://learn.microsoft.com/rest/api/sql/backup-short-term-retention-policies/get",
    ..Operation::PLAIN
};

/// A database.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Database {
    /// `v12.0,user` and the like; a data warehouse has `datawarehouse` in it.
    kind: Option<String>,
    /// Its tier.
    sku: Option<Sku>,
    /// Its settings.
    properties: Properties,
    /// Whether it is encrypted at rest.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    transparent_data_encryption: Field<Encryption>,
    /// How long backups for a restore to a point in time are kept; null for a data warehouse, which has no such setting.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    short_term_retention: Field<Retention>,
}

/// Tier of a database.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Sku {
    /// `GP_Gen5` and the like.
    name: Option<String>,
    /// `GeneralPurpose` and the like.
    tier: Option<String>,
}

/// Settings of a database.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// `Online`, `Paused` and the like.
    status: Option<String>,
}

/// Encryption at rest.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Encryption {
    /// Its settings.
    properties: EncryptionProperties,
}

/// Of the encryption at rest.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct EncryptionProperties {
    /// `Enabled` or `Disabled`.
    state: Option<String>,
}

/// How long backups are kept.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Retention {
    /// Its settings.
    properties: RetentionProperties,
}

/// How long backups are kept.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct RetentionProperties {
    /// Days.
    retention_days: Option<i64>,
}

impl Listed for Database {
    const TYPE: &'static str = "azure.sql.database";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &ENCRYPTION, &RETENTION];
    const ALWAYS: &'static [&'static str] = &["kind"];
    type Around = ();
    type Derived = Nothing;

    /// `master` is the server's own.
    fn belongs(&self, envelope: &Envelope) -> bool {
        !envelope.id.to_ascii_lowercase().ends_with("/databases/master")
    }

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            let kind = self.kind.as_deref().unwrap_or_default().to_ascii_lowercase();
            let encryption = place.one(&ENCRYPTION).await;
            self.transparent_data_encryption =
                draft.take("config.transparent_data_encryption", encryption.map(|read| read.map(Some)));
            self.short_term_retention = if kind.contains("datawarehouse") {
                Field::Absent
            } else {
                let retention = place.one(&RETENTION).await;
                draft.take("config.short_term_retention", retention.map(|read| read.map(Some)))
            };
            Nothing::default()
        })
    }
}
