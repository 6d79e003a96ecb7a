"""Buckets and objects of the fake Cloud Storage: preconditions, checksums and retention, and their documents."""

import base64
import datetime
import hashlib
import threading


class Refusal(Exception):
    """An error in the JSON API's form: https://cloud.google.com/storage/docs/json_api/v1/status-codes"""

    def __init__(self, status, reason, message, location_type=None, location=None):
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message
        self.location = {"locationType": location_type, "location": location} if location else {}

    def document(self):
        item = {"message": self.message, "domain": "global", "reason": self.reason, **self.location}
        return {"error": {"code": self.status, "message": self.message, "errors": [item]}}


def table():
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


TABLE = tuple(table())


def crc32c(data):
    """CRC-32C (Castagnoli), RFC 3720."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def written(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def select(document, fields):
    """A partial answer: `a,b(c,d)`. A field that the document's kind does not have is refused, as the service does."""
    if fields is None:
        return document
    known = {
        "storage#bucket": {"retentionPolicy", "name", "id"},
        "storage#object": {"retentionExpirationTime", "retention", "temporaryHold", "eventBasedHold", "name", "size"},
        "storage#objects": {"kind", "nextPageToken", "items"},
    }[document["kind"]]
    chosen = {}
    for name, inner in split(fields):
        if name not in known:
            raise Refusal(400, "invalidParameter", f"Invalid field selection {name}", "parameter", "fields")
        if name not in document:
            continue
        value = document[name]
        if inner:
            names = [name for name, _ in split(inner)]
            value = [{name: item[name] for name in names} for item in value]
        chosen[name] = value
    return chosen


def split(fields):
    while fields:
        end = min((at for at in (fields.find(","), fields.find("(")) if at >= 0), default=len(fields))
        name, rest, inner = fields[:end], fields[end:], None
        if rest.startswith("("):
            inner, _, rest = rest[1:].partition(")")
        yield name, inner
        fields = rest.removeprefix(",")


class Stored:
    """One generation of an object."""

    def __init__(self, bucket, name, data, generation):
        self.bucket, self.name, self.bytes, self.generation = bucket, name, data, generation
        self.crc32c = base64.b64encode(crc32c(data).to_bytes(4, "big")).decode()
        self.md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
        self.etag = base64.b64encode(f"{generation}/1".encode()).decode()
        self.made = now()

    def kept_until(self):
        period = self.bucket.period
        return self.made + datetime.timedelta(seconds=period) if period else None

    def resource(self):
        bucket, made = self.bucket.name, written(self.made)
        document = {
            "kind": "storage#object",
            "id": f"{bucket}/{self.name}/{self.generation}",
            "name": self.name,
            "bucket": bucket,
            "generation": str(self.generation),
            "metageneration": "1",
            "contentType": "application/octet-stream",
            "storageClass": "STANDARD",
            "size": str(len(self.bytes)),
            "md5Hash": self.md5,
            "crc32c": self.crc32c,
            "etag": self.etag,
            "timeCreated": made,
            "updated": made,
            "timeStorageClassUpdated": made,
            "timeFinalized": made,
        }
        if until := self.kept_until():
            document["retentionExpirationTime"] = written(until)
        return document


class Bucket:
    """A bucket, with a retention policy where it has a period in seconds."""

    def __init__(self, name, period, locked):
        self.name, self.period, self.locked = name, period, locked
        self.objects, self.lock, self.made = {}, threading.Lock(), now()
        self.last = int(self.made.timestamp() * 1_000_000)

    @classmethod
    def parse(cls, text):
        name, period, locked, *_ = [*text.split(":"), "", ""]
        return cls(name, int(period or 0), locked == "locked")

    def resource(self):
        made = written(self.made)
        document = {
            "kind": "storage#bucket",
            "id": self.name,
            "name": self.name,
            "projectNumber": "123456789012",
            "metageneration": "1",
            "location": "EUROPE-WEST3",
            "locationType": "region",
            "storageClass": "STANDARD",
            "etag": "CAE=",
            "timeCreated": made,
            "updated": made,
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"},
        }
        if self.period:
            policy = {"retentionPeriod": str(self.period), "effectiveTime": made}
            document["retentionPolicy"] = {**policy, **({"isLocked": True} if self.locked else {})}
        return document

    def get(self, name, generation=None):
        found = self.objects.get(name)
        if found is None or (generation and generation != str(found.generation)):
            raise Refusal(404, "notFound", f"No such object: {self.name}/{name}")
        return found

    def check(self, name, match):
        there = self.objects.get(name)
        if match is not None and int(match) != (there.generation if there else 0):
            what = "At least one of the pre-conditions you specified did not hold."
            raise Refusal(412, "conditionNotMet", what, "header", "If-Match")
        return there

    def keep(self, there):
        until = there.kept_until()
        if until and until > now():
            what = "is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until"
            raise Refusal(403, "retentionPolicyNotMet", f"Object '{self.name}/{there.name}' {what} {written(until)}")

    def put(self, name, data, asked, match):
        made = Stored(self, name, data, 0)
        if asked.get("crc32c", made.crc32c) != made.crc32c:
            what = f"Provided CRC32C \"{asked['crc32c']}\" doesn't match calculated CRC32C \"{made.crc32c}\"."
            raise Refusal(400, "invalid", what)
        with self.lock:
            if there := self.check(name, match):
                self.keep(there)
            self.last += 1
            made.generation = self.last
            made.etag = base64.b64encode(f"{self.last}/1".encode()).decode()
            self.objects[name] = made
        return made

    def remove(self, name):
        with self.lock:
            self.keep(self.get(name))
            del self.objects[name]

    def listed(self, prefix, page, token):
        with self.lock:
            names = sorted(self.objects, key=str.encode)
        after = base64.urlsafe_b64decode(token) if token else b""
        names = [name for name in names if name.startswith(prefix) and name.encode() > after]
        answer = {"kind": "storage#objects"}
        if names:
            answer["items"] = [self.objects[name].resource() for name in names[:page]]
        if len(names) > page:
            answer["nextPageToken"] = base64.urlsafe_b64encode(names[page - 1].encode()).decode()
        return answer
