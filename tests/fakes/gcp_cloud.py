"""Google Cloud over an estate in data files: one server for every API, for tokens and for a machine's metadata.

    gcp_cloud.py ESTATE_FOLDER PORT

The first segment of a path is the service (`/storage/storage/v1/b`, `/cloudasset/v1/projects/…/assets`): set it as the root of
that API, and the rest is Google's own path. Paths, parameters and bodies are held against Google's discovery documents: a path
that no API has gets Google's HTML 404, an unknown parameter a 400, a call without a token of this server's a 401.

THE ESTATE is every `*.json` of the folder, one a family, each a list of things:

    {"asset": "storage.googleapis.com/Bucket",   a type of gcp_types.py; add a row there for a new one
     "project": "evidence-prod",                 or "parent": "organizations/{organization}" | "folders/{folder}"
     "location": "europe-west1",                 a region, a zone, a multi-region or "global"
     "data": {…},                                what the API's `get` answers; compute's kind, selfLink and zone are filled in
     "iam_policy": {…},                          what `getIamPolicy` answers; version 3 where it has conditions
     "org_policies": [{…}],                      of an organisation, folder or project: v1's form, for content type ORG_POLICY
     "answers": [{"method": "storage.buckets.getIamPolicy", "error": "PERMISSION_DENIED"}],    see below
     "inventory": {"data": {…}, "iam_policy": {…}, "name": …, "updateTime": …},   where the inventory differs (a null in its data is left out); null: it is not in it
     "api": false,                               the API no longer has it, the inventory still does
     "verdicts": {"gcp.…": "pass"},              what must be said of it, decided by hand; {control: {id: verdict}} for other ids
     "verdicts_direct": {"gcp.…": "fail"},       what is said otherwise when the APIs themselves are read
     "note": "why it is here"}
    {"method": "logging.projects.sinks.list", "when": {"parent": "projects/evidence-prod"}, "answer": [{…}]}
    {"verdicts": {control: {id: verdict}}}

From one declaration the resource is in `assets.list` of all that lies above it and in the `list`, `aggregatedList`, `get` and
`getIamPolicy` of its own API. An answer by hand has `method` (its id in the discovery document: Cloud SQL's begin with `sql.`,
the Directory's with `directory.`), one of `answer` (a list is put into the method's envelope, in pages), `error` (Google's
word, with `message`) or `fault`, and `when`: values of parameters of path or query, `*` for any. Without `when`, one among the
`answers` of a resource is for paths at or below it. Ids of verdicts are the names of Cloud Asset Inventory.
`{organization}`, `{folder}`, `{customer}` stand for ids, `{ago:30}` for the time 30 days ago, `{ago_ms:30}` for the same in milliseconds.
A service whose `serviceusage.googleapis.com/Service` is DISABLED in a project answers SERVICE_DISABLED there.
`gcp_roles.json` holds Google's own roles. `check_gcp.py` holds all of it against Google's schemas: run it when you have added something.
Pages hold two things (GCP_PAGE); tokens last an hour (GCP_TOKEN_SECONDS).

IDENTITIES: `collector` reads everything, `narrow` buckets and projects alone, `stranger` nothing, `owner` has every right.
`GET /key/collector` is a service account's key file; an external account's subject token is the identity's name
(`/sts/v1/token`); `GET /computeMetadata/v1/…` tells of `collector`, or of whom `POST /machine {"identity": …}` names.

    GET  /verdicts          {control: {id: verdict}}, as the inventory leads to them; /verdicts/direct as the APIs do
    GET  /calls             {method: times}, and empties it; "unknown GET /path" for a path that no API has
    POST /faults            [{"match": regular expression on "METHOD_ID VERB /path?query", "fault": "denied", "first": 1, "after": 0}]

Faults: disabled (SERVICE_DISABLED), denied, perimeter (VPC Service Controls), missing, throttled (429; `retry_after` in seconds, 0 unless said,
null for no header), rate_limited (403 with `rateLimitExceeded`, as older services say it), unavailable, internal, slow (`seconds`), cut, hangup, html, empty, shape,
without (`testIamPermissions` lacks `permissions`), partial (a list that says what it could not reach, and lacks one thing). `first` is how many calls meet it (all, unless said), `after` how many pass before.
`[{"match": "^cloudasset\\.", "fault": "disabled"}]` turns the inventory off, so that the APIs themselves are read. `token` and `metadata` are methods too.
"""

