//! How objects are encrypted at rest, where the store's URL says so. Without it the bucket's own default holds.

use aws_sdk_s3::types::ServerSideEncryption;

/// What each put asks for:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html>. A KMS key needs
/// `kms:GenerateDataKey` to write and `kms:Decrypt` to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// The algorithm.
    pub(super) algorithm: ServerSideEncryption,
    /// The KMS key, by id, ARN or alias; the account's own for S3 without it.
    pub(super) kms_key_id: Option<String>,
}

impl Encryption {
    /// From `sse` and `kms_key_id` of a URL; none when it has neither.
    ///
    /// # Errors
    /// What is wrong with them, and what to write.
    pub fn of(sse: Option<&str>, kms_key_id: Option<String>) -> Result<Option<Self>, String> {
        let algorithm = match sse {
            Some("aws:kms") => ServerSideEncryption::AwsKms,
            Some("aws:kms:dsse") => ServerSideEncryption::AwsKmsDsse,
            Some("AES256") if kms_key_id.is_none() => ServerSideEncryption::Aes256,
            Some("AES256") => return Err("`kms_key_id` goes with `sse=aws:kms`, not with `sse=AES256`".to_owned()),
            Some(other) => {
                return Err(format!("`sse={other}` is not known: there are aws:kms, aws:kms:dsse and AES256"));
            }
            None if kms_key_id.is_some() => return Err("`kms_key_id` needs `sse=aws:kms` beside it".to_owned()),
            None => return Ok(None),
        };
        if kms_key_id.as_deref() == Some("") {
            return Err("`kms_key_id` is empty: give a key's id, ARN or alias, or leave it out".to_owned());
        }
        Ok(Some(Self { algorithm, kms_key_id }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_asked_for_whole() {
        let of = |sse, key: Option<&str>| Encryption::of(sse, key.map(str::to_owned));
        assert_eq!(of(None, None), Ok(None));
        let kms = Encryption { algorithm: ServerSideEncryption::AwsKms, kms_key_id: Some("alias/e".to_owned()) };
        assert_eq!(of(Some("aws:kms"), Some("alias/e")), Ok(Some(kms)));
        assert_eq!(of(Some("AES256"), None).unwrap().unwrap().algorithm, ServerSideEncryption::Aes256);
        for (sse, key, says) in [
            (Some("kms"), None, "there are aws:kms"),
            (Some("AES256"), Some("k"), "goes with `sse=aws:kms`"),
            (None, Some("k"), "needs `sse=aws:kms`"),
            (Some("aws:kms"), Some(""), "is empty"),
        ] {
            let error = of(sse, key).unwrap_err();
            assert!(error.contains(says), "{sse:?} {key:?}: {error}");
        }
    }
}
