"""Holds what the project declares of AWS against botocore: its service models, paginators and endpoint rules.

    cargo run --workspace --example declarations -- $(check.py regions) >declared.json
    check.py check declared.json

It reads what `connectors/examples/declarations.rs` prints, and knows no service and no operation by name but in the table of
differences that are explained (EXPLAINED). It ends with 1 when something differs that is not, or when a row of the table explains
nothing. What it cannot see: the members of requests and answers that are named in code alone; `fakes/paging.py` shows those.
"""

import collections
import json
import re
import sys

from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError, UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

LOADER = Loader()
PARTITIONS = LOADER.load_data("partitions")

# (what is checked, which row, why it differs). A row is `service` or `service:Operation`; both are regular expressions.
EXPLAINED = [
    ("paging", r"s3:ListBuckets", "read through the SDK's crate, whose caller loops over ContinuationToken itself"),
]

OF_PROTOCOL = {"query": "member", "rest-xml": "member", "ec2": "item"}
TOKENS = re.compile(r"^(next_?)?(token|marker)$|^(starting|pagination|continuation)_?token$|^next_?page_?token$", re.I)


def regions():
    named = [region for partition in PARTITIONS["partitions"] for region in partition["regions"]]
    return sorted(region for region in named if not region.endswith("-global"))


def model(service):
    return ServiceModel(LOADER.load_service_model(service, "service-2"), service)


class Report:
    def __init__(self):
        self.differences, self.used, self.checked = [], set(), collections.Counter()

    def check(self, kind, row, good, message):
        self.checked[kind] += 1
        if good:
            return
        for at, (of_kind, of_row, _) in enumerate(EXPLAINED):
            if of_kind == kind and re.fullmatch(of_row, row):
                self.used.add(at)
                return
        self.differences.append(f"{kind} {row}: {message}")


# --- services


def service(report, row):
    name = row["name"]
    try:
        metadata = model(name).metadata
    except UnknownServiceError:
        return report.check("service", name, False, "botocore has no such service")
    prefix, signing = metadata["endpointPrefix"], metadata.get("signingName", metadata["endpointPrefix"])
    report.check("signing name", name, row["signing_name"] == signing, f"{row['signing_name']}, botocore signs {signing}")
    key = re.sub(r"[ -]", "_", metadata["serviceId"]).lower()
    report.check("endpoint key", name, row["endpoint_key"] == key, f"{row['endpoint_key']}, botocore says {key}")
    spoken = metadata.get("protocols", [metadata["protocol"]])
    report.check("protocol", name, row["protocol"] in spoken, f"{row['protocol']}, botocore speaks {spoken}")
    if row["protocol"] in ("query", "ec2"):
        report.check("version", name, row["version"] == metadata["apiVersion"], f"{row['version']}, botocore says {metadata['apiVersion']}")
    if row["protocol"] == "json":
        theirs = metadata["targetPrefix"], metadata["jsonVersion"]
        report.check("target", name, (row["target"], row["version"]) == theirs, f"{row['target']} {row['version']}, botocore says {theirs}")
    return None


# --- endpoints


def endpoints(report, told):
    rows = collections.defaultdict(list)
    for row in told["endpoints"]:
        rows[row["service"]].append(row)
    for one in told["services"]:
        name = one["name"]
        rules = LOADER.load_service_model(name, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, PARTITIONS)
        contexts = fixed_by_operations(name, [o["name"] for o in told["operations"] if o["service"] == name])
        wrong = collections.defaultdict(list)
        answered = 0
        for row in rows[name]:
            theirs = theirs_of(provider, rules["parameters"], row, told["account"], contexts)
            if theirs is None:
                continue
            answered += 1
            url, signing_region, signing_name = theirs
            ours = row["url"].rstrip("/"), row["signing_region"], one["signing_name"]
            if ours != (url.rstrip("/"), signing_region or ours[1], signing_name or ours[2]):
                kind = ("fips " if row["fips"] else "") + ("dual-stack " if row["dual_stack"] else "")
                message = f"{kind}is {ours}, botocore says {theirs}"
                wrong[message.replace(row["region"], "<region>").replace(suffix(row), "<suffix>")].append(row["region"])
        report.check("endpoint", name, answered >= len(regions()), f"botocore answers for {answered} regions only")
        report.checked["endpoint"] += answered - 1
        for message, where in sorted(wrong.items()):
            report.check("endpoint", name, False, f"{', '.join(where)}: {message}")


