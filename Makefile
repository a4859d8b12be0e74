.DEFAULT_GOAL := help
.PHONY: help run dev test quickstarts bench fuzz fuzz-api fmt

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run: ## build everything in release and start on http://localhost:3000 (data in ./data)
	@scripts/run.sh

dev: ## start on http://localhost:3000 and rebuild and reload at each change
	@scripts/dev.sh

test: ## format and lint checks and all tests, on SQLite and PostgreSQL and in a browser
	@scripts/test.sh

quickstarts: ## run every Quickstart program against the built server, and write the matrix into README.md
	@scripts/quickstarts.sh

bench: ## measure the token path
	@scripts/bench.sh

fuzz: ## look for requests that break the server, for two minutes
	@scripts/fuzz.sh

fuzz-api: ## look for requests that the Management API answers otherwise than its description says
	@scripts/fuzz-api.sh

fmt: ## format the Rust code
	@cargo fmt
