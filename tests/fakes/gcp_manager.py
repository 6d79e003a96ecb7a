"""Resource Manager: the organisation, its folders and projects, in the words of v3 (as the estate has them) and of v1.

Documentation: https://cloud.google.com/resource-manager/reference/rest/v3, https://cloud.google.com/resource-manager/reference/rest/v1
"""

import re

from gcp_errors import Refused, denied
from gcp_identity import has

KINDS = {"projects": "Project", "folders": "Folder", "organizations": "Organization"}


def current(call):
    """The path of a call, in v3's."""
    old = call.method.document.name == "cloudresourcemanager" and call.path.startswith("v1/")
    return f"v3/{call.path.removeprefix('v1/')}" if old else call.path


def first_project(data):
    kind, _, number = data["parent"].partition("/")
    old = {"projectNumber": data["name"].removeprefix("projects/"), "projectId": data["projectId"], "lifecycleState": data["state"],
           "name": data.get("displayName", ""), "createTime": data["createTime"], "parent": {"type": kind.removesuffix("s"), "id": number}}
    return old | ({"labels": data["labels"]} if "labels" in data else {})


def first_organization(data):
    return {"name": data["name"], "displayName": data["displayName"], "creationTime": data["createTime"], "lifecycleState": data["state"],
            "owner": {"directoryCustomerId": data["directoryCustomerId"]}}


def first(data):
    """A thing in v1's words."""
    return first_project(data) if data["name"].startswith("projects/") else first_organization(data)


def answer(cloud, call):
    if call.method.document.name != "cloudresourcemanager":
        return None
    kind, verb = call.method.id.split(".")[1:3]
    if kind not in KINDS or len(call.method.id.split(".")) != 3:
        return None
    old = call.path.startswith("v1/")
    if verb == "getAncestry":
        pairs = [cloud.estate.plain(name).split("/") for name in cloud.estate.ancestors(call.path.removeprefix("v1/").removesuffix(":getAncestry"))]
        return {"ancestor": [{"resourceId": {"type": kind.removesuffix("s"), "id": identifier}} for kind, identifier in pairs]}
    if verb == "get" and old:
        entry = cloud.find(call, current(call))
        return first(entry.data) if entry else None
    if verb not in ("list", "search"):
        return None
    # Of what one may not see, a search says nothing, and so does v1; a list of v3 is refused.
    if verb == "list" and not old and not has(call.identity, f"resourcemanager.{kind}.list"):
        raise denied(call.method, call.one("parent", ""))
    things = [entry.data for entry in cloud.estate.of(f"cloudresourcemanager.googleapis.com/{KINDS[kind]}")
              if entry.has_api and has(call.identity, f"resourcemanager.{kind}.get")]
    if call.one("showDeleted") != "true":
        things = [data for data in things if data["state"] == "ACTIVE" or verb == "search" or old]
    things = [data for data in things if fits(cloud, call, data, verb, old)]
    return cloud.listed(call, [first(data) for data in things] if old else things)


def fits(cloud, call, data, verb, old):
    """Whether the request asks for this one: `parent` of a list, the words of a search or of v1's filter."""
    parent = data.get("parent", "")
    if verb == "list" and not old:
        if call.one("parent") is None:
            raise Refused("INVALID_ARGUMENT", "The parent is required.")
        return parent == call.one("parent")
    asked = call.one("filter") or call.one("query") or (call.body or {}).get("filter", "")
    known = {
        "parent": parent, "parent.type": parent.split("/")[0].removesuffix("s"), "parent.id": parent.split("/")[-1], "state": data["state"],
        "lifecycleState": data["state"], "projectId": data.get("projectId"), "id": data.get("projectId"), "displayName": data.get("displayName"),
        "owner.directoryCustomerId": data.get("directoryCustomerId"), "domain": data.get("displayName"),
    }
    for word in re.split(r"\s+(?:AND\s+)?", asked.strip()) if asked.strip() else []:
        name, _, value = re.sub("[=:]", "\n", word, count=1).partition("\n")
        if name not in known:
            raise Refused("INVALID_ARGUMENT", f"field [query] has issue [Invalid filter query: {word}]")
        if known[name] != value.strip('"'):
            return False
    return True
