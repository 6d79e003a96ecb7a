//! `gcp.iam.workload-identity-provider`: who outside Google is trusted to say who a workload is.

use super::ops::SERVICE;
use crate::document::Draft;
use crate::gcp::context::Context;
use crate::gcp::listing::{Listed, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

static ASSET: Operation = Operation::asset("iam.googleapis.com/WorkloadIdentityPoolProvider");

/// `workloadIdentityPools.list`.
static POOLS: Operation = Operation {
    service: SERVICE,
    name: "iam.projects.locations.workloadIdentityPools.list",
    permission: "iam.workloadIdentityPools.list",
    request: Request::Get("v1/projects/{project}/locations/global/workloadIdentityPools?pageSize=1000"),
    items: Items::In("workloadIdentityPools"),
    docs: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools/list",
    ..Operation::PLAIN
};

/// `workloadIdentityPools.providers.list`.
static PROVIDERS: Operation = Operation {
    service: SERVICE,
    name: "iam.projects.locations.workloadIdentityPools.providers.list",
    permission: "iam.workloadIdentityPoolProviders.list",
    request: Request::Get("v1/{parent}/providers?pageSize=100"),
    items: Items::In("workloadIdentityPoolProviders"),
    docs: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers/list",
    ..Operation::PLAIN
};

/// A provider.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Provider {
    /// `projects/N/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`.
    name: Option<String>,
    /// `ACTIVE` or `DELETED`.
    state: Option<String>,
    /// It is disabled. Google leaves it out when it is not.
    #[serde(default)]
    disabled: bool,
    /// What credentials must say to be accepted, in the Common Expression Language; null for anything.
    attribute_condition: Option<String>,
    /// How what they say becomes attributes here.
    attribute_mapping: Option<BTreeMap<String, String>>,
    /// An issuer of `OpenID` Connect; null for another kind.
    oidc: Option<Oidc>,
    /// An AWS account; null for another kind.
    aws: Option<Aws>,
    /// A SAML identity provider; null for another kind.
    saml: Option<Saml>,
    /// Certificates; null for another kind.
    x509: Option<X509>,
}

/// An issuer.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Oidc {
    /// `https://token.actions.githubusercontent.com`
    issuer_uri: Option<String>,
    /// Audiences that are accepted; null for the provider's own name.
    allowed_audiences: Option<Vec<String>>,
}

/// An AWS account.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Aws {
    /// Its number.
    account_id: Option<String>,
}

/// A SAML identity provider. Its metadata are not kept.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Saml {}

/// Certificates. They are not kept.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct X509 {}

/// `derived`
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// `oidc`, `aws`, `saml` or `x509`; null for a kind that is new.
    kind: Option<&'static str>,
    /// Who is trusted: the issuer's address, or the number of the AWS account; null for others.
    issuer: Option<String>,
}

impl Listed for Provider {
    const TYPE: &'static str = "gcp.iam.workload-identity-provider";
    const ID: &'static str = "//iam.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&POOLS, &PROVIDERS];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &POOLS, &PROVIDERS];
    const ALWAYS: &'static [&'static str] = &["state"];
    type Around = ();
    type Derived = Derived;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), _: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let (kind, issuer) = match (&self.oidc, &self.aws, &self.saml, &self.x509) {
            (Some(oidc), ..) => (Some("oidc"), oidc.issuer_uri.clone()),
            (None, Some(aws), ..) => (Some("aws"), aws.account_id.clone()),
            (None, None, Some(_), _) => (Some("saml"), None),
            (None, None, None, Some(_)) => (Some("x509"), None),
            (None, None, None, None) => (None, None),
        };
        Box::pin(std::future::ready(Derived { kind, issuer }))
    }
}
