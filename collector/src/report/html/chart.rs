//! Bars as SVG.

use chrono::{DateTime, Utc};
use evidenced_schemas::report::{Interval, State};
use evidenced_schemas::summary::Counts;
use maud::{Markup, html};

/// The width of a bar, in its own units.
const WIDTH: i64 = 1000;

/// The pattern of time without evidence, once a page.
pub(super) fn hatch() -> Markup {
    html! {
        svg.pattern aria-hidden="true" {
            defs {
                pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.hatch-ground width="6" height="6" {}
                    line.hatch-line x1="0" y1="0" x2="0" y2="6" {}
                }
            }
        }
    }
}

/// What the colours mean.
pub(super) fn legend() -> Markup {
    html! {
        p.legend {
            @for state in State::ALL {
                span {
                    svg viewBox="0 0 10 10" aria-hidden="true" { rect class=(state.as_str()) width="10" height="10" {} }
                    (words(state))
                }
            }
        }
    }
}

/// A state as people say it.
pub(super) fn words(state: State) -> String {
    state.as_str().replace('_', " ")
}

/// A period in its states.
pub(super) fn timeline(intervals: &[Interval], from: DateTime<Utc>, to: DateTime<Utc>) -> Markup {
    let whole = (to - from).num_milliseconds().max(1);
    let x = |instant: DateTime<Utc>| {
        let part = i128::from((instant - from).num_milliseconds().clamp(0, whole)) * i128::from(WIDTH) * 100;
        hundredths(i64::try_from(part / i128::from(whole)).unwrap_or_default())
    };
    let said: Vec<String> = intervals.iter().take(6).map(said).collect();
    let more = intervals.len().saturating_sub(said.len());
    let label = if more > 0 { format!("{}; and {more} more", said.join("; ")) } else { said.join("; ") };
    html! {
        svg.bar viewBox={ "0 0 " (WIDTH) " 16" } preserveAspectRatio="none" role="img" aria-label=(label) {
            @for interval in intervals {
                @let (from, to) = (x(interval.from.utc()), x(interval.to.utc()));
                path class=(interval.state.as_str()) d={ "M" (from) " 0H" (to) "V16H" (from) "Z" } {
                    title { (self::said(interval)) }
                }
            }
        }
    }
}

fn said(interval: &Interval) -> String {
    let time = |instant: evidenced_schemas::Instant| instant.utc().format("%Y-%m-%d %H:%M").to_string();
    let why = interval.why.map(|why| format!(" ({})", why.as_str())).unwrap_or_default();
    format!("{}{why} from {} to {}", words(interval.state), time(interval.from), time(interval.to))
}

/// Verdicts as a bar, in the order fail, not evaluated, pass, not applicable.
pub(super) fn verdicts(counts: Counts) -> Markup {
    let parts = [
        (State::Fail, counts.fail),
        (State::NotEvaluated, counts.not_evaluated),
        (State::Pass, counts.pass),
        (State::NotApplicable, counts.not_applicable),
    ];
    let total = counts.total().max(1);
    let mut at = 0u64;
    let mut bars = Vec::new();
    for (state, count) in parts {
        let x =
            |count: u64| hundredths(i64::try_from(u128::from(count) * 100_000 / u128::from(total)).unwrap_or_default());
        if count > 0 {
            bars.push((state, count, x(at), x(at + count)));
        }
        at += count;
    }
    let label = parts.map(|(state, count)| format!("{count} {}", words(state))).join(", ");
    html! {
        svg.bar viewBox={ "0 0 " (WIDTH) " 16" } preserveAspectRatio="none" role="img" aria-label=(label) {
            @for (state, count, from, to) in bars {
                path class=(state.as_str()) d={ "M" (from) " 0H" (to) "V16H" (from) "Z" } {
                    title { (count) " " (words(state)) }
                }
            }
        }
    }
}

/// A number of hundredths with its point: whole numbers alone, so that every machine writes the same.
fn hundredths(number: i64) -> String {
    if number % 100 == 0 { (number / 100).to_string() } else { format!("{}.{:02}", number / 100, number % 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_written_without_rounding_of_the_machine() {
        assert_eq!(
            [hundredths(0), hundredths(12_345), hundredths(100_000), hundredths(7)],
            ["0", "123.45", "1000", "0.07"]
        );
    }
}
