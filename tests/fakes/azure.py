"""What Azurite lacks of Azure: tokens of a managed identity, roles, immutability policies, Resource Manager.

    azure.py AZURITE_PORT CA CERTIFICATE KEY PORT

It stands before Azurite, passes on what an identity's role allows, and adds to the answers what Blob Storage says of a
container's policy. Identity, by the header that the machine would have: collector, reader, stranger. Containers: `plain`
has no policy, `unlocked` one of 10 days, `locked` one of 400 that is locked, `versions` a locked policy on each blob.
Standard library only. Documentation: https://learn.microsoft.com/rest/api/storageservices,
https://learn.microsoft.com/azure/app-service/overview-managed-identity
"""

import base64
import datetime
import http.client
import json
import ssl
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCOUNT = "acmeevidence"
READ = {"containers/read", "blobs/read", "immutabilityPolicies/read"}
ROLES = {
    "collector": READ | {"blobs/add/action"},
    "blind": {"containers/read", "blobs/read", "blobs/add/action"},
    "reader": READ,
    "stranger": set(),
}
POLICIES = {"unlocked": (10, "Unlocked"), "locked": (400, "Locked")}


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token_of(identity, audience="https://storage.azure.com"):
    """A token that is well formed, and signed by nobody: Azurite looks at its claims alone."""
    now = int(time.time())
    claims = {"iss": "https://sts.windows.net/11111111-2222-3333-4444-555555555555/", "aud": audience, "iat": now, "nbf": now - 60,
              "exp": now + 3600, "oid": identity}
    return f"{part({'typ': 'JWT', 'alg': 'RS256'})}.{part(claims)}.{part('canary-signature')}"


def identity_of(authorization, audience):
    try:
        body = authorization.removeprefix("Bearer ").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return claims["oid"] if claims["aud"] == audience else None
    except (IndexError, ValueError, KeyError):
        return None


class Azure(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        self.request.settimeout(90)
        self.request.do_handshake()
        super().setup()

    def handle_one(self):
        split = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        query = dict(urllib.parse.parse_qsl(split.query))
        if split.path == "/identity/token":
            self.token(query)
        elif split.path.startswith("/subscriptions/"):
            self.manager(split.path)
        else:
            self.storage(split.path, query, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one

    def token(self, query):
        identity = self.headers.get("x-identity-header")
        if identity not in ROLES:
            return self.json(401, {"statusCode": 401, "message": "No identity has this header"})
        expires = str(int(time.time()) + 3600)
        token = token_of(identity, query["resource"])
        self.json(200, {"access_token": token, "expires_on": expires, "resource": query["resource"], "token_type": "Bearer"})

    def manager(self, path):
        identity = identity_of(self.headers.get("authorization", ""), f"https://127.0.0.1:{self.server.server_port}")
        if identity is None:
            return self.json(401, {"error": {"code": "InvalidAuthenticationTokenAudience", "message": "wrong audience"}})
        if "immutabilityPolicies/read" not in ROLES[identity]:
            return self.json(403, {"error": {"code": "AuthorizationFailed", "message": f"{identity} has no such role"}})
        parts = path.strip("/").split("/")
        account = ["subscriptions", "sub-1", "resourceGroups", "rg 1", "providers", "Microsoft.Storage", "storageAccounts", ACCOUNT]
        named = [*account, "blobServices", "default", "containers"]
        if [urllib.parse.unquote(part) for part in parts[:11]] != named or parts[12:] != ["immutabilityPolicies", "default"]:
            return self.json(404, {"error": {"code": "ResourceNotFound", "message": "there is no such resource"}})
        days, state = POLICIES.get(parts[11], (0, "Unlocked"))
        self.json(200, {"name": "default", "properties": {"immutabilityPeriodSinceCreationInDays": days, "state": state}})

    def storage(self, path, query, body):
        identity = identity_of(self.headers.get("authorization", ""), "https://storage.azure.com")
        segments = path.strip("/").split("/")
        container = segments[1] if len(segments) > 1 else ""
        if identity is None or self.action(query) not in ROLES[identity]:
            return self.refused("AuthorizationPermissionMismatch")
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "content-length")}
        azurite = http.client.HTTPSConnection("127.0.0.1", self.server.azurite, context=self.server.trust, timeout=90)
        azurite.request(self.command, self.path, body=body or None, headers={**headers, "content-length": str(len(body))})
        answer = azurite.getresponse()
        content = answer.read()
        added = self.protection(container, query, answer.status)
        kept = [(name, value) for name, value in answer.getheaders()
                if name.lower() not in ("connection", "transfer-encoding", "keep-alive", *added)]
        if self.command != "HEAD":
            kept = [(name, value) for name, value in kept if name.lower() != "content-length"] + [("content-length", str(len(content)))]
        self.answer(answer.status, kept + list(added.items()), content)
        azurite.close()

    def action(self, query):
        if query.get("restype") == "container" and "comp" not in query:
            return "containers/read"
        if self.command == "PUT":
            return "blobs/add/action" if self.headers.get("if-none-match") == "*" else "blobs/write"
        return "blobs/delete" if self.command == "DELETE" else "blobs/read"

    def protection(self, container, query, status):
        if status >= 300:
            return {}
        if query.get("restype") == "container" and "comp" not in query and container in POLICIES:
            return {"x-ms-has-immutability-policy": "true"}
        if container == "versions" and self.command == "HEAD":
            until = datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
            return {"x-ms-immutability-policy-mode": "locked", "x-ms-immutability-policy-until-date": until}
        return {}

    def refused(self, code):
        body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>by role</Message></Error>'.encode()
        length = [("content-length", str(len(body)))]
        self.answer(403, [("x-ms-error-code", code), ("content-type", "application/xml"), *length], body)

    def json(self, status, value):
        body = json.dumps(value).encode()
        self.answer(status, [("content-type", "application/json"), ("content-length", str(len(body)))], body)

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main(azurite, ca, certificate, key, port):
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Azure)
    server.daemon_threads = True
    server.azurite = int(azurite)
    server.trust = ssl.create_default_context(cafile=ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
