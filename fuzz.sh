#!/usr/bin/env bash
# Runs every fuzz target for the given time.
set -euo pipefail
cd "$(dirname "$0")"
go list ./... | while read -r p; do
  go test -list '^Fuzz' "$p" | { grep '^Fuzz' || true; } | while read -r f; do
    echo "== $p $f"
    go test -run '^$' -fuzz "^$f\$" -fuzztime "${1:-30s}" -fuzzminimizetime 10x "$p"
  done
done
