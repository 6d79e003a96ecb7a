//! Policies that stand on a resource (a key, a topic, a function): whom they let in.
//!
//! It deliberately does not evaluate requests. A policy that does not follow the grammar is an error and says nothing.

use super::listing::Place;
use super::operation::Operation;
use super::policy_document::{AwsPrincipal, Condition, PolicyDocument, Statement, parse};
use crate::document::Read;
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// What a resource's policy makes of it. A resource without a policy lets in nobody but its own account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Exposure {
    /// An `Allow` lets anyone in, and no condition keeps strangers out.
    pub allows_any_principal: bool,
    /// Account ids other than the own that it lets in, sorted.
    pub external_accounts: Vec<String>,
}

/// Reads the policy's text; `own` is the account id of the resource.
///
/// # Errors
/// Says what is not as the grammar has it.
pub fn exposure(policy: Option<&str>, own: &str) -> Result<Exposure, String> {
    let Some(text) = policy.filter(|text| !text.trim().is_empty()) else { return Ok(Exposure::default()) };
    Ok(of_document(&parse(text)?, own))
}

/// The same of an answer: `None` where there is no policy, and an error where its text is none.
///
/// # Errors
/// `malformed`, when the text is not as the grammar has it.
pub fn of_answer(
    operation: &Operation,
    place: Place<'_>,
    policy: Read<Option<String>>,
) -> Result<Read<Option<Exposure>>, CollectError> {
    let Some(text) = policy.value.as_deref().filter(|text| !text.trim().is_empty()) else {
        return Ok(policy.map(|_| None));
    };
    match exposure(Some(text), place.context.account()) {
        Ok(exposure) => Ok(policy.map(|_| Some(exposure))),
        Err(message) => Err(place.malformed(operation, message, &policy)),
    }
}

/// The same of a document.
pub fn of_document(policy: &PolicyDocument, own: &str) -> Exposure {
    Exposure {
        allows_any_principal: policy.public_statements().next().is_some(),
        external_accounts: external_accounts(policy, own),
    }
}

/// Accounts that the policy lets in besides `own`, sorted: AWS principals, canonical users as `canonical:<id>`, and the
/// accounts that a condition on the principal picks out of everybody.
pub(super) fn external_accounts(policy: &PolicyDocument, own: &str) -> Vec<String> {
    let picks = |condition: &&Condition| {
        let keys = ["aws:PrincipalAccount", "aws:PrincipalArn", "kms:CallerAccount"];
        condition.demands() && keys.iter().any(|key| condition.is_key(key))
    };
    let picked = policy
        .allows()
        .filter(|statement: &&Statement| statement.names_anyone())
        .flat_map(|statement| &statement.conditions)
        .filter(picks)
        .flat_map(|condition| &condition.values)
        .filter_map(|value| match AwsPrincipal::of(value) {
            AwsPrincipal::Account(account) if account != own => Some(account.to_owned()),
            _ => None,
        });
    let accounts: BTreeSet<String> = picked.chain(policy.external_accounts(own)).collect();
    accounts.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const OWN: &str = "123456789012";

    fn of(statements: &Value) -> Exposure {
        exposure(Some(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()), OWN).unwrap()
    }

    #[test]
    fn anyone_is_let_in_unless_a_condition_keeps_strangers_out() {
        let anyone = |condition: Value| json!([{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*", "Resource": "*", "Condition": condition}]);
        assert!(of(&anyone(json!({}))).allows_any_principal);
        for keeps in [
            json!({"StringEquals": {"aws:SourceAccount": OWN}}),
            json!({"StringEquals": {"kms:CallerAccount": OWN}}),
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:123456789012:*"}}),
        ] {
            assert_eq!(of(&anyone(keeps)), Exposure::default());
        }
        assert!(
            of(&anyone(json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}))).allows_any_principal
        );
    }

    #[test]
    fn other_accounts_are_named_and_the_own_is_not() {
        let found = of(&json!([
            {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "999988887777"]}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}},
        ]));
        assert_eq!(found.external_accounts, ["111122223333", "999988887777"]);
        assert!(!found.allows_any_principal);
    }

    #[test]
    fn no_policy_lets_in_nobody_and_half_a_policy_says_nothing() {
        assert_eq!(exposure(None, OWN), Ok(Exposure::default()));
        assert_eq!(exposure(Some(" "), OWN), Ok(Exposure::default()));
        assert!(exposure(Some("{\"Statement\": 1}"), OWN).is_err());
        assert!(exposure(Some("{"), OWN).is_err());
    }
}
