//! Reading `evidenced.yaml`: what is wrong is named with file, line and what to do.
//!
//! It deliberately refuses what this version does not carry out, instead of ignoring it.

mod cadence;
mod headers;
mod notify;
mod telemetry;
mod timestamp;

pub use notify::Notification;
pub use telemetry::Otlp;
pub use timestamp::Timestamps;

use crate::schedule::Schedule;
use crate::scopes;
use crate::scopes::org::Documents;
use crate::signing::{KeyError, KeyReference};
use evidenced_schemas::config::{Accounts, AwsJob, AzureJob, Config, GcpJob, JobConfig, SigningConfig, Subscriptions};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

/// A configuration that was read from a file, or the built-in one.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// Where relative paths in it start: the file's folder, or the working directory.
    pub base: PathBuf,
    /// The file, where there is one.
    pub file: Option<PathBuf>,
    /// What `timestamp:` says.
    pub timestamps: Option<Timestamps>,
    /// What `notify:` says.
    pub notifications: Vec<Notification>,
    /// What `telemetry.otlp:` says.
    pub otlp: Option<Otlp>,
    /// Where the files of `http.tls` are named.
    tls_lines: TlsLines,
}

/// The keys that sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The one that signs.
    pub key: KeyReference,
    /// The one before it, which hands over.
    pub previous: Option<KeyReference>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {what}", file.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1, where it is known.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub what: String,
}

/// The configuration in force: a file, or none, which means the ambient credentials into `file://./evidence`.
///
/// # Errors
/// When the file cannot be read or does not say something that can be carried out.
pub fn load(file: Option<&Path>) -> Result<Loaded, ConfigError> {
    let Some(file) = file else {
        return Ok(Loaded::built_in());
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        let what = format!("cannot be read: {error}. Give the path of an evidenced.yaml");
        ConfigError { file: file.to_owned(), line: None, what }
    })?;
    parse(file, &text)
}

/// Reads the text of a configuration file.
///
/// # Errors
/// When it does not say something that can be carried out.
pub fn parse(file: &Path, text: &str) -> Result<Loaded, ConfigError> {
    let fail = |line, what| ConfigError { file: file.to_owned(), line, what };
    let config: Config = serde_saphyr::from_str(text).map_err(|error| {
        let what = first_line(&error.without_snippet().to_string());
        fail(error.location().map(|location| location.line()), what)
    })?;
    let lines: Lines = serde_saphyr::from_str(text).unwrap_or_default();
    check(&config, &lines).map_err(|(line, what)| fail(line, what))?;
    let base = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let timestamps = timestamp::read(&config, &lines).map_err(|(line, what)| fail(line, what))?;
    let notifications = notify::read(&config.notify, &lines.notify).map_err(|(line, what)| fail(line, what))?;
    let otlp = telemetry::read(&config, &lines).map_err(|(line, what)| fail(line, what))?;
    let tls_lines = lines.http.and_then(|http| http.tls).unwrap_or_default();
    Ok(Loaded { config, base, file: Some(file.to_owned()), timestamps, notifications, otlp, tls_lines })
}

impl Loaded {
    /// The configuration without a file.
    pub fn built_in() -> Self {
        Self {
            config: Config::default(),
            base: PathBuf::from("."),
            file: None,
            timestamps: None,
            notifications: Vec::new(),
            otlp: None,
            tls_lines: TlsLines::default(),
        }
    }

    /// An error of a file that `http.tls` names, with the place in the configuration.
    pub(crate) fn tls_error(&self, error: &crate::http::tls::TlsError) -> ConfigError {
        use crate::http::tls::Part;
        let at = match error.part {
            Part::Certificate => &self.tls_lines.certificate,
            Part::Key => &self.tls_lines.key,
        };
        let what = format!("http.tls.{}: {}", error.part, crate::cli::exit::chain(error));
        ConfigError { file: self.file.clone().unwrap_or_default(), line: line(at.as_ref()), what }
    }

    /// A path or `file://` URL of the configuration, as a path from the working directory.
    pub fn path(&self, text: &str) -> PathBuf {
        let path = text.strip_prefix("file://").unwrap_or(text);
        let path = path.strip_prefix("./").unwrap_or(path);
        if Path::new(path).is_absolute() { PathBuf::from(path) } else { self.base.join(path) }
    }

    /// Where the organisation's own documents are.
    pub fn documents(&self) -> Documents {
        Documents {
            folder: self.base.clone(),
            deployment: self.config.deployment.clone(),
            policy: self.config.policy.clone(),
            exceptions: self.config.exceptions.clone(),
        }
    }

