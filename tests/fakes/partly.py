"""Runs an estate's script against a server that lacks some of its calls, and says which.

    partly.py ESTATE ENDPOINT_URL REFUSED

A call that the server refuses or answers with an error is noted in the file REFUSED (`ec2:CreateFlowLogs InvalidAction`, a
line each), and the script goes on as if it had been answered with nothing.
"""

import runpy
import sys
from pathlib import Path

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

make = BaseClient._make_api_call
refused = []


def tolerant(self, operation, arguments):
    try:
        return make(self, operation, arguments)
    except (ClientError, ResponseParserError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else "not readable"
        refused.append(f"{self.meta.service_model.service_name}:{operation} {code}")
        return {}


if __name__ == "__main__":
    script, endpoint, log = sys.argv[1:]
    BaseClient._make_api_call = tolerant
    sys.argv = [script, endpoint]
    try:
        runpy.run_path(str(Path(__file__).parent / script), run_name="__main__")
    finally:
        Path(log).write_text("".join(f"{line}\n" for line in refused), encoding="utf-8")
