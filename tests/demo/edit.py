"""Changes a recording where the emulator cannot show what AWS would say. Reads exchanges, one a line, and writes them so.

What is changed is listed in `EDITS`; digests and numbers are made anew. It stays an invented account.
"""

import base64
import csv
import hashlib
import io
import json
import re
import sys
from datetime import datetime, timedelta, timezone

AS_OF = datetime.fromisoformat(sys.argv[1].replace("Z", "+00:00"))
REFUSED_BUCKET = "harbour-hr-records"


def ago(days):
    return (AS_OF - timedelta(days=days)).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")


# user: created, password last used, MFA, key created, key last used (days ago; None: never)
PEOPLE = {
    "alice": (900, 1, None, None),
    "bob": (700, 2, None, None),
    "carol": (500, 9, None, None),
    "dave": (820, 210, None, None),
    "ci-deploy": (640, None, 610, 1),
    "backup-agent": (400, None, 380, 220),
}


def credential_report(body):
    content = re.search(r"<Content>(.*?)</Content>", body, re.S).group(1)
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(content).decode())))
    for row in rows:
        created, signed_in, key, used = PEOPLE[row["user"]]
        row["user_creation_time"] = ago(created)
        if row["password_enabled"] == "true":
            row["password_last_changed"] = ago(min(created, 60))
            row["password_next_rotation"] = "N/A"
            row["password_last_used"] = ago(signed_in)
        else:
            row["password_last_used"] = row["password_last_changed"] = row["password_next_rotation"] = "N/A"
        if key is not None:
            row["access_key_1_last_rotated"] = ago(key)
            row["access_key_1_last_used_date"] = ago(used)
            row["access_key_1_last_used_region"], row["access_key_1_last_used_service"] = "eu-central-1", "s3"
        else:
            row["access_key_1_last_used_region"] = row["access_key_1_last_used_service"] = "N/A"
        row["access_key_2_last_used_region"] = row["access_key_2_last_used_service"] = "N/A"
    root = dict.fromkeys(rows[0], "N/A")
    root.update(user="<root_account>", arn="arn:aws:iam::123456789012:root", user_creation_time=ago(1400),
                password_enabled="not_supported", password_last_used=ago(300), password_last_changed="not_supported",
                password_next_rotation="not_supported", mfa_active="true", access_key_1_active="false",
                access_key_2_active="false", cert_1_active="false", cert_2_active="false")
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows([root, *rows])
    return body.replace(content, base64.b64encode(out.getvalue().encode()).decode())


def report_time(body):
    stamp = (AS_OF - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return re.sub(r"<GeneratedTime>.*?</GeneratedTime>", f"<GeneratedTime>{stamp}</GeneratedTime>", body)


def details(body):
    for user, (created, *_) in PEOPLE.items():
        body = re.sub(rf"(<UserName>{user}</UserName>.*?<CreateDate>)[^<]*", rf"\g<1>{ago(created)[:19]}Z", body, count=1, flags=re.S)
    roles = {"EvidenceReader": (120, 1), "app-server": (600, 3), "monitoring-vendor": (410, 14), "payroll-vendor": (300, 30),
             "github-release": (200, 5), "github-any": (650, 400), "open-lab": (700, None)}
    for role, (created, used) in roles.items():
        last = f"<RoleLastUsed><LastUsedDate>{ago(used)[:19]}Z</LastUsedDate><Region>eu-central-1</Region></RoleLastUsed>" if used else "<RoleLastUsed/>"
        body = re.sub(rf"(<RoleName>{role}</RoleName>.*?<CreateDate>)[^<]*(.*?)<RoleLastUsed/>",
                      rf"\g<1>{ago(created)[:19]}Z\g<2>{last}", body, count=1, flags=re.S)
    head, policies = body.split("<Policies>", 1)
    for index, name in enumerate(("everything", "audit-logs-admin", "read-reports")):
        arn = f"<Arn>arn:aws:iam::123456789012:policy/{name}</Arn>"
        policies = policies.replace(arn, f"<PolicyName>{name}</PolicyName><PolicyId>ANPADEMO{index:013}</PolicyId>"
                                         f"<PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount>{arn}")
    return head + "<Policies>" + policies


def summary(body):
    return re.sub(r"(<key>AccountMFAEnabled</key><value>)0", r"\g<1>1", body)


def versioning(body):
    return body.replace("GetBucketVersioningResponse", "VersioningConfiguration")


def selectors(body):
    value = json.loads(body)
    if not value["EventSelectors"]:
        value["EventSelectors"] = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [],
                                    "ExcludeManagementEventSources": []}]
    del value["AdvancedEventSelectors"]
    return json.dumps(value)


