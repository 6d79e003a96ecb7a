//! When a job is due: cron expressions in the wall time of an IANA time zone.
//!
//! The `cron` crate reads the expression and finds wall times; the mapping to instants is ours, because a wall time
//! can be missing or doubled where clocks change. A time inside the gap fires at the next valid instant, and
//! a time that comes twice fires the first time. The module reads no clock and starts nothing.
//!
//! It refuses what other crons read differently: numbers for weekdays, both day fields at once, and
//! expressions that never fire.

use chrono::offset::LocalResult;
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use std::fmt;
use std::str::FromStr;

/// The year after which the `cron` crate knows no times.
const LAST_YEAR: i32 = 2099;

/// A parsed schedule in its time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    expression: String,
    cron: cron::Schedule,
    zone: Tz,
}

/// Times that [`Schedule::gaps`] looks at: a year of every hour, with both changes of the clock.
const GAPS_LOOKED_AT: usize = 9_000;
/// From when on: 1 January 2026, so that what a configuration may say does not depend on the day it is read.
const GAPS_FROM: i64 = 1_767_225_600;

/// Times between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// The shortest.
    pub shortest: TimeDelta,
    /// The longest.
    pub longest: TimeDelta,
}

/// A schedule that was refused, with the field and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("schedule `{expression}`: {what}")]
pub struct ScheduleError {
    /// The expression, or the time zone, as given.
    pub expression: String,
    /// The field that is wrong, why, and what to do.
    pub what: String,
}

/// The fields of an expression with seconds: name, what it takes.
const FIELDS: [(&str, &str); 6] = [
    ("seconds", "0-59"),
    ("minutes", "0-59"),
    ("hours", "0-23"),
    ("day of month", "1-31"),
    ("month", "1-12 or JAN-DEC"),
    ("weekday", "MON, TUE, WED, THU, FRI, SAT, SUN"),
];

/// Weekday names in the order of ISO 8601.
const WEEKDAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/// The short forms, as crontab(5) documents them.
const SHORT: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * SUN"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

impl Schedule {
    /// Reads an expression of five fields, of six with seconds first, or one of the short forms (`@daily`), and
    /// the name of an IANA time zone.
    ///
    /// # Errors
    /// Names the field that is wrong and what to write instead.
    pub fn parse(expression: &str, zone: &str) -> Result<Self, ScheduleError> {
        let refuse = |what: String| ScheduleError { expression: expression.to_owned(), what };
        let zone = Tz::from_str(zone).map_err(|_| {
            refuse(format!("`{zone}` is not an IANA time zone; write one like `UTC` or `Europe/Berlin`"))
        })?;
        let fields = fields(expression).map_err(refuse)?;
        for (index, field) in fields.iter().enumerate() {
            check_field(index, field).map_err(refuse)?;
        }
        if is_restricted(&fields[3]) && is_restricted(&fields[5]) {
            return Err(refuse(
                "day of month and weekday are both restricted: some crons fire when either matches, others when both \
                 do; set one of them to `*`, or use two jobs"
                    .to_owned(),
            ));
        }
        let cron = cron::Schedule::from_str(&fields.join(" "))
            .map_err(|error| refuse(format!("cannot be read: {}", error.to_string().replace('\n', " "))))?;
        let schedule = Self { expression: expression.trim().to_owned(), cron, zone };
        if schedule.wall_times(DateTime::UNIX_EPOCH.naive_utc()).next().is_none() {
            return Err(refuse(format!(
                "never fires: no month that it names has day {}; choose a day that exists, 1-28 for every month",
                fields[3]
            )));
        }
        Ok(schedule)
    }

