"""Fills an AWS account of a moto server with an estate of mixed quality.

    estate.py ENDPOINT_URL

It speaks boto3 and knows nothing of the project. What it sets up is the same each time: 20 buckets in three regions, 20 users,
20 roles, groups, policies and five trails. Everything starts as a careful administrator would leave it; what is wrong with a
resource is written where it is made. `answer_key.py` says, by hand, what follows from it.
"""

import json
import sys

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
FOREIGN = "111122223333"
VENDOR = "999988887777"
HOME = "us-east-1"

# name: (region, what differs from the careful baseline)
BUCKETS = {
    "app-assets": ("eu-west-1", set()),
    "access-logs": (HOME, {"no-logging", "log-target"}),
    "trail-logs": (HOME, {"object-lock"}),
    "weak-trail-logs": ("eu-west-1", {"acl:public-read", "no-pab", "no-logging", "no-policy", "acls"}),
    "payments": (HOME, {"confidential", "kms", "no-logging", "critical"}),
    "crm-exports": (HOME, {"confidential", "critical", "copied-to:app-assets"}),
    "public-site": (HOME, {"no-pab", "public-policy"}),
    "public-upload": (HOME, {"acl:public-read-write", "no-pab", "no-policy", "acls"}),
    "any-aws-user": (HOME, {"acl:authenticated-read", "no-pab", "no-policy", "acls"}),
    "public-acl-blocked": (HOME, {"acl:public-read", "acls", "pab-after-acl"}),
    "no-tls-rule": (HOME, {"no-policy"}),
    "half-tls-rule": (HOME, {"half-tls"}),
    "vendor-share": (HOME, {"vendor-policy"}),
    "own-share": (HOME, {"own-policy"}),
    "versioning-suspended": (HOME, {"suspended"}),
    "never-versioned": (HOME, {"never-versioned"}),
    "lifecycle-disabled": (HOME, {"lifecycle-disabled"}),
    "no-lifecycle": (HOME, {"no-lifecycle"}),
    "frankfurt-ledger": ("eu-central-1", {"object-lock"}),
    "half-blocked": (HOME, {"half-pab", "critical", "copied-to:own-share"}),
}

# name: (path, traits)
USERS = {
    "alice": ("/", {"console", "mfa"}),
    "bob": ("/", {"console"}),
    "carol": ("/", {"console", "key"}),
    "break-glass": ("/emergency/", {"console", "mfa"}),
    "ci-build": ("/ci/", {"key"}),
    "ci-deploy": ("/ci/", {"key", "second-key"}),
    "ci-retired": ("/ci/", {"inactive-key"}),
    "dave": ("/", {"inline:read-one"}),
    "erin": ("/", {"managed:deploy-limited"}),
    "frank": ("/", {"inline:admin"}),
    "grace": ("/", {"boundary"}),
    "heidi": ("/eng/", set()),
    "ivan": ("/eng/", set()),
    "judy": ("/eng/", set()),
    "kim": ("/eng/data/", set()),
    "liam": ("/eng/data/", set()),
    "mallory": ("/", {"inline:assume-any"}),
    "niaj": ("/", set()),
    "o.brien+dev@example.com": ("/", set()),
    "peggy": ("/", {"tags"}),
}

OIDC = "token.actions.githubusercontent.com"


def statement(effect, action, resource, **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource, **more}]}


