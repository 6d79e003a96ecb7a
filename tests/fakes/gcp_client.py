"""Talks to the fake Google Cloud (`gcp_cloud.py`) by Google's own libraries, so that its paths, tokens and errors are Google's.

    gcp_client.py URL            ends badly where the fake does not behave as Google does; the estate is that of `gcp_estate`
"""

import json
import os
import pathlib
import sys
import tempfile
import urllib.error
import urllib.request

URL = sys.argv[1]
os.environ["GCE_METADATA_HOST"] = URL.removeprefix("http://")
os.environ["NO_PROXY"] = "127.0.0.1"

import google.auth.transport.requests  # noqa: E402
from google.auth import compute_engine, exceptions, identity_pool, impersonated_credentials  # noqa: E402
from google.oauth2 import service_account  # noqa: E402
from googleapiclient import discovery  # noqa: E402
from googleapiclient.errors import HttpError  # noqa: E402

PLATFORM = ["https://www.googleapis.com/auth/cloud-platform"]
ORGANIZATION, FOLDER, PROJECT = "organizations/100000000000", "folders/200000000000", "evidence-prod"


def http(verb, path, body=None, headers=None):
    request = urllib.request.Request(URL + path, json.dumps(body).encode() if body is not None else None, headers or {}, method=verb)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def faults(*rules):
    assert http("POST", "/faults", list(rules))[0] == 200


def key(identity, scopes=PLATFORM):
    return service_account.Credentials.from_service_account_info(json.loads(http("GET", f"/key/{identity}")[2]), scopes=scopes)


def service(name, version, credentials=None):
    """Google's client of an API; its root is the fake's label of that API, what follows is the client's."""
    plain = discovery.build(name, version, static_discovery=True, credentials=key("collector"), cache_discovery=False)
    path = plain._baseUrl.split("/", 3)[3]
    options = {"api_endpoint": f"{URL}/{name}/{path}"}
    return discovery.build(name, version, static_discovery=True, credentials=credentials or key("collector"), client_options=options, cache_discovery=False)


def every(collection, member, **parameters):
    """All of a list, and how many pages it had."""
    things, pages, token = [], 0, {}
    while True:
        # Not by the client's `list_next`, which fails over parameters that are repeated.
        answer = collection.list(**parameters, **token).execute()
        things, pages = things + answer.get(member, []), pages + 1
        if "nextPageToken" not in answer:
            return things, pages
        token = {"pageToken": answer["nextPageToken"]}


def refusal(request):
    try:
        request.execute()
    except HttpError as error:
        return error.resp.status, json.loads(error.content)["error"]
    raise AssertionError("it was not refused")


def check_tokens():
    over = google.auth.transport.requests.Request()
    for credentials in (key("collector"), compute_engine.Credentials()):
        credentials.refresh(over)
        assert credentials.token.startswith("ya29.c.fake-collector-"), credentials.token
    with tempfile.TemporaryDirectory() as folder:
        subject = pathlib.Path(folder) / "token"
        subject.write_text("narrow", encoding="utf-8")
        external = identity_pool.Credentials(
            audience="//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
            subject_token_type="urn:ietf:params:oauth:token-type:jwt", token_url=f"{URL}/sts/v1/token",
            credential_source={"file": str(subject)}, scopes=PLATFORM)
        external.refresh(over)
        assert external.token.startswith("ya29.c.fake-narrow-"), external.token
    lent = impersonated_credentials.Credentials(
        key("owner"), "collector@evidence-audit.iam.gserviceaccount.com", PLATFORM,
        iam_endpoint_override=f"{URL}/iamcredentials/v1/projects/-/serviceAccounts/collector@evidence-audit.iam.gserviceaccount.com:generateAccessToken")
    lent.refresh(over)
    assert lent.token.startswith("ya29.c.fake-collector-"), lent.token
    for scopes in ([], ["email"]):
        try:
            key("collector", scopes).refresh(over)
        except exceptions.RefreshError as error:
            assert "invalid_scope" in str(error), error
        else:
            raise AssertionError("a token for no scope")
    assert http("GET", "/computeMetadata/v1/project/project-id")[0] == 403
    own = key("collector").with_always_use_jwt_access(True)
    own._create_self_signed_jwt(None)
    assert service("storage", "v1", own).buckets().list(project=PROJECT).execute()["items"] and own.token.count(".") == 2


