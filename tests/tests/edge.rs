//! The edge: every verdict over load balancers, distributions, web ACLs, clusters, containers and their images, against
//! what was decided where each thing was made.

use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::evidence::find;
use evidenced_tests::fakes::{self, Moto};

#[test]
fn what_faces_the_internet_is_judged_as_it_was_made() {
    let moto = Moto::empty();
    let key = Verdicts::read(&fakes::python("edge_estate.py", &[&moto.url()]));
    let (desk, bundle) = Desk::bundle_with_gaps(moto.port, "the edge");
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    assert_eq!(key.controls(), 11, "every control on the edge is asked something");
    key.assert_given_by(&bundle);
    assert_eq!(find(&desk.store(), "canary-of-the-edge"), Vec::<String>::new(), "a secret was written");
    assert!(!find(&desk.store(), "X-Origin-Verify").is_empty(), "the search finds what stands beside the secrets");
    let _ = desk.verify().expect_code(0, "verify");
    drop(moto);
    let _ = desk.reperform().expect_code(0, "reperform");
}
