"""The estate of `gcp_cloud.py`: what its folder's files declare, and how things are found in it. The form is told there."""

import datetime
import hashlib
import json
import pathlib
import re

import gcp_discovery
from gcp_types import TYPES

ORGANIZATION = "100000000000"
FOLDER = "200000000000"
CUSTOMER = "C0acme0001"
NOW = datetime.datetime.now(datetime.timezone.utc)
RESOURCES = "cloudresourcemanager.googleapis.com"
# Of an id that a mere project has; the ids of organisations and folders are numbers.
ZONE = re.compile(r"[a-z]+-[a-z]+\d+-[a-z]")


def ago(days):
    return (NOW - datetime.timedelta(days=float(days))).strftime("%Y-%m-%dT%H:%M:%SZ")


def fill(text):
    """The placeholders of the estate."""
    text = text.replace("{organization}", ORGANIZATION).replace("{folder}", FOLDER).replace("{customer}", CUSTOMER)
    milliseconds = lambda found: str(int((NOW.timestamp() - float(found[1]) * 86400) * 1000))
    text = re.sub(r"\{ago_ms:(-?[0-9.]+)\}", milliseconds, text)
    return re.sub(r"\{ago:(-?[0-9.]+)\}", lambda found: ago(found[1]), text)


class Entry:
    """One resource of the estate."""

    KNOWN = {"asset", "project", "parent", "location", "data", "iam_policy", "org_policies", "answers", "inventory", "api", "verdicts",
             "verdicts_direct", "note"}

    def __init__(self, source):
        unknown = set(source) - self.KNOWN
        if unknown or source["asset"] not in TYPES:
            raise ValueError(f"{source.get('asset')}: unknown {sorted(unknown) or 'type, which gcp_types.py must hold'}")
        self.asset, self.type, self.data = source["asset"], TYPES[source["asset"]], source["data"]
        self.parent = source.get("parent") or (f"projects/{source['project']}" if "project" in source else "")
        self.location, self.policy = source.get("location"), source.get("iam_policy")
        self.org_policies, self.answers = source.get("org_policies", []), source.get("answers", [])
        # `null`: Cloud Asset Inventory does not hold it.
        self.inventory = source.get("inventory", {})
        # `false`: the API itself no longer has it (the inventory is behind).
        self.has_api = source.get("api", True)
        self.verdicts, self.direct = source.get("verdicts", {}), source.get("verdicts_direct", {})

    def variable(self, name, estate):
        location = self.location or "global"
        place = f"zones/{location}" if ZONE.fullmatch(location) else f"regions/{location}"
        known = {
            "project": self.parent.removeprefix("projects/"), "number": estate.numbers.get(self.parent.removeprefix("projects/"), ""),
            "parent": self.parent, "location": location, "scope": "global" if location == "global" else place,
            "place": place if place.startswith("zones/") else f"locations/{location}",
        }
        if name in known:
            return known[name]
        value = self.data
        for member in name.split("."):
            value = value[member]
        return value

    def expand(self, template, estate):
        return re.sub(r"\{([\w.]+)\}", lambda found: self.variable(found[1], estate), template)

    def settle(self, estate):
        """Its path and its name, when all projects are known; and what its API says of every resource of its kind."""
        self.path = estate.plain(self.expand(self.type.path, estate) if self.type.path else f"{self.type.document.split('.')[-1]}/{self.data['name']}")
        version = gcp_discovery.document(self.type.document)
        named = self.expand(self.type.name, estate) if self.type.name else f"{version.host}/{estate.plain(self.data['name'])}"
        self.name = (self.inventory or {}).get("name") or "//" + (estate.numbered(named) if self.type.numbered else named)
        kind = version.schemas[self.type.schema].get("properties", {}).get("kind", {}).get("default")
        if kind:
            self.data.setdefault("kind", kind)
        if self.type.label == "compute":
            place, self_link = self.path.split("/")[4:-2], f"https://www.googleapis.com/{self.path}"
            self.data.setdefault("selfLink", self_link)
            if place and place[0] != "global" and place[0][:-1] in version.schemas[self.type.schema]["properties"]:
                self.data.setdefault(place[0][:-1], "/".join(self_link.split("/")[:9]))


