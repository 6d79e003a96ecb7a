"""Fills databases, tables and volumes of a moto server and the fake of AWS Backup, and prints what must follow: {control:
{resource id: verdict}}, decided by hand where each thing is made.

    data_estate.py fill MOTO_URL BACKUP_URL     everything; what Backup protects is whole
    data_estate.py lapse MOTO_URL BACKUP_URL    Backup alone: backups and restores that are too old or missing
    data_estate.py refuse MOTO_URL BACKUP_URL   Backup alone: as filled, with calls that are refused

It speaks boto3 and knows nothing of the project. Two regions, the second with the opposite settings. What moto cannot tell
(the parameters of a default group) must not be evaluated.
"""

import json
import sys
import time
import urllib.request
from collections import defaultdict

import boto3

ACCOUNT = "123456789012"
HOME, WEST = "us-east-1", "eu-west-1"
KEYS = defaultdict(dict)
NOW = time.time()
DAY = 86400


def must(verdict, resource, *controls):
    for control in controls:
        KEYS[f"aws.{control}"][resource] = verdict


def client(service, region, endpoint):
    keys = {"aws_access_key_id": "estate", "aws_secret_access_key": "estate"}
    return boto3.client(service, region_name=region, endpoint_url=endpoint, **keys)


def tags(pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


ALONE = ("backup-retention", "multi-az", "deletion-protection", "log-exports", "copy-tags-to-snapshots")


def database(rds, name, engine, good, logs, labels=None, **more):
    """An instance with every setting good, or every setting bad."""
    made = rds.create_db_instance(
        DBInstanceIdentifier=name, Engine=engine, DBInstanceClass="db.m6g.large", AllocatedStorage=20, MasterUsername="root",
        MasterUserPassword="correct-horse", PubliclyAccessible=not good, StorageEncrypted=good, BackupRetentionPeriod=7 if good else 1,
        MultiAZ=good, DeletionProtection=good, CopyTagsToSnapshot=good, EnableCloudwatchLogsExports=logs, Tags=tags(labels or {}), **more,
    )["DBInstance"]["DBInstanceArn"]
    must("pass" if good else "fail", made, "rds.not-public", "rds.encrypted")
    must("pass" if good else "fail", made, *(f"rds.{control}" for control in ALONE))
    return made


def group(rds, name, family, parameter, value):
    rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description=name)
    told = [{"ParameterName": parameter, "ParameterValue": value, "ApplyMethod": "pending-reboot"}]
    rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=told)
    return name


def instances(rds):
    tls = group(rds, "tls", "postgres16", "rds.force_ssl", "1")
    plain = group(rds, "plain", "mysql8.0", "require_secure_transport", "OFF")
    good = database(rds, "orders", "postgres", True, ["postgresql"], {"backup": "required"}, DBParameterGroupName=tls)
    must("pass", good, "rds.transport-encrypted")
    bad = database(rds, "legacy", "mysql", False, ["error"], DBParameterGroupName=plain)
    must("fail", bad, "rds.transport-encrypted")
    # moto knows no parameters of a group that AWS made.
    must("not_evaluated", database(rds, "defaults", "postgres", True, ["postgresql"]), "rds.transport-encrypted")
    must("not_applicable", database(rds, "ledger", "oracle-se2", True, ["alert", "audit"]), "rds.transport-encrypted")
    trial = database(rds, "trial", "mysql", False, [], {"environment": "dev", "ephemeral": "true"}, DBParameterGroupName=plain)
    must("not_applicable", trial, "rds.multi-az", "rds.deletion-protection")
    custom = database(rds, "custom", "custom-sqlserver-se", True, [], Port=1433, EngineVersion="15.00")
    must("not_applicable", custom, "rds.log-exports")
    must("not_evaluated", custom, "rds.transport-encrypted")
    replica = rds.create_db_instance_read_replica(
        DBInstanceIdentifier="orders-copy", SourceDBInstanceIdentifier="orders", PubliclyAccessible=False
    )["DBInstance"]["DBInstanceArn"]
    # moto gives a replica the tags of its source; nobody asked for a backup of this one.
    rds.remove_tags_from_resource(ResourceName=replica, TagKeys=["backup"])
    must("not_applicable", replica, "rds.backup-retention", "rds.multi-az")
    return good


