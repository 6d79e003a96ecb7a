//! `aws.iam.account`: what IAM says of the account as a whole.

use super::REGION;
use super::credential_report::{self, Outcome};
use super::ops::{
    GET_ACCOUNT_PASSWORD_POLICY, GET_ACCOUNT_SUMMARY, LIST_ORGANIZATIONS_FEATURES, LIST_VIRTUAL_MFA_DEVICES,
};
use super::time::rfc3339;
use crate::aws::sdk::{self, Trace};
use crate::aws::{Context, Operation};
use crate::collection::{Collected, Tally};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The resource type.
pub(super) const TYPE: &str = "aws.iam.account";

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Config {
    /// Counts and limits: every key of the account summary in snake_case. `account_mfa_enabled` and
    /// `account_access_keys_present` are 1 or 0 and speak of root.
    #[serde(skip_serializing_if = "Field::is_unread")]
    summary: Field<Summary>,
    /// The password policy; null when the account never set one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    password_policy: Field<PasswordPolicy>,
    /// Virtual MFA devices.
    #[serde(skip_serializing_if = "Field::is_unread")]
    virtual_mfa_devices: Field<Vec<VirtualMfaDevice>>,
    /// Central management of root access; null outside the organisation's management account and delegated administrators.
    #[serde(skip_serializing_if = "Field::is_unread")]
    organizations_features: Field<OrganizationsFeatures>,
}

/// Keys in snake_case.
pub(super) type Summary = BTreeMap<String, i64>;

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[allow(clippy::struct_excessive_bools)] // the provider's own fields
struct PasswordPolicy {
    minimum_password_length: i32,
    require_symbols: bool,
    require_numbers: bool,
    require_uppercase_characters: bool,
    require_lowercase_characters: bool,
    allow_users_to_change_password: bool,
    expire_passwords: bool,
    max_password_age: Option<i32>,
    password_reuse_prevention: Option<i32>,
    hard_expiry: Option<bool>,
}

