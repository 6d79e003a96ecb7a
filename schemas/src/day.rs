//! Days of the calendar, as the organisation's documents date things.

use crate::time::Instant;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A day, written `2026-03-01`. It is a day of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "date"))]
pub struct Day(NaiveDate);

impl Day {
    /// Its first instant.
    pub fn begins(self) -> Instant {
        Instant::new(DateTime::from_naive_utc_and_offset(self.0.into(), Utc))
    }

    /// Its last instant, to the millisecond.
    pub fn ends(self) -> Instant {
        Instant::new(self.begins().utc() + TimeDelta::days(1) - TimeDelta::milliseconds(1))
    }
}

impl std::str::FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self);
        // Chrono also reads years beyond four digits, which RFC 3339 has no form for.
        day.filter(|day| text.len() == 10 && day.to_string() == text)
            .ok_or_else(|| format!("`{text}` is no day: write it like `2026-03-01`"))
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_one_way_and_lasts_until_the_next() {
        let day: Day = "2026-02-28".parse().unwrap();
        assert_eq!(day.begins().to_string(), "2026-02-28T00:00:00.000Z");
        assert_eq!(day.ends().to_string(), "2026-02-28T23:59:59.999Z");
        for wrong in ["", "2026-2-28", "2026-02-30", "28.02.2026", "March 2026", "+12026-01-01", "2026-02-28T00:00:00Z"]
        {
            let error = wrong.parse::<Day>().unwrap_err();
            assert!(error.contains("like `2026-03-01`"), "{wrong}: {error}");
        }
    }
}
