# Every target sets up what it needs. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help environment demo up down test soak compose-test test-matrix package package-test bench check lint format types contracts constraints generated editor clean

export PYTHON
BIN := .venv/bin
UV ?= uv

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: environment  ## run a month of the post-trade workflow and a backfill in a real Airflow, then stop all
	@$(BIN)/python -m harness run

up: environment  ## start the local Batch and Airflow, run the demo's month, leave all running
	@$(BIN)/python -m harness up

down: environment  ## stop what `make up` started
	@$(BIN)/python -m harness down

test: environment  ## run the tests; ARGS="-k name" selects
	@$(BIN)/python -m pytest $(ARGS)

soak: environment  ## what takes long, on PostgreSQL: kills, crashes, a thousand waits (needs Debian's postgresql)
	@$(BIN)/python -m pytest tests/soak --timeout 3600 $(ARGS)

test-matrix: environment  ## the tests that meet Airflow, on each Airflow and each Python here (ARGS="--airflow 3.1.8", "--all")
	@$(BIN)/python -m tests.matrix $(ARGS)

package: environment  ## build the wheel and the sdist in dist/
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation

package-test: environment  ## install the wheel into a clean environment and ask Airflow what it lists
	@$(BIN)/python -m pytest tests/package/clean_installation --timeout 1200 $(ARGS)

compose-test: environment  ## what docker-compose.yaml describes, without Docker (needs Debian's postgresql, redis-server)
	@$(BIN)/python -m pytest tests/compose/native --timeout 1800 $(ARGS)

bench: environment  ## measure the submission of a workflow; WHAT=parsing, chain, waiting, local_batch: other things
	@$(BIN)/python -m benchmarks.$(or $(WHAT),submission) $(ARGS)

check: lint types contracts test  ## lint, types, contracts, tests

lint: environment  ## ruff: rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: environment  ## let ruff repair what it can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: environment  ## mypy --strict
	@$(BIN)/mypy

contracts: environment  ## import-linter: layers and forbidden imports
	@$(BIN)/lint-imports

generated: environment  ## write what is made from the code: schema, reference, rules
	@$(BIN)/python -m docs.generate

editor:  ## let the YAML language server say what an editor shows of a workflow, for the reference (needs npm)
	@folder=$$(mktemp -d) && trap "rm -rf $$folder" EXIT && \
	npm install --silent --prefix $$folder yaml-language-server@1.25.0 && \
	node docs/editor/ask.mjs $$folder/node_modules/yaml-language-server/bin/yaml-language-server \
	$(CURDIR)/docs/editor/in_an_editor.yaml > docs/editor/transcript.txt

environment:  ## make or refresh .venv from the pinned constraints (PYTHON=… chooses the interpreter)
	@sh harness/environment.sh

constraints:  ## resolve the pins anew (needs uv; UPGRADE=--upgrade takes newer releases)
	@sh constraints/resolve.sh "$(UV)" $(UPGRADE)

clean:  ## stop what runs, remove the environment and everything generated
	@test ! -x $(BIN)/python || $(BIN)/python -m harness down
	rm -rf .venv .demo .matrix .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
