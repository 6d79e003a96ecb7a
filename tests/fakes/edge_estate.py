"""Fills the edge of a moto server, and prints what must follow: {control: {resource id: verdict}}, decided by hand where each
thing is made.

    edge_estate.py ENDPOINT_URL

It speaks boto3 and knows nothing of the project. Load balancers of both generations, distributions, web ACLs, clusters, task
definitions and image repositories, in two regions. What moto lacks must come out as not_evaluated: ListResourcesForWebACL, so
that nobody knows what uses a web ACL of a region; the protocols of security policies it does not list.
"""

import json
import sys
from collections import defaultdict

import boto3

ACCOUNT = "123456789012"
HOME, WEST = "us-east-1", "eu-west-1"
KEYS = defaultdict(dict)
ENDPOINT = sys.argv[1]
# Stands where secrets stand. It must be nowhere in the evidence.
CANARY = "canary-of-the-edge"


def must(verdict, arn, *controls):
    for control in controls:
        KEYS[f"aws.{control}"][arn] = verdict


def client(service, region=HOME):
    keys = {"aws_access_key_id": "estate", "aws_secret_access_key": "estate"}
    return boto3.client(service, region_name=region, endpoint_url=ENDPOINT, **keys)


def policy(principal):
    statement = {"Effect": "Allow", "Principal": principal, "Action": ["ecr:BatchGetImage"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def images():
    control = "ecr.scan-immutable-private"
    ecr = client("ecr")
    for name, tags, scan, policies, verdict in (
        ("good", "IMMUTABLE", True, None, "pass"),
        ("shared", "IMMUTABLE", True, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "pass"),
        ("public", "IMMUTABLE", True, "*", "fail"),
        ("moving", "MUTABLE", True, None, "fail"),
        ("unscanned", "IMMUTABLE", False, None, "fail"),
    ):
        made = ecr.create_repository(
            repositoryName=name, imageTagMutability=tags, imageScanningConfiguration={"scanOnPush": scan}
        )["repository"]["repositoryArn"]
        if policies:
            ecr.set_repository_policy(repositoryName=name, policyText=policy(policies))
        must(verdict, made, control)
    # In the west the registry's rules decide, and what a repository says of itself counts for nothing.
    west = client("ecr", WEST)
    rule = {"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "team-*", "filterType": "WILDCARD"}]}
    west.put_registry_scanning_configuration(scanType="ENHANCED", rules=[rule])
    for name, scan, verdict in (("team-a", False, "pass"), ("other", True, "fail")):
        made = west.create_repository(
            repositoryName=name, imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": scan}
        )["repository"]["repositoryArn"]
        must(verdict, made, control)


def containers():
    control = "ecs.task-definition.hardened"

    def revision(ecs, family, verdict, log=True, privileged=None):
        container = {"name": "app", "image": "app", "memory": 64, "command": ["--token", CANARY]}
        container["environment"] = [{"name": "PASSWORD", "value": CANARY}]
        if log:
            options = {"awslogs-group": "app", "splunk-token": CANARY}
            container["logConfiguration"] = {"logDriver": "awslogs", "options": options}
        if privileged is not None:
            container["privileged"] = privileged
        made = ecs.register_task_definition(family=family, containerDefinitions=[container])
        arn = made["taskDefinition"]["taskDefinitionArn"]
        if verdict:
            must(verdict, arn, control)
        return arn

    for region in (HOME, WEST):
        ecs = client("ecs", region)
        ecs.create_cluster(clusterName="main")
        old = revision(ecs, "web", "fail", log=False)
        new = revision(ecs, "web", "pass" if region == HOME else "not_applicable", privileged=False)
        ecs.create_service(cluster="main", serviceName="old", taskDefinition=old, desiredCount=0)
        if region == HOME:
            ecs.create_service(cluster="main", serviceName="new", taskDefinition=new, desiredCount=0)
    ecs = client("ecs")
    ecs.create_cluster(clusterName="batch")
    # moto answers DescribeServices by cluster: a second one shows that both are walked.
    privileged = revision(ecs, "agent", "fail", privileged=True)
    ecs.create_service(cluster="batch", serviceName="agent", taskDefinition=privileged, desiredCount=0)
    revision(ecs, "forgotten", "not_applicable", log=False, privileged=True)


def clusters():
    control = "eks.hardened"
    every = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    key = [{"resources": ["secrets"], "provider": {"keyArn": f"arn:aws:kms:{HOME}:{ACCOUNT}:key/k"}}]
    for region, name, public, cidrs, logs, encryption, verdict in (
        (HOME, "fenced", True, ["198.51.100.0/24"], every, key, "pass"),
        (HOME, "private", False, ["0.0.0.0/0"], every, key, "pass"),
        (HOME, "halves", True, ["0.0.0.0/1", "128.0.0.0/1"], every, key, "fail"),
        (HOME, "quiet", False, [], every[:4], key, "fail"),
        (WEST, "plain", False, [], every, [], "fail"),
    ):
        network = {"endpointPublicAccess": public, "endpointPrivateAccess": True, "publicAccessCidrs": cidrs}
        made = client("eks", region).create_cluster(
            name=name, roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks", encryptionConfig=encryption,
            resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]} | network,
            logging={"clusterLogging": [{"types": logs, "enabled": True}]},
        )["cluster"]
        must(verdict, made["arn"], control)


class Network:
    """A VPC with two subnets in one region, and what stands in front of it."""

    def __init__(self, region):
        self.region = region
        ec2 = client("ec2", region)
        self.elb, self.classic = client("elbv2", region), client("elb", region)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self.targets = {
            protocol: self.elb.create_target_group(Name=f"to-{protocol.lower()}", Protocol=protocol, Port=80, VpcId=vpc)
            ["TargetGroups"][0]["TargetGroupArn"]
            for protocol in ("HTTP", "TCP", "TLS")
        }
        self.certificate = client("acm", region).request_certificate(DomainName="edge.example")["CertificateArn"]

    def balancer(self, name, kind, scheme, logs):
        arn = self.elb.create_load_balancer(Name=name, Subnets=self.subnets, Type=kind, Scheme=scheme)
        arn = arn["LoadBalancers"][0]["LoadBalancerArn"]
        attributes = {"access_logs.s3.enabled": "true" if logs else "false"}
        if logs:
            attributes["access_logs.s3.bucket"] = "edge-logs"
        self.elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value} for key, value in attributes.items()]
        )
        return arn

    def listener(self, balancer, protocol, port, ssl_policy=None, redirect=False):
        action = {"Type": "forward", "TargetGroupArn": self.targets[protocol.replace("HTTPS", "HTTP")]}
        if redirect:
            to = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
            action = {"Type": "redirect", "RedirectConfig": to}
        more = {"SslPolicy": ssl_policy, "Certificates": [{"CertificateArn": self.certificate}]} if ssl_policy else {}
        made = self.elb.create_listener(
            LoadBalancerArn=balancer, Protocol=protocol, Port=port, DefaultActions=[action], **more
        )
        return made["Listeners"][0]["ListenerArn"]


