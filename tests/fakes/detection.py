"""The detection services as AWS answers them, over a state that `POST /state` sets: {region: {...}}.

    detection.py PORT

Lists page, filters are honoured, absences have the provider's codes; a call that is not here answers 404 with HTML. Shapes:
botocore's models of accessanalyzer, config, guardduty, inspector2, securityhub and ssm. What `evidenced` does not ask is here for
`tests/prowler/`.
"""

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "123456789012"
STATE = {}


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


def page(items, asked, at_most, token="nextToken"):
    """A page of at most so many, however many more the caller would take, and the token of the next."""
    first = int(asked or 0)
    rest = first + at_most
    return items[first:rest], ({token: str(rest)} if rest < len(items) else {})


def list_analyzers(state, asked):
    items, more = page(state["analyzers"], asked.get("nextToken"), 1)
    return {"analyzers": items, **more}


def list_access_findings(state, asked):
    wanted = {name: set(criterion["eq"]) for name, criterion in asked["filter"].items()}
    fits = lambda one: one["analyzer"] == asked["analyzerArn"] and all(one[name] in values for name, values in wanted.items())
    items, more = page([one for one in state["access"] if fits(one)], asked.get("nextToken"), 1)
    return {"findings": [{name: value for name, value in one.items() if name != "analyzer"} for one in items], **more}


def list_access_findings_v1(state, asked):
    found = [one for one in state["access"] if one["analyzer"] == asked["analyzerArn"]]
    return {"findings": [{name: value for name, value in one.items() if name != "analyzer"} | {"condition": {}} for one in found]}


def get_access_finding(state, asked):
    found = list_access_findings_v1(state, asked)["findings"]
    return {"finding": next(one for one in found if one["id"] == asked["id"])}


def older_form(features):
    """What GetDetector still tells in `dataSources` of the plans that are older than `features`."""
    on = {one["name"]: {"status": one["status"]} for one in features}
    return {
        "s3Logs": on["S3_DATA_EVENTS"], "kubernetes": {"auditLogs": on["EKS_AUDIT_LOGS"]},
        "malwareProtection": {"scanEc2InstanceWithFindings": {"ebsVolumes": on["EBS_MALWARE_PROTECTION"]}, "serviceRole": "r"},
        "cloudTrail": on["CLOUD_TRAIL"], "dnsLogs": on["DNS_LOGS"], "flowLogs": on["FLOW_LOGS"],
    }


def get_detector(state, asked):
    found = [one for one in state["detectors"] if one["id"] == asked["id"]]
    if not found:
        raise Refused(400, "BadRequestException", "The request is rejected because the input detectorId is not owned by the current account.")
    told = {"features": [], "tags": {}} | {name: value for name, value in found[0].items() if name != "id"}
    return told | ({"dataSources": older_form(told["features"])} if told["features"] else {})


def list_threats(state, asked):
    criterion = asked["findingCriteria"]["criterion"]
    archived = {"true": True, "false": False}
    fits = lambda one: (
        one["accountId"] in criterion.get("accountId", {}).get("equals", [one["accountId"]])
        and one["severity"] >= criterion["severity"].get("greaterThanOrEqual", 0)
        and one["severity"] in [float(value) for value in criterion["severity"].get("eq", [one["severity"]])]
        and one["service"]["archived"] in [archived[value] for values in criterion["service.archived"].values() for value in values]
    )
    items, more = page([one["id"] for one in state["threats"] if fits(one)], asked.get("nextToken"), 20)
    return {"findingIds": items, **({"nextToken": ""} | more)}


def get_threats(state, asked):
    if len(asked["findingIds"]) > 50:
        raise Refused(400, "BadRequestException", "The request is rejected because the parameter findingIds has too many items.")
    return {"findings": [one for one in state["threats"] if one["id"] in asked["findingIds"]]}


def describe_hub(state, _):
    if not state["hub"]:
        raise Refused(401, "InvalidAccessException", f"Account {ACCOUNT} is not subscribed to AWS Security Hub")
    return state["hub"]


def standards(state, asked):
    items, more = page(state["standards"], asked.get("NextToken"), 1, "NextToken")
    return {"StandardsSubscriptions": items, **more}


def account_status(state, asked):
    off = {"status": "DISABLED"}
    never = {"state": off, "resourceState": {name: off for name in ("ec2", "ecr", "lambda", "lambdaCode")}}
    return {"accounts": [{"accountId": one, **(state["scans"] or never)} for one in asked["accountIds"]], "failedAccounts": []}


def list_flaws(state, asked):
    if not state["scans"] or state["scans"]["state"]["status"] != "ENABLED":
        raise Refused(403, "AccessDeniedException", "Invoking account does not have access to list findings.")
    names = {"findingStatus": "status", "awsAccountId": "awsAccountId"}
    wanted = {names[name]: {one["value"] for one in filters} for name, filters in asked["filterCriteria"].items()}
    fits = lambda one: all(one["finding"][name] in values for name, values in wanted.items())
    items, more = page([one["finding"] for one in state["flaws"] if fits(one)], asked.get("nextToken"), 10)
    return {"findings": items, **more}


