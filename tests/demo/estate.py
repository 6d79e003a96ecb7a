"""An invented company's AWS account, with faults in it. Knows nothing of evidenced."""

import json
import sys

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
proxy, ca = sys.argv[1], sys.argv[2]
session = boto3.Session(aws_access_key_id="AKIADEMO", aws_secret_access_key="demo", region_name="eu-central-1")
CONFIG = Config(proxies={"https": proxy, "http": proxy}, retries={"max_attempts": 1})


def client(name, region="eu-central-1"):
    return session.client(name, region_name=region, config=CONFIG, verify=ca)


iam, s3, kms = client("iam"), client("s3"), client("kms")


def statement(effect, action, resource, **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(**principal):
    condition = principal.pop("Condition", None)
    action = "sts:AssumeRoleWithWebIdentity" if "Federated" in principal else "sts:AssumeRole"
    one = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        one["Condition"] = condition
    return document(one)


BLOCKED = dict(BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=True, RestrictPublicBuckets=True)


def bucket(name, region="eu-central-1", tags=None, block=True, version="Enabled", tls=True, kms_key=None,
           expire=True, policy=None, acl=None, lock=False):
    here = client("s3", region)
    here.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=lock,
        ObjectOwnership="ObjectWriter" if acl else "BucketOwnerEnforced",
        **({} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}),
    )
    if block:
        here.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCKED)
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": kms_key} if kms_key else {"SSEAlgorithm": "AES256"}
    here.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
    )
    here.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": version})
    arn = f"arn:aws:s3:::{name}"
    statements = list(policy or [])
    if tls:
        statements.append(
            {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, arn + "/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    if statements:
        here.put_bucket_policy(Bucket=name, Policy=document(*statements))
    if acl:
        here.put_bucket_acl(Bucket=name, ACL=acl)
    if tags:
        here.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})
    if expire:
        here.put_bucket_lifecycle_configuration(
            Bucket=name,
            LifecycleConfiguration={"Rules": [{"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""},
                                               "NoncurrentVersionExpiration": {"NoncurrentDays": 90}}]})
    if lock:
        here.put_object_lock_configuration(
            Bucket=name,
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled",
                                     "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}}})


def buckets():
    key = kms.create_key(Description="customer data")["KeyMetadata"]["Arn"]
    trail_policy = [
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl",
         "Resource": "arn:aws:s3:::harbour-cloudtrail"},
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::harbour-cloudtrail/AWSLogs/*"}]
    bucket("harbour-cloudtrail", lock=True, policy=trail_policy, tags={"owner": "security"})
    bucket("harbour-customer-data", kms_key=key, tags={"owner": "platform", "data-classification": "confidential"})
    bucket("harbour-hr-records", tags={"owner": "people", "data-classification": "confidential"}, version="Suspended")
    public = [{"Sid": "World", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
               "Resource": "arn:aws:s3:::harbour-www/*"}]
    bucket("harbour-www", region="us-east-1", block=False, policy=public, tls=False, expire=False)
    bucket("harbour-legacy-exports", region="us-east-1", block=False, acl="public-read", tls=False, version="Suspended",
           expire=False)
    bucket("harbour-build-cache", tls=False, tags={"owner": "engineering"})
    partner = [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::998877665544:root"}, "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::harbour-partner-drop/*"}]
    bucket("harbour-partner-drop", policy=partner, tags={"owner": "sales"})


def people():
    admin = iam.create_policy(PolicyName="everything", PolicyDocument=document(statement("Allow", "*", "*")))
    audit = iam.create_policy(
        PolicyName="audit-logs-admin",
        PolicyDocument=document(statement("Allow", ["cloudtrail:*", "logs:Describe*"], "*")))
    readers = iam.create_policy(
        PolicyName="read-reports",
        PolicyDocument=document(statement("Allow", ["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::harbour-customer-data*")))
    for group in ("operators", "analysts"):
        iam.create_group(GroupName=group)
    iam.attach_group_policy(GroupName="operators", PolicyArn=audit["Policy"]["Arn"])
    iam.attach_group_policy(GroupName="analysts", PolicyArn=readers["Policy"]["Arn"])
    for user in ("alice", "bob", "carol", "dave", "ci-deploy", "backup-agent"):
        iam.create_user(UserName=user, Tags=[{"Key": "team", "Value": "platform"}])
    for user in ("alice", "bob", "carol", "dave"):
        iam.create_login_profile(UserName=user, Password="Correct-Horse-Battery-9")
    for user in ("bob", "carol"):
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(UserName=user, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    iam.attach_user_policy(UserName="alice", PolicyArn=admin["Policy"]["Arn"])
    iam.add_user_to_group(GroupName="operators", UserName="bob")
    iam.add_user_to_group(GroupName="analysts", UserName="carol")
    iam.add_user_to_group(GroupName="analysts", UserName="dave")
    for user in ("ci-deploy", "backup-agent"):
        iam.create_access_key(UserName=user)
    iam.put_user_policy(UserName="ci-deploy", PolicyName="deploy",
                        PolicyDocument=document(statement("Allow", ["iam:PassRole", "lambda:*"], "*")))
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, RequireNumbers=True,
                                       RequireUppercaseCharacters=True, RequireLowercaseCharacters=True)


def roles():
    github = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    iam.create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com",
                                        ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40])
    name = "token.actions.githubusercontent.com"
    trusts = {
        "EvidenceReader": trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"),
        "app-server": trust(Service="ec2.amazonaws.com"),
        "monitoring-vendor": trust(AWS="arn:aws:iam::554433221100:root"),
        "payroll-vendor": trust(AWS="arn:aws:iam::665544332211:root",
                                Condition={"StringEquals": {"sts:ExternalId": "harbour-7f3a"}}),
        "github-release": trust(Federated=github, Condition={
            "StringEquals": {f"{name}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{name}:sub": "repo:harbour/app:ref:refs/heads/main"}}),
        "github-any": trust(Federated=github, Condition={"StringEquals": {f"{name}:aud": "sts.amazonaws.com"}}),
        "open-lab": trust(AWS="*"),
    }
    for role, policy in trusts.items():
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy)
    iam.put_role_policy(RoleName="open-lab", PolicyName="lab", PolicyDocument=document(statement("Allow", "*", "*")))
    iam.put_role_policy(RoleName="app-server", PolicyName="assume",
                        PolicyDocument=document(statement("Allow", "sts:AssumeRole", "*")))


def trails():
    trail = client("cloudtrail")
    trail.create_trail(Name="organisation", S3BucketName="harbour-cloudtrail", IsMultiRegionTrail=True,
                       IncludeGlobalServiceEvents=True, EnableLogFileValidation=True)
    trail.put_event_selectors(TrailName="organisation", EventSelectors=[
        {"ReadWriteType": "All", "IncludeManagementEvents": True,
         "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::harbour-customer-data/"]}]}])
    trail.start_logging(Name="organisation")
    other = client("cloudtrail", "us-east-1")
    other.create_trail(Name="old-us", S3BucketName="harbour-cloudtrail", IsMultiRegionTrail=False)


def machines():
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "harbour"}, {"Key": "environment", "Value": "production"}])
    public, private, other = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{n}.0/24", AvailabilityZone=f"eu-central-1{zone}")["Subnet"]["SubnetId"]
        for n, zone in enumerate("abc"))
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    groups = {}
    for name, port in (("web", 443), ("old-bastion", 22), ("database", None)):
        groups[name] = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        if port:
            ec2.authorize_security_group_ingress(GroupId=groups[name], IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    image = ec2.register_image(Name="harbour-base", Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]
    for name, subnet, tokens, group in (("web-1", public, "required", "web"), ("bastion", public, "optional", "old-bastion"),
                                        ("ledger-db", private, "required", "database")):
        ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, MetadataOptions={"HttpTokens": tokens, "HttpEndpoint": "enabled"},
            NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "Groups": [groups[group]],
                                "AssociatePublicIpAddress": subnet == public}],
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}])
    for name, encrypted in (("ledger-data", True), ("old-export", False)):
        volume = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=8, Encrypted=encrypted, TagSpecifications=[
            {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": name}]}])["VolumeId"]
        ec2.create_snapshot(VolumeId=volume, Description=name)
    ec2.enable_ebs_encryption_by_default()
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")


def secrets_and_messages():
    key = kms.create_key(Description="messages", Policy=document(
        statement("Allow", "kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})))["KeyMetadata"]
    kms.enable_key_rotation(KeyId=key["KeyId"])
    vault = client("secretsmanager")
    for name in ("harbour/ledger-db", "harbour/partner-api"):
        vault.create_secret(Name=name, SecretString="not in the evidence", Tags=[{"Key": "owner", "Value": "platform"}])
    classified = [{"Key": "data-classification", "Value": "internal"}]
    topics = client("sns")
    alerts = topics.create_topic(Name="security-alerts", Attributes={"KmsMasterKeyId": key["Arn"]}, Tags=classified)["TopicArn"]
    topics.subscribe(TopicArn=alerts, Protocol="email", Endpoint="security@harbour.example")
    topics.create_topic(Name="orders")
    queues = client("sqs")
    queues.create_queue(QueueName="orders", Attributes={"KmsMasterKeyId": key["Arn"]},
                        tags={"data-classification": "confidential"})
    queues.create_queue(QueueName="open-inbox", Attributes={"SqsManagedSseEnabled": "true", "Policy": document(
        statement("Allow", "sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{ACCOUNT}:open-inbox", Principal="*"))})


def databases():
    rds = client("rds")
    common = dict(DBInstanceClass="db.t4g.medium", Engine="postgres", MasterUsername="harbour",
                  MasterUserPassword="not-in-the-evidence-7", AllocatedStorage=20)
    rds.create_db_instance(DBInstanceIdentifier="ledger", StorageEncrypted=True, MultiAZ=True, BackupRetentionPeriod=14,
                           DeletionProtection=True, EnableCloudwatchLogsExports=["postgresql"], PubliclyAccessible=False,
                           Tags=[{"Key": "environment", "Value": "production"},
                                 {"Key": "data-classification", "Value": "confidential"}], **common)
    rds.create_db_instance(DBInstanceIdentifier="reporting", PubliclyAccessible=True, BackupRetentionPeriod=1, **common)
    dynamo = client("dynamodb")
    for name in ("sessions", "bookings"):
        dynamo.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                            Tags=[{"Key": "data-classification", "Value": "confidential"}])
    dynamo.update_continuous_backups(TableName="bookings",
                                     PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})


def watching():
    logs, alarms = client("logs"), client("cloudwatch")
    for name, days in (("harbour/app", 400), ("harbour/debug", None)):
        logs.create_log_group(logGroupName=name)
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    alarms.put_metric_alarm(AlarmName="ledger-cpu", Namespace="AWS/RDS", MetricName="CPUUtilization", Statistic="Average",
                            Period=300, EvaluationPeriods=3, Threshold=90, ComparisonOperator="GreaterThanThreshold")
    client("guardduty").create_detector(Enable=True)
    client("ecr").create_repository(repositoryName="harbour/app", imageTagMutability="MUTABLE",
                                    imageScanningConfiguration={"scanOnPush": True})


def account():
    client("account").put_alternate_contact(AlternateContactType="SECURITY", Name="Security desk", Title="CISO",
                                            EmailAddress="security@harbour.example", PhoneNumber="+49 30 1234567")


for step in (buckets, people, roles, trails, machines, secrets_and_messages, databases, watching, account):
    try:
        step()
    except Exception as error:  # shown, and the recording stops: a half estate is no demo
        print(f"{step.__name__}: {error}", file=sys.stderr)
        raise
