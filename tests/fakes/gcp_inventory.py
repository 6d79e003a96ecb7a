"""Cloud Asset Inventory: the same estate, as `assets.list` tells it.

Documentation: https://cloud.google.com/asset-inventory/docs/reference/rest/v1/assets/list
"""

import functools
import re

import gcp_discovery
import gcp_manager
import gcp_run
from gcp_errors import Refused
from gcp_estate import NOW, RESOURCES
from gcp_types import TYPES

READ_TIME = NOW.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def answer(cloud, call):
    if call.method.id != "cloudasset.assets.list":
        return None
    estate, content = cloud.estate, call.one("contentType", "CONTENT_TYPE_UNSPECIFIED")
    root = call.path.removeprefix("v1/").removesuffix("/assets")
    above = estate.containers[root].data["name"]
    wanted = [re.compile(one) for one in call.query.get("assetTypes", [])]
    for asked in wanted:
        if not any(asked.fullmatch(known) for known in TYPES):
            raise Refused("INVALID_ARGUMENT", f"Invalid asset type: {asked.pattern} (gcp_types.py has none).")
    assets = []
    below = {parent: ancestors for parent, ancestors in chains(estate).items() if above in ancestors}
    for entry in estate.within(root):
        ancestors = below.get(entry.parent)
        chosen = ancestors and (not wanted or any(asked.fullmatch(entry.asset) for asked in wanted))
        if entry.inventory is not None and chosen:
            assets += told(estate, entry, ancestors, content)
    assets, more = cloud.page(call, assets)
    read = call.one("readTime", READ_TIME)
    return {"readTime": read, **({"assets": assets} if assets else {}), **({"nextPageToken": more} if more else {})}


@functools.cache
def chains(estate):
    """What is above each place that something of the estate lies in. An estate may be large."""
    return {parent: estate.ancestors(parent) for parent in {entry.parent for entry in estate.entries}}


def told(estate, entry, ancestors, content):
    """One asset, or none: only those with a policy are told of where policies are asked for."""
    asset = {"name": entry.name, "assetType": entry.asset, "ancestors": ancestors,
             "updateTime": entry.inventory.get("updateTime") or entry.data.get("updateTime") or READ_TIME}
    if content == "RESOURCE":
        asset["resource"] = resource(estate, entry, ancestors)
    elif content == "IAM_POLICY":
        policy = entry.inventory.get("iam_policy", entry.policy)
        if policy is None:
            return []
        asset["iamPolicy"] = policy
    elif content == "ORG_POLICY":
        if not entry.org_policies:
            return []
        asset["orgPolicy"] = entry.org_policies
    elif content != "CONTENT_TYPE_UNSPECIFIED":
        return []
    return [asset]


def resource(estate, entry, ancestors):
    document, data = gcp_discovery.document(entry.type.document), entry.data
    version = entry.type.document.split(".")[-1]
    # The inventory tells of projects and organisations in the words of Resource Manager's v1.
    if entry.asset in (f"{RESOURCES}/Project", f"{RESOURCES}/Organization"):
        data, version = gcp_manager.first(data), "v1"
    # … and of Cloud Run's services in those of its v1.
    if entry.asset == "run.googleapis.com/Service":
        data, version = gcp_run.first(data, estate.numbers[entry.parent.removeprefix("projects/")]), "v1"
    parent = ancestors[1:2] if entry.asset.startswith(RESOURCES) else ancestors[:1]
    # A member that differs by being null is one that the inventory leaves out.
    data = {name: value for name, value in {**data, **entry.inventory.get("data", {})}.items() if value is not None}
    told = {
        "version": version, "discoveryDocumentUri": f"https://{document.host}/$discovery/rest?version={version}",
        "discoveryName": re.sub(r"^(GoogleCloud|GoogleApi)\w+V\d|^V2(?=Key)", "", entry.type.schema),
        "data": data,
    }
    if parent:
        told["parent"] = f"//{RESOURCES}/{parent[0]}"
    location = entry.location or ("global" if not entry.asset.startswith(RESOURCES) else None)
    return told | ({"location": location} if location else {})
