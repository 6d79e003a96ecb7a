//! `controls` and `config check`: what would be judged.

use super::exit::{CommandError, Exit};
use super::{ConfigArgs, CoverageArgs, output, workshop};
use crate::catalogue::{Catalogue, test_cases};
use crate::notify::Destination;
use evidenced_schemas::Control;
use evidenced_schemas::coverage::Coverage;
use evidenced_schemas::criteria::EvidenceMode;
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

/// The catalogue with the configuration's files and parameters.
pub(super) fn load(args: &ConfigArgs) -> Result<Catalogue, CommandError> {
    workshop::catalogue(&workshop::load(args.config.as_deref())?)
}

/// A word that a type is written with in documents.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Lists every control.
pub fn list(args: &ConfigArgs, json: bool) -> Result<Exit, CommandError> {
    let catalogue = load(args)?;
    if json {
        output::print_json(&json!(catalogue.controls()))?;
        return Ok(Exit::Fine);
    }
    let mut table = output::table(&["Control", "Severity", "Principle", "Criteria", "Title"]);
    for control in catalogue.controls() {
        let criteria: Vec<&str> = control.criteria.all().map(evidenced_schemas::criteria::Criterion::id).collect();
        table.add_row([
            control.id.clone(),
            word(&control.severity),
            word(&control.principle),
            criteria.join(" "),
            control.title.clone(),
        ]);
    }
    output::print(&format!("{table}\n{} controls\n", catalogue.controls().len()))?;
    Ok(Exit::Fine)
}

/// A control by id.
pub(super) fn find<'a>(catalogue: &'a Catalogue, id: &str) -> Result<&'a Control, CommandError> {
    catalogue.control(id).ok_or_else(|| {
        let near: Vec<&str> =
            catalogue.controls().iter().map(|control| control.id.as_str()).filter(|other| other.contains(id)).collect();
        let hint = if near.is_empty() { "`evidenced controls list` shows all".to_owned() } else { near.join(", ") };
        CommandError::usage(format!("no control has the id `{id}`: {hint}"))
    })
}

/// Shows one control.
pub fn show(id: &str, args: &ConfigArgs, json: bool) -> Result<Exit, CommandError> {
    let catalogue = load(args)?;
    let control = find(&catalogue, id)?;
    if json {
        output::print_json(&json!(control))?;
    } else {
        output::print(&described(control))?;
    }
    Ok(Exit::Fine)
}

fn described(control: &Control) -> String {
    let mut text = format!("{}\n{}\n\n{}\n\n", output::paint(&control.id, "1"), control.title, control.statement);
    let criteria: Vec<&str> = control.criteria.all().map(evidenced_schemas::criteria::Criterion::id).collect();
    let judged = control.resource.as_ref().or(control.scope.as_ref()).map_or("", String::as_str);
    let rows = [
        ("judged on", judged.to_owned()),
        ("severity", word(&control.severity)),
        ("principle", word(&control.principle)),
        ("criteria", criteria.join(" ")),
        ("category", word(&control.category)),
        ("layer", word(&control.layer)),
        ("measure", control.measure.as_ref().map(word).unwrap_or_default()),
        ("policy", control.policy.clone()),
        ("owner", control.owner.clone()),
        ("applies", control.applies.clone()),
        ("why not", control.why_not.clone().unwrap_or_default()),
        ("pass", control.pass.clone()),
        ("remediation", control.remediation.clone()),
        ("note", control.note.clone().unwrap_or_default()),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "{name:<12} {}", value.trim().replace('\n', "\n             "));
    }
    for (name, param) in &control.params {
        let value = param.value.as_ref().unwrap_or(&param.default);
        let _ = writeln!(text, "parameter    {name} = {value}  ({})", param.about);
    }
    for (tool, checks) in &control.equivalents {
        let _ = writeln!(text, "{tool:<12} {}", checks.join(", "));
    }
    text
}

/// Runs the cases of each control.
pub fn test(dir: Option<&Path>, json: bool) -> Result<Exit, CommandError> {
    let catalogue = match dir {
        None => Catalogue::built_in(),
        Some(dir) => Catalogue::empty().with_dir(dir).map_err(|error| CommandError::misused(&error))?,
    };
    let results = test_cases(&catalogue);
    let failed: Vec<_> = results.iter().filter(|result| result.problem.is_some()).collect();
    if json {
        let problems: Vec<_> =
            failed.iter().map(|case| json!({"control": case.control, "place": case.place, "case": case.number, "problem": case.problem})).collect();
        output::print_json(
            &json!({"passed": results.len() - failed.len(), "failed": failed.len(), "problems": problems}),
        )?;
    } else {
        let mut text = String::new();
        for case in &failed {
            let about = case.about.as_deref().map(|about| format!(" ({about})")).unwrap_or_default();
            let problem = case.problem.as_deref().unwrap_or_default();
            let _ = writeln!(text, "{}: {} case {}{about}: {problem}", case.place, case.control, case.number);
        }
        let controls = catalogue.controls().len();
        let _ = writeln!(
            text,
            "{controls} controls, {} cases passed, {} failed",
            results.len() - failed.len(),
            failed.len()
        );
        output::print(&text)?;
    }
    Ok(if failed.is_empty() { Exit::Fine } else { Exit::Failed })
}

