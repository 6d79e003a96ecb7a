//! A small account as IAM's XML tells it, and a transport that tells it.

use super::{ApiRequest, ApiResponse, CollectError, Instant, Transport};
use base64::Engine;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

pub(super) const ACCOUNT: &str = "111111111111";

/// Status and body.
pub(super) type Answer = (u16, String);

/// Answers by operation, in order; the last one stays.
#[derive(Debug)]
pub(super) struct Script {
    answers: Mutex<BTreeMap<&'static str, VecDeque<Answer>>>,
    calls: Calls,
}

/// Operations that were called, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    pub(super) fn of(&self, operation: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|called| *called == operation).count()
    }
}

impl Script {
    pub(super) fn whole() -> Self {
        let complete = (200, xml("GenerateCredentialReport", "<State>COMPLETE</State>"));
        let outside = error(400, "AccountNotManagementOrDelegatedAdministratorException");
        Self { answers: Mutex::default(), calls: Calls::default() }
            .with("GetAccountSummary", vec![summary()])
            .with("GetAccountPasswordPolicy", vec![password_policy()])
            .with("ListVirtualMFADevices", vec![devices()])
            .with("ListOrganizationsFeatures", vec![outside])
            .with(
                "ListServerCertificates",
                vec![certificates(&[("web", "<Expiration>2026-09-01T12:00:00Z</Expiration>")], "")],
            )
            .with("GetAccountAuthorizationDetails", details().into())
            .with("DescribeOrganization", vec![organization_denied()])
            .with("GenerateCredentialReport", vec![complete])
            .with("GetCredentialReport", vec![report()])
    }

    pub(super) fn with(self, operation: &'static str, answers: Vec<Answer>) -> Self {
        self.answers.lock().unwrap().insert(operation, answers.into());
        self
    }

    pub(super) fn calls(&self) -> Calls {
        self.calls.clone()
    }
}

#[async_trait::async_trait]
impl Transport for Script {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        assert!(matches!(request.service.as_str(), "iam" | "organizations") && request.region == "global");
        let mut answers = self.answers.lock().unwrap();
        let queue = answers.get_mut(request.operation.as_str()).expect("a scripted operation");
        let (status, body) = if queue.len() > 1 { queue.pop_front().unwrap() } else { queue[0].clone() };
        let mut calls = self.calls.0.lock().unwrap();
        // What is asked of the organisation is not counted, and has the exchanges from 100 on.
        let seq = if request.service == "iam" {
            calls.push(request.operation);
            calls.len() as u64
        } else {
            100
        };
        Ok(ApiResponse {
            seq,
            status,
            headers: BTreeMap::from([("content-type".to_owned(), "text/xml".to_owned())]),
            body: Bytes::from(body),
            finished_at: Instant::try_from("2026-03-01T06:00:01Z".to_owned()).unwrap(),
        })
    }

    async fn pause(&self, _: std::time::Duration) {}
}

pub(super) fn xml(operation: &str, result: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId></ResponseMetadata></{operation}Response>"
    )
}

pub(super) fn error(status: u16, code: &str) -> Answer {
    let body = format!(
        "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>no</Message></Error><RequestId>7a62c49f</RequestId></ErrorResponse>"
    );
    (status, body)
}

/// As Organizations refuses a member account.
pub(super) fn organization_denied() -> Answer {
    (400, r#"{"__type":"AccessDeniedException","Message":"no"}"#.to_owned())
}

pub(super) fn denied() -> Answer {
    error(403, "AccessDenied")
}

/// The answer up to and with this text, as a connection that closed too early leaves it.
pub(super) fn cut(answer: &Answer, after: &str) -> Answer {
    let end = answer.1.find(after).expect("the text is in the answer") + after.len();
    (answer.0, answer.1[..end].to_owned())
}

pub(super) fn encoded(document: &str) -> String {
    percent_encoding::utf8_percent_encode(document, percent_encoding::NON_ALPHANUMERIC).to_string()
}

pub(super) const CI_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}"#;
const SERVICE_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"support.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
pub(super) const OPS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const PASS: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:PassRole"],"Resource":["*"]}}"#;
const LESS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}]}"#;

fn statement_of(name: &str, document: &str) -> String {
    format!("<member><PolicyName>{name}</PolicyName><PolicyDocument>{}</PolicyDocument></member>", encoded(document))
}

