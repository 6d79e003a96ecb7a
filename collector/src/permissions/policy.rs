//! IAM policy documents.

use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What IAM takes as a managed policy, in characters without white space.
/// Source: IAM User Guide, "IAM and AWS STS quotas".
pub const LONGEST: usize = 6_144;
/// Managed policies that one role may have without a raised quota, from the same page.
pub const MOST: usize = 10;
/// Says in the policy itself what it is: a statement's id holds letters and digits only.
const SID: &str = "EvidencedReadOnlyGenerated";

/// The policy documents that allow these actions: one, or as many as it takes for each to be no longer than
/// [`LONGEST`]. A service's actions stay together where they fit.
pub fn documents(actions: &BTreeSet<&str>) -> Vec<Value> {
    documents_of(actions, LONGEST)
}

fn documents_of(actions: &BTreeSet<&str>, longest: usize) -> Vec<Value> {
    let whole: Vec<&str> = actions.iter().copied().collect();
    let mut parts: Vec<Vec<&str>> = vec![vec![]];
    for service in whole.chunk_by(|a, b| service(a) == service(b)) {
        let fits = |actions: &[&str]| length(actions) <= longest;
        let last = parts.last_mut().expect("there is always a part");
        if fits(&[last, service].concat()) {
            last.extend(service);
            continue;
        }
        for action in service {
            let last = parts.last_mut().expect("there is always a part");
            let begun = last.first().is_some_and(|first| self::service(first) == self::service(action));
            if last.is_empty() || begun && fits(&[last, &[*action][..]].concat()) {
                last.push(action);
            } else {
                parts.push(vec![action]);
            }
        }
    }
    parts.iter().enumerate().map(|(number, actions)| document(actions, number + 1)).collect()
}

fn service(action: &str) -> &str {
    action.split(':').next().unwrap_or_default()
}

fn document(actions: &[&str], number: usize) -> Value {
    let sid = if number == 1 { SID.to_owned() } else { format!("{SID}{number}") };
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"}],
    })
}

/// Its length as IAM counts it. The number of a policy takes at most two digits ([`MOST`]).
fn length(actions: &[&str]) -> usize {
    document(actions, MOST).to_string().chars().filter(|character| !character.is_whitespace()).count()
}

/// The actions of a document.
pub(super) fn actions(document: &Value) -> impl Iterator<Item = &str> {
    let statements = document["Statement"].as_array().into_iter().flatten();
    statements.filter_map(|statement| statement["Action"].as_array()).flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(services: usize, each: usize) -> Vec<String> {
        let service =
            |number| (0..each).map(move |n| format!("service{number:02}:DescribeSomethingWithALongName{n:02}"));
        (0..services).flat_map(service).collect()
    }

    #[test]
    fn a_hundred_and_fifty_actions_are_one_policy() {
        let actions = made(15, 10);
        let actions: BTreeSet<&str> = actions.iter().map(|action| action.trim_end_matches("LongName")).collect();
        let shorter: Vec<String> = actions.iter().map(|action| action.replace("WithALongName", "")).collect();
        let documents = documents(&shorter.iter().map(String::as_str).collect());
        assert_eq!(documents.len(), 1);
        assert_eq!(self::actions(&documents[0]).count(), 150);
    }

    #[test]
    fn what_one_policy_cannot_hold_is_split_and_nothing_is_lost_or_said_twice() {
        for (services, each, longest) in [(60, 7, LONGEST), (1, 400, LONGEST), (3, 100, 3_000), (9, 1, 200)] {
            let made = made(services, each);
            let actions: BTreeSet<&str> = made.iter().map(String::as_str).collect();
            let documents = documents_of(&actions, longest);
            assert!(documents.len() > 1, "{services} services with {each} actions");
            let mut sids = BTreeSet::new();
            for document in &documents {
                assert!(document.to_string().len() <= longest, "{}", document.to_string().len());
                assert!(sids.insert(document["Statement"][0]["Sid"].to_string()));
            }
            let all: Vec<&str> = documents.iter().flat_map(self::actions).collect();
            assert_eq!(all, actions.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_service_stays_together_where_it_fits() {
        let made = made(60, 7);
        let documents = documents(&made.iter().map(String::as_str).collect());
        let services =
            |document: &Value| actions(document).map(|action| service(action).to_owned()).collect::<BTreeSet<_>>();
        for [first, second] in documents.array_windows() {
            assert!(services(first).is_disjoint(&services(second)));
        }
    }
}
