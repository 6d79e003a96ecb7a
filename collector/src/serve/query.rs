//! The query of a request, held against the endpoint's parameters; and cursors.

use super::refusal::Refuse;
use super::table::{Endpoint, Kind, Parameter, Takes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use evidenced_schemas::Digest;
use std::collections::BTreeMap;

/// Entries on a page where the asker does not say.
const PAGE: usize = 100;
/// The longest value, in characters.
const LONGEST: usize = 2048;

/// Values that are known to be of their kind.
#[derive(Debug, Default)]
pub(super) struct Query {
    given: BTreeMap<&'static str, Vec<String>>,
}

impl Query {
    /// Reads the part of the address after `?`.
    pub(super) fn read(raw: Option<&str>, endpoint: &Endpoint) -> Result<Self, Refuse> {
        let mut query = Self::default();
        for (name, value) in url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
            let known = endpoint.parameters.iter().find(|parameter| parameter.name == name);
            let Some(parameter) = known else { return Err(unknown(&name, endpoint)) };
            check(parameter, &value)?;
            let values = query.given.entry(parameter.name).or_default();
            if parameter.takes != Takes::Many && !values.is_empty() {
                return Err(Refuse::parameter(&name, format!("`{name}` is given twice: give it once")));
            }
            values.push(value.into_owned());
        }
        let missing =
            endpoint.parameters.iter().find(|one| one.takes == Takes::Needed && !query.given.contains_key(one.name));
        match missing {
            Some(Parameter { name, about, .. }) => {
                Err(Refuse::parameter(name, format!("`{name}` is needed: {}", about.to_lowercase())))
            }
            None => Ok(query),
        }
    }

    /// Every value of a parameter.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.given.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The value of a parameter that stands once.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    /// True where the parameter is not given, or one of its values holds.
    pub(super) fn lets(&self, name: &str, holds: impl Fn(&str) -> bool) -> bool {
        let values = self.all(name);
        values.is_empty() || values.iter().any(|value| holds(value))
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.one(name).map(|value| value == "true")
    }

    pub(super) fn instant(&self, name: &str) -> Option<DateTime<Utc>> {
        self.one(name).and_then(instant)
    }

    /// The part of a list that is asked for, and the cursor of the next one.
    pub(super) fn page(
        &self,
        snapshot: &str,
        total: usize,
    ) -> Result<(std::ops::Range<usize>, Option<String>), Refuse> {
        let limit = self.one("limit").and_then(|limit| limit.parse().ok()).unwrap_or(PAGE);
        let first = match self.one("cursor") {
            Some(cursor) => self.first_of(cursor, snapshot)?,
            None => 0,
        };
        if first > total {
            return Err(Refuse::parameter(
                "cursor",
                "this cursor leads beyond the end: take it from `next`".to_owned(),
            ));
        }
        let end = first.saturating_add(limit).min(total);
        Ok((first..end, (end < total).then(|| self.cursor(snapshot, end))))
    }

    fn cursor(&self, snapshot: &str, first: usize) -> String {
        URL_SAFE_NO_PAD.encode(format!("{snapshot} {} {first}", self.filters()))
    }

    fn first_of(&self, cursor: &str, snapshot: &str) -> Result<usize, Refuse> {
        let wrong = |what: &str| Refuse::parameter("cursor", what.to_owned());
        let read = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let read = read.ok_or_else(|| wrong("this is no cursor: take it from `next`"))?;
        let parts: Vec<&str> = read.split(' ').collect();
        let [of, filters, first] = parts[..] else { return Err(wrong("this is no cursor: take it from `next`")) };
        let first = first.parse().map_err(|_| wrong("this is no cursor: take it from `next`"))?;
        if of != snapshot {
            return Err(Refuse::gone("the cursor is of other evidence than there is now: begin again without it"));
        }
        if filters != self.filters() {
            return Err(wrong("the cursor belongs to other filters: give the same ones, or begin again without it"));
        }
        Ok(first)
    }

    /// What tells these filters from others, whatever their order.
    fn filters(&self) -> String {
        let own = self.given.iter().filter(|(name, _)| !["cursor", "limit"].contains(name));
        let sorted: BTreeMap<_, _> = own
            .map(|(name, values)| {
                (*name, {
                    let mut all = values.clone();
                    all.sort();
                    all
                })
            })
            .collect();
        Digest::of(format!("{sorted:?}").as_bytes()).as_str()[..16].to_owned()
    }
}

fn unknown(name: &str, endpoint: &Endpoint) -> Refuse {
    let known: Vec<&str> = endpoint.parameters.iter().map(|parameter| parameter.name).collect();
    let what =
        if known.is_empty() { "there are none here".to_owned() } else { format!("there is {}", known.join(", ")) };
    Refuse::parameter(name, format!("`{name}` is no parameter of {}: {what}", endpoint.path))
}

