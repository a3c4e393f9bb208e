# Penstock's chores. `make demo` shows what it does, `make test` runs the tests; each sets up .venv as it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test lint style types generated cluster bench clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(VENV)/.ready ## compile, check, hydrate and sync an example, in a throw-away repository
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash scripts/demo.sh

# The tests of the clusters mostly wait: they take two processes, and the others do the rest meanwhile.
test: $(VENV)/.ready-dev ## run the tests (ARGS="-k graph" for some of them)
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup $(ARGS)

lint: style types ## check style and types

style: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev
	$(BIN)/mypy

generated: $(VENV)/.ready-dev ## check that generated files are what their sources say
	$(BIN)/python scripts/make_schemas.py --check
	$(BIN)/python scripts/make_docs.py --check
	$(BIN)/python scripts/make_project_schema.py --check

cluster: ## build the programs of a real cluster, for tests and the demo (needs go; once, 7 to 14 minutes)
	bash scripts/cluster/build.sh

bench: $(VENV)/.ready-dev ## measure, side by side with the peers that are installed
	$(BIN)/python bench/build.py
	$(BIN)/python bench/printer.py
	$(BIN)/python bench/targets.py

clean: ## remove what the targets above have made here
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

# What users install, and what developers need beside it. Made again when the dependencies may have changed. Compiled
# here as pip compiles a wheel: where PYTHONDONTWRITEBYTECODE is set, each command would compile all that it imports.
# The pip that comes with Python may be one whose commands import `re`, which takes as long as all that a cached build does.
$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade 'pip>=26'
	$(PIP) --editable '.[all]'
	$(BIN)/python -m compileall -q compiler
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(PIP) --editable '.[dev]'
	touch $@
