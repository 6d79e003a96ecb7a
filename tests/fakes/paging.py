"""A server that gives every list in two pages, and answers everything else with one of everything.

    paging.py PORT DECLARATIONS_JSON LOG

Answers follow from botocore's output shapes: every member that the provider documents is there, one item a list, and the second
page of a list has another item. Which operations have pages is told by the declarations and by botocore's paginators. Each request
is held against botocore's input shape; what AWS would refuse is refused with a 400 and noted in LOG, a JSON object a line:
`{"operation": "ec2:DescribeVpcs", "page": 2, "wrong": []}`. It knows by name only who asks, which regions there are, and IAM's
credential report. It signs and checks no signature.
"""

import base64
import functools
import json
import re
import sys
import threading
import urllib.parse
import xml.etree.ElementTree as xml
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

LOADER = Loader()
ACCOUNT, REGION = "123456789012", "us-east-1"
TIME = "2026-01-02T03:04:05Z"
TOKENS = re.compile(r"^(next_?)?(page_?|continuation_?|pagination_?)?(token|marker)$", re.I)
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
POLICY = json.dumps({
    "Version": "2012-10-17",
    "Statement": [
        {**STATEMENT, "Sid": "one", "Action": "a:B", "Resource": "*"},
        {**STATEMENT, "Sid": "other", "NotAction": "a:B", "NotResource": "*"},
    ],
})
REPORT_COLUMNS = (
    "user arn user_creation_time password_enabled password_last_used password_last_changed password_next_rotation mfa_active "
    "access_key_1_active access_key_1_last_rotated access_key_1_last_used_date access_key_1_last_used_region "
    "access_key_1_last_used_service access_key_2_active access_key_2_last_rotated access_key_2_last_used_date "
    "access_key_2_last_used_region access_key_2_last_used_service cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated"
).split()


def report():
    def cell(column):
        return "true" if column.endswith(("active", "enabled")) else REGION if column.endswith("region") else "s3" if column.endswith("service") else TIME

    def row(user, arn):
        return ",".join([user, arn, *map(cell, REPORT_COLUMNS[2:])])

    root = row("<root_account>", f"arn:aws:iam::{ACCOUNT}:root")
    users = [row(f"username-{page}", f"arn:aws:iam::{ACCOUNT}:user/user-{page}") for page in (1, 2)]
    return "\n".join([",".join(REPORT_COLUMNS), root, *users])


@functools.cache
def model(service):
    return ServiceModel(LOADER.load_service_model(service, "service-2"), service)


@functools.cache
def paginators(service):
    try:
        return LOADER.load_service_model(service, "paginators-1")["pagination"]
    except UnknownServiceError:
        return {}


class Declared:
    def __init__(self, told):
        self.operations = {(row["service"], row["name"]): row for row in told["operations"]}
        self.services = {row["name"]: row["protocol"] for row in told["services"]}
        for service in {service for service, _ in self.operations} - set(self.services):
            self.services[service] = model(service).metadata["protocol"]

    def paging(self, service, operation, protocol):
        """(request's field, answer's dotted field) on the wire; none for one page."""
        row = self.operations.get((service, operation)) or {}
        if row.get("paging"):
            return row["paging"]["input"], row["paging"]["output"]
        known = paginators(service).get(operation)
        if not known or not isinstance(known["input_token"], str):
            return None
        of_model = model(service).operation_model(operation)
        asked = wire(of_model.input_shape.members[known["input_token"]], known["input_token"], protocol, True)
        output = re.split(r" |\|", known["output_token"])[0]
        # The body is the payload: its name is not in it.
        output = output.removeprefix(f"{of_model.output_shape.serialization.get('payload')}.")
        member = of_model.output_shape.members.get(output)
        return asked, wire(member, output, protocol) if member is not None else output


def wire(shape, name, protocol, is_input=False):
    written = shape.serialization
    if protocol == "ec2" and is_input:
        located = written.get("queryName") or written.get("name", name)
        return located[0].upper() + located[1:]
    return written.get("name", name)


# --- which operation is asked


def scope(headers):
    """(region, signing name) of the signature's scope."""
    found = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request", headers.get("authorization", ""))
    return found.groups() if found else ("", "")