def no_organisation(_):
    return ("<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>"
            "<Code>OrganizationNotFoundException</Code><Message>The request was rejected because no organization is "
            "associated with your account.</Message></Error><RequestId>demo</RequestId></ErrorResponse>")


def refused(_):
    return ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>User: "
            "arn:aws:sts::123456789012:assumed-role/EvidenceReader/evidenced is not authorized to perform this action "
            "with an explicit deny in a resource-based policy</Message><RequestId>demo</RequestId></Error>")


def empty(**lists):
    """What AWS answers where there is nothing; the emulator lacks the call."""
    return lambda _: json.dumps(lists)


LACKING = {
    ("accessanalyzer", "ListAnalyzers"): empty(analyzers=[]),
    ("backup", "ListProtectedResources"): empty(Results=[]),
    ("backup", "ListRestoreJobs"): empty(RestoreJobs=[]),
    ("backup", "ListRestoreTestingPlans"): empty(RestoreTestingPlans=[]),
    ("guardduty", "ListFindings"): empty(findingIds=[]),
    ("ssm", "DescribeInstanceInformation"): empty(InstanceInformationList=[]),
}
EDITS = {
    ("iam", "GetCredentialReport"): [credential_report, report_time],
    ("iam", "GetAccountAuthorizationDetails"): [details],
    ("iam", "GetAccountSummary"): [summary],
    ("s3", "GetBucketVersioning"): [versioning],
    ("cloudtrail", "GetEventSelectors"): [selectors],
}


def edited(exchange):
    call = (exchange["service"], exchange["operation"])
    response = exchange["response"] or {}
    exchange.update(response=response, attempt=1, error=None)
    if call == ("iam", "ListOrganizationsFeatures"):
        response.update(status=404, body=no_organisation(None), headers={"content-type": "text/xml"})
    elif call[1] in ("GetBucketPolicy", "GetBucketPolicyStatus") and REFUSED_BUCKET in exchange["request"]["url"]:
        response.update(status=403, body=refused(None), headers={"content-type": "application/xml"})
    elif call in LACKING:
        response.update(status=200, body=LACKING[call](None), headers={"content-type": "application/json"})
    for edit in EDITS.get(call, []):
        response["body"] = edit(response["body"])
    if response.get("body") is None:
        raise SystemExit(f"{call}: no answer to record: {exchange}")
    response["sha256"] = hashlib.sha256(response["body"].encode()).hexdigest()
    return exchange


def place(exchange):
    request = exchange["request"]
    return (exchange["region"], exchange["service"], exchange["operation"], request["url"], request.get("body"))


# Of a call that the emulator made the collector repeat the last attempt stands.
exchanges = []
for line in sys.stdin:
    exchange = json.loads(line)
    if exchange["attempt"] > 1:
        before = [index for index, kept in enumerate(exchanges) if place(kept) == place(exchange)]
        del exchanges[before[-1]]
    exchanges.append(exchange)
for number, exchange in enumerate(map(edited, exchanges), 1):
    exchange["seq"] = number
    sys.stdout.write(json.dumps(exchange, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")
