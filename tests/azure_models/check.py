"""Holds what the project declares of Azure, and what `fakes/azure_estate` answers, against Azure's own generated clients.

    check.py DECLARED.json [ESTATE_FOLDER]

It reads what `connectors/examples/declarations.rs` prints, and the wheels of `fakes/requirements-azure-models.txt` (the folder
`azure-models` beside this Python). It asks: is there such an operation, is that its path, is there such an api-version, has what it
answers an id (`connectors/src/azure/listing/whole.rs` takes no other answer); does Graph
have such a path and the members that `$select` names; and does every member that the estate gives exist, with that kind of value.
It ends with 1 when something differs that no row of EXPLAINED explains, or when a row explains nothing.

What it cannot see: whether an enumeration has a word, and what Resource Graph leaves out of a row.
"""

import collections
import json
import re
import sys
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "fakes"))
import azure_cloud  # noqa: E402
import models  # noqa: E402

# (what is checked, which row, why it differs). The rows are regular expressions.
EXPLAINED = [
    ("path", r"microsoft\.aadiam:DiagnosticSettings_List", "there is no client of this provider; the name is that of Microsoft.Insights"),
    ("id", r"microsoft\.aadiam:DiagnosticSettings_List", "there is no client of this provider; its resource type in Azure/bicep-types-az has an id"),
    ("api-version", r"Microsoft\.Sql:.*", "2023-08-01 is published; clients went from its preview to 2025-01-01, against which paths and members are held"),
    ("api-version", r"Microsoft\.Security:SecurityContacts_List", "2023-12-01-preview is published; the newest client stops at 2020-01-01-preview"),
    ("api-version", r"Microsoft\.Authorization:ManagementLocks_ListAtSubscriptionLevel", "2020-05-01 is published; the pinned client stops before it"),
    ("answer", r"\S+ \S+/securityContacts \.properties\.(isEnabled|notificationsSources)", "members of 2023-12-01-preview"),
    ("answer", r".*\.authenticationStrength\.requirementsSatisfied", "an enumeration of flags: one text in JSON, which the client takes apart"),
    ("type", r"microsoft\.synapse/workspaces", "its client is of an older generator; nothing of a workspace is read but that it is there"),
    ("type", r"microsoft\.devices/iothubs", "nothing of a hub is read but that it is there"),
    ("type", r"microsoft\.managedservices/registration(assignments|definitions)", "no client of it is among the pinned ones"),
    ("type", r"microsoft\.compute/virtualmachines/patchassessmentresults(/.*)?", "a table of Resource Graph; Resource Manager has no such type"),
]

# What Resource Graph adds to every row.
COLUMNS = {"location", "tags", "subscriptionId", "resourceGroup", "tenantId", "managedBy", "plan", "zones", "kind", "identity", "sku", "extendedLocation", "apiVersion"}


class Report:
    def __init__(self):
        self.differences, self.used, self.checked = set(), set(), collections.Counter()

    def check(self, kind, row, good, message):
        self.checked[kind] += 1
        if good:
            return
        for at, (of_kind, of_row, _) in enumerate(EXPLAINED):
            if of_kind == kind and re.fullmatch(of_row, row):
                self.used.add(at)
                return
        self.differences.add(f"{kind} {row}: {message}")


def fits(ours, theirs):
    """Paths that end alike: segment by segment from the end, where `{…}` on either side is anything."""
    ours, theirs = ours.strip("/").lower().split("/"), theirs.strip("/").lower().split("/")
    for mine, other in zip(reversed(ours), reversed(theirs)):
        if not (mine.startswith("{") or other.startswith("{") or mine == other):
            return False
    return ours[0].startswith("{") or len(theirs) <= len(ours)


