//! The signed door: every AWS service but IAM and S3, through the protocols that AWS documents.
//!
//! A service is a row of [`SERVICES`], an operation a declaration ([`Operation`]), an answer a JSON value in the
//! provider's own words. XML answers become JSON as [`xml`] says. The door deliberately knows no shapes: whoever asks
//! reads the value with [`typed`], and what does not fit is `malformed`. An answer that is not the operation's own (HTML, another
//! root element, a JSON array) is `malformed` too and never reads as "empty".

mod answer;
mod host;
mod request;
mod sign;
mod texts;

mod xml;

pub use crate::words::snake_case_keys;
pub use host::Endpoint;

use super::context::Context;
use super::operation::{Operation, Paging};
use super::sdk;
use crate::document::{Pages, Read};
use crate::exchange::{ApiRequest, ApiResponse, CollectError, ErrorDialect};
use aws_credential_types::provider::ProvideCredentials;
use evidenced_schemas::{Cloud, GapReason};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::borrow::Borrow;
use std::collections::BTreeSet;

/// The wire protocols, as the AWS API models name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson1.0 and awsJson1.1: `POST /` with `X-Amz-Target`.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// What stands before the operation in `X-Amz-Target`.
        target: &'static str,
    },
    /// awsQuery: a form, answered in XML; lists are `Key.member.1`.
    Query {
        /// API version.
        version: &'static str,
    },
    /// ec2Query: a form, answered in XML; lists are `Key.1`.
    Ec2 {
        /// API version.
        version: &'static str,
    },
    /// restJson1: method and path of the operation, JSON bodies.
    RestJson,
    /// restXml: method and path of the operation, XML answers.
    RestXml,
}

impl Protocol {
    fn dialect(self) -> ErrorDialect {
        match self {
            Self::Json { .. } | Self::RestJson => ErrorDialect::AwsJson,
            Self::Query { .. } | Self::Ec2 { .. } | Self::RestXml => ErrorDialect::AwsXml,
        }
    }
}

/// How a service's hosts are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// `<prefix>.<region>.<suffix>`.
    Regional,
    /// As `Regional`, but in `aws-us-gov` the ordinary host is the FIPS host.
    RegionalPlainFipsInGov,
    /// As `Regional`; what lies in no region is asked in the partition's global region, and not in the home region.
    RegionalAndGlobal,
    /// One host, in the partition's global region, which also signs.
    Global,
    /// One host without a region in the commercial partition, `<prefix>.<suffix>`, and one in the global region of any other;
    /// the partition's global region signs.
    GlobalUnnamed,
    /// `<account>.<prefix>.<region>.<suffix>`, and the account in `x-amz-account-id`.
    AccountPrefixed,
}

/// A service: one row.
#[derive(Debug)]
pub struct Service {
    /// As [`Operation::service`] names it: the name that the AWS CLI has for the service.
    pub name: &'static str,
    /// The SDK's service id in lower case with underscores: `AWS_ENDPOINT_URL_S3_CONTROL` is `s3_control`.
    pub endpoint_key: &'static str,
    /// Start of its host names.
    pub prefix: &'static str,
    /// Name in the signature's scope.
    pub signing_name: &'static str,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its hosts.
    pub hosts: Hosts,
}

const fn row(
    name: &'static str,
    endpoint_key: &'static str,
    prefix: &'static str,
    signing_name: &'static str,
    protocol: Protocol,
    hosts: Hosts,
) -> Service {
    Service { name, endpoint_key, prefix, signing_name, protocol, hosts }
}

/// awsJson1.1.
const fn json(target: &'static str) -> Protocol {
    Protocol::Json { version: "1.1", target }
}

/// awsJson1.0.
const fn json_1_0(target: &'static str) -> Protocol {
    Protocol::Json { version: "1.0", target }
}

/// awsQuery.
const fn query(version: &'static str) -> Protocol {
    Protocol::Query { version }
}

const CLOUDTRAIL: Protocol = json("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101");
const EC2: Protocol = Protocol::Ec2 { version: "2016-11-15" };
const REST: Protocol = Protocol::RestJson;
const XML: Protocol = Protocol::RestXml;
const TAGGING: Protocol = json("ResourceGroupsTaggingAPI_20170126");
const ELB: &str = "elasticloadbalancing";

