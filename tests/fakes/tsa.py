"""A time-stamping authority (RFC 3161) on the openssl command line, and every way in which one can be wrong.

    tsa.py make FOLDER               keys and certificates, below one root: root.pem, ca.pem (root and intermediate), other.pem
    tsa.py tokens FOLDER FILE NONCE [MODE ...]
                                     one answer over FILE in each MODE (all when none is named), as FOLDER/MODE.tsr
    tsa.py serve FOLDER PORT         HTTP on 127.0.0.1: POST to /MODE; a word in the file FOLDER/mode goes before the path

Honest answers are those of `openssl ts`. The wrong ones are `openssl ts` over another question, or, where it would refuse,
a TSTInfo written here and signed by `openssl cms`. Only Python's own library is used.
"""

import http.server
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

CONFIG = """
[req]
distinguished_name = none
prompt = no
[none]
CN = none
[ca]
database = index.txt
serial = serial
rand_serial = yes
new_certs_dir = issued
default_md = sha256
policy = anything
unique_subject = no
default_days = 3650
[anything]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[stamping]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[no_purpose]
basicConstraints = critical, CA:FALSE
[purposes]
extendedKeyUsage = critical, timeStamping, emailProtection
[not_critical]
extendedKeyUsage = timeStamping
[web]
extendedKeyUsage = critical, serverAuth
[no_signing]
keyUsage = critical, keyEncipherment
extendedKeyUsage = critical, timeStamping
"""

REPLY = """
[tsa]
serial = {serial}
crypto_device = builtin
signer_cert = {signer}.pem
signer_key = {signer}.key
{certs}
signer_digest = {digest}
default_policy = {policy}
digests = {digests}
accuracy = {accuracy}
ordering = no
tsa_name = yes
ess_cert_id_chain = {chain}
ess_cert_id_alg = {ess}
"""

POLICY, OTHER_POLICY = "1.3.6.1.4.1.57264.9.1", "1.3.6.1.4.1.57264.9.2"

# Answers of `openssl ts`: what differs from the plain one.
HONEST = {
    "rsa": dict(signer="rsa"),
    "rsa512": dict(signer="rsa", digest="sha512"),
    "p256": dict(signer="p256"),
    "p384": dict(signer="p384", digest="sha384"),
    "chain": dict(signer="below", certs="certs = middle_and_root.pem", chain="yes"),
    "sha1": dict(signer="p256", ess="sha1"),
    "accurate": dict(signer="p256", accuracy="secs:2, millisecs:250, microsecs:5"),
}
WRONG = {
    "no-chain": dict(signer="below"),
    "refused": dict(signer="p256", digests="sha512"),
    "policy": dict(signer="p256", policy=OTHER_POLICY),
    "foreign-root": dict(signer="stranger"),
    "expired": dict(signer="expired"),
}
# Answers written here: the signer, options of `openssl cms`, and changes of the TSTInfo.
CRAFTED = {
    "fraction": dict(signer="below", options=["-cades", "-certfile", "middle.pem"], fraction=".123456"),
    "past": dict(signer="p256", back=3600),
    "other-policy": dict(signer="p256", policy=OTHER_POLICY),
    "old": dict(signer="p256", back=20 * 365 * 86400),
    "no-purpose": dict(signer="no_purpose"),
    "purposes": dict(signer="purposes"),
    "not-critical": dict(signer="not_critical"),
    "web": dict(signer="web"),
    "no-signing": dict(signer="no_signing"),
    "no-certificate": dict(signer="p256", options=["-cades", "-nocerts"]),
    "no-ess": dict(signer="p256", options=[]),
    "no-attributes": dict(signer="p256", options=["-noattr"]),
    "two-signers": dict(signer="p256", options=["-cades", "-signer", "p384.pem", "-inkey", "p384.key"]),
    "version": dict(signer="p256", version=2),
    "content-type": dict(signer="p256", content="1.2.840.113549.1.7.1"),
    "critical-extension": dict(signer="p256", extension=True),
    "weak-key": dict(signer="weak"),
    "weak-digest": dict(signer="rsa", options=["-cades", "-md", "sha1"]),
}
# Besides these: "nonce" and "imprint" answer another question, and "html", "down", "slow" and "error" give no token.


def openssl(folder, *arguments, check=True):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"openssl {' '.join(arguments)}: {done.stderr.decode()}")
    return done.stdout


