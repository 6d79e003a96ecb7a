"""What each method answers over an estate: resources by their paths, lists with pages, and what is declared by hand."""

import base64
import json
import re
import zlib

import gcp_discovery
import gcp_iam
import gcp_inventory
import gcp_manager
from gcp_errors import Faults, Refused, denied, disabled
from gcp_identity import NUMBER, may_call

# Things that have things below them: a list below one that is not there is an error, and no empty list.
OWNERS = ("serviceAccounts", "keyRings", "cryptoKeys", "datasets", "secrets", "workloadIdentityPools")
PLACES = ("europe-west1", "us-central1")


class Spoiled(Exception):
    """The estate says that this answer comes with a fault."""


class Call:
    """A request, after it was found to be one of a method: `query` holds lists, `rule` the fault that it meets, if any."""

    def __init__(self, estate, identity, method, parameters, query, body, path, rule=None):
        self.estate, self.identity, self.method, self.query, self.body = estate, identity, method, query, body
        self.path, self.rule = estate.plain(path), rule
        single = {name: values[0] for name, values in query.items()}
        self.parameters = {**single, **parameters}
        owner = re.search(r"(projects|folders|organizations)/([^/:?]+)", self.path)
        self.owner = f"{owner[1]}/{owner[2]}" if owner else ""
        if "project" in single and method.document.name == "storage":
            self.owner = estate.plain(f"projects/{single['project']}")

    def one(self, name, default=None):
        return self.query.get(name, [default])[0]

    def number(self):
        """The number of the project that is billed for the call, for the texts of errors."""
        return self.estate.numbers.get(self.owner.removeprefix("projects/"), NUMBER)


