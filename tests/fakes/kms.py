"""moto, with its KMS repaired where AWS does otherwise: Sign takes a digest as a digest, and a disabled key does not sign.

    kms.py serve PORT
    kms.py key ENDPOINT_URL SPEC [ALIAS]     makes a key; prints its ARN
    kms.py disable ENDPOINT_URL ARN
    kms.py user ENDPOINT_URL                 makes a user who may fetch public keys and not sign; prints its access key
"""

import base64
import json
import sys


def serve(port):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from moto.core.exceptions import JsonRESTError
    from moto.kms.responses import KmsResponse
    from moto.server import main

    def sign(self):
        asked = json.loads(self.body)
        key = self.kms_backend.describe_key(self.kms_backend.get_key_id(asked["KeyId"]))
        if key.key_state == "Disabled":
            raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
        assert (asked["MessageType"], asked["SigningAlgorithm"]) == ("DIGEST", "ECDSA_SHA_256"), asked
        digest = base64.b64decode(asked["Message"], validate=True)
        signature = key.private_key.private_key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        return json.dumps({"KeyId": key.arn, "Signature": base64.b64encode(signature).decode(), "SigningAlgorithm": "ECDSA_SHA_256"})

    KmsResponse.sign = sign
    main(["-H", "127.0.0.1", "-p", port])


def client(url, service):
    import boto3

    return boto3.client(service, endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def key(url, spec, alias=None):
    kms = client(url, "kms")
    arn = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    if alias:
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=arn)
    print(arn)


def disable(url, arn):
    client(url, "kms").disable_key(KeyId=arn.rsplit("/", 1)[1])


def user(url):
    iam = client(url, "iam")
    iam.create_user(UserName="reader")
    allowed = {"Effect": "Allow", "Action": ["kms:GetPublicKey"], "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_user_policy(UserName="reader", PolicyName="reader", PolicyDocument=json.dumps(document))
    made = iam.create_access_key(UserName="reader")["AccessKey"]
    print(json.dumps({"id": made["AccessKeyId"], "secret": made["SecretAccessKey"]}))


{"serve": serve, "key": key, "disable": disable, "user": user}[sys.argv[1]](*sys.argv[2:])
