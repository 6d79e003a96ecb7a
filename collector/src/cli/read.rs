//! `verify` and `reperform`: the read side. It opens stores for reading only.

use super::exit::{CommandError, Exit, chain};
use super::output;
use super::{ReperformArgs, VerifyArgs};
use crate::checkpoint::Checkpoint;
use crate::signing::Verifier;
use crate::store::{self, Access};
use crate::timestamp::Authorities;
use crate::verify::{VerifyOptions, verify as verify_store};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::path::{Path, PathBuf};

/// Checks a store.
pub async fn verify(args: VerifyArgs, json: bool) -> Result<Exit, CommandError> {
    let keys = read_keys("--key", &args.keys)?;
    let mut authorities = Authorities::default();
    for path in &args.tsa_cas {
        authorities.add(path).map_err(|error| CommandError::usage(format!("--tsa-ca {}", chain(&error))))?;
    }
    let options = VerifyOptions {
        keys,
        streams: args.streams,
        from: args.from.as_deref().map(|text| instant("--from", text, NaiveTime::MIN)).transpose()?,
        to: args.to.as_deref().map(|text| instant("--to", text, last_of_day())).transpose()?,
        checkpoints: read_checkpoints("--checkpoint", &args.checkpoints)?,
        checkpoint_keys: read_keys("--checkpoint-key", &args.checkpoint_keys)?,
        authorities,
        now: crate::collect::now().utc(),
    };
    let store = store::open(&args.store, Access::Read).await.map_err(|error| super::workshop::store_error(&error))?;
    let report = verify_store(&*store, &options).await.map_err(|error| CommandError::failed(&error))?;
    if json {
        output::print(&format!("{}\n", report.to_json()))?;
    } else {
        output::print(&format!("{}\n", report.table()))?;
    }
    Ok(if report.is_ok() { Exit::Fine } else { Exit::Unverified })
}

/// The public keys in these files.
pub(super) fn read_keys(option: &str, paths: &[PathBuf]) -> Result<Vec<Verifier>, CommandError> {
    let one = |path: &PathBuf| {
        let pem = bytes_of(option, path)?;
        Verifier::from_pem(&pem).map_err(|error| CommandError::usage(format!("{option} {}: {error}", path.display())))
    };
    paths.iter().map(one).collect()
}

/// The checkpoints in these files.
pub(super) fn read_checkpoints(option: &str, paths: &[PathBuf]) -> Result<Vec<Checkpoint>, CommandError> {
    let mut checkpoints = Vec::new();
    for path in paths {
        let read = Checkpoint::read_all(&path.display().to_string(), &bytes_of(option, path)?);
        checkpoints.extend(read.map_err(|error| CommandError::misused(&error))?);
    }
    Ok(checkpoints)
}

fn bytes_of(option: &str, path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path)
        .map_err(|error| CommandError::usage(format!("{option} {}: cannot be read: {error}", path.display())))
}

fn last_of_day() -> NaiveTime {
    NaiveTime::from_hms_milli_opt(23, 59, 59, 999).unwrap_or(NaiveTime::MIN)
}

/// A day (UTC) or an RFC 3339 instant.
pub(super) fn instant(option: &str, text: &str, time: NaiveTime) -> Result<DateTime<Utc>, CommandError> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(time).and_utc());
    }
    DateTime::parse_from_rfc3339(text).map(|instant| instant.with_timezone(&Utc)).map_err(|_| {
        CommandError::usage(format!("{option} {text}: give a day (2026-03-31) or an instant (2026-03-31T12:00:00Z)"))
    })
}

/// Re-performs the runs of a store.
pub async fn reperform(args: ReperformArgs, json: bool) -> Result<Exit, CommandError> {
    let run = args
        .run
        .map(|text| text.parse().map_err(|error| CommandError::usage(format!("--run {text}: {error}"))))
        .transpose()?;
    let store = store::open(&args.store, Access::Read).await.map_err(|error| super::workshop::store_error(&error))?;
    let report = crate::reperform::reperform(&*store, run).await.map_err(|error| CommandError::failed(&error))?;
    if json {
        output::print(&format!("{}\n", report.to_json()))?;
    } else {
        output::print(&format!("{}\n", report.table()))?;
    }
    Ok(if report.is_ok() { Exit::Fine } else { Exit::Unverified })
}
