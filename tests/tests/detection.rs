//! The detection services: every verdict against what was decided where each thing was made, over moto and what it lacks of
//! them, and over answers in the provider's form for all of them.

use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::evidence::only_bundle;
use evidenced_tests::fakes::detection::Detection;
use evidenced_tests::fakes::{self, Moto};

const CONTROLS: usize = 11;

#[test]
fn what_moto_has_is_judged_and_what_it_lacks_is_not_evaluated() {
    let moto = Moto::empty();
    let key = Verdicts::read(&fakes::python("detection_estate.py", &["moto", &moto.url()]));
    let (desk, bundle) = Desk::bundle_with_gaps(moto.port, "detection");
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    assert_eq!(key.controls(), CONTROLS, "every control is asked something");
    key.assert_given_by(&bundle);
    let _ = desk.verify().expect_code(0, "verify");
    drop(moto);
    let _ = desk.reperform().expect_code(0, "reperform");
}

#[test]
fn every_verdict_follows_from_answers_in_the_providers_form() {
    let (moto, fake) = (Moto::empty(), Detection::start());
    let key = Verdicts::read(&fakes::python("detection_estate.py", &["fake", &moto.url(), &fake.url()]));
    let desk = Desk::default();
    let _ = fake.stand_in(desk.collect(moto.port)).run().expect_code(3, "detection");
    let bundle = only_bundle(&desk.store());
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    assert_eq!(key.controls(), CONTROLS, "every control is asked something");
    key.assert_given_by(&bundle);
    for (type_, listed) in [
        ("aws.accessanalyzer.finding", 3),
        ("aws.guardduty.finding", 62),
        ("aws.inspector2.finding", 25),
        ("aws.ssm.instance-patch-state", 67),
    ] {
        assert_eq!(bundle.ids(type_).len(), listed, "{type_}: nothing more and nothing less");
    }
    let _ = desk.verify().expect_code(0, "verify");
    drop((moto, fake));
    let _ = desk.reperform().expect_code(0, "reperform");
}
