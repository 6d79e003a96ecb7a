//! This machine's clock against the `Date` of what answers (RFC 9110, section 6.6.1).

use super::{Check, Outcome};
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_connectors::exchange::{ApiRequest, ApiResponse, CollectError, Transport};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What `Date` and the way of an answer leave uncertain: a second, and what a slow network takes.
const UNCERTAIN: TimeDelta = TimeDelta::seconds(5);
/// From here on AWS refuses signed requests (SigV4 allows five minutes), and evidence is dated wrongly.
const WRONG: TimeDelta = TimeDelta::minutes(5);

/// A transport that notes how far this machine's clock is ahead of those that answer.
#[derive(Debug)]
pub(super) struct Dated {
    transport: Arc<dyn Transport>,
    /// The smallest difference that was seen, and of whom: delays only make it larger.
    ahead: Mutex<Option<(TimeDelta, String)>>,
}

impl Dated {
    pub(super) fn over(transport: Arc<dyn Transport>) -> Self {
        Self { transport, ahead: Mutex::default() }
    }

    fn note(&self, host: &str, answer: &ApiResponse) {
        let Some(ahead) = ahead(answer) else { return };
        let mut least = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if least.as_ref().is_none_or(|(least, _)| ahead.abs() < least.abs()) {
            *least = Some((ahead, host.to_owned()));
        }
    }

    /// What was found.
    pub(super) fn check(&self) -> Check {
        match &*self.ahead.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((ahead, host)) => judged(*ahead, host),
            None => Check::new("clock", Outcome::NotChecked, "nobody answered who says what time it is"),
        }
    }
}

fn ahead(answer: &ApiResponse) -> Option<TimeDelta> {
    let (_, date) = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("date"))?;
    let date = DateTime::parse_from_rfc2822(date).ok()?.with_timezone(&Utc);
    Some(answer.finished_at.utc() - date)
}

fn judged(ahead: TimeDelta, host: &str) -> Check {
    let seconds = ahead.num_seconds();
    let side = if seconds < 0 { "behind" } else { "ahead of" };
    let found = format!("{} s {side} that of {host}", seconds.abs());
    let outcome = match ahead.abs() {
        least if least <= UNCERTAIN => {
            return Check::ok("clock", format!("as that of {host}, within {} s", UNCERTAIN.num_seconds()));
        }
        much if much < WRONG => Outcome::Warning,
        _ => Outcome::Failed,
    };
    Check::new("clock", outcome, found).advising("evidence is dated by this clock: set it, and keep it set (NTP)")
}

#[async_trait::async_trait]
impl Transport for Dated {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        let host = request.url.host_str().unwrap_or("unknown").to_owned();
        let answer = self.transport.call(request).await?;
        self.note(&host, &answer);
        Ok(answer)
    }

    async fn pause(&self, wait: Duration) {
        self.transport.pause(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_by_the_nearest_answer() {
        let of = |seconds: i64| judged(TimeDelta::seconds(seconds), "sts").outcome;
        assert_eq!((of(0), of(-5), of(5)), (Outcome::Ok, Outcome::Ok, Outcome::Ok));
        assert_eq!((of(6), of(-299)), (Outcome::Warning, Outcome::Warning));
        assert_eq!((of(300), of(-301)), (Outcome::Failed, Outcome::Failed));
        assert!(judged(TimeDelta::seconds(-90), "sts").found.contains("90 s behind that of sts"));
    }
}
