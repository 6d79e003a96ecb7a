//! Each action that collecting needs, tried in one account.
//!
//! The account is read as a run reads it, over a transport that sends each call once a region ([`Trial`]). So a list is
//! tried for certain, with the request of a run and under every policy that a run meets (an organisation's too), and a call
//! about one resource where there is such a resource. `iam:SimulatePrincipalPolicy` would need a permission that the role
//! does not have, and does not see all policies.

use super::trial::{Answer, Trial};
use super::{Check, Outcome};
use crate::catalogue::Catalogue;
use crate::permissions;
use aws_credential_types::provider::SharedCredentialsProvider;
use evidenced_connectors::aws::{self, Operation, Reach, needs};
use evidenced_connectors::exchange::Transport;
use evidenced_connectors::{Collected, Order};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// At most so many controls are named in a sentence; the document names all.
const NAMED: usize = 3;
/// Why a call was not tried.
const NOTHING_THERE: &str = "nothing is there to ask it of";

/// An action, and where it may be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Action {
    /// `ec2:DescribeVpcs`
    pub action: String,
    /// Regions where a call that needs it was answered; `global` for what has none.
    pub allowed: BTreeSet<String>,
    /// Regions where such a call was refused, each with the provider's code.
    pub refused: BTreeMap<String, String>,
    /// Regions where it could not be tried, each with the reason.
    pub not_checked: BTreeMap<String, String>,
    /// Controls that stand on it. Filled in where it is refused: without it they may be `not_evaluated`, and no others are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
}

/// Tries every action in an account.
pub(super) async fn examine(
    account: &str,
    order: Order,
    transport: Arc<dyn Transport>,
    credentials: SharedCredentialsProvider,
    catalogue: &Catalogue,
    checks: &mut Vec<Check>,
) {
    let trial = Arc::new(Trial::over(transport));
    let collected = aws::collect(order, Arc::clone(&trial) as Arc<dyn Transport>, credentials).await;
    let mut actions = tried(&trial, &collected);
    for action in actions.iter_mut().filter(|action| !action.refused.is_empty()) {
        let controls = permissions::standing_on(catalogue.controls(), &action.action);
        action.controls = controls.into_iter().map(|control| control.id.clone()).collect();
    }
    report(account, actions, checks);
}

/// What was found of each action, by action.
fn tried(trial: &Trial, collected: &Collected) -> Vec<Action> {
    let mut actions: BTreeMap<&str, Action> = BTreeMap::new();
    for operation in needs::operations(aws::resource_types().map(|type_| type_.name)).into_values() {
        if operation.permission.is_empty() {
            continue;
        }
        let answers = trial.answers(operation);
        let action = actions.entry(operation.permission).or_default();
        operation.permission.clone_into(&mut action.action);
        for region in regions(operation, &answers, collected) {
            match answers.get(&region) {
                Some(Answer::Allowed) => drop(action.allowed.insert(region)),
                Some(Answer::Refused(code)) => drop(action.refused.insert(region, code.clone())),
                Some(Answer::Unclear(what)) => drop(action.not_checked.insert(region, format!("answered {what}"))),
                None => drop(action.not_checked.entry(region).or_insert_with(|| NOTHING_THERE.to_owned())),
            }
        }
        further(operation, &answers, &mut actions);
    }
    let settled = |mut action: Action| {
        action.allowed.retain(|region| !action.refused.contains_key(region));
        let (allowed, refused) = (&action.allowed, &action.refused);
        action.not_checked.retain(|region, _| !allowed.contains(region) && !refused.contains_key(region));
        action
    };
    actions.into_values().map(settled).collect()
}

