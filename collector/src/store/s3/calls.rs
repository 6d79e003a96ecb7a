//! The calls to S3, one function each, with errors of the transport's kinds.

use super::{Encryption, Hold};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, DefaultRetention, ObjectLockRetentionMode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use evidenced_connectors::aws::{Operation, sdk};
use evidenced_connectors::exchange::CollectError;
use evidenced_schemas::GapReason;
use evidenced_schemas::statement::{Retention, RetentionMode};
use std::sync::Mutex;

/// Bytes asked for at once of an object that is larger than the transport takes in one answer.
const RANGE: u64 = 64 << 20;

static HEAD_BUCKET: Operation = Operation {
    service: "s3",
    name: "HeadBucket",
    permission: "s3:ListBucket",
    docs: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html",
    ..Operation::PLAIN
};

static PUT_OBJECT: Operation = Operation {
    service: "s3",
    name: "PutObject",
    permission: "s3:PutObject",
    docs: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html",
    ..Operation::PLAIN
};

static GET_OBJECT: Operation = Operation {
    service: "s3",
    name: "GetObject",
    permission: "s3:GetObject",
    docs: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html",
    ..Operation::PLAIN
};

static LIST_OBJECTS: Operation = Operation {
    service: "s3",
    name: "ListObjectsV2",
    permission: "s3:ListBucket",
    root: Some("ListBucketResult"),
    docs: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html",
    ..Operation::PLAIN
};

static GET_OBJECT_LOCK: Operation = Operation {
    service: "s3",
    name: "GetObjectLockConfiguration",
    permission: "s3:GetBucketObjectLockConfiguration",
    absent: &["ObjectLockConfigurationNotFoundError", "ObjectLockConfigurationNotFound"],
    root: Some("ObjectLockConfiguration"),
    docs: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html",
    ..Operation::PLAIN
};

static GET_OBJECT_RETENTION: Operation = Operation {
    service: "s3",
    name: "GetObjectRetention",
    permission: "s3:GetObjectRetention",
    absent: &["NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "InvalidRequest"],
    root: Some("Retention"),
    docs: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html",
    ..Operation::PLAIN
};

/// Asks whether the bucket is there. The bucket's own region is told with a refusal too, where the service says it.
pub(super) async fn head_bucket(
    client: &Client,
    bucket: &str,
    region: &str,
) -> (Option<String>, Result<(), CollectError>) {
    let told: Mutex<Option<String>> = Mutex::new(None);
    let tell = |region: Option<&str>| {
        if let (Some(region), Ok(mut told)) = (region, told.lock()) {
            *told = Some(region.to_owned());
        }
    };
    let asked = sdk::call(&HEAD_BUCKET, region, |trace| async {
        let answer = client.head_bucket().bucket(bucket).customize().interceptor(trace).send().await;
        match &answer {
            Ok(found) => tell(found.bucket_region()),
            Err(error) => {
                tell(error.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region")));
            }
        }
        answer
    })
    .await;
    (told.into_inner().ok().flatten(), asked.map(drop))
}

/// Where a new object goes, and how it is encrypted there.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewObject<'a> {
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) encryption: Option<&'a Encryption>,
}

/// Puts an object that must not exist. The service checks the bytes against their SHA-256.
pub(super) async fn put(
    client: &Client,
    object: NewObject<'_>,
    bytes: Bytes,
    region: &str,
) -> Result<(), CollectError> {
    let sum = BASE64.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes).as_ref());
    let put = client
        .put_object()
        .bucket(object.bucket)
        .key(object.key)
        .set_server_side_encryption(object.encryption.map(|encryption| encryption.algorithm.clone()))
        .set_ssekms_key_id(object.encryption.and_then(|encryption| encryption.kms_key_id.clone()))
        .if_none_match("*")
        // The algorithm by name too: buckets with a default retention ask for it.
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .checksum_sha256(sum)
        .body(ByteStream::from(bytes));
    sdk::call(&PUT_OBJECT, region, |trace| put.customize().interceptor(trace).send()).await.map(drop)
}

/// An object's bytes; none when there is no such object.
pub(super) async fn get(client: &Client, bucket: &str, key: &str, region: &str) -> Result<Option<Bytes>, CollectError> {
    match part(client, bucket, key, region, None).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind == GapReason::NotFound && error.code != "NoSuchBucket" => Ok(None),
        Err(error) if error.kind == GapReason::TooLarge => in_parts(client, bucket, key, region).await.map(Some),
        Err(error) => Err(error),
    }
}

async fn in_parts(client: &Client, bucket: &str, key: &str, region: &str) -> Result<Bytes, CollectError> {
    let mut whole = BytesMut::new();
    loop {
        let from = whole.len() as u64;
        let range = format!("bytes={from}-{}", from + RANGE - 1);
        match part(client, bucket, key, region, Some(range)).await {
            Ok(bytes) => {
                whole.extend_from_slice(&bytes);
                if (bytes.len() as u64) < RANGE {
                    return Ok(whole.freeze());
                }
            }
            // The object ended with the part before.
            Err(error) if error.code == "InvalidRange" || error.code == "416" => return Ok(whole.freeze()),
            Err(error) => return Err(error),
        }
    }
}

