"""Azure: Resource Manager, Resource Graph and Microsoft Graph over an estate in data files, and what gives tokens (`azure_tokens.py`).

    azure_cloud.py ESTATE_FOLDER PORT

The estate is every `*.json` of the folder, a list of things:

    {"row": {"type": "Microsoft.Storage/storageAccounts", "name": "a", "location": "westeurope", "tags": {}, …},
     "table": "resources",                      a row of Resource Graph; its id, subscription and group are filled in
     "calls": {"blobServices/default": {…}},    answers below its id; {"error": "Code", "status": 404} for an error
     "verdicts": {"azure.…": "pass"}}           what must be said of it, decided by hand
    {"list": "/v1.0/users", "items": [{…}], "verdicts": {control: {id: verdict}}}
    {"get": "/v1.0/policies/authorizationPolicy", "answer": {…}, "verdicts": …}

    {"list": "/v1.0/directoryObjects", …}      what Graph's `getByIds` knows

An answer wins over a list of the same path, so that `{"get": …, "answer": {"error": …}}` refuses a list, `getByIds` too.
The estates are `azure_estate`, and beside it `…_reversed` (what a subscription or tenant has once, the other way round), `…_refused` (what
settles it cannot be read) and `…_bare` (nothing was set up).

`{subscription}` stands for the subscription's id, `{empty}` for that of the other subscription, `{tenant}` for the tenant's, `{ago:30}` for the time 30 days ago.
Resource Graph leaves out what its reader has no role for, without a word, as Azure's does; its pages hold two rows and
other lists two items (AZURE_PAGE). Identities, by the header that the machine would have: `collector` is a Reader of the subscription,
`narrow` reads storage alone, `stranger` has no role at all.

With AZURE_TLS (a PEM file of a certificate and its key) all of it is over TLS: Azure's libraries ask for tokens at an HTTPS address alone.

    GET  /verdicts          {control: {resource id: verdict}}
    GET  /calls             {"METHOD path": times}, and empties it
    POST /faults            [{"match": regular expression on "METHOD path", "fault": "denied", "first": 1}]

Faults: denied, throttled, unavailable, cut, hangup, html, empty, shape (an object of another shape).

Standard library only. Documentation: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling,
https://learn.microsoft.com/rest/api/azureresourcegraph, https://learn.microsoft.com/graph/errors
"""

import datetime
import json
import os
import re
import ssl
import sys
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import azure_tokens
from azure_tokens import IDENTITIES, TENANT, identity_of

SUBSCRIPTION = "aaaaaaaa-0000-4000-8000-000000000001"
EMPTY = "aaaaaaaa-0000-4000-8000-0000000000ee"
AUTHORIZATION = "/providers/Microsoft.Authorization"
ROLES = {
    f"{AUTHORIZATION}/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7": {"roleName": "Reader", "actions": ["*/read"]},
    f"{AUTHORIZATION}/roleDefinitions/dddddddd-0000-4000-8000-000000000009": {
        "roleName": "Storage and roles", "actions": ["Microsoft.Storage/*/read", "Microsoft.Authorization/*/read",
                                                     "Microsoft.Resources/subscriptions/read", "Microsoft.ResourceGraph/*/read"]},
}
ASSIGNED = {"collector": [list(ROLES)[0]], "narrow": [list(ROLES)[1]], "stranger": []}
PAGE = int(os.environ.get("AZURE_PAGE", "2"))
TLS = os.environ.get("AZURE_TLS")
NOW = datetime.datetime.now(datetime.timezone.utc)


def fill(text):
    """The placeholders of the estate."""
    ago = lambda found: (NOW - datetime.timedelta(days=float(found[1]))).strftime("%Y-%m-%dT%H:%M:%SZ")
    return re.sub(r"\{ago:(-?[0-9.]+)\}", ago, text.replace("{subscription}", SUBSCRIPTION).replace("{empty}", EMPTY).replace("{tenant}", TENANT))


