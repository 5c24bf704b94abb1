# Everything installs into this checkout (.venv), pinned with hashes. No root, no Docker, no service needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Prefect imports twice as fast from compiled files; an inherited switch must not turn them off.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo up down status test check types quick faults lock clean

demo: $(VENV)/.installed ## play the whole story: backup, disaster, failover, report
	@$(BIN)/lifeboat demo

up: $(VENV)/.installed ## start the embedded world and the Prefect server
	@$(BIN)/lifeboat up

down: ## stop all that `make demo` or `make up` left running
	@if [ -x $(BIN)/lifeboat ]; then $(BIN)/lifeboat down; fi

status: $(VENV)/.installed
	@$(BIN)/lifeboat status

check: $(VENV)/.installed ## the quick tier: lint, types, pure tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory --jobs 2 types quick

faults: $(VENV)/.installed ## every playbook killed at every line of its journal, in two ways: an hour or two
	$(BIN)/pytest -q -s -m exhaustive

types: $(VENV)/.installed
	$(BIN)/mypy

quick: $(VENV)/.installed
	$(BIN)/pytest -q -m "not slow and not exhaustive" -n 2

test: check ## everything: contract tests, faults on real parts, the story
	$(BIN)/pytest -q -m "slow and not exhaustive" -n 3 --dist loadfile --no-loadscope-reorder --durations 15

$(VENV)/.installed: requirements/lock.txt requirements/installer.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Lifeboat needs Python 3.11 or newer: make PYTHON=python3.12")'
	@echo "Installing Lifeboat into $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/installer.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode --link-mode=copy requirements/lock.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

lock: ## resolve the pins anew
	$(BIN)/uv pip compile pyproject.toml --extra demo --extra dev --extra fleet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header -o requirements/lock.txt

clean: down
	rm -rf $(VENV) demo/out
