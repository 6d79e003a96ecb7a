//! Why a fact is unknown: the gap that stands in a document, or the list that was cut short.

use super::Fact;
use crate::aws::s3::known::Known;
use evidenced_schemas::{Gap, GapReason, Population, Resource};
use serde_json::Value;

/// The gap of a population that was not read to its end; none when it was. A type without any row was not read at all.
pub(super) fn lists_cut_short(populations: &[Population], type_: &str, operation: &str) -> Option<Gap> {
    cut_short(populations.iter().filter(|row| row.type_ == type_), operation)
}

/// The same of the population of one region.
pub(super) fn lists_cut_short_in(
    populations: &[Population],
    type_: &str,
    region: &str,
    operation: &str,
) -> Option<Gap> {
    cut_short(populations.iter().filter(|row| row.type_ == type_ && row.region == region), operation)
}

fn cut_short<'a>(rows: impl Iterator<Item = &'a Population>, operation: &str) -> Option<Gap> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Some(gap(operation, GapReason::Unavailable, "not read"));
    }
    rows.filter(|row| !row.complete).min_by_key(|row| row.sort_key()).map(|row| {
        let reason = row.reason.as_deref().unwrap_or_default();
        from_sentence(reason).unwrap_or_else(|| gap(operation, GapReason::Unavailable, "list cut short"))
    })
}

/// Reads what `CollectError::sentence` writes: `s3:ListBuckets denied (AccessDenied)`.
fn from_sentence(sentence: &str) -> Option<Gap> {
    let (operation, rest) = sentence.split_once(' ')?;
    let (word, code) = rest.split_once(" (")?;
    let reason = serde_json::from_value(Value::String(word.to_owned())).ok()?;
    operation.contains(':').then(|| gap(operation, reason, code.strip_suffix(')').unwrap_or(code)))
}

/// A gap whose field is filled in where it is noted.
pub(super) fn gap(operation: &str, reason: GapReason, code: &str) -> Gap {
    Gap { field: String::new(), operation: operation.to_owned(), reason, code: code.to_owned() }
}

/// Why `path` is missing from a document: its own gap, or that of something above or below it.
pub(super) fn missing(document: &Resource, path: &str) -> Gap {
    let under = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    document
        .gaps
        .iter()
        .find(|gap| gap.field == path)
        .or_else(|| document.gaps.iter().find(|gap| under(path, &gap.field) || under(&gap.field, path)))
        .cloned()
        .unwrap_or_else(|| gap(listing(&document.type_), GapReason::Malformed, "-"))
}

/// The call that lists documents of a type: it answered without what it must say, where no gap says otherwise.
fn listing(type_: &str) -> &'static str {
    match type_ {
        super::TRAIL => "cloudtrail:DescribeTrails",
        super::BUCKET => "s3:ListBuckets",
        super::network::GROUP => "ec2:DescribeSecurityGroups",
        super::network::INSTANCE => "ec2:DescribeInstances",
        "aws.ssm.instance-patch-state" => "ssm:DescribeInstanceInformation",
        super::backup::ACCOUNT => "backup:ListProtectedResources",
        super::alerts::ALARM => "cloudwatch:DescribeAlarms",
        super::alerts::COVERAGE => "logs:DescribeMetricFilters",
        _ => "ec2",
    }
}

/// The value at a path (`config.status.is_logging`); none where a key on the way is missing.
pub(super) fn at<'a>(document: &'a Resource, path: &str) -> Option<&'a Value> {
    let mut keys = path.split('.');
    let mut value = match keys.next() {
        Some("config") => document.config.get(keys.next()?)?,
        Some("derived") => document.derived.get(keys.next()?)?,
        _ => return None,
    };
    for key in keys {
        value = value.get(key)?;
    }
    Some(value)
}

/// What a test says of the value at a path, or why there is no value.
pub(super) fn fact(document: &Resource, path: &str, test: impl Fn(&Value) -> Option<bool>) -> Fact {
    Known::of(at(document, path).and_then(test), missing(document, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_of_a_population_reads_back_as_a_gap() {
        let read = from_sentence("cloudtrail:DescribeTrails denied (AccessDeniedException)").unwrap();
        assert_eq!(read, gap("cloudtrail:DescribeTrails", GapReason::Denied, "AccessDeniedException"));
        assert_eq!(from_sentence("region eu-south-2 is not enabled"), None);
        assert_eq!(from_sentence(""), None);
    }

    #[test]
    fn a_type_that_was_never_read_is_not_an_empty_one() {
        let cut = lists_cut_short(&[], "aws.cloudtrail.trail", "cloudtrail:DescribeTrails");
        assert_eq!(cut, Some(gap("cloudtrail:DescribeTrails", GapReason::Unavailable, "not read")));
    }
}