CLUSTER = ("cluster-encrypted", "cluster-backup-retention", "cluster-deletion-protection", "cluster-log-exports")


def cluster(rds, name, engine, good, logs, zones, **more):
    if engine != "neptune":
        more |= {"MasterUsername": "root", "MasterUserPassword": "correct-horse"}
    made = rds.create_db_cluster(
        DBClusterIdentifier=name, Engine=engine, StorageEncrypted=good, BackupRetentionPeriod=14 if good else 1,
        DeletionProtection=good, EnableCloudwatchLogsExports=logs, **more,
    )["DBCluster"]["DBClusterArn"]
    must("pass" if good else "fail", made, *(f"rds.{control}" for control in CLUSTER))
    must("pass" if len(zones) > 1 else "fail", made, "rds.cluster-multi-az")
    members = []
    for zone in zones:
        member = rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-{zone}", DBClusterIdentifier=name, Engine=engine, DBInstanceClass="db.r6g.large",
            AvailabilityZone=f"{rds.meta.region_name}{zone}", PubliclyAccessible=False,
        )["DBInstance"]["DBInstanceArn"]
        must("pass" if good else "fail", member, "rds.encrypted")
        must("pass", member, "rds.not-public")
        must("not_applicable", member, *(f"rds.{control}" for control in ALONE))
        members.append(member)
    return members


def clusters(rds, west):
    for place, value in ((rds, "1"), (west, "0")):
        place.create_db_cluster_parameter_group(
            DBClusterParameterGroupName="tls", DBParameterGroupFamily="aurora-postgresql16", Description="tls"
        )
        told = [{"ParameterName": "rds.force_ssl", "ParameterValue": value, "ApplyMethod": "pending-reboot"}]
        place.modify_db_cluster_parameter_group(DBClusterParameterGroupName="tls", Parameters=told)
    for member in cluster(rds, "main", "aurora-postgresql", True, ["postgresql"], "ab", DBClusterParameterGroupName="tls"):
        must("pass", member, "rds.transport-encrypted")
    for member in cluster(west, "main", "aurora-postgresql", False, [], "a", DBClusterParameterGroupName="tls"):
        must("fail", member, "rds.transport-encrypted")
    # Neptune takes TLS connections only.
    for member in cluster(west, "graph", "neptune", True, ["audit"], "a"):
        must("not_applicable", member, "rds.transport-encrypted")


def snapshots(rds, west):
    control = "rds.snapshot-private-encrypted"
    for of, shared, verdict in (
        ("orders", [], "pass"), ("orders", ["111122223333"], "pass"), ("orders", ["all"], "fail"), ("legacy", [], "fail"),
    ):
        name = f"{of}-{len(KEYS[f'aws.{control}'])}"
        made = rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=of)["DBSnapshot"]["DBSnapshotArn"]
        if shared:
            rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=shared)
        must(verdict, made, control)
    for place, shared, verdict in ((rds, [], "pass"), (rds, ["all"], "fail"), (west, [], "fail")):
        name = f"main-{len(KEYS[f'aws.{control}'])}"
        made = place.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=name, DBClusterIdentifier="main")
        if shared:
            place.modify_db_cluster_snapshot_attribute(
                DBClusterSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=shared
            )
        must(verdict, made["DBClusterSnapshot"]["DBClusterSnapshotArn"], control)


