"""Fills KMS, Secrets Manager, ACM, Lambda, SNS, SQS and S3 of a moto server in two regions, and prints what must follow:
{control: {resource ARN: verdict}}, decided by hand where each thing is made.

    messaging_estate.py ENDPOINT_URL

It speaks boto3 and knows nothing of the project. Where moto lacks a call or leaves out what AWS tells, the verdict is
`not_evaluated`.
"""

import io
import json
import sys
import zipfile
from collections import defaultdict
from datetime import datetime, timedelta, timezone

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ACCOUNT = "123456789012"
HOME, WEST = "us-east-1", "eu-west-1"
KEYS = defaultdict(dict)


def must(verdict, arn, *controls):
    for control in controls:
        KEYS[f"aws.{control}"][arn] = verdict


def policy(principal, action, resource="*", condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def keys(kms, region):
    """moto says of every key that the customer manages it, so the keys of AWS are missing here."""
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    rotation, deletion, public = "kms.rotation", "kms.not-pending-deletion", "kms.policy-not-public"

    def key(principal=root, condition=None, **more):
        text = policy(principal, "kms:*", condition=condition)
        return kms.create_key(Policy=text, **more)["KeyMetadata"]["Arn"]

    still = key()
    must("fail", still, rotation)
    must("pass", still, deletion, public)
    rotates = key({"AWS": "*"}, {"StringEquals": {"kms:CallerAccount": ACCOUNT}})
    kms.enable_key_rotation(KeyId=rotates)
    kms.create_alias(AliasName="alias/orders", TargetKeyId=rotates)
    # moto does not tell the period.
    must("not_evaluated", rotates, rotation)
    must("pass", rotates, deletion, public)
    via = key({"AWS": "*"}, {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}})
    must("fail", via, rotation, public)
    must("pass", via, deletion)
    signs = key("*", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    must("not_applicable", signs, rotation)
    must("pass", signs, deletion)
    must("fail", signs, public)
    going = key()
    # moto wants the bare id here.
    kms.schedule_key_deletion(KeyId=going.rsplit("/", 1)[1], PendingWindowInDays=7)
    must("not_applicable", going, rotation)
    must("fail", going, deletion)
    must("pass", going, public)
    imported = key(Origin="EXTERNAL")
    must("not_applicable", imported, rotation)
    must("pass", imported, deletion, public)


def secrets(manager, region):
    rotation, public = "secretsmanager.rotation", "secretsmanager.not-public"

    def secret(name, tags=(), **more):
        tags = [{"Key": key, "Value": value} for key, value in dict(tags).items()]
        return manager.create_secret(Name=name, SecretString="canary-secret", Tags=tags, **more)["ARN"]

    plain = secret("plain")
    must("fail", plain, rotation)
    must("not_applicable", plain, public)
    rotates = secret("rotates")
    manager.rotate_secret(SecretId=rotates, RotationRules={"AutomaticallyAfterDays": 30})
    must("pass", rotates, rotation)
    must("not_applicable", rotates, public)
    by_hand = secret("by-hand", {"rotation": "manual", "owner": "payments"})
    manager.put_resource_policy(
        SecretId=by_hand, ResourcePolicy=policy({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "secretsmanager:*")
    )
    must("pass", by_hand, rotation, public)
    nobodys = secret("nobodys", {"rotation": "manual"})
    manager.put_resource_policy(SecretId=nobodys, ResourcePolicy=policy("*", "secretsmanager:GetSecretValue"))
    must("fail", nobodys, rotation, public)
    if region == HOME:
        copied = secret("copied", AddReplicaRegions=[{"Region": WEST}])
        must("fail", copied, rotation)
        must("not_applicable", copied, public)
        copy = copied.replace(HOME, WEST)
        must("not_applicable", copy, rotation)
        # moto refuses the policy of a copy.
        must("not_evaluated", copy, public)


def certificate(days):
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.com")])
    now = datetime.now(timezone.utc)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=days)).sign(key, hashes.SHA256())
    form = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, form)
    return {"Certificate": made.public_bytes(serialization.Encoding.PEM), "PrivateKey": private}


def certificates(acm, elb, region):
    expiry = "acm.certificate-expiry"

    def used(name, arn):
        listener = {"Protocol": "HTTPS", "LoadBalancerPort": 443, "InstancePort": 80, "SSLCertificateId": arn}
        elb.create_load_balancer(LoadBalancerName=name, AvailabilityZones=[f"{region}a"], Listeners=[listener])

    must("not_applicable", acm.import_certificate(**certificate(5))["CertificateArn"], expiry)
    must("not_applicable", acm.request_certificate(DomainName="unused.example.com")["CertificateArn"], expiry)
    for name, days, verdict in (("long", 200, "pass"), ("short", 20, "fail")):
        arn = acm.import_certificate(**certificate(days))["CertificateArn"]
        used(name, arn)
        must(verdict, arn, expiry)


