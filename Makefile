# Two commands on a fresh machine with Python 3.11 or newer, make and git: `make demo`, `make test`.
# Everything is installed into .venv from uv.lock; nothing else on the machine is touched.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup check lint types imports generated test test-faults demo bench fmt clean lock

# The first Python that is new enough, unless PYTHON=… says which.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
STAMP := .venv/.locked
TYPED := monitor tests bench examples scripts

help: ## What there is to make
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(STAMP) ## Install the locked environment into .venv (the other targets do it when needed)

$(STAMP): pyproject.toml uv.lock scripts/bootstrap.py $(wildcard tests/engines/*/uv.lock)
	@test -n "$(PYTHON)" || { echo "setup: no Python 3.11 or newer on PATH: install one (apt-get install python3)," \
		"or say which with make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) scripts/bootstrap.py
	@touch $@

check: lint types imports generated ## Format, lint, types, import directions, generated files

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python scripts/check_engines.py monitor

types: $(STAMP)
	$(BIN)/mypy $(TYPED)

imports: $(STAMP)
	$(BIN)/lint-imports

generated: $(STAMP)
	$(BIN)/trackwarden generate --check
	$(BIN)/python -m scripts.cli_reference --check
	$(BIN)/python -m scripts.findings_reference --check

test: $(STAMP) ## All tests, three at a time (many wait for processes); `make test ARGS="-k slack -x"` chooses
	$(BIN)/pytest -n 3 --dist loadgroup $(ARGS)

test-faults: $(STAMP) ## Kills, stalls and outages in full (make test runs a fast share): an hour or so
	TRACKWARDEN_FAULTS=all $(BIN)/pytest tests/faults tests/e2e/test_sentinels.py $(ARGS)

demo: $(STAMP) ## A shop's warehouse, the whole job on it, and what was found
	$(BIN)/trackwarden demo $(ARGS)

bench: $(STAMP) ## Wall time and peak memory beside a hand-written baseline
	$(BIN)/python -m bench $(ARGS)

fmt: $(STAMP) ## Format the code, fix what can be fixed, write the generated pages of docs/
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m scripts.cli_reference
	$(BIN)/python -m scripts.findings_reference

lock: $(STAMP) ## Resolve pyproject.toml into uv.lock again
	$(BIN)/uv lock --python $(BIN)/python
	$(MAKE) setup

clean: ## Remove .venv, caches and what the demo wrote
	rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist demo-workspace
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
