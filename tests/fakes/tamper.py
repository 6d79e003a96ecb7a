"""Makes tampered copies of a store, each with what `verify` must name, and nothing else.

    tamper.py STORE KEY OTHER_KEY TOKENS OUT

STORE: three statements of one stream, signed by KEY (PEM, Ed25519), each with its time stamp. OTHER_KEY: a stranger's. TOKENS: a
folder with further answers of the authority (`past.tsr`: over the third statement, an hour ago). OUT: a new folder, for
the copies. It prints a list: {name, line, folder, kinds, file, reperform}.

`line` is the step of "What a verifier does" in docs/format.md. `kinds` are the problems that must be named, all of them; empty
where the copy verifies, and `reperform` must find it (true) or nothing is wrong (false). It is written from docs/format.md and shares no
code with the project.
"""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

from cryptography.hazmat.primitives import serialization

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MUTATIONS = []


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def zstd(data, *flags):
    return subprocess.run(["zstd", "-q", "-c", *flags], input=data, stdout=subprocess.PIPE, check=True).stdout


class Key:
    def __init__(self, path):
        self.key = serialization.load_pem_private_key(pathlib.Path(path).read_bytes(), None)
        public = self.key.public_key()
        spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.id = sha256(spki)

    def signature(self, payload, payload_type=PAYLOAD_TYPE):
        signed = b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)
        return {"keyid": self.id, "sig": base64.b64encode(self.key.sign(signed)).decode()}


class Copy:
    """A copy of the store, whose newest statement can be written anew."""

    def __init__(self, folder, keys):
        self.folder, (self.key, self.other) = folder, keys
        self.ledger = sorted(path for path in folder.glob("ledger/*/*/*/*.dsse.json"))
        self.last = self.ledger[2]
        self.statement = json.loads(base64.b64decode(json.loads(self.last.read_bytes())["payload"]))
        self.predicate = self.statement["predicate"]

    def file(self, name, number=3):
        statement = json.loads(base64.b64decode(json.loads(self.ledger[number - 1].read_bytes())["payload"]))
        return self.folder / next(s["name"] for s in statement["subject"] if s["name"].endswith("/" + name))

    def write(self, path, data):
        """The copies share their files with the store, so a file is never written in place."""
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def list(self, name, data):
        """A file of the newest bundle, with the statement's digest and size of it."""
        path = self.file(name)
        self.write(path, data)
        for subject in self.statement["subject"]:
            if subject["name"] == str(path.relative_to(self.folder)):
                subject["digest"]["sha256"] = sha256(data)
                subject["annotations"]["bytes"] = len(data)

    def json(self, name, change):
        value = json.loads(self.file(name).read_bytes())
        changed = change(value)
        self.list(name, canonical(value if changed is None else changed))

    def lines(self, name, change):
        text = zstd(self.file(name).read_bytes(), "-d")
        values = [json.loads(line) for line in text.splitlines()]
        changed = change(values)
        values = values if changed is None else changed
        self.list(name, zstd(b"".join(canonical(value) + b"\n" for value in values)))

    def read(self, name):
        data = self.file(name).read_bytes()
        if name.endswith(".zst"):
            return [json.loads(line) for line in zstd(data, "-d").splitlines()]
        return json.loads(data)

    def seal(self, payload=None, change=None, payload_type=PAYLOAD_TYPE, key=None):
        """Signs the newest statement again. Its time stamp was over the old one, and goes."""
        payload = canonical(self.statement) if payload is None else payload
        signatures = [(key or self.key).signature(payload, payload_type)]
        envelope = {"payload": base64.b64encode(payload).decode(), "payloadType": payload_type, "signatures": signatures}
        data = canonical(envelope if change is None else change(envelope) or envelope)
        self.write(self.last, data)
        token(self.last).unlink(missing_ok=True)


def token(ledger):
    return ledger.with_name(ledger.name.replace(".dsse.json", ".tsr"))


def resealed(document):
    document["sha256"] = sha256(canonical({key: value for key, value in document.items() if key != "sha256"}))


def mutation(line, name, *kinds, file=None, reperform=False, sealed=True):
    def add(change):
        MUTATIONS.append((line, name, kinds, file, reperform, sealed, change))
        return change

    return add