#[derive(Debug, PartialEq, PartialOrd, Serialize, JsonSchema)]
struct VirtualMfaDevice {
    serial_number: String,
    user_arn: Option<String>,
    enable_date: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct OrganizationsFeatures {
    organization_id: Option<String>,
    enabled_features: Vec<String>,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// Users with a console password, by the credential report.
    #[serde(skip_serializing_if = "Field::is_unread")]
    console_users: Field<u64>,
}

/// The account's document.
pub(super) async fn collect(
    context: &Context,
    summary: Result<Read<Option<Summary>>, CollectError>,
    report: &Outcome,
) -> Collected {
    let (password_policy, devices, features) =
        futures::join!(password_policy(context), virtual_mfa_devices(context), organizations_features(context));
    let account = context.account();
    let mut draft = Draft::new(TYPE, account, account, REGION);
    let config = Config {
        summary: draft.take("config.summary", summary),
        password_policy: draft.take("config.password_policy", password_policy),
        virtual_mfa_devices: draft.take("config.virtual_mfa_devices", devices),
        organizations_features: draft.take("config.organizations_features", features),
    };
    let derived = Derived { console_users: credential_report::console_users(&mut draft, report) };
    let resources = vec![context.finish(draft, &config, &derived)];
    let mut tally = Tally::new(TYPE, REGION);
    tally.page();
    let populations = vec![tally.close(&resources)];
    Collected { resources, populations, ..Collected::default() }
}

/// Reads the account summary.
pub(super) async fn summary(context: &Context) -> Result<Read<Option<Summary>>, CollectError> {
    let client = context.iam();
    let send = |trace: Trace| client.get_account_summary().customize().interceptor(trace).send();
    let read = sdk::call(&GET_ACCOUNT_SUMMARY, REGION, send).await?;
    let Some(map) = read.value.summary_map.as_ref().filter(|map| !map.is_empty()) else {
        return Err(malformed(&GET_ACCOUNT_SUMMARY, "an answer without SummaryMap", read.exchanges));
    };
    let summary = map.iter().map(|(key, count)| (snake_case(key.as_str()), i64::from(*count))).collect();
    Ok(read.map(|_| Some(summary)))
}

async fn password_policy(context: &Context) -> Result<Read<Option<PasswordPolicy>>, CollectError> {
    let client = context.iam();
    let send = |trace: Trace| client.get_account_password_policy().customize().interceptor(trace).send();
    let outcome = sdk::call(&GET_ACCOUNT_PASSWORD_POLICY, REGION, send).await;
    let read = sdk::absent(&GET_ACCOUNT_PASSWORD_POLICY, outcome)?;
    let Some(answer) = &read.value else { return Ok(read.map(|_| None)) };
    let policy = answer.password_policy.as_ref();
    // The SDK reads a missing truth value as false; the length, which is always there, shows that the policy is.
    let Some((policy, length)) = policy.and_then(|policy| Some((policy, policy.minimum_password_length?))) else {
        return Err(malformed(&GET_ACCOUNT_PASSWORD_POLICY, "an answer without a password policy", read.exchanges));
    };
    let policy = PasswordPolicy {
        minimum_password_length: length,
        require_symbols: policy.require_symbols,
        require_numbers: policy.require_numbers,
        require_uppercase_characters: policy.require_uppercase_characters,
        require_lowercase_characters: policy.require_lowercase_characters,
        allow_users_to_change_password: policy.allow_users_to_change_password,
        expire_passwords: policy.expire_passwords,
        max_password_age: policy.max_password_age,
        password_reuse_prevention: policy.password_reuse_prevention,
        hard_expiry: policy.hard_expiry,
    };
    Ok(read.map(|_| Some(policy)))
}

/// All pages, or nothing: half a list would hide a device.
async fn virtual_mfa_devices(context: &Context) -> Result<Read<Option<Vec<VirtualMfaDevice>>>, CollectError> {
    let client = context.iam();
    let mut all = Read { value: Some(Vec::new()), exchanges: Vec::new(), at: None };
    let mut seen = BTreeSet::new();
    let mut marker: Option<String> = None;
    loop {
        let send = |trace: Trace| {
            client.list_virtual_mfa_devices().set_marker(marker.clone()).customize().interceptor(trace).send()
        };
        let page = sdk::call(&LIST_VIRTUAL_MFA_DEVICES, REGION, send).await?;
        all.exchanges.extend(&page.exchanges);
        all.at = all.at.max(page.at);
        let devices = page.value.virtual_mfa_devices.iter().map(|device| VirtualMfaDevice {
            serial_number: device.serial_number.clone(),
            user_arn: device.user.as_ref().map(|user| user.arn.clone()),
            enable_date: device.enable_date.as_ref().and_then(rfc3339),
        });
        all.value.get_or_insert_default().extend(devices);
        if !page.value.is_truncated {
            all.value.get_or_insert_default().sort_by(|a, b| a.serial_number.cmp(&b.serial_number));
            return Ok(all);
        }
        marker = page.value.marker.filter(|marker| seen.insert(marker.clone()));
        if marker.is_none() {
            let message = "a truncated page without a new marker";
            return Err(malformed(&LIST_VIRTUAL_MFA_DEVICES, message, page.exchanges));
        }
    }
}

async fn organizations_features(context: &Context) -> Result<Read<Option<OrganizationsFeatures>>, CollectError> {
    let client = context.iam();
    let send = |trace: Trace| client.list_organizations_features().customize().interceptor(trace).send();
    let outcome = sdk::call(&LIST_ORGANIZATIONS_FEATURES, REGION, send).await;
    let read = sdk::absent(&LIST_ORGANIZATIONS_FEATURES, outcome)?;
    Ok(read.map(|answer| {
        answer.map(|answer| {
            let features = answer.enabled_features.unwrap_or_default();
            let mut enabled_features: Vec<String> = features.iter().map(|f| f.as_str().to_owned()).collect();
            enabled_features.sort();
            OrganizationsFeatures { organization_id: answer.organization_id, enabled_features }
        })
    }))
}

fn malformed(operation: &Operation, message: &str, exchanges: Vec<u64>) -> CollectError {
    CollectError::malformed(operation.service, operation.name, REGION, message, exchanges)
}

/// `AccountMFAEnabled` is `account_mfa_enabled`.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let after_lower = i > 0 && !letters[i - 1].is_uppercase();
        let before_lower = i > 0 && letters.get(i + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_lower || before_lower) {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case_with_their_abbreviations_whole() {
        for (name, expected) in [
            ("Users", "users"),
            ("AccountMFAEnabled", "account_mfa_enabled"),
            ("MFADevicesInUse", "mfa_devices_in_use"),
            ("MFADevices", "mfa_devices"),
            ("AccessKeysPerUserQuota", "access_keys_per_user_quota"),
            ("AccountAccessKeysPresent", "account_access_keys_present"),
        ] {
            assert_eq!(snake_case(name), expected);
        }
    }
}