fn check(parameter: &Parameter, value: &str) -> Result<(), Refuse> {
    let name = parameter.name;
    let wrong = |what: String| Err(Refuse::parameter(name, what));
    match parameter.kind {
        Kind::Text if value.is_empty() || value.chars().count() > LONGEST => {
            wrong(format!("`{name}` has {} characters: give 1 to {LONGEST}", value.chars().count()))
        }
        Kind::Word(words) if !words().iter().any(|word| word == value) => {
            wrong(format!("`{name}` is `{value}`: there is {}", words().join(", ")))
        }
        Kind::Number(least, most) if !is_number(value, least, most) => {
            wrong(format!("`{name}` is `{value}`: give a whole number from {least} to {most}"))
        }
        Kind::Instant if instant(value).is_none() => {
            wrong(format!("`{name}` is `{value}`: give an instant, 2026-03-31T12:00:00Z (a `+` is written %2B)"))
        }
        Kind::Flag if value != "true" && value != "false" => {
            wrong(format!("`{name}` is `{value}`: give true or false"))
        }
        _ => Ok(()),
    }
}

fn is_number(value: &str, least: u32, most: u32) -> bool {
    let is_plain = !value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit());
    is_plain && value.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
}

fn instant(value: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value).ok().map(|instant| instant.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::super::table::{FINDINGS, SUMMARY, TIMELINE};
    use super::*;
    use axum::response::Response;

    fn refused(raw: &str, endpoint: &Endpoint) -> Response {
        Query::read(Some(raw), endpoint).unwrap_err().into_response()
    }

    #[test]
    fn what_is_not_known_or_cannot_be_is_refused() {
        for wrong in [
            "verdit=fail",
            "verdict=failed",
            "verdict=",
            "verdict=FAIL",
            "limit=0",
            "limit=1001",
            "limit=01",
            "limit=ten",
            "limit=1&limit=2",
            "excepted=yes",
            "resource=",
            "resource=a&resource=b",
            "criterion=CC6.99",
            "principle=Accountability",
            "=",
            "cursor=",
        ] {
            assert_eq!(refused(wrong, &FINDINGS).status(), 400, "{wrong}");
        }
        assert_eq!(refused("", &TIMELINE).status(), 400, "a control is needed");
        for wrong in ["from=today", "from=2026-03-01", "from=2026-03-01T00:00:00+01:00"] {
            assert_eq!(refused(&format!("control=a&{wrong}"), &TIMELINE).status(), 400, "{wrong}: a plus is a space");
        }
        assert_eq!(refused("limit=1", &SUMMARY).status(), 400);
    }

    #[test]
    fn what_is_given_is_kept() {
        let query =
            Query::read(Some("verdict=fail&verdict=not_evaluated&resource=a%20b&excepted=false"), &FINDINGS).unwrap();
        assert_eq!(query.all("verdict"), ["fail", "not_evaluated"]);
        assert_eq!((query.one("resource"), query.flag("excepted")), (Some("a b"), Some(false)));
        assert!(query.lets("verdict", |value| value == "fail") && !query.lets("verdict", |value| value == "pass"));
        assert!(query.lets("region", |_| false), "what is not given lets everything through");
    }

    #[test]
    fn cursors_lead_through_everything_once() {
        let (mut seen, mut raw) = (Vec::new(), "verdict=fail&region=b&region=a&limit=3".to_owned());
        for _ in 0..9 {
            let query = Query::read(Some(&raw), &FINDINGS).unwrap();
            let (range, next) = query.page("snapshot", 10).unwrap();
            seen.extend(range);
            let Some(next) = next else { break };
            // The order of filters and the size of a page may change on the way.
            raw = format!("region=a&verdict=fail&region=b&limit=4&cursor={next}");
        }
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_cursor_is_bound_to_its_evidence_and_its_filters() {
        let (_, next) = Query::read(Some("verdict=fail&limit=1"), &FINDINGS).unwrap().page("one", 2).unwrap();
        let next = next.unwrap();
        let page = |raw: String, snapshot: &str, total| {
            let found = Query::read(Some(&raw), &FINDINGS).unwrap().page(snapshot, total);
            found.map_err(|refused| refused.into_response().status().as_u16())
        };
        assert!(page(format!("verdict=fail&cursor={next}"), "one", 2).is_ok());
        assert_eq!(page(format!("verdict=fail&cursor={next}"), "two", 2), Err(410));
        assert_eq!(page(format!("verdict=pass&cursor={next}"), "one", 2), Err(400));
        assert_eq!(page(format!("verdict=fail&cursor={next}"), "one", 0), Err(400));
        assert_eq!(page("cursor=nonsense".to_owned(), "one", 2), Err(400));
    }

    #[test]
    fn an_empty_list_has_one_empty_page() {
        assert_eq!(Query::default().page("one", 0).map_err(|_| ()), Ok((0..0, None)));
    }
}
