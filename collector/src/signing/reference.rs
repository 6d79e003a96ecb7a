//! References to keys, as the configuration and the command line write them. A new kind of key is one line here.

use super::{KeyError, aws, azure, gcp};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use url::Url;

/// Where a key is: a file, or a key in a cloud's key service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReference {
    text: String,
    place: Place,
}

/// The place itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File(PathBuf),
    Aws(aws::Reference),
    Gcp(gcp::Reference),
    Azure(azure::Reference),
}

/// What may be written, for errors.
const FORMS: &str = "write `file:///path/key.pem`, `awskms:///arn:aws:kms:…`, `gcpkms://projects/…` or \
                     `azurekms://VAULT.vault.azure.net/keys/…`";

impl KeyReference {
    /// Reads a reference with its scheme. The path of `file://` may be relative, `file://./key.pem`.
    ///
    /// # Errors
    /// When it is none, saying what to write.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let place = match text.split_once("://") {
            Some(("file", "")) | None => Err(KeyError::new(format!("is no reference to a key: {FORMS}"))),
            Some(("file", path)) => Ok(Place::File(path.into())),
            Some(("awskms", rest)) => aws::Reference::parse(rest).map(Place::Aws),
            Some(("gcpkms", rest)) => gcp::Reference::parse(rest).map(Place::Gcp),
            Some(("azurekms", rest)) => azure::Reference::parse(rest).map(Place::Azure),
            Some((scheme, _)) => Err(KeyError::new(format!("`{scheme}` is no kind of key: {FORMS}"))),
        };
        let place = place.map_err(|error| error.at(format!("`{text}`")))?;
        Ok(Self { text: text.to_owned(), place })
    }

    /// A key file.
    pub fn of_file(path: PathBuf) -> Self {
        Self { text: path.display().to_string(), place: Place::File(path) }
    }

    /// The same reference, where the relative path of a file starts in a folder.
    #[must_use]
    pub fn below(self, folder: &Path) -> Self {
        match self.place {
            Place::File(path) => Self::of_file(folder.join(path.strip_prefix(".").unwrap_or(&path))),
            _ => self,
        }
    }

    /// The key's file, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Aws(_) | Place::Gcp(_) | Place::Azure(_) => None,
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

/// As an argument: a reference, or a plain path.
impl FromStr for KeyReference {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        match text {
            "" => Err(KeyError::new("the name of a key is empty")),
            _ if text.contains("://") => Self::parse(text),
            path => Ok(Self::of_file(path.into())),
        }
    }
}

impl fmt::Display for KeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What stands after `?` in a reference.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) endpoint: Option<Url>,
    pub(super) region: Option<String>,
}

/// Takes the options off the end of a reference. `known` are the ones that this kind of key has.
pub(super) fn options<'a>(rest: &'a str, known: &[&str]) -> Result<(&'a str, Options), KeyError> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut options = Options::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "endpoint" if known.contains(&"endpoint") => options.endpoint = Some(endpoint(&value)?),
            "region" if known.contains(&"region") => options.region = Some(value.into_owned()),
            _ => {
                let known = known.join("` and `");
                return Err(KeyError::new(format!("`{name}` is no option of it; there are `{known}`")));
            }
        }
    }
    Ok((rest, options))
}

fn endpoint(text: &str) -> Result<Url, KeyError> {
    let wrong = || KeyError::new(format!("the endpoint `{text}` is no URL of a server: write `endpoint=https://HOST`"));
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).ok_or_else(wrong)
}
