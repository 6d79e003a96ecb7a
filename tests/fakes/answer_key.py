"""What must follow from the estate of `estate.py`, decided by hand from what was set up there.

    answer_key.py           prints {control: {resource id or "": verdict}}

Only verdicts that the set-up settles are here. It reads no output of the project, and shares nothing with `estate.py` but the
names: a slip in one shows against the other. `not_evaluated` stands where moto cannot give the answer that AWS would.
"""

import json

IAM = "arn:aws:iam::123456789012:"
BUCKETS = (
    "app-assets access-logs trail-logs weak-trail-logs payments crm-exports public-site public-upload any-aws-user "
    "public-acl-blocked no-tls-rule half-tls-rule vendor-share own-share versioning-suspended never-versioned "
    "lifecycle-disabled no-lifecycle frankfurt-ledger half-blocked"
).split()
USERS = (
    "alice bob carol emergency/break-glass ci/ci-build ci/ci-deploy ci/ci-retired dave erin frank grace eng/heidi eng/ivan "
    "eng/judy eng/data/kim eng/data/liam mallory niaj o.brien+dev@example.com peggy"
).split()
ROLES = (
    "deployer legacy-admin power reader lambda-exec ec2-web ec2-batch own-user-only vendor-plain vendor-by-id "
    "vendor-external-id vendor-and-own org-wide public-any public-star public-by-address github-any github-wild github-bound"
).split()
LINKED = "aws-service-role/config.amazonaws.com/AWSServiceRoleForconfig"
POLICIES = (
    "deploy-limited admin-custom admin-in-a-list admin-unattached all-but-iam kms-all kms-decrypt-one pass-any-role "
    "pass-any-role-by-case pass-named-role pass-to-lambda assume-any assume-one deny-only"
).split()
INLINE = {
    "dave": "user/dave#read-one",
    "frank": "user/frank#admin",
    "mallory": "user/mallory#assume-any",
    "staff": "group/people/staff#read-one",
    "ec2-web": "role/ec2-web#admin",
    "ec2-batch": "role/ec2-batch#read-one",
}


def verdicts(names, to_id, otherwise, **exceptions):
    """`otherwise` for each name (none: says nothing of it), but those listed under another verdict."""
    answer = {to_id(name): otherwise for name in names} if otherwise else {}
    for verdict, listed in exceptions.items():
        for name in listed.split():
            assert name in names, name
            answer[to_id(name)] = verdict
    return answer


def buckets(otherwise, **exceptions):
    return verdicts(BUCKETS, lambda n: f"arn:aws:s3:::{n}", otherwise, **exceptions)


def users(otherwise, **exceptions):
    return verdicts(USERS, lambda n: f"{IAM}user/{n}", otherwise, **exceptions)


def roles(otherwise, **exceptions):
    return verdicts([*ROLES, LINKED], lambda n: f"{IAM}role/{n}", otherwise, **exceptions)


def policies(otherwise, **exceptions):
    return verdicts(POLICIES, lambda n: f"{IAM}policy/{n}", otherwise, **exceptions)


def inline(otherwise, **exceptions):
    return verdicts(list(INLINE), lambda n: IAM + INLINE[n], otherwise, **exceptions)


def trails(**by_verdict):
    home = {"main": "us-east-1", "data-events": "us-east-1", "weak": "eu-west-1", "stray": "eu-west-1", "stopped": "eu-central-1"}
    return verdicts(list(home), lambda n: f"arn:aws:cloudtrail:{home[n]}:123456789012:trail/{n}", None, **by_verdict)


KEYS = "carol ci/ci-build ci/ci-deploy"
CONSOLE = "alice bob carol emergency/break-glass"

