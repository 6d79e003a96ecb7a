"""Google's discovery documents, as `google-api-python-client` carries them: which method a request is, and what its answer looks like.

A service's label is the first segment of a path of the fake; below it come the paths that Google's host would have. A label
has one document or more (`cloudresourcemanager` answers v1 and v3). Documentation: https://developers.google.com/discovery/v1/reference/apis
"""

import datetime
import functools
import importlib.util
import json
import pathlib
import re
import urllib.parse

FOLDER = "discovery_cache/documents"
# Labels whose documents are not `<label>.<version>.json` in every version there is.
DOCUMENTS = {
    "admin": ["admin.directory_v1"],
    "cloudresourcemanager": ["cloudresourcemanager.v3", "cloudresourcemanager.v1"],
    "iam": ["iam.v1", "iam.v2"],
    "orgpolicy": ["orgpolicy.v2"],
    "apikeys": ["apikeys.v2"],
    "bigquery": ["bigquery.v2"],
    "logging": ["logging.v2"],
    "monitoring": ["monitoring.v3"],
    "run": ["run.v2", "run.v1"],
    "cloudfunctions": ["cloudfunctions.v2", "cloudfunctions.v1"],
    "cloudasset": ["cloudasset.v1"],
    "securitycenter": ["securitycenter.v1", "securitycenter.v2"],
}


def folder():
    package = importlib.util.find_spec("googleapiclient").submodule_search_locations[0]
    return pathlib.Path(package) / FOLDER


@functools.cache
def document(name):
    if name == "securitycenter.v2":
        return Document(second_securitycenter(read("securitycenter.v1")))
    return Document(read(name))


def read(name):
    return json.loads((folder() / f"{name}.json").read_text(encoding="utf-8"))


def second_securitycenter(first):
    """The package lacks the document of Security Command Center's v2. What is read of it (sources, findings) has the paths
    of v1 and schemas that v1's document holds already (https://cloud.google.com/security-command-center/docs/reference/rest/v2)."""
    text = json.dumps(first).replace('"v1/', '"v2/')
    second = json.loads(text)
    second["version"] = "v2"
    results = second["schemas"]["ListFindingsResult"]["properties"]
    results["finding"] = {"$ref": "GoogleCloudSecuritycenterV2Finding"}
    methods = second["resources"]["organizations"]["resources"]["sources"]
    second["resources"] = {"organizations": {"resources": {"sources": {
        "methods": {"list": methods["methods"]["list"]},
        "resources": {"findings": {"methods": {"list": methods["resources"]["findings"]["methods"]["list"]}}}}}}}
    return second


@functools.cache
def documents(label):
    """Those of a label; none for a label that is no service."""
    if not re.fullmatch(r"[a-z]+", label):
        return []
    names = DOCUMENTS.get(label) or [f"{label}.v1"]
    return [document(name) for name in names if name == "securitycenter.v2" or (folder() / f"{name}.json").exists()]


class Method:
    """One method: `id` as Google writes it, `storage.buckets.list`."""

    def __init__(self, owner, source):
        self.document, self.id, self.verb = owner, source["id"], source["httpMethod"]
        self.path = owner.base + source["path"]
        self.parameters = source.get("parameters", {})
        self.scopes = set(source.get("scopes", []))
        self.request = source.get("request", {}).get("$ref")
        self.response = source.get("response", {}).get("$ref")
        regex = "".join(self.piece(piece) for piece in re.split(r"(\{\+?\w+\})", self.path))
        # The more a path says of itself, the earlier it is tried: `projects/[^/]+/locations/…` before `[^/]+/[^/]+/locations/…`.
        self.literal = len(re.sub(r"\(\?P<\w+>|\[\^/\]\+|\.\+|[()\\]", "", regex))
        self.regex = re.compile(regex)

    def piece(self, piece):
        found = re.fullmatch(r"\{(\+?)(\w+)\}", piece)
        if not found:
            return re.escape(piece)
        pattern = self.parameters.get(found[2], {}).get("pattern", "^.+$").strip("^$")
        return f"(?P<{found[2]}>{pattern if found[1] else '[^/]+'})"

    def properties(self):
        return self.document.schemas.get(self.response, {}).get("properties", {})

    def envelope(self):
        """The member of a list's answer that holds the things, and the schema of one."""
        aside = {"unreachable", "unreachables", "warnings", "missingZones"}
        for name, schema in self.properties().items():
            if schema.get("type") == "array" and name not in aside and ("$ref" in schema["items"] or "properties" in schema["items"]):
                return name, schema["items"]
        return None

    def pages(self):
        return "nextPageToken" in self.properties()


class Document:
    def __init__(self, source):
        self.name, self.version, self.title = source["name"], source["version"], source.get("title", source["name"])
        self.base, self.schemas = source["servicePath"], source["schemas"]
        self.common = set(source["parameters"])
        self.host = urllib.parse.urlsplit(source["rootUrl"]).netloc
        self.methods = sorted((Method(self, one) for one in below(source)), key=lambda method: -method.literal)

    def route(self, verb, path):
        """The method of a path as it was sent (quoted), and its parameters (unquoted)."""
        for method in self.methods:
            found = method.verb == verb and method.regex.fullmatch(path)
            if found:
                return method, {name: urllib.parse.unquote(value) for name, value in found.groupdict().items()}
        return None


def below(resource):
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from below(inner)


def route(label, verb, path):
    return next((found for one in documents(label) if (found := one.route(verb, path))), None)


def errors(schemas, schema, value, at="$"):
    """What a value has that its schema does not allow: members, types, enum words, formats."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"]]
    kind = schema.get("type", "object")
    if kind == "any":
        return
    fits = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}[kind]
    if not isinstance(value, fits) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{at}: {json.dumps(value)[:60]} is no {kind}"
    elif kind == "array":
        for number, item in enumerate(value):
            yield from errors(schemas, schema["items"], item, f"{at}[{number}]")
    elif kind == "object":
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            inner = known.get(name, others)
            if inner is None:
                yield f"{at}.{name}: {schema.get('id', 'the schema')} has no such member"
            else:
                yield from errors(schemas, inner, item, f"{at}.{name}")
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of its words"
    elif kind == "string" and not formatted(schema.get("format"), value):
        yield f"{at}: {value!r} is no {schema['format']}"


def formatted(form, value):
    if form in ("int64", "uint64"):
        return re.fullmatch(r"-?\d+", value) is not None
    if form in ("google-datetime", "date-time"):
        return is_time(value)
    if form == "google-duration":
        return re.fullmatch(r"-?\d+(\.\d+)?s", value) is not None
    return True


def is_time(value):
    try:
        return datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", value).replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False
