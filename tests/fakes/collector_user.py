"""Makes the collector's user in an account, without any permission, and prints its access key.

    collector_user.py ENDPOINT_URL USER_NAME
"""

import json
import sys

from estate import Estate

iam = Estate(sys.argv[1]).client("iam")
iam.create_user(UserName=sys.argv[2], Path="/robots/")
key = iam.create_access_key(UserName=sys.argv[2])["AccessKey"]
print(json.dumps({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}))
