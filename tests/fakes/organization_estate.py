"""Makes an organisation in a moto server, and prints its accounts and what must follow.

    organization_estate.py ENDPOINT_URL ROLE EXTERNAL_ID

It speaks boto3 and knows nothing of the project. The management account has no role: the tools that make roles leave it out.
Five more accounts: one in a unit with a guardrail, one beside it, one without the role, one whose role wants another external
id, one that is suspended.
"""

import json
import sys

import boto3

MANAGEMENT = "123456789012"
URL, ROLE, EXTERNAL_ID = sys.argv[1:4]
REGIONS = ("us-east-1", "eu-west-1")
GUARD = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Action": ["organizations:LeaveOrganization", "cloudtrail:StopLogging"], "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}},
        },
    ],
}


def client(service, account=MANAGEMENT, region="us-east-1"):
    made = boto3.client(
        service, endpoint_url=URL, region_name=region, aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x"
    )

    def as_account(request, **_):
        request.headers["x-moto-account-id"] = account

    made.meta.events.register("before-send", as_account)
    return made


def role(account, external_id):
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client("iam", account).create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)


def contents(account):
    """A user of the account, and a disk in each region, so that one account cannot be taken for another."""
    client("iam", account).create_user(UserName=f"user-of-{account}")
    for region in REGIONS:
        disk = {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": f"disk-of-{account}"}]}
        client("ec2", account, region).create_volume(AvailabilityZone=f"{region}a", Size=1, TagSpecifications=[disk])


organizations = client("organizations")
organizations.create_organization(FeatureSet="ALL")
root = organizations.list_roots()["Roots"][0]["Id"]
unit = organizations.create_organizational_unit(ParentId=root, Name="guarded")["OrganizationalUnit"]["Id"]


def account(name):
    made = organizations.create_account(AccountName=name, Email=f"{name}@example.com")
    return made["CreateAccountStatus"]["AccountId"]


accounts = {name: account(name) for name in ("guarded", "beside", "without-role", "other-external-id", "suspended")}
organizations.move_account(AccountId=accounts["guarded"], SourceParentId=root, DestinationParentId=unit)
guard = organizations.create_policy(Name="guard", Description="d", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(GUARD))
guard = guard["Policy"]["PolicySummary"]["Id"]
organizations.attach_policy(PolicyId=guard, TargetId=unit)
organizations.close_account(AccountId=accounts["suspended"])
for name in ("guarded", "beside", "suspended"):
    role(accounts[name], EXTERNAL_ID)
role(accounts["other-external-id"], "another")
for name in ("guarded", "beside"):
    contents(accounts[name])
contents(MANAGEMENT)

organization = organizations.describe_organization()["Organization"]["Id"]
verdicts = {id: "pass" if name == "guarded" else "fail" for name, id in accounts.items()} | {MANAGEMENT: "not_applicable"}
print(
    json.dumps(
        {
            "organization": organization,
            "accounts": accounts | {"management": MANAGEMENT},
            "guard": {"id": guard, "target": unit},
            "verdicts": {"aws.organizations.scp-guardrails": verdicts},
        }
    )
)