def operations(report, declared, known):
    """Declared operations of Resource Manager, each with those of the clients that it is."""
    by_id = collections.defaultdict(list)
    for operation in known:
        by_id[models.words(operation.id)].append(operation)
    found = {}
    for row in declared:
        if row["api"] != "ResourceManager" or row["path"] is None:
            continue
        name, (path, _, query) = f"{row['service']}:{row['name']}", row["path"].partition("?")
        version = urllib.parse.parse_qs(query)["api-version"][0]
        same_name = by_id[models.words(row["name"])]
        report.check("operation", name, same_name, "no client has such an operation")
        same = [one for one in same_name if one.method == row["method"] and fits(path, one.url)]
        if same_name:
            report.check("path", name, same, f"{row['method']} {path}, the clients have {sorted({one.url for one in same_name})[:3]}")
        if same:
            versions = {one.version for one in same}
            report.check("api-version", name, version in versions, f"{version}, the clients have {sorted(versions, key=str)[-4:]}")
        exact = [one for one in same if one.version == version]
        things_ = [model for one in exact or same if (model := one.model())]
        report.check("id", name, any("id" in model.members() for model in things_), "nothing in its answer has an id")
        found[row["path"]] = (row, exact or same)
    return found


def value_differs(kind, value, path):
    """Where a value is not of a type: sentences."""
    if value is None or kind == "any":
        return
    if isinstance(kind, str):
        good = {"str": isinstance(value, str), "bool": isinstance(value, bool),
                "int": isinstance(value, int) and not isinstance(value, bool),
                "float": isinstance(value, (int, float)) and not isinstance(value, bool)}[kind]
        if not good:
            yield f"{path} is {json.dumps(value)[:60]} and should be {kind}"
    elif kind[0] == "list":
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for one in value:
            yield from value_differs(kind[1], one, f"{path}[]")
    elif kind[0] == "dict":
        if not isinstance(value, dict):
            yield f"{path} is no map"
            return
        for one in value.values():
            yield from value_differs(kind[1], one, f"{path}{{}}")
    else:
        yield from thing_differs(kind[1], value, path)


def thing_differs(model, value, path):
    if not isinstance(value, dict):
        yield f"{path} is no object"
        return
    word = value.get("@odata.type")
    if word and isinstance(model, models.GraphModel):
        model = model.graph.named(word) or model
    members = model.members()
    lower = {name.lower(): kind for name, kind in members.items()}
    for name, one in value.items():
        if name.startswith("@odata.") or "@odata." in name:
            continue
        if name.lower() not in lower:
            yield f"{path}.{name} is no member of {model.name}"
        else:
            yield from value_differs(lower[name.lower()], one, f"{path}.{name}")


def best(candidates, value, path):
    """The differences from the model that fits best."""
    told = [list(thing_differs(model, value, path)) for model in candidates]
    return min(told, key=len) if told else [f"{path}: no model"]


def things(folder):
    for file in sorted(folder.glob("*.json")):
        for thing in json.loads(azure_cloud.fill(file.read_text(encoding="utf-8"))):
            yield file.name, thing


def answers(value):
    """What an estate gives as an answer: items, or the one thing. Errors are checked elsewhere."""
    if isinstance(value, list):
        return value
    return [] if "error" in value and "status" in value else [value]


def estate(report, folder, declared, found, known, graph):
    types = collections.defaultdict(list)
    for operation in known:
        if operation.method == "GET" and operation.type() and operation.model():
            types[operation.type()].append(operation.model())
    for file, thing in things(folder):
        row = thing.get("row")
        if row:
            type_ = row["type"].lower()
            report.check("type", type_, type_ in types, "no client reads such a type")
            if type_ in types:
                value = {name: one for name, one in row.items() if name not in COLUMNS or one}
                members = {name for model in types[type_] for name in model.members()}
                value = {name: one for name, one in value.items() if name not in COLUMNS or name in members}
                report_all(report, f"{file} {row['type']}", best(types[type_], value, ""))
        for below, value in thing.get("calls", {}).items():
            arm(report, file, f"{{id}}/{below}", row["type"] if row else "", value, found)
        for path, value in ((thing.get("list"), thing.get("items")), (thing.get("get"), thing.get("answer"))):
            if path and path.startswith("/v1.0/"):
                of_graph(report, file, path, value, declared, graph)
            elif path:
                arm(report, file, path, "", value, found)