async fn part(
    client: &Client,
    bucket: &str,
    key: &str,
    region: &str,
    range: Option<String>,
) -> Result<Bytes, CollectError> {
    // The service keeps the SHA-256 of the put and gives it back; the SDK holds the body against it. Of a part there is none.
    let mode = range.is_none().then_some(ChecksumMode::Enabled);
    let get = client.get_object().bucket(bucket).key(key).set_range(range).set_checksum_mode(mode);
    let read = sdk::call(&GET_OBJECT, region, |trace| get.customize().interceptor(trace).send()).await?;
    let body = read
        .value
        .body
        .collect()
        .await
        .map_err(|error| CollectError::malformed("s3", "GetObject", region, innermost(&error), Vec::new()))?;
    Ok(body.into_bytes())
}

/// The cause says what is wrong with a body ("checksum mismatch"); what is around it only that it was a stream.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error).to_string()
}

/// Every key with a prefix, all pages. Markers of folders, which consoles make, are no objects.
pub(super) async fn list(
    client: &Client,
    bucket: &str,
    prefix: &str,
    region: &str,
) -> Result<Vec<String>, CollectError> {
    let mut keys = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let page = client.list_objects_v2().bucket(bucket).prefix(prefix).set_continuation_token(token.clone());
        let page = sdk::call(&LIST_OBJECTS, region, |trace| page.customize().interceptor(trace).send()).await?.value;
        for object in page.contents() {
            match object.key() {
                Some(key) if key.ends_with('/') && object.size() == Some(0) => {}
                Some(key) => keys.push(key.to_owned()),
                None => return Err(malformed(region, "an object without a key")),
            }
        }
        match page.next_continuation_token() {
            Some(next) if page.is_truncated() == Some(true) => {
                if token.as_deref() == Some(next) {
                    return Err(malformed(region, "the same page token twice"));
                }
                token = Some(next.to_owned());
            }
            None if page.is_truncated() == Some(true) => {
                return Err(malformed(region, "a page that is cut, and no token"));
            }
            _ => return Ok(keys),
        }
    }
}

fn malformed(region: &str, message: &str) -> CollectError {
    CollectError::malformed("s3", "ListObjectsV2", region, message, Vec::new())
}

/// What the bucket says of write-once protection of new objects.
pub(super) async fn retention(client: &Client, bucket: &str, region: &str) -> Retention {
    let asked = sdk::call(&GET_OBJECT_LOCK, region, |trace| {
        client.get_object_lock_configuration().bucket(bucket).customize().interceptor(trace).send()
    })
    .await;
    match sdk::absent(&GET_OBJECT_LOCK, asked) {
        Ok(read) => {
            let lock = read.value.and_then(|answer| answer.object_lock_configuration);
            default_retention(lock.and_then(|lock| lock.rule).and_then(|rule| rule.default_retention).as_ref())
        }
        Err(error) => Retention { mode: RetentionMode::Unknown, days: None, reason: Some(error.sentence()) },
    }
}

/// What protects one object. `InvalidRequest` is what a bucket without Object Lock answers.
pub(super) async fn hold(client: &Client, bucket: &str, key: &str, region: &str) -> Hold {
    let asked = sdk::call(&GET_OBJECT_RETENTION, region, |trace| {
        client.get_object_retention().bucket(bucket).key(key).customize().interceptor(trace).send()
    })
    .await;
    let unknown = |reason: String| Hold { mode: RetentionMode::Unknown, until: None, reason: Some(reason) };
    let retention = match sdk::absent(&GET_OBJECT_RETENTION, asked) {
        Ok(read) => read.value.and_then(|answer| answer.retention),
        Err(error) => return unknown(error.sentence()),
    };
    let Some(retention) = retention else { return Hold::NONE };
    let until = retention.retain_until_date().and_then(|until| {
        chrono::DateTime::from_timestamp(until.secs(), until.subsec_nanos()).map(evidenced_schemas::Instant::new)
    });
    let mode = match retention.mode() {
        Some(ObjectLockRetentionMode::Compliance) => RetentionMode::Compliance,
        Some(ObjectLockRetentionMode::Governance) => RetentionMode::Governance,
        other => return unknown(format!("the object's retention has the mode {other:?}")),
    };
    Hold { mode, until, reason: None }
}

/// Without a default rule new objects are not protected, even where Object Lock is enabled.
fn default_retention(rule: Option<&DefaultRetention>) -> Retention {
    let Some(rule) = rule else { return Retention { mode: RetentionMode::None, days: None, reason: None } };
    let days =
        |count: Option<i32>, each: u64| count.and_then(|count| u64::try_from(count).ok()).map(|count| count * each);
    let mode = match rule.mode() {
        Some(ObjectLockRetentionMode::Compliance) => RetentionMode::Compliance,
        Some(ObjectLockRetentionMode::Governance) => RetentionMode::Governance,
        other => {
            let reason = format!("the bucket's default retention has the mode {other:?}");
            return Retention { mode: RetentionMode::Unknown, days: None, reason: Some(reason) };
        }
    };
    Retention { mode, days: days(rule.days(), 1).or(days(rule.years(), 365)), reason: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_retention_is_told_in_days() {
        let rule = DefaultRetention::builder().mode(ObjectLockRetentionMode::Compliance).years(2).build();
        let told = default_retention(Some(&rule));
        assert_eq!((told.mode, told.days), (RetentionMode::Compliance, Some(730)));
        let rule = DefaultRetention::builder().mode(ObjectLockRetentionMode::Governance).days(30).build();
        let told = default_retention(Some(&rule));
        assert_eq!((told.mode, told.days), (RetentionMode::Governance, Some(30)));
        assert_eq!(default_retention(None).mode, RetentionMode::None);
        let rule = DefaultRetention::builder().days(30).build();
        assert_eq!(default_retention(Some(&rule)).mode, RetentionMode::Unknown);
    }
}
