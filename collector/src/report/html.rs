//! The report as one HTML file: no script, no outside request, readable on paper. Colours never carry meaning alone: each bar has a
//! text, and states that are no evidence are hatched.

mod chart;
mod measures;
mod sections;

use chart::hatch;
use evidenced_schemas::report::{Report, Signed};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("html/style.css");

/// The file's text. The same report gives the same bytes.
pub fn html(report: &Report) -> String {
    let sections = sections::all(report);
    let title = format!("Evidence {} to {}", day(report.from), day(report.to));
    let body = html! {
        (hatch())
        (cover(report, &sections))
        main {
            @for (id, title, section) in &sections {
                section id=(id) aria-labelledby={ (id) "-title" } {
                    h2 id={ (id) "-title" } { (title) }
                    (section)
                }
            }
        }
    };
    page(&title, &body)
}

/// A page with nothing but itself: no script, nothing from outside.
pub(crate) fn page(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    page.into_string()
}

fn day(instant: evidenced_schemas::Instant) -> String {
    instant.utc().format("%Y-%m-%d %H:%M UTC").to_string()
}

fn cover(report: &Report, sections: &[(&str, &str, Markup)]) -> Markup {
    let known: u64 = report.streams.iter().map(|stream| stream.evidence_seconds).sum();
    let unknown: u64 = report.streams.iter().map(|stream| stream.no_evidence_seconds).sum();
    html! {
        header {
            h1 { "Evidence of controls" }
            p.period { (day(report.from)) " to " (day(report.to)) }
            @if let Some(cut) = report.cut_at {
                p.warning { "The period had not ended: nothing is known of what comes after " (day(cut)) "." }
            }
            @if report.runs == 0 {
                p.warning { "There is no evidence in this period: no run was made in it." }
            }
            @if !report.problems.is_empty() {
                p.warning {
                    a href="#problems" { (report.problems.len()) " problems" }
                    ": what they concern is no evidence and stands as such below."
                }
            }
            dl {
                dt { "Store" } dd { code { (report.store) } }
                dt { "Runs" } dd { (report.runs) " in " (report.streams.len()) " streams" }
                dt { "Time with evidence" } dd { (share(known, known + unknown)) }
                dt { "Signatures" }
                dd {
                    @match report.signatures {
                        Signed::Checked => "every statement that counts here is by a given key",
                        Signed::NotChecked => "not checked: no key was given, so who made this evidence is not known",
                    }
                }
            }
            p {
                "A run speaks from its instant until the next run, or until the first scheduled run that did not take place. "
                "Every file of every bundle was held against its digest. To check the evidence itself: "
                code { "evidenced verify" } " and " code { "evidenced reperform" } ", or by hand as docs/format.md says."
            }
            nav aria-label="Sections" {
                @for (id, title, _) in sections { a href={ "#" (id) } { (title) } " " }
            }
        }
    }
}

/// A share in percent, cut and never rounded up: 99.99 % is not all.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "none".to_owned();
    }
    let hundredths = u128::from(part) * 10_000 / u128::from(whole);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        assert_eq!(
            (share(1, 1), share(99_999, 100_000), share(0, 0)),
            ("100.00 %".into(), "99.99 %".into(), "none".into())
        );
    }
}