/// Every service that is read through the door. A new service is one line here.
/// Source: the service models in `aws-sdk-*` and botocore, and "Service endpoints" in the AWS General Reference.
/// `tests/botocore/` holds every row against botocore.
#[rustfmt::skip]
pub static SERVICES: &[Service] = &[
    row("accessanalyzer", "accessanalyzer", "access-analyzer", "access-analyzer", REST, Hosts::RegionalPlainFipsInGov),
    row("account", "account", "account", "account", REST, Hosts::Global),
    row("acm", "acm", "acm", "acm", json("CertificateManager"), Hosts::RegionalPlainFipsInGov),
    row("backup", "backup", "backup", "backup", REST, Hosts::Regional),
    row("cloudfront", "cloudfront", "cloudfront", "cloudfront", XML, Hosts::GlobalUnnamed),
    row("cloudtrail", "cloudtrail", "cloudtrail", "cloudtrail", CLOUDTRAIL, Hosts::RegionalPlainFipsInGov),
    row("cloudwatch", "cloudwatch", "monitoring", "monitoring", query("2010-08-01"), Hosts::Regional),
    row("config", "config_service", "config", "config", json("StarlingDoveService"), Hosts::RegionalPlainFipsInGov),
    row("dynamodb", "dynamodb", "dynamodb", "dynamodb", json_1_0("DynamoDB_20120810"), Hosts::RegionalPlainFipsInGov),
    row("ec2", "ec2", "ec2", "ec2", EC2, Hosts::RegionalPlainFipsInGov),
    row("ecr", "ecr", "api.ecr", "ecr", json("AmazonEC2ContainerRegistry_V20150921"), Hosts::Regional),
    row("ecs", "ecs", "ecs", "ecs", json("AmazonEC2ContainerServiceV20141113"), Hosts::Regional),
    row("eks", "eks", "eks", "eks", REST, Hosts::RegionalPlainFipsInGov),
    row("elb", "elastic_load_balancing", ELB, ELB, query("2012-06-01"), Hosts::RegionalPlainFipsInGov),
    row("elbv2", "elastic_load_balancing_v2", ELB, ELB, query("2015-12-01"), Hosts::RegionalPlainFipsInGov),
    row("events", "eventbridge", "events", "events", json("AWSEvents"), Hosts::RegionalPlainFipsInGov),
    row("guardduty", "guardduty", "guardduty", "guardduty", REST, Hosts::RegionalPlainFipsInGov),
    row("inspector2", "inspector2", "inspector2", "inspector2", REST, Hosts::Regional),
    row("kms", "kms", "kms", "kms", json("TrentService"), Hosts::Regional),
    row("lambda", "lambda", "lambda", "lambda", REST, Hosts::Regional),
    row("logs", "cloudwatch_logs", "logs", "logs", json("Logs_20140328"), Hosts::RegionalPlainFipsInGov),
    row("organizations", "organizations", "organizations", "organizations", json("AWSOrganizationsV20161128"), Hosts::Global),
    row("rds", "rds", "rds", "rds", query("2014-10-31"), Hosts::RegionalPlainFipsInGov),
    row("resourcegroupstaggingapi", "resource_groups_tagging_api", "tagging", "tagging", TAGGING, Hosts::Regional),
    row("s3control", "s3_control", "s3-control", "s3", XML, Hosts::AccountPrefixed),
    row("secretsmanager", "secrets_manager", "secretsmanager", "secretsmanager", json("secretsmanager"), Hosts::Regional),
    row("securityhub", "securityhub", "securityhub", "securityhub", REST, Hosts::Regional),
    row("sns", "sns", "sns", "sns", query("2010-03-31"), Hosts::RegionalPlainFipsInGov),
    row("sqs", "sqs", "sqs", "sqs", json_1_0("AmazonSQS"), Hosts::RegionalPlainFipsInGov),
    row("ssm", "ssm", "ssm", "ssm", json("AmazonSSM"), Hosts::RegionalPlainFipsInGov),
    row("sts", "sts", "sts", "sts", query("2011-06-15"), Hosts::RegionalPlainFipsInGov),
    row("wafv2", "wafv2", "wafv2", "wafv2", json("AWSWAF_20190729"), Hosts::RegionalAndGlobal),
];

