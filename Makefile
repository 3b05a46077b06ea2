# make help lists the targets. Each one makes what it needs first.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed

COMPANY ?= computers
WEEKS ?= 12
ORDERS ?= 2000
SEED ?= 1
WORKERS ?= 2

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install demo serve test lint types imports clean

help:
	@echo 'make install   the environment .venv, with the command .venv/bin/atoll'
	@echo 'make demo      play a company and report; COMPANY=computers|vehicles|electronics WEEKS=12 ORDERS=2000 SEED=1 FRESH=1'
	@echo 'make serve     the application at http://127.0.0.1:8000; PORT=8000'
	@echo 'make test      all tests; WORKERS=2 TESTS="tests/core -k promise"'
	@echo 'make lint      ruff: rules and format'
	@echo 'make types     mypy'
	@echo 'make imports   who may import whom'
	@echo 'make clean     remove .venv and caches; the data in ATOLL_HOME stays'

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Atoll needs Python 3.11 or later; name one with make PYTHON=...' >&2; exit 1; }
	test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: $(STAMP)
	$(BIN)/atoll demo --company $(COMPANY) --weeks $(WEEKS) --orders $(ORDERS) --seed $(SEED) $(if $(FRESH),--fresh)

serve: $(STAMP)
	$(BIN)/atoll serve $(if $(PORT),--port $(PORT))

test: $(STAMP)
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(TESTS)

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