def flaw_details(state, asked):
    if len(asked["findingArns"]) > 10:
        raise Refused(400, "ValidationException", "Member must have length less than or equal to 10")
    known = {one["finding"]["findingArn"]: one["cisa"] for one in state["flaws"]}
    told = [{"findingArn": arn, "riskScore": 1, **({"cisaData": known[arn]} if known[arn] else {})} for arn in asked["findingArns"]]
    return {"findingDetails": told, "errors": []}


def nodes(state, asked):
    items, more = page(state["nodes"], asked.get("NextToken"), 50, "NextToken")
    return {"InstanceInformationList": items, **more}


def patches(state, asked):
    if len(asked["InstanceIds"]) > 50:
        raise Refused(400, "ValidationException", "Member must have length less than or equal to 50")
    found = [one for one in state["patches"] if one["InstanceId"] in asked["InstanceIds"]]
    items, more = page(found, asked.get("NextToken"), 30, "NextToken")
    return {"InstancePatchStates": items, **more}


def compliance(state, _):
    """Of patches, as Patch Manager reports: what misses one, or failed to take one, does not comply."""
    worst = {one["InstanceId"]: one["MissingCount"] + one["FailedCount"] for one in state["patches"]}
    words = {True: "NON_COMPLIANT", False: "COMPLIANT"}
    kind = {"ComplianceType": "Patch", "ResourceType": "ManagedInstance"}
    return {"ResourceComplianceSummaryItems": [kind | {"ResourceId": name, "Status": words[count > 0]} for name, count in worst.items()]}


CALLS = [
    ("access-analyzer", r"GET /analyzer", list_analyzers),
    ("access-analyzer", r"POST /findingv2", list_access_findings),
    ("access-analyzer", r"POST /finding", list_access_findings_v1),
    ("access-analyzer", r"GET /finding/(?P<id>[^/]+)", get_access_finding),
    ("config", r"StarlingDoveService.DescribeConfigurationRecorders", lambda state, _: {"ConfigurationRecorders": state["recorders"]}),
    ("config", r"StarlingDoveService.DescribeConfigurationRecorderStatus", lambda state, _: {"ConfigurationRecordersStatus": state["statuses"]}),
    ("guardduty", r"GET /detector", lambda state, _: {"detectorIds": [one["id"] for one in state["detectors"]]}),
    ("guardduty", r"GET /detector/(?P<id>[^/]+)", get_detector),
    ("guardduty", r"POST /detector/(?P<id>[^/]+)/findings", list_threats),
    ("guardduty", r"POST /detector/(?P<id>[^/]+)/findings/get", get_threats),
    ("guardduty", r"GET /detector/[^/]+/administrator", lambda state, _: {}),
    ("guardduty", r"GET /detector/[^/]+/member", lambda state, _: {"members": []}),
    ("guardduty", r"GET /admin", lambda state, _: {"adminAccounts": []}),
    ("securityhub", r"GET /accounts", describe_hub),
    ("securityhub", r"GET /productSubscriptions", lambda state, _: {"ProductSubscriptions": []}),
    ("securityhub", r"GET /organization/admin", lambda state, _: {"AdminAccounts": []}),
    ("securityhub", r"POST /standards/get", standards),
    ("inspector2", r"POST /status/batch/get", account_status),
    ("inspector2", r"POST /findings/list", list_flaws),
    ("inspector2", r"POST /findings/details/batch/get", flaw_details),
    ("ssm", r"AmazonSSM.DescribeInstanceInformation", nodes),
    ("ssm", r"AmazonSSM.DescribeInstancePatchStates", patches),
    ("ssm", r"AmazonSSM.ListResourceComplianceSummaries", compliance),
]
LISTS = ("analyzers", "access", "recorders", "statuses", "detectors", "threats", "standards", "flaws", "nodes", "patches")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        url = urlsplit(self.path)
        if url.path == "/state":
            STATE.clear()
            STATE.update(body)
            return self.send(200, {})
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", self.headers.get("authorization", ""))
        if not scope:
            return self.send(403, {"message": "Missing Authentication Token"}, "MissingAuthenticationTokenException")
        region, service = scope.groups()
        call = self.headers.get("x-amz-target") or f"{self.command} {url.path}"
        state = {name: [] for name in LISTS} | {"hub": None, "scans": None} | STATE.get(region, {})
        for of, pattern, answer in CALLS:
            found = of == service and re.fullmatch(pattern, call)
            if found:
                asked = {name: values[0] for name, values in parse_qs(url.query).items()} | body | found.groupdict()
                try:
                    return self.send(200, answer(state, asked))
                except Refused as error:
                    return self.send(error.status, {"message": str(error)}, error.code)
        return self.send(404, "<!doctype html><title>404 Not Found</title>")

    do_GET = do_POST = answer

    def send(self, status, body, code=None):
        kind = "text/html" if isinstance(body, str) else "application/json"
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(raw)))
        self.send_header("x-amzn-requestid", "fake")
        if code:
            self.send_header("x-amzn-errortype", code)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
