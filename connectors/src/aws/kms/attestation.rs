//! What a key's policy demands of the enclaves that use the key.
//!
//! Only the policy is read. Grants are not, and neither is which enclaves ever called; IAM policies can allow no more than
//! the statements that hand the decision to them.

use crate::aws::policy_document::{Condition, Effect, PolicyDocument, Principals, Selection, Statement};
use schemars::JsonSchema;
use serde::Serialize;

/// Operations that can demand an attestation.
/// Source: KMS Developer Guide, "Condition keys for AWS Nitro Enclaves". `GenerateRandom` uses no key.
const ATTESTABLE: [&str; 4] =
    ["kms:Decrypt", "kms:DeriveSharedSecret", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"];
/// Operations that lead around an attestation and can demand none: what the key protects goes under another key, or others
/// are granted its use.
const AROUND: [&str; 2] = ["kms:ReEncryptFrom", "kms:CreateGrant"];

const PREFIX: &str = "kms:recipientattestation:";
/// Measurements of where an enclave runs and who signed it; the others are of what it is.
const OF_DEPLOYMENT: [&str; 3] = ["PCR3", "PCR4", "PCR8"];

/// An operation that a statement of the policy allows, and what it demands of the enclave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EnclavePath {
    /// `Sid` of the statement.
    pub sid: Option<String>,
    /// `kms:Decrypt`, …
    pub action: String,
    /// Measurements that are demanded, here or by a `Deny`; none for a call without an attestation, and where an enclave in
    /// debug mode would do.
    pub measurements: Vec<Measurement>,
    /// The deployment is bound: by PCR3, PCR4 or PCR8, by principals that are named, or by a condition that keeps strangers
    /// out.
    pub bound: bool,
}

/// A measurement and the values that are allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Measurement {
    /// `ImageSha384`, `PCR0`, …
    pub name: String,
    /// Values in lower case, sorted.
    pub values: Vec<String>,
}

/// Every way that the policy's statements open to what the key protects, in their order.
pub fn paths(policy: &PolicyDocument) -> Vec<EnclavePath> {
    let around: &[&str] = if everyone_must_attest(policy) { &[] } else { &AROUND };
    let actions = || ATTESTABLE.iter().chain(around).copied();
    policy.allows().flat_map(|allow| actions().filter_map(|action| path(policy, allow, action))).collect()
}

/// One way; none where the statement does not allow it or a `Deny` takes it away.
fn path(policy: &PolicyDocument, allow: &Statement, action: &str) -> Option<EnclavePath> {
    if !allow.covers_action(action) {
        return None;
    }
    let conditions = policy.conditions_on(allow, Some((action, "*")))?;
    let measurements = measurements(&conditions);
    let bound = !allow.names_anyone()
        || conditions.iter().any(Condition::keeps_strangers_out)
        || measurements.iter().any(|one| OF_DEPLOYMENT.contains(&one.name.as_str()));
    Some(EnclavePath { sid: allow.sid.clone(), action: action.to_owned(), measurements, bound })
}

/// True when the policy denies everybody who brings no attestation, whoever allows them: then grants lead nowhere, and
/// another key only where [`AROUND`]'s re-encryption is denied as well.
fn everyone_must_attest(policy: &PolicyDocument) -> bool {
    let anyone = Statement {
        sid: None,
        effect: Effect::Allow,
        principal: Some(Selection::AllBut(Principals::default())),
        action: Selection::Only(vec!["kms:*".to_owned()]),
        resource: Some(Selection::Only(vec!["*".to_owned()])),
        conditions: vec![],
    };
    let attested = |action: &&str| {
        let conditions = policy.conditions_on(&anyone, Some((*action, "*")));
        conditions.is_none_or(|conditions| !measurements(&conditions).is_empty())
    };
    ATTESTABLE.iter().chain(["kms:ReEncryptFrom"].iter()).all(attested)
}

/// The measurements that these conditions demand, sorted. Zeros are what an enclave in debug mode measures.
fn measurements(conditions: &[Condition]) -> Vec<Measurement> {
    let mut found: Vec<Measurement> = conditions.iter().filter_map(measurement).collect();
    found.sort();
    found
}

