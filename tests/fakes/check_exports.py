"""Reads the machine-readable forms of a report with the tools that are made for them, and says what it sees as JSON.

`parquet FOLDER`: DuckDB, in place. `ocsf FILE`: the JSON Schema of OCSF 1.8.0, and py-ocsf-models. `oscal FILE`: `trestle validate`, and
PyPI's `oscal`.
"""

import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile


def parquet(folder: str) -> dict:
    import duckdb

    base = duckdb.connect()
    base.execute("set TimeZone = 'UTC'")

    def table(name: str) -> str:
        return f"read_parquet('{folder}/{name}/**/*.parquet', hive_partitioning = true, hive_types = {{'scope': VARCHAR}})"

    def rows(query: str) -> list:
        return base.execute(query).fetchall()

    counts: dict = collections.defaultdict(dict)
    if list(pathlib.Path(folder).glob("findings/**/*.parquet")):
        for stream, sequence, verdict, count in rows(
            f"select stream, sequence, verdict, count(*) from {table('findings')} group by all order by all"
        ):
            counts[f"{stream}#{sequence}"][verdict] = count
        # Folders say what the rows say.
        other = f"""select count(*) from {table('findings')}
            where stream <> job || '/' || cloud || '/' || scope or date <> cast(as_of as date) or verdict is null or severity is null"""
        assert rows(other) == [(0,)], rows(other)
        assert rows(f"select count(*) from {table('populations')} where listed <> evaluated + not_evaluated + excluded") == [(0,)]
    single = {name: f"read_parquet('{folder}/{name}/*.parquet')" for name in ("period", "runs", "problems", "no_evidence")}
    (runs, problems) = rows(f"select runs, problems from {single['period']}")[0]
    return {
        "counts": counts,
        "runs": runs,
        "problems": problems,
        "named": [list(row) for row in rows(f"select kind, file from {single['problems']} order by all")],
        "whole": rows(f"select count(*) from {single['runs']} where whole")[0][0],
        "kinds": rows(f"select any_value(typeof(as_of)) from {single['runs']}")[0][0],
        "without": rows(f"select count(*) from {single['no_evidence']}")[0][0],
        "statements": dict(rows(f"select stream || '#' || sequence, statement_sha256 from {single['runs']} order by all")),
    }


def ocsf(file: str) -> dict:
    import jsonschema_rs
    from ocsf_json_schema.embedded import OcsfJsonSchemaEmbedded
    from ocsf_json_schema.loader import get_ocsf_schema
    from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

    schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.8.0"))
    checks: dict = {}
    counts: dict = collections.Counter()
    uids = set()
    with open(file, encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    for event in events:
        profiles = event["metadata"]["profiles"]
        check = checks.setdefault(
            tuple(profiles), jsonschema_rs.validator_for(schemas.get_class_schema("compliance_finding", profiles))
        )
        check.validate(event)
        counts[(event["compliance"]["status_code"], event["compliance"]["status_id"])] += 1
        uids.add(event["finding_info"]["uid"])
        # py-ocsf-models 0.10.0 knows no account types above 10; OCSF 1.8.0 has 11 for a project and 13 for a subscription.
        account = event.get("cloud", {}).get("account", {})
        if account.get("type_id", 0) in (11, 13):
            account["type_id"] = 99
        model = ComplianceFinding.model_validate(event)
        assert (model.class_uid, model.type_uid) == (2003, 200300 + event["activity_id"])
        assert 1_500_000_000_000 < model.time < 5_000_000_000_000, "time is in milliseconds"
    return {"counts": {f"{verdict}={status}": count for (verdict, status), count in counts.items()}, "uids": len(uids), "events": len(events)}


def oscal(file: str) -> dict:
    from oscal import OSCAL

    with open(file, encoding="utf-8") as opened:
        results = json.load(opened)["assessment-results"]
    with tempfile.TemporaryDirectory() as folder:
        trestle = str(pathlib.Path(sys.executable).with_name("trestle"))
        subprocess.run([trestle, "init", "--local"], cwd=folder, check=True, capture_output=True)
        place = pathlib.Path(folder, "assessment-results", "period")
        place.mkdir(parents=True)
        shutil.copy(file, place / "assessment-results.json")
        done = subprocess.run([trestle, "validate", "-t", "assessment-results", "-n", "period"], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    content = OSCAL.load(file)
    assert content is not None and content.validate(), f"PyPI's oscal does not take it: {content and content.validation_errors[:5]}"
    (result,) = results["results"]
    named = [resource["uuid"] for resource in results["back-matter"]["resources"]]
    observed = {one["uuid"] for one in result.get("observations", [])}
    for one in result.get("observations", []):
        assert all(evidence["href"][1:] in named for evidence in one["relevant-evidence"]), one
    states: dict = collections.Counter()
    for finding in result["findings"]:
        assert all(one["observation-uuid"] in observed for one in finding.get("related-observations", [])), finding
        status = finding["target"]["status"]
        states[f"{status['state']}/{status['reason']}"] += 1
    return {
        "states": states,
        "satisfied": sorted(f["target"]["target-id"] for f in result["findings"] if f["target"]["status"]["state"] == "satisfied"),
        "observations": len(observed),
        "risks": len(result.get("risks", [])),
        "remarks": result.get("remarks"),
        "problems": [resource["title"] for resource in results["back-matter"]["resources"] if resource.get("title", "").startswith("Problem")],
    }


if __name__ == "__main__":
    print(json.dumps({"parquet": parquet, "ocsf": ocsf, "oscal": oscal}[sys.argv[1]](sys.argv[2])))
