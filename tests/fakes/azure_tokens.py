"""Places that give tokens of Entra ID: a tenant's token endpoint, the endpoint of App Service, and instance metadata.

    azure_tokens.py SUBJECT         prints a token of a Kubernetes service account

What an application shows of itself is checked as Entra ID checks it: a secret is compared; a certificate is one that the
application's registration has, and its key signed an assertion that is for this endpoint and holds now; a workload's token is of the
subject and audience that the federated credential names (its issuer's signature is not checked: there is no issuer).

Standard library and `openssl` only. Documentation:
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
https://learn.microsoft.com/entra/identity-platform/reference-error-codes,
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token,
https://learn.microsoft.com/azure/app-service/overview-managed-identity
"""

import base64
import hashlib
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

TENANT = "cccccccc-0000-4000-8000-000000000003"
IDENTITIES = {
    "collector": "bbbbbbbb-0000-4000-8000-000000000001",
    "narrow": "bbbbbbbb-0000-4000-8000-000000000002",
    "stranger": "bbbbbbbb-0000-4000-8000-000000000003",
}
# The application that is the collector, and a managed identity that the machine has beside its own.
APPLICATION = "99999999-0000-4000-8000-000000000001"
ASSIGNED = {"99999999-0000-4000-8000-000000000002": "narrow"}
SECRET = "canary-application-secret"
SUBJECT = {"sub": "system:serviceaccount:evidenced:collector", "aud": "api://AzureADTokenExchange"}
# A PEM file with the certificate that the application's registration has.
CERTIFICATE = os.environ.get("AZURE_APPLICATION_CERTIFICATE")
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def segment(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def token_of(identity, audience):
    now = int(time.time())
    claims = {"aud": audience, "iss": f"https://sts.windows.net/{TENANT}/", "iat": now, "exp": now + 3600,
              "oid": IDENTITIES[identity], "tid": TENANT}
    return f"{segment({'typ': 'JWT', 'alg': 'RS256'})}.{segment(claims)}.{segment('canary-signature')}"


def identity_of(authorization, audience):
    try:
        claims = json.loads(decoded(authorization.removeprefix("Bearer ").split(".")[1]))
    except (IndexError, ValueError):
        return None
    known = {oid: name for name, oid in IDENTITIES.items()}
    return known.get(claims["oid"]) if claims["aud"].rstrip("/") == audience.rstrip("/") else None


def managed(identity, resource):
    """An answer of App Service and of instance metadata."""
    return 200, {"access_token": token_of(identity, resource), "expires_on": str(int(time.time()) + 3600), "resource": resource,
                 "token_type": "Bearer"}


def app_service(headers, query):
    identity = headers.get("x-identity-header")
    if identity not in IDENTITIES:
        return 401, {"statusCode": 401, "message": "No identity has this header"}
    return managed(identity, query["resource"])


def metadata(headers, query):
    wrong = lambda what: (400, {"error": "invalid_request", "error_description": what})
    if headers.get("metadata") != "true":
        return wrong("Required metadata header not specified")
    if "api-version" not in query or "resource" not in query:
        return wrong("Required query variable is missing")
    if "client_id" in query and query["client_id"] not in ASSIGNED:
        return wrong("Identity not found")
    return managed(ASSIGNED.get(query.get("client_id"), "collector"), query["resource"])


class Wrong(Exception):
    """A refusal of the token endpoint: OAuth's word, and Entra ID's number and sentence."""

    def __init__(self, status, error, number, sentence):
        super().__init__(sentence)
        told = f"AADSTS{number}: {sentence} Trace ID: t Correlation ID: c Timestamp: 2026-11-30 00:00:00Z"
        self.status, self.body = status, {"error": error, "error_description": told, "error_codes": [number], "trace_id": "t",
                                          "correlation_id": "c", "timestamp": "2026-11-30 00:00:00Z"}


def entra(tenant, raw, url):
    """A tenant's token endpoint, which was asked at this URL."""
    form = dict(urllib.parse.parse_qsl(raw.decode()))
    try:
        if tenant != TENANT:
            raise Wrong(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            raise Wrong(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        if form.get("client_id") != APPLICATION:
            raise Wrong(400, "unauthorized_client", 700016, f"Application with identifier '{form.get('client_id')}' was not found in the directory.")
        if form.get("client_assertion_type") == JWT_BEARER:
            assertion(form["client_assertion"], url)
        elif form.get("client_secret") != SECRET:
            raise Wrong(401, "invalid_client", 7000215, "Invalid client secret provided.")
        audience = form["scope"].removesuffix("/.default")
    except Wrong as wrong:
        return wrong.status, wrong.body
    return 200, {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token_of("collector", audience)}


def assertion(token, url):
    """Takes an assertion, or says what is wrong with it."""
    try:
        head, claims, signature = token.split(".")
        head, claims = json.loads(decoded(head)), json.loads(decoded(claims))
    except ValueError:
        raise Wrong(401, "invalid_client", 50027, "JWT token is invalid or malformed.") from None
    if claims.get("iss") != APPLICATION:
        if any(claims.get(name) != value for name, value in SUBJECT.items()):
            raise Wrong(401, "invalid_client", 700213, f"No matching federated identity record found for presented assertion subject '{claims.get('sub')}'.")
        return
    if claims.get("sub") != APPLICATION or claims.get("aud") != url:
        raise Wrong(401, "invalid_client", 700023, "Client assertion audience claim does not match Realm issuer.")
    now = time.time()
    if not claims["nbf"] - 300 <= now <= claims["exp"] <= now + 3600:
        raise Wrong(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")
    if not signed(head, token.rpartition(".")[0], decoded(signature)):
        raise Wrong(401, "invalid_client", 700027, "The certificate with identifier used to sign the client assertion is not registered on application.")


def signed(head, text, signature):
    """True where the key of the application's certificate signed this text with PS256."""
    with open(CERTIFICATE, encoding="ascii") as file:
        pem = file.read()
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    pem = begin + pem.partition(begin)[2].partition(end)[0] + end
    if head.get("alg") != "PS256" or decoded(head["x5t#S256"]) != hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest():
        return False
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("certificate", pem.encode()), ("text", text.encode()), ("signature", signature)):
            with open(f"{folder}/{name}", "wb") as file:
                file.write(content)
        subprocess.run(["openssl", "x509", "-in", "certificate", "-pubkey", "-noout", "-out", "key"], cwd=folder, check=True)
        pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
        verify = ["openssl", "dgst", "-sha256", *pss, "-verify", "key", "-signature", "signature", "text"]
        return subprocess.run(verify, cwd=folder, check=False, capture_output=True).returncode == 0


if __name__ == "__main__":
    print(".".join(map(segment, ({"alg": "RS256"}, {**SUBJECT, "iss": "https://kubernetes.example", "sub": sys.argv[1]}, "canary-signature"))), end="")
