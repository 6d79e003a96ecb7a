//! Times of the IAM API as documents have them.

use aws_sdk_iam::primitives::DateTime as SdkTime;
use chrono::{DateTime, SecondsFormat, Utc};

/// The time as chrono has it, cut to seconds; none for a year that chrono cannot hold.
pub(super) fn utc(time: &SdkTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), 0)
}

/// RFC 3339 in UTC, to the second.
pub(super) fn rfc3339(time: &SdkTime) -> Option<String> {
    utc(time).map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}
