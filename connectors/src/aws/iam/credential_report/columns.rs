//! One row of the report.

use super::{Row, malformed};
use crate::document::{Draft, Field};
use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Cells that say that there is nothing to say.
const NOTHING: [&str; 3] = ["N/A", "no_information", "not_supported"];

macro_rules! credentials {
    ($($(#[doc = $doc:literal])+ $column:ident: $type:ty, $read:ident;)+) => {
        /// Columns of the credential report.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
        pub(in crate::aws::iam) struct Credentials {
            $($(#[doc = $doc])+ #[serde(skip_serializing_if = "Field::is_unread")] pub(super) $column: Field<$type>,)+
            /// Columns that AWS added since: truth values, instants and texts.
            #[serde(flatten)]
            others: BTreeMap<String, Value>,
        }

        impl Credentials {
            /// Reads a row into fields below `path`; what is not as documented is a gap.
            pub(super) fn of(draft: &mut Draft, path: &str, row: &Row, exchanges: &[u64]) -> Self {
                let mut cells = Cells { draft, path, row, exchanges, known: BTreeSet::new() };
                $(let $column = cells.take(stringify!($column), $read);)+
                let others = cells.others();
                Self { $($column,)+ others }
            }
        }
    };
}

credentials! {
    /// The user's name, or `<root_account>`.
    user: String, text;
    /// The ARN.
    arn: String, text;
    /// When the user was made.
    user_creation_time: String, instant;
    /// The user may sign in to the console; null for root, where the report does not say.
    password_enabled: bool, truth;
    /// When the password was last used to sign in.
    password_last_used: String, instant;
    /// When the password was last set.
    password_last_changed: String, instant;
    /// When the account's password policy demands a new one.
    password_next_rotation: String, instant;
    /// An MFA device is active.
    mfa_active: bool, truth;
    /// The first access key is active.
    access_key_1_active: bool, truth;
    /// When it was made.
    access_key_1_last_rotated: String, instant;
    /// When it last signed a request.
    access_key_1_last_used_date: String, instant;
    /// In which region.
    access_key_1_last_used_region: String, text;
    /// For which service.
    access_key_1_last_used_service: String, text;
    /// The second access key is active.
    access_key_2_active: bool, truth;
    /// When it was made.
    access_key_2_last_rotated: String, instant;
    /// When it last signed a request.
    access_key_2_last_used_date: String, instant;
    /// In which region.
    access_key_2_last_used_region: String, text;
    /// For which service.
    access_key_2_last_used_service: String, text;
    /// The first signing certificate is active.
    cert_1_active: bool, truth;
    /// When it was made.
    cert_1_last_rotated: String, instant;
    /// The second signing certificate is active.
    cert_2_active: bool, truth;
    /// When it was made.
    cert_2_last_rotated: String, instant;
}

struct Cells<'a> {
    draft: &'a mut Draft,
    path: &'a str,
    row: &'a Row,
    exchanges: &'a [u64],
    known: BTreeSet<&'static str>,
}

impl Cells<'_> {
    fn take<T>(&mut self, column: &'static str, read: fn(&str) -> Result<Option<T>, String>) -> Field<T> {
        self.known.insert(column);
        let cell = self.row.get(column).ok_or_else(|| format!("the credential report has no column {column}"));
        match cell.and_then(|cell| read(cell).map_err(|error| format!("{column} is {error}"))) {
            Ok(value) => Field::from(value),
            Err(message) => {
                let error = malformed(message, self.exchanges.to_vec());
                self.draft.miss(&format!("{}.{column}", self.path), &error);
                Field::Unread
            }
        }
    }

    fn others(&self) -> BTreeMap<String, Value> {
        let others = self.row.iter().filter(|(column, _)| !self.known.contains(column.as_str()));
        others.map(|(column, cell)| (column.clone(), any(cell))).collect()
    }
}

#[allow(clippy::unnecessary_wraps)] // one signature for all readers of cells
fn text(cell: &str) -> Result<Option<String>, String> {
    Ok((!NOTHING.contains(&cell)).then(|| cell.to_owned()))
}

/// `true`, `false`, or one of [`NOTHING`].
pub(super) fn truth(cell: &str) -> Result<Option<bool>, String> {
    match cell {
        nothing if NOTHING.contains(&nothing) => Ok(None),
        "true" | "TRUE" => Ok(Some(true)),
        "false" | "FALSE" => Ok(Some(false)),
        _ => Err(format!("neither true nor false: {cell:?}")),
    }
}

fn instant(cell: &str) -> Result<Option<String>, String> {
    if NOTHING.contains(&cell) {
        return Ok(None);
    }
    let time = DateTime::parse_from_rfc3339(cell).map_err(|_| format!("no instant: {cell:?}"))?;
    Ok(Some(time.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Secs, true)))
}

/// A cell of a column that is not known, read as what it looks like.
fn any(cell: &str) -> Value {
    if let Ok(Some(truth)) = truth(cell) {
        return truth.into();
    }
    match instant(cell) {
        Ok(Some(instant)) => instant.into(),
        _ => text(cell).ok().flatten().into(),
    }
}
