# Targets a person needs; `make help` lists them.
.PHONY: help build test quick lint fuzz bench generate cover

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## build ./clientele
	go build -trimpath -o clientele ./cmd/clientele

test: ## everything that must pass: lint, tests with the race detector, scripts, browser
	./test.sh

quick: ## the tests alone, without installing anything
	go test ./...

lint: ## gofmt, vet, staticcheck, known vulnerabilities
	./lint.sh

fuzz: ## each fuzz target for a minute
	./fuzz.sh 60s

bench: ## beside betterleaks and ripgrep, on TREE (default: this machine's module cache)
	go -C bench run . $(TREE)

generate: ## rules.json from the rule set in tools/go.mod
	go generate ./internal/detect

cover: ## coverage by package
	go test -cover ./... | column -t