import json
import os
import pathlib
import re
import sys
import threading
import time
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gcp_discovery
from gcp_answers import Call, Cloud, Spoiled
from gcp_errors import NOT_FOUND, Faults, NoMethod, Refused
from gcp_estate import Estate
from gcp_identity import IDENTITIES, BadGrant, Tokens, email, form_of, may_call

HERE = pathlib.Path(__file__).parent
JSON = {"content-type": "application/json; charset=UTF-8"}


class Google(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_one(self):
        split = urllib.parse.urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        query = urllib.parse.parse_qs(split.query, keep_blank_values=True)
        self.label = split.path.split("/")[1]
        try:
            if not self.control(split.path, raw) and not self.tokens(split, query, raw):
                self.api(split, query, raw)
        except NoMethod:
            self.server.count(f"unknown {self.command} {split.path}")
            page = NOT_FOUND.format(path=self.path.removeprefix(f"/{self.label}"))
            self.send(404, page.encode(), {"content-type": "text/html; charset=UTF-8"})
        except Refused as refused:
            self.json(refused.code, refused.document(self.label), refused.headers)
        except BadGrant as bad:
            self.json(400, {"error": bad.args[0], "error_description": bad.args[1]})
        except Spoiled as spoiled:
            self.spoil(spoiled.args[0])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    # --- what tests say to it

    def control(self, path, raw):
        server, answer = self.server, {}
        match [self.command, *path.strip("/").split("/")]:
            case ["GET", "verdicts"]:
                answer = server.cloud.estate.verdicts
            case ["GET", "verdicts", "direct"]:
                answer = server.cloud.estate.direct
            case ["GET", "calls"]:
                with server.lock:
                    answer, server.calls = dict(server.calls), Counter()
            case ["POST", "faults"]:
                try:
                    server.faults.set(json.loads(raw))
                except (KeyError, TypeError, ValueError, re.error) as error:
                    raise Refused("INVALID_ARGUMENT", f"No such fault: {error}") from error
            case ["POST", "machine"]:
                server.tokens.machine = json.loads(raw)["identity"]
            case ["GET", "key", identity] if identity in IDENTITIES:
                answer = server.tokens.key_file(identity, self.url())
            case _:
                return False
        self.json(200, answer)
        return True

    # --- tokens

    def tokens(self, split, query, raw):
        """The servers of tokens; whether this was theirs to answer."""
        name = {"/token": "token", "/sts/v1/token": "token"}.get(split.path)
        if split.path.startswith("/computeMetadata") or (split.path == "/" and "metadata-flavor" in self.headers):
            name = "metadata"
        if name is None:
            return False
        self.server.count(name)
        rule = self.server.faults.of(f"{name} {self.command} {self.path}")
        if rule and not self.refuse_token(rule):
            return True
        if name == "metadata":
            self.metadata(split.path, query)
        elif self.command != "POST":
            raise NoMethod
        else:
            form = form_of(raw, self.headers.get("content-type"))
            tokens = self.server.tokens
            self.json(200, tokens.exchange(form) if split.path.startswith("/sts") else tokens.grant(form, self.url()))
        return True

    def refuse_token(self, rule):
        """Spoils an answer with a token; whether one is given all the same (after a while)."""
        status = {"unavailable": 503, "internal": 500, "denied": 403, "throttled": 429, "missing": 404}.get(rule["fault"])
        if status:
            self.json(status, {"error": "temporarily_unavailable" if status >= 500 else "unauthorized_client", "error_description": "As was said."})
        elif rule["fault"] == "slow":
            Faults.refusal(rule, None, "", "")
            return True
        else:
            self.spoil(rule)
        return False

    def metadata(self, path, query):
        flavor = {"metadata-flavor": "Google", "server": "Metadata Server for VM"}
        if self.headers.get("metadata-flavor") != "Google" or "x-forwarded-for" in self.headers:
            return self.send(403, b"Missing Metadata-Flavor:Google header.", {"content-type": "text/html; charset=UTF-8"})
        if path == "/":
            return self.send(200, b"computeMetadata/\n", {**flavor, "content-type": "application/text"})
        answer = self.server.tokens.metadata(path.removeprefix("/computeMetadata/v1").removeprefix("/"), query)
        if answer is None:
            return self.send(404, b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", {"content-type": "text/html; charset=UTF-8"})
        if isinstance(answer, dict):
            return self.json(200, answer, {**flavor, "content-type": "application/json"})
        return self.send(200, answer.encode(), {**flavor, "content-type": "application/text"})

    # --- APIs

    def api(self, split, query, raw):
        path = split.path.removeprefix(f"/{self.label}/")
        found = gcp_discovery.route(self.label, self.command, path)
        if found is None:
            raise NoMethod
        (method, parameters), server = found, self.server
        server.count(method.id)
        rule = server.faults.of(f"{method.id} {self.command} {self.path}")
        identity = server.tokens.check(self.headers.get("authorization"), method)
        call = Call(server.cloud.estate, identity, method, parameters, query, self.body(raw), urllib.parse.unquote(path), rule)
        self.meet(rule, call)
        if method.id == "iamcredentials.projects.serviceAccounts.generateAccessToken":
            return self.json(200, self.lend(call))
        return self.json(200, server.cloud.answer(call))

    def body(self, raw):
        try:
            return json.loads(raw) if raw else None if self.command == "GET" else {}
        except ValueError as error:
            raise Refused("INVALID_ARGUMENT", f"Invalid JSON payload received. {error}") from error

    def meet(self, rule, call):
        """Lets a call meet its fault."""
        if rule is None or rule["fault"] in ("without", "partial"):
            return
        refusal = Faults.refusal(rule, call.method, call.owner or call.path, call.number())
        if refusal:
            raise refusal
        if rule["fault"] != "slow":
            raise Spoiled(rule)

    def lend(self, call):
        """The token of another service account (https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken)."""
        lent = {email(name): name for name in IDENTITIES}.get(call.path.split("/")[-1].split(":")[0])
        if lent is None or not may_call(call.identity, call.method.id):
            raise Refused("PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).")
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.server.tokens.seconds))
        return {"accessToken": self.server.tokens.give(lent, call.body["scope"])["access_token"], "expireTime": expires}

    # --- bytes

    def spoil(self, rule):
        fault = rule["fault"]
        if fault in Faults.BODIES:
            self.send(200, Faults.BODIES[fault], {"content-type": "text/html" if fault == "html" else JSON["content-type"]})
        elif fault == "cut":
            self.send_response_only(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            self.wfile.write(b'{"assets": [')
            self.close_connection = True
        else:
            self.close_connection = True

    def json(self, status, value, headers=None):
        self.send(status, json.dumps(value).encode(), {**JSON, **(headers or {})})

    def send(self, status, body, headers):
        self.send_response_only(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.faults, self.calls, self.lock = Faults(), Counter(), threading.Lock()

    def count(self, call):
        with self.lock:
            self.calls[call] += 1


def main(folder, port):
    server = Server(("127.0.0.1", int(port)), Google)
    server.cloud = Cloud(Estate(folder, HERE / "gcp_roles.json"), int(os.environ.get("GCP_PAGE", "2")))
    server.tokens = Tokens(int(os.environ.get("GCP_TOKEN_SECONDS", "3600")))
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
