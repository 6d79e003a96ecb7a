//! Whether the policies of a principal allow a call: allowed, denied, or allowed under a condition that cannot be decided.
//!
//! Statements of all its identity policies together, then explicit denies, then the permissions boundary, as
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html> has it for one account; and
//! the service control policies on each level of the organisation, where they are known. Session policies, resource control
//! policies and resource policies (but for role trust) are deliberately not seen here.
//!
//! Wildcards and `NotAction` are decided for the action that is asked for, so no list of all actions is needed.

use crate::aws::iam::grants::NOT_LIMITING;
use crate::aws::policy_document::{Condition, Effect, PolicyDocument, Qualifier, Selection, Statement, glob};

/// Whether a call is allowed, from no to yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// It is not.
    No,
    /// It is under a condition on the call, or on a part of the resources.
    If,
    /// It is.
    Yes,
}

/// What a call is made on.
#[derive(Clone, Copy, Debug)]
pub(super) enum On<'a> {
    /// This resource; `*` for every resource.
    Resource(&'a str),
    /// Some resource of the action's service.
    Something,
}

/// A call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// The action, `iam:PassRole`.
    pub(super) action: &'a str,
    /// The resource.
    pub(super) on: On<'a>,
    /// The service that a role is passed to.
    pub(super) passed_to: Option<&'a str>,
    /// Conditions on how, when and from where the call comes count as met.
    pub(super) lenient: bool,
}

impl<'a> Call<'a> {
    /// An action on this resource.
    pub(super) fn on(action: &'a str, resource: &'a str) -> Self {
        Self { action, on: On::Resource(resource), passed_to: None, lenient: false }
    }

    /// An action on something of its service.
    pub(super) fn somewhere(action: &'a str) -> Self {
        Self { action, on: On::Something, passed_to: None, lenient: false }
    }

    /// The service whose name stands in the resource's ARN.
    fn arn_services(&self) -> Vec<&'a str> {
        match self.action.split(':').next().unwrap_or_default() {
            "ec2-instance-connect" => vec!["ec2"],
            "ssm" => vec!["ssm", "ec2"],
            "elasticloadbalancing" => vec!["elasticloadbalancing", "elbv2"],
            service => vec![service],
        }
    }
}

/// What is known of whoever calls, for policy variables and condition keys.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Its ARN.
    pub(super) arn: String,
    /// Its account.
    pub(super) account: String,
    /// Its name, when it is a user.
    pub(super) user_name: Option<String>,
}

/// The policies of one principal.
#[derive(Clone, Debug)]
pub(super) struct Permissions {
    caller: Caller,
    identity: Vec<Rule>,
    boundary: Option<Vec<Rule>>,
    /// Service control policies, level by level.
    levels: Vec<Vec<Rule>>,
}

/// A statement with the variables of its resources filled in.
#[derive(Clone, Debug)]
struct Rule {
    statement: Statement,
    /// A variable could not be filled in and stands as a wildcard.
    vague: bool,
}

impl Permissions {
    /// Of these identity policies, within this boundary.
    pub(super) fn new(caller: Caller, identity: &[&PolicyDocument], boundary: Option<&PolicyDocument>) -> Self {
        let identity = identity.iter().flat_map(|document| rules(document, &caller)).collect();
        let boundary = boundary.map(|document| rules(document, &caller));
        Self { caller, identity, boundary, levels: Vec::new() }
    }

    /// Within what the service control policies of each level of the organisation leave.
    pub(super) fn within(mut self, levels: &[Vec<PolicyDocument>]) -> Self {
        let of_level = |level: &Vec<PolicyDocument>| level.iter().flat_map(|one| rules(one, &self.caller)).collect();
        self.levels = levels.iter().map(of_level).collect();
        self
    }

    /// Whether the call is allowed.
    pub(super) fn allow(&self, call: &Call<'_>) -> Answer {
        let own = decide(&self.identity, call, &self.caller);
        let own = match &self.boundary {
            Some(boundary) if own > Answer::No => own.min(decide(boundary, call, &self.caller)),
            _ => own,
        };
        if own == Answer::No { own } else { own.min(self.left(call)) }
    }

    /// What the organisation leaves of a call. Leniently, what it takes under a condition that is not known is left.
    fn left(&self, call: &Call<'_>) -> Answer {
        let levels = self.levels.iter().map(|level| decide(level, call, &self.caller));
        match levels.min().unwrap_or(Answer::Yes) {
            Answer::If if call.lenient => Answer::Yes,
            answer => answer,
        }
    }

    /// True when an explicit `Deny` stands against the call without a condition, or the organisation does not leave it.
    pub(super) fn denies(&self, call: &Call<'_>) -> bool {
        let rules = self.identity.iter().chain(self.boundary.iter().flatten());
        self.left(call) == Answer::No
            || rules.filter(|rule| rule.is(Effect::Deny)).any(|rule| rule.applies(call, &self.caller) == Answer::Yes)
    }
}

fn rules(document: &PolicyDocument, caller: &Caller) -> Vec<Rule> {
    document.statements.iter().map(|statement| Rule::new(statement, caller)).collect()
}

/// The answer of a set of statements.
fn decide(rules: &[Rule], call: &Call<'_>, caller: &Caller) -> Answer {
    let mut best = Answer::No;
    for allow in rules.iter().filter(|rule| rule.is(Effect::Allow)) {
        let mut answer = allow.applies(call, caller);
        for deny in rules.iter().filter(|rule| rule.is(Effect::Deny)) {
            if answer == Answer::No {
                break;
            }
            answer = match deny.takes(allow, call, caller) {
                Answer::Yes => Answer::No,
                Answer::If => answer.min(Answer::If),
                Answer::No => answer,
            };
        }
        best = best.max(answer);
        if best == Answer::Yes {
            break;
        }
    }
    best
}

