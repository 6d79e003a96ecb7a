//! What Inspector would have to scan in a region: the services that are used there.

use super::cause::{at, gap, lists_cut_short_in, missing};
use super::{Fact, Inputs, of_type, settle};
use crate::aws::inspector2::status;
use crate::aws::s3::known::Known;
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::Value;

/// Inspector's own documents.
pub(super) const ACCOUNT: &str = status::TYPE;

/// A service that Inspector scans: the fact, the type whose documents prove it, and the call that lists them.
const USES: [(&str, &str, &str); 3] = [
    ("ec2_in_use", super::network::INSTANCE, "ec2:DescribeInstances"),
    ("ecr_in_use", "aws.ecr.repository", "ecr:DescribeRepositories"),
    ("lambda_in_use", "aws.lambda.function", "lambda:ListFunctions"),
];

/// The types of [`USES`].
pub(super) const USED: [&str; 3] = [USES[0].1, USES[1].1, USES[2].1];

/// What there is to scan.
#[derive(Debug)]
pub(super) struct Facts {
    used: Vec<(&'static str, &'static str, &'static str, Vec<Resource>)>,
    rows: Vec<Population>,
}

impl Facts {
    pub(super) fn new(collected: &Collected) -> Self {
        let used = USES.map(|(key, type_, call)| (key, type_, call, of_type(&collected.resources, type_)));
        let of_use = |row: &&Population| USES.iter().any(|(_, type_, _)| row.type_ == *type_);
        Self { used: used.into(), rows: collected.populations.iter().filter(of_use).cloned().collect() }
    }

    /// Fills in Inspector's document of a region: `ec2_in_use`, `ecr_in_use`, `lambda_in_use`.
    pub(super) fn fill(&self, account: &mut Resource) {
        for (key, type_, call, documents) in &self.used {
            let here = documents.iter().filter(|document| document.region == account.region);
            let cut_short = lists_cut_short_in(&self.rows, type_, &account.region, call);
            let mut fact = cut_short.map_or(Known::Is(false), |cause| Known::Unknown(vec![cause]));
            let mut inputs = Inputs::default();
            for document in here {
                let one = is_there(document);
                if one == Known::Is(true) {
                    (fact, inputs) = (one, Inputs::of(document));
                    break;
                }
                inputs.add(&Inputs::of(document));
                fact = fact.or(one);
            }
            inputs.note(account);
            settle(account, key, fact);
        }
    }
}

/// A terminated instance is none; whatever else is listed is there.
fn is_there(document: &Resource) -> Fact {
    if document.type_ != super::network::INSTANCE {
        return Known::Is(true);
    }
    match at(document, "config.state.name").and_then(Value::as_str) {
        Some(state) => Known::Is(state != "terminated"),
        None if document.gaps.is_empty() => {
            Known::Unknown(vec![gap("ec2:DescribeInstances", GapReason::Malformed, "-")])
        }
        None => Known::Unknown(vec![missing(document, "config.state.name")]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::document;
    use super::*;
    use crate::collection::Tally;
    use serde_json::json;

    const HOME: &str = "us-east-1";

    fn used(type_: &str, region: &str, config: &Value) -> Resource {
        document(type_, &format!("arn:{type_}:{region}"), "x", region, 2, config, &json!({}))
    }

    /// Inspector's document after the join, over lists of the home region with the reason why each is not whole.
    fn joined(resources: Vec<Resource>, lists: &[(&str, Option<&str>)]) -> Resource {
        let row = |(type_, reason): &(&str, Option<&str>)| {
            let mut tally = Tally::new(type_, HOME);
            if let Some(reason) = reason {
                tally.cut_short((*reason).to_owned());
            }
            tally.close(&resources)
        };
        let populations = lists.iter().map(row).collect();
        let mut account = document(ACCOUNT, "123456789012/us-east-1", HOME, HOME, 1, &json!({}), &json!({}));
        Facts::new(&Collected { resources, populations, ..Collected::default() }).fill(&mut account);
        account
    }

    const WHOLE: [(&str, Option<&str>); 3] =
        [(super::super::network::INSTANCE, None), ("aws.ecr.repository", None), ("aws.lambda.function", None)];

    fn told(account: &Resource) -> Value {
        Value::Object(account.derived.clone())
    }

    #[test]
    fn nothing_is_used_where_whole_lists_are_empty() {
        let elsewhere = used("aws.lambda.function", "eu-west-1", &json!({}));
        let account = joined(vec![elsewhere], &WHOLE);
        assert_eq!(told(&account), json!({"ec2_in_use": false, "ecr_in_use": false, "lambda_in_use": false}));
        assert!(account.gaps.is_empty());
    }

    #[test]
    fn one_that_is_there_settles_it_although_the_list_was_cut_short() {
        let denied = "ecr:DescribeRepositories denied (AccessDeniedException)";
        let lists = [WHOLE[0], ("aws.ecr.repository", Some(denied)), WHOLE[2]];
        let account = joined(vec![used("aws.ecr.repository", HOME, &json!({}))], &lists);
        assert_eq!(told(&account), json!({"ec2_in_use": false, "ecr_in_use": true, "lambda_in_use": false}));
        assert_eq!(account.exchanges, [1, 2]);
        let account = joined(vec![], &lists);
        assert_eq!(told(&account), json!({"ec2_in_use": false, "lambda_in_use": false}));
        assert_eq!((account.gaps[0].field.as_str(), account.gaps[0].reason), ("derived.ecr_in_use", GapReason::Denied));
    }

    #[test]
    fn a_type_without_any_list_is_no_proof_of_absence() {
        let account = joined(vec![], &[]);
        assert_eq!(told(&account), json!({}));
        let fields: Vec<_> = account.gaps.iter().map(|gap| gap.field.as_str()).collect();
        assert_eq!(fields, ["derived.ec2_in_use", "derived.ecr_in_use", "derived.lambda_in_use"]);
        assert!(account.gaps.iter().all(|gap| gap.reason == GapReason::Unavailable));
    }

    #[test]
    fn terminated_instances_are_none_and_one_without_a_state_is_not_known() {
        let of = |config: Value| {
            joined(vec![used(super::super::network::INSTANCE, HOME, &config)], &WHOLE)
                .derived
                .get("ec2_in_use")
                .cloned()
        };
        assert_eq!(of(json!({"state": {"name": "terminated"}})), Some(json!(false)));
        assert_eq!(of(json!({"state": {"name": "stopped"}})), Some(json!(true)));
        assert_eq!(of(json!({"state": {}})), None);
    }
}
