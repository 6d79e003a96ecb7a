#!/usr/bin/env python3
"""Prints what the writer's roles of every form allow, as one JSON object, for the test to hold against what the stores ask.

    writers.py DEPLOY
"""

import json
import re
import sys
from pathlib import Path


def allowed(text: str, start: str, end: str, word: str) -> list[str]:
    """The words of this shape between two marks."""
    begin = text.index(start)
    return sorted(set(re.findall(word, text[begin : text.index(end, begin)])))


AWS = r"\b(?:s3|kms):[A-Z]\w+\b(?!:)"
CONDITIONS = {"kms:SigningAlgorithm", "kms:MessageType"}
AZURE = r"Microsoft\.(?:Storage|KeyVault)/[\w/]+(?:/read|/action|/write|/delete|/\*)"
GCP = r"(?:storage|cloudkms)\.\w+\.\w+"


def main(deploy: str) -> None:
    def read(name: str) -> str:
        return Path(deploy, name).read_text(encoding="utf-8")

    terraform, template = read("terraform/aws/store/main.tf"), read("cloudformation/store.yaml")
    azure, bicep, gcp = read("terraform/azure/store/main.tf"), read("bicep/store.bicep"), read("terraform/gcp/store/main.tf")
    found = {
        "aws terraform": allowed(terraform, 'data "aws_iam_policy_document" "writer"', "# For auditors", AWS),
        "aws cloudformation": allowed(template, "  Writer:\n", "# For whoever verifies", AWS),
        "azure terraform": allowed(azure, 'resource "azurerm_role_definition" "writer"', 'output "store_url"', AZURE),
        "azure bicep": allowed(bicep, "resource writer ", "@description('store.url", AZURE),
        "gcp terraform": allowed(gcp, 'resource "google_project_iam_custom_role" "writer"', 'output "store_url"', GCP),
    }
    print(json.dumps({name: [word for word in words if word not in CONDITIONS] for name, words in found.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
