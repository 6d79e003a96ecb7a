#!/usr/bin/env bash
# Makes collector/demo/azure-*/ anew from the estate of tests/fakes/azure_estate: see README.md beside this file. Needs the fakes
# (tests/fakes/install.sh), zstd and jq.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=$("$root/tests/fakes/install.sh")
work=$(mktemp -d)
port=${PORT:-15006}
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
"$venv/bin/python" "$root/tests/fakes/azure_cloud.py" "$root/tests/fakes/azure_estate" "$port" &
server=$!
for _ in $(seq 50); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done
[ -n "${EVIDENCED_BIN:-}" ] || (cd "$root" && cargo build --quiet --workspace)
binary=${EVIDENCED_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug/evidenced}
url=http://127.0.0.1:$port
cat >"$work/evidenced.yaml" <<END
jobs:
  - {name: demo, schedule: "0 0 1 1 *", azure: {subscriptions: ["aaaaaaaa-0000-4000-8000-000000000001"], tenant: true, resource_manager: "$url", graph: "$url"}}
END
(cd "$work" && env -i PATH="$PATH" HOME="$work" IDENTITY_ENDPOINT="$url/identity/token" IDENTITY_HEADER=collector \
    "$binary" collect --config evidenced.yaml >/dev/null) || [ $? = 3 ]
for scope in subscription:aaaaaaaa tenant:tenant-; do
    bundle=$(dirname "$(find "$work/evidence/bundles" -path "*/azure/${scope#*:}*" -name run.json)")
    to=$root/collector/demo/azure-${scope%:*}
    mkdir -p "$to"
    # As Azure's own places answer.
    zstd -dqc "$bundle/exchanges.jsonl.zst" | python3 "$here/addresses.py" azure "$url" \
        | zstd -q -19 -f -o "$to/exchanges.jsonl.zst"
    jq -c '.asked.endpoints = {}' "$bundle/run.json" >"$to/run.json"
done
ls -l "$root"/collector/demo/azure-*
