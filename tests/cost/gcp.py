#!/usr/bin/env python3
"""What reading a large organisation of Google Cloud costs: calls, CPU seconds and peak memory.

    gcp.py BINARY

The organisation has 200 projects with 100 things each, of every type that families read (`EACH`), in the fake of Google Cloud
(`tests/fakes/gcp_cloud.py`) with pages of Cloud Asset Inventory's own size (1,000 assets). The things are those of
`tests/fakes/gcp_estate`, again and again under other names. The organisation is read twice: through the inventory, and with the
inventory off, by each API's own lists, as a run does there. Beside both stands what a list for each type and project, and a `get` and
an IAM policy for each thing would come to. Calls are the same in a debug build; CPU and memory are those of a release build.
"""

import copy
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

FAKES = Path(__file__).resolve().parent.parent / "fakes"
PORT = 15_411
PROJECTS = 200
# How many there are of a type in a project, 100 together.
EACH = {
    "storage.googleapis.com/Bucket": 10, "compute.googleapis.com/Firewall": 8, "iam.googleapis.com/ServiceAccount": 10,
    "iam.googleapis.com/ServiceAccountKey": 5, "compute.googleapis.com/Instance": 10, "compute.googleapis.com/Network": 2,
    "compute.googleapis.com/Subnetwork": 4, "compute.googleapis.com/Disk": 3, "compute.googleapis.com/ResourcePolicy": 1,
    "compute.googleapis.com/InstanceGroupManager": 2, "compute.googleapis.com/BackendService": 2,
    "compute.googleapis.com/TargetHttpsProxy": 1, "compute.googleapis.com/GlobalForwardingRule": 1, "compute.googleapis.com/SslPolicy": 1,
    "sqladmin.googleapis.com/Instance": 2, "bigquery.googleapis.com/Dataset": 4, "cloudkms.googleapis.com/KeyRing": 1,
    "cloudkms.googleapis.com/CryptoKey": 4, "secretmanager.googleapis.com/Secret": 4, "secretmanager.googleapis.com/SecretVersion": 4,
    "apikeys.googleapis.com/Key": 1, "artifactregistry.googleapis.com/Repository": 2, "dns.googleapis.com/ManagedZone": 1,
    "dns.googleapis.com/Policy": 1, "container.googleapis.com/Cluster": 1, "run.googleapis.com/Service": 4, "pubsub.googleapis.com/Topic": 3,
    "logging.googleapis.com/LogBucket": 1, "logging.googleapis.com/LogSink": 1, "logging.googleapis.com/LogMetric": 1,
    "monitoring.googleapis.com/AlertPolicy": 1, "monitoring.googleapis.com/NotificationChannel": 1, "iam.googleapis.com/Role": 1,
    "iam.googleapis.com/WorkloadIdentityPool": 1, "iam.googleapis.com/WorkloadIdentityPoolProvider": 1,
}
# Those that lie in another one of the same project, by how the others are called in its name.
INSIDE = {"keyRings": "cloudkms.googleapis.com/KeyRing", "serviceAccounts": "iam.googleapis.com/ServiceAccount",
          "secrets": "secretmanager.googleapis.com/Secret", "workloadIdentityPools": "iam.googleapis.com/WorkloadIdentityPool"}
WITH_POLICY = ("Bucket", "ServiceAccount", "Dataset", "KeyRing", "CryptoKey", "Secret", "Repository", "Service", "Topic", "Instance", "Subnetwork")
TEMPLATE, NUMBER = "evidence-prod", "100000000001"
TOOLS = {"token", "metadata"}


def organization():
    return {"asset": "cloudresourcemanager.googleapis.com/Organization", "iam_policy": {"version": 1, "etag": "BwYl", "bindings": []},
            "data": {"name": "organizations/{organization}", "displayName": "acme.example", "directoryCustomerId": "{customer}", "state": "ACTIVE", "createTime": "{ago:2000}"}}


def templates():
    """The first thing of each type in the estate's project."""
    things = [thing for file in sorted((FAKES / "gcp_estate").glob("*.json")) for thing in json.loads(file.read_text(encoding="utf-8"))]
    first = {}
    for thing in things:
        if thing.get("project") == TEMPLATE and thing["asset"] in EACH and thing.get("inventory", {}) is not None:
            plain = {name: thing[name] for name in ("asset", "project", "location", "data", "iam_policy") if name in thing}
            first.setdefault(thing["asset"], plain)
    missing = set(EACH) - set(first)
    assert not missing, f"the estate has no {missing}"
    return first


def short(thing):
    """What a thing is called within its project."""
    data = thing["data"]
    return data.get("datasetReference", {}).get("datasetId") or data.get("email", "").split("@")[0] or data["name"].rsplit("/", 1)[-1]