/// Two pages.
pub(super) fn details() -> [Answer; 2] {
    let ann = format!(
        "<member><Path>/</Path><UserName>ann</UserName><UserId>AIDAANN</UserId><Arn>arn:aws:iam::111111111111:user/ann</Arn>\
         <CreateDate>2024-01-01T00:00:00Z</CreateDate><UserPolicyList>{}</UserPolicyList>\
         <GroupList><member>staff</member></GroupList>\
         <AttachedManagedPolicies><member><PolicyName>ops</PolicyName><PolicyArn>arn:aws:iam::111111111111:policy/ops</PolicyArn></member></AttachedManagedPolicies>\
         <PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>arn:aws:iam::aws:policy/ReadOnlyAccess</PermissionsBoundaryArn></PermissionsBoundary>\
         <Tags><member><Key>team</Key><Value>a</Value></member></Tags></member>",
        statement_of("pass", PASS)
    );
    let new = "<member><Path>/</Path><UserName>new</UserName><UserId>AIDANEW</UserId><Arn>arn:aws:iam::111111111111:user/new</Arn>\
               <CreateDate>2026-03-01T05:00:00Z</CreateDate></member>";
    let staff = "<member><Path>/</Path><GroupName>staff</GroupName><GroupId>AGPASTAFF</GroupId><Arn>arn:aws:iam::111111111111:group/staff</Arn>\
                 <CreateDate>2024-01-01T00:00:00Z</CreateDate><GroupPolicyList/><AttachedManagedPolicies/></member>";
    let first = format!(
        "<IsTruncated>true</IsTruncated><Marker>m1</Marker><UserDetailList>{ann}</UserDetailList>\
         <GroupDetailList>{staff}</GroupDetailList><RoleDetailList/><Policies/>"
    );
    let second = format!(
        "<IsTruncated>false</IsTruncated><UserDetailList>{new}</UserDetailList><GroupDetailList/>\
         <RoleDetailList>{}</RoleDetailList><Policies>{}</Policies>",
        roles(),
        policies()
    );
    [first, second].map(|result| (200, xml("GetAccountAuthorizationDetails", &result)))
}

fn roles() -> String {
    let ci = format!(
        "<member><Path>/</Path><RoleName>ci</RoleName><RoleId>AROACI</RoleId><Arn>arn:aws:iam::111111111111:role/ci</Arn>\
         <CreateDate>2024-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>\
         <InstanceProfileList/><RolePolicyList>{}</RolePolicyList><AttachedManagedPolicies/>\
         <RoleLastUsed><LastUsedDate>2026-02-20T10:00:00Z</LastUsedDate><Region>eu-west-1</Region></RoleLastUsed></member>",
        encoded(CI_TRUST),
        statement_of("read", LESS)
    );
    let linked = format!(
        "<member><Path>/aws-service-role/support.amazonaws.com/</Path><RoleName>AWSServiceRoleForSupport</RoleName><RoleId>AROASUP</RoleId>\
         <Arn>arn:aws:iam::111111111111:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport</Arn>\
         <CreateDate>2024-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument><RoleLastUsed/></member>",
        encoded(SERVICE_TRUST)
    );
    ci + &linked
}

fn policies() -> String {
    let version = |id: &str, default: bool, document: &str| {
        format!(
            "<member><Document>{}</Document><VersionId>{id}</VersionId><IsDefaultVersion>{default}</IsDefaultVersion>\
             <CreateDate>2024-01-01T00:00:00Z</CreateDate></member>",
            encoded(document)
        )
    };
    let policy = |name: &str, account: &str| {
        format!(
            "<member><PolicyName>{name}</PolicyName><PolicyId>ANPA{name}</PolicyId><Arn>arn:aws:iam::{account}:policy/{name}</Arn><Path>/</Path>\
             <DefaultVersionId>v1</DefaultVersionId><AttachmentCount>1</AttachmentCount>\
             <PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount><IsAttachable>true</IsAttachable>\
             <CreateDate>2024-01-01T00:00:00Z</CreateDate><UpdateDate>2024-01-02T00:00:00Z</UpdateDate>\
             <PolicyVersionList>{}{}</PolicyVersionList></member>",
            version("v2", false, LESS),
            version("v1", true, OPS)
        )
    };
    policy("ops", ACCOUNT) + &policy("AdministratorAccess", "aws") + &policy("ReadOnlyAccess", "aws")
}

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info";
const ROOT: &str = "<root_account>,arn:aws:iam::111111111111:root,2020-01-01T00:00:00+00:00,not_supported,2026-02-01T08:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A,none";
const ANN: &str = "ann,arn:aws:iam::111111111111:user/ann,2024-01-01T00:00:00+00:00,true,no_information,2024-01-02T00:00:00+00:00,N/A,false,true,2025-01-01T00:00:00+00:00,2026-02-28T00:00:00+00:00,eu-west-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A,none";

