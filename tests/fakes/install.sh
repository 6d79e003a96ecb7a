#!/usr/bin/env bash
# Installs the fakes once a machine, in a folder named after what is pinned, and prints that folder.
# The tests call it themselves. It needs python3 with venv, npm, and the package registries the first time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${EVIDENCED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/evidenced}
pinned=$(cat "$here/requirements.txt" <(python3 -c 'import sys; print(sys.version_info[:2])') | sha256sum | cut -c1-16)
venv=$cache/fakes/$pinned
mkdir -p "$cache/fakes"
exec 9>"$cache/fakes/lock"
flock 9
if [ ! -e "$venv/installed" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    # No dependency but those listed: moto's optional half (a CloudFormation linter and its mathematics) is left out.
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements.txt" >&2
    "$venv/bin/python" -c 'import boto3, moto.server, securesystemslib, in_toto_attestation, rfc3161_client, google.auth, googleapiclient.discovery' >&2
    touch "$venv/installed"
fi
locked=$(cat "$here/package.json" "$here/package-lock.json" <(node --version) | sha256sum | cut -c1-16)
node=$cache/fakes/node-$locked
if [ ! -e "$node/installed" ]; then
    rm -rf "$node"
    mkdir -p "$node"
    cp "$here/package.json" "$here/package-lock.json" "$node"
    npm ci --prefix "$node" --ignore-scripts --no-audit --no-fund --loglevel error >&2
    touch "$node/installed"
fi
second=$cache/fakes/ministack-$(cat "$here/requirements-ministack.txt" <(python3 -c 'import sys; print(sys.version_info[:2])') | sha256sum | cut -c1-16)
if [ ! -e "$second/installed" ]; then
    rm -rf "$second"
    python3 -m venv "$second"
    "$second/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements-ministack.txt" >&2
    "$second/bin/python" -c 'import ministack' >&2
    touch "$second/installed"
fi
exports=$cache/fakes/exports-$(cat "$here/requirements-exports.txt" <(python3 -c 'import sys; print(sys.version_info[:2])') | sha256sum | cut -c1-16)
if [ ! -e "$exports/installed" ]; then
    rm -rf "$exports"
    python3 -m venv "$exports"
    "$exports/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements-exports.txt" >&2
    "$exports/bin/python" -c 'import duckdb, ocsf_json_schema, oscal, py_ocsf_models, trestle' >&2
    touch "$exports/installed"
fi
# Azure's generated clients, to be read and not installed (tests/azure_models).
models=$cache/fakes/azure-models-$(sha256sum <"$here/requirements-azure-models.txt" | cut -c1-16)
if [ ! -e "$models/installed" ]; then
    rm -rf "$models"
    "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: -r "$here/requirements-azure-models.txt" -d "$models" >&2
    touch "$models/installed"
fi
# Beside the other programs, so that one folder leads to everything.
ln -sfn "$node/node_modules" "$venv/bin/azurite"
ln -sfn "$second/bin/ministack" "$venv/bin/ministack"
ln -sfn "$exports" "$venv/bin/exports"
ln -sfn "$models" "$venv/bin/azure-models"
printf '%s\n' "$venv"
