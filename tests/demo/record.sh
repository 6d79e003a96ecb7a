#!/usr/bin/env bash
# Makes collector/demo/ anew: see README.md beside this file. Needs the fakes (tests/fakes/install.sh), zstd and jq.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=$("$root/tests/fakes/install.sh")
work=$(mktemp -d)
port=${PORT:-15005}
trap 'kill "$proxy" 2>/dev/null || true; rm -rf "$work"' EXIT
ca=$("$venv/bin/python" -c 'import moto.moto_proxy, os; print(os.path.join(os.path.dirname(moto.moto_proxy.__file__), "ca.crt"))')
MOTO_EC2_LOAD_DEFAULT_AMIS=false "$venv/bin/python" "$root/tests/fakes/aws.py" proxy -H 127.0.0.1 -p "$port" >"$work/proxy.log" 2>&1 &
proxy=$!
for _ in $(seq 50); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done
"$venv/bin/python" "$here/estate.py" "http://127.0.0.1:$port" "$ca"
[ -n "${EVIDENCED_BIN:-}" ] || (cd "$root" && cargo build --quiet --workspace)
binary=${EVIDENCED_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug/evidenced}
(cd "$work" && env -i PATH="$PATH" HOME="$work" HTTPS_PROXY="http://127.0.0.1:$port" AWS_CA_BUNDLE="$ca" AWS_REGION=eu-central-1 \
    AWS_ACCESS_KEY_ID=AKIADEMO AWS_SECRET_ACCESS_KEY=demo AWS_EC2_METADATA_DISABLED=true \
    "$binary" collect --region eu-central-1 --region us-east-1 >/dev/null) || [ $? = 3 ]
bundle=$(dirname "$(find "$work/evidence/bundles" -name run.json)")
zstd -dqc "$bundle/exchanges.jsonl.zst" | python3 "$here/edit.py" "$(jq -r .as_of "$bundle/run.json")" \
    | zstd -q -19 -f -o "$root/collector/demo/exchanges.jsonl.zst"
cp "$bundle/run.json" "$root/collector/demo/run.json"
ls -l "$root/collector/demo"
