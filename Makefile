# Every target sets up its prerequisites. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help environment demo up down test soak compose-test test-matrix package package-test bench check lint format types contracts constraints generated editor clean

export PYTHON
BIN := .venv/bin
UV ?= uv

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: environment  ## run one month of the post-trade workflow and a backfill in a real Airflow, then stop
	@$(BIN)/python -m harness run

up: environment  ## start the local AWS Batch and Airflow, run the demo, and keep everything running
	@$(BIN)/python -m harness up

down: environment  ## stop the processes of `make up`
	@$(BIN)/python -m harness down

test: environment  ## run the tests (ARGS="-k name" selects tests)
	@$(BIN)/python -m pytest $(ARGS)

soak: environment  ## run the long tests on PostgreSQL: kills, crashes, 1,000 waits (requires Debian's postgresql)
	@$(BIN)/python -m pytest tests/soak --timeout 3600 $(ARGS)

test-matrix: environment  ## run the Airflow tests on all Airflow and Python versions here (ARGS="--airflow 3.1.8", "--all")
	@$(BIN)/python -m tests.matrix $(ARGS)

package: environment  ## build the wheel and the sdist in dist/
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation

package-test: environment  ## install the wheel in a clean environment and check that Airflow lists the provider
	@$(BIN)/python -m pytest tests/package/clean_installation --timeout 1200 $(ARGS)

compose-test: environment  ## test docker-compose.yaml without Docker (requires Debian's postgresql, redis-server)
	@$(BIN)/python -m pytest tests/compose/native --timeout 1800 $(ARGS)

bench: environment  ## run a benchmark (WHAT=submission, parsing, chain, fairness, waiting or local_batch; default: submission)
	@$(BIN)/python -m benchmarks.$(or $(WHAT),submission) $(ARGS)

check: lint types contracts test  ## run lint, types, contracts and test

lint: environment  ## check with ruff: rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: environment  ## fix and format with ruff
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: environment  ## check types with mypy --strict
	@$(BIN)/mypy

contracts: environment  ## check layers and forbidden imports with import-linter
	@$(BIN)/lint-imports

generated: environment  ## generate the JSON Schema, the language reference and the rules page
	@$(BIN)/python -m docs.generate

editor:  ## record what the YAML language server shows for a workflow, for the reference (requires npm)
	@folder=$$(mktemp -d) && trap "rm -rf $$folder" EXIT && \
	npm install --silent --prefix $$folder yaml-language-server@1.25.0 && \
	node docs/editor/ask.mjs $$folder/node_modules/yaml-language-server/bin/yaml-language-server \
	$(CURDIR)/docs/editor/in_an_editor.yaml > docs/editor/transcript.txt

environment:  ## create or update .venv from the pinned constraints (PYTHON=… selects the interpreter)
	@sh harness/environment.sh

constraints:  ## resolve the pinned versions again (requires uv; UPGRADE=--upgrade allows newer releases)
	@sh constraints/resolve.sh "$(UV)" $(UPGRADE)

clean:  ## stop the demo, remove the environment and all generated files
	@test ! -x $(BIN)/python || $(BIN)/python -m harness down
	rm -rf .venv .demo .matrix .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
