"""Reads OpenMetrics text with the reference parser, which refuses what the specification forbids, and prints its samples.

    check_metrics.py FILE      prints {"NAME": [[{label: value}, number], …]}
"""

import json
import pathlib
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

samples = {}
for family in text_string_to_metric_families(pathlib.Path(sys.argv[1]).read_text()):
    assert family.documentation, f"{family.name} has no help"
    for sample in family.samples:
        samples.setdefault(sample.name, []).append([sample.labels, sample.value])
print(json.dumps(samples))