/// Shows all 61 criteria and principles with the controls behind each.
pub fn coverage(args: &CoverageArgs, json: bool) -> Result<Exit, CommandError> {
    let coverage = load(&args.config)?.coverage();
    if json {
        output::print_json(&json!(coverage))?;
        return Ok(Exit::Fine);
    }
    let mut criteria = output::table(&["Criterion", "Subject", "Evidence", "Primary", "Supporting", "Needed besides"]);
    for row in &coverage.criteria {
        criteria.add_row([
            row.criterion.id().to_owned(),
            row.subject.clone(),
            row.mode.as_str().to_owned(),
            row.primary.len().to_string(),
            row.supporting.len().to_string(),
            row.besides.clone(),
        ]);
    }
    let heads: Vec<&str> =
        ["Principle", "Controls"].into_iter().chain(EvidenceMode::ALL.map(EvidenceMode::as_str)).collect();
    let mut principles = output::table(&heads);
    for row in &coverage.principles {
        let mut cells = vec![row.title.clone(), row.controls.len().to_string()];
        cells.extend(row.modes.values().map(u64::to_string));
        principles.add_row(cells);
    }
    let mut text = format!(
        "{criteria}\n{}\n\n{principles}\nControls of a principle by the evidence of their primary criterion\n",
        summed(&coverage)
    );
    if args.controls {
        text.push_str(&behind(&coverage));
    }
    output::print(&text)?;
    Ok(Exit::Fine)
}

/// How many criteria of each kind, and which have no control.
fn summed(coverage: &Coverage) -> String {
    let modes: Vec<String> = coverage.modes.iter().map(|(mode, count)| format!("{count} {}", mode.as_str())).collect();
    let bare: Vec<&str> = coverage.without_control.iter().map(evidenced_schemas::criteria::Criterion::id).collect();
    let count = coverage.criteria.len();
    format!(
        "{count} criteria: {}. Without a control: {}",
        modes.join(", "),
        if bare.is_empty() { "none".to_owned() } else { bare.join(" ") }
    )
}

/// The controls behind each criterion and principle.
fn behind(coverage: &Coverage) -> String {
    let mut text = String::new();
    let mut list = |name: &str, what: &str, ids: &[String]| {
        if !ids.is_empty() {
            let _ = writeln!(text, "\n{name}: {what}\n  {}", ids.join("\n  "));
        }
    };
    for row in &coverage.criteria {
        list(row.criterion.id(), "primary", &row.primary);
        list(row.criterion.id(), "supporting", &row.supporting);
    }
    for row in &coverage.principles {
        list(&row.title, "controls", &row.controls);
    }
    text
}

/// Reads the configuration and what it names.
pub fn check_config(args: &ConfigArgs, json: bool) -> Result<Exit, CommandError> {
    let Some(file) = args.config.as_deref() else {
        return Err(CommandError::usage("config check needs --config FILE (or EVIDENCED_CONFIG)"));
    };
    let loaded = workshop::load(Some(file))?;
    let catalogue = workshop::catalogue(&loaded)?;
    let policy = workshop::policy(&loaded, &catalogue)?;
    workshop::stamper(&loaded)?;
    let keys = loaded.keys().map_err(|error| CommandError::misused(&error))?;
    let http = crate::http::Settings::of(&loaded).map_err(|error| CommandError::misused(&error))?;
    let told = loaded.destinations().map_err(|error| CommandError::misused(&error))?;
    loaded.trace_receiver().map_err(|error| CommandError::misused(&error))?;
    let jobs: Vec<String> =
        loaded.config.jobs.iter().map(|job| format!("{} ({}, {})", job.name, job.schedule, job.timezone)).collect();
    if json {
        output::print_json(&json!({"config": loaded.config, "controls": catalogue.controls().len()}))?;
    } else {
        let stamps = loaded.timestamps.as_ref().map_or("none", |timestamps| timestamps.url.as_str());
        let http = http.map_or_else(
            || "none".to_owned(),
            |http| {
                let with = |what, is_there| if is_there { what } else { "" };
                let tls = with(", TLS", http.tls.is_some());
                format!("{}{tls}{}", http.listen, with(", a token is needed", http.token.is_some()))
            },
        );
        let traces = loaded.config.telemetry.otlp.as_ref().map_or("none", |otlp| otlp.endpoint.as_str());
        output::print(&format!(
            "{} is fine\nstore    {}\nkey      {}\npolicy   {} {}, {} exceptions\ncontrols {}\nstamps   {stamps}\njobs     {}\nhttp     {http}\n\
             notify   {}\ntraces   {traces}\n",
            file.display(),
            loaded.store_url(),
            keys.key,
            policy.id,
            policy.version,
            policy.exceptions.len(),
            catalogue.controls().len(),
            listed(&jobs),
            listed(&told.iter().map(Destination::said).collect::<Vec<_>>()),
        ))?;
    }
    Ok(Exit::Fine)
}

fn listed(each: &[String]) -> String {
    if each.is_empty() { "none".to_owned() } else { each.join("; ") }
}
