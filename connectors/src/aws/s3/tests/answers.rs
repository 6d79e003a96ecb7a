//! Answers of S3, S3 Control and KMS in their own form, for three buckets: `alpha` with everything set, `beta` with
//! nothing, and `gamma`, whose region the list does not say.

/// Call, what its region and URL hold, status, body.
pub(super) type Line = (&'static str, &'static str, u16, &'static str);

pub(super) const ALPHA: &str = "arn:aws:s3:::alpha";
pub(super) const BETA: &str = "arn:aws:s3:::beta";
pub(super) const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-1111-2222-3333-444444444444";

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
{"Sid":"Site","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::alpha/*"},
{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::alpha/*"},
{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::alpha","arn:aws:s3:::alpha/*"],
"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

const ENCRYPTED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-1111-2222-3333-444444444444</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"#;

const ACL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>79a59df9</ID><DisplayName>owner</DisplayName></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>79a59df9</ID><DisplayName>owner</DisplayName></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"#;

const NO_POLICY: &str =
    "<Error><Code>NoSuchBucketPolicy</Code><Message>The bucket policy does not exist</Message></Error>";
const NO_BLOCK: &str = "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code><Message>none</Message></Error>";
const NO_VERSIONING: &str = r#"<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>"#;
const NO_LOGGING: &str = r#"<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/" />"#;

/// The answers. A needle without a bucket's name answers every bucket that no line above it names.
pub(super) const SCRIPT: &[Line] = &[
    (
        "s3:ListBuckets",
        "continuation-token=page-2",
        200,
        r#"<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>79a59df9</ID></Owner><Buckets>
        <Bucket><Name>gamma</Name><CreationDate>2024-02-03T04:05:06.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>"#,
    ),
    (
        "s3:ListBuckets",
        "max-buckets=1000",
        200,
        r#"<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>79a59df9</ID></Owner><Buckets>
        <Bucket><Name>beta</Name><CreationDate>2024-02-03T04:05:06.000Z</CreationDate><BucketRegion>eu-west-1</BucketRegion></Bucket>
        <Bucket><Name>alpha</Name><CreationDate>2024-02-03T04:05:06.000Z</CreationDate><BucketRegion>us-east-1</BucketRegion></Bucket>
        </Buckets><ContinuationToken>page-2</ContinuationToken></ListAllMyBucketsResult>"#,
    ),
    ("s3control:GetPublicAccessBlock", "", 404, NO_BLOCK),
    (
        "s3:GetBucketLocation",
        "gamma",
        200,
        r#"<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">EU</LocationConstraint>"#,
    ),
    ("s3:GetBucketAcl", "alpha", 200, ACL),
    ("s3:GetBucketAcl", "eu-west-1", 200, ACL),
    ("s3:GetPublicAccessBlock", "alpha", 404, NO_BLOCK),
    ("s3:GetPublicAccessBlock", "eu-west-1", 404, NO_BLOCK),
    ("s3:GetBucketPolicy", "alpha", 200, POLICY),
    ("s3:GetBucketPolicy", "eu-west-1", 404, NO_POLICY),
    (
        "s3:GetBucketPolicyStatus",
        "alpha",
        200,
        r#"<PolicyStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsPublic>true</IsPublic></PolicyStatus>"#,
    ),
    ("s3:GetBucketEncryption", "alpha", 200, ENCRYPTED),
    ("s3:GetBucketEncryption", "gamma", 200, ENCRYPTED),
    (
        "s3:GetBucketEncryption",
        "beta",
        404,
        "<Error><Code>ServerSideEncryptionConfigurationNotFoundError</Code><Message>none</Message></Error>",
    ),
    (
        "s3:GetBucketVersioning",
        "alpha",
        200,
        r#"<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>"#,
    ),
    ("s3:GetBucketVersioning", "eu-west-1", 200, NO_VERSIONING),
    (
        "s3:GetObjectLockConfiguration",
        "alpha",
        200,
        r#"<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>30</Days></DefaultRetention></Rule></ObjectLockConfiguration>"#,
    ),
    (
        "s3:GetBucketLogging",
        "alpha",
        200,
        r#"<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LoggingEnabled><TargetBucket>beta</TargetBucket><TargetPrefix>alpha/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"#,
    ),
    ("s3:GetBucketLogging", "eu-west-1", 200, NO_LOGGING),
    (
        "s3:GetBucketLifecycleConfiguration",
        "alpha",
        200,
        r#"<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>old</ID><Filter><Prefix/></Filter><Status>Enabled</Status><Expiration><Days>90</Days></Expiration><NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration></Rule><Rule><Prefix/><Status>Disabled</Status><Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration></Rule></LifecycleConfiguration>"#,
    ),
    (
        "s3:GetBucketLifecycleConfiguration",
        "eu-west-1",
        404,
        "<Error><Code>NoSuchLifecycleConfiguration</Code><Message>none</Message></Error>",
    ),
    (
        "s3:GetBucketOwnershipControls",
        "alpha",
        200,
        r#"<OwnershipControls xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule></OwnershipControls>"#,
    ),
    (
        "s3:GetBucketOwnershipControls",
        "eu-west-1",
        404,
        "<Error><Code>OwnershipControlsNotFoundError</Code><Message>none</Message></Error>",
    ),
    (
        "s3:GetBucketReplication",
        "alpha",
        200,
        r#"<ReplicationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Role>arn:aws:iam::123456789012:role/replicate</Role><Rule><ID>all</ID><Priority>1</Priority><Filter/><Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::copy</Bucket></Destination></Rule></ReplicationConfiguration>"#,
    ),
    (
        "s3:GetBucketTagging",
        "alpha",
        200,
        r#"<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>Data-Classification</Key><Value>Confidential</Value></Tag><Tag><Key>team</Key><Value/></Tag></TagSet></Tagging>"#,
    ),
    ("s3:GetBucketTagging", "eu-west-1", 404, "<Error><Code>NoSuchTagSet</Code><Message>none</Message></Error>"),
    (
        "kms:DescribeKey",
        "",
        200,
        r#"{"KeyMetadata":{"AWSAccountId":"123456789012","KeyId":"0f0f0f0f-1111-2222-3333-444444444444","KeyManager":"CUSTOMER","Enabled":true}}"#,
    ),
];