class Estate:
    """What lies in the folder."""

    def __init__(self, folder):
        self.tables, self.answers, self.lists, self.verdicts = {}, {}, {}, {}
        for file in sorted(Path(folder).glob("*.json")):
            for thing in json.loads(fill(file.read_text(encoding="utf-8"))):
                self.add(thing)
        self.base()

    def add(self, thing):
        resource = ""
        if "row" in thing:
            resource = self.row(thing["row"], thing.get("table", "resources"))
        if "list" in thing:
            self.lists.setdefault(thing["list"].lower(), []).extend(thing["items"])
        if "get" in thing:
            self.answers[thing["get"].lower()] = thing["answer"]
        for below, answer in thing.get("calls", {}).items():
            path = f"{resource}/{below}".lower()
            (self.lists if isinstance(answer, list) else self.answers)[path] = answer
        for control, verdict in thing.get("verdicts", {}).items():
            of_control = self.verdicts.setdefault(control, {})
            of_control.update(verdict if isinstance(verdict, dict) else {resource: verdict})

    def row(self, row, table):
        group = row.pop("resourceGroup", "rg")
        default = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/{row['type']}/{row['name']}"
        resource = row.setdefault("id", default)
        whole = {"subscriptionId": SUBSCRIPTION, "tenantId": TENANT, "resourceGroup": group, "kind": "", "tags": None, **row}
        # Resource Graph writes types in small letters.
        self.tables.setdefault(table, []).append({**whole, "type": row["type"].lower(), "action": f"{row['type']}/read"})
        return resource

    def base(self):
        """The subscriptions, and what tells of roles."""
        for subscription, name in ((SUBSCRIPTION, "Acme production"), (EMPTY, "Acme sandbox")):
            item = {"id": f"/subscriptions/{subscription}", "subscriptionId": subscription, "displayName": name,
                    "state": "Enabled", "tenantId": TENANT, "authorizationSource": "RoleBased"}
            self.answers[f"/subscriptions/{subscription}"] = item
            self.lists.setdefault("/subscriptions", []).append(item)
            for below in ("denyAssignments", "roleAssignments", "roleDefinitions", "roleAssignmentScheduleInstances", "policyAssignments"):
                self.lists.setdefault(f"/subscriptions/{subscription}{AUTHORIZATION}/{below}".lower(), [])
            self.lists.setdefault(f"/subscriptions/{subscription}/providers/Microsoft.Insights/diagnosticSettings".lower(), [])
        below = "/providers/microsoft.management/managementgroups/production/descendants"
        kind = "Microsoft.Management/managementGroups"
        self.lists[below] = [{"id": "/x", "name": "europe", "type": kind},
                             {"id": "/y", "name": SUBSCRIPTION, "type": f"{kind}/subscriptions"}]
        for role, what in ROLES.items():
            self.answers[role.lower()] = {"id": role, "properties": {
                "roleName": what["roleName"], "type": "BuiltInRole", "assignableScopes": ["/"],
                "permissions": [{"actions": what["actions"], "notActions": []}]}}


def covers(pattern, action):
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action, re.IGNORECASE) is not None


def gives(identity, action):
    return any(covers(pattern, action) for role in ASSIGNED[identity] for pattern in ROLES[role]["actions"])


def action_of(path):
    """The action that a GET of Resource Manager needs: the type below the last `/providers/`, or subscriptions."""
    parts = path.strip("/").split("/")
    at = [n for n, part in enumerate(parts) if part.lower() == "providers"]
    if not at:
        return "Microsoft.Resources/subscriptions/read"
    provider, rest = parts[at[-1] + 1], parts[at[-1] + 2:]
    return "/".join([provider, *rest[0::2], "read"])


class Refused(Exception):
    def __init__(self, status, code, message="as the estate says", headers=()):
        super().__init__(message)
        self.status, self.code, self.headers = status, code, dict(headers)


