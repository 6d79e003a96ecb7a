"""Checks every statement of a file:// store with the standards' own libraries: DSSE by securesystemslib, in-toto Statement v1
by in-toto-attestation.

    check_standards.py STORE_FOLDER PUBLIC_KEY.pem [PUBLIC_KEY.pem ...]      every signature is by one of the keys
"""

import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives import serialization
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementPb
from google.protobuf import json_format
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

store, *key_files = map(pathlib.Path, sys.argv[1:])
keys = {}
for key_file in key_files:
    public = serialization.load_pem_public_key(key_file.read_bytes())
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    keyid = hashlib.sha256(der).hexdigest()
    keys[keyid] = SSlibKey.from_crypto(public, keyid=keyid)
checked = 0
for path in sorted(store.glob("ledger/**/*.dsse.json")):
    document = json.loads(path.read_bytes())
    named = [keys[signature["keyid"]] for signature in document["signatures"]]
    envelope = Envelope.from_dict(document)
    accepted = envelope.verify(named, threshold=len(named))
    assert set(accepted) == {key.keyid for key in named}, path
    payload = json.loads(envelope.payload)
    Statement.copy_from_pb(json_format.ParseDict(payload, StatementPb())).validate()
    for subject in payload["subject"]:
        assert hashlib.sha256((store / subject["name"]).read_bytes()).hexdigest() == subject["digest"]["sha256"], subject
    checked += 1
assert checked, "no statement"
print(checked)
