"""Checks time stamps with PyPI's rfc3161-client: each over the statement beside it.

    check_timestamps.py ROOT.pem INTERMEDIATE.pem POLICY TOKEN.tsr [TOKEN.tsr ...]
"""

import pathlib
import sys

from cryptography import x509
from rfc3161_client import VerifierBuilder, decode_timestamp_response

root, intermediate, policy, *tokens = sys.argv[1:]
certificate = lambda file: x509.load_pem_x509_certificate(pathlib.Path(file).read_bytes())
verifier = VerifierBuilder(
    policy_id=x509.ObjectIdentifier(policy), roots=[certificate(root)], intermediates=[certificate(intermediate)]
).build()
for token in map(pathlib.Path, tokens):
    response = decode_timestamp_response(token.read_bytes())
    statement = token.with_name(token.name.replace(".tsr", ".dsse.json")).read_bytes()
    assert verifier.verify_message(response, statement), token
print(len(tokens))
