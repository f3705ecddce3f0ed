# Every target says what it does with `make help`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

CARGO ?= cargo
DATA ?= data
CR ?= examples/laptop.yaml
LISTEN ?= 127.0.0.1:8080

.PHONY: help run demo check test bench testbed lint fmt snapshots fuzz coverage

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Build and run the whole platform in one process
	@$(CARGO) build --release --package rocketctl
	@exec "$$($(CARGO) metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/rocketctl" \
		up --file $(CR) --data $(DATA) --listen $(LISTEN)

demo: ## Buy a rocket from the running platform
	@$(CARGO) run --release --quiet --package rocketctl -- demo --url http://$(LISTEN)

check: ## Compile and run the quick tests (no servers, no whole-system suites)
	@$(CARGO) test --workspace --exclude rocket-e2e --quiet

test: ## Run every test; print how long each part took
	@tools/test.sh

testbed: ## Find or build the real servers that tests need
	@testbed/testbed.sh provide

lint: ## Formatting, clippy with warnings as errors, repository rules
	@$(CARGO) fmt --all --check
	@$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	@$(CARGO) clippy --workspace --all-targets --quiet -- --deny warnings

fmt: ## Format all code
	@$(CARGO) fmt --all
	@$(CARGO) fmt --manifest-path fuzz/Cargo.toml

snapshots: ## Write the committed snapshots anew: CRD, OpenAPI, descriptors
	@$(CARGO) run --quiet --package rocketctl -- crd > crds/rocketplatforms.yaml
	@$(CARGO) run --quiet --package rocketctl -- openapi > docs/openapi.json
	@$(CARGO) run --quiet --package rocketctl -- descriptors > proto/descriptors.binpb

fuzz: ## Run every fuzz target over its corpus and 10 s on new inputs
	@tools/fuzz.sh

coverage: ## Write the table of covered lines into each service's README
	@tools/coverage.sh

bench: ## Measure what README's table of figures says, three runs
	@tools/bench.sh
