//! The signing keys: there, readable by their owner alone, and able to sign.

use super::{Check, Outcome};
use crate::config::Loaded;
use crate::signing::{self, IfAbsent, KeyReference, Signer};

/// What is signed to see whether the key can. It is no DSSE pre-authentication encoding, so its signature can pass for no
/// statement's.
const MESSAGE: &[u8] = b"evidenced doctor: this is no statement";

/// Tries the keys; the signer where the run's own key can be used.
pub(super) async fn examine(loaded: &Loaded, checks: &mut Vec<Check>) -> Option<Signer> {
    let keys = match loaded.keys() {
        Ok(keys) => keys,
        Err(error) => {
            checks.push(Check::failed("signing key", &error));
            return None;
        }
    };
    let signer = one("signing key", &keys.key, true, checks).await;
    let Some(reference) = &keys.previous else { return signer };
    let previous = one("previous signing key", reference, false, checks).await;
    match (signer, previous) {
        (Some(signer), Some(previous)) => match signer.after(previous) {
            Ok(signer) => Some(signer),
            Err(error) => {
                checks.push(Check::failed("previous signing key", &error));
                None
            }
        },
        (signer, _) => signer,
    }
}

async fn one(what: &str, reference: &KeyReference, is_made: bool, checks: &mut Vec<Check>) -> Option<Signer> {
    if let Some(path) = reference.path().filter(|path| is_made && !path.exists()) {
        let found = format!("there is no key in {} yet: the first run makes one", path.display());
        let advice = "make it before, and give its public half to those who verify: evidenced keygen --out FILE";
        checks.push(Check::new(what, Outcome::Warning, found).advising(advice));
        return None;
    }
    let signer = match signing::open(reference, IfAbsent::Refuse).await {
        Ok(opened) => opened.signer,
        Err(error) => {
            checks.push(Check::failed(what, &error));
            return None;
        }
    };
    if let Err(error) = signer.sign(MESSAGE).await {
        checks.push(Check::failed(what, &error));
        return None;
    }
    let found = format!("{reference} signs ({}, id {})", signer.verifier().algorithm().as_str(), signer.keyid());
    checks.push(match reference.path().and_then(signing::readable_by_others) {
        Some(mode) => Check::new(what, Outcome::Warning, format!("{found}, and others can read it (mode {mode:04o})"))
            .advising(
                "whoever can read it can sign as this collector: chmod 600 it, and change the key if others could",
            ),
        None => Check::ok(what, found),
    });
    Some(signer)
}
