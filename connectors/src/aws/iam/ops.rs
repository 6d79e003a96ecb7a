//! The IAM operations that are called, with the permission each needs and the error codes that are facts.

use crate::aws::{Operation, Paging};

const IAM: Operation = Operation { service: "iam", ..Operation::PLAIN };

/// Counts and limits of the account. The counts are the cross-check of the lists.
pub static GET_ACCOUNT_SUMMARY: Operation = Operation {
    name: "GetAccountSummary",
    root: Some("GetAccountSummaryResponse"),
    permission: "iam:GetAccountSummary",
    docs: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html",
    ..IAM
};

/// The password policy; an account that never set one has none.
pub static GET_ACCOUNT_PASSWORD_POLICY: Operation = Operation {
    name: "GetAccountPasswordPolicy",
    root: Some("GetAccountPasswordPolicyResponse"),
    permission: "iam:GetAccountPasswordPolicy",
    absent: &["NoSuchEntity"],
    docs: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html",
    ..IAM
};

/// Virtual MFA devices, assigned or not. The answer never holds the seed; it is redacted all the same.
pub static LIST_VIRTUAL_MFA_DEVICES: Operation = Operation {
    name: "ListVirtualMFADevices",
    root: Some("ListVirtualMFADevicesResponse"),
    permission: "iam:ListVirtualMFADevices",
    paging: MARKER,
    secrets: &["Base32StringSeed", "QRCodePNG"],
    docs: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html",
    ..IAM
};

/// Central management of root access, as the organisation's management account or a delegated administrator sees it.
/// Elsewhere, and without an organisation, there is nothing to see.
pub static LIST_ORGANIZATIONS_FEATURES: Operation = Operation {
    name: "ListOrganizationsFeatures",
    root: Some("ListOrganizationsFeaturesResponse"),
    permission: "iam:ListOrganizationsFeatures",
    absent: &[
        "AccountNotManagementOrDelegatedAdministratorException",
        "OrganizationNotFoundException",
        "OrganizationNotInAllFeaturesModeException",
        "ServiceAccessNotEnabledException",
    ],
    docs: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html",
    ..IAM
};

/// Certificates for TLS that IAM holds. Only what is said of them is listed, never a key.
pub static LIST_SERVER_CERTIFICATES: Operation = Operation {
    name: "ListServerCertificates",
    root: Some("ListServerCertificatesResponse"),
    permission: "iam:ListServerCertificates",
    paging: MARKER,
    docs: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServerCertificates.html",
    ..IAM
};

/// Users, groups, roles, and the customer's own policies with their documents, in one paged stream.
pub static GET_ACCOUNT_AUTHORIZATION_DETAILS: Operation = Operation {
    name: "GetAccountAuthorizationDetails",
    root: Some("GetAccountAuthorizationDetailsResponse"),
    permission: "iam:GetAccountAuthorizationDetails",
    paging: MARKER,
    docs: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html",
    ..IAM
};

/// Asks for a credential report. It changes nothing but the report; IAM makes a new one at most every four hours.
pub static GENERATE_CREDENTIAL_REPORT: Operation = Operation {
    name: "GenerateCredentialReport",
    root: Some("GenerateCredentialReportResponse"),
    permission: "iam:GenerateCredentialReport",
    docs: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateCredentialReport.html",
    ..IAM
};

/// The credential report.
pub static GET_CREDENTIAL_REPORT: Operation = Operation {
    name: "GetCredentialReport",
    root: Some("GetCredentialReportResponse"),
    permission: "iam:GetCredentialReport",
    docs: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html",
    ..IAM
};

const MARKER: Paging = Paging::Token { input: "Marker", output: "Marker" };
