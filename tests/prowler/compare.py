#!/usr/bin/env python3
"""Compares verdicts with Prowler's: the same estates, the same server, the same regions.

    compare.py BINARY [--write] [--keep DIR] [--estate NAME ...]

For each estate (`tests/fakes/estate.py` and every `*_estate.py`) it starts a moto server of its own, fills it, runs BINARY (an
`evidenced`) and Prowler over it, and holds each verdict of a control against each check that the control names in
`equivalents`, resource by resource. A difference is explained by a row of EXPLAINED, or it is shown and the command ends with 1.
`--write` writes docs/prowler.md anew. `--keep` holds on to what was collected, and uses it again where it is already there.
Prowler is installed from PyPI on first use. Nothing but 127.0.0.1 is asked.
"""

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

PROWLER = "5.46.0"
REGIONS = ["us-east-1", "eu-west-1", "eu-central-1"]
ACCOUNT = "123456789012"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FAKES = HERE.parent / "fakes"

# (control, check, ours, theirs, cause). The first four are regular expressions over whole names; the first row that fits counts.
EXPLAINED = json.loads((HERE / "explained.json").read_text(encoding="utf-8"))


def venv():
    """Prowler in an environment of its own, made on first use."""
    cache = Path(os.environ.get("EVIDENCED_CACHE") or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "evidenced")
    folder = cache / f"prowler-{PROWLER}"
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", f"prowler=={PROWLER}"], check=True)
        (folder / "installed").touch()
    return folder / "bin" / "prowler"


def environment(folder, port):
    return {
        "PATH": os.environ["PATH"], "HOME": str(folder), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "compare",
        "AWS_SECRET_ACCESS_KEY": "compare", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }


def wait_for(port):
    for _ in range(300):
        try:
            return urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=2)
        except OSError:
            time.sleep(0.2)
    raise SystemExit("moto did not start")


