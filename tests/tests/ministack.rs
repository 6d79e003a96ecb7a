//! The estates on a second server: a verdict is right there too, or it is `not_evaluated`.

use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::evidence::only_bundle;
use evidenced_tests::fakes::ministack::Ministack;

/// Where ministack answers otherwise than moto, so that another verdict is right: control, end of the resource's id, verdict (none:
/// no such row), and what it answers. Empty means any.
type Otherwise = (&'static str, &'static str, Option<&'static str>, &'static str);

const ESTATE: &[Otherwise] = &[
    ("aws.cloudtrail.delivery-healthy", "", Some("fail"), "no trail ever delivered anything (moto says that all did)"),
    ("", "/AWSServiceRoleForconfig", None, "the role that is linked to AWS Config is named AWSServiceRoleForConfig"),
    ("aws.iam.server-certificate.valid", "", None, "it knows no server certificates"),
    ("aws.iam.root-mfa", "", Some("pass"), "the summary says whether the root user has a password"),
    (
        "aws.iam.root-not-used",
        "",
        None,
        "the credential report has a row of the root user, which is judged by its own id",
    ),
];
const PRINCIPALS: &[Otherwise] = &[(
    "aws.iam.principal.no-privilege-escalation",
    ":role/capped",
    Some("not_applicable"),
    "a role's permissions boundary is left out of GetAccountAuthorizationDetails, so the role is an administrator",
)];

/// Fills the server and judges what is there. `lacks` are the calls of the estate that the server refuses.
fn judged(estate: &str, key: Option<Verdicts>, lacks: &[&str], otherwise: &[Otherwise], right_at_least: usize) {
    let server = Ministack::empty();
    let (printed, refused) = server.fill(estate);
    assert_eq!(refused, lacks, "{estate}: other calls are refused than those that are known");
    let key = key.unwrap_or_else(|| Verdicts::read(&printed));
    let desk = Desk::default();
    let _ = desk.collect(server.port).run().expect_code(3, estate);
    let bundle = only_bundle(&desk.store());
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();

    let differing = key.differing(&bundle);
    let mut used = vec![false; otherwise.len()];
    let mut wrong = Vec::new();
    for row in differing.iter().filter(|row| row.found.as_deref() != Some("not_evaluated")) {
        let known = otherwise.iter().position(|(control, id, verdict, _)| {
            (control.is_empty() || *control == row.control) && row.id.ends_with(id) && row.found.as_deref() == *verdict
        });
        match known {
            Some(at) => used[at] = true,
            None => wrong.push(format!("{row:?}")),
        }
    }
    assert!(wrong.is_empty(), "{estate}: {} wrong verdicts:\n{}", wrong.len(), wrong.join("\n"));
    let idle: Vec<_> = otherwise.iter().zip(&used).filter(|(_, used)| !**used).collect();
    assert!(idle.is_empty(), "{estate}: these differences are not there: {idle:?}");
    let right = key.len() - differing.len();
    assert!(right >= right_at_least, "{estate}: only {right} of {} verdicts are right", key.len());
    drop(server);
    let _ = desk.verify().expect_code(0, "verify");
    let _ = desk.reperform().expect_code(0, "reperform");
}

#[test]
fn the_estate_is_judged_rightly_on_a_second_server() {
    let lacks = ["account:PutAlternateContact InvalidAction", "iam:UploadServerCertificate InvalidAction"];
    judged("estate.py", Some(Verdicts::of_estate()), &lacks, ESTATE, 350);
}

#[test]
fn principals_are_judged_rightly_on_a_second_server() {
    judged("principals_estate.py", None, &[], PRINCIPALS, 30);
}