ANSWERS = {
    # --- the account
    "aws.account.security-contact": {"123456789012": "pass"},
    "aws.iam.password-policy": {"123456789012": "fail"},
    # moto's summary does not say whether the root user has a password (AccountPasswordPresent)
    "aws.iam.root-mfa": {"123456789012": "not_evaluated"},
    "aws.iam.root-no-access-keys": {"123456789012": "pass"},
    "aws.s3.account-public-access-block": {"123456789012": "fail"},
    "aws.cloudtrail.multi-region": {"": "pass"},
    # moto's credential report has no row of the root user
    "aws.iam.root-not-used": {"": "not_evaluated"},
    # `crm-exports` is confidential and no trail records it
    "aws.cloudtrail.s3-data-events-write": {"": "fail"},
    "aws.cloudtrail.s3-data-events-read": {"": "fail"},
    "aws.cloudtrail.lambda-data-events": {"": "not_applicable"},
    # management events alone
    "aws.cloudtrail.bedrock-events": {"": "fail"},
    # --- users: every key and password is minutes old
    "aws.iam.user.console-mfa": users(None, **{"pass": "alice emergency/break-glass", "fail": "bob carol"}),
    "aws.iam.user.local-console-only-break-glass": users(None, fail=CONSOLE),
    "aws.iam.user.access-key-rotation": users("not_applicable", **{"pass": KEYS}),
    "aws.iam.user.unused-access-key": users("not_applicable", **{"pass": KEYS}),
    "aws.iam.user.unused-console-password": users(None, **{"pass": CONSOLE}),
    "aws.iam.user.policies-via-groups": users("pass", fail="dave erin frank mallory"),
    # --- roles
    "aws.iam.role.no-public-trust": roles("pass", fail="public-any public-star public-by-address", not_applicable=LINKED),
    "aws.iam.role.cross-account-external-id": roles(
        "not_applicable", **{"pass": "vendor-external-id", "fail": "vendor-plain vendor-by-id vendor-and-own"}
    ),
    "aws.iam.role.third-party-in-vendor-register": roles(
        "not_applicable", fail="vendor-plain vendor-by-id vendor-external-id vendor-and-own"
    ),
    "aws.iam.role.oidc-subject-bound": roles(
        "not_applicable", **{"pass": "github-bound", "fail": "github-any github-wild"}
    ),
    "aws.iam.role.unused": roles("pass", not_applicable=LINKED),
    # --- policies
    "aws.iam.policy.no-admin": policies("pass", fail="admin-custom admin-in-a-list", not_applicable="admin-unattached"),
    "aws.iam.inline-policy.no-admin": inline("pass", fail="frank ec2-web"),
    "aws.iam.policy.no-allow-notaction": policies(None, **{
        "fail": "all-but-iam", "pass": "deploy-limited kms-all kms-decrypt-one pass-named-role assume-one",
    }),
    "aws.iam.policy.no-sensitive-service-wildcard": policies(None, **{
        "fail": "kms-all", "pass": "deploy-limited kms-decrypt-one pass-any-role pass-named-role assume-any assume-one deny-only",
    }),
    "aws.iam.policy.no-passrole-star": policies(None, **{
        "fail": "pass-any-role pass-any-role-by-case",
        "pass": "deploy-limited pass-named-role pass-to-lambda kms-all assume-any deny-only",
    }),
    "aws.iam.policy.no-assume-any-role": {
        **policies(None, **{"fail": "assume-any", "pass": "deploy-limited assume-one kms-all pass-any-role deny-only"}),
        **inline(None, fail="mallory", **{"pass": "dave staff ec2-batch"}),
    },
    "aws.iam.policy.no-marketplace-subscribe": {
        **policies("pass", fail="all-but-iam", not_applicable="admin-custom admin-in-a-list admin-unattached"),
        **inline("pass", not_applicable="frank ec2-web"),
    },
    # moto lets every certificate end in 2012
    "aws.iam.server-certificate.valid": {f"{IAM}server-certificate/old-web": "fail"},
    # --- buckets
    "aws.s3.public-access-block": buckets("pass", fail="weak-trail-logs public-site public-upload any-aws-user half-blocked"),
    "aws.s3.not-public": buckets("pass", fail="weak-trail-logs public-site public-upload any-aws-user"),
    "aws.s3.default-encryption": buckets("pass"),
    "aws.s3.secure-transport": buckets(
        "pass", fail="weak-trail-logs public-upload any-aws-user no-tls-rule half-tls-rule"
    ),
    # through the proxy, which gives the answer of moto the root element that S3 documents
    "aws.s3.versioning": buckets("pass", fail="versioning-suspended never-versioned"),
    # asked of buckets that a trail delivers to; server access logs alone are not the audit trail
    "aws.s3.object-lock": buckets("not_applicable", **{"pass": "trail-logs", "fail": "weak-trail-logs"}),
    "aws.s3.access-logging": buckets(
        None,
        **{
            "pass": "payments crm-exports public-site public-upload no-tls-rule vendor-share own-share half-blocked",
            "fail": "app-assets frankfurt-ledger",
        },
    ),
    "aws.s3.lifecycle-disposal": buckets("pass", fail="lifecycle-disabled no-lifecycle"),
    "aws.s3.acls-disabled": buckets("pass", fail="weak-trail-logs public-upload any-aws-user public-acl-blocked"),
    "aws.s3.cross-account-access": buckets(None, fail="vendor-share", **{"pass": "own-share"}),
    "aws.s3.replication": buckets("not_applicable", **{"pass": "crm-exports", "fail": "payments half-blocked"}),
    # --- trails
    "aws.cloudtrail.log-file-validation": trails(**{"pass": "main data-events stray stopped", "fail": "weak"}),
    "aws.cloudtrail.kms-encryption": trails(**{"pass": "main", "fail": "data-events stray stopped weak"}),
    "aws.cloudtrail.cloudwatch-delivery": trails(fail="main data-events stray stopped weak"),
    "aws.cloudtrail.delivery-healthy": trails(**{"pass": "main data-events weak stray", "fail": "stopped"}),
    "aws.cloudtrail.bucket-protected": trails(
        **{"pass": "main data-events stopped", "fail": "weak", "not_evaluated": "stray"}
    ),
}

if __name__ == "__main__":
    print(json.dumps(ANSWERS, indent=1, sort_keys=True))
