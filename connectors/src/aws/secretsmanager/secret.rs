//! `aws.secretsmanager.secret`

use super::super::listing::{Listed, Name, Place, Tags};
use super::{GET_RESOURCE_POLICY, LIST_SECRET_VERSION_IDS, LIST_SECRETS};
use crate::aws::resource_policy::{self, Exposure};
use crate::aws::{Context, Operation, time};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A secret, as `secretsmanager:ListSecrets` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Secret {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// It rotates by itself; null where rotation was never set up.
    pub rotation_enabled: Option<bool>,
    /// How it rotates; null where rotation was never set up.
    pub rotation_rules: Option<RotationRules>,
    /// The last rotation that succeeded, RFC 3339; null before the first.
    #[serde(default, deserialize_with = "time::text")]
    pub last_rotated_date: Option<String>,
    /// The last change of any kind, its description or tags too, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub last_changed_date: Option<String>,
    /// The day when its value was last read, RFC 3339; null where it never was.
    #[serde(default, deserialize_with = "time::text")]
    pub last_accessed_date: Option<String>,
    /// When it was made, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub created_date: Option<String>,
    /// The KMS key that encrypts it; null for the account's `aws/secretsmanager`.
    pub kms_key_id: Option<String>,
    /// The AWS service that made it and keeps it; null for the account's own.
    pub owning_service: Option<String>,
    /// The region that it is copied from, which may be its own; null where it is in one region only.
    pub primary_region: Option<String>,
    /// The version that is in use; null for a secret without a value.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub current_version: Field<CurrentVersion>,
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    tags: Tags,
}

/// When a secret rotates.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RotationRules {
    /// Days between two rotations; null where `schedule_expression` says it.
    pub automatically_after_days: Option<i64>,
    /// `rate(10 days)` or `cron(…)`.
    pub schedule_expression: Option<String>,
}

/// The version with the label `AWSCURRENT`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CurrentVersion {
    /// Id.
    pub version_id: String,
    /// When this value was put there, RFC 3339.
    pub created_date: String,
}

/// `derived` of `aws.secretsmanager.secret`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct SecretDerived {
    /// It is a copy of a secret in another region, and rotates when that one does.
    pub is_replica: bool,
    /// Whom its resource policy lets in; null without one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub policy: Field<Exposure>,
}

impl Listed for Secret {
    const TYPE: &'static str = "aws.secretsmanager.secret";
    const LIST: &'static Operation = &LIST_SECRETS;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST_SECRETS, &LIST_SECRET_VERSION_IDS, &GET_RESOURCE_POLICY];
    const ITEMS: &'static [&'static str] = &["secret_list"];
    const ALWAYS: &'static [&'static str] = &["created_date"];
    type Around = ();
    type Derived = SecretDerived;

    fn input(_: &Context) -> Value {
        json!({"MaxResults": 100})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        Name { id: self.arn.clone(), name: self.name.clone(), tags: Some(self.tags.0.clone()) }
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, SecretDerived> {
        Box::pin(async move {
            let (version, policy) = futures::join!(self.current(place), self.policy(place));
            self.current_version = draft.take("config.current_version", version);
            let is_replica = self.primary_region.as_deref().is_some_and(|primary| primary != place.region);
            SecretDerived { is_replica, policy: draft.take("derived.policy", policy) }
        })
    }
}

impl Secret {
    /// A version's time is that of its value. `last_changed_date` is not: a new description moves it too.
    async fn current(&self, place: Place<'_>) -> Result<Read<Option<CurrentVersion>>, CollectError> {
        #[derive(Deserialize)]
        struct Version {
            #[serde(rename = "version_id")]
            id: String,
            #[serde(default, rename = "version_stages")]
            stages: Vec<String>,
            #[serde(default, deserialize_with = "time::text")]
            created_date: Option<String>,
        }
        let input = json!({"SecretId": self.arn, "MaxResults": 100});
        let read = place.whole::<Version>(&LIST_SECRET_VERSION_IDS, &["versions"], input).await?;
        let is_current = |version: &&Version| version.stages.iter().any(|stage| stage == "AWSCURRENT");
        let current = match read.value.iter().find(is_current) {
            None => None,
            Some(Version { id, created_date: Some(created_date), .. }) => {
                Some(CurrentVersion { version_id: id.clone(), created_date: created_date.clone() })
            }
            Some(_) => {
                let message = "the current version has no time";
                return Err(place.malformed(&LIST_SECRET_VERSION_IDS, message, &read));
            }
        };
        Ok(read.map(|_| current))
    }

    /// The answer leaves the policy out where there is none, so it must at least be about this secret.
    async fn policy(&self, place: Place<'_>) -> Result<Read<Option<Exposure>>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            arn: String,
            resource_policy: Option<String>,
        }
        let read = place.one::<Answer>(&GET_RESOURCE_POLICY, json!({"SecretId": self.arn})).await?;
        if read.value.arn != self.arn {
            return Err(place.malformed(&GET_RESOURCE_POLICY, "the answer is about another secret", &read));
        }
        resource_policy::of_answer(&GET_RESOURCE_POLICY, place, read.map(|answer| answer.resource_policy))
    }
}