# Customer-managed policies: name: (document, attached to)
POLICIES = {
    "deploy-limited": (statement("Allow", ["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::app-assets/*"), "role/deployer"),
    "admin-custom": (statement("Allow", "*", "*"), "role/legacy-admin"),
    "admin-in-a-list": (statement("Allow", ["s3:GetObject", "*"], ["arn:aws:s3:::x/*", "*"]), "group/operators"),
    "admin-unattached": (statement("Allow", "*", "*"), None),
    "all-but-iam": (
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}},
        "role/power",
    ),
    "kms-all": (statement("Allow", "kms:*", "*"), "role/power"),
    "kms-decrypt-one": (statement("Allow", "kms:Decrypt", f"arn:aws:kms:{HOME}:{ACCOUNT}:key/k"), "role/reader"),
    "pass-any-role": (statement("Allow", "iam:PassRole", "*"), "role/deployer"),
    "pass-any-role-by-case": (statement("Allow", "IAM:passrole", "*"), "role/power"),
    "pass-named-role": (statement("Allow", "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/lambda-exec"), "role/reader"),
    "pass-to-lambda": (
        statement(
            "Allow", "iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
        ),
        "role/reader",
    ),
    "assume-any": (statement("Allow", "sts:AssumeRole", "*"), "role/power"),
    "assume-one": (statement("Allow", "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/reader"), "role/deployer"),
    "deny-only": (statement("Deny", "*", "*"), "role/reader"),
}

INLINE = {
    "read-one": statement("Allow", "s3:GetObject", "arn:aws:s3:::app-assets/*"),
    "admin": statement("Allow", "*", "*"),
    "assume-any": statement("Allow", "sts:AssumeRole", "arn:aws:iam::*:role/*"),
}


def trust(principal, action="sts:AssumeRole", condition=None):
    one = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        one["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [one]}


def github(condition):
    return trust({"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{OIDC}"}, "sts:AssumeRoleWithWebIdentity", condition)


def service(name):
    return trust({"Service": f"{name}.amazonaws.com"})


OWN = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
VENDOR_ROOT = {"AWS": f"arn:aws:iam::{VENDOR}:root"}
AUD = {f"{OIDC}:aud": "sts.amazonaws.com"}

# 19 roles by trust; the twentieth is a service-linked role.
ROLES = {
    "deployer": trust(OWN),
    "legacy-admin": trust(OWN),
    "power": trust(OWN),
    "reader": trust(OWN),
    "lambda-exec": service("lambda"),
    "ec2-web": service("ec2"),
    "ec2-batch": service("ec2"),
    "own-user-only": trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}),
    "vendor-plain": trust(VENDOR_ROOT),
    "vendor-by-id": trust({"AWS": VENDOR}),
    "vendor-external-id": trust(VENDOR_ROOT, condition={"StringEquals": {"sts:ExternalId": "e-1"}}),
    "vendor-and-own": trust({"AWS": [OWN["AWS"], VENDOR_ROOT["AWS"]]}),
    "org-wide": trust("*", condition={"StringEquals": {"aws:PrincipalOrgID": "o-abc123"}}),
    "public-any": trust({"AWS": "*"}),
    "public-star": trust("*"),
    "public-by-address": trust("*", condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    "github-any": github({"StringEquals": AUD}),
    "github-wild": github({"StringEquals": AUD, "StringLike": {f"{OIDC}:sub": "*"}}),
    "github-bound": github({"StringEquals": {**AUD, f"{OIDC}:sub": "repo:acme/app:ref:refs/heads/main"}}),
}


class Estate:
    """Clients of one account."""

    def __init__(self, endpoint, credentials=None):
        self.endpoint = endpoint
        self.credentials = credentials or {"aws_access_key_id": "estate", "aws_secret_access_key": "estate"}

    def client(self, name, region=HOME):
        config = Config(inject_host_prefix=False, retries={"max_attempts": 1}, s3={"addressing_style": "path"})
        return boto3.client(name, region_name=region, endpoint_url=self.endpoint, config=config, **self.credentials)