class Cloud:
    def __init__(self, estate, page):
        self.estate, self.size = estate, page

    def answer(self, call):
        self.check(call)
        for wanted, declared in self.declared(call):
            if wanted:
                return self.say(call, declared)
        for special in (gcp_manager.answer, gcp_inventory.answer, gcp_iam.answer):
            answer = special(self, call)
            if answer is not None:
                return answer
        return self.resources(call)

    # --- what is refused

    def check(self, call):
        method, owner = call.method, call.owner
        for name, values in call.query.items():
            known = method.parameters.get(name)
            if known is None and name not in method.document.common:
                raise Refused("INVALID_ARGUMENT", f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.')
            if known and "enum" in known and not set(values) <= set(known["enum"]):
                raise Refused("INVALID_ARGUMENT", f"Invalid value at '{name}', \"{values[0]}\"")
            if known and known.get("type") == "integer" and not values[0].isdigit():
                raise Refused("INVALID_ARGUMENT", f"Invalid value at '{name}' (TYPE_INT32), \"{values[0]}\"")
            if known and len(values) > 1 and not known.get("repeated"):
                raise Refused("INVALID_ARGUMENT", f"Invalid value at '{name}': it is not repeated.")
            if name == "fields":
                raise Refused("UNIMPLEMENTED", "This fake gives no partial answers.")
        for name, known in method.parameters.items():
            if known.get("required") and known["location"] == "query" and name not in call.query:
                raise Refused("INVALID_ARGUMENT", f"Required parameter: {name}", reason="required")
        if method.request:
            for error in gcp_discovery.errors(method.document.schemas, {"$ref": method.request}, call.body):
                raise Refused("INVALID_ARGUMENT", f"Invalid JSON payload received. {error}")
        elif call.body:
            raise Refused("INVALID_ARGUMENT", "Invalid JSON payload received. The method takes no body.")
        if not may_call(call.identity, method.id):
            raise denied(method, owner or call.path)
        if owner and owner.split("/")[1] not in ("-", "_") and owner not in self.estate.containers:
            raise denied(method, owner)
        if owner.startswith("projects/") and self.estate.disabled(owner.removeprefix("projects/"), method.document.host):
            raise disabled(method, call.number())

    # --- what is declared by hand

    def declared(self, call):
        """All answers that the estate holds for this method, each with whether it is for this call."""
        for answer in self.estate.answers:
            if answer["method"] == call.method.id:
                yield self.fits(call, answer.get("when", {})), answer
        for entry in self.estate.answering:
            for answer in entry.answers:
                if answer["method"] != call.method.id:
                    continue
                below = re.match(re.escape(entry.path) + r"($|[/:?])", call.path) is not None
                own = below if "when" not in answer else self.fits(call, answer["when"]) and call.owner in ("", entry.parent)
                yield own, answer

    def fits(self, call, when):
        same = lambda said, wanted: said is not None and (wanted == "*" or self.estate.plain(said) == self.estate.plain(wanted))
        return all(same(call.parameters.get(name), wanted) for name, wanted in when.items())

    def say(self, call, declared):
        if "fault" in declared:
            raise Faults.refusal(declared, call.method, call.owner or call.path, call.number()) or Spoiled(declared)
        if "error" in declared:
            raise Refused(declared["error"], declared.get("message", "As the estate says."))
        answer = declared["answer"]
        return self.listed(call, answer) if isinstance(answer, list) else answer

    # --- resources

    def find(self, call, path):
        """The resource of a path, in which a segment may be `-`."""
        label = call.method.document.name
        if "/-/" not in path:
            entry = self.estate.paths.get((label, path))
        else:
            regex = re.compile(re.escape(path).replace(r"/\-/", "/[^/]+/"))
            entry = next((one for (of, at), one in self.estate.paths.items() if of == label and regex.fullmatch(at)), None)
        return entry if entry and entry.has_api else None

    def missing(self, call):
        return Refused("NOT_FOUND", f"Requested entity was not found: {call.path}")

    def resources(self, call):
        method = call.method
        if method.verb != "GET":
            raise self.missing(call)
        last = method.id.rsplit(".", 1)[-1]
        if last == "aggregatedList":
            return self.aggregated(call)
        entry = self.find(call, call.path)
        if entry and entry.type.schema == method.response:
            return entry.data
        if last == "list" and method.envelope():
            return self.listed(call, self.below(call))
        raise self.missing(call)

    def below(self, call):
        """The data of all that lies right below the path of a list."""
        if call.method.response.endswith("ListLocationsResponse"):
            return self.locations(call)
        parent = call.path.rsplit("/", 1)[0]
        if parent.split("/")[-2:-1] in ([owner] for owner in OWNERS) and not self.find(call, parent):
            raise self.missing(call)
        regex = re.compile(re.escape(call.path).replace(r"/\-/", "/[^/]+/") + "/[^/]+")
        label = call.method.document.name
        entries = [entry for entry in self.estate.within(call.owner) if entry.type.label == label and entry.has_api and regex.fullmatch(entry.path)]
        if label == "storage":
            entries = [entry for entry in entries if entry.parent == call.owner]
        return self.chosen(call, [entry.data for entry in entries])

    def chosen(self, call, things):
        """What the parameters of a list leave of it."""
        method, asked = call.method, call.one("filter")
        if method.id == "serviceusage.services.list" and asked:
            state = asked.removeprefix("state:")
            things, asked = [thing for thing in things if thing["state"] == state], None
        if asked:
            raise Refused("UNIMPLEMENTED", f"This fake has no filters of {method.id}: declare an answer with `when`.")
        if method.id.endswith(".serviceAccounts.keys.list") and "keyTypes" in call.query:
            things = [thing for thing in things if thing["keyType"] in call.query["keyTypes"]]
        if "parent" in call.query:
            things = [thing for thing in things if thing.get("parent", call.one("parent")) == call.one("parent")]
        if call.one("showDeleted") != "true":
            things = [thing for thing in things if not thing.get("deleted") and "deleteTime" not in thing]
        if method.id.endswith("roles.list") and call.one("view") != "FULL":
            things = [{name: value for name, value in thing.items() if name != "includedPermissions"} for thing in things]
        return [thing for thing in things if str(thing.get("name", "")).startswith(call.one("prefix", ""))]

    def locations(self, call):
        label, owner = call.method.document.name, call.path.removesuffix("/locations").split("/", 1)[1]
        used = {entry.location for entry in self.estate.within(owner) if entry.type.label == label and entry.parent == owner and entry.location}
        return [{"name": f"{owner}/locations/{place}", "locationId": place} for place in sorted({*PLACES, "global", *used})]

    # --- envelopes

    def page(self, call, things):
        """A page's worth of things, and the token of the next."""
        if not call.method.pages():
            return things, None
        plain = {name: values for name, values in call.query.items() if name not in ("pageToken", "pageSize", "maxResults")}
        mark = zlib.crc32(json.dumps([call.method.id, call.path, plain], sort_keys=True).encode())
        start, token = 0, call.one("pageToken")
        if token:
            try:
                start, of = json.loads(base64.urlsafe_b64decode(token))
            except ValueError:
                of = None
            if of != mark:
                raise Refused("INVALID_ARGUMENT", "Request contains an invalid argument: the page token is of another list.")
        size = min(self.size, int(call.one("pageSize") or call.one("maxResults") or 0) or self.size)
        more = base64.urlsafe_b64encode(json.dumps([start + size, mark]).encode()).decode() if start + size < len(things) else None
        return things[start:start + size], more

    def listed(self, call, things):
        method = call.method
        member, item = method.envelope()
        known = item.get("properties", {}) if "$ref" not in item else method.document.schemas[item["$ref"]].get("properties", {})
        short = "$ref" not in item or "List" in item["$ref"]
        unread = self.unread(call)
        things, more = self.page(call, things[:-1] if unread else things)
        if short:  # BigQuery's lists tell less of a thing than its `get`
            things = [{name: value for name, value in thing.items() if name in known} for thing in things]
        answer = {**self.frame(call), **unread}
        # What is empty is left out.
        return {**answer, **({member: things} if things else {}), **({"nextPageToken": more} if more else {})}

    @staticmethod
    def unread(call):
        """How a list says that it is not whole (https://google.aip.dev/217), where a fault wants it to."""
        if (call.rule or {}).get("fault") != "partial":
            return {}
        known = call.method.properties()
        place = f"{call.owner}/locations/europe-west1"
        words = {"unreachable": [place], "unreachables": [place], "missingZones": ["europe-west1-b"],
                 "warnings": [{"code": "REGION_UNREACHABLE", "region": "europe-west1", "message": "The region is not reachable."}]}
        return {name: value for name, value in words.items() if name in known}

    def frame(self, call):
        """What surrounds the things of a list."""
        properties = call.method.properties()
        frame = {"kind": properties["kind"]["default"]} if "default" in properties.get("kind", {}) else {}
        if call.method.document.name == "sqladmin" and "kind" in properties:
            collection = call.path.rsplit("/", 1)[-1]
            frame["kind"] = f"sql#{collection}List"
        if call.method.document.name == "compute":
            told = {"id": call.path.removeprefix("compute/v1/"), "selfLink": f"https://www.googleapis.com/{call.path}"}
            frame |= {name: value for name, value in told.items() if name in properties}
        return frame

    def aggregated(self, call):
        """https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList: every scope, those without things with a warning."""
        method, (project, collection) = call.method, call.path.split("/aggregated/")
        if call.one("filter"):
            raise Refused("UNIMPLEMENTED", f"This fake has no filters of {method.id}.")
        regex = re.compile(rf"{re.escape(project)}/((?:zones|regions)/[^/]+|global)/{collection}/[^/]+")
        found = [(match[1], entry.data) for entry in self.estate.within(call.owner) if entry.has_api and (match := regex.fullmatch(entry.path))]
        unread = self.unread(call)
        found, more = self.page(call, found[:-1] if unread else found)
        schemas = method.document.schemas
        scoped = schemas[method.properties()["items"]["additionalProperties"]["$ref"]]["properties"]
        member = next(name for name, schema in scoped.items() if schema.get("type") == "array")
        items = {}
        for scope in self.scopes(method, collection, [scope for scope, _ in found]):
            things = [data for of, data in found if of == scope]
            items[scope] = {member: things} if things else {"warning": {
                "code": "NO_RESULTS_ON_PAGE", "message": f"There are no results for scope '{scope}' on this page.",
                "data": [{"key": "scope", "value": scope}]}}
        return {**self.frame(call), **unread, "items": items, **({"nextPageToken": more} if more else {})}

    @staticmethod
    def scopes(method, collection, used):
        paths = {other.path for other in method.document.methods}
        base = "compute/v1/projects/{project}/"
        kinds = {"global": ["global"], "regions/{region}": [f"regions/{place}" for place in PLACES],
                 "zones/{zone}": [f"zones/{place}-{letter}" for place in PLACES for letter in "bc"]}
        return sorted({scope for kind, scopes in kinds.items() if f"{base}{kind}/{collection}" in paths for scope in scopes} | set(used))
