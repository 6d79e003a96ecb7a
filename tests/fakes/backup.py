"""AWS Backup, as far as it is read: lists of an estate, two items a page.

    backup.py PORT

`PUT /estate` takes the estate, `{region: {list: items}}`, in the members of the API; `tags` is `{ARN: {key: value}}`,
`refused` names operations that answer 403. Everything else is asked as AWS is, and the region is that of the signature.
Source of paths and members: the service model in botocore.
"""

import json
import re
import sys
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

ESTATE = {}
PAGE = 2
# Operation, path, member of the answer, name of the token in the request.
OPERATIONS = (
    ("ListBackupVaults", r"/backup-vaults/", "BackupVaultList", "nextToken"),
    ("ListRecoveryPointsByBackupVault", r"/backup-vaults/([^/]+)/recovery-points/", "RecoveryPoints", "nextToken"),
    ("ListBackupPlans", r"/backup/plans/", "BackupPlansList", "nextToken"),
    ("ListBackupSelections", r"/backup/plans/([^/]+)/selections/", "BackupSelectionsList", "nextToken"),
    ("ListProtectedResources", r"/resources/", "Results", "nextToken"),
    ("ListRestoreJobs", r"/restore-jobs/", "RestoreJobs", "nextToken"),
    ("ListRestoreTestingPlans", r"/restore-testing/plans", "RestoreTestingPlans", "NextToken"),
)
# What narrows a list to one parent.
PARENTS = {"ListRecoveryPointsByBackupVault": "BackupVaultName", "ListBackupSelections": "BackupPlanId"}


def wanted(operation, item, parent, query):
    if operation in PARENTS and item[PARENTS[operation]] != parent:
        return False
    if operation == "ListRestoreJobs":
        after = datetime.fromisoformat(query["completeAfter"]).timestamp() if "completeAfter" in query else 0
        return query.get("status", item["Status"]) == item["Status"] and item["CompletionDate"] > after
    return True


class Backup(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body, error=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if error:
            self.send_header("x-amzn-ErrorType", error)
        self.end_headers()
        self.wfile.write(text)

    def do_PUT(self):
        ESTATE.clear()
        ESTATE.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(200, {})

    def do_GET(self):
        signed = re.search(r"Credential=[^/]+/\d{8}/([^/]+)/backup/aws4_request", self.headers.get("Authorization", ""))
        if not signed:
            return self.answer(403, {"message": "not signed"}, "MissingAuthenticationTokenException")
        region = ESTATE.get(signed[1], {})
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        tagged = re.fullmatch(r"/tags/([^/]+)/", url.path)
        if tagged:
            return self.answer(200, {"Tags": region.get("tags", {}).get(unquote(tagged[1]), {})})
        for operation, path, member, token in OPERATIONS:
            found = re.fullmatch(path, url.path)
            if not found:
                continue
            if operation in region.get("refused", []):
                return self.answer(403, {"Message": "not authorized"}, "AccessDeniedException")
            parent = unquote(found[1]) if found.groups() else None
            items = [item for item in region.get(member, []) if wanted(operation, item, parent, query)]
            start = int(query.get(token, "0"))
            page = {member: items[start : start + PAGE]}
            if start + PAGE < len(items):
                page["NextToken"] = str(start + PAGE)
            return self.answer(200, page)
        return self.answer(404, {"message": "no such operation"}, "UnknownOperationException")


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[-1])), Backup).serve_forever()