def tls_rule(name, half=False):
    resources = [f"arn:aws:s3:::{name}/*"] if half else [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": resources,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def bucket_policy(name, traits):
    statements = [tls_rule(name, "half-tls" in traits)]
    objects = f"arn:aws:s3:::{name}/*"
    if "log-target" in traits:  # first, because moto stumbles over a principal that is a plain "*"
        delivery = {"Service": "logging.s3.amazonaws.com"}
        statements.insert(0, {"Effect": "Allow", "Principal": delivery, "Action": "s3:PutObject", "Resource": objects})
    if "public-policy" in traits:
        statements.append({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": objects})
    if "vendor-policy" in traits:
        statements.append({"Effect": "Allow", "Principal": VENDOR_ROOT, "Action": "s3:GetObject", "Resource": objects})
    if "own-policy" in traits:
        statements.append({"Effect": "Allow", "Principal": OWN, "Action": "s3:GetObject", "Resource": objects})
    return {"Version": "2012-10-17", "Statement": statements}


def make_bucket(s3, name, region, traits, key_arn):
    more = {} if region == HOME else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    if "object-lock" in traits:
        more["ObjectLockEnabledForBucket"] = True
    ownership = "ObjectWriter" if "acls" in traits else "BucketOwnerEnforced"
    s3.create_bucket(Bucket=name, ObjectOwnership=ownership, **more)
    for trait in traits:
        if trait.startswith("acl:"):
            s3.put_bucket_acl(Bucket=name, ACL=trait.removeprefix("acl:"))
    if "no-pab" not in traits:
        whole = "half-pab" not in traits
        block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": whole, "RestrictPublicBuckets": whole}
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    if "no-policy" not in traits:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(bucket_policy(name, traits)))
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn} if "kms" in traits else {"SSEAlgorithm": "AES256"}
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": "kms" in traits}]
        },
    )
    if "never-versioned" not in traits:
        status = "Suspended" if "suspended" in traits else "Enabled"
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    if "object-lock" in traits:
        retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}}
        s3.put_object_lock_configuration(
            Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
        )
    if "no-lifecycle" not in traits:
        lifecycle = {
            "ID": "dispose",
            "Filter": {"Prefix": ""},
            "Status": "Disabled" if "lifecycle-disabled" in traits else "Enabled",
            "Expiration": {"Days": 400},
        }
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [lifecycle]})
    tags = [{"Key": "owner", "Value": "platform"}]
    if "confidential" in traits:
        tags.append({"Key": "data-classification", "Value": "confidential"})
    if "critical" in traits:
        tags.append({"Key": "criticality", "Value": "high"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})


def fill_s3(estate):
    key = estate.client("kms").create_key(Description="payments")["KeyMetadata"]["Arn"]
    for name, (region, traits) in BUCKETS.items():
        make_bucket(estate.client("s3", region), name, region, traits, key)
    # Copies and log delivery need their target to be there.
    for name, (region, traits) in BUCKETS.items():
        for target in (trait.removeprefix("copied-to:") for trait in traits if trait.startswith("copied-to:")):
            rule = {
                "ID": "copy", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": f"arn:aws:s3:::{target}"},
            }
            estate.client("s3", region).put_bucket_replication(
                Bucket=name, ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT}:role/deployer", "Rules": [rule]}
            )
    s3 = estate.client("s3")
    for name, (region, traits) in BUCKETS.items():
        if region != HOME or "no-logging" in traits:
            continue
        s3.put_bucket_logging(
            Bucket=name,
            BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "access-logs", "TargetPrefix": f"{name}/"}},
        )


def attach(iam, target, arn):
    kind, name = target.split("/", 1)
    call = {"role": iam.attach_role_policy, "group": iam.attach_group_policy, "user": iam.attach_user_policy}[kind]
    call(**{f"{kind.title()}Name": name, "PolicyArn": arn})


def fill_users(iam):
    for group in ("staff", "operators", "empty-group"):
        iam.create_group(GroupName=group, Path="/people/")
    iam.put_group_policy(GroupName="staff", PolicyName="read-one", PolicyDocument=json.dumps(INLINE["read-one"]))
    for name, (path, traits) in USERS.items():
        more = {"PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/deploy-limited"} if "boundary" in traits else {}
        if "tags" in traits:
            more["Tags"] = [{"Key": "team", "Value": "payments"}]
        iam.create_user(UserName=name, Path=path, **more)
        iam.add_user_to_group(GroupName="staff", UserName=name)
        if "console" in traits:
            iam.create_login_profile(UserName=name, Password="Correct-Horse-7-Battery")
        if "mfa" in traits:
            serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
            iam.enable_mfa_device(
                UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
            )
        for _ in traits & {"key", "second-key"}:
            iam.create_access_key(UserName=name)
        if "inactive-key" in traits:
            key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
            iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
        for trait in traits:
            if trait.startswith("inline:"):
                policy = trait.removeprefix("inline:")
                iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=json.dumps(INLINE[policy]))


