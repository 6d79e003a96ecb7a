"""moto, with what it lacks of AWS.

    aws.py [moto_server's arguments]
    aws.py proxy [moto_proxy's arguments]

EC2: the state of the blocks of public snapshots and images, for a region. Documentation:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetSnapshotBlockPublicAccessState.html

STS: a role that does not exist in an account of an organisation or one that has roles, or whose trust wants another external id, is refused; moto lets anybody assume anything.

Signatures: those of GET requests of REST services are over an empty body; moto takes the query or the head for one, and refuses every client.

Organizations: a member account that is no delegated administrator may ask for its organisation alone.

What moto does not know: a page with 404, as ministack has it. moto breaks down (500), which every client takes for a passing trouble and asks again.
"""

import json
import sys

from moto.iam.access_control import IAMRequestBase
from moto.core.responses import ActionResult, BaseResponse
from moto.ec2.responses import EC2Response
from moto.iam.models import iam_backends
from moto.organizations.exceptions import OrganizationsClientError
from moto.organizations.models import organizations_backends
from moto.organizations.responses import OrganizationsResponse
from moto.sts.exceptions import STSClientError
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.sts.responses import TokenResponse
from moto import proxy, server

UNKNOWN = "<!doctype html><title>404 Not Found</title>"
KNOWN_CALL, APPLICATION = BaseResponse.call_action, DomainDispatcherApplication.get_application


def call_action(self):
    try:
        return KNOWN_CALL(self)
    except NotImplementedError:
        return 404, {"content-type": "text/html"}, UNKNOWN


def unknown_service(_, start):
    start("404 Not Found", [("content-type", "text/html")])
    return [UNKNOWN.encode()]


def application(self, environ):
    try:
        return APPLICATION(self, environ)
    except AttributeError:  # there is no such service
        return unknown_service


BaseResponse.call_action = call_action
DomainDispatcherApplication.get_application = application

STATES = {}


def state_of(kind):
    def get(self):
        state = STATES.get((kind, self.current_account, self.region), "unblocked")
        return ActionResult({"State": state} if kind == "snapshot" else {"ImageBlockPublicAccessState": state})

    return get


def set_state(kind, name):
    def enable(self):
        state = self._get_param(name)
        STATES[(kind, self.current_account, self.region)] = state
        return ActionResult({"State": state} if kind == "snapshot" else {"ImageBlockPublicAccessState": state})

    return enable


EC2Response.get_snapshot_block_public_access_state = state_of("snapshot")
EC2Response.get_image_block_public_access_state = state_of("image")
EC2Response.enable_snapshot_block_public_access = set_state("snapshot", "State")
EC2Response.enable_image_block_public_access = set_state("image", "ImageBlockPublicAccessState")

AS_A_FORM = IAMRequestBase._create_aws_request


def create_aws_request(self):
    request = AS_A_FORM(self)
    if self._method == "GET":
        request.data = b""  # the path has the query
    return request


IAMRequestBase._create_aws_request = create_aws_request

ASSUME_ROLE = TokenResponse.assume_role


def members():
    """Every account of an organisation."""
    backends = [backend for of_account in list(organizations_backends.values()) for backend in of_account.values()]
    return {account.id for backend in backends for account in backend.accounts}


def assume_role(self):
    arn = self._get_param("RoleArn")
    _, partition, _, _, account, name = arn.split(":", 5)
    name = name.rsplit("/", 1)[-1]
    roles = iam_backends[account][partition].roles.values()
    if not roles and account not in members():
        return ASSUME_ROLE(self)
    role = next((r for r in roles if r.name == name), None)
    statements = json.loads(role.assume_role_policy_document)["Statement"] if role else []
    given = self._get_param("ExternalId")
    wanted = [s.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId") for s in statements]
    if not any(external_id in (None, given) for external_id in wanted):
        raise STSClientError("AccessDenied", f"User is not authorized to perform: sts:AssumeRole on resource: {arn}")
    return ASSUME_ROLE(self)


TokenResponse.assume_role = assume_role


def of_the_management_account(name):
    answer = getattr(OrganizationsResponse, name)

    def guarded(self):
        if self.organizations_backend.org is None and self.current_account in organizations_backends.master_accounts:
            raise OrganizationsClientError("AccessDeniedException", "You don't have permissions to access this resource.")
        return answer(self)

    setattr(OrganizationsResponse, name, guarded)


for operation in ("list_accounts", "list_roots", "list_parents", "list_policies_for_target", "describe_policy"):
    of_the_management_account(operation)

if __name__ == "__main__":
    if sys.argv[1:2] == ["proxy"]:
        proxy.main(sys.argv[2:])
    else:
        server.main(sys.argv[1:])
