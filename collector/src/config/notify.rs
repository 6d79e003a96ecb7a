//! `notify:` of the configuration: addresses that can be written to, names that are told apart, files that are there.

use super::headers::{headers, secret_text};
use super::{ConfigError, Loaded, Wrong, line};
use crate::notify::Destination;
use crate::notify::sign::Secret;
use evidenced_schemas::config::{Form, NotifyConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;
use std::collections::BTreeSet;
use url::{Host, Url};

/// The most attempts of one message.
const ATTEMPTS: u32 = 20;
/// The longest name of a destination.
const NAME: usize = 64;

/// Where the keys of an entry stand.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Lines {
    #[serde(default)]
    name: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    url: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    url_file: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    form: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    secret_file: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    headers_file: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    on: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    attempts: Option<Spanned<IgnoredAny>>,
}

impl Lines {
    /// The first line of an entry, as far as its keys tell.
    fn first(&self) -> Option<u64> {
        let all = [&self.name, &self.url, &self.url_file, &self.form, &self.secret_file, &self.on];
        all.into_iter().filter_map(|at| line(at.as_ref())).min()
    }
}

/// An entry that was checked as far as it can be without its files.
#[derive(Clone, Debug)]
pub struct Notification {
    config: NotifyConfig,
    name: String,
    url_line: Option<u64>,
    secret_line: Option<u64>,
    headers_line: Option<u64>,
}

/// Reads what stands there.
pub(super) fn read(entries: &[NotifyConfig], lines: &[Lines]) -> Result<Vec<Notification>, Wrong> {
    let nowhere = Lines::default();
    let mut names = BTreeSet::new();
    let mut read = Vec::new();
    for (index, config) in entries.iter().enumerate() {
        let lines = lines.get(index).unwrap_or(&nowhere);
        let notification = entry(config, lines)?;
        if !names.insert(notification.name.clone()) {
            let what = format!(
                "a second entry of notify is named `{}`: give it a `name` of its own, its dead letters are kept by it",
                notification.name
            );
            return Err((line(lines.name.as_ref()).or_else(|| lines.first()), what));
        }
        read.push(notification);
    }
    Ok(read)
}