def functions(function, role):
    public, runtime = "lambda.not-public", "lambda.supported-runtime"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", "def handler(event, context): return 1")
    code = {"ZipFile": archive.getvalue()}
    variables = {"Variables": {"DB_PASSWORD": "canary-variable"}}

    def made(name, version):
        return function.create_function(
            FunctionName=name, Runtime=version, Role=role, Handler="main.handler", Code=code, Environment=variables
        )["FunctionArn"]

    fine = made("fine", "python3.13")
    old = made("old", "python3.7")
    must("pass", fine, runtime)
    must("fail", old, runtime)
    # moto does not know the URLs of functions.
    must("not_evaluated", fine, public)
    function.add_permission(FunctionName="old", StatementId="all", Action="lambda:InvokeFunction", Principal="*")
    must("fail", old, public)
    image = function.create_function(
        FunctionName="image", PackageType="Image", Role=role,
        Code={"ImageUri": f"{ACCOUNT}.dkr.ecr.{HOME}.amazonaws.com/web@sha256:{'0' * 64}"},
    )["FunctionArn"]
    must("not_applicable", image, runtime)
    must("not_evaluated", image, public)


def topics(sns):
    control, tags = "sns.encrypted-private", "tagging.data-classification"
    for name, key, principal, value, verdict in (
        ("private", "alias/aws/sns", None, "confidential", "pass"),
        ("plain", None, None, "public", "fail"),
        ("open", "alias/aws/sns", "*", None, "fail"),
        ("partner", "alias/aws/sns", {"AWS": "arn:aws:iam::999988887777:root"}, "Confidential", "pass"),
    ):
        given = [{"Key": "data-classification", "Value": value}] if value else []
        arn = sns.create_topic(Name=name, Tags=given)["TopicArn"]
        if key:
            sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=key)
        if principal:
            sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy(principal, "sns:Publish", arn))
        must(verdict, arn, control)
        must("pass" if value in ("confidential", "public") else "fail", arn, tags)


def queues(sqs, region):
    control, tags = "sqs.encrypted-private", "tagging.data-classification"
    for name, attributes, principal, value, verdict in (
        ("managed", {"SqsManagedSseEnabled": "true"}, None, "internal", "pass"),
        ("key", {"SqsManagedSseEnabled": "false", "KmsMasterKeyId": "alias/aws/sqs"}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, None, "pass"),
        ("plain", {"SqsManagedSseEnabled": "false"}, None, "restricted", "fail"),
        ("open", {"SqsManagedSseEnabled": "true"}, "*", "top", "fail"),
    ):
        arn = f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"
        if principal:
            attributes = attributes | {"Policy": policy(principal, "sqs:SendMessage", arn)}
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        if value:
            sqs.tag_queue(QueueUrl=url, Tags={"data-classification": value})
        must(verdict, arn, control)
        must("pass" if value in ("internal", "restricted") else "fail", arn, tags)


def buckets(s3):
    for name, given, verdict in (
        ("classified", {"data-classification": "restricted"}, "pass"), ("unclassified", {}, "fail"), ("other", {"team": "a"}, "fail"),
    ):
        s3.create_bucket(Bucket=f"messaging-{name}", CreateBucketConfiguration={"LocationConstraint": WEST})
        if given:
            tags = {"TagSet": [{"Key": key, "Value": value} for key, value in given.items()]}
            s3.put_bucket_tagging(Bucket=f"messaging-{name}", Tagging=tags)
        must(verdict, f"arn:aws:s3:::messaging-{name}", "tagging.data-classification")


def main(endpoint):
    def client(service, region):
        return boto3.client(
            service, region_name=region, endpoint_url=endpoint, aws_access_key_id="estate", aws_secret_access_key="estate"
        )

    trust = policy({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")
    role = client("iam", HOME).create_role(RoleName="function", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for region in (HOME, WEST):
        keys(client("kms", region), region)
        secrets(client("secretsmanager", region), region)
        certificates(client("acm", region), client("elb", region), region)
        functions(client("lambda", region), role)
        topics(client("sns", region))
        queues(client("sqs", region), region)
    buckets(client("s3", WEST))
    print(json.dumps(KEYS, indent=1, sort_keys=True))


if __name__ == "__main__":
    main(sys.argv[1])
