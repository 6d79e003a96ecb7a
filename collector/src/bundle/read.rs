//! Reading the files of a bundle: streamed, within limits, and naming file and line of what does not read.

use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader, Read};
use std::marker::PhantomData;

/// The largest file, uncompressed, in bytes: far over a scope of 100,000 resources with its exchanges (some 2 GiB).
/// A file that inflates to more is an attack or a mistake.
const LARGEST_FILE: u64 = 8 << 30;
/// The longest line, in bytes: twice the largest answer that the collector reads, for it may be kept in base64.
const LONGEST_LINE: u64 = 256 << 20;

/// A file that does not read.
#[derive(Debug, thiserror::Error)]
#[error("{file}{}: {what}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct ReadError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: Option<u64>,
    /// What is wrong with it.
    pub what: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// One line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<T> {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes with the `\n`.
    pub raw: Vec<u8>,
    /// What it says.
    pub value: T,
}

/// The lines of a compressed file, one at a time. After an error there are no more.
pub struct Lines<'a, T> {
    file: String,
    reader: Option<Box<dyn BufRead + 'a>>,
    number: u64,
    read: u64,
    value: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Lines<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("file", &self.file).field("number", &self.number).finish_non_exhaustive()
    }
}

impl<'a, T: DeserializeOwned> Lines<'a, T> {
    /// Begins to read. `file` is the name for errors.
    ///
    /// # Errors
    /// When the decoder cannot be made.
    pub fn new(file: &str, stored: &'a [u8]) -> Result<Self, ReadError> {
        Ok(Self {
            file: file.to_owned(),
            reader: Some(Box::new(BufReader::new(decoder(file, stored)?))),
            number: 0,
            read: 0,
            value: PhantomData,
        })
    }

    fn take_next(&mut self) -> Result<Option<Line<T>>, ReadError> {
        let Some(reader) = self.reader.as_mut() else { return Ok(None) };
        let (file, number) = (self.file.as_str(), self.number + 1);
        let fail =
            |what: &str, source| ReadError { file: file.to_owned(), line: Some(number), what: what.to_owned(), source };
        let mut raw = Vec::new();
        let length = reader
            .take(LONGEST_LINE + 1)
            .read_until(b'\n', &mut raw)
            .map_err(|error| fail("cannot be decompressed", Some(error.into())))? as u64;
        if length == 0 {
            return Ok(None);
        }
        self.read += length;
        if length > LONGEST_LINE {
            return Err(fail("is longer than 256 MiB", None));
        }
        if self.read > LARGEST_FILE {
            return Err(fail("ends beyond 8 GiB of uncompressed bytes", None));
        }
        if raw.last() != Some(&b'\n') {
            return Err(fail("does not end with a line feed: the file was cut short", None));
        }
        let value =
            serde_json::from_slice(&raw).map_err(|error| fail("does not meet its schema", Some(error.into())))?;
        self.number = number;
        Ok(Some(Line { number, raw, value }))
    }
}

impl<T: DeserializeOwned> Iterator for Lines<'_, T> {
    type Item = Result<Line<T>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.take_next();
        if !matches!(next, Ok(Some(_))) {
            self.reader = None;
        }
        next.transpose()
    }
}

/// Every line of a compressed file. `file` is the name for errors.
///
/// # Errors
/// At the first line that does not read.
pub fn read_lines<T: DeserializeOwned>(file: &str, stored: &[u8]) -> Result<Vec<T>, ReadError> {
    Lines::new(file, stored)?.map(|line| line.map(|line| line.value)).collect()
}

/// The uncompressed bytes of a compressed file.
///
/// # Errors
/// When it cannot be decompressed, or is larger than the limit.
pub fn read_raw(file: &str, stored: &[u8]) -> Result<Vec<u8>, ReadError> {
    let fail = |what: &str, source| ReadError { file: file.to_owned(), line: None, what: what.to_owned(), source };
    let mut bytes = Vec::new();
    let read = decoder(file, stored)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| fail("cannot be decompressed", Some(error.into())))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(fail("is larger than 8 GiB uncompressed", None));
    }
    Ok(bytes)
}

/// A JSON document.
///
/// # Errors
/// When it does not meet its schema.
pub fn read_document<T: DeserializeOwned>(file: &str, stored: &[u8]) -> Result<T, ReadError> {
    serde_json::from_slice(stored).map_err(|error| ReadError {
        file: file.to_owned(),
        line: None,
        what: "does not meet its schema".to_owned(),
        source: Some(error.into()),
    })
}

fn decoder<'a>(file: &str, stored: &'a [u8]) -> Result<zstd::Decoder<'static, &'a [u8]>, ReadError> {
    zstd::Decoder::with_buffer(stored).map_err(|error| ReadError {
        file: file.to_owned(),
        line: None,
        what: "cannot be decompressed".to_owned(),
        source: Some(error.into()),
    })
}