/// The further actions of a call that one is not enough for: they are allowed where the call is. A refusal does not tell
/// which of them is missing.
fn further<'a>(operation: &'a Operation, answers: &BTreeMap<String, Answer>, actions: &mut BTreeMap<&'a str, Action>) {
    for name in operation.also {
        let action = actions.entry(name).or_default();
        (*name).clone_into(&mut action.action);
        for (region, answer) in answers {
            match answer {
                Answer::Allowed => drop(action.allowed.insert(region.clone())),
                _ => drop(action.not_checked.insert(region.clone(), format!("see {}", operation.permission))),
            }
        }
        if answers.is_empty() {
            action.not_checked.insert("global".to_owned(), NOTHING_THERE.to_owned());
        }
    }
}

/// Where an operation was tried, and where it should have been: in every region of the run if it belongs to a type that
/// is asked in every region, else anywhere.
fn regions(operation: &Operation, answers: &BTreeMap<String, Answer>, collected: &Collected) -> BTreeSet<String> {
    let mut regions: BTreeSet<String> = answers.keys().cloned().collect();
    let mut owners = aws::resource_types().filter(|type_| type_.operations.contains(&operation));
    if owners.any(|type_| type_.reach == Reach::Regional) {
        regions.extend(collected.region_set.iter().cloned());
    }
    if regions.is_empty() {
        regions.insert("global".to_owned());
    }
    regions
}

/// One check that counts, one for each action that is missing, and one for all that were not tried.
fn report(account: &str, actions: Vec<Action>, checks: &mut Vec<Check>) {
    let what = |part: &str| format!("{account}, {part}");
    let missing: Vec<&Action> = actions.iter().filter(|action| !action.refused.is_empty()).collect();
    let untried = actions.iter().filter(|action| action.allowed.is_empty() && action.refused.is_empty()).count();
    let allowed = actions.len() - missing.len() - untried;
    let found = format!(
        "of {} actions that collecting needs {allowed} are allowed, {} are missing, {untried} could not be tried",
        actions.len(),
        missing.len()
    );
    let outcome = if missing.is_empty() { Outcome::Ok } else { Outcome::Warning };
    let mut told: Vec<Check> = missing.iter().map(|action| one_missing(what("missing action"), action)).collect();
    told.extend(not_checked(what("actions not checked"), &actions));
    checks.push(Check { actions, ..Check::new(what("permissions"), outcome, found) });
    checks.extend(told);
}

fn one_missing(what: String, action: &Action) -> Check {
    let regions: Vec<String> = action.refused.iter().map(|(region, code)| format!("{region} ({code})")).collect();
    let mut controls = action.controls.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if action.controls.len() > NAMED {
        controls = format!("{controls} and {} more", action.controls.len() - NAMED);
    }
    let stand = match action.controls.len() {
        0 => "no control stands on it".to_owned(),
        1 => format!("1 control stands on it and is not_evaluated where it needs the answer: {controls}"),
        count => format!("{count} controls stand on it and are not_evaluated where they need the answer: {controls}"),
    };
    let found = format!("{} is refused in {}; {stand}", action.action, regions.join(", "));
    Check::new(what, Outcome::Warning, found).advising(
        "allow it: `evidenced permissions --cloud aws` prints the policy. Where the role has it, its permissions boundary, a session \
         policy or a policy of the organisation (SCP) denies it",
    )
}

/// What could not be tried in some region, by reason.
fn not_checked(what: String, actions: &[Action]) -> Option<Check> {
    let mut reasons: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for action in actions {
        for (region, why) in &action.not_checked {
            reasons.entry(why).or_default().entry(&action.action).or_default().insert(region);
        }
    }
    let sentences = reasons.iter().map(|(why, actions)| {
        let name = |(action, regions): (&&str, &BTreeSet<&str>)| {
            format!("{action} in {}", regions.iter().copied().collect::<Vec<_>>().join(", "))
        };
        format!("{why}: {}", actions.iter().map(name).collect::<Vec<_>>().join("; "))
    });
    let found = sentences.collect::<Vec<_>>().join(". ");
    (!found.is_empty()).then(|| Check::new(what, Outcome::NotChecked, found))
}
