"""Fills CloudTrail, CloudWatch, EventBridge, SNS and CloudWatch Logs of a moto server, and prints what must follow:
{control: {resource id: verdict}}, decided by hand where each thing is made.

    alarms_estate.py ENDPOINT_URL filters|rules

It speaks boto3 and knows nothing of the project. `filters` is an account whose alerts all hang on one multi-region trail and hold
in every region. `rules` is one that relies on EventBridge in `eu-west-1`: what it has there does not help the other regions.
"""

import json
import sys
from collections import defaultdict

import boto3

ACCOUNT = "123456789012"
HOME, WEST, CENTRAL = "us-east-1", "eu-west-1", "eu-central-1"
REGIONS = (HOME, WEST, CENTRAL)
KEYS = defaultdict(dict)
ALERTS = (
    "unauthorized-api-calls console-signin-without-mfa console-signin-failures root-usage iam-policy-changes cloudtrail-changes "
    "config-changes kms-key-deletion s3-policy-changes security-group-changes nacl-changes network-gateway-changes "
    "route-table-changes vpc-changes organizations-changes"
).split()


def must(verdict, control, resource):
    KEYS[f"aws.{control}"][resource] = verdict


def alert(verdict, name, *regions):
    for region in regions or REGIONS:
        must(verdict, f"cloudwatch.alarm.{name}", f"{ACCOUNT}/{region}")


def any_name(*names):
    return " || ".join(f"($.eventName = {name})" for name in names)


# Each as people write them: bare and quoted, with and without brackets, by name and by wildcard.
FILTERS = {
    "unauthorized-api-calls": '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    "console-signin-without-mfa": '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }',
    "console-signin-failures": '{$.eventName=ConsoleLogin&&$.errorMessage="Failed authentication"}',
    "root-usage": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
    "iam-policy-changes": '{ $.eventSource = "iam.amazonaws.com" && $.eventName = "*Policy*" && $.readOnly IS FALSE }',
    "cloudtrail-changes": "{ $.eventName = *Trail || $.eventName = StartLogging || $.eventName = StopLogging }",
    "config-changes": "{ ($.eventSource = config.amazonaws.com) && ("
    + any_name("StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder")
    + ") }",
    "kms-key-deletion": "{ ($.eventSource = kms.amazonaws.com) && (" + any_name("DisableKey", "ScheduleKeyDeletion") + ") }",
    "s3-policy-changes": '{ $.eventSource = s3.amazonaws.com && ($.eventName = "PutBucket*" || $.eventName = "DeleteBucket*") }',
    "security-group-changes": '{ $.eventName = "*SecurityGroup*" && $.readOnly IS FALSE }',
    "nacl-changes": "{ "
    + any_name(
        "CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry", "ReplaceNetworkAclEntry",
        "ReplaceNetworkAclAssociation",
    )
    + " }",
    "network-gateway-changes": '{ $.eventName = "*CustomerGateway" || $.eventName = "*InternetGateway" }',
    "route-table-changes": '{ $.eventName = "*Route" || $.eventName = "*RouteTable*" && $.readOnly IS FALSE }',
    "vpc-changes": '{ ($.eventName = "*Vpc") || ($.eventName = "*VpcPeeringConnection") || ($.eventName = ModifyVpcAttribute) }',
    "organizations-changes": "{ $.eventSource = organizations.amazonaws.com && $.readOnly IS FALSE }",
}


class Cloud:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    def client(self, service, region=HOME):
        keys = {"aws_access_key_id": "estate", "aws_secret_access_key": "estate"}
        return boto3.client(service, region_name=region, endpoint_url=self.endpoint, **keys)

    def topic(self, name, region=HOME, heard=True):
        sns = self.client("sns", region)
        made = sns.create_topic(Name=name)["TopicArn"]
        if heard:
            sns.subscribe(TopicArn=made, Protocol="email", Endpoint="security@example.com")
        return made

    def trail(self, group):
        self.client("s3").create_bucket(Bucket="trail-logs")
        trails = self.client("cloudtrail")
        trails.create_trail(
            Name="main", S3BucketName="trail-logs", IsMultiRegionTrail=True, CloudWatchLogsLogGroupArn=f"{group}:*",
            CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/trail",
        )
        selectors = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
        trails.put_event_selectors(TrailName="main", EventSelectors=selectors)
        trails.start_logging(Name="main")

    def group(self, name, days=None, key=None, region=HOME):
        logs = self.client("logs", region)
        logs.create_log_group(logGroupName=name, **({"kmsKeyId": key} if key else {}))
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        arn = f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{name}"
        must("pass" if days is None or days >= 365 else "fail", "logs.retention", arn)
        must("pass" if key else "fail", "logs.kms-encryption", arn)
        return arn

    def filter(self, group, name, pattern):
        counted = {"metricName": name, "metricNamespace": "CIS", "metricValue": "1"}
        logs = self.client("logs")
        logs.put_metric_filter(
            logGroupName=group, filterName=name, filterPattern=pattern, metricTransformations=[counted]
        )

    def alarm(self, name, actions, verdict=None, region=HOME, **more):
        asked = {
            "Namespace": "CIS", "MetricName": name, "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching", "ActionsEnabled": True,
        }
        self.client("cloudwatch", region).put_metric_alarm(AlarmName=name, AlarmActions=actions, **(asked | more))
        arn = f"arn:aws:cloudwatch:{region}:{ACCOUNT}:alarm:{name}"
        if verdict:
            must(verdict, "cloudwatch.alarm-actions-enabled", arn)
        return arn

    def rule(self, region, name, pattern, target, state="ENABLED"):
        events = self.client("events", region)
        events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state)
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target}])