def tables(dynamodb, recovery, encrypted, prefix):
    required = []
    for name, labels, pitr, cmk in (
        ("plain", {}, "fail", "not_applicable"),
        ("scratch", {"ephemeral": "true"}, "not_applicable", "not_applicable"),
        ("secret", {"classification": "confidential", "backup": "required"}, "fail", "fail"),
    ):
        more = {"SSESpecification": {"Enabled": True, "SSEType": "KMS"}} if encrypted else {}
        made = dynamodb.create_table(
            TableName=prefix + name, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST", Tags=tags(labels), **more,
        )["TableDescription"]["TableArn"]
        if recovery:
            dynamodb.update_continuous_backups(
                TableName=prefix + name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
        must("pass" if recovery else pitr, made, "dynamodb.pitr")
        must("pass" if encrypted and cmk == "fail" else cmk, made, "dynamodb.cmk")
        if "backup" in labels:
            required.append(made)
    return required


def volume_arn(region, volume):
    return f"arn:aws:ec2:{region}:{ACCOUNT}:volume/{volume}"


def disks(ec2, region):
    """Volumes of one machine; the ARNs that Backup must protect, and the machine's own."""
    control = "ec2.ebs.volume-backed-up"
    image = ec2.register_image(Name="base", Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]
    machine = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    made = {}
    for index, (name, labels) in enumerate(
        (("snapped", {}), ("kept", {"backup": "required"}), ("bare", {}), ("exempt", {"backup": "not-required"}), ("spare", {}))
    ):
        marks = [{"ResourceType": "volume", "Tags": tags(labels | {"Name": name})}]
        volume = ec2.create_volume(AvailabilityZone=f"{region}a", Size=1, TagSpecifications=marks)["VolumeId"]
        if name != "spare":
            ec2.attach_volume(VolumeId=volume, InstanceId=machine, Device=f"/dev/sd{'fghij'[index]}")
        made[name] = volume_arn(region, volume)
    ec2.create_snapshot(VolumeId=made["snapped"].rsplit("/")[-1])
    must("not_applicable", made["exempt"], control)
    must("not_applicable", made["spare"], control)
    must("pass", made["snapped"], control)
    must("pass", made["kept"], control)
    return made, f"arn:aws:ec2:{region}:{ACCOUNT}:instance/{machine}"


def protected(arn, days):
    return {"ResourceArn": arn, "ResourceType": arn.split(":")[2].upper(), "LastBackupTime": NOW - days * DAY}


def vault(region, name, labels, **more):
    arn = f"arn:aws:backup:{region}:{ACCOUNT}:backup-vault:{name}"
    key = {"EncryptionKeyArn": f"arn:aws:kms:{region}:{ACCOUNT}:key/1"} if more.pop("key", True) else {}
    made = {"BackupVaultName": name, "BackupVaultArn": arn, "Locked": False, "NumberOfRecoveryPoints": 0, "CreationDate": NOW}
    return made | key | more, {arn: labels}


def vaults(region):
    found, labels = [], {}
    for name, tagged, verdict, more in (
        ("locked", {"environment": "production"}, "pass", {"Locked": True, "LockDate": NOW - DAY}),
        ("open", {"environment": "prod"}, "fail", {}),
        ("trial", {"environment": "test"}, "pass", {}),
        ("keyless", {}, "fail", {"key": False}),
        ("view", {}, "not_applicable", {"VaultType": "RESTORE_ACCESS_BACKUP_VAULT"}),
    ):
        made, tag = vault(region, name, tagged, **more)
        found.append(made)
        labels |= tag
        must(verdict, made["BackupVaultArn"], "backup.vault-encrypted-locked")
    return found, labels


def points(region):
    found = []
    for name, of, encrypted, status, verdict in (
        ("a", "locked", True, "COMPLETED", "pass"), ("b", "locked", False, "COMPLETED", "fail"), ("c", "locked", True, "PARTIAL", "pass"),
        ("d", "open", False, "CREATING", "not_applicable"), ("e", "trial", False, "EXPIRED", "fail"),
    ):
        arn = f"arn:aws:backup:{region}:{ACCOUNT}:recovery-point:{name}"
        point = {"RecoveryPointArn": arn, "BackupVaultName": of, "Status": status, "IsEncrypted": encrypted, "CreationDate": NOW}
        found.append(point | {"ResourceType": "EFS"})
        must(verdict, arn, "backup.recovery-points-encrypted")
    return found


def job(name, days, **more):
    return {"RestoreJobId": name, "Status": "COMPLETED", "CreationDate": NOW - days * DAY, "CompletionDate": NOW - days * DAY} | more


def region_of(arn):
    return arn.split(":")[3]


def backups(required, covered):
    """Backup in both regions: `required` and `covered` were backed up a day ago."""
    estate = {}
    for region in (HOME, WEST):
        own = [arn for arn in required + covered if region_of(arn) == region]
        estate[region] = {"Results": [protected(arn, 1) for arn in own]}
    found, labels = vaults(HOME)
    old = job("failed", 2, Status="FAILED"), job("invalid", 3, ValidationStatus="FAILED"), job("old", 400)
    estate[HOME] |= {
        "BackupVaultList": found, "tags": labels, "RecoveryPoints": points(HOME), "RestoreJobs": list(old),
        "BackupPlansList": [
            {"BackupPlanId": name, "BackupPlanName": name, "BackupPlanArn": f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-plan:{name}", "VersionId": "v"}
            for name in ("a", "b", "c")
        ],
        "BackupSelectionsList": [{"SelectionId": f"s-{plan}", "BackupPlanId": plan} for plan in ("b", "c")],
    }
    estate[WEST] |= {
        "RestoreJobs": [job("good", 30, ValidationStatus="SUCCESSFUL")],
        "RestoreTestingPlans": [
            {"RestoreTestingPlanArn": "arn", "RestoreTestingPlanName": name, "CreationTime": NOW, "ScheduleExpression": "rate(30 days)"}
            for name in ("x", "y", "z")
        ],
    }
    return estate


def send(endpoint, estate):
    body = json.dumps(estate).encode()
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/estate", data=body, method="PUT")).read()


def fill(moto, backup):
    rds, west = client("rds", HOME, moto), client("rds", WEST, moto)
    required = [instances(rds)]
    clusters(rds, west)
    snapshots(rds, west)
    required += tables(client("dynamodb", HOME, moto), True, True, "a-")
    required += tables(client("dynamodb", WEST, moto), False, False, "b-")
    covered = []
    for region in (HOME, WEST):
        ec2 = client("ec2", region, moto)
        made, machine = disks(ec2, region)
        required.append(made["kept"])
        # In the west the whole machine is backed up, and with it each of its volumes.
        covered += [machine] if region == WEST else []
        must("pass" if region == WEST else "fail", made["bare"], "ec2.ebs.volume-backed-up")
    # Seen where nothing stands in for Backup: moto knows vaults and plans, and nothing of what they hold.
    own = client("backup", HOME, moto)
    own.create_backup_vault(BackupVaultName="main")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "main"}
    own.create_backup_plan(BackupPlan={"BackupPlanName": "main", "Rules": [rule]})
    send(backup, backups(required, covered))
    must("pass", "", "backup.plan-coverage", "backup.restore-tested")


def lapsed(estate):
    """One required resource without a backup, all others as they were; no restore but old and failed ones."""
    estate[WEST]["Results"] = [item for item in estate[WEST]["Results"] if ":dynamodb:" not in item["ResourceArn"]]
    estate[WEST]["RestoreJobs"] = []
    must("fail", "", "backup.plan-coverage", "backup.restore-tested")
    return estate


def refused(estate):
    estate[HOME]["refused"] = ["ListProtectedResources", "ListRecoveryPointsByBackupVault"]
    estate[WEST]["refused"] = ["ListRestoreJobs"]
    # The jobs of the other region prove nothing, and one required resource is not known to be protected.
    must("not_evaluated", "", "backup.plan-coverage", "backup.restore-tested", "backup.recovery-points-encrypted")
    return estate


def standing(moto):
    """What moto holds that must be backed up, as `fill` made it."""
    required = [f"arn:aws:rds:{HOME}:{ACCOUNT}:db:orders"]
    required += [f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}" for region, name in ((HOME, "a-secret"), (WEST, "b-secret"))]
    covered = []
    for region in (HOME, WEST):
        ec2 = client("ec2", region, moto)
        found = ec2.describe_volumes(Filters=[{"Name": "tag:backup", "Values": ["required"]}])["Volumes"]
        required += [volume_arn(region, volume["VolumeId"]) for volume in found]
        for machine in [m for r in ec2.describe_instances()["Reservations"] for m in r["Instances"]] if region == WEST else []:
            covered.append(f"arn:aws:ec2:{region}:{ACCOUNT}:instance/{machine['InstanceId']}")
    return required, covered


def main(what, moto, backup):
    if what == "fill":
        fill(moto, backup)
    else:
        estate = backups(*standing(moto))
        KEYS.clear()
        send(backup, {"lapse": lapsed, "refuse": refused}[what](estate))
    print(json.dumps(KEYS, indent=1, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
