"""Fills EC2 of a moto server, and prints what must follow: {control: {resource ARN: verdict}}, decided by hand where each
thing is made.

    ec2_estate.py ENDPOINT_URL

It speaks boto3 and knows nothing of the project. A VPC with a public and a private subnet, instances in both, groups, ACLs,
disks, snapshots, images and templates; a second region with the opposite settings.
"""

import json
import sys
from collections import defaultdict

import boto3

ACCOUNT = "123456789012"
HOME, WEST = "us-east-1", "eu-west-1"
KEYS = defaultdict(dict)


def must(verdict, arn, *controls):
    for control in controls:
        KEYS[f"aws.ec2.{control}"][arn] = verdict


def arn(kind, resource, region=HOME, owned=True):
    return f"arn:aws:ec2:{region}:{ACCOUNT if owned else ''}:{kind}/{resource}"


def group(ec2, vpc, name, *rules):
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    for protocol, first, last, v4, v6 in rules:
        rule = {"IpProtocol": protocol, "IpRanges": [{"CidrIp": c} for c in v4], "Ipv6Ranges": [{"CidrIpv6": c} for c in v6]}
        if protocol != "-1":
            rule |= {"FromPort": first, "ToPort": last}
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
    must("not_applicable", arn("security-group", made), "security-group.default-closed")
    return made


def instance(ec2, subnet, groups, tokens="required", public=False):
    image = ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"]
    card = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": groups, "AssociatePublicIpAddress": public}
    asked = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "NetworkInterfaces": [card]}
    made = ec2.run_instances(**asked, MetadataOptions={"HttpTokens": tokens, "HttpEndpoint": "enabled"})["Instances"][0]["InstanceId"]
    must("pass" if tokens == "required" else "fail", arn("instance", made), "instance.imdsv2")
    must("fail" if public else "pass", arn("instance", made), "instance.no-public-ip")
    # moto does not say whether an instance may hold enclaves
    must("not_evaluated", arn("instance", made), "enclave-host.hardened", "enclave-host.running")
    return arn("instance", made)


def network(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "environment", "Value": "production"}])
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{HOME}{zone}")["Subnet"]["SubnetId"]
        for n, zone in enumerate("abc")
    ]
    public, *private = subnets
    ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": True})
    must("fail", arn("subnet", public), "subnet.no-auto-public-ip")
    for subnet in private:
        must("pass", arn("subnet", subnet), "subnet.no-auto-public-ip")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    ec2.create_flow_logs(
        ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogDestinationType="cloud-watch-logs", LogGroupName="flow",
        DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/flow",
    )
    must("pass", arn("vpc", vpc), "vpc.flow-logs", "vpc.multi-az")

    bare = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[bare], Tags=[{"Key": "environment", "Value": "prod"}])
    ec2.create_subnet(VpcId=bare, CidrBlock="10.9.0.0/24", AvailabilityZone=f"{HOME}a")
    must("not_applicable", arn("vpc", bare), "vpc.flow-logs")
    must("fail", arn("vpc", bare), "vpc.multi-az")
    return vpc, public, private[0]


def machines(ec2, vpc, public, private):
    ssh = group(ec2, vpc, "ssh", ("tcp", 22, 22, ["0.0.0.0/0"], []))
    web = group(ec2, vpc, "web", ("tcp", 443, 443, ["0.0.0.0/0"], ["::/0"]), ("tcp", 80, 80, ["0.0.0.0/0"], []))
    halves = group(ec2, vpc, "halves", ("tcp", 5000, 6000, ["0.0.0.0/1", "128.0.0.0/1"], []))
    office = group(ec2, vpc, "office", ("-1", None, None, ["198.51.100.0/24"], []))
    unused = group(ec2, vpc, "unused", ("-1", None, None, ["0.0.0.0/0"], []))
    partners = group(ec2, vpc, "partners", ("tcp", 443, 443, ["10.0.0.0/8", "192.0.2.0/24"], ["2001:db8::/32"]))
    cloud = group(ec2, vpc, "cloud", ("tcp", 443, 443, ["52.94.0.0/22", "192.0.2.7/32"], []))
    outward = group(ec2, vpc, "outward")
    ec2.authorize_security_group_egress(
        GroupId=outward, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "8.0.0.0/7"}]}]
    )
    wide = "security-group.no-wide-public-cidr"
    for narrow in (ssh, web, office, unused, partners):
        must("pass", arn("security-group", narrow), wide)
    for large in (halves, cloud, outward):
        must("fail", arn("security-group", large), wide)
    for used in (ssh, web, halves, office):
        must("fail" if used == ssh else "pass", arn("security-group", used), "security-group.no-ingress-ssh-rdp")
        must("pass" if used in (web, office) else "fail", arn("security-group", used), "security-group.no-ingress-all")
        must("fail" if used == halves else "pass", arn("security-group", used), "security-group.no-ingress-data-ports")
    every = ("no-ingress-ssh-rdp", "no-ingress-all", "no-ingress-data-ports")
    must("not_applicable", arn("security-group", unused), *(f"security-group.{name}" for name in every))
    admin, data = "instance.ports-not-exposed-admin", "instance.ports-not-exposed-data"
    bastion = instance(ec2, public, [ssh, web], public=True)
    must("fail", bastion, admin)
    must("pass", bastion, data)
    database = instance(ec2, public, [halves], public=True)
    must("pass", database, admin)
    must("fail", database, data)
    inside = instance(ec2, private, [ssh, halves], tokens="optional")
    must("pass", inside, admin, data)
    must("pass", instance(ec2, public, [office], public=True), admin, data)


