#!/usr/bin/env python3
"""What reading a large Azure subscription costs: calls, CPU seconds and peak memory.

    azure.py BINARY

The subscription has 1,000 storage accounts, 500 network security groups and 200 SQL servers with a database each, in the fake of
Azure (`tests/fakes/azure_cloud.py`) with pages of Azure's own sizes (1,000 rows of Resource Graph). Beside the figures of the
bundle stands what one call a thing would come to: each list by its own API, and each setting of each thing by a call, as a
collector without Resource Graph asks. The binary should be a release build.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

FAKES = Path(__file__).resolve().parent.parent / "fakes"
PORT = 15_410
SUBSCRIPTION = "aaaaaaaa-0000-4000-8000-000000000001"
ACCOUNTS, GROUPS, SERVERS = 1_000, 500, 200
# What ARM and Resource Graph need for each thing besides its list: see docs/resources-azure.md.
ACCOUNT_CALLS, SERVER_CALLS, DATABASE_CALLS = 2, 5, 2


def account(number):
    return {
        "row": {"type": "Microsoft.Storage/storageAccounts", "name": f"account{number:05}", "location": "westeurope", "kind": "StorageV2",
                "sku": {"name": "Standard_LRS"}, "properties": {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}},
        "calls": {"blobServices/default": {"id": "/setting", "properties": {"deleteRetentionPolicy": {"enabled": True, "days": 7}}},
                  "managementPolicies/default": {"status": 404, "error": "ManagementPolicyNotFound"}},
    }


def group(number):
    rule = {"name": "in", "properties": {"access": "Deny", "direction": "Inbound", "priority": 100, "protocol": "*", "sourceAddressPrefix": "*",
                                         "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "*"}}
    return {"row": {"type": "Microsoft.Network/networkSecurityGroups", "name": f"group{number:05}", "location": "westeurope",
                    "properties": {"securityRules": [rule], "defaultSecurityRules": []}}}


def server(number):
    name = f"server{number:05}"
    return [
        {"row": {"type": "Microsoft.Sql/servers", "name": name, "location": "westeurope", "kind": "v12.0",
                 "properties": {"minimalTlsVersion": "1.2", "publicNetworkAccess": "Disabled", "version": "12.0", "state": "Ready"}},
         "calls": {"firewallRules": [], "auditingSettings/default": {"id": "/setting", "properties": {"state": "Disabled"}},
                   "securityAlertPolicies/Default": {"id": "/setting", "properties": {"state": "Disabled"}},
                   "encryptionProtector/current": {"id": "/setting", "properties": {"serverKeyType": "ServiceManaged"}},
                   "databases/master/providers/Microsoft.Insights/diagnosticSettings": []}},
        {"row": {"type": "Microsoft.Sql/servers/databases", "name": "data", "location": "westeurope", "kind": "v12.0,user",
                 "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Sql/servers/{name}/databases/data",
                 "sku": {"name": "GP_S_Gen5"}, "properties": {"status": "Online"}},
         "calls": {"transparentDataEncryption/current": {"id": "/setting", "properties": {"state": "Enabled"}},
                   "backupShortTermRetentionPolicies/default": {"id": "/setting", "properties": {"retentionDays": 7}}}},
    ]


def main(binary):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        estate = folder / "estate"
        estate.mkdir()
        things = [account(n) for n in range(ACCOUNTS)] + [group(n) for n in range(GROUPS)]
        things += [thing for n in range(SERVERS) for thing in server(n)]
        (estate / "large.json").write_text(json.dumps(things), encoding="utf-8")
        url = f"http://127.0.0.1:{PORT}"
        fake = subprocess.Popen([sys.executable, FAKES / "azure_cloud.py", estate, str(PORT)], env={**os.environ, "AZURE_PAGE": "1000"})
        try:
            for _ in range(100):
                try:
                    urlopen(f"{url}/calls")
                    break
                except OSError:
                    time.sleep(0.1)
            azure = f'{{subscriptions: ["{SUBSCRIPTION}"], resource_manager: "{url}", graph: "{url}"}}'
            text = f'jobs:\n  - {{name: azure, schedule: "0 0 1 1 *", azure: {azure}}}\n'
            (folder / "evidenced.yaml").write_text(text, encoding="utf-8")
            more = {"IDENTITY_ENDPOINT": f"{url}/identity/token", "IDENTITY_HEADER": "collector", "HOME": name, "PATH": os.environ["PATH"]}
            done = subprocess.run([binary, "collect", "--json", "--config", "evidenced.yaml"], cwd=folder, env=more, capture_output=True, text=True, check=False)
            assert done.returncode in (0, 3), done.stderr
            cost = json.loads(done.stdout)["runs"][0]["cost"]
        finally:
            fake.terminate()
    one_by_one = ACCOUNTS * (1 + ACCOUNT_CALLS) + GROUPS + SERVERS * (1 + SERVER_CALLS) + SERVERS * (1 + DATABASE_CALLS)
    print(f"{ACCOUNTS} storage accounts, {GROUPS} network security groups, {SERVERS} SQL servers with a database each")
    print(f"calls: {cost['calls']}; a get and a call a setting for each thing: {one_by_one}")
    print(f"CPU: {cost['cpu_seconds']} s, peak memory {cost['peak_memory_bytes'] / 2**20:.0f} MiB, {cost['seconds']} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
