"""Google Cloud Storage as its JSON API is documented, and the servers that give tokens for it. Standard library only.

    gcs.py [--page N] [--bucket NAME[:SECONDS[:locked]]]... [--signer EMAIL:MODULUS_HEX] PORT

It enforces what evidence stands on: `ifGenerationMatch` under a lock, CRC32C, permissions, and retention, by which an object
is neither removed nor overwritten. It holds everything in memory. Documentation: https://cloud.google.com/storage/docs/json_api/v1
"""

import argparse
import base64
import hashlib
import json
import secrets
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gcs_objects import Bucket, Refusal, crc32c, select

READ = {"storage.objects.get", "storage.objects.list", "storage.buckets.get"}
# The collector has no permission to remove; `keeper` has every one that there is here.
IDENTITIES = {
    "collector": READ | {"storage.objects.create"},
    "writer": {"storage.objects.get", "storage.objects.list", "storage.objects.create"},
    "reader": READ,
    "stranger": set(),
    "keeper": READ | {"storage.objects.create", "storage.objects.delete"},
}
TOKENS = {f"ya29.fake-{name}-{secrets.token_hex(16)}": name for name in IDENTITIES}
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Cut(Exception):
    """The client went away in the middle of a body, of which this much came."""


def token_of(name):
    token = next(token for token, identity in TOKENS.items() if identity == name)
    return {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}