def guards(ec2, vpc, public):
    """A network ACL that denies SSH and RDP before it lets all in, beside the default one that lets all in."""
    made = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    must("not_applicable", arn("network-acl", made), "nacl.no-open-admin-ports")
    found = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [public]}])["NetworkAcls"]
    held = next(a for a in found[0]["Associations"] if a["SubnetId"] == public)
    shut = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    rules = ((90, "6", "deny", (22, 22)), (91, "6", "deny", (3389, 3389)), (100, "-1", "allow", None))
    for number, protocol, action, ports in rules:
        more = {"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {}
        ec2.create_network_acl_entry(
            NetworkAclId=shut, RuleNumber=number, Protocol=protocol, RuleAction=action, Egress=False, CidrBlock="0.0.0.0/0", **more
        )
    ec2.replace_network_acl_association(AssociationId=held["NetworkAclAssociationId"], NetworkAclId=shut)
    must("pass", arn("network-acl", shut), "nacl.no-open-admin-ports")
    must("fail", arn("network-acl", found[0]["NetworkAclId"]), "nacl.no-open-admin-ports")


def disks(ec2):
    for encrypted in (True, False):
        volume = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=1, Encrypted=encrypted)["VolumeId"]
        verdict = "pass" if encrypted else "fail"
        must(verdict, arn("volume", volume), "ebs.volume-encrypted")
        for shared in (False, True):
            snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
            if shared:
                ec2.modify_snapshot_attribute(
                    SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
                )
            must(verdict, arn("snapshot", snapshot, owned=False), "ebs.snapshot-encrypted")
            must("fail" if shared else "pass", arn("snapshot", snapshot, owned=False), "ebs.snapshot-not-public")


def templates(ec2):
    for name, tokens, public, verdict in (
        ("good", "required", False, "pass"), ("old", "optional", False, "fail"), ("open", "required", True, "fail"),
    ):
        card = {"DeviceIndex": 0, "AssociatePublicIpAddress": public}
        data = {"MetadataOptions": {"HttpTokens": tokens}, "NetworkInterfaces": [card]}
        made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]
        must(verdict, f"{arn('launch-template', made)}/1", "launch-template.hardened")


def main(endpoint):
    keys = {"aws_access_key_id": "estate", "aws_secret_access_key": "estate"}
    ec2, west = (boto3.client("ec2", region_name=region, endpoint_url=endpoint, **keys) for region in (HOME, WEST))
    for name in ("base", "shared"):
        image = ec2.register_image(Name=name, Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]
        if name == "shared":
            ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
        must("fail" if name == "shared" else "pass", arn("image", image, owned=False), "ami.not-public")
    vpc, public, private = network(ec2)
    guards(ec2, vpc, public)
    machines(ec2, vpc, public, private)
    disks(ec2)
    templates(ec2)
    ec2.enable_ebs_encryption_by_default()
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    west.enable_snapshot_block_public_access(State="block-new-sharing")
    for region, verdict in ((HOME, "pass"), (WEST, "fail")):
        must(verdict, f"{ACCOUNT}/{region}", "ebs.encryption-by-default", "ebs.snapshot-block-public-access")
    for default in ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"]:
        # A default group lets everything out.
        must("fail", arn("security-group", default["GroupId"]), "security-group.default-closed")
    print(json.dumps(KEYS, indent=1, sort_keys=True))


if __name__ == "__main__":
    main(sys.argv[1])
