#!/usr/bin/env bash
# Installs what checks deploy/ once a machine, in a folder named after what is pinned, and prints that folder. The tests call it
# themselves. It needs python3 with venv and PyPI the first time; promtool comes out of Debian's package `prometheus`, which is
# unpacked and not installed, so that nothing is started. Where there is none, `bin/promtool` is missing and its tests say so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${EVIDENCED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/evidenced}
pinned=$(cat "$here/requirements.txt" <(python3 -c 'import sys; print(sys.version_info[:2])') | sha256sum | cut -c1-16)
venv=$cache/deploy/$pinned
mkdir -p "$cache/deploy"
exec 9>"$cache/deploy/lock"
flock 9
if [ ! -e "$venv/installed" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements.txt" >&2
    "$venv/bin/python" -c 'import checkov.main, helm_python, kubernetes_validate' >&2
    touch "$venv/installed"
fi
if [ ! -x "$venv/bin/promtool" ]; then
    if command -v promtool >/dev/null; then
        ln -sfn "$(command -v promtool)" "$venv/bin/promtool"
    elif command -v apt-get >/dev/null; then
        unpacked=$(mktemp -d)
        # The lists of packages may be missing, and only root can fetch them.
        (cd "$unpacked" && { apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; } &&
            dpkg-deb --extract prometheus_*.deb . && install -m 0755 usr/bin/promtool "$venv/bin/promtool") >&2 2>&1 || true
        rm -rf "$unpacked"
    fi
fi
printf '%s\n' "$venv"
