#!/usr/bin/env bash
# Installs the fakes once a machine, in a folder named after what is pinned, and prints that folder.
# The tests call it themselves. It needs python3 with venv, npm, and the package registries the first time.
set -euo pipefail
# An installation that fails ends it, also in a function that is asked for its output.
shopt -s inherit_errexit
here=$(cd "$(dirname "$0")" && pwd)
cache=${EVIDENCED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/evidenced}
mkdir -p "$cache/fakes"
exec 9>"$cache/fakes/lock"
flock 9

# environment PREFIX REQUIREMENTS IMPORTS: an environment of Python with exactly what is pinned, and nothing that it depends on besides.
# Prints its folder.
environment() {
    local folder
    folder=$cache/fakes/$1$(cat "$here/$2" <(python3 -c 'import sys; print(sys.version_info[:2])') | sha256sum | cut -c1-16)
    if [ ! -e "$folder/installed" ]; then
        rm -rf "$folder"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/$2" >&2
        "$folder/bin/python" -c "import $3" >&2
        touch "$folder/installed"
    fi
    printf '%s\n' "$folder"
}

# moto's optional half (a CloudFormation linter and its mathematics) is left out.
venv=$(environment "" requirements.txt 'boto3, moto.server, securesystemslib, in_toto_attestation, rfc3161_client, google.auth, googleapiclient.discovery')
second=$(environment ministack- requirements-ministack.txt ministack)
api=$(environment api- requirements-api.txt 'schemathesis, openapi_spec_validator')
exports=$(environment exports- requirements-exports.txt 'duckdb, ocsf_json_schema, oscal, py_ocsf_models, trestle')
locked=$(cat "$here/package.json" "$here/package-lock.json" <(node --version) | sha256sum | cut -c1-16)
node=$cache/fakes/node-$locked
if [ ! -e "$node/installed" ]; then
    rm -rf "$node"
    mkdir -p "$node"
    cp "$here/package.json" "$here/package-lock.json" "$node"
    npm ci --prefix "$node" --ignore-scripts --no-audit --no-fund --loglevel error >&2
    touch "$node/installed"
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
ln -sfn "$api/bin" "$venv/bin/api"
printf '%s\n' "$venv"