    /// The expression as given.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The name of the time zone.
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    /// The next time it fires strictly after this instant; [`DateTime::MAX_UTC`] when that is after the year 2099.
    pub fn after(&self, instant: DateTime<Utc>) -> DateTime<Utc> {
        if instant.year() > LAST_YEAR || instant.year() < 1970 {
            return if instant.year() < 1970 { self.after(DateTime::UNIX_EPOCH) } else { DateTime::<Utc>::MAX_UTC };
        }
        // Instants never run backwards as wall times go on, so no wall time at or before this one can be later.
        let wall = instant.with_timezone(&self.zone).naive_local();
        self.wall_times(wall)
            .map(|wall| self.instant(wall))
            .find(|next| *next > instant)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Every time it fires after `start` and not after `end`, in order.
    pub fn between(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        std::iter::successors(Some(self.after(start)), |last| Some(self.after(*last)))
            .take_while(move |next| *next <= end && *next < DateTime::<Utc>::MAX_UTC)
    }

    /// The last time it fired, this instant included; none when it did not since 1970.
    pub fn until(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Each step looks twice as far back as the one before, in which it did not fire: few times are walked through.
        let mut back = TimeDelta::seconds(1);
        loop {
            let start = instant.checked_sub_signed(back).filter(|start| *start >= DateTime::UNIX_EPOCH);
            let start = start.unwrap_or(DateTime::UNIX_EPOCH);
            if let Some(last) = self.between(start, instant).last() {
                return Some(last);
            }
            if start == DateTime::UNIX_EPOCH {
                return None;
            }
            back = back * 2;
        }
    }

    /// The shortest and the longest time between two times that it fires, over [`GAPS_LOOKED_AT`] of them; none when it fires
    /// only once.
    pub fn gaps(&self) -> Option<Gaps> {
        let start = DateTime::from_timestamp(GAPS_FROM, 0)?;
        let times = self.between(start, DateTime::<Utc>::MAX_UTC).take(GAPS_LOOKED_AT);
        let mut last = None;
        let mut gaps: Option<Gaps> = None;
        for time in times {
            if let Some(gap) = last.map(|last| time - last) {
                let (shortest, longest) = gaps.map_or((gap, gap), |gaps| (gaps.shortest, gaps.longest));
                gaps = Some(Gaps { shortest: shortest.min(gap), longest: longest.max(gap) });
            }
            last = Some(time);
        }
        gaps
    }

    /// Every time it fires after a run and not after the next, but for the last one: that the next run serves, however late it is.
    pub fn unserved(&self, run: DateTime<Utc>, next: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let mut due = self.between(run, next).peekable();
        std::iter::from_fn(move || due.next().filter(|_| due.peek().is_some()))
    }

    /// Wall times that match, strictly after this one. They are carried as UTC, in which every wall time exists once.
    fn wall_times(&self, wall: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        self.cron.after_owned(wall.and_utc()).map(|time| time.naive_utc())
    }

    /// The instant of a wall time: the first where it comes twice, the next valid one where it does not exist.
    fn instant(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        match self.zone.from_local_datetime(&wall) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.with_timezone(&Utc),
            LocalResult::None => self.first_after_gap(wall),
        }
    }

    /// Gaps end on a whole minute in every zone since 1972, and the longest (Apia, 2011) took a day.
    fn first_after_gap(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        let minute = wall.with_second(0).unwrap_or(wall);
        (1..=26 * 60)
            .find_map(|minutes| self.zone.from_local_datetime(&(minute + TimeDelta::minutes(minutes))).earliest())
            .map_or_else(|| wall.and_utc(), |time| time.with_timezone(&Utc))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.expression, self.zone.name())
    }
}

/// The six fields of an expression, weekdays spelt out.
fn fields(expression: &str) -> Result<Vec<String>, String> {
    let text = expression.trim();
    let text = if text.starts_with('@') {
        SHORT.iter().find(|(short, _)| short.eq_ignore_ascii_case(text)).map(|(_, long)| *long).ok_or_else(|| {
            let known: Vec<&str> = SHORT.iter().map(|(short, _)| *short).collect();
            format!("`{text}` is not a short form that is known; write one of {}, or five fields", known.join(", "))
        })?
    } else {
        text
    };
    let mut fields: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match fields.len() {
        5 => fields.insert(0, "0".to_owned()),
        6 => {}
        7 => return Err("has 7 fields; a year field is not supported, remove it".to_owned()),
        n => {
            return Err(format!(
                "has {n} fields; write five (minutes, hours, day of month, month, weekday), or six with seconds first"
            ));
        }
    }
    fields[5] = weekdays(&fields[5])?;
    Ok(fields)
}

/// Asks the `cron` crate about one field alone, so that the error can name it.
fn check_field(index: usize, field: &str) -> Result<(), String> {
    let (name, takes) = FIELDS[index];
    let mut alone = ["*"; 6];
    alone[index] = field;
    match cron::Schedule::from_str(&alone.join(" ")) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "{name} `{field}` cannot be read; it takes {takes}, `*`, lists `a,b`, ranges `a-b` and steps `*/n`"
        )),
    }
}

fn is_restricted(field: &str) -> bool {
    !matches!(field, "*" | "?")
}

/// Spells weekday ranges out, so that the number the `cron` crate gives a day never matters.
fn weekdays(field: &str) -> Result<String, String> {
    if !is_restricted(field) {
        return Ok(field.to_owned());
    }
    let mut days = [false; 7];
    for item in field.split(',') {
        match item.split_once('-') {
            Some((first, last)) => {
                let (mut day, last) = (weekday(first)?, weekday(last)?);
                days[day] = true;
                while day != last {
                    day = (day + 1) % 7;
                    days[day] = true;
                }
            }
            None if item == "*" => days = [true; 7],
            None => days[weekday(item)?] = true,
        }
    }
    let named: Vec<&str> = WEEKDAYS.iter().zip(days).filter(|(_, set)| *set).map(|(name, _)| *name).collect();
    Ok(if named.len() == 7 { "*".to_owned() } else { named.join(",") })
}