def filters(cloud):
    """Fifteen filters, an alarm on each, and a subscriber. moto knows no composite alarms."""
    cloud.client("organizations").create_organization(FeatureSet="ALL")
    group = cloud.group("trail", days=400, key=f"arn:aws:kms:{HOME}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111")
    cloud.trail(group)
    topic = cloud.topic("security")
    for name in ALERTS:
        cloud.filter("trail", name, FILTERS[name])
        alert("pass", name)
        cloud.alarm(name, [topic], "pass")
    cloud.alarm("idle", [], "fail")
    usage = {"Namespace": "AWS/Usage", "MetricName": "ResourceCount"}
    cloud.alarm("quota", [topic], "pass", **usage)
    cloud.alarm("quota", [cloud.topic("ops", WEST)], "fail", region=WEST, ActionsEnabled=False, **usage)
    must("pass", "account.capacity-alarms", f"{ACCOUNT}/{HOME}")
    must("fail", "account.capacity-alarms", f"{ACCOUNT}/{WEST}")
    must("fail", "account.capacity-alarms", f"{ACCOUNT}/{CENTRAL}")


def rules(cloud):
    """Rules in one region, and near misses in the others."""
    cloud.client("organizations").create_organization(FeatureSet="ALL")
    cloud.trail(cloud.group("trail"))
    cloud.group("app", days=30, region=WEST)
    heard, silent = cloud.topic("security", WEST), cloud.topic("nobody", heard=False)
    calls, sign_ins = "AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"
    sources = ("cloudtrail", "config", "kms", "s3", "ec2", "iam", "organizations")
    cloud.rule(
        WEST, "changes",
        {"source": [f"aws.{source}" for source in sources], "detail-type": [calls],
         "detail": {"eventName": [{"anything-but": {"prefix": ["Get", "List", "Describe"]}}]}},
        heard,
    )
    cloud.rule(WEST, "sign-ins", {"detail-type": [sign_ins]}, heard)
    cloud.rule(WEST, "root", {"detail-type": [calls], "detail": {"userIdentity": {"type": ["Root"]}}}, heard)
    cloud.rule(
        WEST, "refused",
        {"detail": {"$or": [{"errorCode": [{"prefix": "AccessDenied"}]}, {"errorCode": [{"suffix": "UnauthorizedOperation"}]}]}},
        heard, state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
    )
    for name in ALERTS:
        alert("pass", name, WEST)
        alert("fail", name, HOME, CENTRAL)
    # What IAM, Organizations and the root user's sign-in do is delivered in us-east-1, where no rule waits for it.
    for name in ("iam-policy-changes", "organizations-changes", "root-usage"):
        alert("fail", name)
    # In us-east-1: a filter that leaves out one event, one on a log group of no trail, one whose alarm waits for ten, one whose
    # topic has no subscriber, and one whose alarm may not act.
    home = cloud.topic("home")
    missing = FILTERS["cloudtrail-changes"].replace(" || $.eventName = StopLogging", "")
    cloud.filter("trail", "cloudtrail-changes", missing)
    cloud.alarm("cloudtrail-changes", [home], "pass")
    cloud.group("elsewhere")
    cloud.filter("elsewhere", "root-usage", FILTERS["root-usage"])
    cloud.alarm("root-usage", [home], "pass")
    cloud.filter("trail", "kms-key-deletion", FILTERS["kms-key-deletion"])
    cloud.alarm("kms-key-deletion", [home], "pass", Threshold=10)
    cloud.filter("trail", "vpc-changes", FILTERS["vpc-changes"])
    cloud.alarm("vpc-changes", [silent], "pass")
    cloud.filter("trail", "iam-policy-changes", FILTERS["iam-policy-changes"])
    cloud.alarm("iam-policy-changes", [home], "fail", ActionsEnabled=False)
    # In eu-central-1 a function gets what happens to keys: whether it tells anybody is not known.
    function = f"arn:aws:lambda:{CENTRAL}:{ACCOUNT}:function:tell"
    cloud.rule(CENTRAL, "keys", {"source": ["aws.kms"]}, function)
    alert("not_evaluated", "kms-key-deletion", CENTRAL)
    policies = (("open", "*", "fail"), ("search", {"Service": "es.amazonaws.com"}, "pass"))
    for name, principal, verdict in policies:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "logs:PutLogEvents", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        cloud.client("logs").put_resource_policy(policyName=name, policyDocument=document)
        must(verdict, "logs.not-public", f"arn:aws:logs:{HOME}:{ACCOUNT}:resource-policy:{name}")


def main(endpoint, which):
    {"filters": filters, "rules": rules}[which](Cloud(endpoint))
    print(json.dumps(KEYS))


main(*sys.argv[1:])
