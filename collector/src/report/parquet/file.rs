//! One Parquet file (Apache Parquet format 2.x, <https://parquet.apache.org/docs/file-format/>): plain columns, zstd, one row group. No
//! clock and no chance: the same rows give the same bytes.

use crate::report::table::Cell;
use ::parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::types::{Type, TypePtr};
use evidenced_schemas::Instant;
use std::borrow::Cow;
use std::sync::Arc;

/// The writer, in the form that readers expect.
const CREATED_BY: &str = concat!("evidenced version ", env!("CARGO_PKG_VERSION"));

/// What a column holds. Every value may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text in UTF-8.
    Text,
    /// A whole number of 64 bits.
    Number,
    /// A number of hours.
    Hours,
    /// Milliseconds since 1970 in UTC.
    At,
    /// Yes or no.
    Flag,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A whole number.
    Number(u64),
    /// A number of hours.
    Hours(f64),
    /// An instant.
    At(Instant),
    /// Yes or no.
    Flag(bool),
    /// Nothing.
    Missing,
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Instant> for Value<'_> {
    fn from(instant: Instant) -> Self {
        Self::At(instant)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

impl<'a> From<&'a Cell> for Value<'a> {
    fn from(cell: &'a Cell) -> Self {
        match cell {
            Cell::Text(text) => text.as_str().into(),
            Cell::Number(number) => Self::Number(*number),
            Cell::Hours(hours) => Self::Hours(*hours),
            Cell::At(instant) => Self::At(*instant),
            Cell::Flag(flag) => Self::Flag(*flag),
            Cell::Empty => Self::Missing,
        }
    }
}

/// One column: its name, what it holds, and its value in a row.
pub(super) struct Column<'c, R: ?Sized> {
    /// Its name.
    pub(super) name: &'c str,
    /// What it holds.
    pub(super) kind: Kind,
    /// Its value in a row.
    pub(super) of: Box<dyn for<'r> Fn(&'r R) -> Value<'r> + 'c>,
}

/// The file's bytes.
///
/// # Errors
/// When a value is not of its column's kind.
pub(super) fn bytes<R>(columns: &[Column<'_, R>], rows: &[R]) -> Result<Vec<u8>> {
    let fields = columns.iter().map(field).collect::<Result<_>>()?;
    let schema = Arc::new(Type::group_type_builder("row").with_fields(fields).build()?);
    let properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    if !rows.is_empty() {
        let mut group = writer.next_row_group()?;
        for column in columns {
            let mut out =
                group.next_column()?.ok_or_else(|| ParquetError::General("fewer columns than fields".into()))?;
            fill(&mut out, column, rows)?;
            out.close()?;
        }
        group.close()?;
    }
    writer.into_inner()
}

fn field<R>(column: &Column<'_, R>) -> Result<TypePtr> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Number => (Physical::INT64, None),
        Kind::Hours => (Physical::DOUBLE, None),
        Kind::At => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        Kind::Flag => (Physical::BOOLEAN, None),
    };
    let field = Type::primitive_type_builder(column.name, physical);
    field.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build().map(Arc::new)
}

fn fill<R>(out: &mut SerializedColumnWriter<'_>, column: &Column<'_, R>, rows: &[R]) -> Result<()> {
    match column.kind {
        Kind::Text => {
            let (values, levels) = texts(column, rows)?;
            out.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
        }
        Kind::Number => {
            let (values, levels) = values(column, rows, |value| match value {
                Value::Number(number) => i64::try_from(number).ok(),
                _ => None,
            })?;
            out.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
        }
        Kind::At => {
            let (values, levels) = values(column, rows, |value| match value {
                Value::At(instant) => Some(instant.utc().timestamp_millis()),
                _ => None,
            })?;
            out.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
        }
        Kind::Hours => {
            let (values, levels) = values(column, rows, |value| match value {
                Value::Hours(hours) => Some(hours),
                _ => None,
            })?;
            out.typed::<DoubleType>().write_batch(&values, Some(&levels), None)?;
        }
        Kind::Flag => {
            let (values, levels) = values(column, rows, |value| match value {
                Value::Flag(flag) => Some(flag),
                _ => None,
            })?;
            out.typed::<BoolType>().write_batch(&values, Some(&levels), None)?;
        }
    }
    Ok(())
}

/// Texts. Equal ones that follow each other are one piece of memory.
fn texts<R>(column: &Column<'_, R>, rows: &[R]) -> Result<(Vec<ByteArray>, Vec<i16>)> {
    let mut last: Option<(Cow<'_, str>, ByteArray)> = None;
    values(column, rows, move |value| match value {
        Value::Text(text) => match &last {
            Some((known, array)) if *known == text => Some(array.clone()),
            _ => {
                let array = ByteArray::from(&*text);
                last = Some((text, array.clone()));
                Some(array)
            }
        },
        _ => None,
    })
}

/// The values that are there, and for each row 1 where there is one and 0 where it is missing.
fn values<'r, R, T>(
    column: &Column<'_, R>,
    rows: &'r [R],
    mut of: impl FnMut(Value<'r>) -> Option<T>,
) -> Result<(Vec<T>, Vec<i16>)> {
    let (mut values, mut levels) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in rows {
        let value = (column.of)(row);
        levels.push(i16::from(value != Value::Missing));
        if value == Value::Missing {
            continue;
        }
        values.push(of(value).ok_or_else(|| wrong(column))?);
    }
    Ok((values, levels))
}

fn wrong<R>(column: &Column<'_, R>) -> ParquetError {
    ParquetError::General(format!("column `{}` is {:?}, and one of its values is not", column.name, column.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Kind) -> Column<'static, Option<u64>> {
        Column { name: "count", kind, of: Box::new(|row| (*row).into()) }
    }

    #[test]
    fn the_same_rows_give_the_same_bytes() {
        let rows = [Some(1), None, Some(u64::from(u32::MAX))];
        let of = |rows: &[Option<u64>]| bytes(&[column(Kind::Number)], rows).unwrap();
        assert_eq!(of(&rows), of(&rows));
        assert_ne!(of(&rows), of(&rows[1..]));
        assert!(of(&[]).starts_with(b"PAR1") && of(&[]).ends_with(b"PAR1"));
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        let error = bytes(&[column(Kind::Text)], &[Some(1)]).unwrap_err().to_string();
        assert!(error.contains("`count` is Text"), "{error}");
        // Larger than a signed number of 64 bits, which every reader takes.
        assert!(bytes(&[column(Kind::Number)], &[Some(u64::MAX)]).is_err());
    }
}
