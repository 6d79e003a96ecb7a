"""Fills IAM of a moto server with principals who can become stronger than they are, and with those who only seem to, and
prints what must follow: {control: {principal ARN: verdict}}, decided by hand where each is made.

    principals_estate.py ENDPOINT_URL

It speaks boto3 and knows nothing of the project. The server must know the policies that AWS manages
(MOTO_IAM_LOAD_MANAGED_POLICIES=true).
"""

import json
import sys

import boto3

ACCOUNT = "123456789012"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
MANAGED = "arn:aws:iam::aws:policy/"
KEY = {"aws.iam.principal.no-privilege-escalation": {}, "aws.iam.principal.no-admin-managed-policy": {}}
iam = boto3.client("iam", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions, on="*", **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions, on="*"):
    return {"Effect": "Deny", "Action": list(actions), "Resource": on}


def trust(principal):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def service(name):
    return {"Service": f"{name}.amazonaws.com"}


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def must(arn, escalation, managed="pass"):
    KEY["aws.iam.principal.no-privilege-escalation"][arn] = escalation
    KEY["aws.iam.principal.no-admin-managed-policy"][arn] = managed


def user(name, escalation, *statements, managed="pass", attached=(), groups=()):
    made = iam.create_user(UserName=name)["User"]["Arn"]
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    for arn in attached:
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
    for group in groups:
        iam.add_user_to_group(GroupName=group, UserName=name)
    must(made, escalation, managed)


def role(name, escalation, trusted, *statements, managed="pass", attached=()):
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(trusted))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    for arn in attached:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    must(made, escalation, managed)


def group(name, *statements, attached=()):
    iam.create_group(GroupName=name)
    if statements:
        iam.put_group_policy(GroupName=name, PolicyName="own", PolicyDocument=document(*statements))
    for arn in attached:
        iam.attach_group_policy(GroupName=name, PolicyArn=arn)


def policy(name, *statements):
    return iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"]


# --- who is strong
role("lambda-admin", "not_applicable", service("lambda"), managed="fail", attached=[MANAGED + "AdministratorAccess"])
role("iam-full", "not_applicable", service("ecs-tasks"), managed="fail", attached=[MANAGED + "IAMFullAccess"])
role("operator", "not_applicable", ROOT, allow("*"))
role("lambda-logs", "pass", service("lambda"), allow("logs:PutLogEvents"))
role("reader", "pass", ROOT, managed="pass", attached=[MANAGED + "SecurityAudit"])
iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")
group("admins", attached=[MANAGED + "AdministratorAccess"])
user("root-like", "not_applicable", groups=["admins"], managed="fail")

# --- who becomes stronger
user("own-policy", "fail", allow("iam:PutUserPolicy", on=f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))
user("assumes", "fail", allow("sts:AssumeRole"))
group("passes", allow("iam:PassRole"))
user("two-halves", "fail", allow("lambda:CreateFunction", "lambda:InvokeFunction"), groups=["passes"])
user("joins", "fail", allow("iam:AddUserToGroup"))
user("keys", "fail", allow("iam:CreateAccessKey"))
user("if-at-home", "fail", allow("iam:AttachUserPolicy", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
role("rewrites", "fail", service("ec2"), allow("iam:UpdateAssumeRolePolicy"))
versioned = policy("versioned", allow("iam:CreatePolicyVersion", on="*"))
user("versions", "fail", attached=[versioned])

# --- who only seems to
user("denied", "pass", allow("sts:AssumeRole"), deny("sts:*"))
# moto has no boundaries of users
role("capped", "pass", service("ec2"), allow("iam:*"))
iam.put_role_permissions_boundary(RoleName="capped", PermissionsBoundary=policy("cap", allow("s3:*")))
user("assumes-reader", "pass", allow("sts:AssumeRole", on=role_arn("reader")), attached=[MANAGED + "SecurityAudit"])
user("passes-weak", "pass", allow("lambda:CreateFunction", "lambda:InvokeFunction"), allow("iam:PassRole", on=role_arn("lambda-logs")))
user(
    "passes-elsewhere",
    "pass",
    allow("lambda:CreateFunction", "lambda:InvokeFunction"),
    allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}),
)
user("passes-nothing", "pass", allow("iam:PassRole"))
user("others", "pass", allow("iam:PutUserPolicy", on=f"arn:aws:iam::{ACCOUNT}:user/nobody"))
user("plain", "pass")

print(json.dumps(KEY))
