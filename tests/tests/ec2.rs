//! EC2: every verdict over an estate of machines and networks, against what was decided where each thing was made.

use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::fakes::{self, Moto};

#[test]
fn machines_disks_and_networks_are_judged_as_they_were_made() {
    let moto = Moto::empty();
    let key = Verdicts::read(&fakes::python("ec2_estate.py", &[&moto.url()]));
    let (desk, bundle) = Desk::bundle_with_gaps(moto.port, "EC2");
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    assert_eq!(key.controls(), 22, "every control on EC2 is asked something");
    key.assert_given_by(&bundle);
    let _ = desk.verify().expect_code(0, "verify");
    drop(moto);
    let _ = desk.reperform().expect_code(0, "reperform");
}