def check_manager():
    manager = service("cloudresourcemanager", "v3")
    found = manager.projects().search(query="state:ACTIVE").execute()["projects"]
    assert {one["projectId"] for one in found} == {"evidence-prod", "evidence-legacy"}, found
    assert [one["name"] for one in every(manager.folders(), "folders", parent=ORGANIZATION)[0]] == [FOLDER]
    assert [one["projectId"] for one in every(manager.projects(), "projects", parent=FOLDER)[0]] == [PROJECT]
    old = service("cloudresourcemanager", "v1")
    ancestry = old.projects().getAncestry(projectId=PROJECT, body={}).execute()["ancestor"]
    assert [one["resourceId"]["type"] for one in ancestry] == ["project", "folder", "organization"], ancestry
    for version, wanted in ((1, ["roles/iam.serviceAccountTokenCreator_withcond_"]), (3, ["roles/iam.serviceAccountTokenCreator"])):
        body = {"options": {"requestedPolicyVersion": version}}
        policy = manager.projects().getIamPolicy(resource="projects/100000000001", body=body).execute()
        roles = [one["role"] for one in policy["bindings"] if "TokenCreator" in one["role"]]
        assert policy["version"] == version and roles[0].startswith(wanted[0]) and (roles == wanted) == (version == 3), policy
    asked = ["resourcemanager.projects.getIamPolicy", "storage.objects.get", "storage.buckets.list"]
    held = manager.projects().testIamPermissions(resource=f"projects/{PROJECT}", body={"permissions": asked}).execute()
    assert held["permissions"] == [asked[0], asked[2]], held
    stranger = service("cloudresourcemanager", "v3", key("stranger"))
    assert stranger.projects().search().execute() == {}
    assert refusal(stranger.projects().get(name=f"projects/{PROJECT}"))[1]["status"] == "PERMISSION_DENIED"


def check_both_ways():
    """The inventory and the API tell the same of a bucket, an account and its keys."""
    inventory, storage, iam = service("cloudasset", "v1"), service("storage", "v1"), service("iam", "v1")
    kinds = ["storage.googleapis.com/Bucket", "iam.googleapis.com/ServiceAccountKey"]
    assets, pages = every(inventory.assets(), "assets", parent=ORGANIZATION, contentType="RESOURCE", assetTypes=kinds, pageSize=1000)
    assert pages > 3 and {one["assetType"] for one in assets} == set(kinds)
    told = {one["resource"]["data"]["name"]: one["resource"]["data"] for one in assets}
    buckets = [one for project in ("evidence-prod", "evidence-legacy") for one in every(storage.buckets(), "items", project=project)[0]]
    assert len(buckets) == 6 and all(told[one["name"]] == one for one in buckets)
    accounts = every(iam.projects().serviceAccounts(), "accounts", name=f"projects/{PROJECT}")[0]
    keys = [one for account in accounts for one in iam.projects().serviceAccounts().keys().list(name=account["name"]).execute().get("keys", [])]
    assert len(accounts) == 3 and len(keys) == 4 and all(told[one["name"]] == one for one in keys)
    by_id = iam.projects().serviceAccounts().get(name=f"projects/-/serviceAccounts/{accounts[0]['uniqueId']}").execute()
    assert by_id == accounts[0]
    user = iam.projects().serviceAccounts().keys().list(name=accounts[2]["name"], keyTypes=["USER_MANAGED"]).execute()["keys"]
    assert len(user) == 2, user
    policies = every(inventory.assets(), "assets", parent=f"projects/{PROJECT}", contentType="IAM_POLICY")[0]
    direct = storage.buckets().getIamPolicy(bucket="acme-shared-reports", optionsRequestedPolicyVersion=3).execute()
    of_bucket = next(one for one in policies if one["name"] == "//storage.googleapis.com/acme-shared-reports")
    assert of_bucket["iamPolicy"]["bindings"] == direct["bindings"] and direct["kind"] == "storage#policy"
    assert refusal(storage.buckets().getIamPolicy(bucket="acme-sealed"))[1]["errors"][0]["reason"] == "forbidden"
    roles, pages = every(iam.roles(), "roles", view="FULL")
    assert pages > 5 and all(role["includedPermissions"] for role in roles)
    scopes = service("compute", "v1").instances().aggregatedList(project=PROJECT).execute()["items"]
    assert all("warning" in scope or scope["instances"] for scope in scopes.values()) and "zones/europe-west1-b" in scopes


