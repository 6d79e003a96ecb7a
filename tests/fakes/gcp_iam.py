"""Policies, permissions and roles: what is the same in every API of Google Cloud.

Documentation: https://cloud.google.com/iam/docs/reference/rest, https://cloud.google.com/resource-manager/docs/reference/orgpolicy/rest
"""

import re

import gcp_manager
from gcp_errors import Refused
from gcp_identity import has

POLICY = re.compile(r"(:getIamPolicy|/getIamPolicy|/iam)$")
PERMISSIONS = re.compile(r"(:testIamPermissions|/testIamPermissions|/iam/testPermissions)$")
EFFECTIVE = re.compile(r"v2/(\w+/[^/]+)/policies/([^/]+):getEffectivePolicy")
# List constraints; the others are on or off (https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints).
LISTS = {"iam.allowedPolicyMemberDomains", "compute.vmExternalIpAccess", "gcp.resourceLocations", "compute.trustedImageProjects",
         "compute.restrictVpcPeering", "gcp.restrictServiceUsage", "iam.workloadIdentityPoolProviders"}


def answer(cloud, call):
    if call.method.id == "iam.roles.list":
        return cloud.listed(call, cloud.chosen(call, cloud.estate.roles))
    if call.method.id == "iam.roles.get":
        return role(cloud, call.path.removeprefix("v1/"))
    if call.method.id.endswith("etIamPolicy") and POLICY.search(call.path):
        return policy(cloud, call, owner(cloud, call, POLICY))
    if PERMISSIONS.search(call.path):
        owner(cloud, call, PERMISSIONS)
        return permissions(cloud, call)
    found = EFFECTIVE.fullmatch(call.path)
    return effective(cloud.estate, *found.groups()) if found else None


def owner(cloud, call, suffix):
    """The resource that is asked about."""
    entry = cloud.find(call, suffix.sub("", gcp_manager.current(call)))
    if entry is None:
        raise cloud.missing(call)
    return entry


def role(cloud, name):
    """One of Google's own roles, of which there are those that the estate binds."""
    found = [one for one in cloud.estate.roles if one["name"] == name]
    if not found:
        raise Refused("NOT_FOUND", f"The role named {name} was not found.")
    return found[0]


def policy(cloud, call, entry):
    options = (call.body or {}).get("options", {})
    asked = call.one("options.requestedPolicyVersion") or call.one("optionsRequestedPolicyVersion") or options.get("requestedPolicyVersion", 0)
    told = cloud.estate.policy(entry, int(asked))
    if call.method.document.name == "storage":
        return {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{entry.data['name']}", **told}
    return told


def permissions(cloud, call):
    """The permissions that the caller has of those that it names."""
    named = (call.body or {}).get("permissions") or call.query.get("permissions", [])
    lacks = (call.rule or {}).get("permissions", [])
    held = [permission for permission in named if has(call.identity, permission) and permission not in lacks]
    return {**cloud.frame(call), **({"permissions": held} if held else {})}


def effective(estate, owner, constraint):
    """The policy that holds: the nearest one above, with those above it where it inherits, else Google's default."""
    rules = []
    for above in estate.ancestors(owner):
        found = estate.paths.get(("orgpolicy", f"v2/{estate.plain(above)}/policies/{constraint}"))
        spec = (found.data if found else {}).get("spec")
        if spec is None:
            continue
        rules += [] if spec.get("reset") else spec.get("rules", [])
        if spec.get("reset") or not spec.get("inheritFromParent"):
            break
    default = [{"allowAll": True}] if constraint in LISTS else [{"enforce": False}]
    return {"name": f"{estate.numbered(owner)}/policies/{constraint}", "spec": {"rules": rules or default}}
