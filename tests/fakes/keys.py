"""The signing side of Google Cloud KMS and of Azure Key Vault, with the places that give tokens for them.

    keys.py PORT

The name of a key says how it behaves: `evidence` signs; `disabled`, `absent`, `refused` and `rsa` are what they say;
`rehashed` signs the digest as if it were a message; `damaged` sends another signature than it made; `busy` answers 429 twice
to each call, `down` signs never (503). Requests without the token that this server gave are refused.
"""

import base64
import collections
import hashlib
import http.server
import json
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

TOKEN = "fake-access-token-5d0c"
IDENTITY = "fake-identity-header"
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
attempts = collections.Counter()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return str(crc ^ 0xFFFFFFFF)


assert crc32c(b"123456789") == str(0xE3069283)


def signed(digest, how):
    assert len(digest) == 32, digest
    digest = hashlib.sha256(digest).digest() if how == "rehashed" else digest
    return KEY.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def padded(text):
    assert "=" not in text and "+" not in text and "/" not in text, text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in [("Content-Type", "application/json"), ("Content-Length", str(len(data))), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path.startswith("/computeMetadata/v1/instance/service-accounts/default/token"):
            assert self.headers["Metadata-Flavor"] == "Google"
            token = {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}
            return self.answer(200, token, [("Metadata-Flavor", "Google")])
        if self.path.startswith("/computeMetadata/"):
            return self.answer(404, {}, [("Metadata-Flavor", "Google")])
        if self.path.startswith("/msi/token"):
            assert self.headers["X-IDENTITY-HEADER"] == IDENTITY
            assert "resource=https%3A%2F%2Fvault.azure.net" in self.path, self.path
            token = {"access_token": TOKEN, "expires_on": "4102444800", "resource": "https://vault.azure.net", "token_type": "Bearer"}
            return self.answer(200, token)
        self.keys(None)

    def do_POST(self):
        self.keys(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def keys(self, body):
        if self.path.startswith("/v1/projects/"):
            return self.google(body)
        if self.path.startswith("/keys/"):
            return self.azure(body)
        self.answer(404, {})

    def trouble(self, name, signs):
        """The status that stands in the way of an answer."""
        attempts[self.path] += 1
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return 401
        if name == "busy" and attempts[self.path] <= 2:
            return 429
        if name == "down" and signs:
            return 503
        return {"absent": 404, "refused": 403 if signs else None}.get(name)

    # --- Google Cloud KMS

    def google(self, body):
        name, _, action = self.path.removeprefix("/v1/").replace("/publicKey", ":publicKey").partition(":")
        key = name.split("/")[7]
        status = self.trouble(key, action == "asymmetricSign")
        if status:
            words = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
            return self.google_error(status, words[status])
        if key == "disabled":
            return self.google_error(400, "FAILED_PRECONDITION", f"{name} is not enabled, current state is: DISABLED.")
        algorithm = "RSA_SIGN_PKCS1_2048_SHA256" if key == "rsa" else "EC_SIGN_P256_SHA256"
        level = {"name": name, "protectionLevel": "SOFTWARE"}
        if action == "publicKey":
            return self.answer(200, {"pem": PEM, "algorithm": algorithm, "pemCrc32c": crc32c(PEM.encode()), **level})
        digest = base64.b64decode(body["digest"]["sha256"], validate=True)
        assert body["digestCrc32c"] == crc32c(digest), body
        signature = signed(digest, key)
        told = crc32c(signature)
        sent = signature[:-1] + bytes([signature[-1] ^ 1]) if key == "damaged" else signature
        encoded = base64.b64encode(sent).decode()
        self.answer(200, {"signature": encoded, "signatureCrc32c": told, "verifiedDigestCrc32c": True, **level})

    def google_error(self, code, status, message="told by the fake"):
        self.answer(code, {"error": {"code": code, "message": message, "status": status}})

    # --- Azure Key Vault

    def azure(self, body):
        path, _, query = self.path.partition("?")
        assert query == "api-version=7.4", query
        _, _, key, version, *action = path.split("/")
        kid = f"https://acme.vault.azure.net/keys/{key}/{version}"
        status = self.trouble(key, action == ["sign"])
        if status:
            words = {401: "Unauthorized", 403: "Forbidden", 404: "KeyNotFound", 429: "Throttled", 503: "ServiceUnavailable"}
            return self.azure_error(status, words[status])
        numbers = KEY.public_key().public_numbers()
        if not action:
            point = {"crv": "P-256", "x": unpadded(numbers.x.to_bytes(32, "big")), "y": unpadded(numbers.y.to_bytes(32, "big"))}
            shape = {"kty": "RSA", "n": "AQAB", "e": "AQAB"} if key == "rsa" else {"kty": "EC", **point}
            attributes = {"enabled": key != "disabled", "created": 1, "updated": 1, "recoveryLevel": "Recoverable"}
            return self.answer(200, {"key": {"kid": kid, "key_ops": ["sign", "verify"], **shape}, "attributes": attributes})
        assert body["alg"] == "ES256", body
        r, s = decode_dss_signature(signed(padded(body["value"]), key))
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        raw = raw[:-1] if key == "damaged" else raw
        self.answer(200, {"kid": kid, "value": unpadded(raw)})

    def azure_error(self, status, code):
        self.answer(status, {"error": {"code": code, "message": "told by the fake"}})


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