fn entry(config: &NotifyConfig, lines: &Lines) -> Result<Notification, Wrong> {
    let wrong = |at: &Option<Spanned<IgnoredAny>>, what: String| (line(at.as_ref()).or_else(|| lines.first()), what);
    let (host, url_line) = match (&config.url, &config.url_file) {
        (Some(url), None) => {
            let url = address(url).map_err(|what| wrong(&lines.url, format!("notify.url {what}")))?;
            (url.host_str().map(str::to_owned), &lines.url)
        }
        (None, Some(_)) => (None, &lines.url_file),
        _ => return Err(wrong(&lines.url, "notify: give one of `url` and `url_file` in each entry".to_owned())),
    };
    let name = config.name.clone().or(host).ok_or_else(|| {
        wrong(&lines.url_file, "notify: an entry with `url_file` needs a `name`: its address is not shown".to_owned())
    })?;
    if !is_name(&name) {
        let what = format!(
            "notify.name `{name}`: give a `name` of letters, digits, `-`, `_` and `.` (not first), {NAME} at most"
        );
        return Err(wrong(&lines.name, what));
    }
    if config.form == Form::Cloudevents && config.secret_file.is_none() {
        let what = "notify: an entry with `form: cloudevents` needs `secret_file`, a file with the secret that messages are signed \
                    with: (printf whsec_; openssl rand -base64 32) > FILE";
        return Err(wrong(&lines.form, what.to_owned()));
    }
    if config.on.is_empty() {
        return Err(wrong(
            &lines.on,
            "notify.on names nothing to be told of: name something, or remove the entry".to_owned(),
        ));
    }
    if !(1..=ATTEMPTS).contains(&config.attempts) {
        return Err(wrong(&lines.attempts, format!("notify.attempts {}: from 1 to {ATTEMPTS}", config.attempts)));
    }
    Ok(Notification {
        config: config.clone(),
        name,
        url_line: line(url_line.as_ref()),
        secret_line: line(lines.secret_file.as_ref()),
        headers_line: line(lines.headers_file.as_ref()),
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// An address that can be written to. What is wrong is said without the address, which may be a secret, where it parses.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or("is no address: write https://host/path")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds credentials: put them into `headers_file`, `Authorization: …`".to_owned());
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        let host = url.host_str().unwrap_or_default();
        return Err(format!(
            "is reached without TLS at {host}: write https://, http:// is for 127.0.0.1 and localhost alone"
        ));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

impl Loaded {
    /// Who is told of what happens, with the files that `notify:` names.
    ///
    /// # Errors
    /// When one cannot be read, with the place in the configuration.
    pub fn destinations(&self) -> Result<Vec<Destination>, ConfigError> {
        self.notifications.iter().map(|notification| self.destination(notification)).collect()
    }

    fn destination(&self, notification: &Notification) -> Result<Destination, ConfigError> {
        let Notification { config, name, .. } = notification;
        let wrong = |line, what| ConfigError { file: self.file.clone().unwrap_or_default(), line, what };
        let url = match (&config.url, &config.url_file) {
            (_, Some(file)) => secret_text(&self.path(file)).and_then(|text| address(text.trim())),
            (url, None) => address(url.as_deref().unwrap_or_default()),
        };
        let secrets = config.secret_file.as_ref().map(|file| {
            let file = self.path(file);
            secret_text(&file)
                .and_then(|text| Secret::read(&text).map_err(|what| format!("{}: {what}", file.display())))
        });
        let headers = config.headers_file.as_ref().map(|file| headers(&self.path(file)));
        Ok(Destination {
            name: name.clone(),
            url: url.map_err(|what| wrong(notification.url_line, format!("notify: the address {what}")))?,
            form: config.form,
            secrets: secrets
                .transpose()
                .map_err(|what| wrong(notification.secret_line, format!("notify.secret_file: {what}")))?
                .unwrap_or_default(),
            headers: headers
                .transpose()
                .map_err(|what| wrong(notification.headers_line, format!("notify.headers_file: {what}")))?
                .unwrap_or_default(),
            on: config.on.clone(),
            attempts: config.attempts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use std::path::Path;

    fn wrong(entry: &str) -> String {
        parse(Path::new("evidenced.yaml"), &format!("deployment: a\nnotify:\n  - {entry}\n")).unwrap_err().to_string()
    }

    #[test]
    fn an_entry_that_cannot_be_carried_out_is_named_with_its_line() {
        for (entry, words) in [
            ("url: ftp://hooks.example/", "evidenced.yaml:3: notify.url is no address"),
            (
                "url: http://hooks.example/canary",
                "evidenced.yaml:3: notify.url is reached without TLS at hooks.example",
            ),
            ("url: https://a:canary@hooks.example/", "evidenced.yaml:3: notify.url holds credentials"),
            ("form: slack", "evidenced.yaml:3: notify: give one of `url` and `url_file`"),
            ("url_file: x", "evidenced.yaml:3: notify: an entry with `url_file` needs a `name`"),
            (
                "url: https://hooks.example/",
                "evidenced.yaml:3: notify: an entry with `form: cloudevents` needs `secret_file`",
            ),
            ("url: https://hooks.example/\n    form: slack\n    on: []", "evidenced.yaml:5: notify.on names nothing"),
            ("url: https://hooks.example/\n    form: slack\n    attempts: 0", "evidenced.yaml:5: notify.attempts 0"),
            ("url: https://hooks.example/\n    form: pager", "evidenced.yaml:4: "),
            ("url: https://hooks.example/\n    on: [sunshine]", "evidenced.yaml:4: "),
            ("url: http://[::1]/\n    form: slack", "evidenced.yaml:3: notify.name `[::1]`"),
            (
                "{url: https://hooks.example/a, form: slack}\n  - {url: https://hooks.example/b, form: slack}",
                "evidenced.yaml:4: a second entry of notify is named `hooks.example`",
            ),
        ] {
            let what = wrong(entry);
            assert!(what.starts_with(words) && !what.contains("canary"), "{entry}: {what}");
        }
    }

    #[test]
    fn files_are_read_where_the_configuration_stands_and_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let text = "deployment: a\nnotify:\n  - url: http://127.0.0.1:1/\n    secret_file: file://./secret\n";
        let loaded = parse(&folder.path().join("evidenced.yaml"), text).unwrap();
        let absent = loaded.destinations().unwrap_err().to_string();
        assert!(
            absent.contains("evidenced.yaml:4: notify.secret_file: ") && absent.contains("cannot be read"),
            "{absent}"
        );
        std::fs::write(folder.path().join("secret"), "canary\n").unwrap();
        let none = loaded.destinations().unwrap_err().to_string();
        assert!(none.contains("whsec_") && !none.contains("canary"), "{none}");
        std::fs::write(folder.path().join("secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let destinations = loaded.destinations().unwrap();
        assert_eq!(
            (destinations[0].name.as_str(), destinations[0].on.len()),
            ("127.0.0.1", 6),
            "everything when `on` is absent"
        );
        assert!(!format!("{destinations:?}").contains("MfKQ"), "a secret is never shown");
    }
}