def collect(estate, binary, folder, fakes, port):
    """Fills a server, and reads it with both."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "out/prowler.ocsf.json").exists():
        return
    more = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "PYTHONDONTWRITEBYTECODE": "1"}
    with open(folder / "moto.log", "w", encoding="utf-8") as log:
        command = [fakes / "bin/python", FAKES / "aws.py", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **more})
    try:
        wait_for(port)
        subprocess.run([fakes / "bin/python", FAKES / estate, f"http://127.0.0.1:{port}"], check=True, stdout=subprocess.DEVNULL)
        regions = [word for region in REGIONS for word in ("--region", region)]
        own = [binary, "collect", "--json", "--store", f"file://{folder}/evidence", "--key", "key.pem", *regions]
        with open(folder / "evidenced.log", "w", encoding="utf-8") as log:
            done = subprocess.run(own, cwd=folder, env=environment(folder, port), stdout=log, stderr=log, check=False)
        assert done.returncode in (0, 3), (folder / "evidenced.log").read_text(encoding="utf-8")
        checks = sorted({check for control in catalogue(folder).values() for check in equivalents(control)})
        known = subprocess.run([venv(), "aws", "--list-checks-json", "--no-banner"], capture_output=True, text=True, check=True, env=environment(folder, port)).stdout
        known = set(re.findall(r'"([a-z0-9_]+)"', known))
        (folder / "unknown.json").write_text(json.dumps([check for check in checks if check not in known]), encoding="utf-8")
        theirs = [venv(), "aws", "--region", *REGIONS, "--checks", *[c for c in checks if c in known], "-M", "json-ocsf", "-o", folder / "out", "-F", "prowler",
                  "--no-banner", "--ignore-exit-code-3", "--scan-unused-services"]
        with open(folder / "prowler.log", "w", encoding="utf-8") as log:
            subprocess.run(theirs, cwd=folder, env=environment(folder, port), stdout=log, stderr=log, check=True)
    finally:
        server.terminate()
        server.wait()


def bundle(folder):
    return next((folder / "evidence/bundles").rglob("run.json")).parent


def lines(path):
    text = subprocess.run(["zstd", "-dqc", path], capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def catalogue(folder):
    return {control["id"]: control for control in json.loads((bundle(folder) / "catalogue.json").read_text(encoding="utf-8"))}


def equivalents(control):
    return (control.get("equivalents") or {}).get("prowler") or []


def key(name):
    """ARNs without the account, which some leave out; everything that is the account itself is `account`."""
    if name in ("", ACCOUNT):
        return "account"
    parts = name.split(":", 5)
    if len(parts) < 6:
        return name.replace(f"{ACCOUNT}/", "account/")
    _, _, service, region, _, resource = parts
    return f"{service}:{'' if service in ('iam', 's3') else region}:{re.sub('/[0-9]+$', '', resource) if 'launch-template' in resource else resource}"


def ours_of(folder):
    """{(control, key): finding}"""
    return {(f["control"], key((f.get("resource") or {}).get("id") or "")): f for f in lines(bundle(folder) / "findings.jsonl.zst")}


WORST = {"FAIL": 2, "PASS": 1, "MANUAL": 0}


def theirs_of(folder):
    """{check: {key: status}}; what is told of the account or of a region is under `account` and `account/<region>` too."""
    found = collections.defaultdict(dict)
    for finding in json.loads((folder / "out/prowler.ocsf.json").read_text(encoding="utf-8")):
        check, status = finding["metadata"]["event_code"], finding["status_code"]
        resource = finding["resources"][0]
        name = key(resource["uid"])
        if "inline_policy" in check and "/" in resource["name"]:
            name = f"{name}#{resource['name'].split('/', 1)[1]}"
        names = [name]
        if resource["name"] == ACCOUNT or resource["uid"].endswith(":root") or resource["uid"] == ACCOUNT:
            names = ["account", f"account/{resource['region']}"]
        for one in names:
            if WORST.get(status, 0) >= WORST.get(found[check].get(one), -1):
                found[check][one] = status
    return found


AGREED = {("pass", "PASS"), ("fail", "FAIL"), ("not_applicable", None), ("not_evaluated", "MANUAL"), ("not_evaluated", None), (None, None)}


def compare(controls, ours, theirs):
    """(control, check, resource, ours, theirs, settled) for each thing that either speaks of; settled says why it is no difference."""
    naming = collections.defaultdict(set)
    for control in controls.values():
        for check in equivalents(control):
            naming[check].add(control["id"])
    of_control = collections.defaultdict(dict)
    for (control, name), finding in ours.items():
        of_control[control][name] = finding
    for check, names in sorted(naming.items()):
        told = theirs.get(check, {})
        spoken = set()
        for control in sorted(names):
            mine = of_control[control]
            for name, finding in sorted(mine.items()):
                status = told.get(name)
                if status is None and controls[control].get("scope") and told:
                    status = max(told.values(), key=lambda one: WORST.get(one, 0))
                    spoken |= set(told)
                spoken.add(name)
                yield control, check, name, finding["verdict"], status, settled(finding, status, name, controls[control], theirs, ours, naming, check)
        for name in sorted(set(told) - spoken):
            if not (name.startswith("account") and any(one.startswith("account") for one in spoken)):
                yield "/".join(sorted(names)), check, name, None, told[name], None


def settled(finding, status, name, control, theirs, ours, naming, check):
    verdict = finding["verdict"]
    if (verdict, status) in AGREED:
        return "agrees"
    if verdict == "fail" and any(theirs.get(other, {}).get(name) == "FAIL" for other in equivalents(control)):
        return "agrees: another check that the control names fails"
    same = [ours.get((other, name)) for other in naming[check]]
    if status == "FAIL" and any(one and one["verdict"] == "fail" for one in same):
        return "agrees: another control that names the check fails"
    if verdict == "not_evaluated":
        return "not evaluated: something could not be read"
    if verdict == "not_applicable" and status in ("PASS", "MANUAL"):
        return "does not apply, which Prowler counts as passed"
    if verdict == "pass" and status in (None, "MANUAL"):
        return "Prowler says nothing"
    return None


def explained(row):
    control, check, _, ours, theirs, _ = row
    for at, entry in enumerate(EXPLAINED):
        asked = (control, check, str(ours), str(theirs))
        if all(re.fullmatch(pattern, value) for pattern, value in zip(entry[:4], asked)):
            return at
    return None


def page(estates, figures, causes, unexplained, unknown):
    text = [
        "# Prowler beside evidenced", "",
        f"Prowler {PROWLER} and `evidenced` read the same estates on the same moto server, in the same regions. Each verdict of a control",
        "is held against each check that the control names in `equivalents`, resource by resource.", "",
        "    cargo build --workspace && python3 tests/prowler/compare.py target/debug/evidenced", "",
        "The command installs Prowler in an environment of its own, asks nothing but 127.0.0.1, and ends with 1 when a difference is not",
        "in the table below (`tests/prowler/explained.json`). `--write` writes this page. Both read what moto answers, and moto is not AWS.", "",
        "Estates of this page: " + ", ".join(f"`{estate}`" for estate in estates) + ".", "", "## In figures", "", "| what | comparisons |", "|---|---:|",
        *[f"| {name} | {count} |" for name, count in sorted(figures.items(), key=lambda item: (-item[1], item[0]))], "",
        "## Differences, explained", "", "| check | control | evidenced | Prowler | times | cause |", "|---|---|---|---|---:|---|",
    ]
    for (check, control, ours, theirs, cause), count in sorted(causes.items(), key=str):
        text.append(f"| {check} | {control} | {ours or 'no row'} | {theirs or 'no row'} | {count} | {cause} |")
    if unknown:
        text += ["", "## Checks that Prowler does not have", "", ", ".join(f"`{check}`" for check in sorted(unknown))]
    if unexplained:
        text += ["", "## Differences that are not explained yet", "", "| check | control | evidenced | Prowler | times |", "|---|---|---|---|---:|"]
        text += [f"| {check} | {control} | {ours or 'no row'} | {theirs or 'no row'} | {count} |" for (check, control, ours, theirs), count in sorted(unexplained.items(), key=str)]
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--estate", action="append")
    parser.add_argument("--port", type=int, default=17831)
    asked = parser.parse_args()
    fakes = Path(subprocess.run([FAKES / "install.sh"], capture_output=True, text=True, check=True).stdout.strip())
    estates = asked.estate or ["estate.py", *sorted(path.name for path in FAKES.glob("*_estate.py"))]
    work = asked.keep or Path(tempfile.mkdtemp())
    figures, causes, unexplained, shown, unknown = (collections.Counter() for _ in range(5))
    for at, estate in enumerate(estates):
        folder = work.resolve() / estate.removesuffix(".py")
        collect(estate, asked.binary.resolve(), folder, fakes, asked.port + at)
        unknown.update(json.loads((folder / "unknown.json").read_text(encoding="utf-8")))
        for row in compare(catalogue(folder), ours_of(folder), theirs_of(folder)):
            control, check, name, ours, theirs, why = row
            entry = explained(row) if why is None else None
            figures[why or ("explained below" if entry is not None else "NOT EXPLAINED")] += 1
            if why is None and entry is not None:
                causes[(check, control, ours, theirs, EXPLAINED[entry][4])] += 1
            elif why is None:
                unexplained[(check, control, ours, theirs)] += 1
                shown[f"{estate}: {check} | {control} | {name}: {ours or 'no row'}, Prowler {theirs or 'no row'}"] += 1
    if asked.write:
        (ROOT / "docs/prowler.md").write_text(page(estates, figures, causes, unexplained, unknown), encoding="utf-8")
    for name, count in sorted(figures.items()):
        print(f"{count:6} {name}")
    if unknown:
        print("checks that Prowler does not have:", *sorted(unknown))
    print(*sorted(shown), sep="\n")
    print(f"{sum(unexplained.values())} differences are not explained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
