//! `timestamp:` of the configuration: an address that can be asked, CA certificates, a policy that is one.
//!
//! Reading the configuration opens no other file: the certificates are read when they are needed, by [`Loaded::authorities`].

use super::{ConfigError, Loaded, Wrong, line};
use crate::cli::exit::chain;
use crate::timestamp::Authorities;
use der::asn1::ObjectIdentifier;
use evidenced_schemas::config::Config;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;
use url::Url;

/// Where the keys stand.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Lines {
    #[serde(default)]
    url: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    ca: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    policy: Option<Spanned<IgnoredAny>>,
}

/// What `timestamp:` says.
#[derive(Clone, Debug)]
pub struct Timestamps {
    /// The authority.
    pub url: Url,
    /// The file with the CA certificates, as it was written.
    pub ca: String,
    /// The policy that tokens must be under.
    pub policy: Option<ObjectIdentifier>,
    /// The line of `ca`.
    ca_line: Option<u64>,
}

/// Reads what stands there.
pub(super) fn read(config: &Config, lines: &super::Lines) -> Result<Option<Timestamps>, Wrong> {
    let Some(config) = &config.timestamp else { return Ok(None) };
    let nowhere = Lines::default();
    let lines = lines.timestamp.as_ref().unwrap_or(&nowhere);
    let url = Url::parse(&config.url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            let what = format!(
                "timestamp.url `{}` is no address of a time-stamping authority: write https://host/path",
                config.url
            );
            (line(lines.url.as_ref()), what)
        })?;
    let policy = config.policy.as_deref().map(|text| {
        text.parse::<ObjectIdentifier>().map_err(|_| {
            let what = format!("timestamp.policy `{text}` is no object identifier: write its numbers, \"1.2.3.4\"");
            (line(lines.policy.as_ref()), what)
        })
    });
    Ok(Some(Timestamps { url, ca: config.ca.clone(), policy: policy.transpose()?, ca_line: line(lines.ca.as_ref()) }))
}

impl Loaded {
    /// The CA certificates that `timestamp.ca` names.
    ///
    /// # Errors
    /// When they cannot be read, with the place in the configuration.
    pub fn authorities(&self, timestamps: &Timestamps) -> Result<Authorities, ConfigError> {
        let mut authorities = Authorities::default();
        authorities.add(&self.path(&timestamps.ca)).map_err(|error| ConfigError {
            file: self.file.clone().unwrap_or_default(),
            line: timestamps.ca_line,
            what: format!("timestamp.ca: {}", chain(&error)),
        })?;
        Ok(authorities)
    }
}