fn measurement(condition: &Condition) -> Option<Measurement> {
    let key = condition.key.to_ascii_lowercase();
    let name = key.strip_prefix(PREFIX)?;
    let name = if name == "imagesha384" { "ImageSha384".to_owned() } else { name.to_ascii_uppercase() };
    let mut values: Vec<String> = condition.values.iter().map(|value| value.to_ascii_lowercase()).collect();
    values.sort();
    values.dedup();
    let exact =
        |value: &String| value.bytes().all(|byte| byte.is_ascii_hexdigit()) && value.bytes().any(|byte| byte != b'0');
    (condition.demands() && !values.is_empty() && values.iter().all(exact)).then_some(Measurement { name, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const IMAGE: &str = "AB01";

    fn of(statements: &Value) -> Vec<EnclavePath> {
        paths(&PolicyDocument::from_value(&json!({"Statement": statements})).unwrap())
    }

    fn allow(principal: &str, actions: &Value, condition: &Value) -> Value {
        json!({"Sid": "use", "Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Resource": "*", "Condition": condition})
    }

    fn deny(actions: &Value, condition: &Value) -> Value {
        json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": actions, "Resource": "*", "Condition": condition})
    }

    fn attested(operator: &str, key: &str, value: &str) -> Value {
        json!({operator: {format!("kms:RecipientAttestation:{key}"): value}})
    }

    const ROLE: &str = "arn:aws:iam::111122223333:role/parent";

    #[test]
    fn an_attestation_counts_when_it_is_demanded_with_exact_values_that_are_not_all_zeros() {
        let measured =
            |condition: &Value| of(&json!([allow(ROLE, &json!("kms:Decrypt"), condition)]))[0].measurements.clone();
        let image = [Measurement { name: "ImageSha384".into(), values: vec!["ab01".into()] }];
        assert_eq!(measured(&attested("StringEqualsIgnoreCase", "ImageSha384", IMAGE)), image);
        assert_eq!(measured(&attested("StringEquals", "IMAGESHA384", IMAGE)), image);
        assert_eq!(measured(&attested("StringEquals", "pcr0", IMAGE))[0].name, "PCR0");
        for none in [
            json!({}),
            attested("StringEqualsIfExists", "PCR0", IMAGE),
            attested("StringNotEquals", "PCR0", IMAGE),
            attested("ForAllValues:StringEquals", "PCR0", IMAGE),
            attested("StringLike", "PCR0", "ab*"),
            attested("Null", "PCR0", "false"),
            attested("StringEquals", "PCR0", "0000"),
            json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}),
        ] {
            assert_eq!(measured(&none), [], "{none}");
        }
    }

    #[test]
    fn every_operation_that_a_statement_allows_is_a_path() {
        let actions = |statements: &Value| of(statements).into_iter().map(|path| path.action).collect::<Vec<_>>();
        let all = ATTESTABLE.iter().chain(&AROUND).copied().collect::<Vec<_>>();
        assert_eq!(actions(&json!([allow(ROLE, &json!("kms:*"), &json!({}))])), all);
        assert_eq!(
            actions(&json!([allow(ROLE, &json!(["kms:Encrypt", "kms:Describe*", "kms:Put*"]), &json!({}))])),
            [""; 0]
        );
        assert_eq!(
            actions(&json!([allow(ROLE, &json!("kms:Generate*"), &json!({}))])),
            ["kms:GenerateDataKey", "kms:GenerateDataKeyPair"]
        );
        let denied = deny(&json!("kms:Decrypt"), &json!({}));
        assert_eq!(actions(&json!([allow(ROLE, &json!("kms:Decrypt"), &json!({})), denied])), [""; 0]);
    }

    #[test]
    fn a_deny_of_everybody_who_brings_no_attestation_closes_every_path() {
        let root = allow("arn:aws:iam::111122223333:root", &json!("kms:*"), &json!({}));
        let unless = |actions: &Value| deny(actions, &attested("StringNotEqualsIgnoreCase", "PCR0", IMAGE));
        let every = json!(["kms:Decrypt", "kms:DeriveSharedSecret", "kms:GenerateDataKey*", "kms:ReEncrypt*"]);
        let closed = of(&json!([root, unless(&every)]));
        assert!(closed.iter().all(|path| !path.measurements.is_empty()), "{closed:?}");
        assert_eq!(closed.len(), ATTESTABLE.len(), "grants are of no use");
        let some = of(&json!([root, unless(&json!("kms:Decrypt"))]));
        let open: Vec<&str> =
            some.iter().filter(|path| path.measurements.is_empty()).map(|path| path.action.as_str()).collect();
        assert_eq!(
            open,
            [
                "kms:DeriveSharedSecret",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyPair",
                "kms:ReEncryptFrom",
                "kms:CreateGrant"
            ]
        );
    }

    #[test]
    fn the_deployment_is_bound_by_measurements_principals_or_an_account() {
        let bound = |principal: &str, condition: Value| {
            of(&json!([allow(principal, &json!("kms:Decrypt"), &condition)]))[0].bound
        };
        assert!(!bound("*", attested("StringEquals", "PCR0", IMAGE)));
        assert!(bound("*", attested("StringEquals", "PCR3", IMAGE)));
        assert!(bound("*", json!({"StringEquals": {"kms:CallerAccount": "111122223333"}})));
        assert!(bound(ROLE, json!({})));
    }
}
