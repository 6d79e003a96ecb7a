"""Makes a bucket on an S3 server, or copies what lies in one into a folder.

    bucket.py create URL ACCESS_KEY SECRET_KEY BUCKET plain|lock
    bucket.py copy   URL ACCESS_KEY SECRET_KEY BUCKET PREFIX FOLDER
    bucket.py attack URL ACCESS_KEY SECRET_KEY BUCKET KEY overwrite|delete|purge|shorten

`attack` does to one object what somebody with the bucket's keys would, and prints as JSON whether it was refused, and
how many versions of the object, one of them with the first bytes, are left.
"""

import datetime
import json
import pathlib
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def main(what, url, access_key, secret_key, bucket, *rest):
    s3 = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    if what == "create":
        create(s3, bucket, rest[0] == "lock")
    elif what == "attack":
        print(json.dumps(attack(s3, bucket, *rest)))
    else:
        copy(s3, bucket, rest[0], pathlib.Path(rest[1]))


def create(s3, bucket, lock):
    for attempt in range(100):
        try:
            s3.create_bucket(Bucket=bucket, **({"ObjectLockEnabledForBucket": True} if lock else {}))
            break
        except Exception:
            if attempt == 99:
                raise
            time.sleep(0.2)
    if lock:
        retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
        s3.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
        )


def copy(s3, bucket, prefix, folder):
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            path = folder / entry["Key"].removeprefix(prefix).lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())


def attack(s3, bucket, key, how):
    first = min(versions(s3, bucket, key), key=lambda version: version["LastModified"])["VersionId"]
    before = s3.get_object(Bucket=bucket, Key=key, VersionId=first)["Body"].read()
    refused = None
    try:
        if how == "overwrite":
            s3.put_object(Bucket=bucket, Key=key, Body=b"forged")
        elif how == "delete":
            s3.delete_object(Bucket=bucket, Key=key)
        elif how == "purge":
            s3.delete_object(Bucket=bucket, Key=key, VersionId=first, BypassGovernanceRetention=True)
        else:
            soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=60)
            retention = {"Mode": "COMPLIANCE", "RetainUntilDate": soon}
            s3.put_object_retention(Bucket=bucket, Key=key, VersionId=first, Retention=retention)
    except ClientError as error:
        refused = error.response["Error"]["Code"]
    after = s3.get_object(Bucket=bucket, Key=key, VersionId=first)["Body"].read()
    return {"refused": refused, "kept": after == before, "versions": len(versions(s3, bucket, key))}


def versions(s3, bucket, key):
    listed = s3.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", [])
    return [version for version in listed if version["Key"] == key]


if __name__ == "__main__":
    main(*sys.argv[1:])
