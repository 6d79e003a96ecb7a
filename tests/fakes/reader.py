"""Makes a user who may read most of an account, and prints its access key.

    reader.py ENDPOINT_URL
"""

import json
import sys

from estate import Estate

MAY = ["iam:Get*", "iam:List*", "iam:GenerateCredentialReport", "s3:List*", "s3:Get*", "cloudtrail:Describe*", "cloudtrail:Get*",
       "account:Get*", "ec2:DescribeRegions", "kms:DescribeKey", "sts:GetCallerIdentity"]
MAY_NOT = ["s3:GetBucketAcl", "iam:GetAccountPasswordPolicy", "cloudtrail:GetTrailStatus"]

iam = Estate(sys.argv[1]).client("iam")
iam.create_user(UserName="collector", Path="/robots/")
document = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": MAY, "Resource": "*"},
        {"Effect": "Deny", "Action": MAY_NOT, "Resource": "*"},
    ],
}
iam.put_user_policy(UserName="collector", PolicyName="reader", PolicyDocument=json.dumps(document))
key = iam.create_access_key(UserName="collector")["AccessKey"]
print(json.dumps({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}))
