#!/usr/bin/env python3
"""What reading a large organisation of Google Cloud costs: calls, CPU seconds and peak memory.

    gcp.py BINARY

The organisation has 200 projects with 100 things each (40 buckets, 30 firewall rules, 30 service accounts), in the fake of Google Cloud
(`tests/fakes/gcp_cloud.py`) with pages of Cloud Asset Inventory's own size (1,000 assets). It is read twice: through the inventory,
and with the inventory off, by each API's own lists, as a run does there. Beside both stands what a `get` and an IAM policy for each
thing would come to, after a list for each type and project. The binary should be a release build.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

FAKES = Path(__file__).resolve().parent.parent / "fakes"
PORT = 15_411
PROJECTS, BUCKETS, FIREWALLS, ACCOUNTS = 200, 40, 30, 30
KINDS = 3
TOOLS = {"token", "metadata"}


def organization():
    return {"asset": "cloudresourcemanager.googleapis.com/Organization", "iam_policy": {"version": 1, "etag": "BwYl", "bindings": []},
            "data": {"name": "organizations/{organization}", "displayName": "acme.example", "directoryCustomerId": "{customer}", "state": "ACTIVE"}}


def project(number):
    name = f"acme-{number:05}"
    yield {"asset": "cloudresourcemanager.googleapis.com/Project", "iam_policy": {"version": 1, "etag": "BwYl", "bindings": []},
           "data": {"name": f"projects/{300_000_000_000 + number}", "projectId": name, "displayName": name, "parent": "organizations/{organization}",
                    "state": "ACTIVE", "createTime": "{ago:900}", "updateTime": "{ago:30}", "etag": "W/\"1\""}}
    for one in range(BUCKETS):
        bucket = f"{name}-bucket-{one:03}"
        yield {"asset": "storage.googleapis.com/Bucket", "project": name, "location": "europe-west1",
               "data": {"kind": "storage#bucket", "id": bucket, "name": bucket, "location": "EUROPE-WEST1", "locationType": "region",
                        "storageClass": "STANDARD", "timeCreated": "{ago:300}", "updated": "{ago:20}", "etag": "CAI=", "metageneration": "1",
                        "iamConfiguration": {"publicAccessPrevention": "enforced", "uniformBucketLevelAccess": {"enabled": True}}},
               "iam_policy": {"version": 1, "etag": "CAI=", "bindings": [{"role": "roles/storage.objectViewer", "members": ["group:sre@acme.example"]}]}}
    for one in range(FIREWALLS):
        yield {"asset": "compute.googleapis.com/Firewall", "project": name, "location": "global",
               "data": {"id": str(number * 1_000 + one), "name": f"rule-{one:03}", "direction": "INGRESS", "priority": 1000, "disabled": False,
                        "network": f"https://www.googleapis.com/compute/v1/projects/{name}/global/networks/default",
                        "sourceRanges": ["10.0.0.0/8"], "allowed": [{"IPProtocol": "tcp", "ports": ["443"]}], "creationTimestamp": "{ago:300}"}}
    for one in range(ACCOUNTS):
        email = f"account-{one:03}@{name}.iam.gserviceaccount.com"
        yield {"asset": "iam.googleapis.com/ServiceAccount", "project": name,
               "data": {"name": f"projects/{name}/serviceAccounts/{email}", "projectId": name, "uniqueId": str(10**20 + number * 1_000 + one),
                        "email": email, "displayName": f"Account {one}", "etag": "MDEy", "oauth2ClientId": str(10**20 + number * 1_000 + one)}}


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
    for name, count in sorted(calls.items(), key=lambda pair: -pair[1])[:8]:
        print(f"  {count:>6}  {name}")


def main(binary):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        estate = folder / "estate"
        estate.mkdir()
        things = [organization()] + [thing for number in range(PROJECTS) for thing in project(number)]
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
            things = PROJECTS * (BUCKETS + FIREWALLS + ACCOUNTS)
            print(f"{PROJECTS} projects, {things} things; a list a type and project, a get and a policy a thing: {PROJECTS * KINDS + 2 * things}")
            run(binary, folder, "through the inventory")
            ask("/faults", [{"match": "^cloudasset\\.", "fault": "disabled"}])
            run(binary, folder, "without the inventory")
        finally:
            fake.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
