//! Sending what waits, in order: attempts with growing pauses, and what each answer means.

use super::outbox::{Letter, Outbox};
use super::{Destination, sign, slack};
use crate::collect::now;
use crate::metrics::Notice;
use bytes::Bytes;
use chrono::DateTime;
use evidenced_connectors::exchange::live::Wire;
use evidenced_connectors::exchange::post::{Post, Posted};
use evidenced_schemas::config::Form;
use evidenced_schemas::{Event, to_canonical_vec};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

/// Time for one attempt.
const WITHIN: Duration = Duration::from_secs(10);
/// Pause after the first attempt; doubled for each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause of our own.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// The longest pause that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_mins(15);

/// Sends until the outbox is closed and empty.
pub(super) async fn send_all(wire: &Wire, destination: &Destination, outbox: &Outbox) {
    while let Some(letter) = outbox.next().await {
        match outbox.read(&letter) {
            Some(event) => send(wire, destination, outbox, &letter, &event).await,
            None => outbox.done(&letter, Notice::Lost),
        }
    }
}

/// Sends one message, to its end.
async fn send(wire: &Wire, destination: &Destination, outbox: &Outbox, letter: &Letter, event: &Event) {
    let (name, id, kind) = (&destination.name, &event.id, event.what.type_name());
    for attempt in 1.. {
        let failed = match attempted(wire, destination, event).await {
            Ok(()) => {
                tracing::debug!(destination = name, id, kind, attempt, "notification sent");
                return outbox.done(letter, Notice::Sent);
            }
            Err(failed) => failed,
        };
        outbox.metrics.notified(name, Notice::Failed);
        if !failed.passing || attempt >= destination.attempts {
            tracing::error!(
                destination = name,
                id,
                kind,
                attempt,
                "a notification was not taken and is a dead letter, to be sent after the next start: {}",
                failed.what
            );
            return outbox.dead(letter);
        }
        let pause = pause(attempt).max(failed.asked);
        tracing::warn!(
            destination = name,
            id,
            kind,
            attempt,
            pause_seconds = pause.as_secs_f64(),
            "a notification was not taken and is sent again: {}",
            failed.what
        );
        tokio::time::sleep(pause).await;
    }
}

/// An attempt that failed.
struct Failed {
    what: String,
    /// Another attempt may go better.
    passing: bool,
    /// The receiver asked to wait so long.
    asked: Duration,
}

async fn attempted(wire: &Wire, destination: &Destination, event: &Event) -> Result<(), Failed> {
    let (body, content_type) = written(destination.form, event);
    let mut headers = destination.headers.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.extend(sign::headers(&destination.secrets, &event.id, now().utc().timestamp(), &body));
    let posted = wire.post(Post { url: destination.url.clone(), headers, body, within: WITHIN }).await;
    match posted {
        Ok(posted) if posted.status.is_success() => Ok(()),
        Ok(posted) => Err(refused(&posted)),
        Err(error) => Err(Failed { what: error.what, passing: true, asked: Duration::ZERO }),
    }
}

fn written(form: Form, event: &Event) -> (Bytes, &'static str) {
    let (written, content_type) = match form {
        Form::Cloudevents => (to_canonical_vec(event), "application/cloudevents+json; charset=utf-8"),
        Form::Slack => (to_canonical_vec(&slack::message(event)), "application/json; charset=utf-8"),
    };
    (written.map(Bytes::from).unwrap_or_default(), content_type)
}

/// What an answer that is no success means. What it says is not shown: it may repeat what was sent.
fn refused(posted: &Posted) -> Failed {
    let status = posted.status;
    let passing = status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS | StatusCode::CONFLICT
        );
    let what = if status.is_redirection() {
        format!("the receiver answers {status}, and redirects are not followed: configure the address it leads to")
    } else {
        format!("the receiver answers {status}")
    };
    Failed { what, passing, asked: asked(&posted.headers).min(LONGEST_ASKED) }
}

/// `Retry-After`, in seconds or as a date.
fn asked(headers: &HeaderMap) -> Duration {
    let Some(text) = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()) else { return Duration::ZERO };
    match text.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => DateTime::parse_from_rfc2822(text.trim())
            .ok()
            .and_then(|until| (until.to_utc() - now().utc()).to_std().ok())
            .unwrap_or_default(),
    }
}

/// The pause after an attempt: doubled for each, never longer than the longest, and somewhere in its upper half, so that not all
/// that failed at once come again at once.
fn pause(attempt: u32) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let part = f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX);
    whole.mul_f64(0.5 + part / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        for attempt in 1..40 {
            let whole = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST_PAUSE);
            assert!(pause(attempt) >= whole / 2 && pause(attempt) <= whole, "{attempt}");
        }
        assert_eq!(FIRST_PAUSE.saturating_mul(1 << 16).min(LONGEST_PAUSE), LONGEST_PAUSE);
    }

    #[test]
    fn a_receiver_may_ask_for_a_pause_in_seconds_or_until_a_date() {
        let of = |value: &str| asked(&[(RETRY_AFTER, value.parse().unwrap())].into_iter().collect());
        assert_eq!(of("7"), Duration::from_secs(7));
        let soon = (now().utc() + chrono::TimeDelta::seconds(60)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert!((50..=60).contains(&of(&soon).as_secs()), "{soon}");
        assert_eq!((of("Wed, 21 Oct 2015 07:28:00 GMT"), of("soon")), (Duration::ZERO, Duration::ZERO));
        let far = Posted {
            status: StatusCode::TOO_MANY_REQUESTS,
            headers: [(RETRY_AFTER, "999999".parse().unwrap())].into_iter().collect(),
            body: Bytes::new(),
        };
        assert_eq!(refused(&far).asked, LONGEST_ASKED);
    }

    #[test]
    fn what_a_refusal_means() {
        let of = |status: u16| {
            refused(&Posted { status: status.try_into().unwrap(), headers: HeaderMap::new(), body: Bytes::new() })
        };
        for passing in [408, 409, 425, 429, 500, 502, 503, 504] {
            assert!(of(passing).passing, "{passing}");
        }
        for lasting in [301, 307, 400, 401, 403, 404, 410, 413] {
            assert!(!of(lasting).passing, "{lasting}");
        }
        assert!(of(302).what.contains("not followed"));
    }
}