def at_rest(line, name, *kinds, **more):
    """What is done to a store by somebody without the key."""
    return mutation(line, name, *kinds, sealed=False, **more)


# --- nothing is wrong
@at_rest(0, "untouched")
def _(c):
    pass


@mutation(0, "signed again without a change")
def _(c):
    c.lines("findings.jsonl.zst", lambda lines: None)
    c.json("summary.json", lambda summary: None)


# --- 1. the ledger
@at_rest(1, "a note in the ledger", "unexpected_ledger_file", file="note.txt")
def _(c):
    c.write(c.last.with_name("note.txt"), b"hello")


@at_rest(1, "the second statement removed", "missing_statement", file="0000000002")
def _(c):
    c.ledger[1].unlink()
    token(c.ledger[1]).unlink()


@at_rest(1, "the first statement removed", "missing_statement", file="0000000001")
def _(c):
    c.ledger[0].unlink()
    token(c.ledger[0]).unlink()


@at_rest(1, "the second and the third exchanged, with their tokens", "sequence_mismatch", "previous_mismatch", "tree_mismatch", file="0000000002")
def _(c):
    for a, b in ((c.ledger[1], c.last), (token(c.ledger[1]), token(c.last))):
        one, two = a.read_bytes(), b.read_bytes()
        c.write(a, two)
        c.write(b, one)


@at_rest(1, "the third doubled as a fourth", "sequence_mismatch", "duplicate_statement", "previous_mismatch", "tree_mismatch", file="0000000004")
def _(c):
    c.write(c.last.with_name("0000000004.dsse.json"), c.last.read_bytes())


@at_rest(1, "the third moved to the fifth number", "missing_statement", "sequence_mismatch", "previous_mismatch", file="0000000005")
def _(c):
    c.last.rename(c.last.with_name("0000000005.dsse.json"))
    token(c.last).rename(c.last.with_name("0000000005.tsr"))


@at_rest(1, "the first copied to another stream", "foreign_statement", "subject_mismatch", file="ledger/other")
def _(c):
    other = c.folder / "ledger" / "other" / c.last.parent.relative_to(c.folder / "ledger").relative_to(c.last.parts[len(c.folder.parts) + 1])
    c.write(other / c.ledger[0].name, c.ledger[0].read_bytes())


@mutation(1, "a statement of another scope", "foreign_statement", "run_mismatch", file="0000000003")
def _(c):
    c.predicate["scope"] = "999999999999"


@mutation(1, "another file before", "previous_mismatch", file="0000000003")
def _(c):
    c.predicate["previous"]["sha256"] = sha256(b"")


@mutation(1, "no file before", "previous_mismatch", file="0000000003")
def _(c):
    c.predicate["previous"] = None


@mutation(1, "the number of the one before", "sequence_mismatch", file="0000000003")
def _(c):
    c.predicate["sequence"] = 2


# --- 2. the envelope
@at_rest(2, "a space in the envelope", "envelope_not_canonical", "timestamp_foreign", file="0000000003")
def _(c):
    c.write(c.last, c.last.read_bytes().replace(b'{"payload":', b'{ "payload":', 1))


@at_rest(2, "no envelope", "envelope_malformed", "timestamp_foreign", file="0000000003")
def _(c):
    c.write(c.last, b"hello")


@at_rest(2, "an empty ledger file", "envelope_malformed", "timestamp_foreign", "previous_mismatch", "tree_mismatch", file="0000000002")
def _(c):
    c.write(c.ledger[1], b"")


