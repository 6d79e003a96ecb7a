//! `sample`: a population at an instant, and a repeatable sample of it. It opens stores for reading only.

use super::exit::{CommandError, Exit};
use super::{SampleArgs, output, read, report};
use crate::history::{HistoryOptions, Period};
use crate::report::table::{Cell, Table};
use crate::sample::{Draw, draw};
use crate::store::{self, Access};
use chrono::TimeDelta;
use evidenced_schemas::sample::{Sample, SampledItem, SampledStream};
use evidenced_schemas::{Cloud, Verdict};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// Characters of a rank that a terminal shows.
const RANK: usize = 12;

/// Draws a sample.
///
/// # Errors
/// When there is no such population, the store cannot be read, or the file cannot be written.
pub async fn sample(args: SampleArgs, json: bool) -> Result<Exit, CommandError> {
    let (options, wanted) = (options(&args)?, wanted(&args)?);
    let form = args.out.as_deref().map(Form::of).transpose()?;
    let store = store::open(&args.store, Access::Read).await.map_err(|error| super::workshop::store_error(&error))?;
    let drawn = draw(&*store, &options, &wanted).await.map_err(|error| CommandError::failed(&error))?;
    let sample = &drawn.sample;
    if sample.streams.iter().all(|stream| stream.bundle.is_some() && stream.lists.is_empty()) && !drawn.types.is_empty()
    {
        return Err(no_such(&wanted.population, &drawn.types));
    }
    let document = serde_json::to_string_pretty(sample).map_err(|error| CommandError::failed(&error))? + "\n";
    match (args.out.as_deref(), form) {
        (Some(file), Some(Form::Json)) => output::write_new(file, document.as_bytes(), "sample")?,
        (Some(file), _) => output::write_new(file, &table(sample).csv(), "sample")?,
        _ => {}
    }
    output::print(&if json { document } else { said(sample) })?;
    Ok(ended(sample))
}

/// What could not be told is said on standard error, and in the exit code.
fn ended(sample: &Sample) -> Exit {
    for problem in &sample.problems {
        output::say(&format!("warning: {}: {}: {}", problem.file, problem.kind, problem.what));
    }
    let (at, type_) = (sample.at, &sample.population);
    if sample.streams.iter().all(|stream| stream.bundle.is_none()) {
        output::say(&format!("evidenced: no evidence of {type_} at {at}"));
    } else if !sample.complete {
        output::say(&format!(
            "evidenced: THE POPULATION IS NOT COMPLETE: not every list of {type_} was read to the end, so resources may be missing from \
             it; a sample of it says nothing of those"
        ));
    } else if sample.size > sample.documents {
        output::say(&format!("evidenced: the population has only {}: the sample is all of it", sample.documents));
    }
    match sample {
        Sample { problems, .. } if !problems.is_empty() => Exit::Unverified,
        Sample { complete: false, .. } => Exit::Gaps,
        _ => Exit::Fine,
    }
}

/// The form of `--out`, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
}

impl Form {
    fn of(file: &Path) -> Result<Self, CommandError> {
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            _ => Err(CommandError::usage(format!("--out {}: name a file that ends in .csv or .json", file.display()))),
        }
    }
}

fn options(args: &SampleArgs) -> Result<HistoryOptions, CommandError> {
    let now = crate::collect::now().utc();
    // At or before: the first instant after it is the first that is left out.
    let end = match args.at.as_deref() {
        None => now + TimeDelta::milliseconds(1),
        Some(text) if text.parse::<chrono::NaiveDate>().is_ok() => report::end("--at", text)?,
        Some(text) => report::end("--at", text)? + TimeDelta::milliseconds(1),
    };
    Ok(HistoryOptions {
        period: Period { from: end, to: end },
        keys: read::read_keys("--key", &args.keys)?,
        streams: report::streams(&args.streams)?,
        unscheduled: TimeDelta::zero(),
        now,
    })
}

fn wanted(args: &SampleArgs) -> Result<Draw, CommandError> {
    let population = args.population.clone();
    let cloud = population.split_once('.').and_then(|(cloud, _)| Cloud::from_word(cloud)).ok_or_else(|| {
        CommandError::usage(format!("--population {population}: give a resource type, for example aws.s3.bucket"))
    })?;
    if args.seed.contains(['\n', '\r']) {
        return Err(CommandError::usage("--seed: give one line, so that it can be typed again"));
    }
    let size = usize::try_from(args.size).unwrap_or(usize::MAX);
    Ok(Draw { population, cloud, size, seed: args.seed.clone() })
}

fn no_such(population: &str, types: &BTreeSet<String>) -> CommandError {
    let last = population.rsplit('.').next().unwrap_or_default();
    let near: Vec<&str> = types.iter().map(String::as_str).filter(|type_| type_.contains(last)).collect();
    let all: Vec<&str> = types.iter().map(String::as_str).collect();
    let there = if near.is_empty() { all.join(", ") } else { near.join(", ") };
    CommandError::usage(format!("--population {population}: no bundle has such a population; there is {there}"))
}

fn count(item: &SampledItem, verdict: Verdict) -> usize {
    item.verdicts.iter().filter(|finding| finding.verdict == verdict).count()
}

