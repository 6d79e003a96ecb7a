//! The governing principles as figures. A figure of nothing is said to be one, and what could not be evaluated stands beside each.

use super::share;
use evidenced_schemas::figure::{Figure, Kind};
use evidenced_schemas::report::{PrincipleSection, Report};
use evidenced_schemas::{Instant, Severity};
use maud::{Markup, html};

/// Things of a figure that the page lists. The JSON and CSV forms have them all.
const SHOWN: usize = 50;

pub(super) fn section(report: &Report) -> Markup {
    html! {
        p {
            "Each figure is a count of how many; what could not be evaluated is in neither. Where there is no population, the figure says "
            "nothing. Which controls feed it is said by the catalogue."
        }
        @for principle in &report.principles { (of_principle(principle)) }
        (trend(report))
    }
}

fn of_principle(principle: &PrincipleSection) -> Markup {
    html! {
        h3 { (principle.title) }
        table {
            thead { tr {
                th scope="col" { "figure" } th scope="col" { "of" } th.number scope="col" { "count" } th.number scope="col" { "of how many" }
                th.number scope="col" { "share" } th.number scope="col" { "not evaluated" } th scope="col" { "what it counts" }
            } }
            tbody { @for figure in &principle.measures { tr {
                th scope="row" { (name(figure.figure)) }
                td { (of(figure)) }
                @if figure.denominator == 0 {
                    td.number colspan="3" { "no population" }
                } @else {
                    td.number { (figure.numerator) } td.number { (figure.denominator) }
                    td.number { (share(figure.numerator, figure.denominator)) }
                }
                td.number { (figure.not_evaluated) }
                td { (figure.about) }
            } } }
        }
        @for figure in principle.measures.iter().filter(|figure| is_listed(figure)) { (items(figure)) }
    }
}

/// Layers and open failures are listed elsewhere on the page, by control.
fn is_listed(figure: &Figure) -> bool {
    !figure.items.is_empty() && !matches!(figure.figure, Kind::LayerHolds | Kind::Fixed)
}

fn items(figure: &Figure) -> Markup {
    html! {
        details {
            summary { (name(figure.figure)) " " (of(figure)) ": " (figure.items.len()) " listed" }
            ul { @for item in figure.items.iter().take(SHOWN) { li {
                code {
                    @match &item.resource {
                        Some(resource) => { (resource.id) " (" (resource.type_) ", " (resource.region) ")" },
                        None => { (item.stream) },
                    }
                }
                " " span.faint { (item.controls.join(", ")) }
            } } }
            @if figure.items.len() > SHOWN { p { "and " (figure.items.len() - SHOWN) " more in the JSON and CSV forms" } }
        }
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::StandingAdministrators => "standing administrators",
        Kind::EscalationPaths => "escalation paths",
        Kind::UnusedGrants => "unused grants",
        Kind::ExternalGrants => "public or unregistered external grants",
        Kind::LayerHolds => "layer holds",
        Kind::SingleLayer => "rests on a single layer",
        Kind::PreventiveDefaults => "preventive defaults set",
        Kind::BirthState => "began without a failure",
        Kind::LogCoverage => "log coverage",
        Kind::LogDurability => "log durability",
        Kind::Attributability => "attributability",
        Kind::Fixed => "failures fixed",
        Kind::Recurrence => "failed again after a fix",
        Kind::ExceptionsExpired => "exceptions past expiry",
        Kind::NotEvaluated => "not evaluated at the end",
    }
}

fn of(figure: &Figure) -> String {
    let cloud = figure.cloud.map(evidenced_schemas::Cloud::as_str);
    let layer = figure.layer.map(evidenced_schemas::control::Layer::as_str);
    let severity = figure.severity.map(Severity::as_str);
    [cloud, layer, severity].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn time(instant: Instant) -> String {
    instant.utc().format("%Y-%m-%d %H:%M").to_string()
}

/// The first and the last run of each stream. Each run between stands in the JSON and CSV forms.
fn trend(report: &Report) -> Markup {
    html! {
        h3 { "Open failures, first and last run" }
        table {
            thead { tr {
                th scope="col" { "stream" } th scope="col" { "run" }
                @for severity in Severity::ALL { th.number scope="col" { (severity.as_str()) } }
                th.number scope="col" { "evaluated" } th.number scope="col" { "not evaluated" } th.number scope="col" { "gaps" }
            } }
            tbody { @for stream in &report.streams {
                @let own: Vec<_> = report.trend.iter().filter(|point| point.stream == stream.stream).collect();
                @let ends = [own.first(), own.last().filter(|_| own.len() > 1)];
                @for point in ends.into_iter().flatten() { tr {
                    th scope="row" { code { (point.stream) } } td { (time(point.as_of)) }
                    @for count in point.fail.values() { td.number { (count) } }
                    td.number { (point.evaluated) } td.number { (point.not_evaluated) } td.number { (point.gaps) }
                } }
            } }
        }
    }
}
