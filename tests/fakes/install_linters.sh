#!/usr/bin/env bash
# Installs what checks the printed roles once a machine, in a folder named after what is pinned, and prints that folder.
# The tests call it themselves. It needs python3 with venv and PyPI the first time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${EVIDENCED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/evidenced}
pinned=$(cat "$here/linters.txt" <(python3 -c 'import sys; print(sys.version_info[:2])') | sha256sum | cut -c1-16)
venv=$cache/linters/$pinned
mkdir -p "$cache/linters"
exec 9>"$cache/linters/lock"
flock 9
if [ ! -e "$venv/installed" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/linters.txt" >&2
    "$venv/bin/python" -c 'import cfnlint, hcl2, pycep' >&2
    touch "$venv/installed"
fi
printf '%s\n' "$venv"