def arm(report, file, path, type_, value, found):
    plain = re.sub(r"/subscriptions/[0-9a-f-]{36}", "/subscriptions/{subscription}", path, flags=re.I)
    providers = [part.lower() for part in re.findall(r"providers/([\w.]+)", plain)] or [type_.split("/")[0].lower()]
    same = [(row, theirs) for declared_path, (row, theirs) in found.items()
            if row["service"].lower() == providers[-1] and ends_alike(plain, declared_path.partition("?")[0])]
    report.check("call", f"{file} {plain}", same, "nothing that is declared asks for this")
    for one in answers(value):
        candidates = [operation.model() for _, theirs in same for operation in theirs if operation.model()]
        if candidates:
            report_all(report, f"{file} {plain}", best(candidates, one, ""))


def ends_alike(ours, declared):
    ours, declared = ours.lower().split("/"), declared.lower().split("/")
    if declared == ["{id}"]:
        return True
    if declared[0] == "{id}":
        declared = declared[1:]
    return len(declared) <= len(ours) and all(a == b or b.startswith("{") for a, b in zip(reversed(ours), reversed(declared)))


def of_graph(report, file, path, value, declared, graph):
    model = graph.answer("GET", generic(path, declared).removeprefix("/v1.0"))
    if path.lower().startswith("/v1.0/directoryobjects"):
        return  # what `getByIds` knows: users, groups and applications, each by its `@odata.type`
    report.check("graph answer", path, model, "msgraph-sdk has no such path")
    for one in answers(value):
        if model:
            report_all(report, f"{file} {path}", best([model], one, ""))


def generic(path, declared):
    """`/v1.0/groups/1-2-3/members` as it is declared."""
    for row in declared:
        if row["api"] == "Graph" and ends_alike(path, row["path"].partition("?")[0]) and path.count("/") == row["path"].partition("?")[0].count("/"):
            return row["path"].partition("?")[0]
    return path


def report_all(report, row, told):
    report.check("answer", row, True, "")
    for one in told:
        report.check("answer", f"{row} {one.split(' ')[0]}", False, one)


def graph_operations(report, declared, graph):
    for row in declared:
        if row["api"] != "Graph":
            continue
        path, _, query = row["path"].partition("?")
        model = graph.answer(row["method"], path.removeprefix("/v1.0"))
        report.check("graph path", path, model, f"msgraph-sdk has no {row['method']} of it")
        report.check("id", path, not model or "id" in known_names(model), "nothing in its answer has an id")
        for name in urllib.parse.parse_qs(query).get("$select", [""])[0].split(","):
            if model and name:
                names = known_names(model)
                report.check("graph member", f"{path} {name}", name in names, f"no member of {model.name}")


def known_names(model):
    """Members of a model; of a directory object, those of the kinds of it that are asked for."""
    names = set(model.members())
    if model.name == "directory_object":
        for kind in ("user", "group", "servicePrincipal", "application"):
            names |= set(model.graph.named(kind).members())
    return names


def main(declared_file, folder=None):
    wheels = Path(sys.executable).parent / "azure-models"
    declared = json.loads(Path(declared_file).read_text(encoding="utf-8"))["azure"]
    known = [one for wheel in sorted(wheels.glob("azure_mgmt_*.whl")) for one in models.wheel_operations(wheel)]
    graph = models.Graph(next(wheels.glob("msgraph_sdk-*.whl")))
    report = Report()
    found = operations(report, declared, known)
    graph_operations(report, declared, graph)
    folder = Path(folder) if folder else Path(azure_cloud.__file__).parent / "azure_estate"
    estate(report, folder, declared, found, known, graph)
    for at, (kind, row, _) in enumerate(EXPLAINED):
        if at not in report.used:
            report.differences.add(f"EXPLAINED: {kind} {row} explains nothing")
    for line in sorted(report.differences):
        print(line, file=sys.stderr)
    print(", ".join(f"{count} {kind}s" for kind, count in sorted(report.checked.items())))
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
