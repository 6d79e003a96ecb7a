//! The time-stamping authority: whether it gives tokens that would be kept, and what time it has.
//!
//! A run does not need it, so nothing that is wrong with it is a failure. The token is thrown away.

use super::{Check, Outcome};
use crate::config::Loaded;
use crate::timestamp::{Authority, Stamp};
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_connectors::exchange::live::Wire;

/// What is stamped: no statement.
const MESSAGE: &[u8] = b"evidenced doctor: this is no statement";
const WHAT: &str = "time stamps";

/// Asks for a token, where an authority is configured.
pub(super) async fn examine(loaded: &Loaded, checks: &mut Vec<Check>) {
    let Some(timestamps) = &loaded.timestamps else { return };
    let authorities = match loaded.authorities(timestamps) {
        Ok(authorities) => authorities,
        Err(error) => return checks.push(Check::failed(WHAT, &error)),
    };
    let wire = match Wire::new() {
        Ok(wire) => wire,
        Err(error) => return checks.push(Check::failed(WHAT, &error)),
    };
    let authority = Authority::new(wire, timestamps.url.clone(), authorities, timestamps.policy);
    checks.push(match authority.stamp(MESSAGE).await {
        Ok((_, stamp)) => judged(authority.url().as_str(), &stamp, crate::collect::now().utc()),
        Err(error) => {
            let found = crate::cli::exit::chain(&error);
            let advice = "runs are committed all the same; their statements wait for their time stamps";
            Check::new(WHAT, Outcome::Warning, found).advising(advice)
        }
    });
}

/// A token that would be kept, at this machine's time.
fn judged(url: &str, stamp: &Stamp, now: DateTime<Utc>) -> Check {
    let found = format!("{url} gives tokens that are kept, under policy {}", stamp.policy);
    // What the way of an answer takes.
    let off = (now - stamp.time).abs() - stamp.tolerance();
    if off <= TimeDelta::seconds(5) {
        return Check::ok(WHAT, found);
    }
    let found =
        format!("{found}, and its time is {} s from that of this machine", (now - stamp.time).num_seconds().abs());
    Check::new(WHAT, Outcome::Warning, found).advising("set this machine's clock, or ask the authority about its own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_far_off_is_a_warning() {
        let time: DateTime<Utc> = "2026-03-01T06:00:00Z".parse().unwrap();
        let stamp = Stamp { time, accuracy: None, policy: "1.2.3".to_owned() };
        let at = |seconds: i64| judged("http://tsa/", &stamp, time + TimeDelta::seconds(seconds));
        assert_eq!((at(0).outcome, at(6).outcome, at(-6).outcome), (Outcome::Ok, Outcome::Ok, Outcome::Ok));
        assert_eq!((at(7).outcome, at(-7).outcome), (Outcome::Warning, Outcome::Warning));
        assert!(at(-90).found.contains("90 s from that of this machine"), "{:?}", at(-90));
    }
}
