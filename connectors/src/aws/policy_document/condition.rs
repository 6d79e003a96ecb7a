//! Conditions: what each really keeps out.
//!
//! Operators: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
//! keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use super::glob;

/// One key of one operator. It holds when the request's value meets one of `values`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator as written, `ForAnyValue:StringLikeIfExists`.
    pub operator: String,
    /// The key as written; keys are compared without regard to case.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// How an operator treats a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// None.
    Single,
    /// `ForAllValues`: holds also when the request has no such key.
    ForAllValues,
    /// `ForAnyValue`
    ForAnyValue,
}

/// Keys whose value a stranger cannot choose, and what of the value must be free of wildcards. `aws:Referer`,
/// `aws:UserAgent`, `aws:SourceIp` and `sts:ExternalId` are not among them: a stranger can meet those.
const IDENTIFYING: &[(&str, Pin)] = &[
    ("aws:sourceaccount", Pin::Whole),
    ("aws:sourceowner", Pin::Whole),
    ("aws:sourceorgid", Pin::Whole),
    ("aws:sourceorgpaths", Pin::FirstSegment),
    ("aws:sourcearn", Pin::ArnOwner),
    ("aws:sourcevpc", Pin::Whole),
    ("aws:sourcevpce", Pin::Whole),
    ("aws:principalaccount", Pin::Whole),
    ("aws:principalarn", Pin::ArnOwner),
    ("aws:principalorgid", Pin::Whole),
    ("aws:principalorgpaths", Pin::FirstSegment),
    ("aws:userid", Pin::UserId),
    ("kms:calleraccount", Pin::Whole),
];

/// Which part of a value must be free of wildcards.
#[derive(Clone, Copy, Debug)]
enum Pin {
    /// All of it.
    Whole,
    /// What stands before the first slash.
    FirstSegment,
    /// The account of an ARN, or the name of a resource whose ARN has none.
    ArnOwner,
    /// What stands before the colon.
    UserId,
}

impl Pin {
    fn holds(self, value: &str) -> bool {
        let fixed = |part: &str| !part.is_empty() && !glob::has_wildcard(part);
        match self {
            Self::Whole => fixed(value),
            Self::FirstSegment => fixed(value.split('/').next().unwrap_or_default()),
            Self::UserId => fixed(value.split(':').next().unwrap_or_default()),
            Self::ArnOwner => {
                let parts: Vec<&str> = value.splitn(6, ':').collect();
                match parts.as_slice() {
                    [_, _, _, _, "", name] => fixed(name.split('/').next().unwrap_or_default()),
                    [_, _, _, _, account, _] => fixed(account),
                    _ => false,
                }
            }
        }
    }
}

impl Condition {
    /// True when this is the key, whatever its case.
    pub fn is_key(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }

    /// The qualifier, the bare operator in lower case, and whether `IfExists` is on it.
    pub fn parts(&self) -> (Qualifier, String, bool) {
        let lower = self.operator.to_ascii_lowercase();
        let (qualifier, rest) = if let Some(rest) = lower.strip_prefix("forallvalues:") {
            (Qualifier::ForAllValues, rest)
        } else if let Some(rest) = lower.strip_prefix("foranyvalue:") {
            (Qualifier::ForAnyValue, rest)
        } else {
            (Qualifier::Single, lower.as_str())
        };
        let bare = rest.strip_suffix("ifexists");
        (qualifier, bare.unwrap_or(rest).to_owned(), bare.is_some())
    }

    /// True when the request must have the key with one of these values: no negation, no `IfExists`, no `ForAllValues`.
    pub fn demands(&self) -> bool {
        let (qualifier, operator, if_exists) = self.parts();
        qualifier != Qualifier::ForAllValues && !if_exists && POSITIVE.contains(&operator.as_str())
    }

    /// True when `*` and `?` in the values are wildcards.
    pub fn has_wildcards(&self) -> bool {
        matches!(self.parts().1.as_str(), "stringlike" | "arnlike" | "arnequals")
    }

