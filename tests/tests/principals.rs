//! Effective permissions: users and roles who can become stronger than they are, and those who only seem to.

use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::evidence::Bundle;
use evidenced_tests::fakes::{self, Moto};

fn derived(bundle: &Bundle, name: &str) -> serde_json::Value {
    let found =
        bundle.resources.iter().find(|resource| resource["type"] == "aws.iam.principal" && resource["name"] == name);
    found.unwrap_or_else(|| panic!("no principal {name}"))["derived"].clone()
}

#[test]
fn principals_are_judged_by_all_their_policies_together() {
    let moto = Moto::start(&[("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")]);
    let key = Verdicts::read(&fakes::python("principals_estate.py", &[&moto.url()]));
    let (desk, bundle) = Desk::bundle_with_gaps(moto.port, "principals");
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    assert_eq!(key.controls(), 2);
    key.assert_given_by(&bundle);
    // Who passes may still hold what would lead somewhere in another account.
    assert_eq!(derived(&bundle, "passes-nothing")["privesc_paths"], serde_json::json!([]));
    let halves = derived(&bundle, "two-halves");
    let path = &halves["privesc_paths"][0];
    assert_eq!(path["permissions"], "iam:PassRole+lambda:CreateFunction+lambda:InvokeFunction", "{halves:#}");
    assert_eq!(
        (&path["class"], &path["targets"][0]),
        (&"direct".into(), &"arn:aws:iam::123456789012:role/lambda-admin".into())
    );
    assert_eq!(halves["way_to_admin"][0]["to"], "arn:aws:iam::123456789012:role/lambda-admin", "{halves:#}");
    assert_eq!(derived(&bundle, "if-at-home")["privesc_paths"][0]["class"], "conditional");
    assert!(derived(&bundle, "passes-weak")["latent_paths"].to_string().contains("iam:PassRole+lambda:CreateFunction"));
    let _ = desk.verify().expect_code(0, "verify");
    drop(moto);
    let _ = desk.reperform().expect_code(0, "reperform");
}