@at_rest(2, "a bit of the signature", "bad_signature", file="0000000003")
def _(c):
    envelope = json.loads(c.last.read_bytes())
    signature = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
    signature[0] ^= 1
    envelope["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    c.write(c.last, canonical(envelope))
    token(c.last).unlink()


@at_rest(2, "a statement by another key", "foreign_key", file="0000000003")
def _(c):
    c.seal(key=c.other)


@at_rest(2, "another key under the name of the right one", "bad_signature", file="0000000003")
def _(c):
    def change(envelope):
        envelope["signatures"][0]["keyid"] = c.key.id

    c.seal(key=c.other, change=change)


@at_rest(2, "the signature of the statement before", "bad_signature", file="0000000003")
def _(c):
    before = json.loads(c.ledger[1].read_bytes())["signatures"]
    c.seal(change=lambda envelope: envelope | {"signatures": before})


@at_rest(2, "no signature", "envelope_malformed", file="0000000003")
def _(c):
    c.seal(change=lambda envelope: envelope | {"signatures": []})


@at_rest(2, "the same signature twice", "envelope_malformed", file="0000000003")
def _(c):
    c.seal(change=lambda envelope: envelope | {"signatures": envelope["signatures"] * 2})


@at_rest(2, "another payload type", "wrong_payload_type", file="0000000003")
def _(c):
    c.seal(payload_type="application/json")


@at_rest(2, "a payload that is not canonical", "envelope_not_canonical", file="0000000003")
def _(c):
    c.seal(payload=json.dumps(c.statement, sort_keys=True, indent=1).encode())


@at_rest(2, "a payload that is no statement", "statement_malformed", "wrong_statement_type", "wrong_predicate_type", file="0000000003")
def _(c):
    c.seal(payload=b"{}")


@mutation(2, "another statement type", "wrong_statement_type", file="0000000003")
def _(c):
    c.statement["_type"] = "https://in-toto.io/Statement/v0.1"


@mutation(2, "another predicate type", "wrong_predicate_type", file="0000000003")
def _(c):
    c.statement["predicateType"] = "https://slsa.dev/provenance/v1"


@mutation(2, "an unknown field", "statement_malformed", file="0000000003")
def _(c):
    c.predicate["note"] = "trust me"


# --- 3. files
NAMES = (
    "run.json catalogue.json policy.json populations.json summary.json exchanges.jsonl.zst resources.jsonl.zst findings.jsonl.zst "
    "changes.jsonl.zst"
).split()


def bit(name):
    @at_rest(3, f"a bit of {name}", "digest_mismatch", file=name)
    def _(c):
        data = bytearray(c.file(name, 2).read_bytes())
        data[len(data) // 2] ^= 4
        c.write(c.file(name, 2), bytes(data))


def gone(name):
    @at_rest(3, f"{name} removed", "missing_file", file=name)
    def _(c):
        c.file(name, 1).unlink()


for each in NAMES:
    bit(each)
    gone(each)


@at_rest(3, "a file added", "added_file", file="resources.jsonl")
def _(c):
    c.write(c.file("run.json").with_name("resources.jsonl"), b"")


@at_rest(3, "run.json of two bundles exchanged", "digest_mismatch", file="run.json")
def _(c):
    one, two = c.file("run.json", 1), c.file("run.json", 2)
    a, b = one.read_bytes(), two.read_bytes()
    c.write(one, b)
    c.write(two, a)


@at_rest(3, "a file cut short", "digest_mismatch", file="findings.jsonl.zst")
def _(c):
    path = c.file("findings.jsonl.zst")
    c.write(path, path.read_bytes()[:-7])


@at_rest(3, "findings compressed again", "digest_mismatch", file="findings.jsonl.zst")
def _(c):
    path = c.file("findings.jsonl.zst")
    c.write(path, zstd(zstd(path.read_bytes(), "-d"), "-1", "--no-check"))


@mutation(3, "a file is not listed", "subject_mismatch", file="0000000003")
def _(c):
    del c.statement["subject"][0]


@mutation(3, "the size is another", "digest_mismatch", file="catalogue.json")
def _(c):
    c.statement["subject"][0]["annotations"]["bytes"] += 1


@mutation(3, "a file of another bundle is listed", "subject_mismatch", file="0000000003")
def _(c):
    name = str(c.file("catalogue.json", 1).relative_to(c.folder))
    next(s for s in c.statement["subject"] if s["name"].endswith("catalogue.json"))["name"] = name


# --- 4. documents
@mutation(4, "findings that cannot be decompressed", "document_malformed", file="findings.jsonl.zst")
def _(c):
    c.list("findings.jsonl.zst", c.file("findings.jsonl.zst").read_bytes()[:-9])


@mutation(4, "a summary that is no JSON", "document_malformed", file="summary.json")
def _(c):
    c.list("summary.json", b"hello")


@mutation(4, "a resource with an unknown key", "schema_mismatch", file="resources.jsonl.zst")
def _(c):
    c.lines("resources.jsonl.zst", lambda lines: lines[0].update(note="x"))


@mutation(4, "a population with a negative count", "schema_mismatch", file="populations.json")
def _(c):
    c.json("populations.json", lambda rows: rows[0].update(listed=-1))


@mutation(4, "a run without its job", "schema_mismatch", file="run.json")
def _(c):
    c.json("run.json", lambda run: run.pop("job") and None)


@mutation(4, "a catalogue that is not canonical", "not_canonical", file="catalogue.json")
def _(c):
    c.list("catalogue.json", c.file("catalogue.json").read_bytes() + b"\n")
    c.json("run.json", lambda run: run.update(catalogue_sha256=sha256(c.file("catalogue.json").read_bytes())))


@mutation(4, "findings that are not sorted", "not_sorted", file="findings.jsonl.zst")
def _(c):
    def swap(lines):
        lines[0], lines[1] = lines[1], lines[0]

    c.lines("findings.jsonl.zst", swap)


@mutation(4, "a resource twice", "not_sorted", "balance_broken", file="resources.jsonl.zst")
def _(c):
    c.lines("resources.jsonl.zst", lambda lines: [lines[0], *lines])


@mutation(4, "a resource of another account", "foreign_document", "finding_mismatch", file="resources.jsonl.zst")
def _(c):
    def change(lines):
        lines[0]["scope"] = "999999999999"
        resealed(lines[0])

    c.lines("resources.jsonl.zst", change)


# --- 5. exchanges
@mutation(5, "an answer altered", "exchange_digest_mismatch", file="exchanges.jsonl.zst")
def _(c):
    def change(lines):
        one = next(line for line in lines if (line["response"] or {}).get("body"))
        one["response"]["body"] += " "

    c.lines("exchanges.jsonl.zst", change)


@mutation(5, "an exchange left out", "exchange_numbering", "unknown_exchange", file="exchanges.jsonl.zst")
def _(c):
    # One that no document refers to; what refers to the last number has lost it all the same.
    used = {seq for document in c.read("resources.jsonl.zst") for seq in document["exchanges"]}
    used |= {seq for finding in c.read("findings.jsonl.zst") for seq in finding["exchanges"]}
    unused = next(line["seq"] for line in c.read("exchanges.jsonl.zst") if line["seq"] not in used)
    c.lines("exchanges.jsonl.zst", lambda lines: [line for line in lines if line["seq"] != unused])


@mutation(5, "the last exchange left out", "unknown_exchange", file="resources.jsonl.zst")
def _(c):
    c.lines("exchanges.jsonl.zst", lambda lines: lines[:-1])


@mutation(5, "a resource made from an exchange that is not there", "unknown_exchange", "finding_mismatch", file="resources.jsonl.zst")
def _(c):
    def change(lines):
        lines[0]["exchanges"].append(99999)
        resealed(lines[0])

    c.lines("resources.jsonl.zst", change)


# --- 6. the balance
def row(rows):
    return next(row for row in rows if row["evaluated"] > 0)


@mutation(6, "one more listed", "balance_broken", file="populations.json")
def _(c):
    c.json("populations.json", lambda rows: row(rows).update(listed=row(rows)["listed"] + 1))


@mutation(6, "one more evaluated, and it balances", "balance_broken", file="populations.json")
def _(c):
    c.json("populations.json", lambda rows: row(rows).update(listed=row(rows)["listed"] + 1, evaluated=row(rows)["evaluated"] + 1))


@mutation(6, "a resource left out", "balance_broken", "finding_unexpected", file="populations.json")
def _(c):
    judged = {finding["resource"]["id"] for finding in c.read("findings.jsonl.zst") if finding["resource"]}
    index = next(i for i, one in enumerate(c.read("resources.jsonl.zst")) if one["id"] in judged)
    c.lines("resources.jsonl.zst", lambda lines: lines[:index] + lines[index + 1 :])


@mutation(6, "a resource altered", "resource_digest_mismatch", file="resources.jsonl.zst")
def _(c):
    c.lines("resources.jsonl.zst", lambda lines: lines[0].update(name="another"))


# --- 7. verdicts
@mutation(7, "a verdict left out", "finding_missing", "summary_mismatch", "predicate_mismatch", "changes_mismatch", file="findings.jsonl.zst")
def _(c):
    c.lines("findings.jsonl.zst", lambda lines: lines[1:])


@mutation(7, "a verdict doubled", "finding_duplicated", "summary_mismatch", "predicate_mismatch", file="findings.jsonl.zst")
def _(c):
    c.lines("findings.jsonl.zst", lambda lines: [lines[0], *lines])


def failing(lines):
    return next(line for line in lines if line["verdict"] == "fail")


@mutation(7, "a failure becomes a pass", "summary_mismatch", "predicate_mismatch", "changes_mismatch", file="summary.json")
def _(c):
    def change(lines):
        one = failing(lines)
        one.update(verdict="pass", message=None)

    c.lines("findings.jsonl.zst", change)


@mutation(7, "what was not evaluated becomes a pass, with its reason", "finding_mismatch", "summary_mismatch", "predicate_mismatch", "changes_mismatch", file="findings.jsonl.zst")
def _(c):
    c.lines("findings.jsonl.zst", lambda lines: next(one for one in lines if one["verdict"] == "not_evaluated").update(verdict="pass"))


@mutation(7, "a verdict on another version of the resource", "finding_mismatch", file="findings.jsonl.zst")
def _(c):
    c.lines("findings.jsonl.zst", lambda lines: next(one for one in lines if one["resource"])["resource"].update(sha256=sha256(b"x")))


@mutation(7, "a verdict that refers to no exchange that is there", "unknown_exchange", "finding_mismatch", file="findings.jsonl.zst")
def _(c):
    c.lines("findings.jsonl.zst", lambda lines: next(one for one in lines if one["resource"])["exchanges"].append(99999))


@mutation(7, "an exception that nobody approved", "unknown_exception", file="findings.jsonl.zst")
def _(c):
    exception = {"id": "E-1", "approver": "me", "expires": "2099-01-01T00:00:00.000Z"}
    c.lines("findings.jsonl.zst", lambda lines: failing(lines).update(exception=exception))


# --- 8. what follows
@mutation(8, "a better summary", "summary_mismatch", file="summary.json")
def _(c):
    c.json("summary.json", lambda summary: summary["counts"].update({"pass": summary["counts"]["pass"] + 1}))


@mutation(8, "better counts in the statement", "predicate_mismatch", file="0000000003")
def _(c):
    c.predicate["counts"]["fail"] = 0


@mutation(8, "no gaps in the statement", "predicate_mismatch", file="0000000003")
def _(c):
    c.predicate["gaps"] = 0


@mutation(8, "complete in the statement", "predicate_mismatch", file="0000000003")
def _(c):
    c.predicate["complete"] = True


@mutation(8, "a change made up", "changes_mismatch", file="changes.jsonl.zst")
def _(c):
    made_up = {"change": "resolved", "control": "aws.zzz", "resource": None, "from": "fail", "to": "pass"}
    c.lines("changes.jsonl.zst", lambda lines: [*lines, made_up])


@mutation(8, "a run of another instant", "run_mismatch", file="run.json")
def _(c):
    c.json("run.json", lambda run: run.update(as_of="2020-01-01T00:00:00.000Z"))


@mutation(8, "a control left out of the catalogue", "run_mismatch", "finding_unexpected", "summary_mismatch", "predicate_mismatch", file="run.json")
def _(c):
    judged = c.read("findings.jsonl.zst")[0]["control"]
    c.json("catalogue.json", lambda controls: [control for control in controls if control["id"] != judged])


# --- 9. the tree
@mutation(9, "another root", "tree_mismatch", file="0000000003")
def _(c):
    c.predicate["tree"]["root"] = sha256(b"")


@mutation(9, "another size", "tree_mismatch", file="0000000003")
def _(c):
    c.predicate["tree"]["size"] = 3


@mutation(9, "other subtrees", "tree_mismatch", file="0000000003")
def _(c):
    c.predicate["tree"]["frontier"] = []


# --- 10. a checkpoint of all three was kept
@at_rest(10, "the newest statement and its bundle removed", "ledger_shrank", file="ledger/demo")
def _(c):
    shutil.rmtree(c.file("run.json").parent)
    c.last.unlink()
    token(c.last).unlink()


@at_rest(10, "the stream removed whole", "no_statement_found", "stream_gone", file="ledger/demo")
def _(c):
    shutil.rmtree(c.folder / "ledger")
    shutil.rmtree(c.folder / "bundles")


@mutation(10, "history written anew with the right key", "checkpoint_mismatch", file="ledger/demo")
def _(c):
    c.predicate["cost"]["calls"] += 1


# --- 11. time stamps
@at_rest(11, "the tokens of two statements exchanged", "timestamp_foreign", file="0000000001.tsr")
def _(c):
    one, two = token(c.ledger[0]), token(c.ledger[1])
    a, b = one.read_bytes(), two.read_bytes()
    c.write(one, b)
    c.write(two, a)


@at_rest(11, "a token that is none", "timestamp_broken", file="0000000002.tsr")
def _(c):
    c.write(token(c.ledger[1]), b"hello")


@at_rest(11, "a token cut short", "timestamp_broken", file="0000000002.tsr")
def _(c):
    c.write(token(c.ledger[1]), token(c.ledger[1]).read_bytes()[:-40])


@at_rest(11, "a token without its statement", "timestamp_without_statement", file="0000000004.tsr")
def _(c):
    c.write(c.last.with_name("0000000004.tsr"), token(c.last).read_bytes())


@at_rest(11, "a token of an hour ago", "timestamp_out_of_order", file="0000000003.tsr")
def _(c):
    c.write(token(c.last), (TOKENS / "past.tsr").read_bytes())


@at_rest(11, "a token of a stranger", "timestamp_untrusted", file="0000000003.tsr")
def _(c):
    c.write(token(c.last), (TOKENS / "foreign-root.tsr").read_bytes())


@at_rest(11, "a token whose signature names no certificate", "timestamp_broken", file="0000000003.tsr")
def _(c):
    c.write(token(c.last), (TOKENS / "no-ess.tsr").read_bytes())


# --- what only re-performance finds
@mutation(12, "a verdict reworded", reperform=True)
def _(c):
    c.lines("findings.jsonl.zst", lambda lines: failing(lines).update(message="all is well"))


@mutation(12, "a document altered, sealed, and judged as before", reperform=True)
def _(c):
    old = c.read("resources.jsonl.zst")[0]
    new = dict(old, name="another")
    resealed(new)
    c.lines("resources.jsonl.zst", lambda lines: [new, *lines[1:]])

    def follow(lines):
        for one in lines:
            if one["resource"] and one["resource"]["sha256"] == old["sha256"]:
                one["resource"]["sha256"] = new["sha256"]

    c.lines("findings.jsonl.zst", follow)


@mutation(12, "a control that says something else", reperform=True)
def _(c):
    failed = failing(c.read("findings.jsonl.zst"))["control"]

    def change(controls):
        next(control for control in controls if control["id"] == failed)["pass"] = "true"

    c.json("catalogue.json", change)
    c.json("run.json", lambda run: run.update(catalogue_sha256=sha256(c.file("catalogue.json").read_bytes())))


@mutation(12, "an answer altered with its digest", reperform=True)
def _(c):
    def change(lines):
        one = next(line for line in lines if line["operation"] == "GetAccountSummary" and line["response"]["status"] == 200)
        body = one["response"]["body"].replace("<value>1</value>", "<value>0</value>")
        assert body != one["response"]["body"]
        one["response"].update(body=body, sha256=sha256(body.encode()))

    c.lines("exchanges.jsonl.zst", change)


def main(store, key, other, tokens, out):
    global TOKENS
    TOKENS, keys = pathlib.Path(tokens), (Key(key), Key(other))
    made = []
    for number, (line, name, kinds, file, reperform, sealed, change) in enumerate(MUTATIONS):
        folder = pathlib.Path(out) / f"{number:03}"
        shutil.copytree(store, folder, copy_function=os.link)
        copy = Copy(folder, keys)
        change(copy)
        if sealed:
            copy.seal()
        made.append(dict(line=line, name=name, folder=str(folder), kinds=sorted(kinds), file=file, reperform=reperform))
    assert len({one["name"] for one in made}) == len(made), "each name once"
    print(json.dumps(made))


main(*sys.argv[1:])