def check_refusals():
    storage, inventory = service("storage", "v1"), service("cloudasset", "v1")
    buckets, assets = storage.buckets().list(project=PROJECT), inventory.assets().list(parent=f"projects/{PROJECT}", contentType="RESOURCE")
    faults({"match": "^cloudasset\\.", "fault": "disabled"})
    status, error = refusal(assets)
    assert status == 403 and error["details"][0]["reason"] == "SERVICE_DISABLED" and "activationUrl" in error["details"][0]["metadata"]
    assert buckets.execute()["items"]
    faults({"match": "^storage\\.buckets\\.list .*project=evidence-prod", "fault": "throttled", "first": 1, "retry_after": 7})
    status, error = refusal(buckets)
    assert status == 429 and error["status"] == "RESOURCE_EXHAUSTED" and error["errors"], error
    assert buckets.execute()["items"]
    for fault, wanted in (("denied", 403), ("perimeter", 403), ("missing", 404), ("rate_limited", 403), ("unavailable", 503), ("internal", 500)):
        faults({"match": "storage.buckets.list", "fault": fault})
        assert refusal(buckets)[0] == wanted
    bearer = {"authorization": f"Bearer {token(PLATFORM)}"}
    for fault in ("html", "empty", "shape"):
        faults({"match": "storage.buckets.list", "fault": fault})
        assert http("GET", f"/storage/storage/v1/b?project={PROJECT}", headers=bearer)[0] == 200
    faults({"match": "storage.buckets.list", "fault": "throttled", "retry_after": None})
    assert "retry-after" not in http("GET", f"/storage/storage/v1/b?project={PROJECT}", headers=bearer)[1]
    faults({"match": "testIamPermissions", "fault": "without", "permissions": ["storage.buckets.list"]})
    body = {"permissions": ["storage.buckets.list"]}
    assert service("cloudresourcemanager", "v3").projects().testIamPermissions(resource=f"projects/{PROJECT}", body=body).execute() == {}
    faults({"match": "storage.buckets.list", "fault": "partial"})
    assert buckets.execute()["unreachable"]
    faults()
    for path, headers, wanted in (
        (f"/storage/v1/b?project={PROJECT}", bearer, 404), (f"/cloudasset/v2/projects/{PROJECT}/assets", bearer, 404),
        (f"/storage/storage/v1/b?project={PROJECT}&size=2", bearer, 400), ("/storage/storage/v1/b", bearer, 400),
        (f"/storage/storage/v1/b?project={PROJECT}", {}, 401), (f"/storage/storage/v1/b?project={PROJECT}", {"authorization": "Bearer x"}, 401),
        (f"/cloudasset/v1/projects/{PROJECT}/assets", {"authorization": f"Bearer {token([PLATFORM[0] + '.read-only'])}"}, 403),
        ("/cloudresourcemanager/v3/projects/unknown", bearer, 403),
        (f"/iam/v1/projects/{PROJECT}/serviceAccounts/nobody@x.iam.gserviceaccount.com/keys", bearer, 404),
    ):
        status, answered, content = http("GET", path, headers=headers)
        assert status == wanted, (path, status, content)
        assert answered["content-type"].startswith("text/html") == path.startswith(("/storage/v1", "/cloudasset/v2")), path
    page = buckets.execute()["nextPageToken"]
    assert refusal(storage.buckets().list(project="evidence-legacy", pageToken=page))[0] == 400


def token(scopes):
    credentials = key("collector", scopes)
    credentials.refresh(google.auth.transport.requests.Request())
    return credentials.token


def main():
    http("GET", "/calls")
    for check in (check_tokens, check_manager, check_both_ways, check_refusals):
        check()
    calls = json.loads(http("GET", "/calls")[2])
    assert calls["storage.buckets.list"] > 10 and calls["unknown GET /storage/v1/b"] == 1 and calls["token"] > 5, calls
    assert json.loads(http("GET", "/calls")[2]) == {}
    for path in ("/verdicts", "/verdicts/direct"):
        assert "//storage.googleapis.com/acme-public-site" in json.loads(http("GET", path)[2])["gcp.storage.not-public"]
    print(f"{sum(calls.values())} calls of {len(calls)} methods")


if __name__ == "__main__":
    main()
