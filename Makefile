# Everything a newcomer, a developer and CI need. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo up test parts check coverage deep attack chaos bench fmt lint types imports wheel lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Closeout needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(STAMP) ## make .venv with everything in it, and .venv/bin/closeout

demo: setup ## real issues from report to close-out, on real Temporal and real PostgreSQL
	$(BIN)/closeout demo

up: setup ## run Closeout on this machine until Ctrl-C
	$(BIN)/closeout up

# Four parts side by side: what is decided and written keeps a core busy, those on whole stacks wait. These are
# served first: what is starved of its core looks like what is late.
DECIDED := tests/activities tests/desk tests/domain tests/house tests/ledger tests/upgrade
FACES := tests/api tests/attack tests/audit tests/console tests/demo tests/runtime
STACK := tests/chaos tests/handbooks tests/stories
TIMED := tests/terminal tests/workflows

test: parts ## every test, the deep ones with an eightieth of their counts

check: ## everything CI runs; begins with the tests, a tenth of the deep ones, coverage counted
	@CLOSEOUT_TENTH=1 $(MAKE) --no-print-directory parts COUNTED="--cov --cov-report="
	$(BIN)/python tests/chaos --seed 5000 --runs 100 --lanes 8 --brief
	@$(MAKE) --no-print-directory coverage lint types imports wheel

parts: setup
	@rm -f .coverage .coverage.* .*.log
	@beside() { COVERAGE_FILE=.coverage.$$1 nice -n $$([ $$1 = timed ] && echo 0 || echo 4) $(BIN)/python -m pytest -q $(COUNTED) $${@:2} >.$$1.log 2>&1; }; \
	  beside decided $(DECIDED) & decided=$$!; beside faces $(FACES) & faces=$$!; \
	  beside timed $(TIMED) & timed=$$!; failed=0; \
	  COVERAGE_FILE=.coverage.stack $(BIN)/python -m pytest -q $(COUNTED) $(STACK) || failed=1; \
	  wait $$timed || failed=1; cat .timed.log; wait $$faces || failed=1; cat .faces.log; \
	  wait $$decided || failed=1; cat .decided.log; rm .decided.log .faces.log .timed.log; \
	  if [ -n "$(COUNTED)" ]; then $(BIN)/coverage combine --quiet .coverage.decided .coverage.faces .coverage.stack .coverage.timed; fi && \
	  exit $$failed

coverage:
	$(BIN)/coverage report --include='domain/*' --fail-under=99
	$(BIN)/coverage report --include='workflows/*' --fail-under=94
	$(BIN)/coverage report --fail-under=88 --skip-covered | tail -n 60

deep: setup ## the deep suites in full
	CLOSEOUT_DEEP=1 $(BIN)/python -m pytest --timeout 3600

attack: setup ## everything a stranger may try, in full
	CLOSEOUT_DEEP=1 $(BIN)/python -m pytest -q -m attack --timeout 3600 $(ARGS)

chaos: setup ## break whole stacks at random points: a hundred times, or ARGS="--runs 1000"
	$(BIN)/python tests/chaos $(or $(ARGS),--runs 100)

bench: setup ## measure speed beside a hand-written peer, the bare engine, another calendar
	$(BIN)/python -m benchmarks $(ARGS)

fmt: setup ## format and sort
	$(BIN)/ruff check --fix --quiet .; $(BIN)/ruff format .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

wheel: setup
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/house/wheel_check.py

lock: ## pin every dependency anew: hashes, no hosts
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --all-extras --python-version 3.11 pyproject.toml -o requirements.lock --quiet
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 benchmarks/requirements.in -o benchmarks/requirements.lock --quiet
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --extra fast --extra pdf --extra tsa --extra otel --python-version 3.11 --constraint requirements.lock \
	  pyproject.toml -o deploy/container/requirements.lock --quiet
	echo hatchling | $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 --constraint requirements.lock - -o deploy/container/build-requirements.lock --quiet

clean: ## remove what was built and the demo's data
	rm -rf $(VENV) benchmarks/.venv .closeout .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