/// More pages than any list has; past it the provider is taken to go in circles.
const PAGES_AT_MOST: usize = 100_000;

impl Context {
    /// Makes one call of one page. `region` is where it is asked, `global` for the home region; `input` holds the members
    /// of the request in the provider's own names, and null ones are left out.
    ///
    /// # Errors
    /// Of every kind in [`crate::exchange::error::rule`].
    pub async fn ask(
        &self,
        operation: &Operation,
        region: &str,
        input: impl Borrow<Value>,
    ) -> Result<Read<Value>, CollectError> {
        let Some(service) = SERVICES.iter().find(|service| service.name == operation.service) else {
            return Err(mistake(operation, region, "no row of the services table has this name"));
        };
        if !operation.shared {
            return self.call(service, operation, region, input.borrow()).await;
        }
        let answer = self.shared(format!("{}:{} {region} {}", service.name, operation.name, input.borrow()));
        answer.get_or_init(|| self.call(service, operation, region, input.borrow())).await.clone()
    }

    async fn call(
        &self,
        service: &Service,
        operation: &Operation,
        region: &str,
        input: &Value,
    ) -> Result<Read<Value>, CollectError> {
        let (service_region, shown) = self.place(service, region);
        let request = self.signed(service, operation, service_region, shown, input).await?;
        let response = self.transport().call(request.clone()).await?;
        read(service, operation, &request, &response)
    }

    /// Makes the calls of a list until its last page, as [`Operation::paging`] declares. What was read stays when a later
    /// page fails.
    pub async fn ask_all(&self, operation: &Operation, region: &str, input: impl Borrow<Value>) -> Pages {
        let mut input = input.borrow().clone();
        let mut pages = Pages::default();
        let mut tokens = BTreeSet::new();
        loop {
            let page = match self.ask(operation, region, &input).await {
                Ok(page) => page,
                Err(error) => return Pages { error: Some(error), ..pages },
            };
            let next = next_token(operation.paging, &page.value);
            let shown = CollectError {
                at: page.at,
                ..CollectError::malformed(operation.service, operation.name, region, "", page.exchanges.clone())
            };
            pages.pages.push(page);
            let trouble = match next {
                Ok(None) => return pages,
                Ok(Some(_)) if pages.pages.len() >= PAGES_AT_MOST => "the list does not end".to_owned(),
                Ok(Some((field, token))) if tokens.insert(token.clone()) => {
                    if let Value::Object(members) = &mut input {
                        members.insert(field.to_owned(), Value::String(token));
                    } else {
                        input = Value::Object(Map::from_iter([(field.to_owned(), Value::String(token))]));
                    }
                    continue;
                }
                Ok(Some(_)) => "the answer gave a page token for the second time".to_owned(),
                Err(trouble) => trouble,
            };
            return Pages { error: Some(CollectError { message: trouble, ..shown }), ..pages };
        }
    }