class Azure(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_one(self):
        split = urllib.parse.urlsplit(self.path)
        path, query = urllib.parse.unquote(split.path), dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        server = self.server
        if path == "/verdicts":
            return self.json(200, server.estate.verdicts)
        if path == "/calls":
            calls, server.calls = server.calls, Counter()
            return self.json(200, dict(calls))
        if path == "/faults":
            server.faults = json.loads(raw)
            return self.json(200, {})
        if path == "/identity/token":
            return self.json(*azure_tokens.app_service(self.headers, query))
        if path == "/metadata/identity/oauth2/token":
            return self.json(*azure_tokens.metadata(self.headers, query))
        if path.endswith("/oauth2/v2.0/token"):
            return self.json(*azure_tokens.entra(path.split("/")[1], raw, self.base_url() + path))
        call = f"{self.command} {path}"
        server.calls[call] += 1
        fault = self.fault(f"{call}?{split.query}")
        if fault and self.fails(fault, path):
            return None
        try:
            body = json.loads(raw) if raw else {}
            answer, headers = self.answer(path, query, body)
            return self.json(200, answer, headers)
        except Refused as refused:
            return self.error(path, refused)

    do_GET = do_POST = handle_one

    def base_url(self):
        return f"{'https' if TLS else 'http'}://127.0.0.1:{self.server.server_port}"

    def fault(self, call):
        for rule in self.server.faults:
            if re.search(rule["match"], call, re.IGNORECASE) and rule.get("first", 1) > 0:
                if "first" in rule:
                    rule["first"] -= 1
                return rule["fault"]
        return None

    def fails(self, fault, path):
        """Answers with the fault."""
        refusals = {
            "denied": Refused(403, "Authorization_RequestDenied" if path.startswith("/v1.0/") else "AuthorizationFailed"),
            "throttled": Refused(429, "TooManyRequests", headers={"Retry-After": "0"}),
            "unavailable": Refused(503, "ServiceUnavailable"),
        }
        bodies = {"html": b"<!doctype html><title>Sign in</title>", "empty": b"", "shape": b'{"value": {"a": 1}, "data": 7}'}
        if fault in refusals:
            self.error(path, refusals[fault])
        elif fault in bodies:
            self.send(200, bodies[fault], {"content-type": "text/html" if fault == "html" else "application/json"})
        elif fault == "cut":
            self.send_response_only(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            self.wfile.write(b'{"value": [')
            self.close_connection = True
        elif fault == "hangup":
            self.close_connection = True
        else:
            raise ValueError(fault)
        return True

    def answer(self, path, query, body):
        identity = identity_of(self.headers.get("authorization", ""), self.base_url())
        is_graph = path.startswith("/v1.0/")
        if identity is None:
            raise Refused(401, "InvalidAuthenticationToken", "The access token is invalid.")
        if path == "/providers/Microsoft.ResourceGraph/resources":
            return self.rows(identity, body), {"x-ms-user-quota-remaining": "14", "x-ms-user-quota-resets-after": "00:00:05"}
        if path.lower() == "/v1.0/directoryobjects/getbyids" and identity != "stranger" and path.lower() not in self.server.estate.answers:
            known = self.server.estate.lists.get("/v1.0/directoryobjects", [])
            return {"value": [thing for thing in known if thing["id"] in body["ids"]]}, {}
        if not is_graph and "api-version" not in query:
            raise Refused(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required.")
        if is_graph and identity == "stranger":
            raise Refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        if not is_graph and not path.lower().startswith("/subscriptions") or path == "/subscriptions":
            pass  # the tenant's own, and what anybody may list
        elif not is_graph and not gives(identity, action_of(path)):
            raise Refused(403, "AuthorizationFailed", f"The client does not have authorization to perform action '{action_of(path)}'.")
        return self.resource(identity, path, query), {} if is_graph else {"x-ms-ratelimit-remaining-subscription-reads": "249"}

    def resource(self, identity, path, query):
        estate, key = self.server.estate, path.lower().rstrip("/")
        own = re.fullmatch(rf"/subscriptions/[^/]+{AUTHORIZATION}/roleAssignments", path, re.IGNORECASE)
        if own and "assignedTo" in query.get("$filter", ""):
            named = re.search(r"assignedTo\('([^']*)'\)", query["$filter"])[1]
            roles = ASSIGNED[identity] if named == IDENTITIES[identity] else []
            return {"value": [{"id": f"{path}/{n}", "properties": {"roleDefinitionId": role, "principalId": named,
                                                                   "scope": f"/subscriptions/{SUBSCRIPTION}"}} for n, role in enumerate(roles)]}
        if key in estate.answers:
            answer = estate.answers[key]
            if "error" in answer and "status" in answer:
                raise Refused(answer["status"], answer["error"])
            return answer
        if key in estate.lists:
            return self.page(estate.lists[key], path, query)
        raise Refused(404, "ResourceNotFound", f"{path} was not found.")

    def page(self, items, path, query):
        """Two items, and a link to the rest: `nextLink` of Resource Manager, `@odata.nextLink` of Graph."""
        start = int(query.get("$skiptoken", 0))
        answer = {"value": items[start:start + PAGE]}
        if start + PAGE < len(items):
            link = urllib.parse.urlencode({**query, "$skiptoken": start + PAGE})
            name = "@odata.nextLink" if path.startswith("/v1.0/") else "nextLink"
            answer[name] = f"{self.base_url()}{urllib.parse.quote(path)}?{link}"
        return answer

    def rows(self, identity, body):
        found = re.fullmatch(r"(\w+) \| where type in~ \(([^)]*)\) \| order by id asc", body["query"])
        if not found:
            raise Refused(400, "BadRequest", "Please provide below info when asking for support")
        types = {name.strip(" '").lower() for name in found[2].split(",")}
        rows = [row for row in self.server.estate.tables.get(found[1], [])
                if row["type"] in types and row["subscriptionId"] in body["subscriptions"] and gives(identity, row["action"])]
        rows = sorted(({name: value for name, value in row.items() if name != "action"} for row in rows), key=lambda row: row["id"])
        start = int(body["options"].get("$skipToken", 0))
        data = rows[start:start + min(PAGE, body["options"]["$top"])]
        more = {"$skipToken": str(start + PAGE)} if start + PAGE < len(rows) else {}
        return {"totalRecords": len(rows), "count": len(data), "facets": [], "data": data,
                "resultTruncated": "true" if more else "false", **more}

    def error(self, path, refused):
        error = {"code": refused.code, "message": str(refused)}
        if path.startswith("/v1.0/"):
            error["innerError"] = {"date": "2026-11-30T00:00:00", "request-id": "r", "client-request-id": "c"}
        return self.json(refused.status, {"error": error}, refused.headers)

    def json(self, status, value, headers=None):
        self.send(status, json.dumps(value).encode(), {"content-type": "application/json; charset=utf-8", **(headers or {})})

    def send(self, status, body, headers):
        self.send_response_only(status)
        for name, value in {**headers, "content-length": str(len(body)), "x-ms-request-id": "r"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def main(folder, port):
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Azure)
    server.daemon_threads = True
    server.estate, server.calls, server.faults = Estate(folder), Counter(), []
    if TLS:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
