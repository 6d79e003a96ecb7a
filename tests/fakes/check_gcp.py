"""Holds what `gcp_cloud.py` answers over an estate against Google's discovery documents.

    check_gcp.py [ESTATE_FOLDER]     every member, type, word and format of every answer; ends badly where one is not Google's

Every resource is got, found in the list and the aggregated list above it, and in the inventory of all that is above it; every policy is
read both ways; every answer by hand is held against its method; every role that is bound must be in `gcp_roles.json` or in the estate.
"""

import json
import pathlib
import re
import sys
import urllib.parse
from collections import Counter

import gcp_discovery
from gcp_answers import Call, Cloud, Spoiled
from gcp_errors import STATUS, Faults, Refused
from gcp_estate import RESOURCES, Estate
from gcp_types import TYPES

HERE = pathlib.Path(__file__).parent
VERDICTS = {"pass", "fail", "not_applicable", "not_evaluated"}
PAGES_AT_MOST = 10_000


class Checker:
    def __init__(self, folder):
        self.estate = Estate(folder, HERE / "gcp_roles.json")
        self.cloud, self.wrong, self.answers = Cloud(self.estate, 2), [], Counter()

    def say(self, where, what):
        self.wrong.append(f"{where}: {what}")

    def hold(self, where, document, schema, value):
        for error in gcp_discovery.errors(document.schemas, schema, value):
            self.say(where, error)

    def ask(self, label, verb, path, query=None, body=None):
        """The answer of a request, held against its method's schema; none where no method has the path, or where it is refused."""
        quoted = urllib.parse.quote(path, safe="/:")
        found = gcp_discovery.route(label, verb, quoted)
        if found is None:
            return None, None
        method, parameters = found
        call = Call(self.estate, "owner", method, parameters, query or {}, body, path)
        try:
            answer = self.cloud.answer(call)
        except (Refused, Spoiled) as refused:
            return method, refused
        self.answers[method.id] += 1
        self.hold(f"{method.id} {path}", method.document, {"$ref": method.response}, answer)
        return method, answer

    def walk(self, label, path, query=None):
        """All pages of a list."""
        token, pages = {}, []
        while len(pages) < PAGES_AT_MOST:
            method, answer = self.ask(label, "GET", path, {**(query or {}), **token})
            if not isinstance(answer, dict):
                return method, answer if isinstance(answer, (Refused, Spoiled)) else pages
            pages.append(answer)
            if "nextPageToken" not in answer:
                return method, pages
            token = {"pageToken": [answer["nextPageToken"]]}
        raise AssertionError(f"{path} does not end")

    # --- what is checked

    def resource(self, entry):
        label, where = entry.type.label, f"{entry.asset} {entry.path}"
        document = gcp_discovery.document(entry.type.document)
        self.hold(where, document, {"$ref": entry.type.schema}, entry.data)
        method, answer = self.ask(label, "GET", entry.path)
        if method is None or method.response != entry.type.schema:
            self.say(where, f"no method gets it (its path is {method.id + 's' if method else 'none of Google'})")
        elif entry.has_api and isinstance(answer, dict) and answer != entry.data:
            self.say(where, "its get says something else")
        if entry.has_api:
            self.listed(entry, where)
            self.policy(entry)

    def listed(self, entry, where):
        label, above = entry.type.label, entry.path.rsplit("/", 1)[0]
        query = {"project": [entry.parent.removeprefix("projects/")]} if label == "storage" else {}
        if entry.asset in (f"{RESOURCES}/Project", f"{RESOURCES}/Folder"):
            query = {"parent": [entry.data["parent"]], "showDeleted": ["true"]}
        if entry.data.get("deleted") or entry.data.get("deleteTime"):
            query |= {"showDeleted": ["true"]}
        if entry.asset == "iam.googleapis.com/Role":
            query |= {"view": ["FULL"]}
        method, pages = self.walk(label, above, query)
        if method and method.id.endswith(".list") and method.envelope() and isinstance(pages, list):
            name, item = method.envelope()
            things = [thing for page in pages for thing in page.get(name, [])]
            short = item.get("$ref") != entry.type.schema
            times = sum(entry.data == thing or (short and all(entry.data.get(key) == value for key, value in thing.items())) for thing in things)
            if times != 1:
                self.say(where, f"is {times} times in {method.id}")
        if label == "compute" and entry.path.count("/") > 5:
            path = f"{'/'.join(entry.path.split('/')[:4])}/aggregated/{above.rsplit('/', 1)[1]}"
            method, pages = self.walk(label, path)
            found = sum(json.dumps(page, sort_keys=True).count(json.dumps(entry.data, sort_keys=True)) for page in pages or [])
            if method and found != 1:
                self.say(where, f"is {found} times in {method.id}")

    def policy(self, entry):
        for verb, suffix in (("POST", ":getIamPolicy"), ("GET", ":getIamPolicy"), ("GET", "/getIamPolicy"), ("GET", "/iam")):
            found = gcp_discovery.route(entry.type.label, verb, urllib.parse.quote(entry.path + suffix, safe="/:"))
            if found and found[0].id.endswith(".getIamPolicy"):
                self.ask(entry.type.label, verb, entry.path + suffix, {}, {} if verb == "POST" and found[0].request else None)
        for binding in (entry.policy or {}).get("bindings", []):
            role = binding["role"]
            known = {one["name"] for one in self.estate.roles} | {one.data["name"] for one in self.estate.of("iam.googleapis.com/Role")}
            if role not in known:
                self.say(entry.name, f"binds {role}, which neither gcp_roles.json nor the estate has")

    def by_hand(self):
        for answer in self.estate.answers + [one for entry in self.estate.entries for one in entry.answers]:
            where = f"{answer['method']} {answer.get('when', '')}"
            method = next((one for label in self.labels() for document in gcp_discovery.documents(label)
                           for one in document.methods if one.id == answer["method"]), None)
            if method is None:
                self.say(where, "no method of Google")
                continue
            for name in set(answer.get("when", {})) - set(method.parameters):
                self.say(where, f"the method has no parameter {name}")
            if "error" in answer and answer["error"] not in STATUS or answer.get("fault", "denied") not in Faults.NAMES:
                self.say(where, "no such error or fault")
            said = answer.get("answer")
            if isinstance(said, list):
                if method.envelope() is None:
                    self.say(where, "the method's answer is no list")
                for item in said if method.envelope() else []:
                    self.hold(where, method.document, method.envelope()[1], item)
            elif said is not None:
                self.hold(where, method.document, {"$ref": method.response}, said)
            self.answers[f"{method.id} by hand"] += said is not None

    def labels(self):
        named = {kind.label for kind in TYPES.values()} | set(gcp_discovery.DOCUMENTS) | {"policyanalyzer", "recommender", "cloudbilling", "cloudidentity"}
        return sorted(named)

    def inventory(self):
        for owner, container in self.estate.containers.items():
            for content in ("RESOURCE", "IAM_POLICY", "ORG_POLICY"):
                _, pages = self.walk("cloudasset", f"v1/{owner}/assets", {"contentType": [content]})
                if isinstance(pages, Refused):
                    # The estate says that a page of it is refused.
                    continue
                assets = [asset for page in pages for asset in page.get("assets", [])]
                names = Counter((asset["assetType"], asset["name"]) for asset in assets)
                for name in (name for name, times in names.items() if times > 1):
                    self.say(owner, f"{name} is {names[name]} times in the inventory")
                for asset in assets if content == "RESOURCE" else []:
                    self.asset(asset)
                if content == "RESOURCE":
                    below = {(entry.asset, entry.name) for entry in self.estate.entries if entry.inventory is not None
                             and container.data["name"] in self.estate.ancestors(entry.parent)}
                    if below != set(names):
                        self.say(owner, f"the inventory differs by {sorted(below ^ set(names))[:3]}")

    def asset(self, asset):
        kind, resource = TYPES[asset["assetType"]], asset["resource"]
        name = f"cloudresourcemanager.{resource['version']}" if asset["assetType"].startswith(RESOURCES) else kind.document
        document = gcp_discovery.document(name)
        schema = kind.schema
        if asset["assetType"] == "run.googleapis.com/Service":
            document, schema = gcp_discovery.document("run.v1"), "Service"
        self.hold(f"inventory {asset['name']}", document, {"$ref": schema}, resource["data"])
        if not re.match(r"//[a-z]+\.googleapis\.com/\S+$", asset["name"]):
            self.say(asset["name"], "is no name of an asset")
        self.answers[f"inventory of {asset['assetType']}"] += 1

    def manager(self):
        for owner in self.estate.containers:
            kind, identifier = owner.split("/")
            if kind == "projects":
                self.ask("cloudresourcemanager", "POST", f"v1/{owner}:getAncestry", {}, {})
                self.ask("cloudresourcemanager", "GET", f"v1/{owner}")
            self.walk("cloudresourcemanager", f"v3/{kind}:search")
        self.walk("cloudresourcemanager", "v1/projects")
        self.ask("cloudresourcemanager", "POST", "v1/organizations:search", {}, {})
        for view in ("BASIC", "FULL"):
            self.walk("iam", "v1/roles", {"view": [view]})

    def verdicts(self):
        names = {entry.name for entry in self.estate.entries}
        for verdicts in (self.estate.verdicts, self.estate.direct):
            for control, of_control in verdicts.items():
                for name, verdict in of_control.items():
                    if verdict not in VERDICTS or not control.startswith("gcp."):
                        self.say(control, f"{verdict!r} of {name} is no verdict of a control of Google Cloud")
        return len({name for verdicts in self.estate.verdicts.values() for name in verdicts} & names)

    def run(self):
        for entry in self.estate.entries:
            self.resource(entry)
        self.by_hand()
        self.inventory()
        self.manager()
        judged = self.verdicts()
        for line in self.wrong:
            print(line, file=sys.stderr)
        for what, times in sorted(self.answers.items()):
            print(f"{times:6} {what}")
        print(f"{len(self.estate.entries)} resources of {len({entry.asset for entry in self.estate.entries})} types, {judged} with verdicts by "
              f"{len(self.estate.verdicts)} controls; {sum(self.answers.values())} answers checked, {len(self.wrong)} errors")
        assert self.estate.entries, "an empty estate"
        return 1 if self.wrong else 0


if __name__ == "__main__":
    sys.exit(Checker(sys.argv[1] if len(sys.argv) > 1 else HERE / "gcp_estate").run())
