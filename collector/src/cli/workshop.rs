//! Opening what a run needs, from the configuration and the command line.

use super::exit::{CommandError, Exit, chain};
use super::output::say;
use crate::catalogue::Catalogue;
use crate::collect::Workshop;
use crate::config::{self, Keys, Loaded};
use crate::daemon::happening::Nobody;
use crate::exceptions;
use crate::signing::{self, IfAbsent, KeyError, KeyErrorKind, KeyReference, Signer};
use crate::spool::Spool;
use crate::store::patient::{self, IfAway};
use crate::store::{StoreError, StoreErrorKind};
use crate::timestamp::Authority;
use crate::timestamp::stamp::Stamper;
use evidenced_connectors::exchange::live::Wire;
use evidenced_schemas::Digest;
use evidenced_schemas::policy::Policy;
use evidenced_schemas::run::Collector;
use std::path::Path;
use std::sync::Arc;

/// Reads the configuration.
///
/// # Errors
/// Exit 2, with file, line and what to do.
pub fn load(file: Option<&Path>) -> Result<Loaded, CommandError> {
    config::load(file).map_err(|error| CommandError::misused(&error))
}

/// The catalogue with the configuration's files and parameters.
///
/// # Errors
/// Exit 2, with file, line and what to do.
pub fn catalogue(loaded: &Loaded) -> Result<Catalogue, CommandError> {
    let controls = &loaded.config.controls;
    let mut catalogue = Catalogue::built_in();
    if let Some(dir) = &controls.dir {
        catalogue = catalogue.with_dir(&loaded.path(dir)).map_err(|error| CommandError::misused(&error))?;
    }
    catalogue.with_parameters(&controls.parameters, &controls.overrides).map_err(|error| {
        let file = loaded.file.as_ref().map(|file| format!("{}: ", file.display())).unwrap_or_default();
        CommandError::usage(format!("{file}controls: {}", chain(&error)))
    })
}

/// The configuration's policy file, or the built-in policy, with the approved exceptions.
///
/// # Errors
/// Exit 2, with file, line and what to do.
pub fn policy(loaded: &Loaded, catalogue: &Catalogue) -> Result<Policy, CommandError> {
    let policy = match &loaded.config.policy {
        Some(file) => crate::policy::read(&loaded.path(file)),
        None => crate::policy::built_in(),
    };
    let mut policy = policy.map_err(|error| CommandError::misused(&error))?;
    if let Some(file) = &loaded.config.exceptions {
        exceptions::read(&loaded.path(file), file, &mut policy, catalogue)
            .map_err(|error| CommandError::misused(&error))?;
    }
    Ok(policy)
}

/// Who gives time stamps, where the configuration names an authority.
///
/// # Errors
/// Exit 2, with file, line and what to do.
pub fn stamper(loaded: &Loaded) -> Result<Option<Stamper>, CommandError> {
    let Some(timestamps) = &loaded.timestamps else { return Ok(None) };
    let authorities = loaded.authorities(timestamps).map_err(|error| CommandError::misused(&error))?;
    let wire = Wire::new().map_err(|error| CommandError::failed(&error))?;
    let authority = Authority::new(wire, timestamps.url.clone(), authorities, timestamps.policy);
    Ok(Some(Stamper::new(authority)))
}

/// A store that cannot be opened is configuration when it is not there, and a failure otherwise.
pub fn store_error(error: &StoreError) -> CommandError {
    let mut wrapped = CommandError::failed(error);
    if error.kind == StoreErrorKind::NotThere {
        wrapped.exit = Exit::Usage;
    }
    wrapped
}

/// Opens everything. A store that protects less than is required is refused before a key is made. A key that had to be
/// made is said on standard error.
///
/// # Errors
/// With the exit code of what could not be opened.
pub async fn open(loaded: &Loaded, store_url: &str, keys: &Keys, away: IfAway) -> Result<Workshop, CommandError> {
    let catalogue = catalogue(loaded)?;
    let policy = policy(loaded, &catalogue)?;
    let stamper = stamper(loaded)?;
    let required = loaded.config.store.require_retention;
    let store = patient::open(store_url, required, away).await.map_err(|error| store_error(&error))?;
    let config = &loaded.config.spool;
    let spool = Spool::new(loaded.path(&config.dir), config.max_size, store_url);
    let signer = signer(keys).await?;
    Ok(Workshop {
        store,
        signer: Arc::new(signer),
        catalogue: Arc::new(catalogue),
        policy: Arc::new(policy),
        stamper,
        metrics: Arc::default(),
        observer: Arc::new(Nobody),
        spool: Some(spool),
        deployment: loaded.config.deployment.clone(),
        config_sha256: Digest::of_canonical(&loaded.config).map_err(|error| CommandError::failed(&error))?,
        collector: collector()?,
    })
}

/// Opens the keys that sign. One that had to be made is said on standard error; the one before is never made.
async fn signer(keys: &Keys) -> Result<Signer, CommandError> {
    let signer = key(&keys.key, IfAbsent::Make).await?;
    match &keys.previous {
        Some(previous) => signer.after(key(previous, IfAbsent::Refuse).await?).map_err(|error| key_error(&error)),
        None => Ok(signer),
    }
}

/// Opens one key.
///
/// # Errors
/// Exit 2 where the reference or the key is wrong, exit 1 where the key service refuses or does not answer.
pub async fn key(reference: &KeyReference, absent: IfAbsent) -> Result<Signer, CommandError> {
    let opened = signing::open(reference, absent).await.map_err(|error| key_error(&error))?;
    if opened.created {
        let public = opened.public_path.map(|path| path.display().to_string()).unwrap_or_default();
        say(&format!(
            "warning: made a new signing key {reference} (mode 0600). Keep it safe: who has it can sign as this collector.\n         Give auditors the public key {public}"
        ));
    }
    Ok(opened.signer)
}

fn key_error(error: &KeyError) -> CommandError {
    match error.kind {
        KeyErrorKind::Unusable => CommandError::misused(error),
        KeyErrorKind::Denied | KeyErrorKind::Unavailable => CommandError::failed(error),
    }
}

/// What to do next with a store that this key signed.
pub fn next_verify(store: &str, key: &KeyReference) -> String {
    match key.path() {
        Some(path) => format!("evidenced verify {store} --key {}", signing::public_path(path).display()),
        None => format!(
            "evidenced keygen --public '{key}' --out signing.pub.pem\n      evidenced verify {store} --key signing.pub.pem"
        ),
    }
}

/// What this program is.
///
/// # Errors
/// When the executable cannot be read.
pub fn collector() -> Result<Collector, CommandError> {
    let executable = std::env::current_exe()
        .and_then(|path| digest_of_file(&path))
        .map_err(|error| CommandError::usage(format!("the executable cannot be read to record its digest: {error}")))?;
    Ok(Collector {
        name: "evidenced".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: env!("EVIDENCED_GIT_COMMIT").to_owned(),
        executable_sha256: executable,
    })
}

/// The digest of a file that may be larger than what a run needs in memory.
fn digest_of_file(path: &Path) -> std::io::Result<Digest> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(path)?;
    let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Digest::from_raw(hash.finish().as_ref()));
        }
        hash.update(&buffer[..read]);
    }
}