def padded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed_by(jwt, signers):
    """The identity of a service account's own JWT (RS256, RFC 7518 section 3.3), else none."""
    try:
        head, claims, signature = jwt.split(".")
        said = json.loads(padded(claims))
        modulus = signers[said["iss"]]
        size = (modulus.bit_length() + 7) // 8
        digest = hashlib.sha256(f"{head}.{claims}".encode()).digest()
        info = bytes.fromhex("3031300d060960864801650304020105000420") + digest
        expected = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
        found = pow(int.from_bytes(padded(signature), "big"), 65537, modulus).to_bytes(size, "big")
        whole = found == expected and said["scope"] == SCOPE and said["iat"] - 60 < time.time() < said["exp"]
        return "collector" if whole else None
    except (ValueError, KeyError, TypeError):
        return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        self.media = False
        parts = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        path = [urllib.parse.unquote(part) for part in parts.path.split("/")[1:]]
        try:
            self.route(path)
        except Refusal as refusal:
            self.refuse(refusal)
        except (Cut, ConnectionError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def route(self, path):
        match [self.command, *path]:
            case ["GET", "computeMetadata", "v1", *rest]:
                self.metadata("/".join(rest))
            case ["POST", "v1", "token"]:
                self.exchange()
            case ["GET", "storage", "v1", "b", name]:
                self.need("storage.buckets.get", "fields")
                self.say(select(self.bucket(name).resource(), self.query.get("fields")))
            case ["GET", "storage", "v1", "b", name, "o"]:
                self.need("storage.objects.list", "fields", "prefix", "maxResults", "pageToken")
                page = min(int(self.query.get("maxResults", 1000)), self.server.page)
                listed = self.bucket(name).listed(self.query.get("prefix", ""), page, self.query.get("pageToken"))
                self.say(select(listed, self.query.get("fields")))
            case ["GET", "storage", "v1", "b", name, "o", key]:
                self.media = self.query.get("alt") == "media"
                self.need("storage.objects.get", "fields", "alt", "generation")
                found = self.bucket(name).get(key, self.query.get("generation"))
                self.download(found) if self.media else self.say(select(found.resource(), self.query.get("fields")))
            case ["DELETE", "storage", "v1", "b", name, "o", key]:
                self.need("storage.objects.delete")
                self.bucket(name).remove(key)
                self.send(204, b"")
            case ["POST", "upload", "storage", "v1", "b", name, "o"]:
                body = self.body()
                self.need("storage.objects.create", "uploadType", "name", "ifGenerationMatch")
                self.upload(self.bucket(name), body)
            case ["PUT", "upload", "storage", "v1", "b", name, "o"]:
                self.need("storage.objects.create", "uploadType", "upload_id")
                self.resume(self.bucket(name))
            case _:
                self.body()
                raise Refusal(404, "notFound", "Not Found")

    # --- tokens

    def metadata(self, what):
        """https://cloud.google.com/compute/docs/metadata/overview"""
        if self.headers.get("Metadata-Flavor") != "Google":
            return self.send(403, b"Missing Metadata-Flavor:Google header.", "text/html")
        account = "instance/service-accounts/default/"
        if what == account + "token":
            return self.say(token_of("collector"), {"Metadata-Flavor": "Google"})
        known = {account + "email": "collector@project.iam.gserviceaccount.com", "universe/universe-domain": "googleapis.com"}
        if what not in known:
            return self.send(404, b"not found", "text/html")
        self.send(200, known[what].encode(), "application/text", {"Metadata-Flavor": "Google"})

    def exchange(self):
        """https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token; the subject token is an identity's name."""
        asked = dict(urllib.parse.parse_qsl(self.body().decode()))
        if asked.get("grant_type") != EXCHANGE or asked.get("scope") != SCOPE or asked.get("subject_token") not in IDENTITIES:
            return self.say({"error": "invalid_grant", "error_description": "The subject token is not accepted."}, status=400)
        self.say({**token_of(asked["subject_token"]), "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"})

    def need(self, permission, *parameters):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        identity = TOKENS.get(token) or signed_by(token, self.server.signers)
        if scheme != "Bearer" or identity is None:
            raise Refusal(401, "authError", "Invalid Credentials", "header", "Authorization")
        if permission not in IDENTITIES[identity]:
            who = f"{identity}@project.iam.gserviceaccount.com"
            what = f"Permission '{permission}' denied on resource (or it may not exist)."
            raise Refusal(403, "forbidden", f"{who} does not have {permission} access to the Google Cloud Storage bucket. {what}")
        for parameter in set(self.query) - set(parameters):
            raise Refusal(400, "invalidParameter", f"Unknown parameter: {parameter}", "parameter", parameter)

    # --- objects

    def bucket(self, name):
        if name not in self.server.buckets:
            raise Refusal(404, "notFound", "The specified bucket does not exist.")
        return self.server.buckets[name]

    def upload(self, bucket, body):
        if self.query.get("uploadType") == "resumable":
            return self.begin(bucket, json.loads(body or b"{}"))
        parts = self.parts(body)
        asked = json.loads(parts[0])
        # A checksum that was not known in time follows the bytes.
        for trailer in parts[2:]:
            asked |= json.loads(trailer)
        made = bucket.put(self.query["name"], parts[1], asked, self.query.get("ifGenerationMatch"))
        self.say(made.resource())

    def parts(self, body):
        """multipart/related (RFC 2387), as the client writes it."""
        kind, _, boundary = self.headers.get("Content-Type", "").partition("; boundary=")
        if kind != "multipart/related" or not boundary:
            raise Refusal(400, "badContent", "Unsupported content with type: " + kind)
        pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.strip('"').encode())
        if len(pieces) < 4 or pieces[-1].strip() != b"--":
            raise Refusal(400, "badRequest", "Malformed multipart body.")
        return [piece.split(b"\r\n\r\n", 1)[1] for piece in pieces[1:-1]]

    def begin(self, bucket, asked):
        """https://cloud.google.com/storage/docs/performing-resumable-uploads"""
        bucket.check(self.query["name"], self.query.get("ifGenerationMatch"))
        session = {"name": self.query["name"], "match": self.query.get("ifGenerationMatch"), "asked": asked, "bytes": bytearray()}
        upload_id = secrets.token_urlsafe(24)
        self.server.sessions[upload_id] = session
        place = f"http://127.0.0.1:{self.server.server_port}/upload/storage/v1/b/{bucket.name}/o"
        self.send(200, b"", headers={"Location": f"{place}?uploadType=resumable&upload_id={upload_id}", "X-GUploader-UploadID": upload_id})

    def resume(self, bucket):
        session = self.server.sessions.get(self.query["upload_id"])
        if session is None:
            self.body()
            raise Refusal(404, "notFound", "No such upload.")
        span, _, total = self.headers["Content-Range"].removeprefix("bytes ").partition("/")
        if span != "*":
            begin = int(span.split("-")[0])
            if begin != len(session["bytes"]):
                self.body()
                raise Refusal(503, "backendError", f"{len(session['bytes'])} bytes are persisted, not {begin}.")
            self.body(session["bytes"])
        else:
            self.body()
        if "made" not in session and total != "*" and len(session["bytes"]) == int(total):
            session["made"] = bucket.put(session["name"], bytes(session["bytes"]), session["asked"], session["match"])
        if "made" in session:
            return self.say(session["made"].resource())
        persisted = len(session["bytes"])
        self.send(308, b"", headers={"Range": f"bytes=0-{persisted - 1}"} if persisted else {})

    def download(self, found):
        headers = {
            "x-goog-generation": str(found.generation),
            "x-goog-metageneration": "1",
            "x-goog-stored-content-encoding": "identity",
            "x-goog-stored-content-length": str(len(found.bytes)),
            "x-goog-hash": f"crc32c={found.crc32c},md5={found.md5}",
            "x-goog-storage-class": "STANDARD",
            "ETag": found.etag,
        }
        span = self.headers.get("Range")
        if span is None:
            return self.send(200, found.bytes, "application/octet-stream", headers)
        begin, _, end = span.removeprefix("bytes=").partition("-")
        begin, end = int(begin), min(int(end or len(found.bytes)), len(found.bytes) - 1)
        if begin > end:
            raise Refusal(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
        headers["Content-Range"] = f"bytes {begin}-{end}/{len(found.bytes)}"
        self.send(206, found.bytes[begin : end + 1], "application/octet-stream", headers)

    # --- bytes

    def body(self, into=None):
        """The request's body; what came of one that is cut stays in `into`."""
        into = bytearray() if into is None else into

        def read(count):
            while count:
                chunk = self.rfile.read1(min(count, 1 << 16))
                if not chunk:
                    raise Cut
                into.extend(chunk)
                count -= len(chunk)

        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.line() or b"!", 16):
                read(size)
                self.line()
            self.line()
        else:
            read(int(self.headers.get("Content-Length", 0)))
        return bytes(into)

    def line(self):
        line = self.rfile.readline()
        if not line.endswith(b"\n"):
            raise Cut
        return line.strip()

    def refuse(self, refusal):
        # What was not read of the request must not be read as the next one.
        self.close_connection = True
        # A download is refused in plain text.
        if self.media and refusal.status == 404:
            return self.send(404, refusal.message.encode(), "text/html; charset=UTF-8")
        self.say(refusal.document(), status=refusal.status)

    def say(self, document, headers=None, status=200):
        self.send(status, json.dumps(document).encode(), "application/json; charset=UTF-8", headers)

    def send(self, status, body, kind=None, headers=None):
        self.send_response(status)
        close = {"Connection": "close"} if self.close_connection else {}
        for name, value in {**({"Content-Type": kind} if kind else {}), **(headers or {}), **close}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720, B.4, and every list of CRCs
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--page", type=int, default=1000)
    arguments.add_argument("--bucket", action="append", default=[])
    arguments.add_argument("--signer", action="append", default=[])
    arguments.add_argument("port", type=int)
    asked = arguments.parse_args()
    server = Server(("127.0.0.1", asked.port), Handler)
    server.page, server.sessions = asked.page, {}
    server.buckets = {bucket.name: bucket for bucket in map(Bucket.parse, asked.bucket)}
    server.signers = {email: int(modulus, 16) for email, modulus in (signer.rsplit(":", 1) for signer in asked.signer)}
    server.serve_forever()


if __name__ == "__main__":
    main()
