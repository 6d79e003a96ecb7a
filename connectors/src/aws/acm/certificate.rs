//! `aws.acm.certificate`

use super::super::listing::{Listed, Name, Nothing, Place};
use super::{DESCRIBE_CERTIFICATE, LIST_CERTIFICATES};
use crate::aws::{Context, Operation, time};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Every kind of key that the API knows. Without them the list leaves out all certificates but those with RSA keys of 1024
/// and 2048 bits.
const KEY_TYPES: [&str; 7] =
    ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

/// Every origin of a key pair. Without them the list leaves out certificates that an ACME client asked for.
const KEY_ORIGINS: [&str; 3] = ["AWS_MANAGED", "ACME", "CUSTOMER_PROVIDED"];

/// A certificate, as `acm:ListCertificates` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    /// ARN.
    pub certificate_arn: String,
    /// Main domain name; null for one without.
    pub domain_name: Option<String>,
    /// `ISSUED`, `EXPIRED`, `PENDING_VALIDATION`, `REVOKED`, …
    pub status: Option<String>,
    /// `AMAZON_ISSUED`, `PRIVATE` or `IMPORTED`.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// `RSA_2048`, `EC_prime256v1`, …
    pub key_algorithm: Option<String>,
    /// An AWS resource uses it.
    pub in_use: Option<bool>,
    /// It was exported, so that something outside of AWS may use it; null where it cannot be.
    pub exported: Option<bool>,
    /// `ELIGIBLE` or `INELIGIBLE` for renewal.
    pub renewal_eligibility: Option<String>,
    /// The AWS service that keeps it (`CLOUDFRONT`); null for the account's own.
    pub managed_by: Option<String>,
    /// Its beginning, RFC 3339; null before it is issued.
    #[serde(default, deserialize_with = "time::text")]
    pub not_before: Option<String>,
    /// Its end, RFC 3339; null before it is issued.
    #[serde(default, deserialize_with = "time::text")]
    pub not_after: Option<String>,
    /// What became of ACM's renewal; null where none has begun, and for an imported certificate, which ACM does not renew.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub renewal_summary: Field<RenewalSummary>,
}

/// A renewal.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RenewalSummary {
    /// `PENDING_AUTO_RENEWAL`, `PENDING_VALIDATION`, `SUCCESS` or `FAILED`.
    pub renewal_status: String,
    /// Why it failed; null where it did not.
    pub renewal_status_reason: Option<String>,
    /// When that was so, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub updated_at: Option<String>,
}

impl Listed for Certificate {
    const TYPE: &'static str = "aws.acm.certificate";
    const LIST: &'static Operation = &LIST_CERTIFICATES;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST_CERTIFICATES, &DESCRIBE_CERTIFICATE];
    const ITEMS: &'static [&'static str] = &["certificate_summary_list"];
    const ALWAYS: &'static [&'static str] = &["status", "type", "in_use"];
    type Around = ();
    type Derived = Nothing;

    fn input(_: &Context) -> Value {
        json!({"Includes": {"keyTypes": KEY_TYPES}, "CertificateKeyPairOrigins": KEY_ORIGINS, "MaxItems": 1000})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        let name = self.domain_name.clone().unwrap_or_else(|| self.certificate_arn.clone());
        Name { id: self.certificate_arn.clone(), name, tags: None }
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            self.renewal_summary = if self.type_.as_deref() == Some("IMPORTED") {
                Field::Absent
            } else {
                draft.take("config.renewal_summary", self.renewal(place).await)
            };
            Nothing {}
        })
    }
}

impl Certificate {
    async fn renewal(&self, place: Place<'_>) -> Result<Read<Option<RenewalSummary>>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            certificate: Described,
        }
        #[derive(Deserialize)]
        struct Described {
            certificate_arn: String,
            renewal_summary: Option<RenewalSummary>,
        }
        let input = json!({"CertificateArn": self.certificate_arn});
        let read = place.one::<Answer>(&DESCRIBE_CERTIFICATE, input).await?;
        if read.value.certificate.certificate_arn != self.certificate_arn {
            return Err(place.malformed(&DESCRIBE_CERTIFICATE, "the answer is about another certificate", &read));
        }
        Ok(read.map(|answer| answer.certificate.renewal_summary))
    }
}
