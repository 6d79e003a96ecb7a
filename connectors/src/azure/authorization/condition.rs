//! Conditions of role assignments: whether one keeps its holder from giving out the roles that give access.
//!
//! Only what the templates of the portal make is understood: clauses `(!(ActionMatches{action}) OR (expressions))` that are
//! all true. Everything else is said to be unclear, and nothing is concluded from it.
//!
//! Documentation: <https://learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-examples>,
//! <https://learn.microsoft.com/azure/role-based-access-control/conditions-format>.

use super::role::{ACCESS_CONTROL_ADMINISTRATOR, OWNER, USER_ACCESS_ADMINISTRATOR};

const PRIVILEGED: [&str; 3] = [OWNER, USER_ACCESS_ADMINISTRATOR, ACCESS_CONTROL_ADMINISTRATOR];
const WRITE: &str = "microsoft.authorization/roleassignments/write";
const ROLE: &str = "@request[microsoft.authorization/roleassignments:roledefinitionid]";

/// How a form gets shorter: `l` is an expression that limits the roles, `a` another; `w` is the clause's head for writing,
/// `m` for another action; `L` is a clause that limits, `N` another.
const RULES: [(&str, &str); 18] = [
    ("(l)", "l"),
    ("(a)", "a"),
    ("(w)", "w"),
    ("(m)", "m"),
    ("l&l", "l"),
    ("l&a", "l"),
    ("a&l", "l"),
    ("a&a", "a"),
    ("(w|l)", "L"),
    ("(w|a)", "N"),
    ("(m|l)", "N"),
    ("(m|a)", "N"),
    ("(L)", "L"),
    ("(N)", "N"),
    ("L&L", "L"),
    ("L&N", "L"),
    ("N&L", "L"),
    ("N&N", "N"),
];

/// Whether a condition keeps Owner, User Access Administrator and Role Based Access Control Administrator from being
/// assigned; none where it is not understood.
pub(super) fn limits(condition: Option<&str>) -> Option<bool> {
    let Some(condition) = condition.filter(|text| !text.trim().is_empty()) else { return Some(false) };
    let mut form = form(&condition.to_ascii_lowercase())?;
    loop {
        let shorter = RULES.iter().fold(form.clone(), |form, (from, to)| form.replace(from, to));
        if shorter == form {
            break;
        }
        form = shorter;
    }
    match form.as_str() {
        "L" => Some(true),
        "N" => Some(false),
        _ => None,
    }
}

/// A condition in small letters, one sign for each of its parts.
fn form(condition: &str) -> Option<String> {
    let (mut form, mut rest) = (String::new(), condition.trim_start());
    while !rest.is_empty() {
        let (sign, length) = part(rest)?;
        form.push(sign);
        rest = rest[length..].trim_start();
    }
    Some(form)
}

/// The first part of a condition, and how long it is.
fn part(text: &str) -> Option<(char, usize)> {
    for (word, sign) in [("(", '('), (")", ')'), ("and", '&'), ("&&", '&'), ("or", '|'), ("||", '|')] {
        if text.starts_with(word) {
            return Some((sign, word.len()));
        }
    }
    if text.starts_with('!') {
        return head(text);
    }
    text.starts_with('@').then(|| expression(text))?
}

/// `!(actionmatches{'…'})`
fn head(text: &str) -> Option<(char, usize)> {
    let end = text.find('}')? + 1;
    let close = end + text[end..].find(')')? + 1;
    let letters: String = text[..close].chars().filter(|letter| !letter.is_whitespace()).collect();
    let action = letters.strip_prefix("!(actionmatches{'")?.strip_suffix("'})")?;
    Some((if action == WRITE { 'w' } else { 'm' }, close))
}

/// `@request[attribute] operator {values}`
fn expression(text: &str) -> Option<(char, usize)> {
    let attribute = text.find(']')? + 1;
    let open = attribute + text[attribute..].find('{')?;
    let end = open + text[open..].find('}')? + 1;
    let operator = text[attribute..open].trim();
    if operator.is_empty() || operator.contains(|letter: char| !letter.is_ascii_alphanumeric() && letter != ':') {
        return None;
    }
    let values: Vec<&str> = text[open + 1..end - 1].split(',').map(|value| value.trim().trim_matches('\'')).collect();
    let limits = &text[..attribute] == ROLE
        && match operator {
            "foranyofanyvalues:guidequals" => !values.iter().any(|value| PRIVILEGED.contains(value)),
            "foranyofallvalues:guidnotequals" => PRIVILEGED.iter().all(|role| values.contains(role)),
            _ => false,
        };
    Some((if limits { 'l' } else { 'a' }, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "(\n (\n  !(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})\n )\n OR\n (\n";
    const ONLY_READER: &str = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {acdd72a7-3385-48ef-bd42-f606fba81ae7}";
    const ALL_BUT: &str = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {8e3af657-a8ff-443c-a75c-2fe8c4bcb635, 18d7d88d-d35e-4fb5-a5c3-7773c20a72d9, f58310d9-a9f6-439a-9e8d-f62e7b41a168}";
    const USERS: &str = "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'User', 'Group'}";
    const DELETE: &str = "AND ( ( !(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'}) ) OR ( @Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {acdd72a7-3385-48ef-bd42-f606fba81ae7} ) )";

    #[test]
    fn a_condition_limits_when_the_privileged_roles_cannot_be_assigned() {
        let owner = ONLY_READER.replace("acdd72a7-3385-48ef-bd42-f606fba81ae7", OWNER);
        let not_all = ALL_BUT.replace(OWNER, "acdd72a7-3385-48ef-bd42-f606fba81ae7");
        for (condition, limited) in [
            (format!("{HEAD}{ONLY_READER})) {DELETE}"), Some(true)),
            (format!("{HEAD}{ONLY_READER} AND {USERS}))"), Some(true)),
            (format!("{HEAD}{ALL_BUT}))"), Some(true)),
            (format!("{HEAD}{USERS})) {DELETE}"), Some(false)),
            (format!("{HEAD}{owner}))"), Some(false)),
            (format!("{HEAD}{not_all}))"), Some(false)),
            (String::new(), Some(false)),
            (format!("{HEAD}{ONLY_READER} OR {USERS}))"), None),
            (format!("{HEAD}{ONLY_READER})) OR (({USERS}))"), None),
            (format!("{HEAD}NOT {ONLY_READER}))"), None),
            ("nonsense".to_owned(), None),
            ("(!(ActionMatches{'x'".to_owned(), None),
            ("@Request[".to_owned(), None),
        ] {
            assert_eq!(limits(Some(&condition)), limited, "{condition}");
        }
        assert_eq!(limits(None), Some(false));
    }
}
