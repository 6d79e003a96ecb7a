//! OpenMetrics text as Prometheus's older text format, 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>): what a scraper gets that does not ask for
//! OpenMetrics, `curl` and `promtool check metrics` among them.
//!
//! The samples are the same, line by line. What differs is what they are called above: a counter there has its `_total`, an info
//! is a gauge, and units and the end are not marked.

use std::fmt::Write as _;

/// The content type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The same figures in the older format.
pub(super) fn from_open_metrics(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut help = None;
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("# HELP ") {
            help = said.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|said| said.split_once(' ')) {
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                other => ("", other),
            };
            if let Some((_, said)) = help.take().filter(|(of, _)| *of == name) {
                let _ = writeln!(plain, "# HELP {name}{suffix} {said}");
            }
            let _ = writeln!(plain, "# TYPE {name}{suffix} {kind}");
        } else if !line.starts_with('#') {
            plain.push_str(line);
            plain.push('\n');
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_are_those_of_the_older_format_and_samples_stay() {
        let open = "# HELP e_runs Runs.\n# TYPE e_runs counter\ne_runs_total{job=\"a\"} 1\n# HELP e_build What.\n# TYPE e_build info\n\
                    e_build_info{version=\"1\"} 1\n# HELP e_age_seconds Age.\n# TYPE e_age_seconds gauge\n# UNIT e_age_seconds seconds\n\
                    e_age_seconds 1.5\n# EOF\n";
        let plain = "# HELP e_runs_total Runs.\n# TYPE e_runs_total counter\ne_runs_total{job=\"a\"} 1\n# HELP e_build_info What.\n\
                     # TYPE e_build_info gauge\ne_build_info{version=\"1\"} 1\n# HELP e_age_seconds Age.\n\
                     # TYPE e_age_seconds gauge\ne_age_seconds 1.5\n";
        assert_eq!(from_open_metrics(open), plain);
    }
}
