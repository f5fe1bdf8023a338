# The commands of a day's work. Each makes .venv first, and does nothing where it is up to date.
# CI calls the same targets: see .ci/run.

ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
endif
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Whole files in several processes, each with servers of its own; tests/side_by_side.py says how many.
SIDE_BY_SIDE := -n auto --dist loadfile --no-loadscope-reorder
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help environment up check format test test-all proof bench tools wheel lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

environment: ## .venv in the checkout, from requirements.lock; needs neither pip nor python3-venv
	@test -n "$(PYTHON)" || { echo "Daraa needs Python 3.11, 3.12 or 3.13 and found none on PATH." \
		"Debian 12: apt-get install python3; elsewhere: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) scripts/environment.py

up: environment ## start everything; ARGS=--once makes the tour, stops and exits
	@$(BIN)/daraa up $(ARGS)

check: environment ## lint, format, types, import contracts, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/daraa docs check

format: environment ## rewrite the sources as `check` wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: environment ## everything that needs no root and is quick (at most 15 minutes)
	@$(PYTEST) $(SIDE_BY_SIDE) -m "not slow and not root and not proof" $(ARGS)

test-all: environment ## everything but the proofs; fails on a skip that tests/allowed_skips.txt does not name
	@echo "Once on the Python database server: contract suites, every collection, the tour"
	@DARAA_TEST_DATABASE=secantus-py $(PYTEST) $(SIDE_BY_SIDE) -m "portable and not slow" --allowed-skips=tests/allowed_skips.txt $(ARGS)
	@echo "Everything, on the best database server of this machine"
	@$(PYTEST) $(SIDE_BY_SIDE) --durations=40 -m "not proof" --allowed-skips=tests/allowed_skips.txt $(ARGS)

proof: environment ## the runs that take hours; each leaves dated evidence in docs/evidence
	@$(PYTEST) -m proof --timeout=0 $(ARGS)

bench: environment ## loads and comparisons, as ratios side by side
	@$(BIN)/python -m bench $(ARGS)

tools: ## build the pinned servers once into the cache folder outside the checkout
	@test -n "$(PYTHON)" || { echo "Daraa needs Python 3.11, 3.12 or 3.13"; exit 1; }
	@$(PYTHON) scripts/build_tools.py $(ARGS)

wheel: environment ## dist/daraa-<version>-py3-none-any.whl
	@$(BIN)/python -m hatchling build -t wheel

lock: environment ## resolve requirements.lock anew from pyproject.toml
	@$(PYTHON) scripts/lock.py

clean: ## remove what the checkers and builds left; keeps .venv and .daraa
	rm -rf dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