def fill_roles(iam):
    iam.create_open_id_connect_provider(
        Url=f"https://{OIDC}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["6938fd4d98bab03faadb97b34396831e3780aea1"]
    )
    for name, document in ROLES.items():
        iam.create_role(RoleName=name, Path="/", AssumeRolePolicyDocument=json.dumps(document))
    iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")
    iam.put_role_policy(RoleName="ec2-web", PolicyName="admin", PolicyDocument=json.dumps(INLINE["admin"]))
    iam.put_role_policy(RoleName="ec2-batch", PolicyName="read-one", PolicyDocument=json.dumps(INLINE["read-one"]))
    iam.create_instance_profile(InstanceProfileName="ec2-web")
    iam.add_role_to_instance_profile(InstanceProfileName="ec2-web", RoleName="ec2-web")


def fill_iam(estate):
    iam = estate.client("iam")
    for name, (document, _) in POLICIES.items():
        iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
    fill_users(iam)
    fill_roles(iam)
    for name, (_, target) in POLICIES.items():
        if target:
            attach(iam, target, f"arn:aws:iam::{ACCOUNT}:policy/{name}")
    attach(iam, "user/erin", f"arn:aws:iam::{ACCOUNT}:policy/deploy-limited")
    iam.update_account_password_policy(MinimumPasswordLength=8, RequireNumbers=True)
    iam.upload_server_certificate(ServerCertificateName="old-web", CertificateBody="certificate", PrivateKey="key")


def fill_trails(estate):
    home, west, central = (estate.client("cloudtrail", r) for r in (HOME, "eu-west-1", "eu-central-1"))
    key = estate.client("kms").create_key(Description="trail")["KeyMetadata"]["Arn"]
    home.create_trail(
        Name="main", S3BucketName="trail-logs", IsMultiRegionTrail=True, EnableLogFileValidation=True, KmsKeyId=key
    )
    home.put_event_selectors(
        TrailName="main",
        EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}],
    )
    home.create_trail(Name="data-events", S3BucketName="trail-logs", EnableLogFileValidation=True)
    home.put_event_selectors(
        TrailName="data-events",
        EventSelectors=[
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": False,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::payments/"]}],
            }
        ],
    )
    west.create_trail(Name="weak", S3BucketName="weak-trail-logs", IncludeGlobalServiceEvents=False)
    central.create_trail(Name="stopped", S3BucketName="trail-logs", EnableLogFileValidation=True)
    west.create_trail(Name="stray", S3BucketName="other-accounts-logs", EnableLogFileValidation=True)
    for client, name in ((home, "main"), (home, "data-events"), (west, "weak"), (west, "stray")):
        client.start_logging(Name=name)


def foreign_bucket(endpoint):
    """A bucket of another account, which the trail `stray` delivers to."""
    role = f"arn:aws:iam::{FOREIGN}:role/any"
    answer = Estate(endpoint).client("sts").assume_role(RoleArn=role, RoleSessionName="estate")["Credentials"]
    credentials = {
        "aws_access_key_id": answer["AccessKeyId"],
        "aws_secret_access_key": answer["SecretAccessKey"],
        "aws_session_token": answer["SessionToken"],
    }
    Estate(endpoint, credentials).client("s3").create_bucket(Bucket="other-accounts-logs")


def main(endpoint):
    estate = Estate(endpoint)
    estate.client("account").put_alternate_contact(
        AlternateContactType="SECURITY",
        Name="Security desk",
        Title="CISO",
        EmailAddress="security@example.com",
        PhoneNumber="+49 30 1234567",
    )
    fill_iam(estate)
    fill_s3(estate)
    foreign_bucket(endpoint)
    fill_trails(estate)


if __name__ == "__main__":
    main(sys.argv[1])
