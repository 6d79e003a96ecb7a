"""Fills the detection services of an account, and prints what must follow: {control: {resource id: verdict}}, decided by hand
where each thing is made. A control whose resources cannot be listed has one line for an empty id.

    detection_estate.py moto ENDPOINT_URL              moto alone: what it lacks must be not_evaluated
    detection_estate.py fake ENDPOINT_URL FAKE_URL     moto for EC2, and `detection.py` at FAKE_URL for what moto lacks

It speaks boto3 and knows nothing of the project.
"""

import json
import sys
import time
import urllib.request
from collections import defaultdict

import boto3

ACCOUNT = "123456789012"
HOME, WEST, CENTRAL = "us-east-1", "eu-west-1", "eu-central-1"
REGIONS = (HOME, WEST, CENTRAL)
NOW, DAY = time.time(), 86400
KEYS = defaultdict(dict)


def must(verdict, resource, *controls):
    for control in controls:
        KEYS[f"aws.{control}"][resource] = verdict


def client(endpoint, service, region=HOME):
    keys = {"aws_access_key_id": "estate", "aws_secret_access_key": "estate"}
    return boto3.client(service, region_name=region, endpoint_url=endpoint, **keys)


def account(region):
    return f"{ACCOUNT}/{region}"


def text(days_ago):
    """A time as Access Analyzer and GuardDuty write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(NOW - days_ago * DAY))


def plans(*last):
    """GuardDuty's protection plans, all of them on but the last, which is as it is said."""
    on = ("S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS")
    features = [{"Name": name, "Status": "ENABLED"} for name in on]
    return features + [{"Name": "RUNTIME_MONITORING", "Status": status} for status in last]


def machines(endpoint, region, states):
    """Instances in these states; their ids."""
    ec2, made = client(endpoint, "ec2", region), []
    image = ec2.register_image(Name="base", Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]
    for state in states:
        made.append(ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"])
        if state == "stopped":
            ec2.stop_instances(InstanceIds=made[-1:])
        if state == "terminated":
            ec2.terminate_instances(InstanceIds=made[-1:])
    return made


def instance(machine, region=HOME):
    return f"arn:aws:ec2:{region}:{ACCOUNT}:instance/{machine}"


def vulnerability(number, kind, severity, days_ago):
    """A finding of Inspector; its ARN."""
    arn = f"arn:aws:inspector2:{HOME}:{ACCOUNT}:finding/{number:032x}"
    return arn, {
        "findingArn": arn, "awsAccountId": ACCOUNT, "type": kind, "severity": severity, "status": "ACTIVE",
        "title": f"finding {number}", "description": "d", "remediation": {}, "firstObservedAt": NOW - days_ago * DAY,
        "lastObservedAt": NOW, "resources": [{"id": "i-1", "type": "AWS_EC2_INSTANCE"}],
    }


def in_moto(endpoint):
    running, stopped = machines(endpoint, HOME, ("running", "stopped"))
    machines(endpoint, WEST, ("running",))
    # moto knows no Access Analyzer and no managed nodes.
    for region in REGIONS:
        must("not_evaluated", account(region), "accessanalyzer.enabled")
    must("not_evaluated", "", "accessanalyzer.no-stale-findings", "ec2.instance.patch-compliant")
    must("not_evaluated", instance(running), "ec2.instance.managed-by-ssm")
    must("not_applicable", instance(stopped), "ec2.instance.managed-by-ssm")

    # A recorder of moto stays at PENDING.
    client(endpoint, "s3").create_bucket(Bucket="config")
    recorder(endpoint, HOME, {"allSupported": True, "includeGlobalResourceTypes": True})
    for region in REGIONS:
        must("fail", account(region), "config.recorder-all-regions")

    client(endpoint, "guardduty").create_detector(Enable=True, Features=plans("ENABLED"))
    client(endpoint, "guardduty", WEST).create_detector(Enable=False, Features=plans("ENABLED"))
    must("pass", account(HOME), "guardduty.protection-plans")
    must("not_applicable", account(WEST), "guardduty.protection-plans")
    must("not_applicable", account(CENTRAL), "guardduty.protection-plans")
    must("pass", account(HOME), "guardduty.enabled")
    must("fail", account(WEST), "guardduty.enabled")
    must("fail", account(CENTRAL), "guardduty.enabled")
    must("not_evaluated", "", "guardduty.no-overdue-findings")

    # moto does not know which standards are enabled.
    client(endpoint, "securityhub").enable_security_hub()
    must("not_evaluated", account(HOME), "securityhub.enabled")
    must("fail", account(WEST), "securityhub.enabled")
    must("fail", account(CENTRAL), "securityhub.enabled")

    # moto says nothing of an account that never turned Inspector on.
    client(endpoint, "inspector2").enable(accountIds=[ACCOUNT], resourceTypes=["EC2", "ECR", "LAMBDA"])
    west = client(endpoint, "inspector2", WEST)
    west.enable(accountIds=[ACCOUNT], resourceTypes=["EC2"])
    west.disable(accountIds=[ACCOUNT], resourceTypes=["EC2"])
    must("pass", account(HOME), "inspector.enabled")
    must("fail", account(WEST), "inspector.enabled")
    must("not_evaluated", account(CENTRAL), "inspector.enabled")

    # moto knows no details of a finding: CISA may list a vulnerability that is older than 14 days.
    found = []
    for kind, severity, days_ago, verdict in (
        ("PACKAGE_VULNERABILITY", "CRITICAL", 2, "pass"),
        ("PACKAGE_VULNERABILITY", "HIGH", 60, "fail"),
        ("PACKAGE_VULNERABILITY", "HIGH", 20, "not_evaluated"),
        ("NETWORK_REACHABILITY", "HIGH", 20, "pass"),
        ("NETWORK_REACHABILITY", "LOW", 500, "not_applicable"),
    ):
        arn, finding = vulnerability(len(found), kind, severity, days_ago)
        found.append(finding)
        must(verdict, arn, "inspector.findings-within-sla")
    post(f"{endpoint}/moto-api/static/inspector2/findings-results", {"results": [found], "region": HOME})


def recorder(endpoint, region, group):
    config = client(endpoint, "config", region)
    role = f"arn:aws:iam::{ACCOUNT}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "config"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")


