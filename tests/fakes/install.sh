#!/usr/bin/env bash
# Installs the fakes once a machine, in a folder named after what is pinned, and prints that folder.
# The tests call it themselves. It needs python3 with venv, and the package registry the first time.
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
    "$venv/bin/python" -c 'import boto3, moto.server, securesystemslib, in_toto_attestation' >&2
    touch "$venv/installed"
fi
printf '%s\n' "$venv"
