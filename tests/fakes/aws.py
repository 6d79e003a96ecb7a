"""moto, with what it lacks of AWS.

    aws.py [moto_server's arguments]
    aws.py proxy [moto_proxy's arguments]

EC2: the state of the blocks of public snapshots and images, for a region. Documentation:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetSnapshotBlockPublicAccessState.html
"""

import sys

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response
from moto import proxy, server

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

if __name__ == "__main__":
    if sys.argv[1:2] == ["proxy"]:
        proxy.main(sys.argv[2:])
    else:
        server.main(sys.argv[1:])