def in_fake(endpoint, fake):
    state = {region: defaultdict(list) for region in REGIONS}
    analyzers(state)
    recorders(state)
    detectors(state)
    hubs(state)
    scans(state, endpoint)
    nodes(state, machines(endpoint, HOME, ("running", "running", "running", "stopped", "terminated")))
    post(f"{fake}/state", state)


def analyzers(state):
    def analyzer(region, name, kind, status):
        arn = f"arn:aws:access-analyzer:{region}:{ACCOUNT}:analyzer/{name}"
        state[region]["analyzers"].append({"arn": arn, "name": name, "type": kind, "status": status, "createdAt": text(400)})
        return arn

    def finding(of, name, days_ago, status="ACTIVE", owner=ACCOUNT):
        state[HOME]["access"].append({
            "analyzer": of, "id": name, "status": status, "resourceOwnerAccount": owner, "resourceType": "AWS::S3::Bucket",
            "resource": f"arn:aws:s3:::{name}", "findingType": "ExternalAccess", "createdAt": text(days_ago),
            "updatedAt": text(days_ago), "analyzedAt": text(0),
        })

    own = analyzer(HOME, "own", "ACCOUNT", "ACTIVE")
    organization = analyzer(HOME, "all", "ORGANIZATION", "ACTIVE")
    analyzer(WEST, "broken", "ACCOUNT", "FAILED")
    analyzer(CENTRAL, "unused", "ACCOUNT_UNUSED_ACCESS", "ACTIVE")
    must("pass", account(HOME), "accessanalyzer.enabled")
    must("fail", account(WEST), "accessanalyzer.enabled")
    must("fail", account(CENTRAL), "accessanalyzer.enabled")
    finding(own, "young", 3)
    finding(own, "old", 31)
    finding(organization, "older", 300)
    must("pass", "young", "accessanalyzer.no-stale-findings")
    must("fail", "old", "accessanalyzer.no-stale-findings")
    must("fail", "older", "accessanalyzer.no-stale-findings")
    # Neither is asked for: it was archived, or is another account's.
    finding(own, "archived", 300, status="ARCHIVED")
    finding(organization, "foreign", 300, owner="999999999999")


