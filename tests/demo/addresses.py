"""Puts the addresses of a cloud's own places into a recording from the fake: addresses.py azure|gcp URL_OF_THE_FAKE. Reads exchanges,
one a line, and writes them so; digests are made anew."""

import hashlib
import json
import re
import sys

CLOUD, FAKE = sys.argv[1:]


def azure(text):
    graph = text.replace(f"{FAKE}/v1.0/", "https://graph.microsoft.com/v1.0/")
    return graph.replace(FAKE, "https://management.azure.com")


def gcp(text):
    return re.sub(f"{re.escape(FAKE)}/([a-z]+)/", r"https://\1.googleapis.com/", text)


moved = {"azure": azure, "gcp": gcp}[CLOUD]


for line in sys.stdin:
    exchange = json.loads(line)
    exchange["request"]["url"] = moved(exchange["request"]["url"])
    response = exchange["response"]
    if response:
        response["body"] = moved(response["body"])
        response["sha256"] = hashlib.sha256(response["body"].encode()).hexdigest()
    print(json.dumps(exchange, separators=(",", ":"), sort_keys=True, ensure_ascii=False))
