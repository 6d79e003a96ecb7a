//! `aws.kms.key`

use super::super::listing::{Listed, Name, Place};
use super::attestation::{self, EnclavePath};
use super::{DESCRIBE_KEY, GET_KEY_POLICY, GET_KEY_ROTATION_STATUS, LIST_ALIASES, LIST_KEYS};
use crate::aws::policy_document::{self, PolicyDocument};
use crate::aws::resource_policy::{self, Exposure};
use crate::aws::{Context, Operation, time};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A key, as `kms:ListKeys` names it, with what the further calls say.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// Its id.
    pub key_id: String,
    /// Its ARN.
    pub key_arn: String,
    /// Names of the aliases that point to it, sorted.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub aliases: Field<Vec<String>>,
    /// What `kms:DescribeKey` says of it.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub metadata: Field<KeyMetadata>,
    /// Its rotation; null for a key that AWS manages and for one that KMS cannot rotate by itself (asymmetric, HMAC, imported
    /// key material, custom key store).
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub rotation: Field<Rotation>,
}

/// What `kms:DescribeKey` says of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyMetadata {
    /// ARN.
    pub arn: String,
    /// `AWS` or `CUSTOMER`: who manages it.
    pub key_manager: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    pub key_state: String,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, `HMAC_256`, …
    pub key_spec: String,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, …
    pub key_usage: Option<String>,
    /// `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM` or `EXTERNAL_KEY_STORE`: where its material is from.
    pub origin: String,
    /// It is a multi-Region key.
    pub multi_region: Option<bool>,
    /// When it was made, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub creation_date: Option<String>,
    /// When it will be deleted, RFC 3339; null unless its deletion is scheduled.
    #[serde(default, deserialize_with = "time::text")]
    pub deletion_date: Option<String>,
}

/// What `kms:GetKeyRotationStatus` says of a key.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Rotation {
    /// It rotates by itself.
    pub key_rotation_enabled: bool,
    /// Days between two rotations; null where it does not rotate.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub rotation_period_in_days: Field<i64>,
}

/// `derived` of `aws.kms.key`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct KeyDerived {
    /// Whom its policy lets in; null for a key that AWS manages, whose policy nobody else can change.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub policy: Field<Exposure>,
    /// What its policy demands of the enclaves that use it; null for a key that AWS manages.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub enclave_paths: Field<Vec<EnclavePath>>,
}

/// An alias, as `kms:ListAliases` describes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Alias {
    alias_name: String,
    target_key_id: Option<String>,
}