fn controls(item: &SampledItem, verdict: Verdict) -> String {
    let those = item.verdicts.iter().filter(|finding| finding.verdict == verdict);
    those.map(|finding| finding.control.as_str()).collect::<Vec<_>>().join(" ")
}

/// One row an item, with what an auditor follows and an empty column for what they conclude.
fn table(sample: &Sample) -> Table {
    let header = vec![
        "rank",
        "seed",
        "population",
        "population_documents",
        "population_complete",
        "stream",
        "region",
        "id",
        "name",
        "document_sha256",
        "observed_at",
        "gaps",
        "exchanges",
        "statement",
        "statement_sha256",
        "resources_file",
        "resources_sha256",
        "exchanges_file",
        "exchanges_sha256",
        "findings_file",
        "findings_sha256",
        "pass",
        "fail",
        "not_evaluated",
        "not_applicable",
        "failing_controls",
        "not_evaluated_controls",
        "conclusion",
    ];
    let row = |item: &SampledItem| {
        let text = |text: &str| Cell::Text(text.to_owned());
        let exchanges: Vec<String> = item.exchanges.iter().map(u64::to_string).collect();
        let mut row = vec![
            text(item.rank.as_str()),
            text(&sample.seed),
            text(&sample.population),
            Cell::Number(sample.documents),
            text(&sample.complete.to_string()),
            text(&item.stream),
            text(&item.region),
            text(&item.id),
            text(&item.name),
            text(item.document.as_str()),
            Cell::At(item.observed_at),
            Cell::Number(item.gaps),
            text(&exchanges.join(" ")),
        ];
        let of_stream = sample.streams.iter().find(|stream| stream.stream == item.stream);
        if let Some(bundle) = of_stream.and_then(|stream| stream.bundle.as_ref()) {
            for file in [&bundle.statement, &bundle.resources, &bundle.exchanges, &bundle.findings] {
                row.extend([text(&file.path), text(file.sha256.as_str())]);
            }
        }
        row.resize(header.len() - 7, Cell::Empty);
        row.extend(Verdict::ALL.map(|verdict| Cell::Number(count(item, verdict) as u64)));
        row.extend([text(&controls(item, Verdict::Fail)), text(&controls(item, Verdict::NotEvaluated)), Cell::Empty]);
        row
    };
    let rows = sample.items.iter().map(row).collect();
    Table { name: "sample", header, rows }
}

/// The population and the sample for a person.
fn said(sample: &Sample) -> String {
    let mut population = output::table(&["stream", "evidence of", "listed", "excluded", "documents", "pages", "lists"]);
    for stream in &sample.streams {
        let sum = |of: fn(&evidenced_schemas::Population) -> u64| stream.lists.iter().map(of).sum::<u64>().to_string();
        let at = stream.bundle.as_ref().map_or_else(|| "none".to_owned(), |bundle| bundle.as_of.to_string());
        population.add_row([
            stream.stream.clone(),
            at,
            sum(|list| list.listed),
            sum(|list| list.excluded),
            stream.documents.to_string(),
            sum(|list| list.pages),
            whole(stream),
        ]);
    }
    let mut items = output::table(&["rank", "stream", "region", "id", "pass", "fail", "not evaluated", "exchanges"]);
    for item in &sample.items {
        let exchanges: Vec<String> = item.exchanges.iter().map(u64::to_string).collect();
        items.add_row([
            item.rank.as_str()[..RANK].to_owned(),
            item.stream.clone(),
            item.region.clone(),
            item.id.clone(),
            count(item, Verdict::Pass).to_string(),
            count(item, Verdict::Fail).to_string(),
            count(item, Verdict::NotEvaluated).to_string(),
            exchanges.join(" "),
        ]);
    }
    let mut text = format!("{} at {}: {} documents\n{population}\n\n", sample.population, sample.at, sample.documents);
    let _ = writeln!(text, "Sample of {} by the seed `{}`\n{items}", sample.items.len(), sample.seed);
    let _ = writeln!(text, "\n{} docs/auditors.md draws it again by hand.", sample.method);
    let _ = writeln!(text, "Digests, files and verdicts of each: --json, or --out FILE.csv|FILE.json");
    text
}

/// Whether the lists of a stream are whole, and why not.
fn whole(stream: &SampledStream) -> String {
    if stream.bundle.is_none() {
        return output::paint("no whole bundle", "31");
    }
    if stream.lists.is_empty() {
        return "this scope has none".to_owned();
    }
    let broken = |list: &&evidenced_schemas::Population| !list.is_whole();
    let why: Vec<String> = stream
        .lists
        .iter()
        .filter(broken)
        .map(|list| {
            let checked = list.cross_check.as_ref().map(|check| format!("{} counts {}", check.source, check.count));
            let why = list.reason.clone().or(checked).unwrap_or_else(|| "cut short".to_owned());
            format!("{}: {why}", list.region)
        })
        .collect();
    match (why.is_empty(), stream.complete) {
        (true, true) => "complete".to_owned(),
        (true, false) => output::paint("differs from populations.json", "31"),
        _ => output::paint(&format!("NOT COMPLETE: {}", why.join("; ")), "31"),
    }
}