impl Rule {
    fn new(statement: &Statement, caller: &Caller) -> Self {
        let mut statement = statement.clone();
        let mut vague = false;
        if let Some(Selection::Only(list) | Selection::AllBut(list)) = &mut statement.resource {
            for resource in list {
                let (filled, unknown) = filled(resource, caller);
                *resource = filled;
                vague |= unknown;
            }
        }
        Self { statement, vague }
    }

    fn is(&self, effect: Effect) -> bool {
        self.statement.effect == effect
    }

    /// Whether the statement speaks of the call: action, resource and conditions.
    fn applies(&self, call: &Call<'_>, caller: &Caller) -> Answer {
        if !self.statement.covers_action(call.action) {
            return Answer::No;
        }
        let resource = match call.on {
            On::Resource(resource) => self.statement.covers_resource(resource),
            On::Something => self.reaches_service(call),
        };
        match resource {
            false => Answer::No,
            true if self.vague => Answer::If.min(self.conditions(call, caller)),
            true => self.conditions(call, caller),
        }
    }

    /// What a `Deny` takes of what `allow` grants.
    fn takes(&self, allow: &Self, call: &Call<'_>, caller: &Caller) -> Answer {
        if matches!(call.on, On::Resource(_)) {
            return self.applies(call, caller);
        }
        if !self.statement.covers_action(call.action) {
            return Answer::No;
        }
        let conditions = self.conditions(call, caller);
        if self.statement.covers_resources_of(&allow.statement) && !self.vague {
            conditions
        } else if self.reaches_service(call) {
            conditions.min(Answer::If)
        } else {
            Answer::No
        }
    }

    /// True when some resource of the action's service may be meant.
    fn reaches_service(&self, call: &Call<'_>) -> bool {
        let Some(Selection::Only(list)) = &self.statement.resource else { return true };
        let services = call.arn_services();
        list.iter().any(|pattern| match pattern.splitn(4, ':').collect::<Vec<_>>().as_slice() {
            ["arn", _, service, _] => services.iter().any(|asked| glob::overlaps(service, asked)),
            _ => true,
        })
    }

    /// Whether all conditions hold; a key that is not known here leaves it open.
    fn conditions(&self, call: &Call<'_>, caller: &Caller) -> Answer {
        let held =
            self.statement.conditions.iter().map(|condition| holds(condition, self.statement.effect, call, caller));
        held.min().unwrap_or(Answer::Yes)
    }
}

/// A resource pattern with the variables that are known filled in, and whether one was not known.
fn filled(pattern: &str, caller: &Caller) -> (String, bool) {
    let mut parts = pattern.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut unknown = false;
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap_or((part, ""));
        let name = variable.split(',').next().unwrap_or_default().trim();
        let value = if name.eq_ignore_ascii_case("aws:username") {
            caller.user_name.clone()
        } else if name.eq_ignore_ascii_case("aws:PrincipalAccount") {
            Some(caller.account.clone())
        } else {
            None
        };
        unknown |= value.is_none();
        out.push_str(value.as_deref().unwrap_or("*"));
        out.push_str(rest);
    }
    (out, unknown)
}

/// Whether a condition holds for the call. Leniently, a condition on how, when and from where it comes holds in an `Allow`,
/// and not in a `Deny`: the caller can come so that it is met there, and avoided here.
fn holds(condition: &Condition, effect: Effect, call: &Call<'_>, caller: &Caller) -> Answer {
    let is_open = call.lenient && NOT_LIMITING.iter().any(|key| condition.is_key(key));
    if is_open && effect == Effect::Allow {
        return Answer::Yes;
    }
    let known = [
        ("iam:PassedToService", call.passed_to),
        ("aws:PrincipalArn", Some(caller.arn.as_str())),
        ("aws:PrincipalAccount", Some(caller.account.as_str())),
        ("aws:ResourceAccount", Some(caller.account.as_str())),
        ("aws:username", caller.user_name.as_deref()),
    ];
    let Some(value) = known.iter().find(|(key, _)| condition.is_key(key)).and_then(|(_, value)| *value) else {
        return if is_open { Answer::No } else { Answer::If };
    };
    let (qualifier, operator, _) = condition.parts();
    if qualifier != Qualifier::Single || condition.values.iter().any(|value| value.contains("${")) {
        return Answer::If;
    }
    let any = |matches: &dyn Fn(&str) -> bool| condition.values.iter().any(|pattern| matches(pattern));
    let held = match operator.as_str() {
        "stringequals" => any(&|pattern| pattern == value),
        "stringnotequals" => !any(&|pattern| pattern == value),
        "stringequalsignorecase" => any(&|pattern| pattern.eq_ignore_ascii_case(value)),
        "stringnotequalsignorecase" => !any(&|pattern| pattern.eq_ignore_ascii_case(value)),
        "stringlike" | "arnlike" | "arnequals" => any(&|pattern| glob::matches(pattern, value)),
        "stringnotlike" | "arnnotlike" | "arnnotequals" => !any(&|pattern| glob::matches(pattern, value)),
        _ => return Answer::If,
    };
    if held { Answer::Yes } else { Answer::No }
}