def fixed_by_operations(service_name, declared):
    """Parameters of the rules that operations fix: those that are declared, else what most of the service's do."""
    of_service = model(service_name)
    given = collections.defaultdict(collections.Counter)
    names = declared or list(of_service.operation_names)
    for name in names:
        for parameter in of_service.operation_model(name).static_context_parameters:
            given[parameter.name][parameter.value] += 1
    fixed = {}
    for name, values in given.items():
        value, times = values.most_common(1)[0]
        if times > len(names) / 2:
            fixed[name] = value
    return fixed


def suffix(row):
    outputs = next(p["outputs"] for p in PARTITIONS["partitions"] if row["region"] in p["regions"])
    return outputs["dnsSuffix"]


def theirs_of(provider, parameters, row, account, contexts):
    """URL, signing region and signing name by botocore's rules; none where they refuse."""
    asked = {"Region": row["region"], "UseFIPS": row["fips"], "UseDualStack": row["dual_stack"], **contexts}
    if "UseGlobalEndpoint" in parameters:
        asked["UseGlobalEndpoint"] = False
    if "RequiresAccountId" in parameters:
        asked["AccountId"] = account
    try:
        answer = provider.resolve_endpoint(**asked)
    except EndpointProviderError:
        return None
    scheme = (answer.properties.get("authSchemes") or [{}])[0]
    return answer.url, scheme.get("signingRegion"), scheme.get("signingName")


# --- operations


def wire(shape, name, protocol, is_input=False):
    """A member's name on the wire."""
    written = shape.serialization
    if protocol == "ec2" and is_input:
        if "queryName" in written:
            return written["queryName"]
        located = written.get("name", name)
        return located[0].upper() + located[1:]
    return written.get("name", name)


def in_body(shape):
    return shape.serialization.get("location") is None


def body_of(shape):
    """The shape that an answer's body is, and its root element where a payload names it."""
    payload = shape and shape.serialization.get("payload")
    if not payload:
        return shape, None
    inner = shape.members[payload]
    return inner, inner.serialization.get("name", inner.name)


