"""Makes containers on Azurite, or copies what lies in one into a folder.

    azure_client.py create AZURITE_PORT CA CONTAINER...
    azure_client.py copy   AZURITE_PORT CA CONTAINER PREFIX FOLDER
"""

import http.client
import pathlib
import ssl
import sys
import urllib.parse
import xml.etree.ElementTree

from azure import ACCOUNT, token_of


def call(port, ca, method, path):
    azurite = http.client.HTTPSConnection("127.0.0.1", int(port), context=ssl.create_default_context(cafile=ca), timeout=90)
    headers = {"authorization": f"Bearer {token_of('owner')}", "x-ms-version": "2025-11-05", "content-length": "0"}
    azurite.request(method, f"/{ACCOUNT}/{path}", headers=headers)
    answer = azurite.getresponse()
    body = answer.read()
    assert answer.status < 300, (method, path, answer.status, body)
    return body


def create(port, ca, *containers):
    for container in containers:
        call(port, ca, "PUT", f"{container}?restype=container")


def copy(port, ca, container, prefix, folder):
    marker = ""
    while True:
        query = urllib.parse.urlencode({"restype": "container", "comp": "list", "prefix": prefix, "marker": marker})
        page = xml.etree.ElementTree.fromstring(call(port, ca, "GET", f"{container}?{query}").decode("utf-8-sig"))
        for name in page.iter("Name"):
            path = pathlib.Path(folder) / name.text.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(call(port, ca, "GET", f"{container}/{urllib.parse.quote(name.text)}"))
        marker = page.findtext("NextMarker") or ""
        if not marker:
            return


if __name__ == "__main__":
    {"create": create, "copy": copy}[sys.argv[1]](*sys.argv[2:])