STRONG, WEAK = "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"
LOGS, TLS, WAF = "elb.access-logging", "elb.tls-only", "elb.waf"


def balancers(here):
    faces = "internet-facing"
    good = here.balancer("good", "application", faces, logs=True)
    here.listener(good, "HTTPS", 443, STRONG)
    here.listener(good, "HTTP", 80, redirect=True)
    must("pass", good, LOGS, TLS)
    weak = here.balancer("weak", "application", faces, logs=False)
    here.listener(weak, "HTTPS", 443, WEAK)
    must("fail", weak, LOGS, TLS, WAF)
    open_ = here.balancer("open", "application", faces, logs=True)
    here.listener(open_, "HTTP", 80)
    must("fail", open_, TLS, WAF)
    # The default redirects, and a rule lets one path through.
    sly = here.balancer("sly", "application", faces, logs=True)
    listener = here.listener(sly, "HTTP", 80, redirect=True)
    here.elb.create_rule(
        ListenerArn=listener, Priority=1, Conditions=[{"Field": "path-pattern", "Values": ["/pay"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": here.targets["HTTP"]}],
    )
    must("fail", sly, TLS, WAF)
    inside = here.balancer("inside", "application", "internal", logs=True)
    here.listener(inside, "HTTP", 80)
    must("pass", inside, LOGS)
    must("not_applicable", inside, TLS, WAF)
    ends = here.balancer("ends", "network", faces, logs=False)
    here.listener(ends, "TLS", 443, STRONG)
    must("fail", ends, LOGS)
    must("pass", ends, TLS)
    must("not_applicable", ends, WAF)
    passes = here.balancer("passes", "network", faces, logs=False)
    here.listener(passes, "TCP", 443)
    must("not_applicable", passes, LOGS, WAF)
    must("fail", passes, TLS)
    return good


def classics(here):
    logs, tls = "elb.classic-access-logging", "elb.classic-tls-only"
    zones = [f"{here.region}a"]
    for name, scheme, protocol, versions, logged, verdict in (
        ("old-good", "internet-facing", "HTTPS", ["Protocol-TLSv1.2"], True, "pass"),
        ("old-weak", "internet-facing", "SSL", ["Protocol-TLSv1", "Protocol-TLSv1.2"], False, "fail"),
        ("old-open", "internet-facing", "HTTP", [], False, "fail"),
        ("old-inside", "internal", "HTTP", [], True, "not_applicable"),
    ):
        listener = {"Protocol": protocol, "LoadBalancerPort": 443, "InstancePort": 80}
        if versions:
            listener["SSLCertificateId"] = here.certificate
        here.classic.create_load_balancer(
            LoadBalancerName=name, Listeners=[listener], AvailabilityZones=zones, Scheme=scheme
        )
        if versions:
            attributes = [{"AttributeName": version, "AttributeValue": "true"} for version in versions]
            here.classic.create_load_balancer_policy(
                LoadBalancerName=name, PolicyName="tls", PolicyTypeName="SSLNegotiationPolicyType", PolicyAttributes=attributes
            )
            here.classic.set_load_balancer_policies_of_listener(
                LoadBalancerName=name, LoadBalancerPort=443, PolicyNames=["tls"]
            )
        if logged:
            log = {"Enabled": True, "S3BucketName": "edge-logs", "EmitInterval": 60}
            here.classic.modify_load_balancer_attributes(LoadBalancerName=name, LoadBalancerAttributes={"AccessLog": log})
        arn = f"arn:aws:elasticloadbalancing:{here.region}:{ACCOUNT}:loadbalancer/{name}"
        must("pass" if logged else "fail", arn, logs)
        must(verdict, arn, tls)


def visibility(name, metrics=True):
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": metrics, "MetricName": name}


def web_acl(waf, name, scope, metrics=True):
    field = {"SingleHeader": {"Name": "x-origin-verify"}}
    match = {"SearchString": CANARY, "FieldToMatch": field, "PositionalConstraint": "EXACTLY"}
    match["TextTransformations"] = [{"Priority": 0, "Type": "NONE"}]
    rule = {"Name": "verify", "Priority": 0, "Action": {"Block": {}}, "VisibilityConfig": visibility("verify", metrics)}
    return waf.create_web_acl(
        Name=name, Scope=scope, DefaultAction={"Allow": {}}, VisibilityConfig=visibility(name),
        Rules=[rule | {"Statement": {"ByteMatchStatement": match}}],
    )["Summary"]["ARN"]


def distribution(number, acl="", viewer="https-only", path=None, tls="TLSv1.2_2021", logs=True, enabled=True):
    def behavior(policy):
        return {"TargetOriginId": "origin", "ViewerProtocolPolicy": policy, "ForwardedValues": {
            "QueryString": False, "Cookies": {"Forward": "none"}}, "MinTTL": 0}

    header = {"HeaderName": "X-Origin-Verify", "HeaderValue": CANARY}
    origin = {"Id": "origin", "DomainName": "origin.example", "CustomHeaders": {"Quantity": 1, "Items": [header]}}
    origin["CustomOriginConfig"] = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    certificate = {"CloudFrontDefaultCertificate": True}
    if tls:
        arn = f"arn:aws:acm:{HOME}:{ACCOUNT}:certificate/edge"
        certificate = {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": tls}
        certificate["CloudFrontDefaultCertificate"] = False
    paths = [behavior(path) | {"PathPattern": "/old/*"}] if path else []
    aliases = [f"www{number}.example", f"cdn{number}.example"]
    return client("cloudfront").create_distribution(DistributionConfig={
        "CallerReference": str(number), "Comment": "", "Enabled": enabled, "WebACLId": acl,
        "Aliases": {"Quantity": len(aliases), "Items": aliases},
        "Origins": {"Quantity": 1, "Items": [origin]}, "DefaultCacheBehavior": behavior(viewer),
        "CacheBehaviors": {"Quantity": len(paths), "Items": paths} if paths else {"Quantity": 0},
        "Logging": {"Enabled": logs, "IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com" if logs else "", "Prefix": ""},
        "ViewerCertificate": certificate,
    })["Distribution"]["ARN"]


def firewalls(protected):
    control = "waf.logging"
    waf = client("wafv2")
    log = [f"arn:aws:logs:{HOME}:{ACCOUNT}:log-group:aws-waf-logs-edge"]
    acls = {name: web_acl(waf, name, "CLOUDFRONT", metrics=name != "uncounted")
            for name in ("logged", "silent", "uncounted", "idle")}
    for name, verdict in (("logged", "pass"), ("silent", "fail"), ("uncounted", "fail"), ("idle", "not_applicable")):
        if name in ("logged", "uncounted"):
            waf.put_logging_configuration(
                LoggingConfiguration={"ResourceArn": acls[name], "LogDestinationConfigs": log}
            )
        must(verdict, acls[name], control)
    # moto does not say what a web ACL of a region protects, and says what protects a load balancer.
    for region, balancer in protected.items():
        regional = client("wafv2", region)
        acl = web_acl(regional, "regional", "REGIONAL")
        regional.associate_web_acl(WebACLArn=acl, ResourceArn=balancer)
        must("pass", balancer, WAF)
        must("not_evaluated", acl, control)
    return acls


def distributions(acls):
    control = "cloudfront.https-logging"
    must("pass", distribution(1, acls["logged"]), control)
    must("fail", distribution(2, acls["silent"], viewer="allow-all"), control)
    must("fail", distribution(3, acls["uncounted"], path="allow-all"), control)
    must("pass", distribution(4, path="redirect-to-https", viewer="redirect-to-https"), control)
    must("fail", distribution(5, tls="TLSv1.2_2019"), control)
    must("fail", distribution(6, tls=None), control)
    must("fail", distribution(7, logs=False), control)
    must("not_applicable", distribution(8, viewer="allow-all", enabled=False), control)
    # Standard logging in the new form; a source that nothing delivers is no logging.
    logs = client("logs")
    bucket = logs.put_delivery_destination(
        name="edge", deliveryDestinationConfiguration={"destinationResourceArn": "arn:aws:s3:::edge-logs"}
    )["deliveryDestination"]["arn"]
    for number, delivered in ((9, True), (10, False)):
        arn = distribution(number, logs=False)
        logs.put_delivery_source(name=f"edge-{number}", resourceArn=arn, logType="ACCESS_LOGS")
        if delivered:
            logs.create_delivery(deliverySourceName=f"edge-{number}", deliveryDestinationArn=bucket)
        must("pass" if delivered else "fail", arn, control)
    # Nobody says that a distribution takes sensitive form fields.
    for arn in list(KEYS[f"aws.{control}"]):
        must("not_applicable", arn, "cloudfront.field-level-encryption")


def main():
    images()
    containers()
    clusters()
    protected = {}
    for region in (HOME, WEST):
        here = Network(region)
        protected[region] = balancers(here)
        classics(here)
    distributions(firewalls(protected))
    print(json.dumps(KEYS, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
