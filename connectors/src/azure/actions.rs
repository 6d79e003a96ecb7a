//! Actions of roles, with their wildcards.
//!
//! Documentation: <https://learn.microsoft.com/azure/role-based-access-control/role-definitions>.

use serde::Deserialize;

/// One entry of a role definition's `permissions`: what it allows, less `notActions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// Actions of the control plane.
    #[serde(default)]
    pub actions: Vec<String>,
    /// Those that are taken from them. Another role may give them back: they deny nothing.
    #[serde(default)]
    pub not_actions: Vec<String>,
}

impl Permission {
    /// True when it gives this action.
    pub fn gives(&self, action: &str) -> bool {
        let among = |patterns: &[String]| patterns.iter().any(|pattern| covers(pattern, action));
        among(&self.actions) && !among(&self.not_actions)
    }
}

/// True when a pattern (`Microsoft.Storage/*/read`) covers an action. Letters' case does not count, and `*` stands for any
/// text, slashes among it.
pub fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_any_text() {
        let read = "Microsoft.Storage/storageAccounts/blobServices/read";
        for (pattern, covered) in [
            ("*", true),
            ("*/read", true),
            ("microsoft.storage/*", true),
            ("Microsoft.Storage/*/read", true),
            ("Microsoft.Storage/storageAccounts/blobServices/READ", true),
            ("Microsoft.Storage/*/blobServices/*", true),
            ("Microsoft.Storage/storageAccounts/read", false),
            ("*/write", false),
            ("Microsoft.Storage/*/containers/*", false),
            ("Microsoft.Stor", false),
            ("", false),
        ] {
            assert_eq!(covers(pattern, read), covered, "{pattern}");
        }
        assert!(!covers("ab*ba", "aba"), "what is before the star and what is after it do not overlap");
    }

    #[test]
    fn what_is_taken_away_is_not_given() {
        let all = |not: &[&str]| Permission {
            actions: vec!["*".to_owned()],
            not_actions: not.iter().map(|action| (*action).to_owned()).collect(),
        };
        assert!(all(&[]).gives("Microsoft.Sql/servers/read"));
        assert!(!all(&["Microsoft.Sql/*"]).gives("Microsoft.Sql/servers/read"));
        assert!(all(&["*/write"]).gives("Microsoft.Sql/servers/read"));
        assert!(!Permission::default().gives("Microsoft.Sql/servers/read"));
    }
}