def every(shape, seen=()):
    """Every shape below one, each with its path of names; a shape inside itself is shown once."""
    if shape is None or shape.name in seen:
        return
    seen = (*seen, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield name, member
            yield from every(member, seen)
    elif shape.type_name == "list":
        yield None, shape.member
        yield from every(shape.member, seen)
    elif shape.type_name == "map":
        yield None, shape.value
        yield from every(shape.value, seen)


def at(shape, path, protocol):
    for name in path.split("."):
        if shape is None or shape.type_name != "structure":
            return None
        found = {wire(member, key, protocol): member for key, member in shape.members.items() if in_body(member)}
        shape = found.get(name)
    return shape


def operation(report, row, services):
    name = f"{row['service']}:{row['name']}"
    through_door = row["service"] in services
    try:
        of_service = model(row["service"])
        theirs = of_service.operation_model(row["name"])
    except (UnknownServiceError, Exception) as error:  # noqa: BLE001 - botocore has an own class for each
        return report.check("operation", name, False, f"botocore does not know it: {error}")
    protocol = services[row["service"]]["protocol"] if through_door else of_service.metadata["protocol"]
    report.check("operation", name, row["name"] in row["docs"], f"{row['docs']} is the page of something else")
    http(report, name, row, theirs, protocol if through_door else None)
    body, payload_root = body_of(theirs.output_shape)
    paging(report, name, row, theirs, body, protocol, through_door)
    absences(report, name, row, theirs)
    secrets(report, name, row, body)
    if through_door:
        answer(report, name, row, theirs, body, payload_root, protocol)
    return None


def http(report, name, row, theirs, protocol):
    declared = row["http"] and (row["http"]["method"], row["http"]["path"])
    if protocol not in ("rest-json", "rest-xml"):
        return report.check("http", name, declared is None, f"{declared} is never used")
    plain = lambda path: re.sub(r"\{[^}+]*(\+?)\}", r"{\1}", path).rstrip("/")
    method, uri = theirs.http["method"], theirs.http["requestUri"]
    same = declared is not None and declared[0] == method and plain(declared[1]) == plain(uri)
    report.check("http", name, same, f"{declared}, botocore says {(method, uri)}")
    in_query = [key for key, member in (theirs.input_shape.members if theirs.input_shape else {}).items()
                if member.serialization.get("location") == "querystring"]
    if method not in ("GET", "HEAD") and in_query:
        report.check("http", name, not row["paging"], f"the door sends {in_query} in the body of a {method}, AWS reads the query")
    return None


def paginator(service_name, operation_name):
    try:
        found = LOADER.load_service_model(service_name, "paginators-1")["pagination"]
    except UnknownServiceError:
        return None
    return found.get(operation_name)


def looks_paged(theirs, body):
    """A token in the request and one in the answer, whatever the paginators say."""
    asked = [name for name in (theirs.input_shape.members if theirs.input_shape else {}) if TOKENS.match(name)]
    given = [name for name in (body.members if body is not None and body.type_name == "structure" else {}) if TOKENS.match(name)]
    return bool(asked and given)


def paging(report, name, row, theirs, body, protocol, through_door):
    known = paginator(row["service"], row["name"])
    declared = row["paging"]
    if declared is None:
        return report.check("paging", name, not (known or looks_paged(theirs, body)), f"declares one page, botocore knows pages: {known}")
    token = at(body, declared["output"], protocol)
    report.check("paging", name, token is not None and token.type_name == "string", f"the answer has no text {declared['output']}")
    members = theirs.input_shape.members if theirs.input_shape else {}
    asked = {wire(member, key, protocol, is_input=True): (key, member) for key, member in members.items()}
    report.check("paging", name, declared["input"] in asked, f"the request has no {declared['input']}, only {sorted(asked)}")
    if declared["input"] not in asked:
        return None
    key, member = asked[declared["input"]]
    if through_door and protocol in ("rest-json", "rest-xml"):
        wanted = "querystring" if row["http"] and row["http"]["method"] == "GET" else None
        place = member.serialization.get("location")
        report.check("paging", name, place == wanted, f"{key} stands in {place or 'the body'}, the door sends it in {wanted or 'the body'}")
    if known and isinstance(known["input_token"], str):
        report.check("paging", name, known["input_token"] == key, f"goes on with {key}, botocore with {known['input_token']}")
        output = known["output_token"].split(" ")[0]
        inner = output.split(".")[-1]
        report.check("paging", name, declared["output"].split(".")[-1].lower() == inner.lower(), f"reads {declared['output']}, botocore {output}")
    return None


def absences(report, name, row, theirs):
    codes = set()
    for shape in theirs.error_shapes:
        codes |= {shape.name, shape.metadata.get("error", {}).get("code", shape.name)}
    for code in row["absent"]:
        # Many operations name no errors in the models: EC2's none at all, S3's hardly any.
        report.check("absence", name, not codes or code in codes, f"{code} is no error of it: {sorted(codes)}")


def secrets(report, name, row, body):
    names = {member for member, _ in every(body)} | {shape.serialization.get("name") for _, shape in every(body)}
    for secret in row["secrets"]:
        last = re.split(r"[./\[\]*]+", secret.strip("./[]*"))[-1] or secret
        found = {str(one).lower() for one in names}
        report.check("secret", name, last.lower() in found, f"{secret} is no member of the answer")


def answer(report, name, row, theirs, body, payload_root, protocol):
    if protocol not in OF_PROTOCOL:
        report.check("root", name, row["root"] is None, "JSON has no root element")
        report.check("lists", name, not row["lists"], "JSON has no list elements")
        return
    if protocol == "query":
        wrapper = theirs.output_shape and theirs.output_shape.serialization.get("resultWrapper")
        report.check("root", name, wrapper == f"{row['name']}Result", f"the answer is inside {wrapper}")
    default = f"{row['name']}Response"
    root = row["root"] or default
    if protocol == "rest-xml":
        if payload_root:
            report.check("root", name, root == payload_root, f"{root}, botocore says {payload_root}")
    else:
        report.check("root", name, root == default, f"{root}, the protocol says {default}")
    element = OF_PROTOCOL[protocol]
    lists, members, flat = elements(body, protocol, element)
    report.check("lists", name, not flat, f"the door does not read lists without an element around them: {sorted(flat)}")
    lists = {(parent, item) for parent, item in lists if item != element}
    for declared in row["lists"]:
        parent, _, item = declared.rpartition("/")
        covered = {one for one in lists if item in (one[1], "*") and parent in (one[0], "")}
        report.check("lists", name, covered, f"{declared} is no list of the answer: {sorted(lists)}")
        # A name that is a plain member elsewhere is to be declared with the element around it.
        report.check("lists", name, parent or item not in members, f"{declared} is the name of a plain member too")
        lists -= covered
    report.check("lists", name, not lists, f"these lists are not declared: {sorted(f'{parent}/{item}' for parent, item in lists)}")
    report.check("lists", name, element not in members, f"{element} is the name of a member too")


def elements(shape, protocol, element, called=None, seen=()):
    """Of an XML answer: (parent, item) for each list, names of plain members, and names of lists without an element around them."""
    lists, members, flat = set(), set(), set()
    if shape is None or shape.name in seen:
        return lists, members, flat
    seen = (*seen, shape.name)
    below = []
    if shape.type_name == "structure":
        for key, member in shape.members.items():
            if not in_body(member):
                continue
            name = wire(member, key, protocol)
            members.add(name)
            if member.type_name in ("list", "map") and member.serialization.get("flattened"):
                flat.add(name)
            below.append((member, name))
    elif shape.type_name == "list":
        item = shape.member.serialization.get("name", element)
        lists.add((called, item))
        below.append((shape.member, item))
    elif shape.type_name == "map":
        lists.add((called, "entry"))
        below.append((shape.value, shape.value.serialization.get("name", "value")))
    for inner, name in below:
        for all_of, found in zip((lists, members, flat), elements(inner, protocol, element, name, seen)):
            all_of |= found
    return lists, members, flat


def main():
    if sys.argv[1:] == ["regions"]:
        return print(" ".join(regions()))
    with open(sys.argv[2], encoding="utf-8") as file:
        told = json.load(file)
    asked = {row["region"] for row in told["endpoints"]}
    assert asked == set(regions()), "the declarations are to be printed with the regions that `check.py regions` prints"
    report = Report()
    for row in told["services"]:
        service(report, row)
    endpoints(report, told)
    services = {row["name"]: row for row in told["services"]}
    for row in told["operations"]:
        operation(report, row, services)
    for at_row, (kind, row, why) in enumerate(EXPLAINED):
        if at_row not in report.used:
            report.differences.append(f"explained but not found: {kind} {row} ({why})")
    print(f"{len(services)} services, {len(told['operations'])} operations:", dict(report.checked))
    for at_row in sorted(report.used):
        print("explained:", *EXPLAINED[at_row])
    print("\n".join(report.differences), file=sys.stderr)
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main())