def signed_as(service):
    metadata = model(service).metadata
    return metadata.get("signingName", metadata["endpointPrefix"])


def find(declared, method, path, query, headers, body):
    """(service, operation, what was asked by its names on the wire, where each thing stood)."""
    target = headers.get("x-amz-target")
    if target:
        prefix, operation = target.rsplit(".", 1)
        service = next(s for s, p in declared.services.items() if p == "json" and model(s).metadata.get("targetPrefix") == prefix)
        return service, operation, json.loads(body or b"{}"), {}
    _, signer = scope(headers)
    candidates = [service for service in declared.services if signed_as(service) == signer]
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        service = next(s for s in candidates if model(s).metadata["apiVersion"] == form["Version"])
        return service, form.pop("Action"), {k: v for k, v in form.items() if k != "Version"}, {}
    best = None
    for service in candidates:
        if not declared.services[service].startswith("rest"):
            continue
        of_service = model(service)
        for name in of_service.operation_names:
            http = of_service.operation_model(name).http
            template, _, wanted = http["requestUri"].partition("?")
            pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", re.escape(template.rstrip("/")))
            found = re.fullmatch(pattern, path.rstrip("/"))
            keys = set(urllib.parse.parse_qs(wanted, keep_blank_values=True))
            if http["method"] != method or not found or not keys <= set(query):
                continue
            rank = (len(keys), len(re.sub(r"\{[^}]*\}", "", template)), (service, name) in declared.operations)
            if best is None or rank > best[0]:
                labels = {key: urllib.parse.unquote(value) for key, value in found.groupdict().items()}
                rest = {key: value for key, value in query.items() if key not in keys and key != "x-id"}
                best = rank, service, name, labels, rest
    if best is None:
        raise LookupError(f"{method} {path} of {signer}")
    _, service, name, labels, rest = best
    asked = json.loads(body) if body and declared.services[service] == "rest-json" else {}
    return service, name, {**asked, **rest, **labels}, {"uri": labels, "querystring": rest, "body": asked}


# --- what AWS would refuse


def nested(form, separator=None):
    """`{"Filter.1.Name": "x"}` as `{"Filter": {"1": {"Name": "x"}}}`."""
    tree = {}
    for key, value in form.items():
        *parents, last = key.split(".")
        at = tree
        for parent in parents:
            at = at.setdefault(parent, {})
        at[last] = value
    return tree


def wrong_form(shape, value, protocol, where):
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            return [f"{where} is a structure"]
        known = {wire(member, name, protocol, True): member for name, member in shape.members.items()}
        wrong = [f"{where}.{name} is unknown" for name in value if name not in known]
        required = {wire(shape.members[name], name, protocol, True) for name in shape.required_members}
        wrong += [f"{where}.{name} is required" for name in sorted(required - set(value))]
        for name in set(value) & set(known):
            wrong += wrong_form(known[name], value[name], protocol, f"{where}.{name}")
        return wrong
    if shape.type_name == "list":
        if protocol == "query" and not shape.serialization.get("flattened"):
            item = shape.member.serialization.get("name", "member")
            if not isinstance(value, dict) or set(value) != {item}:
                return [f"{where} is a list of `{item}`: {value}"]
            value = value[item]
        if not isinstance(value, dict) or not all(key.isdigit() for key in value):
            return [f"{where} is a list: {value}"]
        return [w for inner in value.values() for w in wrong_form(shape.member, inner, protocol, where)]
    return wrong_scalar(shape, value, where)


def wrong_scalar(shape, value, where):
    if shape.type_name in ("integer", "long"):
        limits = shape.metadata
        if not re.fullmatch(r"-?\d+", str(value)):
            return [f"{where} is a number: {value}"]
        if not limits.get("min", -(10**18)) <= int(value) <= limits.get("max", 10**18):
            return [f"{where} is {value}, allowed is {limits}"]
    if shape.type_name == "boolean" and str(value).lower() not in ("true", "false"):
        return [f"{where} is a boolean: {value}"]
    if shape.type_name == "string" and shape.enum and value not in shape.enum:
        return [f"{where} is {value}, which is none of {shape.enum}"]
    return []


