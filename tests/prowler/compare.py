#!/usr/bin/env python3
"""Compares verdicts with Prowler's: the same estates, the same server, the same regions.

    compare.py BINARY [--write] [--keep DIR] [--estate NAME ...]

For each of ESTATES it starts a moto server of its own and the other fake that the estate needs, fills them, runs BINARY (an
`evidenced`) and Prowler over them, and holds each verdict of a control against each check that the control names in
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
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

PROWLER = "5.46.0"
REGIONS = ["us-east-1", "eu-west-1", "eu-central-1"]
ACCOUNT = "123456789012"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FAKES = HERE.parent / "fakes"

# (control, check, ours, theirs, cause). The first four are regular expressions over whole names; the first row that fits counts.
EXPLAINED = json.loads((HERE / "explained.json").read_text(encoding="utf-8"))

MOTO, FAKE = "MOTO", "FAKE"
ROLE, EXTERNAL_ID = "EvidenceReader", "agreed-with-the-collector"


class Estate(NamedTuple):
    """What is read, as the test of the same name has it."""

    # Scripts of tests/fakes that fill it, one after the other, with their arguments; MOTO and FAKE stand for addresses.
    steps: tuple
    # A script that is a fake beside moto, and the services that it answers for.
    fake: str | None = None
    services: tuple = ()
    # Accounts of the organisation that are read with a role, by the names that the script gives them.
    members: tuple = ()


DATA = {"fake": "backup.py", "services": ("BACKUP",)}
DETECTION = {"fake": "detection.py", "services": ("ACCESSANALYZER", "CONFIG_SERVICE", "GUARDDUTY", "INSPECTOR2", "SECURITYHUB", "SSM")}
FILLED = ("data_estate.py", "fill", MOTO, FAKE)
ESTATES = {
    "estate": Estate((("estate.py", MOTO),)),
    "alarms-filters": Estate((("alarms_estate.py", MOTO, "filters"),)),
    "alarms-rules": Estate((("alarms_estate.py", MOTO, "rules"),)),
    "data": Estate((FILLED,), **DATA),
    "data-lapsed": Estate((FILLED, ("data_estate.py", "lapse", MOTO, FAKE)), **DATA),
    "data-refused": Estate((FILLED, ("data_estate.py", "refuse", MOTO, FAKE)), **DATA),
    "detection": Estate((("detection_estate.py", "fake", MOTO, FAKE),), **DETECTION),
    "detection-moto": Estate((("detection_estate.py", "moto", MOTO),)),
    "ec2": Estate((("ec2_estate.py", MOTO),)),
    "edge": Estate((("edge_estate.py", MOTO),)),
    "messaging": Estate((("messaging_estate.py", MOTO),)),
    "organization": Estate((("organization_estate.py", MOTO, ROLE, EXTERNAL_ID),), members=("guarded", "beside")),
    "principals": Estate((("principals_estate.py", MOTO),)),
}
# `accounts: all` is said in a configuration alone.
EVERY_ACCOUNT = f"""deployment: compare
store: {{url: "file://./evidence"}}
signing: {{key: file://./key.pem}}
jobs:
  - name: all
    schedule: "0 * * * *"
    aws: {{accounts: all, role_name: {ROLE}, external_id: {EXTERNAL_ID}, regions: [{", ".join(REGIONS)}]}}
"""


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


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Servers:
    """moto, and the fake beside it."""

    def __init__(self, estate, folder, python):
        self.moto, self.fake, self.running, self.estate = free_port(), None, [], estate
        self.start(folder, python, "aws.py", "-H", "127.0.0.1", "-p", str(self.moto), at=self.moto)
        if estate.fake:
            self.fake = free_port()
            self.start(folder, python, estate.fake, str(self.fake), at=self.fake)

    def start(self, folder, python, script, *arguments, at):
        settings = {
            "MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_ACM_VALIDATION_WAIT": "86400",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with open(folder / ("moto.log" if script == "aws.py" else "fake.log"), "w", encoding="utf-8") as log:
            command = [python, FAKES / script, *arguments]
            self.running.append(subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **settings}))
        for _ in range(300):
            try:
                return socket.create_connection(("127.0.0.1", at), timeout=2).close()
            except OSError:
                time.sleep(0.2)
        raise SystemExit(f"{script} did not start")

    def step(self, python, script, *arguments):
        """Fills them; gives what the script says."""
        address = {MOTO: f"http://127.0.0.1:{self.moto}", FAKE: f"http://127.0.0.1:{self.fake}"}
        arguments = [address.get(argument, argument) for argument in arguments]
        return subprocess.run([python, FAKES / script, *arguments], check=True, capture_output=True, text=True).stdout

    def environment(self, folder):
        other = {f"AWS_ENDPOINT_URL_{service}": f"http://127.0.0.1:{self.fake}" for service in self.estate.services}
        return other | {
            "PATH": os.environ["PATH"], "HOME": str(folder), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.moto}",
            "AWS_ACCESS_KEY_ID": "compare", "AWS_SECRET_ACCESS_KEY": "compare", "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        }

    def stop(self):
        for server in self.running:
            server.terminate()
            server.wait()


def collect(estate, binary, folder, python):
    """Fills servers, and reads them with both. A folder of this name is whole: it is filled under another."""
    if folder.exists():
        return
    begun = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}-"))
    servers = Servers(estate, begun, python)
    try:
        told = [servers.step(python, *step) for step in estate.steps]
        (begun / "told.json").write_text(told[-1], encoding="utf-8")
        read_with_evidenced(estate, binary, begun, servers.environment(begun))
        read_with_prowler(estate, begun, servers.environment(begun))
    finally:
        servers.stop()
    begun.rename(folder)


def read_with_evidenced(estate, binary, folder, environment):
    if estate.members:
        (folder / "evidenced.yaml").write_text(EVERY_ACCOUNT, encoding="utf-8")
        more = ["--config", "evidenced.yaml"]
    else:
        more = ["--store", f"file://{folder}/evidence", "--key", "key.pem", *[word for region in REGIONS for word in ("--region", region)]]
    with open(folder / "evidenced.log", "w", encoding="utf-8") as log:
        done = subprocess.run([binary, "collect", "--json", *more], cwd=folder, env=environment, stdout=log, stderr=log, check=False)
    assert done.returncode in (0, 3), (folder / "evidenced.log").read_text(encoding="utf-8")


def read_with_prowler(estate, folder, environment):
    known = subprocess.run([venv(), "aws", "--list-checks-json", "--no-banner"], capture_output=True, text=True, check=True, env=environment).stdout
    known = set(re.findall(r'"([a-z0-9_]+)"', known))
    checks = sorted({check for control in catalogue(folder).values() for check in equivalents(control)})
    (folder / "unknown.json").write_text(json.dumps([check for check in checks if check not in known]), encoding="utf-8")
    asked = [venv(), "aws", "--region", *REGIONS, "--checks", *[c for c in checks if c in known], "-M", "json-ocsf", "-o", folder / "out",
             "--no-banner", "--ignore-exit-code-3", "--scan-unused-services", "--log-level", "ERROR"]
    for name in (None, *estate.members):
        role = ["--role", f"arn:aws:iam::{account_of(folder, name)}:role/{ROLE}", "--external-id", EXTERNAL_ID] if name else []
        with open(folder / f"{name or 'prowler'}.log", "w", encoding="utf-8") as log:
            subprocess.run([*asked, "-F", name or "prowler", *role], cwd=folder, env=environment, stdout=log, stderr=log, check=True)


def account_of(folder, member):
    """The account that was read: the one of the credentials, or one that the estate's script named."""
    return json.loads((folder / "told.json").read_text(encoding="utf-8"))["accounts"][member] if member else ACCOUNT


def bundles(folder):
    return sorted((path.parent for path in (folder / "evidence/bundles").rglob("run.json")), key=lambda path: "organization-" in str(path))


def lines(path):
    text = subprocess.run(["zstd", "-dqc", path], capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def catalogue(folder):
    """Controls of AWS; the names of checks of other clouds are others' checks, even where AWS has the same name."""
    controls = json.loads((bundles(folder)[0] / "catalogue.json").read_text(encoding="utf-8"))
    return {control["id"]: control for control in controls if control["id"].startswith("aws.")}


def equivalents(control):
    return (control.get("equivalents") or {}).get("prowler") or []


def key(name, account):
    """ARNs without the account, which some leave out; everything that is the account itself is `account`. Prowler writes log groups
    with `:*`, Neptune's as `neptune` (AWS: `rds`), nodes of Systems Manager as instances, and templates without their version."""
    if name in ("", account):
        return "account"
    parts = name.split(":", 5)
    if len(parts) < 6:
        return name.replace(f"{account}/", "account/")
    _, _, service, region, _, resource = parts
    if service == "organizations" and re.match("unknown|organization/", resource) or resource == "root":
        return "account"
    if service == "logs":
        resource = resource.removesuffix(":*")
    if service == "ssm" and resource.startswith("managed-instance/"):
        service, resource = "ec2", resource.removeprefix("managed-")
    if "launch-template" in resource:
        resource = re.sub("/[0-9]+$", "", resource)
    return f"{'rds' if service == 'neptune' else service}:{'' if service in ('iam', 's3') else region}:{resource}"


def ours_of(folder, account):
    """{(control, key): finding}. What the organisation's own bundle says of an account goes before what the account may read of itself."""
    findings = [finding for folder in bundles(folder) for finding in lines(folder / "findings.jsonl.zst")]
    told = {}
    for finding in findings:
        name = (finding.get("resource") or {}).get("id") or ""
        if account in (finding["scope"], name):
            told[(finding["control"], key(name, account))] = finding
    return told


WORST = {"FAIL": 2, "PASS": 1, "MANUAL": 0}


class Told:
    """What one check says: the status of each name, and the region that it was said of. Those on alerts say one thing of the account,
    which stands under a log group where it is good."""

    def __init__(self, check):
        self.named, self.regions = {}, {}
        self.once = re.match("cloudwatch_(log_metric_filter|changes_to)_", check)

    def add(self, name, region, status):
        if WORST.get(status, 0) >= WORST.get(self.named.get(name), -1):
            self.named[name], self.regions[name] = status, region

    def of(self, name, control):
        """The status that belongs to a name of ours, and the names that it was taken from. A control of a scope is held against
        all; one of an account's region against what is in that region, or what is said once."""
        names = {one for one in self.named if one == name or name == "account" and one.startswith("account/")}
        if not names and control.get("scope"):
            names = set(self.named)
        elif not names and name.startswith("account/"):
            names = {one for one, region in self.regions.items() if region == name.removeprefix("account/")}
            names = names or (set(self.named) if self.once else set())
        return max((self.named[one] for one in names), key=lambda one: WORST.get(one, 0), default=None), names


def theirs_of(folder, member, account):
    """{check: Told}"""
    found = {}
    for finding in json.loads((folder / f"out/{member or 'prowler'}.ocsf.json").read_text(encoding="utf-8")):
        check, resource = finding["metadata"]["event_code"], finding["resources"][0]
        name = key(resource["uid"], account)
        if "inline_policy" in check and "/" in resource["name"]:
            name = f"{name}#{resource['name'].split('/', 1)[1]}"
        if "account" in (name, key(resource["name"], account)):
            name = f"account/{resource['region']}"
        found.setdefault(check, Told(check)).add(name, resource["region"], finding["status_code"])
    return found


AGREED = {("pass", "PASS"), ("fail", "FAIL"), ("not_applicable", None), ("not_evaluated", "MANUAL"), ("not_evaluated", None), (None, None)}


def compare(controls, ours, theirs):
    """(control, check, resource, ours, theirs, settled) for each thing that either speaks of; settled says why it is no difference."""
    naming, of_control = collections.defaultdict(set), collections.defaultdict(dict)
    for control in controls.values():
        for check in equivalents(control):
            naming[check].add(control["id"])
    for (control, name), finding in ours.items():
        of_control[control][name] = finding
    for check, names in sorted(naming.items()):
        told, spoken = theirs.get(check, Told(check)), set()
        for control in sorted(names):
            for name, finding in sorted(of_control[control].items()):
                status, taken = told.of(name, controls[control])
                spoken |= taken | {name}
                yield control, check, name, finding["verdict"], status, settled(finding, status, name, controls[control], theirs, ours, naming[check])
        for name in sorted(told.named.keys() - spoken):
            yield "/".join(sorted(names)), check, name, None, told.named[name], None


def settled(finding, status, name, control, theirs, ours, naming):
    verdict = finding["verdict"]
    if (verdict, status) in AGREED:
        return "agrees"
    if verdict == "fail" and any(theirs[other].of(name, control)[0] == "FAIL" for other in equivalents(control) if other in theirs):
        return "agrees: another check that the control names fails"
    same = [ours.get((other, name)) for other in naming]
    if status == "FAIL" and any(one and one["verdict"] == "fail" for one in same):
        return "agrees: another control that names the check fails"
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


def told(estate):
    """What fills an estate, in words."""
    silent = (MOTO, FAKE, ROLE, EXTERNAL_ID)
    steps = ", then ".join(" ".join([f"`{script}`", *[word for word in words if word not in silent]]) for script, *words in estate.steps)
    beside = f", with `{estate.fake}` beside moto" if estate.fake else ""
    members = f", and its accounts {' and '.join(estate.members)} with a role" if estate.members else ""
    return f"{steps}{beside}{members}"


def difference(cause, rows):
    """A line of the table: one cause, with all that it explains."""
    controls, checks, verdicts = set(), set(), collections.Counter()
    for (control, check, ours, theirs), times in rows.items():
        controls |= set(control.split("/"))
        checks.add(check)
        verdicts[f"{ours} / {theirs}".replace("None", "no row")] += times
    told = "; ".join(f"{what}: {times}" for what, times in sorted(verdicts.items()))
    return f"| {', '.join(sorted(controls))} | {', '.join(sorted(checks))} | {told} | {cause} |"


def page(estates, figures, causes, unexplained, unknown):
    text = [
        "# Prowler beside evidenced", "",
        f"Prowler {PROWLER} and `evidenced` read the same estates on the same moto server, in the same regions. Each verdict of a control",
        "is held against each check that the control names in `equivalents`, resource by resource.", "",
        "    cargo build --workspace && python3 tests/prowler/compare.py target/debug/evidenced", "",
        "The command installs Prowler in an environment of its own, asks nothing but 127.0.0.1, and ends with 1 when a difference is not",
        "in the table below (`tests/prowler/explained.json`). `--write` writes this page. Both read what moto answers, and moto is not AWS.", "",
        "## Estates", "", *[f"- `{name}`: {told(ESTATES[name])}" for name in estates], "", "## In figures", "", "| what | comparisons |", "|---|---:|",
        *[f"| {name} | {count} |" for name, count in sorted(figures.items(), key=lambda item: (-item[1], item[0]))], "",
        "A control may name several checks, and several controls one: where one fails, it is enough that one of the others does. Prowler",
        "says nothing of what a check does not find, such as users without a policy, which pass here. A verdict that was not evaluated",
        "is a difference as any other where Prowler gives one.", "",
        "## Differences, explained", "", "| control | checks | evidenced / Prowler, times | cause |", "|---|---|---|---|",
    ]
    text += [difference(cause, rows) for cause, rows in sorted(causes.items(), key=lambda item: (min(item[1])[0], item[0]))]
    if unknown:
        text += ["", "## Checks that Prowler does not have", "", ", ".join(f"`{check}`" for check in sorted(unknown))]
    if unexplained:
        text += ["", "## Differences that are not explained yet", "", "| check | control | evidenced | Prowler | times |", "|---|---|---|---|---:|"]
        for (check, control, ours, theirs), count in sorted(unexplained.items(), key=str):
            text.append(f"| {check} | {control} | {ours or 'no row'} | {theirs or 'no row'} | {count} |")
    return "\n".join(text) + "\n"


def enter(row, place, figures, causes, unexplained, shown):
    control, check, name, ours, theirs, why = row
    entry = explained(row) if why is None else None
    figures[why or ("explained below" if entry is not None else "NOT EXPLAINED")] += 1
    if why is None and entry is not None:
        causes[EXPLAINED[entry][4]][(control, check, str(ours), str(theirs))] += 1
    elif why is None:
        unexplained[(check, control, ours, theirs)] += 1
        shown[f"{place}: {check} | {control} | {ours or 'no row'}, Prowler {theirs or 'no row'}"].append(name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--estate", action="append", choices=ESTATES)
    asked = parser.parse_args()
    python = Path(subprocess.run([FAKES / "install.sh"], capture_output=True, text=True, check=True).stdout.strip()) / "bin/python"
    estates = asked.estate or list(ESTATES)
    work = (asked.keep or Path(tempfile.mkdtemp())).resolve()
    work.mkdir(parents=True, exist_ok=True)
    figures, unexplained, unknown = (collections.Counter() for _ in range(3))
    causes, shown = collections.defaultdict(collections.Counter), collections.defaultdict(list)
    for name in estates:
        folder, estate = work / name, ESTATES[name]
        collect(estate, asked.binary.resolve(), folder, python)
        unknown.update(json.loads((folder / "unknown.json").read_text(encoding="utf-8")))
        for member in (None, *estate.members):
            account = account_of(folder, member)
            for row in compare(catalogue(folder), ours_of(folder, account), theirs_of(folder, member, account)):
                enter(row, f"{name}/{member}" if member else name, figures, causes, unexplained, shown)
    if asked.write:
        (ROOT / "docs/prowler.md").write_text(page(estates, figures, causes, unexplained, unknown), encoding="utf-8")
    for name, count in sorted(figures.items()):
        print(f"{count:6} {name}")
    if unknown:
        print("checks that Prowler does not have:", *sorted(unknown))
    for what, resources in sorted(shown.items()):
        print(f"{what}: {len(resources)}, such as {resources[0]}")
    if not asked.estate:
        for cause in sorted({entry[4] for entry in EXPLAINED} - causes.keys()):
            print("explains nothing any more:", cause)
    print(f"{sum(unexplained.values())} differences are not explained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