impl Listed for Key {
    const TYPE: &'static str = "aws.kms.key";
    const LIST: &'static Operation = &LIST_KEYS;
    const OPERATIONS: &'static [&'static Operation] =
        &[&LIST_KEYS, &LIST_ALIASES, &DESCRIBE_KEY, &GET_KEY_ROTATION_STATUS, &GET_KEY_POLICY];
    const ITEMS: &'static [&'static str] = &["keys"];
    const ALWAYS: &'static [&'static str] = &[];
    /// The aliases of the region.
    type Around = Result<Read<Vec<Alias>>, CollectError>;
    type Derived = KeyDerived;

    fn input(_: &Context) -> Value {
        json!({"Limit": 1000})
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around> {
        Box::pin(async move { place.whole(&LIST_ALIASES, &["aliases"], json!({"Limit": 100})).await })
    }

    fn name(&self, _: Place<'_>) -> Name {
        Name { id: self.key_arn.clone(), name: self.key_id.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        aliases: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, KeyDerived> {
        Box::pin(async move {
            let own = aliases.clone().map(|read| read.map(|all| Some(self.names_among(&all))));
            self.aliases = draft.take("config.aliases", own);
            self.metadata = draft.take("config.metadata", self.describe(place).await);
            let Some(metadata) = self.metadata.value() else {
                draft.miss_with("config.rotation", &["config.metadata"]);
                draft.miss_with("derived.policy", &["config.metadata"]);
                draft.miss_with("derived.enclave_paths", &["config.metadata"]);
                return KeyDerived::default();
            };
            let rotates = metadata.can_rotate();
            if metadata.key_manager != "CUSTOMER" {
                self.rotation = Field::Absent;
                return KeyDerived { policy: Field::Absent, enclave_paths: Field::Absent };
            }
            self.rotation = if rotates { self.rotation(place, draft).await } else { Field::Absent };
            let policy = self.policy(place).await;
            let exposure = |policy: PolicyDocument| resource_policy::of_document(&policy, place.context.account());
            let let_in = policy.clone().map(|read| read.map(|policy| policy.map(exposure)));
            let paths = policy.map(|read| read.map(|policy| policy.as_ref().map(attestation::paths)));
            KeyDerived {
                policy: draft.take("derived.policy", let_in),
                enclave_paths: draft.take("derived.enclave_paths", paths),
            }
        })
    }
}

impl KeyMetadata {
    /// KMS can rotate it by itself.
    /// Source: KMS API reference, "`GetKeyRotationStatus`": symmetric encryption keys with material that KMS made.
    fn can_rotate(&self) -> bool {
        self.key_spec == "SYMMETRIC_DEFAULT" && self.origin == "AWS_KMS"
    }
}

impl Key {
    fn names_among(&self, aliases: &[Alias]) -> Vec<String> {
        let own = aliases.iter().filter(|alias| alias.target_key_id.as_ref() == Some(&self.key_id));
        let mut names: Vec<String> = own.map(|alias| alias.alias_name.clone()).collect();
        names.sort();
        names
    }

    async fn describe(&self, place: Place<'_>) -> Result<Read<Option<KeyMetadata>>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            key_metadata: KeyMetadata,
        }
        let read = place.one::<Answer>(&DESCRIBE_KEY, json!({"KeyId": self.key_arn})).await?;
        let read = read.map(|answer| answer.key_metadata);
        if read.value.arn != self.key_arn {
            return Err(place.malformed(&DESCRIBE_KEY, "the answer is about another key", &read));
        }
        if !["AWS", "CUSTOMER"].contains(&read.value.key_manager.as_str()) {
            let message = format!("KeyManager is `{}`", read.value.key_manager);
            return Err(place.malformed(&DESCRIBE_KEY, message, &read));
        }
        Ok(read.map(Some))
    }

    /// A key that rotates has a period: where it is not told, the period is unknown.
    async fn rotation(&self, place: Place<'_>, draft: &mut Draft) -> Field<Rotation> {
        #[derive(Deserialize)]
        struct Answer {
            key_rotation_enabled: bool,
            rotation_period_in_days: Option<i64>,
        }
        let read = match place.one::<Answer>(&GET_KEY_ROTATION_STATUS, json!({"KeyId": self.key_arn})).await {
            Ok(read) => read,
            Err(error) => return draft.take("config.rotation", Err(error)),
        };
        draft.saw(&read);
        let Answer { key_rotation_enabled, rotation_period_in_days } = read.value;
        let rotation_period_in_days = match rotation_period_in_days {
            None if key_rotation_enabled => {
                let error = place.malformed(&GET_KEY_ROTATION_STATUS, "the period is missing", &read);
                draft.miss("config.rotation.rotation_period_in_days", &error);
                Field::Unread
            }
            period => Field::from(period),
        };
        Field::Value(Rotation { key_rotation_enabled, rotation_period_in_days })
    }

    async fn policy(&self, place: Place<'_>) -> Result<Read<Option<PolicyDocument>>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            policy: String,
        }
        let input = json!({"KeyId": self.key_arn, "PolicyName": "default"});
        let read = place.one::<Answer>(&GET_KEY_POLICY, input).await?;
        match policy_document::parse(&read.value.policy) {
            Ok(policy) => Ok(read.map(|_| Some(policy))),
            Err(message) => Err(place.malformed(&GET_KEY_POLICY, message, &read)),
        }
    }
}
