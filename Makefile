# Two commands matter: `make up` runs a town on this machine, `make test` checks everything.
# Both start from Python 3.11 or newer, git and make; `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first Python that is new enough; the system's own first, because version managers may shadow it.
PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11 /usr/local/bin/python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
ARGS ?=
# Optional parts to install, once: make up EXTRAS=faces
EXTRAS ?=

.PHONY: help env env-dev up down status reset doctor test lint format bench audit

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

env: ## Make .venv/ from uv.lock (nothing to do when the lock did not change)
	@test -n "$(PYTHON)" || { echo "Auzolan needs Python 3.11 or newer: apt-get install python3" >&2; exit 1; }
	@"$(PYTHON)" app/cli/environment.py $(EXTRAS:%=--extra %)

env-dev:
	@test -n "$(PYTHON)" || { echo "Auzolan needs Python 3.11 or newer: apt-get install python3" >&2; exit 1; }
	@"$(PYTHON)" app/cli/environment.py --dev

up: env ## Run a town here: make up ARGS="--port 8080 --data DIR --detach"
	@$(BIN)/auzolan up $(ARGS)

down: env ## Stop it; the data stays
	@$(BIN)/auzolan down $(ARGS)

status: env ## Show the URL, the data folder and every process
	@$(BIN)/auzolan status $(ARGS)

reset: env ## Stop it and delete its data (asks first)
	@$(BIN)/auzolan reset $(ARGS)

doctor: env ## Say what is missing on this machine, and the command that mends it
	@$(BIN)/auzolan doctor $(ARGS)

lint: env-dev ## Check format, style, types, imports and templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint app --lint --quiet
	$(BIN)/oxlint --quiet

format: env-dev ## Write Python the way `make lint` wants them
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

test: env-dev ## Install what tests need (PostGIS, Chromium), then run every check and every test
	$(BIN)/python -m tests.support.machine
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n auto $(ARGS)

bench: env-dev ## Measure against references of the same run; writes build/bench.json
	$(BIN)/python -m tests.performance $(ARGS)

audit: env-dev ## Lighthouse over the first pages, as a phone on slow 4G (needs Node.js); writes build/audit.json
	$(BIN)/python -m tests.support.machine
	$(BIN)/python -m tests.audit $(ARGS)
