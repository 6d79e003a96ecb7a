//! The endpoints and their parameters. What is refused and what `/openapi.json` says come from here, so that they cannot differ.

use evidenced_schemas::criteria::{CRITERIA, Category, Principle};
use evidenced_schemas::report::State;
use evidenced_schemas::{Cloud, Severity, Verdict};
use serde::Serialize;

/// A path that answers GET and HEAD with JSON.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) path: &'static str,
    pub(super) about: &'static str,
    pub(super) parameters: &'static [Parameter],
    /// Parts of the path: name, what it is, and its pattern.
    pub(super) parts: &'static [(&'static str, &'static str, &'static str)],
    /// The body's type in [`evidenced_schemas::schema::components`].
    pub(super) body: &'static str,
    /// Statuses besides 200, 304, 400, 401, 405 and 503.
    pub(super) also: &'static [u16],
}

/// A parameter of the query.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: Kind,
    pub(super) takes: Takes,
}

/// How often a parameter stands in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// At most once.
    One,
    /// Once.
    Needed,
    /// Any number of times: one of the values must hold.
    Many,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A text of 1 to 2,048 characters.
    Text,
    /// One of these words.
    Word(fn() -> Vec<String>),
    /// A whole number from the first up to the second.
    Number(u32, u32),
    /// An instant, RFC 3339.
    Instant,
    /// `true` or `false`.
    Flag,
}

/// The word that a value has in documents.
pub(super) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("an enumeration is written as a word, not as {other:?}"),
    }
}

fn words<T: Serialize>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(word).collect()
}

fn clouds() -> Vec<String> {
    words([Cloud::Aws, Cloud::Azure, Cloud::Gcp, Cloud::Org])
}

fn criteria() -> Vec<String> {
    CRITERIA.iter().map(|entry| entry.id.to_owned()).collect()
}

fn principles() -> Vec<String> {
    words(Principle::ALL)
}

fn categories() -> Vec<String> {
    words(Category::ALL)
}

fn severities() -> Vec<String> {
    words([Severity::Critical, Severity::High, Severity::Medium, Severity::Low])
}

fn verdicts() -> Vec<String> {
    words(Verdict::ALL)
}

fn states() -> Vec<String> {
    words(State::ALL)
}

const fn many(name: &'static str, about: &'static str, kind: Kind) -> Parameter {
    Parameter { name, about, kind, takes: Takes::Many }
}

const fn one(name: &'static str, about: &'static str, kind: Kind) -> Parameter {
    Parameter { name, about, kind, takes: Takes::One }
}

const STREAM: Parameter = many("stream", "Of this stream, `job/cloud/scope`.", Kind::Text);
const CLOUD: Parameter = many("cloud", "Of this cloud.", Kind::Word(clouds));
const CONTROL: Parameter = many("control", "Of this control.", Kind::Text);
const CRITERION: Parameter =
    many("criterion", "Of controls whose primary or supporting criterion it is.", Kind::Word(criteria));
const PRINCIPLE: Parameter = many("principle", "Of controls that serve this principle.", Kind::Word(principles));
const CATEGORY: Parameter = many("category", "Of controls that count under this category.", Kind::Word(categories));
const SEVERITY: Parameter = many("severity", "Of controls of this severity.", Kind::Word(severities));
const LIMIT: Parameter = one("limit", "How many on a page; 100 when it is not given.", Kind::Number(1, 1000));
const CURSOR: Parameter =
    one("cursor", "The `next` of the page before. It holds for the same evidence and the same filters.", Kind::Text);