def named(thing, called, names):
    """The same thing under another name, below things of other names."""
    text = json.dumps(thing)
    for old, new in {**names, short(thing): called}.items():
        text = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, text)
    return json.loads(text)


def project(number, first):
    name, unique = f"acme-{number:05}", 300_000_000_000 + number
    yield {"asset": "cloudresourcemanager.googleapis.com/Project", "iam_policy": {"version": 1, "etag": "BwYl", "bindings": []},
           "data": {"name": f"projects/{unique}", "projectId": name, "displayName": name, "parent": "organizations/{organization}",
                    "state": "ACTIVE", "createTime": "{ago:900}", "updateTime": "{ago:30}", "etag": "W/\"1\""}}
    yield {"asset": "compute.googleapis.com/Project", "project": name, "data": {"id": str(unique), "name": name, "creationTimestamp": "{ago:900}"}}
    count = 0
    for asset, times in EACH.items():
        for one in range(times):
            count += 1
            thing = copy.deepcopy(first[asset])
            # What lies in another thing lies in the first of these.
            above = {short(first[other]): f"thing-0-{number:05}" for kind, other in INSIDE.items() if f"/{kind}/" in thing["data"].get("name", "") and other != asset}
            called = f"thing-{one}-{number:05}".replace("-", "_") if asset.endswith("/Dataset") else f"thing-{one}-{number:05}"
            if asset == "secretmanager.googleapis.com/SecretVersion":
                called = str(one + 1)
            thing = named(thing, called, above)
            thing = json.loads(json.dumps(thing).replace(TEMPLATE, name).replace(NUMBER, str(unique)))
            for member in ("id", "uniqueId", "oauth2ClientId"):
                if str(thing["data"].get(member, "")).isdigit():
                    thing["data"][member] = str(10**18 + number * 1_000 + count)
            yield thing


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"http://127.0.0.1:{PORT}{path}", data)) as answer:
        return json.loads(answer.read() or b"null")


def run(binary, folder, what):
    """One run of the whole organisation; what it cost."""
    job = f'{{organization: "100000000000", endpoints: {{default: "http://127.0.0.1:{PORT}"}}}}'
    (folder / "evidenced.yaml").write_text(f'jobs:\n  - {{name: gcp, schedule: "0 0 1 1 *", gcp: {job}}}\n', encoding="utf-8")
    more = {"GCE_METADATA_HOST": f"127.0.0.1:{PORT}", "HOME": str(folder), "PATH": os.environ["PATH"]}
    ask("/calls")
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([binary, "collect", "--json", "--config", "evidenced.yaml"], cwd=folder, env=more, capture_output=True, text=True, check=False)
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    assert done.returncode in (0, 3), f"exit {done.returncode}: {done.stderr or done.stdout[-2000:]}"
    runs = json.loads(done.stdout)["runs"]
    assert len(runs) == PROJECTS + 1, len(runs)
    calls = {name: count for name, count in ask("/calls").items() if name not in TOOLS}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what}: {sum(calls.values())} calls, {sum(calls.values()) / PROJECTS:.1f} a project; CPU {cpu:.1f} s, {seconds:.1f} s, "
          f"peak memory {max(one['cost']['peak_memory_bytes'] for one in runs) / 2**20:.0f} MiB")
    for name, count in sorted(calls.items(), key=lambda pair: -pair[1])[:12]:
        print(f"  {count:>6}  {name}")


def main(binary):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        estate = folder / "estate"
        estate.mkdir()
        first = templates()
        things = [organization()] + [thing for number in range(PROJECTS) for thing in project(number, first)]
        (estate / "large.json").write_text(json.dumps(things), encoding="utf-8")
        python = subprocess.run([FAKES / "install.sh"], capture_output=True, text=True, check=True).stdout.strip() + "/bin/python"
        fake = subprocess.Popen([python, FAKES / "gcp_cloud.py", estate, str(PORT)], env={**os.environ, "GCP_PAGE": "1000"})
        try:
            for _ in range(600):
                try:
                    ask("/calls")
                    break
                except OSError:
                    time.sleep(0.1)
            each, policies = sum(EACH.values()), sum(times for asset, times in EACH.items() if asset.rsplit("/", 1)[1] in WITH_POLICY)
            print(f"{PROJECTS} projects, {PROJECTS * each} things of {len(EACH)} types; a list a type and project, a get a thing, a policy where there may be one: "
                  f"{PROJECTS * (len(EACH) + each + policies)}")
            run(binary, folder, "through the inventory")
            ask("/faults", [{"match": "^cloudasset\\.", "fault": "disabled"}])
            run(binary, folder, "without the inventory")
        finally:
            fake.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
