//! Who manages the KMS keys that encrypt buckets by default. Each key is asked for once, however many buckets use it.

use super::document::Encryption;
use super::read::{Reading, understood};
use crate::aws::Context;
use crate::aws::kms::DESCRIBE_KEY;
use crate::document::Read;
use crate::exchange::CollectError;
use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Keys that are asked for at a time.
const AT_ONCE: usize = 8;

/// A key as a bucket names it, and where to ask for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    region: String,
    id: String,
}

/// The manager of each key (`AWS` or `CUSTOMER`), or why it is unknown.
pub(super) type Managers = BTreeMap<Key, Result<Read<Option<String>>, CollectError>>;

impl Key {
    /// The default key of a bucket, where its encryption names one.
    pub(super) fn of(encryption: &Encryption, bucket_region: &str) -> Option<Self> {
        let id = encryption.kms_master_key_id.as_ref().filter(|_| encryption.sse_algorithm.starts_with("aws:kms"))?;
        let mut parts = id.split(':');
        let region = match (parts.next(), parts.nth(1), parts.next()) {
            (Some("arn"), Some("kms"), Some(region)) if !region.is_empty() => region,
            _ => bucket_region,
        };
        Some(Self { region: region.to_owned(), id: id.clone() })
    }
}

/// Asks for the default key of every bucket.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>, permission `kms:DescribeKey`.
pub(super) async fn managers(context: &Context, readings: &[Reading]) -> Managers {
    let keys: BTreeSet<Key> =
        readings.iter().filter_map(|reading| Key::of(reading.config.encryption.value()?, &reading.region)).collect();
    let asked: Vec<_> = keys.into_iter().map(|key| manager(context, key)).collect();
    stream::iter(asked).buffer_unordered(AT_ONCE).collect().await
}

async fn manager(context: &Context, key: Key) -> (Key, Result<Read<Option<String>>, CollectError>) {
    let answer = context.ask(&DESCRIBE_KEY, &key.region, json!({ "KeyId": key.id })).await;
    let manager = understood(&DESCRIBE_KEY, &key.region, answer, |value| {
        match value.pointer("/KeyMetadata/KeyManager").and_then(Value::as_str) {
            Some(manager @ ("AWS" | "CUSTOMER")) => Ok(Some(manager.to_owned())),
            Some(other) => Err(format!("KeyManager is `{other}`")),
            None => Err("the answer has no KeyMetadata.KeyManager".to_owned()),
        }
    });
    (key, manager)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(sse_algorithm: &str, id: Option<&str>) -> Option<(String, String)> {
        let encryption = Encryption {
            sse_algorithm: sse_algorithm.to_owned(),
            kms_master_key_id: id.map(str::to_owned),
            bucket_key_enabled: None,
        };
        Key::of(&encryption, "eu-west-1").map(|key| (key.region, key.id))
    }

    #[test]
    fn a_key_is_asked_for_where_it_lives() {
        let arn = "arn:aws:kms:us-east-2:999988887777:key/1234abcd";
        assert_eq!(key("aws:kms", Some(arn)), Some(("us-east-2".into(), arn.into())));
        assert_eq!(key("aws:kms:dsse", Some("alias/x")), Some(("eu-west-1".into(), "alias/x".into())));
        assert_eq!(key("AES256", Some("1234abcd")), None, "a key beside AES256 encrypts nothing");
        assert_eq!(key("aws:kms", None), None);
    }
}