def wrong_json(shape, value, protocol, where):
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            return [f"{where} is a structure"]
        known = {wire(member, name, protocol): member for name, member in shape.members.items() if "location" not in member.serialization}
        wrong = [f"{where}.{name} is unknown" for name in value if name not in known]
        required = {wire(shape.members[n], n, protocol) for n in shape.required_members if "location" not in shape.members[n].serialization}
        wrong += [f"{where}.{name} is required" for name in sorted(required - set(value))]
        for name in set(value) & set(known):
            wrong += wrong_json(known[name], value[name], protocol, f"{where}.{name}")
        return wrong
    if shape.type_name == "list":
        if not isinstance(value, list):
            return [f"{where} is a list: {value}"]
        limits = shape.metadata
        sized = limits.get("min", 0) <= len(value) <= limits.get("max", 10**9)
        return ([] if sized else [f"{where} has {len(value)} items, allowed is {limits}"]) + [
            w for item in value for w in wrong_json(shape.member, item, protocol, where)
        ]
    if shape.type_name in ("integer", "long", "boolean") and isinstance(value, str):
        return [f"{where} is a {shape.type_name}, not a text"]
    return wrong_scalar(shape, value, where)


def wrong_rest(shape, places, protocol):
    of_place = {"uri": {}, "querystring": {}}
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        if place in of_place:
            of_place[place][wire(member, name, protocol)] = member
    wrong = []
    for place, known in of_place.items():
        wrong += [f"{name} is unknown in the {place}" for name in places[place] if name not in known]
        for name in set(places[place]) & set(known):
            for value in places[place][name] if isinstance(places[place][name], list) else [places[place][name]]:
                inner = known[name].member if known[name].type_name == "list" else known[name]
                wrong += wrong_scalar(inner, value, name)
        required = {wire(shape.members[n], n, protocol) for n in shape.required_members if shape.members[n].serialization.get("location") == place}
        wrong += [f"{name} is required in the {place}" for name in sorted(required - set(places[place]))]
    return wrong + (wrong_json(shape, places["body"], protocol, "") if protocol == "rest-json" else [])


def wrong_of(shape, protocol, asked, places):
    if shape is None:
        return [f"{name} is unknown" for name in asked]
    if protocol in ("query", "ec2"):
        return wrong_form(shape, nested(asked), protocol, "")
    if protocol == "json":
        return wrong_json(shape, asked, protocol, "")
    return wrong_rest(shape, places, protocol)


# --- one of everything


