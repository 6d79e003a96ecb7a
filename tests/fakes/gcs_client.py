"""Talks to the fake Cloud Storage (`gcs.py`) as the JSON API is documented, and holds its answers against Google's own schemas.

    gcs_client.py copy  URL BUCKET PREFIX FOLDER    copies what lies below a prefix into a folder
    gcs_client.py check URL PLAIN LOCKED            what the fake must do for evidence to mean anything; ends badly where it does not
"""

import datetime
import json
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

DOCUMENTS = "googleapiclient/discovery_cache/documents"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def ask(request):
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Client:
    def __init__(self, url, identity):
        form = {"grant_type": EXCHANGE, "scope": SCOPE, "subject_token": identity, "audience": "pool"}
        status, answer = ask(urllib.request.Request(f"{url}/v1/token", urllib.parse.urlencode(form).encode()))
        assert status == 200, answer
        self.url, self.token = url, json.loads(answer)["access_token"]

    def call(self, method, path, query=None, body=None, headers=None):
        url = f"{self.url}/{path}" + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return ask(urllib.request.Request(url, body, headers, method=method))

    def put(self, bucket, name, data, **query):
        metadata = b'--b\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{}\r\n'
        body = metadata + b"--b\r\nContent-Type: application/octet-stream\r\n\r\n" + data + b"\r\n--b--\r\n"
        query = {"uploadType": "multipart", "name": name, **query}
        return self.call("POST", f"upload/storage/v1/b/{bucket}/o", query, body, {"Content-Type": "multipart/related; boundary=b"})

    def names(self, bucket, prefix, **query):
        token = {}
        while True:
            page = json.loads(self.call("GET", f"storage/v1/b/{bucket}/o", {"prefix": prefix, **query, **token})[1])
            yield from (item["name"] for item in page.get("items", []))
            if "nextPageToken" not in page:
                return
            token = {"pageToken": page["nextPageToken"]}


def copy(url, bucket, prefix, folder):
    client = Client(url, "reader")
    for name in client.names(bucket, prefix):
        path = pathlib.Path(folder) / name.removeprefix(prefix).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(client.call("GET", place(bucket, name), {"alt": "media"})[1])


def place(bucket, name):
    return f"storage/v1/b/{bucket}/o/{urllib.parse.quote(name, safe='')}"


class Schemas:
    """The discovery document of Cloud Storage: only its fields, and of its types."""

    def __init__(self):
        folder = next(path for path in map(pathlib.Path, sys.path) if (path / DOCUMENTS).is_dir())
        self.schemas = json.loads((folder / DOCUMENTS / "storage.v1.json").read_text())["schemas"]

    def check(self, name, document):
        self.value({"$ref": name}, document, name)

    def value(self, schema, value, at):
        if "$ref" in schema:
            return self.value(self.schemas[schema["$ref"]], value, at)
        kind, form = schema["type"], schema.get("format")
        types = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
        assert type(value) is types[kind], f"{at}: {value!r} is no {kind}"
        if kind == "object":
            for key, inner in value.items():
                known = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
                assert known, f"{at}.{key} is no field"
                self.value(known, inner, f"{at}.{key}")
        if kind == "array":
            for index, inner in enumerate(value):
                self.value(schema["items"], inner, f"{at}[{index}]")
        if form in ("int64", "uint64"):
            int(value)
        if form == "date-time":
            datetime.datetime.fromisoformat(value)


def refused(answer, status, reason):
    found, body = answer
    error = json.loads(body)["error"]
    assert (found, error["code"], error["errors"][0]["reason"]) == (status, status, reason), answer


def check(url, plain, locked):
    schemas, keeper, collector = Schemas(), Client(url, "keeper"), Client(url, "collector")
    for bucket in (plain, locked):
        status, answer = keeper.call("GET", f"storage/v1/b/{bucket}")
        assert status == 200
        schemas.check("Bucket", json.loads(answer))
        for name in ("check/a", "check/b/c", "check/b.d"):
            status, answer = keeper.put(bucket, name, name.encode(), ifGenerationMatch=0)
            assert status == 200, answer
            schemas.check("Object", json.loads(answer))
            refused(keeper.put(bucket, name, b"other", ifGenerationMatch=0), 412, "conditionNotMet")
            assert keeper.call("GET", place(bucket, name), {"alt": "media"}) == (200, name.encode())
            schemas.check("Object", json.loads(keeper.call("GET", place(bucket, name))[1]))
            refused(collector.call("DELETE", place(bucket, name)), 403, "forbidden")
        schemas.check("Objects", json.loads(keeper.call("GET", f"storage/v1/b/{bucket}/o")[1]))
        assert list(keeper.names(bucket, "check/", maxResults=1)) == ["check/a", "check/b.d", "check/b/c"]
        refused(keeper.call("GET", f"storage/v1/b/{bucket}/o", {"fields": "keys"}), 400, "invalidParameter")
        refused(keeper.call("GET", place(bucket, "check/none")), 404, "notFound")
    # What is retained stays as it is, whoever asks; what is not does not.
    refused(keeper.put(locked, "check/a", b"other"), 403, "retentionPolicyNotMet")
    refused(keeper.call("DELETE", place(locked, "check/a")), 403, "retentionPolicyNotMet")
    assert keeper.call("GET", place(locked, "check/a"), {"alt": "media"}) == (200, b"check/a")
    assert keeper.put(plain, "check/a", b"other")[0] == 200
    assert keeper.call("DELETE", place(plain, "check/a"))[0] == 204
    refused(keeper.call("GET", place(plain, "check/a")), 404, "notFound")
    refused(keeper.call("GET", "storage/v1/b/no-such-bucket/o"), 404, "notFound")
    refused(Client(url, "stranger").call("GET", f"storage/v1/b/{plain}/o"), 403, "forbidden")
    keeper.token = "ya29.wrong"
    refused(keeper.call("GET", f"storage/v1/b/{plain}"), 401, "authError")


if __name__ == "__main__":
    {"copy": copy, "check": check}[sys.argv[1]](*sys.argv[2:])