def recorders(state):
    everything = {"allSupported": True, "includeGlobalResourceTypes": False, "resourceTypes": []}
    some = {"allSupported": False, "exclusionByResourceTypes": {"resourceTypes": ["AWS::EC2::Instance"]},
            "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}}
    for region, group, status, verdict in (
        (HOME, everything | {"includeGlobalResourceTypes": True}, "SUCCESS", "pass"),
        (WEST, everything, "FAILURE", "fail"),
        (CENTRAL, some, "SUCCESS", "fail"),
    ):
        state[region]["recorders"] = [{"name": "default", "roleARN": "r", "recordingGroup": group}]
        state[region]["statuses"] = [
            {"name": "default", "recording": True, "lastStatus": status, "lastStatusChangeTime": NOW - DAY}
        ]
        must(verdict, account(region), "config.recorder-all-regions")


def detectors(state):
    def finding(name, days_ago, severity=8.0, archived=False, owner=ACCOUNT):
        arn = f"arn:aws:guardduty:{HOME}:{owner}:detector/d1/finding/{name}"
        state[HOME]["threats"].append({
            "id": name, "arn": arn, "accountId": owner, "region": HOME, "severity": severity, "type": "Recon:EC2/PortProbe",
            "createdAt": text(days_ago), "updatedAt": text(0), "schemaVersion": "2.0", "title": "t",
            "resource": {"resourceType": "Instance"}, "service": {"archived": archived, "count": 1},
        })
        return arn

    def told(*last):
        sources = [{"name": name, "status": "ENABLED"} for name in ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")]
        return sources + [{"name": plan["Name"], "status": plan["Status"], "updatedAt": NOW} for plan in plans(*last)]

    state[HOME]["detectors"] = [{"id": "d1", "status": "ENABLED", "serviceRole": "r", "features": told("DISABLED")}]
    state[WEST]["detectors"] = [{"id": "d2", "status": "DISABLED", "serviceRole": "r", "features": told("ENABLED")}]
    state[CENTRAL]["detectors"] = [{"id": "d3", "status": "ENABLED", "serviceRole": "r", "features": told("ENABLED")}]
    must("fail", account(HOME), "guardduty.protection-plans")
    must("not_applicable", account(WEST), "guardduty.protection-plans")
    must("pass", account(CENTRAL), "guardduty.protection-plans")
    must("pass", account(HOME), "guardduty.enabled")
    must("fail", account(WEST), "guardduty.enabled")
    must("pass", account(CENTRAL), "guardduty.enabled")
    must("pass", finding("young", 2), "guardduty.no-overdue-findings")
    must("fail", finding("old", 4), "guardduty.no-overdue-findings")
    for number in range(60):
        must("fail", finding(f"many-{number}", 10, severity=7.0), "guardduty.no-overdue-findings")
    # None of these is asked for.
    finding("medium", 90, severity=6.9)
    finding("archived", 90, archived=True)
    finding("foreign", 90, owner="999999999999")


def hubs(state):
    for region, statuses, verdict in ((HOME, ("INCOMPLETE", "READY"), "pass"), (WEST, ("PENDING",), "fail")):
        state[region]["hub"] = {"HubArn": f"arn:aws:securityhub:{region}:{ACCOUNT}:hub/default", "SubscribedAt": text(9)}
        state[region]["standards"] = [
            {
                "StandardsArn": f"arn:aws:securityhub:{region}::standards/s{n}/v/1.0.0", "StandardsSubscriptionArn": f"u{n}",
                "StandardsInput": {}, "StandardsStatus": status,
            }
            for n, status in enumerate(statuses)
        ]
        must(verdict, account(region), "securityhub.enabled")
    must("fail", account(CENTRAL), "securityhub.enabled")


def scans(state, endpoint):
    on, off = {"status": "ENABLED"}, {"status": "DISABLED"}
    state[HOME]["scans"] = {"state": on, "resourceState": {"ec2": on, "ecr": on, "lambda": on, "lambdaCode": off}}
    state[WEST]["scans"] = {"state": off, "resourceState": {"ec2": off, "ecr": off, "lambda": off, "lambdaCode": off}}
    machines(endpoint, WEST, ("running",))
    must("pass", account(HOME), "inspector.enabled")
    must("fail", account(WEST), "inspector.enabled")
    for number, (kind, severity, days_ago, listed, verdict) in enumerate((
        ("PACKAGE_VULNERABILITY", "CRITICAL", 14.5, None, "pass"),
        ("PACKAGE_VULNERABILITY", "CRITICAL", 16, None, "fail"),
        ("PACKAGE_VULNERABILITY", "HIGH", 29, None, "pass"),
        ("PACKAGE_VULNERABILITY", "HIGH", 31, None, "fail"),
        ("PACKAGE_VULNERABILITY", "MEDIUM", 89, None, "pass"),
        ("PACKAGE_VULNERABILITY", "MEDIUM", 20, 100, "fail"),
        ("PACKAGE_VULNERABILITY", "MEDIUM", 20, 3, "pass"),
        ("PACKAGE_VULNERABILITY", "LOW", 20, 100, "fail"),
        ("PACKAGE_VULNERABILITY", "LOW", 500, None, "not_applicable"),
        ("CODE_VULNERABILITY", "HIGH", 20, None, "pass"),
        *[("PACKAGE_VULNERABILITY", "HIGH", 40, None, "fail")] * 15,
    )):
        arn, finding = vulnerability(number, kind, severity, days_ago)
        cisa = listed and {"dateAdded": NOW - listed * DAY, "dateDue": NOW, "action": "patch"}
        state[HOME]["flaws"].append({"finding": finding, "cisa": cisa})
        must(verdict, arn, "inspector.findings-within-sla")
    closed, foreign = (vulnerability(number, "CODE_VULNERABILITY", "CRITICAL", 90)[1] for number in (98, 99))
    state[HOME]["flaws"] += [
        {"finding": closed | {"status": "CLOSED"}, "cisa": None},
        {"finding": foreign | {"awsAccountId": "999999999999"}, "cisa": None},
    ]


def nodes(state, ids):
    good, lost, unknown, stopped, terminated = ids
    elsewhere = "mi-0123456789abcdef0"

    def node(name, kind, ping, *scan):
        state[HOME]["nodes"].append({"InstanceId": name, "PingStatus": ping, "ResourceType": kind, "LastPingDateTime": NOW - DAY})
        for missing, failed, days_ago in scan:
            state[HOME]["patches"].append({
                "InstanceId": name, "PatchGroup": "", "BaselineId": "pb-1", "Operation": "Scan", "MissingCount": missing,
                "FailedCount": failed, "OperationStartTime": NOW - days_ago * DAY, "OperationEndTime": NOW - days_ago * DAY,
            })
        return f"arn:aws:ssm:{HOME}:{ACCOUNT}:managed-instance/{name}"

    managed, patched = "ec2.instance.managed-by-ssm", "ec2.instance.patch-compliant"
    must("pass", instance(good), managed)
    must("fail", instance(lost), managed)
    must("fail", instance(unknown), managed)
    must("not_applicable", instance(stopped), managed)
    must("not_applicable", instance(terminated), managed)
    must("pass", node(good, "EC2Instance", "Online", (0, 0, 2)), patched)
    must("not_applicable", node(lost, "EC2Instance", "ConnectionLost", (0, 0, 200)), patched)
    must("fail", node(elsewhere, "ManagedInstance", "ConnectionLost"), patched)
    for number, scan, verdict in ((1, (3, 0, 2), "fail"), (2, (0, 1, 2), "fail"), (3, (0, 0, 8), "fail"), (4, (0, 0, 6), "pass")):
        must(verdict, node(f"mi-{number:017x}", "ManagedInstance", "Online", scan), patched)
    for number in range(60):
        must("pass", node(f"mi-1{number:016x}", "ManagedInstance", "Online", (0, 0, 1)), patched)


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    urllib.request.urlopen(request, timeout=60).read()


if __name__ == "__main__":
    {"moto": in_moto, "fake": in_fake}[sys.argv[1]](*sys.argv[2:])
    print(json.dumps(KEYS, indent=1, sort_keys=True))