class Maker:
    def __init__(self, service, operation, page, asked, paging, protocol):
        self.service, self.operation, self.page, self.paging, self.protocol = service, operation, page, paging, protocol
        self.asked = {}
        self.ends = paging[1].split(".")[-1] if paging else None
        self.remember(asked)

    def remember(self, value, name=""):
        """What the request names comes back in the answer: `TableName` is the table that was asked for."""
        if isinstance(value, dict):
            for key, inner in value.items():
                self.remember(inner, key)
        elif isinstance(value, list):
            for inner in value[:1]:
                self.remember(inner, name)
        elif isinstance(value, str) and name and not name.isdigit() and not TOKENS.match(name):
            name = name.split(".")[0].lower()
            for called in {name, re.sub(r"(list|s)$", "", name), re.sub(r"id$", "", name)}:
                self.asked.setdefault(called, value)

    def make(self, shape, name, seen=()):
        kind = shape.type_name
        if kind == "structure":
            inner = (*seen, shape.name)
            return {
                key: self.make(member, key, inner)
                for key, member in shape.members.items()
                if member.name not in inner and not (member.type_name == "list" and member.member.name in inner)
                and "location" not in member.serialization and not TOKENS.match(key) and key != self.ends
            }
        if kind == "list":
            # What could not be answered: nothing.
            if re.match(r"^(failures|failed|errors|unprocessed)", name, re.I):
                return []
            return [self.make(shape.member, name, seen)] if shape.member.name not in seen else []
        if kind == "map":
            # Counts by what is counted: as many as there are pages.
            counts = shape.value.type_name in ("integer", "long")
            return {key: 2 if counts else self.make(shape.value, key if shape.key.enum else name, seen) for key in shape.key.enum or ["Name"]}
        if kind == "boolean":
            return name.lower() not in ("istruncated", "archived") or name.lower() == "istruncated" and (self.paging is not None and self.page == 1)
        if kind in ("integer", "long"):
            return max(1, shape.metadata.get("min", 1))
        if kind in ("float", "double"):
            return 8.0 if name.lower() == "severity" else 1.5
        if kind == "timestamp":
            return shape
        if kind == "blob":
            return report().encode() if self.operation == "GetCredentialReport" else POLICY.encode()
        return self.text(shape, name, seen)

    def text(self, shape, name, seen):
        low = name.lower().removeprefix("default")
        if shape.name == "ActionTypeEnum":
            return "redirect"
        if shape.enum:
            return next((w for w in ("CUSTOMER", "SYMMETRIC_DEFAULT", "PACKAGE_VULNERABILITY", "aws:kms", "COMPLETE", "Complete", "ACTIVE", "Active", "ENABLED", "Enabled", "available", "enabled") if w in shape.enum), shape.enum[0])
        if low in ("account", "ownerid", "owner", "accountid", "awsaccountid", "ownerid", "registryid", "recipientaccountid", "aws_account_id", "resourceowneraccount"):
            return ACCOUNT
        if low in ("region", "regionname", "homeregion", "awsregion", "bucketregion", "regions"):
            return REGION
        if low == "protocol":
            return "HTTPS"
        if low == "engine":
            return "postgres"
        if low == "snapshottype":
            return "manual"
        if low == "optinstatus":
            return "opt-in-not-required"
        if low in self.asked:
            return self.asked[low]
        if "policy" in low + shape.name.lower() and low.endswith(("policy", "document", "policytext")):
            return POLICY
        if low.endswith(("date", "time", "timestamp")):
            return TIME
        if "kms" in low and low.endswith("keyid"):
            return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/key-{self.page}"
        if "cidr" in low:
            return "fd00::/8" if "6" in low else "10.0.0.0/16"
        # `Arn` alone is that of the thing it stands in: a `UserDetail` is a user.
        named = next((asked for asked in self.asked.values() if asked.startswith("arn:")), None)
        if low == "arn" and named and self.operation.startswith(("Describe", "Get")):
            return named
        plain = re.sub(r"(arn|url|uri)s?$", "", low) or re.sub(r"(detail|summary)$", "", seen[-1].lower() if seen else "thing")
        if "arn" in low or "arn" in shape.name.lower():
            place = "" if self.service in ("iam", "s3", "cloudfront") else REGION
            if low == "arn" and self.operation == "GetCallerIdentity":
                return f"arn:aws:iam::{ACCOUNT}:user/reader"
            return f"arn:aws:{signed_as(self.service)}:{place}:{ACCOUNT}:{plain}/{plain}-{self.page}"
        if "url" in low or "uri" in low:
            return f"https://{self.service}.{REGION}.amazonaws.com/{ACCOUNT}/{plain}-{self.page}"
        return f"{low}-{self.page}"


def moment(shape, protocol):
    written = shape.serialization.get("timestampFormat") or ("unixTimestamp" if protocol in ("json", "rest-json") else "iso8601")
    return 1767323045 if written == "unixTimestamp" else "Fri, 02 Jan 2026 03:04:05 GMT" if written == "rfc822" else TIME


