#!/usr/bin/env python3
"""Lints the Helm chart and writes what it renders, one file for each set of values.

    helm.py CHART OUT

Values that the schema is to refuse are tried too.
"""

import sys
from pathlib import Path

from helm_python import chart as helm
from helm_python.chart import Chart
from helm_python.errors import HelmError

# By name: what differs from the chart's own values.
VALUES = {
    "default": {},
    "eks": {
        "image": {"repository": "registry.example/evidenced", "digest": "sha256:" + "0" * 64},
        "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/evidenced"}},
        "monitoring": {"serviceMonitor": True, "prometheusRule": True},
        "env": [{"name": "EVIDENCED_LOG", "value": "evidenced=debug"}],
        "secretFiles": [{"name": "tsa", "secret": "tsa-ca"}],
        "podAnnotations": {"example/team": "security"},
        "tolerations": [{"key": "dedicated", "operator": "Exists"}],
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "imagePullSecrets": [{"name": "registry"}],
        "http": {"tls": True, "tlsCaSecret": "evidenced-ca"},
    },
    "gke": {
        "podLabels": {"example": "label"},
        "networkPolicy": {"further": [{"cidr": "169.254.169.252/32", "port": 988}]},
        "serviceAccount": {"create": False, "name": "given"},
    },
    "job": {"mode": "job", "job": {"shards": 4, "parallelism": 2}, "podLabels": {"azure.workload.identity/use": "true"}},
    "one": {"replicas": 1, "networkPolicy": {"enabled": False}},
}
WRONG = {
    "no such mode": {"mode": "daemonset"},
    "a misspelt key": {"replica": 2},
    "no image": {"image": {"repository": ""}},
    "a digest that is none": {"image": {"digest": "latest"}},
    "no jobs": {"config": {"jobs": []}},
    "no shards": {"job": {"shards": 0}},
}


def main(path: str, out: str) -> None:
    found = helm.lint(path, strict=True)
    # 1 is advice; that the chart has no icon is all that is advised.
    wrong = [message for message in found["messages"] if message["severity"] != 1 or "icon is recommended" not in message["error"]]
    if wrong or found["errors"]:
        sys.exit(f"helm lint: {wrong} {found['errors']}")
    with Chart.load(path) as chart:
        for name, values in VALUES.items():
            chart.validate_schema(values)
            rendered = chart.render(values=values, name="evidenced", namespace="evidenced")
            texts = [text for template, text in rendered.items() if not template.endswith("NOTES.txt") and text.strip()]
            Path(out, f"helm-{name}.yaml").write_text("\n---\n".join(texts) + "\n", encoding="utf-8")
        for name, values in WRONG.items():
            try:
                chart.validate_schema(values)
            except HelmError:
                continue
            sys.exit(f"values.schema.json takes {name}: {values}")


if __name__ == "__main__":
    main(*sys.argv[1:])