const RUN: (&str, &str, &str) = ("run", "The run's id.", r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$");
const NUMBER: &str = r"^[1-9][0-9]{0,9}$";

/// `/v1/summary`
pub(super) const SUMMARY: Endpoint = Endpoint {
    path: "/v1/summary",
    about: "How things stand: the newest verdicts by principle, category, criterion and severity, in each stream and in total; how old \
            they are, what is missing, and what is wrong.",
    parameters: &[STREAM],
    parts: &[],
    body: "Overview",
    also: &[],
};

/// `/v1/findings`
pub(super) const FINDINGS: Endpoint = Endpoint {
    path: "/v1/findings",
    about: "The verdicts that stand: those of the newest run of each stream that gives evidence. The most severe first.",
    parameters: &[
        STREAM,
        CLOUD,
        many("scope", "Of this account, subscription or project.", Kind::Text),
        many("job", "Of this job.", Kind::Text),
        CONTROL,
        CRITERION,
        PRINCIPLE,
        CATEGORY,
        SEVERITY,
        many("verdict", "With this verdict.", Kind::Word(verdicts)),
        many("resource_type", "On resources of this type.", Kind::Text),
        many("region", "On resources of this region.", Kind::Text),
        one("resource", "On resources with this in their identifier, in capitals or not.", Kind::Text),
        one("excepted", "Only those that an approved exception covers, or only the others.", Kind::Flag),
        LIMIT,
        CURSOR,
    ],
    parts: &[],
    body: "FindingsPage",
    also: &[410],
};

/// `/v1/findings/{run}/{line}`
pub(super) const FINDING: Endpoint = Endpoint {
    path: "/v1/findings/{run}/{line}",
    about: "A verdict of a run with the control, the document that was judged, the exchanges it was built from, and the signed statement. \
            The files are fetched now and held against their digests.",
    parameters: &[],
    parts: &[RUN, ("line", "Its line in the run's findings, from 1.", NUMBER)],
    body: "FindingEvidence",
    also: &[404, 409],
};

/// `/v1/exchanges/{run}/{seq}`
pub(super) const EXCHANGE: Endpoint = Endpoint {
    path: "/v1/exchanges/{run}/{seq}",
    about: "A raw exchange with the provider, as the bundle keeps it. The file is fetched now and held against its digest.",
    parameters: &[],
    parts: &[RUN, ("seq", "Its number in the run, from 1.", NUMBER)],
    body: "ExchangeWhole",
    also: &[404, 409],
};

/// `/v1/controls`
pub(super) const CONTROLS: Endpoint = Endpoint {
    path: "/v1/controls",
    about: "The controls, and what each is now over all streams.",
    parameters: &[
        CLOUD,
        CONTROL,
        CRITERION,
        PRINCIPLE,
        CATEGORY,
        SEVERITY,
        many("state", "Which are this now, in some stream.", Kind::Word(states)),
        one("text", "With this in their id or title, in capitals or not.", Kind::Text),
    ],
    parts: &[],
    body: "ControlsList",
    also: &[],
};

/// `/v1/controls/{control}`
pub(super) const CONTROL_ONE: Endpoint = Endpoint {
    path: "/v1/controls/{control}",
    about: "A control as it was evaluated, and what it is in each stream.",
    parameters: &[],
    parts: &[("control", "The control's id.", r"^[a-z0-9.-]{1,200}$")],
    body: "ControlNow",
    also: &[404],
};

/// `/v1/bundles`
pub(super) const BUNDLES: Endpoint = Endpoint {
    path: "/v1/bundles",
    about: "The runs, with their statements, and whether each bundle is what was signed.",
    parameters: &[
        STREAM,
        CLOUD,
        one("whole", "Only those whose bundle is what was signed, or only the others.", Kind::Flag),
        LIMIT,
        CURSOR,
    ],
    parts: &[],
    body: "BundlesPage",
    also: &[410],
};

/// `/v1/timeline`
pub(super) const TIMELINE: Endpoint = Endpoint {
    path: "/v1/timeline",
    about: "What a control was from when to when, in each stream, and when nobody can say.",
    parameters: &[
        Parameter { name: "control", about: "The control.", kind: Kind::Text, takes: Takes::Needed },
        STREAM,
        one("from", "From this instant; when not given, all that was read.", Kind::Instant),
        one("to", "Up to this instant.", Kind::Instant),
    ],
    parts: &[],
    body: "Timeline",
    also: &[404],
};

/// `/v1/trend`
pub(super) const TREND: Endpoint = Endpoint {
    path: "/v1/trend",
    about: "Verdicts over time: at each instant, of the run that each stream had last, and how many streams had no evidence then.",
    parameters: &[STREAM, CLOUD],
    parts: &[],
    body: "Trend",
    also: &[],
};

/// `/v1/coverage`
pub(super) const COVERAGE: Endpoint = Endpoint {
    path: "/v1/coverage",
    about: "All 61 criteria and five principles, each with how far collected evidence goes, the controls behind it, and what an auditor \
            needs besides. Nothing is left out.",
    parameters: &[],
    parts: &[],
    body: "CoverageNow",
    also: &[],
};

/// All of them.
pub(super) const ALL: [&Endpoint; 10] =
    [&SUMMARY, &FINDINGS, &FINDING, &EXCHANGE, &CONTROLS, &CONTROL_ONE, &BUNDLES, &TIMELINE, &TREND, &COVERAGE];
