"""Refusals in Google's forms, and the faults that a test may switch on.

Documentation: https://cloud.google.com/apis/design/errors, https://cloud.google.com/storage/docs/json_api/v1/status-codes,
https://cloud.google.com/compute/docs/api/troubleshooting
"""

import re
import threading
import time

STATUS = {
    "INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429, "INTERNAL": 500, "UNIMPLEMENTED": 501, "UNAVAILABLE": 503,
}
REASON = {400: "invalid", 401: "authError", 403: "forbidden", 404: "notFound", 429: "rateLimitExceeded", 500: "backendError", 503: "backendError"}
# The older JSON services tell of errors in `errors` too.
OLDER = {"storage", "compute", "bigquery", "dns", "sqladmin", "admin"}
INFO = "type.googleapis.com/google.rpc.ErrorInfo"
NOT_FOUND = """<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 404 (Not Found)!!1</title>
  <p><b>404.</b> <ins>That\u2019s an error.</ins>
  <p>The requested URL <code>{path}</code> was not found on this server.  <ins>That\u2019s all we know.</ins>
"""


class Refused(Exception):
    """An error of an API: `status` is Google's word; `reason` that of the older form."""

    def __init__(self, status, message, details=(), reason=None, headers=None, domain="global"):
        super().__init__(message)
        self.status, self.details, self.headers, self.domain = status, list(details), headers or {}, domain
        self.code = STATUS[status]
        self.reason = reason or REASON.get(self.code, "backendError")

    def document(self, label):
        error = {"code": self.code, "message": str(self)}
        if label in OLDER:
            error["errors"] = [{"message": str(self), "domain": self.domain, "reason": self.reason}]
        if label not in ("storage", "compute") or self.details:
            error["status"] = self.status
        if self.details:
            error["details"] = self.details
        return {"error": error}


class NoMethod(Exception):
    """No API has this path."""


def info(reason, domain, **metadata):
    return {"@type": INFO, "reason": reason, "domain": domain, "metadata": metadata}


def denied(method, resource):
    permission = f"{method.document.name}.{'.'.join(method.id.split('.')[-2:])}"
    detail = info("IAM_PERMISSION_DENIED", method.document.host, permission=permission, resource=resource)
    return Refused("PERMISSION_DENIED", f"Permission '{permission}' denied on resource '//{method.document.host}/{resource}' (or it may not exist).",
                   [] if method.document.name in OLDER else [detail])


def disabled(method, number):
    """https://cloud.google.com/service-usage/docs/enable-disable, the error of an API that is off in the project that asks."""
    host, title = method.document.host, method.document.title
    url = f"https://console.developers.google.com/apis/api/{host}/overview?project={number}"
    message = (f"{title} has not been used in project {number} before or it is disabled. Enable it by visiting {url} then retry. "
               "If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.")
    words = {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": message}
    link = {"@type": "type.googleapis.com/google.rpc.Help", "links": [{"description": "Google developers console API activation", "url": url}]}
    detail = info("SERVICE_DISABLED", "googleapis.com", activationUrl=url, consumer=f"projects/{number}", containerInfo=number,
                  service=host, serviceTitle=title)
    return Refused("PERMISSION_DENIED", message, [detail, words, link], reason="accessNotConfigured", domain="usageLimits")


def exhausted(method, number, retry_after):
    host = method.document.host
    detail = info("RATE_LIMIT_EXCEEDED", "googleapis.com", service=host, consumer=f"projects/{number}", quota_limit="ReadRequestsPerMinutePerProject",
                  quota_limit_value="60", quota_location="global", quota_metric=f"{host}/read_requests", quota_unit="1/min/{project}")
    message = (f"Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service '{host}' "
               f"for consumer 'project_number:{number}'.")
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Refused("RESOURCE_EXHAUSTED", message, [detail], headers=headers, domain="usageLimits")


class Faults:
    """What goes wrong, by rules of the form that `gcp_cloud.py` tells."""

    BODIES = {"html": b"<!doctype html><title>Sign in</title>", "empty": b"", "shape": b'{"items": 7, "assets": {"a": 1}, "name": [], "bindings": "x"}'}
    NAMES = {"disabled", "denied", "perimeter", "missing", "throttled", "rate_limited", "unavailable", "internal", "cut", "hangup", "slow", "without", "partial", *BODIES}

    def __init__(self):
        self.rules, self.lock = [], threading.Lock()

    def set(self, rules):
        for rule in rules:
            if rule["fault"] not in self.NAMES or set(rule) - {"match", "fault", "first", "after", "seconds", "retry_after", "permissions"}:
                raise ValueError(rule)
            re.compile(rule["match"])
        with self.lock:
            self.rules = rules

    def of(self, call):
        """The first rule that takes this call."""
        with self.lock:
            for rule in self.rules:
                if not re.search(rule["match"], call, re.IGNORECASE) or rule.get("first", 1) <= 0:
                    continue
                if rule.get("after", 0) > 0:
                    rule["after"] -= 1
                    continue
                if "first" in rule:
                    rule["first"] -= 1
                return dict(rule)
        return None

    @staticmethod
    def refusal(rule, method, resource, number):
        """The error of a rule; none for one that spoils the answer's bytes instead."""
        fault = rule["fault"]
        if fault == "slow":
            time.sleep(rule.get("seconds", 2))
        if fault == "disabled":
            return disabled(method, number)
        if fault == "denied":
            return denied(method, resource)
        if fault == "perimeter":
            detail = info("SECURITY_POLICY_VIOLATED", method.document.host, consumer=f"projects/{number}", service=method.document.host, uid="x1")
            return Refused("PERMISSION_DENIED", "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x1", [detail])
        if fault == "missing":
            return Refused("NOT_FOUND", "Requested entity was not found.")
        if fault == "throttled":
            return exhausted(method, number, rule.get("retry_after", 0))
        if fault == "rate_limited":
            # How the older services say it (https://cloud.google.com/bigquery/docs/error-messages).
            return Refused("PERMISSION_DENIED", "Rate Limit Exceeded", reason="rateLimitExceeded", domain="usageLimits")
        if fault == "unavailable":
            return Refused("UNAVAILABLE", "The service is currently unavailable.")
        if fault == "internal":
            return Refused("INTERNAL", "Internal error encountered.")
        return None
