//! Lengths of time as a configuration or the command line writes them: a whole number with its unit, `26h`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Units, the largest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
/// The longest, ten years: what is longer is a slip of the finger.
const LONGEST: u64 = 3_660 * 86_400;

/// A length of time in whole seconds, more than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[1-9][0-9]{0,8}[smhd]$"))]
pub struct Span(u64);

impl Span {
    /// So many seconds.
    pub const fn of_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// In seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        Self::from_secs(span.0)
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no length of time: write a whole number with its unit, like `90s`, `15m`, `26h` or `7d`"
            )
        };
        let (digits, factor) =
            UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(*unit)?, factor))).ok_or_else(wrong)?;
        let is_number = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
        if digits.is_empty() || digits.len() > 9 || !is_number {
            return Err(wrong());
        }
        let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor)).ok_or_else(wrong)?;
        if seconds > LONGEST {
            return Err(format!("`{text}` is longer than ten years"));
        }
        Ok(Self(seconds))
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, factor) =
            UNITS.iter().find(|(_, factor)| self.0.is_multiple_of(*factor)).expect("every span is a number of seconds");
        write!(f, "{}{unit}", self.0 / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_with_their_unit() {
        for (text, seconds, back) in [
            ("90s", 90, "90s"),
            ("60s", 60, "1m"),
            ("15m", 900, "15m"),
            ("26h", 93_600, "26h"),
            ("24h", 86_400, "1d"),
            ("7d", 604_800, "7d"),
            ("3660d", LONGEST, "3660d"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.seconds(), span.to_string().as_str()), (seconds, back), "{text}");
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in
            ["", "s", "90", "0s", "007s", "-1s", "+1s", "1.5h", "1 h", "1H", "1w", "1h30m", "9999999999s", "3661d"]
        {
            assert!(Span::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
