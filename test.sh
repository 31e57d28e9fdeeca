#!/usr/bin/env bash
# All that must pass. It installs what it needs where it can (Debian packages, as root) and
# says loudly what it leaves out where it cannot.
set -euo pipefail
cd "$(dirname "$0")"

need() { # need COMMAND PACKAGE
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "== installing $2"
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends "$2") >/tmp/clientele-apt.log 2>&1 && return
  fi
  echo "== SKIPPED: $1 is not here and could not be installed; the tests that need it will say so"
}
need git git
need chromium chromium
[ -n "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || need initdb postgresql

echo "== lint"
./lint.sh
echo "== tests"
go test -timeout 20m ./...
echo "== races, where there is more than one goroutine"
go test -race -timeout 20m ./cmd/... ./internal/discover ./internal/reading ./internal/detect ./internal/command ./internal/render \
  ./internal/db ./internal/guard ./internal/witness ./internal/telemetry
echo "== benchmarks compile"
go -C bench vet ./...
go -C tools vet ./...