def as_json(shape, value, protocol):
    if shape.type_name == "structure":
        return {wire(shape.members[key], key, protocol): as_json(shape.members[key], inner, protocol) for key, inner in value.items()}
    if shape.type_name == "list":
        return [as_json(shape.member, inner, protocol) for inner in value]
    if shape.type_name == "map":
        return {key: as_json(shape.value, inner, protocol) for key, inner in value.items()}
    if shape.type_name == "timestamp":
        return moment(shape, protocol)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def as_xml(parent, shape, value, protocol):
    if shape.type_name == "structure":
        for key, inner in value.items():
            member = shape.members[key]
            name = wire(member, key, protocol)
            if member.serialization.get("xmlAttribute"):
                parent.set("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
                parent.set(name, str(inner))
            elif member.type_name == "list" and member.serialization.get("flattened"):
                for item in inner:
                    as_xml(xml.SubElement(parent, member.member.serialization.get("name", name)), member.member, item, protocol)
            else:
                as_xml(xml.SubElement(parent, name), member, inner, protocol)
    elif shape.type_name == "list":
        for inner in value:
            name = shape.member.serialization.get("name", "item" if protocol == "ec2" else "member")
            as_xml(xml.SubElement(parent, name), shape.member, inner, protocol)
    elif shape.type_name == "map":
        for key, inner in value.items():
            entry = xml.SubElement(parent, "entry")
            xml.SubElement(entry, shape.key.serialization.get("name", "key")).text = key
            as_xml(xml.SubElement(entry, shape.value.serialization.get("name", "value")), shape.value, inner, protocol)
    elif shape.type_name == "timestamp":
        parent.text = str(moment(shape, protocol))
    else:
        text = base64.b64encode(value).decode() if isinstance(value, bytes) else value
        parent.text = str(text).lower() if isinstance(value, bool) else str(text)


def token_of(operation):
    return f"second-page-of-{operation}"


def with_token(shape, value, path, token, protocol):
    """Puts the token where the declaration says it is, in a value with the model's own names."""
    *parents, last = path.split(".")
    for parent in parents:
        key = next((k for k, m in shape.members.items() if wire(m, k, protocol) == parent), None)
        if key is None:
            return False
        shape, value = shape.members[key], value[key]
    key = next((k for k, m in shape.members.items() if wire(m, k, protocol) == last), None)
    if key is not None:
        value[key] = token
    return key is not None


def respond(declared, service, operation, asked):
    """(page, content type, body)."""
    protocol = declared.services[service]
    of_model = model(service).operation_model(operation)
    paging = declared.paging(service, operation, protocol)
    page = 2 if paging and asked.get(paging[0]) == token_of(operation) else 1
    output = of_model.output_shape
    payload = output and output.serialization.get("payload")
    shape = output.members[payload] if payload else output
    maker = Maker(service, operation, page, asked, paging, protocol)
    value = maker.make(shape, payload or operation) if shape is not None else {}
    if paging and page == 1 and not with_token(shape, value, paging[1], token_of(operation), protocol):
        raise LookupError(f"{service}:{operation} has no {paging[1]}")
    if payload and shape.type_name in ("blob", "string"):
        return page, "application/json", value if isinstance(value, bytes) else str(value).encode()
    if protocol in ("json", "rest-json"):
        return page, "application/json", json.dumps(as_json(shape, value, protocol) if shape is not None else {}).encode()
    row = declared.operations.get((service, operation)) or {}
    root = xml.Element(row.get("root") or (shape.serialization.get("name", shape.name) if payload else f"{operation}Response"))
    inside = xml.SubElement(root, f"{operation}Result") if protocol == "query" else root
    if operation == "GetBucketLocation":
        inside.text = ""
    elif shape is not None:
        as_xml(inside, shape, value, protocol)
    return page, "text/xml", b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = {k: v[0] if len(v) == 1 else v for k, v in urllib.parse.parse_qs(url.query, keep_blank_values=True).items()}
        note = {"operation": f"{self.command} {url.path}", "page": 0, "wrong": []}
        try:
            service, operation, asked, places = find(DECLARED, self.command, url.path, query, headers, body)
            note["operation"] = f"{service}:{operation}"
            of_model = model(service).operation_model(operation)
            note["wrong"] = wrong_of(of_model.input_shape, DECLARED.services[service], asked, places)
            note["page"], kind, content = respond(DECLARED, service, operation, asked)
            status = 400 if note["wrong"] else 200
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is to see it
            note["wrong"].append(f"{type(error).__name__}: {error}")
            status, kind, content = 500, "text/plain", b"not answered"
        if status == 400:
            kind, content = "application/json", json.dumps({"__type": "ValidationException", "message": str(note["wrong"])}).encode()
        with LOCK, open(sys.argv[3], "a", encoding="utf-8") as log:
            log.write(json.dumps(note) + "\n")
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.send_header("x-amz-bucket-region", REGION)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_HEAD = do_PUT = answer

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as declarations:
        DECLARED = Declared(json.load(declarations))
    LOCK = threading.Lock()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