pub(super) fn report() -> Answer {
    report_with(|_| ())
}

/// The report after a change to its lines: header, root, ann.
pub(super) fn report_with(change: impl FnOnce(&mut Vec<String>)) -> Answer {
    let mut lines: Vec<String> = [HEADER, ROOT, ANN].map(str::to_owned).into();
    change(&mut lines);
    let content = base64::engine::general_purpose::STANDARD.encode(lines.join("\n"));
    let result = format!(
        "<Content>{content}</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>2026-03-01T04:00:00Z</GeneratedTime>"
    );
    (200, xml("GetCredentialReport", &result))
}

pub(super) fn summary() -> Answer {
    let counts = [
        ("Users", 2),
        ("Groups", 1),
        ("Roles", 2),
        ("Policies", 1),
        ("ServerCertificates", 1),
        ("AccountMFAEnabled", 1),
        ("SomethingNew", 7),
    ];
    let entries = counts.map(|(key, count)| format!("<entry><key>{key}</key><value>{count}</value></entry>")).concat();
    (200, xml("GetAccountSummary", &format!("<SummaryMap>{entries}</SummaryMap>")))
}

fn password_policy() -> Answer {
    let policy = "<PasswordPolicy><AllowUsersToChangePassword>true</AllowUsersToChangePassword><RequireUppercaseCharacters>true</RequireUppercaseCharacters>\
                  <RequireSymbols>true</RequireSymbols><ExpirePasswords>false</ExpirePasswords><PasswordReusePrevention>24</PasswordReusePrevention>\
                  <RequireLowercaseCharacters>true</RequireLowercaseCharacters><RequireNumbers>true</RequireNumbers>\
                  <MinimumPasswordLength>14</MinimumPasswordLength></PasswordPolicy>";
    (200, xml("GetAccountPasswordPolicy", policy))
}

pub(super) fn devices() -> Answer {
    let devices = "<IsTruncated>false</IsTruncated><VirtualMFADevices>\
                   <member><SerialNumber>arn:aws:iam::111111111111:mfa/root-account-mfa-device</SerialNumber><EnableDate>2024-01-01T00:00:00Z</EnableDate>\
                   <User><UserId>111111111111</UserId><Arn>arn:aws:iam::111111111111:root</Arn><CreateDate>2020-01-01T00:00:00Z</CreateDate></User></member>\
                   <member><SerialNumber>arn:aws:iam::111111111111:mfa/spare</SerialNumber><Base32StringSeed>[redacted]</Base32StringSeed></member></VirtualMFADevices>";
    (200, xml("ListVirtualMFADevices", devices))
}

/// Certificates by name, each with what is said of its end; the marker of a page after it, empty for none.
pub(super) fn certificates(listed: &[(&str, &str)], marker: &str) -> Answer {
    let one = |(name, end): &(&str, &str)| {
        format!(
            "<member><Path>/old/</Path><ServerCertificateName>{name}</ServerCertificateName><ServerCertificateId>ASCA{name}</ServerCertificateId>\
             <Arn>arn:aws:iam::111111111111:server-certificate/old/{name}</Arn><UploadDate>2024-01-01T00:00:00Z</UploadDate>{end}</member>"
        )
    };
    let next = if marker.is_empty() { String::new() } else { format!("<Marker>{marker}</Marker>") };
    let truncated = !marker.is_empty();
    let list = listed.iter().map(one).collect::<String>();
    let result = format!(
        "<IsTruncated>{truncated}</IsTruncated>{next}<ServerCertificateMetadataList>{list}</ServerCertificateMetadataList>"
    );
    (200, xml("ListServerCertificates", &result))
}

pub(super) fn features() -> Answer {
    let features = "<OrganizationId>o-1</OrganizationId><EnabledFeatures><member>RootCredentialsManagement</member>\
                    <member>RootSessions</member></EnabledFeatures>";
    (200, xml("ListOrganizationsFeatures", features))
}
