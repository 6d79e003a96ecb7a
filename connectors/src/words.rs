//! The provider's names in snake_case, as documents write them.

use serde_json::Value;

/// Members that are maps with the user's own words as keys.
const OF_THE_USER: [&str; 7] =
    ["tags", "variables", "docker_labels", "labels", "resource_labels", "user_labels", "annotations"];

/// Members that are maps with names of the user's as keys, and the provider's own words below them.
const BY_NAME_OF_THE_USER: [&str; 1] = ["user_assigned_identities"];

/// Renames every key of every object: `TrailARN` is `trail_arn`, `S3BucketName` is `s3_bucket_name`. The keys of maps that
/// hold somebody's data (tags, environment variables) stay as they are.
pub fn snake_case_keys(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| match snake_case(&name) {
                name if member.is_object() && OF_THE_USER.contains(&name.as_str()) => (name, member),
                name if BY_NAME_OF_THE_USER.contains(&name.as_str()) => (name, below_names(member)),
                name => (name, snake_case_keys(member)),
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(snake_case_keys).collect(),
        scalar => scalar,
    }
}

fn below_names(value: Value) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(name, member)| (name, snake_case_keys(member))).collect(),
        other => other,
    }
}

/// A new word begins at a capital after a small letter or digit, and at the last capital of a row of them.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut words = String::with_capacity(name.len() + 4);
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| letters[index]);
        let small_follows = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| !before.is_ascii_uppercase() || small_follows)
            && before != Some('_');
        if begins {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_keys_of_the_user_stay() {
        let answer = json!({"Tags": {"CostCentre": "1"}, "TagList": [{"Key": "CostCentre"}], "Environment": {"Variables": {"DbUrl": "x"}}});
        let words = json!({"tags": {"CostCentre": "1"}, "tag_list": [{"key": "CostCentre"}], "environment": {"variables": {"DbUrl": "x"}}});
        assert_eq!(snake_case_keys(answer), words);
        let answer = json!({"userAssignedIdentities": {"/resourceGroups/Rg": {"principalId": "p"}, "/b": null}});
        let words = json!({"user_assigned_identities": {"/resourceGroups/Rg": {"principal_id": "p"}, "/b": null}});
        assert_eq!(snake_case_keys(answer), words);
    }

    #[test]
    fn names_keep_their_abbreviations_together() {
        for (name, words) in [
            ("TrailARN", "trail_arn"),
            ("S3BucketName", "s3_bucket_name"),
            ("AccountMFAEnabled", "account_mfa_enabled"),
            ("CloudWatchLogsLogGroupArn", "cloud_watch_logs_log_group_arn"),
            ("optInStatus", "opt_in_status"),
            ("trailList", "trail_list"),
            ("already_snake", "already_snake"),
        ] {
            assert_eq!(snake_case(name), words);
        }
    }
}
