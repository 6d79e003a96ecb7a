#!/usr/bin/env python3
"""What the report of a year costs, and whether its sums are right.

    year.py BINARY YEAR FOLDER [RUNS]

BINARY is `evidenced` and YEAR the program of `tests/cost/year/` (`cargo build --release --workspace --bin evidenced --example year`). In
FOLDER it makes the store of a year, unless it is there already: the larger account of `measure.py` (moto) and the demo's Azure and
Google Cloud, replayed four times a day with edits, missed runs, outages and a change of the catalogue. That takes half an hour and
some gigabytes. Then every form of the report is made of it: CPU seconds and peak memory of each, and the sums of the JSON form
held against what DuckDB counts in the Parquet files, which hold each finding of each run.
"""

import json
import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import measure

FROM = date(2025, 1, 1)
FORMS = ("json", "html", "xlsx", "csv", "ocsf", "oscal", "parquet")


def make(binary, year, folder, runs):
    """The store of a year in `folder/year`."""
    seed = folder / "seed"
    if not seed.exists():
        begun = folder / "seed.part"
        begun.mkdir(parents=True)
        measure.read(binary, measure.LARGE, begun)
        for cloud in ("azure", "gcp"):
            subprocess.run([binary, "demo", "--cloud", cloud, "--key", "key.pem"], cwd=begun, check=True, stdout=subprocess.DEVNULL)
        begun.rename(seed)
    if not (folder / "year").exists():
        command = [year, seed / "evidence", f"file://{folder}/year.part", seed / "key.pem", FROM.isoformat(), str(runs)]
        subprocess.run(command, check=True)
        (folder / "year.part").rename(folder / "year")


def measured(command, folder):
    """Runs a command; gives its CPU seconds and its peak memory in MiB."""
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code == 0, f"{command}: {code}: {said[-2000:]}"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, time.monotonic() - begun


def size(path):
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 2**20


def main():
    binary, year, folder = (Path(argument).resolve() for argument in sys.argv[1:4])
    runs = int(sys.argv[4]) if len(sys.argv) > 4 else 1460
    make(binary, year, folder, runs)
    statements = len(list((folder / "year/ledger").rglob("*.dsse.json")))
    last = FROM + timedelta(days=(runs - 1) // 4)
    print(f"{statements} bundles, {size(folder / 'year'):,.0f} MiB, {FROM} to {last}")
    print(f"{'form':8} {'CPU s':>7} {'MiB':>6} {'wall s':>7} {'written MiB':>12}")
    out = folder / f"out-{os.getpid()}"
    out.mkdir()
    for form in FORMS:
        target = out / f"report.{form}"
        command = [binary, "report", f"file://{folder}/year", "--from", str(FROM), "--to", str(last), "--key", folder / "seed/key.pub.pem",
                   "--format", form, "--out", target]
        cpu, memory, wall = measured(command, folder)
        print(f"{form:8} {cpu:7.1f} {memory:6.0f} {wall:7.1f} {size(target):12.1f}")
    told = json.loads((out / "report.json").read_text(encoding="utf-8"))
    print(f"{told['runs']} runs, {len(told['controls'])} controls, {len(told['items'])} items that did not always pass, "
          f"{sum(stream['missed'] for stream in told['streams'])} missed runs")
    python = measure.fakes() / "bin/exports/bin/python"
    subprocess.run([python, Path(__file__).parent / "year_counts.py", out / "report.parquet", out / "report.json"], check=True)


if __name__ == "__main__":
    main()
