//! The evidence store: there, readable, as write-once as it must be, and signed by the key that signs now.

use super::{Check, Outcome};
use crate::collect;
use crate::config::Loaded;
use crate::ledger;
use crate::signing::Signer;
use crate::store::{self, Access, Store, StoreErrorKind, write_once};
use evidenced_schemas::StreamId;
use evidenced_schemas::statement::{Retention, RetentionMode};

/// How far in the future a statement may be before the clock is doubted.
const AHEAD: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// Tries the store and what is in it.
pub(super) async fn examine(loaded: &Loaded, signer: Option<&Signer>, checks: &mut Vec<Check>) {
    let url = loaded.store_url();
    let store = match store::open(&url, Access::Read).await {
        Ok(store) => store,
        Err(error) if error.kind == StoreErrorKind::NotThere && url.starts_with("file://") => {
            checks.push(Check::new(
                "store",
                Outcome::Warning,
                format!("{url} is not there yet: the first run makes it"),
            ));
            return;
        }
        Err(error) => return checks.push(Check::failed("store", &error)),
    };
    let streams = match ledger::list_streams(&*store).await {
        Ok(streams) => streams,
        Err(error) => return checks.push(Check::failed("store", &error)),
    };
    checks.push(Check::ok("store", format!("{url} answers; streams in its ledger: {}", streams.len())));
    let found = "doctor writes nothing: whether objects may be added is seen at the first run";
    checks.push(Check::new("adding to the store", Outcome::NotChecked, found));
    checks.push(protection(loaded, &url, &write_once::told(&*store).await));
    for stream in streams {
        checks.push(newest(&*store, &stream, signer).await);
    }
}

fn protection(loaded: &Loaded, url: &str, told: &Retention) -> Check {
    let what = "write-once protection";
    if let Some(required) = loaded.config.store.require_retention {
        return match write_once::require(url, required, told) {
            Ok(()) => Check::ok(what, format!("new objects are kept as store.require_retention ({required}) says")),
            Err(error) => Check::failed(what, &error),
        };
    }
    let days = told.days.map_or_else(String::new, |days| format!(", {days} days"));
    let reason = told.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
    let found = format!("mode {}{days}{reason}", told.mode.as_str());
    if told.mode == RetentionMode::Compliance {
        return Check::ok(what, found);
    }
    Check::new(what, Outcome::Warning, found).advising(
        "who runs the collector can remove or replace evidence: use a bucket with a locked retention, and set \
         store.require_retention so that the collector starts on no other",
    )
}

/// The newest statement of a stream reads, is signed by the key of now, and is not of tomorrow.
async fn newest(store: &dyn Store, stream: &StreamId, signer: Option<&Signer>) -> Check {
    let what = format!("stream {stream}");
    let keys = match store.list(&format!("ledger/{stream}/")).await {
        Ok(keys) => keys,
        Err(error) => return Check::failed(what, &error),
    };
    let Some((sequence, key)) = keys
        .iter()
        .filter_map(|key| Some((ledger::sequence_of(stream, key)?, key)))
        .max_by_key(|(sequence, _)| *sequence)
    else {
        return Check::new(what, Outcome::Warning, "there is no statement in it")
            .advising("something lies below ledger/ that is none: look at it, and verify the store");
    };
    let bytes = match store.get(key).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Check::new(what, Outcome::Failed, format!("{key} is listed and is not there")),
        Err(error) => return Check::failed(what, &error),
    };
    let verify = format!("evidenced verify {} --key PUB.pem says what else is wrong", store.url());
    let (envelope, statement) = match ledger::read_statement(&bytes) {
        Ok(read) => read,
        Err(error) => return Check::failed(what, &error).advising(verify),
    };
    let as_of = statement.predicate.as_of;
    let found = format!("its newest statement is {sequence}, of {as_of}");
    if as_of.utc() - collect::now().utc() > AHEAD {
        return Check::new(what, Outcome::Warning, format!("{found}: later than this machine's clock"))
            .advising("set the clock of this machine (NTP); evidence says when it was collected");
    }
    match signer {
        None => Check::new(what, Outcome::NotChecked, format!("{found}; who signed it was not checked without a key")),
        Some(signer) if signer.made(&envelope) => Check::ok(what, format!("{found}, signed by this key")),
        Some(_) => Check::new(what, Outcome::Warning, format!("{found}, signed by another key")).advising(
            "if the key was changed, name the old one in signing.previous, so that it vouches for the new one; if not, \
             find out who writes to this store",
        ),
    }
}
