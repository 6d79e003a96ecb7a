//! Keys, secrets, certificates, functions, topics, queues and their tags: every verdict over an estate in two regions, against
//! what was decided where each thing was made.

use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::fakes::{self, Moto};

#[test]
fn keys_secrets_functions_and_queues_are_judged_as_they_were_made() {
    let moto = Moto::empty();
    let key = Verdicts::read(&fakes::python("messaging_estate.py", &[&moto.url()]));
    let (desk, bundle) = Desk::bundle_with_gaps(moto.port, "keys to queues");
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    assert_eq!(key.controls(), 11, "every control of these services is asked something");
    key.assert_given_by(&bundle);
    let _ = desk.verify().expect_code(0, "verify");
    drop(moto);
    let _ = desk.reperform().expect_code(0, "reperform");
}
