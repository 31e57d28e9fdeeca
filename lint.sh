#!/usr/bin/env bash
# gofmt, vet, staticcheck, and known vulnerabilities where their data base can be reached.
set -euo pipefail
cd "$(dirname "$0")"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT

unformatted=$(gofmt -l $(git ls-files '*.go'))
[ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
go vet ./...
go -C tools build -o "$bin/" honnef.co/go/tools/cmd/staticcheck golang.org/x/vuln/cmd/govulncheck
"$bin/staticcheck" ./...

# Exit code 3 says that vulnerable code is reached; anything else that it could not be asked.
code=0
timeout 120 "$bin/govulncheck" ./... >"$bin/vulnerabilities" 2>&1 || code=$?
case $code in
0) ;;
3) cat "$bin/vulnerabilities"; exit 1 ;;
*) echo "== SKIPPED: the data base of known vulnerabilities could not be reached" ;;
esac