/// The place of a weekday in [`WEEKDAYS`], from its English name or the first three letters of it.
fn weekday(text: &str) -> Result<usize, String> {
    if text.bytes().any(|byte| byte.is_ascii_digit() || byte == b'/') {
        return Err(format!(
            "weekday `{text}`: numbers are refused, because 1 is Monday to POSIX cron and Sunday to others; write names, \
             for example MON-FRI or SAT,SUN"
        ));
    }
    let upper = text.to_ascii_uppercase();
    let full = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    (0..7).find(|day| upper == WEEKDAYS[*day] || upper == full[*day]).ok_or_else(|| {
        format!("weekday `{text}` is not known; write {}, lists `MON,WED` or ranges `MON-FRI`", FIELDS[5].1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    fn next(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(expression, zone).unwrap();
        let mut time = at(after);
        (0..count)
            .map(|_| {
                time = schedule.after(time);
                time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
            })
            .collect()
    }

    fn refusal(expression: &str) -> String {
        Schedule::parse(expression, "UTC").unwrap_err().to_string()
    }

    #[test]
    fn usual_forms_fire_when_posix_says() {
        let cases: &[(&str, &str, &str)] = &[
            ("0 */6 * * *", "2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z"),
            ("30 */6 * * *", "2026-01-01T06:30:00Z", "2026-01-01T12:30:00Z"),
            ("15 10 0 * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:10:15Z"),
            ("0 9 * * MON", "2026-01-01T00:00:00Z", "2026-01-05T09:00:00Z"),
            ("0 9 * * MON-FRI", "2026-01-02T09:00:00Z", "2026-01-05T09:00:00Z"),
            ("0 9 * * sat-sun", "2026-01-02T09:00:00Z", "2026-01-03T09:00:00Z"),
            ("0 9 * * FRI-MON", "2026-01-05T09:00:00Z", "2026-01-09T09:00:00Z"),
            ("0 9 * * MON-SUN", "2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z"),
            ("0 9 * * Sunday", "2026-01-05T09:00:00Z", "2026-01-11T09:00:00Z"),
            ("0 0 1,15 * ?", "2026-01-01T00:00:00Z", "2026-01-15T00:00:00Z"),
            ("0 0 1 JAN,JUL *", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"),
            ("@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"),
            ("@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("@midnight", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
            ("@monthly", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
            ("@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("@annually", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ];
        for (expression, after, expected) in cases {
            assert_eq!(next(expression, "UTC", after, 1), [*expected], "{expression} after {after}");
        }
    }

    #[test]
    fn the_next_time_is_strictly_later_even_within_a_second() {
        assert_eq!(next("0 6 * * *", "UTC", "2026-01-01T05:59:59.999Z", 1), ["2026-01-01T06:00:00Z"]);
        assert_eq!(next("0 6 * * *", "UTC", "2026-01-01T06:00:00.001Z", 1), ["2026-01-02T06:00:00Z"]);
    }

    #[test]
    fn leap_days_and_long_months() {
        assert_eq!(
            next("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 2),
            ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]
        );
        assert_eq!(
            next("0 0 31 * *", "UTC", "2026-01-31T00:00:00Z", 2),
            ["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"]
        );
    }

    #[test]
    fn a_time_in_the_gap_fires_when_clocks_have_gone_forward() {
        // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
        assert_eq!(
            next("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
            ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        // New York, 8 March 2026: 02:00 becomes 03:00 at 07:00 UTC.
        assert_eq!(
            next("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2),
            ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
        );
    }

    #[test]
    fn several_times_in_one_gap_fire_once() {
        assert_eq!(
            next("*/15 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", 3),
            ["2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"]
        );
    }

    #[test]
    fn a_time_that_comes_twice_fires_the_first_time_only() {
        // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
        assert_eq!(
            next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        // New York, 1 November 2026: 02:00 becomes 01:00 at 06:00 UTC.
        assert_eq!(
            next("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", 2),
            ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
        );
        // Asked inside the second pass, nothing that fired in the first pass comes back.
        assert_eq!(next("*/30 * * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1), ["2026-10-25T02:00:00Z"]);
    }

    #[test]
    fn a_whole_day_can_be_missing() {
        // Apia went from 29 to 31 December 2011.
        assert_eq!(
            next("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 2),
            ["2011-12-30T10:00:00Z", "2012-12-29T22:00:00Z"]
        );
    }

    #[test]
    fn between_leaves_the_start_out_and_takes_the_end_in() {
        let schedule = Schedule::parse("0 */6 * * *", "UTC").unwrap();
        let times: Vec<_> = schedule.between(at("2026-01-01T00:00:00Z"), at("2026-01-01T18:00:00Z")).collect();
        assert_eq!(times, ["06", "12", "18"].map(|hour| at(&format!("2026-01-01T{hour}:00:00Z"))));
        assert_eq!(schedule.between(at("2026-01-02T00:00:00Z"), at("2026-01-01T00:00:00Z")).count(), 0);
    }

    #[test]
    fn the_last_time_is_the_one_after_which_it_did_not_fire() {
        let cases = [
            ("* * * * * *", "2026-01-01T00:00:05.300Z", Some("2026-01-01T00:00:05Z")),
            ("0 */6 * * *", "2026-01-01T06:00:00Z", Some("2026-01-01T06:00:00Z")),
            ("0 */6 * * *", "2026-01-01T05:59:59.999Z", Some("2026-01-01T00:00:00Z")),
            ("0 0 29 2 *", "2027-12-01T00:00:00Z", Some("2024-02-29T00:00:00Z")),
            ("0 0 29 2 *", "1971-12-01T00:00:00Z", None),
        ];
        for (expression, instant, last) in cases {
            let schedule = Schedule::parse(expression, "UTC").unwrap();
            assert_eq!(schedule.until(at(instant)), last.map(at), "{expression} until {instant}");
        }
    }

    #[test]
    fn gaps_know_weekends_and_changes_of_the_clock() {
        let gaps = |expression: &str, zone: &str| {
            let gaps = Schedule::parse(expression, zone).unwrap().gaps().unwrap();
            (gaps.shortest.num_minutes(), gaps.longest.num_minutes())
        };
        assert_eq!(gaps("0 */6 * * *", "UTC"), (360, 360));
        assert_eq!(gaps("0 9 * * MON-FRI", "UTC"), (24 * 60, 72 * 60));
        assert_eq!(gaps("@daily", "Europe/Berlin"), (23 * 60, 25 * 60));
        assert_eq!(gaps("0 9,10 * * *", "UTC"), (60, 23 * 60));
        assert_eq!(gaps("*/1 * * * * *", "UTC"), (0, 0));
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        let schedule = Schedule::parse("@daily", "Europe/Berlin").unwrap();
        assert_eq!(schedule.after(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC);
        assert_eq!(schedule.after(DateTime::<Utc>::MIN_UTC), at("1970-01-01T23:00:00Z"));
        let last: Vec<_> = schedule.between(at("2099-12-25T00:00:00Z"), DateTime::<Utc>::MAX_UTC).collect();
        assert_eq!((last.first(), last.is_sorted()), (Some(&at("2099-12-25T23:00:00Z")), true));
        assert!(last.len() < 400, "{} times until the end", last.len());
    }

    #[test]
    fn what_others_read_differently_is_refused_with_the_reason() {
        let cases: &[(&str, &str)] = &[
            ("0 9 * * 1", "1 is Monday to POSIX cron and Sunday to others; write names"),
            ("0 9 * * 1-5", "numbers are refused"),
            ("0 9 * * MON-5", "numbers are refused"),
            ("0 9 * * */2", "numbers are refused"),
            ("0 9 1 * MON", "both restricted"),
            ("0 0 31 2 *", "never fires"),
            ("0 0 31 APR,JUN *", "never fires"),
            ("61 * * * *", "minutes `61` cannot be read; it takes 0-59"),
            ("* 24 * * *", "hours `24`"),
            ("* * 0 * *", "day of month `0`"),
            ("* * * 13 *", "month `13`"),
            ("60 * * * * *", "seconds `60`"),
            ("*/0 * * * *", "minutes `*/0`"),
            ("x * * * *", "minutes `x`"),
            ("0 9 * * FUNDAY", "weekday `FUNDAY` is not known"),
            ("0 9 * * MON,", "weekday `` is not known"),
            ("* * *", "has 3 fields"),
            ("", "has 0 fields"),
            ("0 0 0 1 1 * 2027", "a year field is not supported"),
            ("@reboot", "not a short form"),
        ];
        for (expression, expected) in cases {
            let what = refusal(expression);
            assert!(what.contains(expected), "{expression:?} said: {what}");
        }
        let zone = Schedule::parse("@daily", "Berlin").unwrap_err().to_string();
        assert!(zone.contains("`Berlin` is not an IANA time zone"), "{zone}");
    }
}
