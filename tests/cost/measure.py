#!/usr/bin/env python3
"""What reading an account costs: API calls, CPU seconds and peak memory, on a small and on a larger account in moto, one region.

    measure.py BINARY

The small account has 139 resources: 30 buckets, 25 users, 25 roles, 15 policies, 5 groups, 2 trails, 1 VPC with 3 subnets, 12
security groups, 8 instances with their disks, and 5 snapshots. The larger has 1,267: 300 buckets, 250 users, 250 roles, 100 policies,
20 groups, 2 trails, 1 VPC with 24 subnets, 120 security groups, 75 instances with their disks, and 50 snapshots. Those are what the
script makes; the documents that the collector lists are more: what AWS makes by itself (a default VPC with its subnets, groups and tables, a card for each instance) and what is judged by itself (inline
policies, policy documents, regions, the account).

Figures are the bundle's own (`cost` of the statement). The binary should be a release build. Prowler's figures are printed beside
them: they were measured elsewhere, on accounts of these sizes, and are for the order of magnitude alone.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "prowler"))
from compare import FAKES, Estate, Servers  # noqa: E402

REGION = "us-east-1"
SMALL = {"buckets": 30, "users": 25, "roles": 25, "policies": 15, "groups": 5, "trails": 2, "subnets": 3, "security groups": 12, "instances": 8, "volumes": 8, "snapshots": 5, "VPCs": 1}
LARGE = {"buckets": 300, "users": 250, "roles": 250, "policies": 100, "groups": 20, "trails": 2, "subnets": 24, "security groups": 120, "instances": 75, "volumes": 75, "snapshots": 50, "VPCs": 1}
PROWLER = {"139 resources": (857, 30, 518), "1267 resources": (6028, 51, 660)}

FILL = """
import json, sys, boto3
from botocore.config import Config
url, counts = sys.argv[1], json.loads(sys.argv[2])
def client(name):
    return boto3.client(name, endpoint_url=url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x", config=Config(retries={"max_attempts": 3}))
s3, iam, ec2, trail = client("s3"), client("iam"), client("ec2"), client("cloudtrail")
def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
for n in range(counts["buckets"]):
    s3.create_bucket(Bucket=f"bucket-{n}")
    s3.put_bucket_versioning(Bucket=f"bucket-{n}", VersioningConfiguration={"Status": "Enabled"})
for n in range(counts["policies"]):
    iam.create_policy(PolicyName=f"policy-{n}", PolicyDocument=policy(Action="s3:ListBucket", Resource="*"))
for n in range(counts["groups"]):
    iam.create_group(GroupName=f"group-{n}")
for n in range(counts["users"]):
    iam.create_user(UserName=f"user-{n}")
    iam.add_user_to_group(UserName=f"user-{n}", GroupName=f"group-{n % counts['groups']}")
for n in range(counts["roles"]):
    iam.create_role(RoleName=f"role-{n}", AssumeRolePolicyDocument=policy(Action="sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"}))
    iam.attach_role_policy(RoleName=f"role-{n}", PolicyArn=f"arn:aws:iam::123456789012:policy/policy-{n % counts['policies']}")
for n in range(counts["trails"]):
    trail.create_trail(Name=f"trail-{n}", S3BucketName="bucket-0")
vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in range(counts["subnets"])]
for n in range(counts["security groups"]):
    ec2.create_security_group(GroupName=f"group-{n}", Description="x", VpcId=vpc)
image = ec2.register_image(Name="base", Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]
for n in range(counts["instances"]):
    ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnets[n % len(subnets)])
volumes = [v["VolumeId"] for v in ec2.describe_volumes()["Volumes"]]
for n in range(counts["volumes"] - len(volumes)):
    volumes.append(ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"])
for n in range(counts["snapshots"]):
    ec2.create_snapshot(VolumeId=volumes[n % len(volumes)])
"""


def read(binary, counts, folder):
    """Fills an account of moto, and reads it into `folder/evidence`. Gives what `collect` says of the run."""
    python = fakes() / "bin/python"
    servers = Servers(Estate(()), folder, python)
    try:
        subprocess.run([python, "-c", FILL, f"http://127.0.0.1:{servers.moto}", json.dumps(counts)], check=True)
        own = [binary, "collect", "--json", "--store", f"file://{folder}/evidence", "--key", "key.pem", "--region", REGION]
        done = subprocess.run(own, cwd=folder, env=servers.environment(folder), capture_output=True, text=True, check=False)
        assert done.returncode in (0, 3), done.stderr
    finally:
        servers.stop()
    return json.loads(done.stdout)["runs"][0]


def fakes():
    return Path(subprocess.run([FAKES / "install.sh"], capture_output=True, text=True, check=True).stdout.strip())


def measure(binary, counts):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = read(binary, counts, folder)
        populations = json.loads(next((folder / "evidence").rglob("populations.json")).read_text(encoding="utf-8"))
    return told["cost"], sum(row["listed"] for row in populations)


def main():
    binary = Path(sys.argv[1]).resolve()
    print(f"{'account':16} {'documents':>9} {'calls':>7} {'CPU s':>7} {'MiB':>6}    Prowler (measured elsewhere): calls, CPU s, MiB")
    for counts in (SMALL, LARGE):
        made = sum(counts.values())
        name = f"{made} resources"
        cost, documents = measure(binary, counts)
        memory = cost["peak_memory_bytes"] / 2**20
        print(f"{name:16} {documents:9} {cost['calls']:7} {cost['cpu_seconds']:7.2f} {memory:6.0f}    {', '.join(map(str, PROWLER[name]))}")


if __name__ == "__main__":
    main()