    /// The region that is asked and signs, and the region that the exchange is recorded under.
    fn place<'a>(&'a self, service: &Service, region: &'a str) -> (&'a str, &'a str) {
        match service.hosts {
            Hosts::Global | Hosts::GlobalUnnamed => (self.partition().global_region, "global"),
            Hosts::RegionalAndGlobal if region == "global" => (self.partition().global_region, "global"),
            _ if region == "global" => (self.home_region(), region),
            _ => (region, region),
        }
    }

    async fn signed(
        &self,
        service: &Service,
        operation: &Operation,
        region: &str,
        shown: &str,
        input: &Value,
    ) -> Result<ApiRequest, CollectError> {
        let base = if let Some(endpoint) = self.endpoint(service.endpoint_key) {
            endpoint.clone()
        } else {
            let asked = &self.order().asked;
            let endpoint = service.endpoint(region, self.account(), asked.use_fips, asked.use_dual_stack);
            endpoint.map_err(|error| mistake(operation, shown, error))?.url
        };
        let mut draft = request::build(service, operation, base, input).map_err(|e| mistake(operation, shown, e))?;
        if service.hosts == Hosts::AccountPrefixed {
            draft.header("x-amz-account-id", self.account()).map_err(|error| mistake(operation, shown, error))?;
        }
        let credentials = self.credentials().provide_credentials().await.map_err(|error| CollectError {
            kind: GapReason::Unauthenticated,
            ..mistake(operation, shown, sdk::chain(&error))
        })?;
        sign::sign(&mut draft, service, region, credentials).map_err(|error| mistake(operation, shown, error))?;
        Ok(ApiRequest {
            cloud: Cloud::Aws,
            region: shown.to_owned(),
            service: operation.service.to_owned(),
            operation: operation.name.to_owned(),
            method: draft.method,
            url: draft.url,
            headers: draft.headers,
            body: draft.body,
            dialect: service.protocol.dialect(),
            secrets: operation.secrets,
        })
    }
}

/// Reads an answer into a shape. What does not fit is `malformed`.
///
/// # Errors
/// `malformed`, with the member that does not fit.
pub fn typed<T: DeserializeOwned>(
    operation: &Operation,
    region: &str,
    read: Read<Value>,
) -> Result<Read<T>, CollectError> {
    match serde_json::from_value(read.value) {
        Ok(value) => Ok(Read { value, exchanges: read.exchanges, at: read.at }),
        Err(error) => Err(CollectError {
            at: read.at,
            ..CollectError::malformed(operation.service, operation.name, region, error.to_string(), read.exchanges)
        }),
    }
}

/// Reads an item of a list, or a whole answer, into a shape; the scalars of XML answers as what the shape wants.
///
/// # Errors
/// `malformed`, with the member that does not fit.
pub fn item<T: DeserializeOwned>(
    operation: &Operation,
    region: &str,
    read: Read<Value>,
) -> Result<Read<T>, CollectError> {
    let is_xml = SERVICES
        .iter()
        .any(|service| service.name == operation.service && service.protocol.dialect() == ErrorDialect::AwsXml);
    if !is_xml {
        return typed(operation, region, read);
    }
    match T::deserialize(texts::Texts(read.value)) {
        Ok(value) => Ok(Read { value, exchanges: read.exchanges, at: read.at }),
        Err(error) => Err(CollectError {
            at: read.at,
            ..CollectError::malformed(operation.service, operation.name, region, error.to_string(), read.exchanges)
        }),
    }
}

fn read(
    service: &Service,
    operation: &Operation,
    request: &ApiRequest,
    response: &ApiResponse,
) -> Result<Read<Value>, CollectError> {
    if let Some(error) = CollectError::from_response(request, response) {
        let code = (error.code != response.status.to_string()).then_some(error.code.as_str());
        let kind = sdk::kind(operation, code, response.status);
        return Err(CollectError { kind, ..error });
    }
    let exchanges = if response.seq == 0 { vec![] } else { vec![response.seq] };
    let at = Some(response.finished_at);
    match answer::value(service, operation, response) {
        Ok(value) => Ok(Read { value, exchanges, at }),
        Err(message) => Err(CollectError {
            at,
            ..CollectError::malformed(operation.service, operation.name, &request.region, message, exchanges)
        }),
    }
}

/// The field and value that ask for the next page; none at the last.
fn next_token(paging: Paging, page: &Value) -> Result<Option<(&'static str, String)>, String> {
    let Paging::Token { input, output } = paging else { return Ok(None) };
    let at = output.split('.').try_fold(page, |value, member| value.get(member));
    match at {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(token)) if token.is_empty() => Ok(None),
        Some(Value::String(token)) => Ok(Some((input, token.clone()))),
        Some(_) => Err(format!("`{output}` is not a text")),
    }
}

/// A call that was not sent.
fn mistake(operation: &Operation, region: &str, message: impl Into<String>) -> CollectError {
    CollectError::malformed(operation.service, operation.name, region, message, vec![])
}

#[cfg(test)]
mod tests;
