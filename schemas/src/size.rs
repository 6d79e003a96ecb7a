//! Sizes as a configuration writes them: a number with its unit, `1GiB`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Units, the largest first: 1024 and 1000 are told apart, as IEC 80000-13 does.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

/// A size in bytes, more than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Size(#[schemars(with = "String", regex(pattern = r"^[0-9]+ ?(TiB|TB|GiB|GB|MiB|MB|KiB|kB|B)$"))] u64);

impl Size {
    /// So many bytes.
    pub const fn of_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl TryFrom<String> for Size {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no size: write a whole number with its unit, like `500MiB` or `1GiB`");
        let (digits, factor) =
            UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor))).ok_or_else(wrong)?;
        let digits = digits.strip_suffix(' ').unwrap_or(digits);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor)).ok_or_else(wrong)?;
        if bytes == 0 {
            return Err(format!("`{text}` holds nothing: write a size that one run fits into, like `1GiB`"));
        }
        Ok(Self(bytes))
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.to_string()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, factor) =
            UNITS.iter().find(|(_, factor)| self.0.is_multiple_of(*factor)).expect("every size is a number of bytes");
        write!(f, "{}{unit}", self.0 / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written_with_their_unit() {
        for (text, bytes, back) in [
            ("1GiB", 1 << 30, "1GiB"),
            ("500MiB", 500 << 20, "500MiB"),
            ("3 MB", 3_000_000, "3MB"),
            ("1024KiB", 1 << 20, "1MiB"),
            ("7B", 7, "7B"),
        ] {
            let size = Size::try_from(text.to_owned()).unwrap();
            assert_eq!((size.bytes(), size.to_string().as_str()), (bytes, back), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "1", "GiB", "1.5GiB", "-1GiB", "1gib", "1 GiB ", "0MiB", "99999999999TiB", "+1B"] {
            assert!(Size::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
