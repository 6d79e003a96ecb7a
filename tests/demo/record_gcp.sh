#!/usr/bin/env bash
# Makes collector/demo/gcp-*/ anew from the estate of tests/fakes/gcp_estate: see README.md beside this file. Needs the fakes
# (tests/fakes/install.sh), zstd and jq.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=$("$root/tests/fakes/install.sh")
work=$(mktemp -d)
port=${PORT:-15007}
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
GCP_PAGE=1000 "$venv/bin/python" "$root/tests/fakes/gcp_cloud.py" "$root/tests/fakes/gcp_estate" "$port" &
server=$!
for _ in $(seq 50); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done
[ -n "${EVIDENCED_BIN:-}" ] || (cd "$root" && cargo build --quiet --workspace)
binary=${EVIDENCED_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug/evidenced}
url=http://127.0.0.1:$port
organization=$("$venv/bin/python" -c 'import sys; sys.path.insert(0, sys.argv[1]); import gcp_estate; print(gcp_estate.ORGANIZATION)' "$root/tests/fakes")
cat >"$work/evidenced.yaml" <<END
jobs:
  - {name: demo, schedule: "0 0 1 1 *", gcp: {organization: "$organization", projects: [evidence-prod], endpoints: {default: "$url"}}}
END
(cd "$work" && env -i PATH="$PATH" HOME="$work" GCE_METADATA_HOST="127.0.0.1:$port" \
    "$binary" collect --config evidenced.yaml >/dev/null) || [ $? = 3 ]
for scope in project:evidence-prod organization:organization-; do
    bundle=$(dirname "$(find "$work/evidence/bundles" -path "*/gcp/${scope#*:}*" -name run.json)")
    to=$root/collector/demo/gcp-${scope%:*}
    mkdir -p "$to"
    # As Google's own places answer.
    zstd -dqc "$bundle/exchanges.jsonl.zst" | python3 "$here/addresses.py" gcp "$url" \
        | zstd -q -19 -f -o "$to/exchanges.jsonl.zst"
    jq -c '.asked.endpoints = {}' "$bundle/run.json" >"$to/run.json"
done
ls -l "$root"/collector/demo/gcp-*
