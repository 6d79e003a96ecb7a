//! `index.html` of a package: what is where, and what is not there. No script, no outside request.

use super::{Selected, worksheet};
use crate::report::html::page;
use evidenced_schemas::Report;
use evidenced_schemas::manifest::{Manifest, Omission, Selection};
use maud::{Markup, html};

/// The page.
pub(super) fn html(manifest: &Manifest, report: &Report, selected: &Selected) -> String {
    let title = format!("Evidence package {} to {}", manifest.from, manifest.to);
    let body = html! {
        header {
            h1 { "Evidence package" }
            p.period { (manifest.from) " to " (manifest.to) }
            @if let Some(cut) = manifest.cut_at {
                p.warning { "The period had not ended: nothing is known of what comes after " (cut) "." }
            }
            p { "From the store " code { (manifest.store) } ". " (selection(&manifest.selection)) }
        }
        main {
            (places())
            (streams(manifest))
            (criteria(report, selected))
            (omissions(manifest))
        }
    };
    page(&title, &body)
}

fn selection(selection: &Selection) -> String {
    let Selection { criteria, principles, streams, controls } = selection;
    let criteria: Vec<&str> = criteria.iter().map(evidenced_schemas::criteria::Criterion::id).collect();
    let principles: Vec<&str> = principles.iter().map(|principle| principle.title()).collect();
    let all = [criteria.join(", "), principles.join(", "), streams.join(", ")];
    let said: Vec<&str> = all.iter().filter(|text| !text.is_empty()).map(String::as_str).collect();
    if said.is_empty() {
        return format!("Everything of the period: {} controls.", controls.len());
    }
    format!(
        "Selected: {}: {} controls. Bundles are signed as whole files: each in here holds what else its run judged too, and the report is that of \
         the whole period.",
        said.join("; "),
        controls.len()
    )
}

fn places() -> Markup {
    let rows = [
        (
            "HOW-TO-VERIFY.md",
            "How to verify all of this with openssl, sha256sum, zstd and jq, and with evidenced. Read it first.",
        ),
        (
            "report/report.html",
            "The report of the period: from when to when each control passed, failed, could not be evaluated, and when nobody can say. Also as report.xlsx and report.json.",
        ),
        (
            "worksheets/worksheets.xlsx",
            "A worksheet for each criterion, with a column for conclusions. Also as CSV, below.",
        ),
        ("manifest.json", "Every file with its digest, and everything that is not here."),
    ];
    html! {
        section {
            h2 { "What is where" }
            table { tbody {
                @for (path, what) in rows { tr { th scope="row" { a href=(path) { (path) } } td { (what) } } }
                tr { th scope="row" { code { "ledger/" } } td { "The signed statements of each stream, from the first on, with their time stamps." } }
                tr { th scope="row" { code { "bundles/" } } td { "The bundles that bear on the period: raw answers, documents, populations, controls, verdicts." } }
            } }
            p { "The public key is not in this package: a key that lies beside what it signed proves nothing. Have it from somebody you trust." }
        }
    }
}

fn streams(manifest: &Manifest) -> Markup {
    html! {
        section {
            h2 { "Streams" }
            table {
                thead { tr {
                    th scope="col" { "stream" } th.number scope="col" { "statements" } th.number scope="col" { "bundles" }
                    th.number scope="col" { "damaged" } th scope="col" { "first" } th scope="col" { "last" }
                } }
                tbody { @for stream in &manifest.streams { tr {
                    th scope="row" { code { (stream.stream) } }
                    td.number { (stream.statements) }
                    td.number { (stream.bundles.len()) }
                    td.number { (stream.bundles.iter().filter(|bundle| !bundle.whole).count()) }
                    td { @if let Some(bundle) = stream.bundles.first() { (bundle.as_of) } }
                    td { @if let Some(bundle) = stream.bundles.last() { (bundle.as_of) } }
                } } }
            }
        }
    }
}

fn criteria(report: &Report, selected: &Selected) -> Markup {
    html! {
        section {
            h2 { "Worksheets" }
            table {
                thead { tr {
                    th scope="col" { "criterion" } th scope="col" { "subject" } th.number scope="col" { "controls" }
                    th scope="col" { "needed besides" }
                } }
                tbody { @for section in selected.criteria(report) { tr {
                    th scope="row" { a href=(worksheet::path(section.criterion.id())) { (section.criterion.id()) } }
                    td { (section.subject) }
                    td.number { (section.primary.iter().chain(&section.supporting).filter(|id| selected.has(id)).count()) }
                    td { (section.besides) }
                } } }
            }
        }
    }
}

fn omissions(manifest: &Manifest) -> Markup {
    html! {
        section {
            h2 { "What is not here" }
            @if manifest.omissions.is_empty() {
                p { "Nothing was left out." }
            } @else {
                table {
                    thead { tr {
                        th scope="col" { "kind" } th scope="col" { "of" } th scope="col" { "time" } th.number scope="col" { "count" }
                        th scope="col" { "what" }
                    } }
                    tbody { @for omission in &manifest.omissions { tr {
                        th scope="row" { (word(omission)) }
                        td { (of(omission)) }
                        td {
                            @if let Some(from) = omission.from { (from) }
                            @if let Some(to) = omission.to { " to " (to) }
                        }
                        td.number { @if let Some(count) = omission.count { (count) } }
                        td { (omission.what) }
                    } } }
                }
            }
        }
    }
}

fn word(omission: &Omission) -> String {
    let word = serde_json::to_value(omission.kind).ok().and_then(|value| value.as_str().map(str::to_owned));
    word.unwrap_or_default().replace('_', " ")
}

fn of(omission: &Omission) -> String {
    let criterion = omission.criterion.as_ref().map(|criterion| criterion.id().to_owned());
    let stream = omission.stream.as_ref().map(|stream| match omission.sequence {
        Some(sequence) => format!("{stream} #{sequence}"),
        None => stream.clone(),
    });
    [criterion, stream, omission.file.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
