"""Who asks: the tokens that `gcp_cloud.py` gives, and what each identity may do.

Tokens come from the metadata server, from the token endpoint for the key file of a service account (`GET /key/collector`; what
its key signed is a token itself, too), from the exchange of an external account's subject token (the identity's name), and from the impersonation of a service account.
Documentation: https://developers.google.com/identity/protocols/oauth2/service-account#httprest,
https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys, https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
"""

import base64
import functools
import json
import re
import secrets
import time
import urllib.parse

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gcp_errors import Refused, info

PROJECT, NUMBER = "evidence-audit", "100000000009"
PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
READS = r".*\.(get|list|search|query|aggregatedList)[A-Za-z]*|.*\.(testIamPermissions|getAncestry|generateAccessToken)"
# Rights that read what is stored, or lend an identity: a reader of settings has none of them.
CONTENT = r"iam\.serviceAccounts\.get(AccessToken|OpenIdToken)|storage\.objects\..*|secretmanager\.versions\.access|bigquery\.tables\.getData"
# By identity, the methods that it may call and the permissions that it has.
IDENTITIES = {
    "collector": (READS, rf"(?!{CONTENT})(?:{READS})"),
    "narrow": (r"storage\.buckets\..*|cloudresourcemanager\.projects\.(get|list|search|getAncestry|testIamPermissions)",
               r"storage\.buckets\.(get|list|getIamPolicy)|resourcemanager\.projects\.(get|list)"),
    "stranger": (r".*\.testIamPermissions|cloudresourcemanager\.\w+\.search|cloudresourcemanager\.projects\.list", "none"),
    "owner": (r".*", r".*"),
}


def email(identity):
    return f"{identity}@{PROJECT}.iam.gserviceaccount.com"


@functools.cache
def key_of(identity):
    """One key for each identity that is asked for, made when it is."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def may_call(identity, method):
    return re.fullmatch(IDENTITIES[identity][0], method) is not None


def has(identity, permission):
    return re.fullmatch(IDENTITIES[identity][1], permission) is not None


class BadGrant(Exception):
    """What the token endpoint says of a grant that it refuses."""


class Tokens:
    def __init__(self, seconds):
        self.seconds, self.given, self.machine = seconds, {}, "collector"

    def give(self, identity, scopes):
        token = f"ya29.c.fake-{identity}-{secrets.token_urlsafe(24)}"
        self.given[token] = (identity, frozenset(scopes), time.time() + self.seconds)
        return {"access_token": token, "expires_in": self.seconds - 1, "token_type": "Bearer"}

    def check(self, authorization, method):
        """The identity of a call, by the token that it carries."""
        scheme, _, token = (authorization or "").partition(" ")
        identity, scopes, until = self.given.get(token) or self.own(token)
        if scheme.lower() != "bearer" or until < time.time():
            raise Refused("UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
                          "other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
                          headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'})
        # The document leaves out a scope that the reference has for `generateAccessToken`.
        accepted = method.scopes | ({"https://www.googleapis.com/auth/iam"} if method.document.name == "iamcredentials" else set())
        if method.scopes and not scopes & accepted:
            detail = info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com", service=method.document.host, method=method.id)
            raise Refused("PERMISSION_DENIED", "Request had insufficient authentication scopes.", [detail], reason="insufficientPermissions")
        return identity

    def own(self, token):
        """What a service account signed itself and sends as its token, as many libraries do (https://google.aip.dev/auth/4111)."""
        try:
            identity, said = self.signed(token)
        except BadGrant:
            return None, None, 0
        return identity, frozenset(said.get("scope", "").split()), said["exp"]

    def key_file(self, identity, url):
        pem = key_of(identity).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return {
            "type": "service_account", "project_id": PROJECT, "private_key_id": f"key-of-{identity}", "private_key": pem.decode(),
            "client_email": email(identity), "client_id": "300000000000000000009", "token_uri": f"{url}/token",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth", "universe_domain": "googleapis.com",
        }

    @staticmethod
    def signed(jwt):
        """The identity and the claims of what a service account's key signed; `BadGrant` says what is wrong with it."""
        try:
            head, claims, signature = jwt.split(".")
            header, said = json.loads(padded(head)), json.loads(padded(claims))
            identity = {email(name): name for name in IDENTITIES}[said["iss"]]
            key_of(identity).public_key().verify(padded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
            # Google's library for Rust allows clocks to differ by ten seconds at both ends of the hour.
            times = said["iat"] - 300 < time.time() < said["exp"] <= said["iat"] + 3600 + 20
        except (InvalidSignature, KeyError, TypeError, ValueError) as error:
            raise BadGrant("invalid_grant", "Invalid JWT Signature.") from error
        if header.get("alg") != "RS256" or header.get("typ", "JWT") != "JWT":
            raise BadGrant("invalid_grant", "Invalid JWT header.")
        if not times:
            raise BadGrant("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                           "Check your iat and exp values in the JWT claim.")
        return identity, said

    def grant(self, form, url):
        """A token for a service account's own assertion."""
        if form.get("grant_type") != BEARER:
            raise BadGrant("unsupported_grant_type", "Invalid grant_type: " + form.get("grant_type", ""))
        identity, said = self.signed(form.get("assertion", ""))
        # Google's libraries name Google's own token server, whatever the key file says.
        if said.get("aud") not in (f"{url}/token", "https://oauth2.googleapis.com/token"):
            raise BadGrant("invalid_grant", "Invalid JWT: Failed audience check.")
        if not said.get("scope", "").startswith("https://www.googleapis.com/auth/"):
            raise BadGrant("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return self.give(identity, said["scope"].split())

    def exchange(self, form):
        names = {name.replace("T", "_t").lower(): value for name, value in form.items()}  # JSON has them in camelCase
        wanted = names.get("grant_type") == EXCHANGE and names.get("requested_token_type", ACCESS) == ACCESS
        if not wanted or names.get("subject_token") not in IDENTITIES or not names.get("audience") or not names.get("scope"):
            raise BadGrant("invalid_grant", "The subject token is not accepted.")
        return {**self.give(names["subject_token"], names["scope"].split()), "issued_token_type": ACCESS}

    def metadata(self, path, query):
        """The answer of the machine's metadata server: text, or a document."""
        account = "instance/service-accounts/default/"
        scopes = query.get("scopes", [PLATFORM])[0].split(",")
        whole = {"aliases": ["default"], "email": email(self.machine), "scopes": [PLATFORM]}
        known = {
            "": "instance/\nproject/\nuniverse/\n", "universe/universe-domain": "googleapis.com", "project/project-id": PROJECT,
            "project/numeric-project-id": NUMBER, account: whole if query.get("recursive") == ["true"] else "email\nscopes\ntoken\n",
            account + "email": email(self.machine), account + "scopes": PLATFORM + "\n",
        }
        if path == account + "token":
            return self.give(self.machine, scopes)
        return known.get(path)


def padded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def form_of(raw, kind):
    if "json" in (kind or ""):
        return json.loads(raw or b"{}")
    return dict(urllib.parse.parse_qsl(raw.decode()))