    /// The keys that sign, with relative files starting at the configuration file.
    ///
    /// # Errors
    /// When one of them is no reference to a key.
    pub fn keys(&self) -> Result<Keys, KeyError> {
        let signing = &self.config.signing;
        let key = |text: &str| KeyReference::parse(text).map(|key| key.below(&self.base));
        Ok(Keys { key: key(&signing.key)?, previous: signing.previous.as_deref().map(key).transpose()? })
    }

    /// The store's URL, with a relative `file://` path starting at the configuration file.
    pub fn store_url(&self) -> String {
        let url = &self.config.store.url;
        match url.strip_prefix("file://") {
            Some(path) if !path.starts_with('/') => format!("file://{}", self.path(path).display()),
            _ => url.clone(),
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or(text).to_owned()
}

/// The places of what is checked after parsing.
#[derive(Debug, Default, Deserialize)]
struct Lines {
    #[serde(default)]
    timestamp: Option<timestamp::Lines>,
    #[serde(default)]
    http: Option<HttpLines>,
    #[serde(default)]
    exports: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    notify: Vec<notify::Lines>,
    #[serde(default)]
    telemetry: Option<telemetry::Lines>,
    #[serde(default)]
    signing: Option<SigningLines>,
    #[serde(default)]
    spool: Option<SpoolLines>,
    #[serde(default)]
    jobs: Vec<JobLines>,
}

#[derive(Debug, Default, Deserialize)]
struct HttpLines {
    #[serde(default)]
    listen: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    tls: Option<TlsLines>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct TlsLines {
    #[serde(default)]
    certificate: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    key: Option<Spanned<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
struct SpoolLines {
    #[serde(default)]
    dir: Option<Spanned<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
struct SigningLines {
    #[serde(default)]
    key: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    previous: Option<Spanned<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
struct JobLines {
    #[serde(default)]
    name: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    schedule: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    timezone: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    start_jitter: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    max_age: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    aws: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    azure: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    gcp: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    org: Option<Spanned<IgnoredAny>>,
}

type Wrong = (Option<u64>, String);

fn line(spanned: Option<&Spanned<IgnoredAny>>) -> Option<u64> {
    spanned.map(|spanned| spanned.referenced.line()).filter(|line| *line > 0)
}

fn check(config: &Config, lines: &Lines) -> Result<(), Wrong> {
    refuse_what_is_not_built(config, lines)?;
    check_signing(&config.signing, lines.signing.as_ref().unwrap_or(&SigningLines::default()))?;
    check_http(config, lines)?;
    let dir = &config.spool.dir;
    if dir.is_empty() || (dir.contains("://") && !dir.starts_with("file://")) {
        let at = lines.spool.as_ref().and_then(|spool| line(spool.dir.as_ref()));
        return Err((
            at,
            format!("spool.dir `{dir}`: the spool is a folder of this machine, `file:///path/to/folder`"),
        ));
    }
    let mut names = BTreeSet::new();
    let nowhere = JobLines::default();
    for (index, job) in config.jobs.iter().enumerate() {
        let lines = lines.jobs.get(index).unwrap_or(&nowhere);
        if !names.insert(job.name.clone()) {
            return Err((
                line(lines.name.as_ref()),
                format!("a second job is named `{}`: job names are paths of the store", job.name),
            ));
        }
        check_job(job, lines, config.deployment.as_deref())?;
    }
    Ok(())
}

/// The keys are references, and two.
fn check_signing(signing: &SigningConfig, lines: &SigningLines) -> Result<(), Wrong> {
    let parsed = |name: &str, text: &str, at: &Option<Spanned<IgnoredAny>>| {
        KeyReference::parse(text).map_err(|error| (line(at.as_ref()), format!("signing.{name} {error}")))
    };
    let key = parsed("key", &signing.key, &lines.key)?;
    let Some(previous) = &signing.previous else { return Ok(()) };
    if parsed("previous", previous, &lines.previous)? == key {
        let what = "signing.previous is the same key as signing.key: name the key that signed before, or remove it";
        return Err((line(lines.previous.as_ref()), what.to_owned()));
    }
    Ok(())
}

/// Loopback is this machine alone; any other address needs a token, because figures name accounts and what fails in them.
fn check_http(config: &Config, lines: &Lines) -> Result<(), Wrong> {
    let Some(http) = &config.http else { return Ok(()) };
    let at = || line(lines.http.as_ref().and_then(|http| http.listen.as_ref()));
    let listen: SocketAddr = http.listen.parse().map_err(|_| {
        (
            at(),
            format!("http.listen `{}`: write an IP address and a port, `127.0.0.1:8080` or `[::1]:8080`", http.listen),
        )
    })?;
    if !listen.ip().is_loopback() && http.token_file.is_none() {
        let what = format!(
            "http.listen `{listen}` is reached from other machines: set `token_file` to a file with a bearer token \
             (openssl rand -hex 32), or listen on 127.0.0.1"
        );
        return Err((at(), what));
    }
    Ok(())
}

/// Keys of the interface that a later version carries out.
fn refuse_what_is_not_built(config: &Config, lines: &Lines) -> Result<(), Wrong> {
    if config.exports.is_empty() {
        return Ok(());
    }
    let what = "`exports` is not carried out by this version of evidenced: remove the key";
    Err((line(lines.exports.as_ref()), what.to_owned()))
}

fn check_job(job: &JobConfig, lines: &JobLines, deployment: Option<&str>) -> Result<(), Wrong> {
    let schedule = Schedule::parse(&job.schedule, &job.timezone).map_err(|error| {
        let zone_is_wrong = job.timezone.parse::<chrono_tz::Tz>().is_err();
        let at = if zone_is_wrong { &lines.timezone } else { &lines.schedule };
        (line(at.as_ref()), format!("job `{}`: {error}", job.name))
    })?;
    cadence::check(job, &schedule).map_err(|(key, what)| {
        let at = match key {
            cadence::Key::StartJitter => &lines.start_jitter,
            cadence::Key::MaxAge => &lines.max_age,
        };
        (line(at.as_ref()), format!("job `{}`: {what}", job.name))
    })?;
    let one_cloud = || Err("a job reads one cloud: make two jobs of it".to_owned());
    let (at, checked) = match (&job.aws, &job.azure, &job.gcp, &job.org) {
        (Some(aws), None, None, None) => (&lines.aws, check_aws(aws)),
        (None, Some(azure), None, None) => (&lines.azure, check_azure(azure)),
        (None, None, Some(gcp), None) => (&lines.gcp, check_gcp(gcp)),
        (None, None, None, Some(org)) => (&lines.org, scopes::org::id(org, deployment).map(|_| ())),
        (_, _, _, Some(_)) => (&lines.org, one_cloud()),
        (_, _, Some(_), None) => (&lines.gcp, one_cloud()),
        (_, Some(_), None, None) => (&lines.azure, one_cloud()),
        (None, None, None, None) => {
            (&lines.name, Err("names no cloud: add `aws: {}`, `azure: {}`, `gcp: {}` or `org: {}`".to_owned()))
        }
    };
    checked.map_err(|what| (line(at.as_ref()), format!("job `{}`: {what}", job.name)))
}

fn check_azure(azure: &AzureJob) -> Result<(), String> {
    match &azure.subscriptions {
        Some(Subscriptions::Ids(ids)) => {
            if let Some(bad) = ids.iter().find(|id| !is_guid(id)) {
                return Err(format!("`{bad}` is not an Azure subscription id: 8-4-4-4-12 hexadecimal digits"));
            }
            if azure.management_group.is_some() {
                return Err("`management_group` chooses among `subscriptions: all`: give either it or ids".to_owned());
            }
            if ids.is_empty() && !azure.reads_tenant() {
                return Err("`subscriptions: []` names nothing to read".to_owned());
            }
            Ok(())
        }
        Some(Subscriptions::Word(_)) | None => Ok(()),
    }
}

/// What a project's id looks like: <https://cloud.google.com/resource-manager/docs/creating-managing-projects>. Old ones have
/// a domain in front.
fn is_project_id(text: &str) -> bool {
    let id = text.rsplit_once(':').map_or(text, |(_, id)| id);
    (6..=30).contains(&id.len())
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn check_gcp(gcp: &GcpJob) -> Result<(), String> {
    let is_number = |text: &&String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(bad) = gcp.organization.iter().find(|number| !is_number(number)) {
        return Err(format!(
            "`organization: {bad}`: write the organisation's number, in quotes (`gcloud organizations list`)"
        ));
    }
    if let Some(bad) = gcp.folders.iter().flatten().find(|number| !is_number(number)) {
        return Err(format!("`{bad}` is no folder: write its number, in quotes"));
    }
    if let Some(bad) = gcp.projects.iter().flatten().find(|id| !is_project_id(id)) {
        return Err(format!(
            "`{bad}` is no project id: 6 to 30 small letters, digits and hyphens (not its number, not its name)"
        ));
    }
    if gcp.folders.is_some() && gcp.projects.is_some() {
        return Err("`folders` chooses among projects: give either it or `projects`".to_owned());
    }
    if gcp.organization.is_none() && gcp.projects.as_ref().or(gcp.folders.as_ref()).is_some_and(Vec::is_empty) {
        return Err("an empty list names nothing to read".to_owned());
    }
    if let Some(bad) = gcp.universe_domain.iter().find(|domain| Url::parse(&format!("https://{domain}/")).is_err()) {
        return Err(format!("`universe_domain: {bad}` is no domain, like `googleapis.com`"));
    }
    Ok(())
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn check_aws(aws: &AwsJob) -> Result<(), String> {
    match &aws.accounts {
        Some(Accounts::Word(_)) if aws.role_name.is_none() => {
            Err("`accounts: all` needs `role_name`, the role to assume in each account of the organisation".to_owned())
        }
        Some(Accounts::Ids(ids)) => {
            if let Some(bad) = ids.iter().find(|id| id.len() != 12 || !id.bytes().all(|b| b.is_ascii_digit())) {
                return Err(format!("`{bad}` is not an AWS account id: 12 digits, in quotes"));
            }
            if ids.len() > 1 && aws.role_name.is_none() {
                return Err("several accounts need `role_name`, the role to assume in each".to_owned());
            }
            Ok(())
        }
        None if aws.role_name.is_some() => {
            Err("`role_name` needs `accounts`, the list of account ids to assume it in".to_owned())
        }
        Some(Accounts::Word(_)) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("evidenced.yaml");
        std::fs::write(&file, text).unwrap();
        load(Some(&file)).unwrap_err().to_string().replace(folder.path().to_str().unwrap(), "")
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert!(wrong("deployment: a\nstor: {url: x}\n").starts_with("/evidenced.yaml:2: "), "{}", wrong("a: 1"));
        let cron = "jobs:\n  - name: aws\n    schedule: \"61 * * * *\"\n    aws: {}\n";
        assert!(wrong(cron).starts_with("/evidenced.yaml:3: job `aws`"), "{}", wrong(cron));
        let zone = "jobs:\n  - name: aws\n    schedule: \"1 * * * *\"\n    timezone: Mars/Olympus\n    aws: {}\n";
        assert!(wrong(zone).starts_with("/evidenced.yaml:4: job `aws`"), "{}", wrong(zone));
        let twice =
            "jobs:\n  - {name: a, schedule: \"1 * * * *\", aws: {}}\n  - {name: a, schedule: \"1 * * * *\", aws: {}}\n";
        assert!(wrong(twice).starts_with("/evidenced.yaml:3: a second job"), "{}", wrong(twice));
        let timed = |what: &str| {
            let text = format!("jobs:\n  - name: a\n    schedule: \"0 */6 * * *\"\n    {what}\n    aws: {{}}\n");
            wrong(&text)
        };
        for (what, said) in [
            ("max_age: 6h", ":4: job `a`: max_age 6h is not longer than the longest time between two runs (21600 s)"),
            ("max_age: 3 weeks", ":4"),
            ("max_age: 26", ":4"),
            ("start_jitter: 4h", ":4: job `a`: start_jitter 4h is longer than half"),
            ("start_jitter: 0s", ":4"),
            ("start_jitter: 3h\n    max_age: 8h", ":5: job `a`: max_age 8h is not longer than the longest"),
        ] {
            assert!(timed(what).starts_with(&format!("/evidenced.yaml{said}")), "{what}: {}", timed(what));
        }
        let daily = "jobs:\n  - {name: a, schedule: \"0 9 * * MON-FRI\", max_age: 49h, aws: {}}\n";
        assert!(wrong(daily).contains("(259200 s)"), "a weekend counts: {}", wrong(daily));
        let spool = "deployment: a\nspool:\n  max_size: 1GB\n  dir: s3://bucket\n";
        assert!(wrong(spool).starts_with("/evidenced.yaml:4: spool.dir `s3://bucket`"), "{}", wrong(spool));
        let size = "deployment: a\nspool:\n  dir: file:///x\n  max_size: 12 apples\n";
        assert!(wrong(size).starts_with("/evidenced.yaml:4: "), "{}", wrong(size));
        assert!(wrong(size).contains("`12 apples` is no size"), "{}", wrong(size));
        assert!(wrong("exports: [{url: x}]\n").contains(":1: `exports` is not carried out"));
        let keys = |signing: &str| wrong(&format!("deployment: a\nsigning:\n  {signing}\n"));
        let other = keys("key: keys/key.pem");
        assert!(
            other.starts_with("/evidenced.yaml:3: signing.key `keys/key.pem`") && other.contains("write `file:"),
            "{other}"
        );
        let kms = keys("key: awskms:///arn:aws:s3:::bucket");
        assert!(kms.starts_with("/evidenced.yaml:3: signing.key `awskms:") && kms.contains(":key/ID"), "{kms}");
        let same = keys("key: file:///a.pem\n  previous: file:///a.pem");
        assert!(same.starts_with("/evidenced.yaml:4: signing.previous is the same key"), "{same}");
        let open = "deployment: a\nhttp:\n  listen: 0.0.0.0:8080\n";
        assert!(wrong(open).starts_with("/evidenced.yaml:3: http.listen `0.0.0.0:8080`"), "{}", wrong(open));
        assert!(wrong("http: {listen: \"localhost:80\"}\n").contains(":1: http.listen `localhost:80`"));
        let all = "jobs:\n  - name: a\n    schedule: \"1 * * * *\"\n    aws: {accounts: all}\n";
        assert!(wrong(all).contains(":4: job `a`: `accounts: all` needs `role_name`"), "{}", wrong(all));
        let accounts = "jobs:\n  - name: a\n    schedule: \"1 * * * *\"\n    aws: {accounts: [\"12\"]}\n";
        assert!(wrong(accounts).contains(":4: job `a`: `12` is not an AWS account id"), "{}", wrong(accounts));
    }

    #[test]
    fn a_time_stamping_authority_has_an_address_a_certificate_and_a_policy() {
        let of = |url: &str, rest: &str| wrong(&format!("deployment: a\ntimestamp:\n  url: \"{url}\"\n{rest}"));
        let missing = of("https://tsa.example/tsr", "");
        assert!(missing.contains(":3") && missing.contains("missing field `ca`"), "{missing}");
        for url in ["tsa.example", "ftp://tsa.example/", "https://", "file:///tsa"] {
            let what = of(url, "  ca: ca.pem\n");
            assert!(what.starts_with("/evidenced.yaml:3: timestamp.url"), "{what}");
        }
        let policy = of("https://tsa.example/tsr", "  ca: ca.pem\n  policy: best\n");
        assert!(policy.starts_with("/evidenced.yaml:5: timestamp.policy `best` is no object identifier"), "{policy}");
    }

    #[test]
    fn the_certificates_of_an_authority_are_read_where_the_configuration_stands() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("evidenced.yaml");
        let of = |ca: &str| {
            std::fs::write(&file, format!("timestamp:\n  url: \"http://127.0.0.1/\"\n  ca: {ca}\n")).unwrap();
            let loaded = load(Some(&file)).unwrap();
            let error = loaded.authorities(loaded.timestamps.as_ref().unwrap()).unwrap_err().to_string();
            error.replace(folder.path().to_str().unwrap(), "")
        };
        let nowhere = of("file://./nowhere.pem");
        assert!(nowhere.starts_with("/evidenced.yaml:3: timestamp.ca: /nowhere.pem: cannot be read"), "{nowhere}");
        let none = of("evidenced.yaml");
        assert!(none.contains(":3: timestamp.ca") && none.contains("holds no certificate"), "{none}");
    }

    #[test]
    fn the_example_of_the_readme_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("evidenced.yaml");
        let text = "deployment: acme-prod\nstore: {url: \"s3://acme/soc2\"}\nsigning: {key: file:///etc/evidenced/signing.pem}\ntimestamp: {url: \"https://tsa.example/tsr\", ca: file:///etc/evidenced/tsa-ca.pem}\njobs:\n  - name: aws\n    schedule: \"0 */6 * * *\"\n    timezone: Europe/Berlin\n    aws: {accounts: [\"111122223333\"], role_name: EvidenceReader, regions: enabled}\n";
        std::fs::write(&file, text).unwrap();
        let loaded = load(Some(&file)).unwrap();
        assert_eq!(loaded.store_url(), "s3://acme/soc2");
        assert_eq!(loaded.path("file://./key.pem"), folder.path().join("key.pem"));
    }
}
