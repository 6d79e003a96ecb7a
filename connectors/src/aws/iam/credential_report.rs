//! The credential report: passwords, MFA and keys of every user and of root, as one CSV file.
//!
//! Columns are found by their names. A cell that is not what its column documents, and a column that is not there, are
//! gaps; `N/A`, `no_information` and `not_supported` are facts and become null.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

mod columns;
mod fetch;
mod root;

pub(super) use columns::Credentials;
pub(super) use fetch::fetch;
pub(super) use root::{TYPE as ROOT_TYPE, collect as collect_root, config_schema, derived_schema};

use super::ops::GET_CREDENTIAL_REPORT;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What the report calls root.
const ROOT: &str = "<root_account>";

/// A whole report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// When IAM made it.
    pub(super) generated_at: DateTime<Utc>,
    rows: Vec<Row>,
}

/// Cells of one row by column.
type Row = BTreeMap<String, String>;

/// The report, or why there is none.
pub(super) type Outcome = Result<Read<Report>, CollectError>;

impl Report {
    /// Reads the file. Without the columns `user` and `arn` no row can be told from another.
    fn parse(content: &[u8], generated_at: DateTime<Utc>) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(content);
        let headers = reader.headers().map_err(|error| error.to_string())?.clone();
        for column in ["user", "arn"] {
            if headers.iter().filter(|header| *header == column).count() != 1 {
                return Err(format!("the credential report has not one column {column}"));
            }
        }
        let row = |record: Result<csv::StringRecord, csv::Error>| {
            let record = record.map_err(|error| error.to_string())?;
            Ok(headers.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect())
        };
        let rows = reader.records().map(row).collect::<Result<Vec<Row>, String>>()?;
        Ok(Self { generated_at, rows })
    }

    fn rows_of<'a>(&'a self, column: &'a str, value: &'a str) -> Vec<&'a Row> {
        self.rows.iter().filter(|row| row.get(column).map(String::as_str) == Some(value)).collect()
    }
}

/// A report that is not as documented.
fn malformed(message: impl Into<String>, exchanges: Vec<u64>) -> CollectError {
    let operation = &GET_CREDENTIAL_REPORT;
    CollectError::malformed(operation.service, operation.name, super::REGION, message, exchanges)
}

/// The report, noted as seen by the document; none, with the gap noted, where it could not be read.
fn seen<'a>(draft: &mut Draft, report: &'a Outcome, path: &str) -> Option<&'a Read<Report>> {
    match report {
        Ok(read) => {
            draft.saw(read);
            Some(read)
        }
        Err(error) => {
            draft.miss(path, error);
            None
        }
    }
}

/// The row of a user, as the field `config.credential_report` of its document. Null when the report is older than the user.
pub(super) fn of_user(
    draft: &mut Draft,
    report: &Outcome,
    arn: &str,
    created: Option<DateTime<Utc>>,
) -> Field<Credentials> {
    const PATH: &str = "config.credential_report";
    let Some(read) = seen(draft, report, PATH) else { return Field::Unread };
    let newer = created.filter(|created| *created > read.value.generated_at);
    let mut rows = read.value.rows_of("arn", arn);
    if let Some(created) = newer {
        rows.retain(|row| is_of_user_made(row, created));
    }
    match rows.as_slice() {
        [] if newer.is_some() => Field::Absent,
        [row] => Field::Value(Credentials::of(draft, PATH, row, &read.exchanges)),
        [] => {
            draft.miss(PATH, &malformed("the credential report has no row for the user", read.exchanges.clone()));
            Field::Unread
        }
        _ => {
            draft.miss(PATH, &malformed("the credential report has several rows for the user", read.exchanges.clone()));
            Field::Unread
        }
    }
}

/// False for the row of an earlier user of the same name: an older report may still hold it.
fn is_of_user_made(row: &Row, created: DateTime<Utc>) -> bool {
    let time = row.get("user_creation_time").and_then(|cell| DateTime::parse_from_rfc3339(cell).ok());
    time.is_none_or(|time| (time.with_timezone(&Utc) - created).num_seconds().abs() <= 60)
}

/// How many users have a console password, as the field `derived.console_users` of the account's document. Root, which
/// always has one, is not counted.
pub(super) fn console_users(draft: &mut Draft, report: &Outcome) -> Field<u64> {
    const PATH: &str = "derived.console_users";
    let Some(read) = seen(draft, report, PATH) else { return Field::Unread };
    let mut users: BTreeMap<&str, Option<bool>> = BTreeMap::new();
    for row in read.value.rows.iter().filter(|row| row["user"] != ROOT) {
        let enabled =
            row.get("password_enabled").and_then(|cell| columns::truth(cell).ok()).map(|cell| cell == Some(true));
        let known = users.insert(&row["arn"], enabled);
        if known.is_some_and(|known| known != enabled) {
            users.insert(&row["arn"], None);
        }
    }
    if users.values().any(Option::is_none) {
        let message = "the credential report does not say of every user whether a password is enabled";
        draft.miss(PATH, &malformed(message, read.exchanges.clone()));
        return Field::Unread;
    }
    Field::Value(users.values().filter(|enabled| **enabled == Some(true)).count() as u64)
}

#[cfg(test)]
mod tests;
