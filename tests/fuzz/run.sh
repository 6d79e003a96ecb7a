#!/usr/bin/env bash
# Runs fuzz targets: run.sh SECONDS [TARGET …]. All of them when none is named. It fails when one has a finding.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:?"how many seconds for each target"}
shift
cache=${EVIDENCED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/evidenced}
export PATH=$cache/tools/bin:$PATH
# The sanitizers are left out: there is no unsafe code of ours, and they cost half the speed. Coverage asks for flags that
# the stable compiler has, and hides.
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=${FUZZ_TARGET_DIR:-$cache/fuzz}
cargo fuzz --version 2>/dev/null | grep -qF 0.13.2 ||
    env -u RUSTC_BOOTSTRAP CARGO_TARGET_DIR="$cache/tools/target" cargo install --quiet --locked --root "$cache/tools" cargo-fuzz@0.13.2
[ $# -gt 0 ] || mapfile -t targets < <(cargo fuzz list --fuzz-dir .)
[ $# -eq 0 ] || targets=("$@")
cargo fuzz build --fuzz-dir . --sanitizer none
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target"
    found=$(mktemp -d)
    # New inputs go into a folder of their own; of them only those that reach new code are kept.
    cargo fuzz run --fuzz-dir . --sanitizer none "$target" "$found" "corpus/$target" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 2>&1 |
        tee "$found.log" | grep -E 'stat::number_of_executed_units|stat::new_units|SUMMARY|panicked' || true
    if grep -q SUMMARY "$found.log"; then
        cat "$found.log" >&2
        exit 1
    fi
    cargo fuzz run --fuzz-dir . --sanitizer none "$target" "corpus/$target" "$found" -- -merge=1 -max_len=4096 >/dev/null 2>&1
    echo "$target: no finding in $seconds seconds, $(find "corpus/$target" -type f | wc -l) inputs kept"
    rm -rf "$found" "$found.log"
done