class Estate:
    """What lies in the folder."""

    def __init__(self, folder, roles):
        self.entries, self.answers, self.verdicts, self.direct = [], [], {}, {}
        self.roles = json.loads(pathlib.Path(roles).read_text(encoding="utf-8"))["roles"]
        for file in sorted(pathlib.Path(folder).glob("*.json")):
            for thing in json.loads(fill(file.read_text(encoding="utf-8"))):
                try:
                    self.add(thing)
                except (KeyError, TypeError, ValueError) as error:
                    raise SystemExit(f"{file.name}: {json.dumps(thing)[:200]}: {error!r}") from error
        self.index()

    def add(self, thing):
        if "asset" in thing:
            entry = Entry(thing)
            self.entries.append(entry)
            if entry.asset == f"{RESOURCES}/Project":
                entry.parent = f"projects/{entry.data['projectId']}"
            elif entry.asset.startswith(RESOURCES):
                entry.parent = entry.data["name"]
            return
        if not {"method", "verdicts", "verdicts_direct"} & set(thing):
            raise ValueError("neither a resource (`asset`), nor an answer (`method`), nor `verdicts`")
        if "method" in thing:
            self.answers.append(thing)
        self.must("", self.verdicts, thing.get("verdicts", {}))
        self.must("", self.direct, {**thing.get("verdicts", {}), **thing.get("verdicts_direct", {})})

    @staticmethod
    def must(name, verdicts, said):
        """Adds what is said of a resource, or of others by their ids."""
        for control, verdict in said.items():
            verdicts.setdefault(control, {}).update(verdict if isinstance(verdict, dict) else {name: verdict})

    def index(self):
        projects = self.of(f"{RESOURCES}/Project")
        self.numbers = {entry.data["projectId"]: entry.data["name"].removeprefix("projects/") for entry in projects}
        self.ids = {number: project for project, number in self.numbers.items()}
        self.emails = {entry.data["uniqueId"]: entry.data["email"] for entry in self.of("iam.googleapis.com/ServiceAccount")}
        uniques = {email: unique for unique, email in self.emails.items()}
        self.containers = {entry.parent: entry for entry in self.entries if entry.asset.startswith(RESOURCES)}
        self.answering = [entry for entry in self.entries if entry.answers]
        self.paths, self.held = {}, {}
        for entry in self.entries:
            self.held.setdefault(entry.parent, []).append(entry)
            if entry.parent not in self.containers:
                raise SystemExit(f"{entry.asset} {entry.data.get('name')}: no such project, folder or organisation: {entry.parent!r}")
            entry.settle(self)
            # The inventory names service accounts by their unique ids.
            entry.name = re.sub(r"(?<=/serviceAccounts/)[^/]+", lambda found: uniques.get(found[0], found[0]), entry.name)
            key = (entry.type.label, entry.path)
            if key in self.paths:
                raise SystemExit(f"{entry.asset}: {entry.path} is declared twice")
            self.paths[key] = entry
            if entry.inventory is not None:
                self.must(entry.name, self.verdicts, entry.verdicts)
            if entry.has_api:
                self.must(entry.name, self.direct, {**entry.verdicts, **entry.direct})

    def within(self, owner):
        """What lies in a project; all there is, where the owner is none of these. An estate may be large."""
        return self.held.get(owner, self.entries) if owner.startswith("projects/") else self.entries

    def of(self, *assets):
        return [entry for entry in self.entries if entry.asset in assets]

    def plain(self, text):
        """A path with the project's id where its number may stand, and a service account's address where its unique id may."""
        text = re.sub(r"(?<=projects/)\d+", lambda found: self.ids.get(found[0], found[0]), text)
        return re.sub(r"(?<=serviceAccounts/)\d+", lambda found: self.emails.get(found[0], found[0]), text)

    def numbered(self, text):
        return re.sub(r"(?<=projects/)[^/]+", lambda found: self.numbers.get(found[0], found[0]), text)

    def ancestors(self, parent):
        """`projects/…`, the folders above it and the organisation, with numbers, from the bottom."""
        chain = []
        while parent:
            entry = self.containers[self.plain(parent)]
            chain.append(entry.data["name"])
            parent = entry.data.get("parent")
        return chain

    def disabled(self, project, host):
        """Whether the project's own list of services says that this one is off."""
        service = self.paths.get(("serviceusage", f"v1/projects/{project}/services/{host}"))
        return service is not None and service.data.get("state") == "DISABLED"

    def policy(self, entry, asked):
        """The policy of a resource in the version that was asked for: under 3, a condition is in the role's name alone
        (https://cloud.google.com/iam/docs/troubleshoot-withcond)."""
        policy = json.loads(json.dumps(entry.policy or {"etag": "ACAB"}))
        conditional = [binding for binding in policy.get("bindings", []) if "condition" in binding]
        if conditional and asked < 3:
            policy["version"] = 1
            for binding in conditional:
                condition = binding.pop("condition")
                binding["role"] += "_withcond_" + hashlib.sha256(json.dumps(condition, sort_keys=True).encode()).hexdigest()[:20]
        return policy