    /// True when every value is more than a wildcard or the key's own variable, which anything meets.
    pub fn says_something(&self) -> bool {
        let variable = format!("${{{}}}", self.key);
        let empty = |value: &String| {
            value.eq_ignore_ascii_case(&variable) || (self.has_wildcards() && glob::is_everything(value))
        };
        !self.values.is_empty() && !self.values.iter().any(empty)
    }

    /// True when nobody outside known accounts, organisations, sources or web-identity subjects can meet it.
    pub fn keeps_strangers_out(&self) -> bool {
        if !self.demands() || !self.says_something() {
            return false;
        }
        if self.key.to_ascii_lowercase().ends_with(":sub") {
            return self.values.iter().all(|value| self.pins_subject(value));
        }
        let pin = IDENTIFYING.iter().find(|(key, _)| self.is_key(key)).map(|(_, pin)| *pin);
        pin.is_some_and(|pin| !self.has_wildcards() || self.values.iter().all(|value| pin.holds(value)))
    }

    /// True when this value of a `:sub` key is bound to one organisation, account, namespace or subject of the identity
    /// provider: `repo:acme/*` is, `repo:*` and `repo:acme*` are not.
    pub fn pins_subject(&self, value: &str) -> bool {
        !self.has_wildcards() || subject_is_pinned(value)
    }
}

const POSITIVE: &[&str] = &[
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "arnequals",
    "arnlike",
    "numericequals",
    "numericlessthan",
    "numericlessthanequals",
    "numericgreaterthan",
    "numericgreaterthanequals",
    "dateequals",
    "datelessthan",
    "datelessthanequals",
    "dategreaterthan",
    "dategreaterthanequals",
    "bool",
    "binaryequals",
    "ipaddress",
];

/// Beginnings of subjects that name a claim and not yet whose. GitHub, GitLab, Terraform Cloud, CircleCI, Kubernetes.
const CLAIMS: &[&str] = &[
    "repo:",
    "repository:",
    "repository_id:",
    "repository_owner:",
    "repository_owner_id:",
    "job_workflow_ref:",
    "enterprise:",
    "project_path:",
    "project_id:",
    "namespace_path:",
    "organization:",
    "organization_id:",
    "org:",
    "org/",
    "project:",
    "system:serviceaccount:",
];

fn subject_is_pinned(value: &str) -> bool {
    let Some(wildcard) = value.find(['*', '?']) else { return !value.is_empty() };
    let fixed = &value[..wildcard];
    let owner = CLAIMS.iter().find_map(|claim| fixed.strip_prefix(claim)).unwrap_or(fixed);
    owner.find(['/', ':', '|', '@']).is_some_and(|end| end > 0)
}

/// What a `Deny` with these conditions leaves: where it denies all but some values of a key, the rest must have one of
/// them. Its further conditions may only exempt calls that AWS makes itself. Empty when it cannot be said so simply.
pub(super) fn left_by_deny(conditions: &[Condition]) -> Vec<Condition> {
    let exempts_aws =
        |condition: &&Condition| condition.is_key("aws:PrincipalIsAWSService") || condition.is_key("aws:ViaAWSService");
    let mut others = conditions.iter().filter(|condition| !exempts_aws(condition));
    match (others.next(), others.next()) {
        (Some(only), None) => turned(only).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The positive form of a negated condition. A negated operator also holds when the key is missing, so the turned form
/// demands the key; `Bool` does so only with `IfExists`.
fn turned(condition: &Condition) -> Option<Condition> {
    let (qualifier, operator, if_exists) = condition.parts();
    if qualifier != Qualifier::Single {
        return None;
    }
    let positive = match operator.as_str() {
        "stringnotequals" => "StringEquals",
        "stringnotequalsignorecase" => "StringEqualsIgnoreCase",
        "stringnotlike" => "StringLike",
        "arnnotequals" => "ArnEquals",
        "arnnotlike" => "ArnLike",
        "notipaddress" => "IpAddress",
        "bool" if if_exists && condition.values == ["false"] => "Bool",
        _ => return None,
    };
    let values = if positive == "Bool" { vec!["true".to_owned()] } else { condition.values.clone() };
    Some(Condition { operator: positive.to_owned(), key: condition.key.clone(), values })
}
