//! Alarms and log groups: every verdict over two accounts, against what was decided where each thing was made.

use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::fakes::{self, Moto};

/// The account is judged as its answer key has it, and its evidence verifies and repeats.
fn judged(which: &str, controls: usize) {
    let moto = Moto::empty();
    let key = Verdicts::read(&fakes::python("alarms_estate.py", &[&moto.url(), which]));
    let (desk, bundle) = Desk::bundle_with_gaps(moto.port, which);
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    assert_eq!(key.controls(), controls, "every control is asked something");
    key.assert_given_by(&bundle);
    let _ = desk.verify().expect_code(0, "verify");
    drop(moto);
    let _ = desk.reperform().expect_code(0, "reperform");
}

#[test]
fn alerts_that_hang_on_a_multi_region_trail_hold_in_every_region() {
    judged("filters", 19);
}

#[test]
fn rules_tell_of_their_own_region_and_near_misses_of_nothing() {
    judged("rules", 19);
}