def make(folder):
    (folder / "issued").mkdir(parents=True)
    (folder / "index.txt").touch()
    (folder / "pki.cnf").write_text(CONFIG)

    def key(name, kind):
        kind = ["RSA", "-pkeyopt", f"rsa_keygen_bits:{kind[3:]}"] if kind.startswith("rsa") else ["EC", "-pkeyopt", f"ec_paramgen_curve:{kind}"]
        openssl(folder, "genpkey", "-algorithm", *kind, "-out", f"{name}.key")

    def root(name):
        key(name, "P-384")
        openssl(folder, "req", "-config", "pki.cnf", "-x509", "-new", "-key", f"{name}.key", "-out", f"{name}.pem",
                "-subj", f"/CN=Test {name}", "-days", "7300", "-extensions", "authority")

    def issue(name, issuer, section, kind="P-256", dates=("-startdate", "20250101000000Z", "-enddate", "20450101000000Z")):
        key(name, kind)
        openssl(folder, "req", "-config", "pki.cnf", "-new", "-key", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN=Test {name}")
        openssl(folder, "ca", "-batch", "-notext", "-config", "pki.cnf", "-name", "ca", "-cert", f"{issuer}.pem", "-keyfile",
                f"{issuer}.key", "-in", f"{name}.csr", "-out", f"{name}.pem", "-extensions", section, *dates)

    root("root"), root("other")
    issue("middle", "root", "authority")
    issue("rsa", "root", "stamping", "rsa2048")
    issue("weak", "root", "stamping", "rsa1024")
    issue("p256", "root", "stamping")
    issue("p384", "root", "stamping", "P-384")
    issue("below", "middle", "stamping")
    issue("stranger", "other", "stamping")
    issue("expired", "root", "stamping", dates=["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"])
    for section in ["no_purpose", "purposes", "not_critical", "web", "no_signing"]:
        issue(section, "root", section)
    together = lambda *names: b"".join((folder / f"{name}.pem").read_bytes() for name in names)
    (folder / "ca.pem").write_bytes(together("root", "middle"))
    (folder / "middle_and_root.pem").write_bytes(together("middle", "root"))


# DER (X.690), as much as a query and a TSTInfo need.

def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else (lambda b: bytes([0x80 | len(b)]) + b)(size.to_bytes((size.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + length + body


def integer(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def read(data):
    """The members of a constructed value: (tag, whole, body)."""
    at, found = 0, []
    while at < len(data):
        size, start = data[at + 1], at + 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[at + 2:start], "big")
        found.append((data[at], data[at:start + size], data[start:start + size]))
        at = start + size
    return found


def oid(text):
    numbers = [int(number) for number in text.split(".")]
    def base128(number):
        out = [number & 0x7F]
        while number := number >> 7:
            out.append(0x80 | number & 0x7F)
        return bytes(reversed(out))
    return der(6, base128(numbers[0] * 40 + numbers[1]), *map(base128, numbers[2:]))


def question(query):
    members = read(read(query)[0][2])
    nonce = [whole for tag, whole, _ in members[1:] if tag == 2]
    return members[1][1], nonce[0] if nonce else b""


def honest(folder, query, *, signer, certs="", digest="sha256", policy=POLICY, digests="sha256, sha512", accuracy="secs:1", chain="no", ess="sha256"):
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / "serial").write_text("%016X" % time.time_ns())
        (scratch / "query").write_bytes(query)
        (scratch / "cnf").write_text(REPLY.format(serial=scratch / "serial", signer=signer, certs=certs, digest=digest, policy=policy,
                                                  digests=digests, accuracy=accuracy, chain=chain, ess=ess))
        openssl(folder, "ts", "-reply", "-config", scratch / "cnf", "-section", "tsa", "-queryfile", scratch / "query",
                "-out", scratch / "answer", check=False)
        return (scratch / "answer").read_bytes()


def crafted(folder, query, *, signer, options=("-cades",), fraction="", back=0, version=1, policy=POLICY, content="1.2.840.113549.1.9.16.1.4", extension=False):
    imprint, nonce = question(query)
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() - back)) + fraction + "Z"
    unknown = der(0xA1, der(0x30, oid("1.3.6.1.4.1.57264.9.9"), b"\x01\x01\xff", der(4, b"\x05\x00"))) if extension else b""
    info = der(0x30, der(2, bytes([version])), oid(policy), imprint, integer(time.time_ns()),
               der(0x18, stamp.encode()), nonce, unknown)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / "info").write_bytes(info)
        token = openssl(folder, "cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER", "-in", scratch / "info",
                        "-econtent_type", content, "-signer", f"{signer}.pem", "-inkey", f"{signer}.key", *options)
    return der(0x30, der(0x30, der(2, b"\x00")), token)


def answer(folder, mode, query):
    """The bytes of an answer; none where there is no answer at all."""
    if mode in HONEST or mode in WRONG:
        return honest(folder, query, **(HONEST | WRONG)[mode])
    if mode in CRAFTED:
        return crafted(folder, query, **CRAFTED[mode])
    imprint, nonce = question(query)
    # Another question of the same length: the last bit of the nonce, or of the digest, is another one.
    changed = nonce if mode == "nonce" else imprint
    if mode in ("nonce", "imprint"):
        return honest(folder, query.replace(changed, changed[:-1] + bytes([changed[-1] ^ 1])), signer="p256")
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    folder = None

    def do_POST(self):
        query = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        override = self.folder / "mode"
        mode = override.read_text().strip() if override.exists() else self.path.strip("/")
        if mode == "down":
            self.close_connection = True
            return
        if mode == "slow":
            time.sleep(25)
        if mode == "error":
            return self.reply(500, "text/plain", b"no")
        if mode == "html":
            return self.reply(200, "text/html", b"<!doctype html><title>Log in</title>")
        if self.headers.get("Content-Type") != "application/timestamp-query":
            return self.reply(415, "text/plain", b"application/timestamp-query is wanted")
        if override.exists() and mode in ("", "ok"):
            mode = self.path.strip("/")
        found = answer(self.folder, "p256" if mode == "slow" else mode, query)
        self.reply(*((404, "text/plain", b"no such mode") if found is None else (200, "application/timestamp-reply", found)))

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main(command, folder, *rest):
    folder = pathlib.Path(folder)
    if command == "make":
        make(folder)
    elif command == "tokens":
        file, nonce, *modes = rest
        digest = openssl(folder, "dgst", "-sha256", "-binary", pathlib.Path(file).absolute())
        imprint = der(0x30, der(0x30, oid("2.16.840.1.101.3.4.2.1"), b"\x05\x00"), der(4, digest))
        query = der(0x30, b"\x02\x01\x01", imprint, integer(int(nonce)), b"\x01\x01\xff")
        for mode in modes or [*HONEST, *WRONG, *CRAFTED, "nonce", "imprint"]:
            (folder / f"{mode}.tsr").write_bytes(answer(folder, mode, query))
    elif command == "serve":
        Handler.folder = folder
        http.server.ThreadingHTTPServer(("127.0.0.1", int(rest[0])), Handler).serve_forever()
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
