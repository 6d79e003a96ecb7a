//! Databases, tables, volumes and their backups: every verdict over an estate, against what was decided where each thing was
//! made.

use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::evidence::{Bundle, assert_only_obscured, only_bundle};
use evidenced_tests::fakes::backup::Backup;
use evidenced_tests::fakes::{self, Moto};

/// One run in a fresh folder. It always has gaps: moto never answers everything.
fn run(moto: &Moto, backup: Option<&Backup>, what: &str) -> (Desk, Bundle) {
    let desk = Desk::default();
    let call = desk.collect(moto.port);
    let call = match backup {
        Some(backup) => backup.ask(call),
        None => call,
    };
    let _ = call.run().expect_code(3, what);
    let bundle = only_bundle(&desk.store());
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    (desk, bundle)
}

fn estate(what: &str, moto: &Moto, backup: &Backup) -> Verdicts {
    Verdicts::read(&fakes::python("data_estate.py", &[what, &moto.url(), &backup.url()]))
}

#[test]
fn databases_tables_and_backups_are_judged_as_they_were_made() {
    let (moto, backup) = (Moto::empty(), Backup::default());
    let key = estate("fill", &moto, &backup);
    assert_eq!(key.controls(), 21, "every control on data is asked something");
    let (desk, whole) = run(&moto, Some(&backup), "data");
    key.assert_given_by(&whole);

    let lapsed = estate("lapse", &moto, &backup);
    lapsed.assert_given_by(&run(&moto, Some(&backup), "lapsed backups").1);

    let refused = estate("refuse", &moto, &backup);
    let (_, obscured) = run(&moto, Some(&backup), "refused backups");
    refused.assert_given_by(&obscured);

    // moto alone lacks most of Backup: what it does not answer may only leave verdicts out.
    let rows = run(&moto, None, "without the fake of Backup").1.rows();
    for control in ["aws.backup.plan-coverage", "aws.backup.restore-tested"] {
        assert_eq!(rows.get(&(control.to_owned(), String::new())).map(String::as_str), Some("not_evaluated"));
    }
    let of_volumes = |rows: &evidenced_tests::evidence::Rows| {
        rows.iter()
            .filter(|(row, _)| row.0 == "aws.ec2.ebs.volume-backed-up")
            .map(|(row, verdict)| (row.clone(), verdict.clone()))
            .collect()
    };
    assert_only_obscured(&of_volumes(&whole.rows()), &of_volumes(&rows), "volumes without Backup");

    let _ = desk.verify().expect_code(0, "verify");
    drop((moto, backup));
    let _ = desk.reperform().expect_code(0, "reperform");
}
