use super::*;
use crate::history::{HistoryOptions, Period, read};
use crate::report::build;
use crate::verify::tests::estate::{Estate, WITH_ZOE};
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_schemas::control::Layer;
use evidenced_schemas::criteria::Principle;
use evidenced_schemas::{Report, Severity};
use serde_json::json;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn report(estate: &Estate, from: &str) -> Report {
    let options = HistoryOptions {
        period: Period { from: at(from), to: at("2026-03-02T00:00:00Z") },
        keys: Vec::new(),
        streams: Vec::new(),
        unscheduled: TimeDelta::hours(24),
        now: at("2026-03-02T00:30:00Z"),
    };
    build("file://test", &read(&*estate.store().await, &options).await.unwrap(), &options)
}

fn found(report: &Report, kind: Kind) -> Vec<&Figure> {
    let section = report.principles.iter().find(|section| section.principle == kind.principle()).unwrap();
    section.measures.iter().filter(|figure| figure.figure == kind).collect()
}

/// Numerator, denominator, not evaluated.
fn counts(figure: &Figure) -> (u64, u64, u64) {
    (figure.numerator, figure.denominator, figure.not_evaluated)
}

fn ids(figure: &Figure) -> Vec<&str> {
    figure.items.iter().filter_map(|item| Some(&*item.resource.as_ref()?.id)).collect()
}

/// Ann fails at the end, Bob passes, Eve could not be read.
#[tokio::test]
async fn a_measure_counts_what_its_controls_judged_and_what_they_could_not() {
    let estate = Estate::new(3).await;
    let report = report(&estate, "2026-03-01T00:00:00Z").await;
    let administrators = found(&report, Kind::StandingAdministrators);
    assert_eq!(administrators.len(), 1, "one cloud");
    assert_eq!((counts(administrators[0]), ids(administrators[0])), ((1, 2, 1), vec!["arn:ann"]));
    assert_eq!(administrators[0].controls, ["aws.iam.user.mfa"]);
    // Nothing measures it: that is no population, and is said.
    let paths = found(&report, Kind::EscalationPaths)[0];
    assert_eq!(counts(paths), (0, 0, 0));
    assert!(paths.about.contains("no control of this cloud measures it"), "{}", paths.about);
    // The buckets that could not be listed, Eve, of three users, the account and the buckets.
    assert_eq!(counts(found(&report, Kind::NotEvaluated)[0]), (2, 5, 0));
    let high =
        |kind| counts(found(&report, kind).into_iter().find(|one| one.severity == Some(Severity::High)).unwrap());
    assert_eq!(
        (high(Kind::Fixed), high(Kind::Recurrence)),
        ((1, 2, 0), (1, 1, 0)),
        "Ann failed, was fixed, failed again"
    );
    assert_eq!(counts(found(&report, Kind::ExceptionsExpired)[0]), (0, 0, 0));
    let fails: Vec<u64> = report.trend.iter().map(|point| point.fail[&Severity::High]).collect();
    assert_eq!((fails, report.trend[0].not_evaluated, report.trend[0].evaluated), (vec![1, 0, 1], 2, 3));
    for section in &report.principles {
        assert!(!section.measures.is_empty(), "{:?}", section.principle);
    }
}

#[tokio::test]
async fn a_resource_is_born_in_the_period_when_a_run_before_did_not_see_it() {
    for (seed, expected, listed) in [(WITH_ZOE, (1, 1, 0), vec![]), (WITH_ZOE + 1, (0, 1, 0), vec!["arn:zoe"])] {
        let estate = Estate::new(1).await;
        estate.run_at("2026-03-01T12:00:00.000Z", seed).await;
        estate.run_at("2026-03-01T18:00:00.000Z", WITH_ZOE + 1).await;
        let all = report(&estate, "2026-03-01T00:00:00Z").await;
        let born = found(&all, Kind::BirthState)[0];
        assert_eq!((counts(born), ids(born)), (expected, listed), "seed {seed}");
        // She was there before this one.
        let late = report(&estate, "2026-03-01T13:00:00Z").await;
        assert_eq!(counts(found(&late, Kind::BirthState)[0]), (0, 0, 0));
    }
    // All that the first run sees may be older.
    let first = report(&Estate::new(1).await, "2026-03-01T00:00:00Z").await;
    assert_eq!(counts(found(&first, Kind::BirthState)[0]), (0, 0, 0));
}

