#!/usr/bin/env python3
"""Counts a period again, with DuckDB over the Parquet files, and holds the JSON report against it. Run by `year.py`.

    year_counts.py TABLES REPORT.json      (with the Python of `tests/fakes/install.sh`'s exports)
"""

import json
import sys

import duckdb

tables, report = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
db = duckdb.connect()
db.execute("SET memory_limit = '4GB'")
db.execute(f"""CREATE VIEW findings AS SELECT * FROM
    read_parquet('{tables}/findings/**/*.parquet', hive_partitioning = true, hive_types = {{'scope': VARCHAR}})""")


def rows(query):
    return db.execute(query).fetchall()


def same(what, told, counted):
    if told != counted:
        odd = [key for key in set(told) | set(counted) if told.get(key) != counted.get(key)][:5] if isinstance(told, dict) else ""
        raise SystemExit(f"{what}: the report and DuckDB differ: {odd or (told, counted)}")
    print(f"{what}: {len(told) if isinstance(told, dict) else told:,} the same")


VERDICTS = ("pass", "fail", "not_evaluated", "not_applicable")
streams = report["streams"]
told = {(stream["stream"], run["sequence"], verdict): run["counts"][verdict]
        for stream in streams for run in stream["runs"] if run["whole"] for verdict in VERDICTS if run["counts"][verdict]}
counted = {row[:3]: row[3] for row in rows("SELECT stream, sequence, verdict, count(*) FROM findings GROUP BY ALL")}
same("verdicts of each run", told, counted)
print(f"verdicts in all: {sum(counted.values()):,}")

told = {(line["stream"], control["control"], verdict): line["end"][verdict]
        for control in report["controls"] for line in control["lines"] if line["end"] for verdict in VERDICTS if line["end"][verdict]}
counted = {row[:3]: row[3] for row in rows("""
    WITH last AS (SELECT stream, max(sequence) AS sequence FROM findings GROUP BY ALL)
    SELECT stream, control, verdict, count(*) FROM findings JOIN last USING (stream, sequence) GROUP BY ALL""")}
same("verdicts of each control at the end", told, counted)


def items(wanted):
    query = f"SELECT count(*) FROM (SELECT DISTINCT stream, control, resource_type, region, resource_id FROM findings WHERE verdict IN {wanted})"
    return rows(query)[0][0]


same("items that failed", sum(1 for item in report["items"] if item["failures"]), items("('fail')"))
# The report also holds items that a list was cut short of: no run has a verdict on them.
least = items("('fail', 'not_evaluated')")
assert len(report["items"]) >= least, (len(report["items"]), least)
print(f"items that failed or could not be evaluated: {len(report['items']):,}, of which {least:,} have such a verdict")

# Every sixth hour of the period has a run within it, or is missed: the year's schedule, written down once more.
counted = {row[0]: row[1] for row in rows(f"""
    WITH hours AS (SELECT unnest(range(TIMESTAMP '{report["from"][:19]}', TIMESTAMP '{report["to"][:19]}', INTERVAL 6 HOUR)) AS hour),
         seen AS (SELECT DISTINCT stream, time_bucket(INTERVAL 6 HOUR, as_of AT TIME ZONE 'UTC') AS hour FROM findings),
         streams AS (SELECT DISTINCT stream FROM findings)
    SELECT stream, count(*) FROM streams CROSS JOIN hours ANTI JOIN seen USING (stream, hour) GROUP BY ALL""")}
same("missed runs", {stream["stream"]: stream["missed"] for stream in streams if stream["missed"]}, counted)