#[test]
fn a_resource_rests_on_one_layer_when_exactly_one_holds_and_none_is_unknown() {
    let control = |id: &str, layer: &str| -> Control {
        serde_json::from_value(json!({
            "id": id, "title": "T", "statement": "S.", "resource": "aws.s3.bucket", "pass": "true", "message": "'no'",
            "principle": "defence-in-depth", "criteria": {"primary": "CC6.1"}, "category": "security", "layer": layer, "severity": "high",
            "policy": "P", "owner": "O", "remediation": "R."
        }))
        .unwrap()
    };
    let controls = [("aws.edge", "edge"), ("aws.data", "data"), ("aws.more", "data"), ("aws.log", "detection")]
        .map(|(id, layer)| control(id, layer));
    let catalogue: BTreeMap<&str, &Control> = controls.iter().map(|control| (control.id.as_str(), control)).collect();
    let buckets = ["both", "single", "none", "unknown", "alone", "fails-once"].map(|id| ChangedResource {
        type_: "aws.s3.bucket".into(),
        region: "global".into(),
        id: id.into(),
    });
    let verdicts = [
        (0, "aws.edge", Verdict::Pass),
        (0, "aws.data", Verdict::Pass),
        (0, "aws.log", Verdict::NotEvaluated),
        (1, "aws.edge", Verdict::Pass),
        (1, "aws.data", Verdict::Fail),
        (1, "aws.log", Verdict::NotApplicable),
        (2, "aws.edge", Verdict::Fail),
        (2, "aws.data", Verdict::Fail),
        (3, "aws.edge", Verdict::Pass),
        (3, "aws.log", Verdict::NotEvaluated),
        (4, "aws.edge", Verdict::Pass),
        (5, "aws.edge", Verdict::Pass),
        (5, "aws.data", Verdict::Pass),
        (5, "aws.more", Verdict::Fail),
    ];
    let judged: Vec<Judged<'_>> = verdicts
        .into_iter()
        .map(|(bucket, control, verdict)| Judged {
            cloud: Cloud::Aws,
            stream: "j/aws/1".into(),
            resource: Some(&buckets[bucket]),
            control,
            verdict,
        })
        .collect();
    let figures = layers::figures(Cloud::Aws, &judged, &catalogue);
    let of = |layer: Layer| counts(figures.iter().find(|figure| figure.layer == Some(layer)).unwrap());
    assert_eq!((of(Layer::Edge), of(Layer::Data)), ((5, 6, 0), (1, 4, 0)));
    assert_eq!((of(Layer::Detection), of(Layer::Recovery)), ((0, 0, 2), (0, 0, 0)));
    let single = figures.last().unwrap();
    // `alone` has one layer that applies to it at all; whether `unknown` has a second one nobody can say.
    assert_eq!(
        (single.figure, counts(single), ids(single)),
        (Kind::SingleLayer, (2, 4, 1), vec!["fails-once", "single"])
    );
    let failing: Vec<&[String]> = single.items.iter().map(|item| &*item.controls).collect();
    assert_eq!(failing, [&["aws.more".to_owned()][..], &["aws.data".to_owned()][..]]);
}

/// Every figure of the catalogue stands on some control, and each cloud has what its providers let be seen.
#[test]
fn the_built_in_catalogue_feeds_every_measure() {
    let catalogue = crate::catalogue::Catalogue::built_in();
    for measure in Measure::ALL {
        let clouds: BTreeSet<&str> = catalogue
            .controls()
            .iter()
            .filter(|control| control.measure == Some(measure))
            .filter_map(|control| control.id.split('.').next())
            .collect();
        // Azure has no document of what an identity can do in effect.
        let expected =
            if measure == Measure::EscalationPath { vec!["aws", "gcp"] } else { vec!["aws", "azure", "gcp"] };
        assert_eq!(clouds.into_iter().collect::<Vec<_>>(), expected, "{measure:?}");
    }
    let principles: BTreeSet<Principle> = Measure::ALL.map(|measure| Kind::of(measure).principle()).into();
    assert_eq!(principles.len(), 3);
}
