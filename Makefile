# Everything a newcomer needs: `make run` (on another port: `make run PORT=8001`) and `make test`.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
STAMP := $(VENV)/.setup-$(shell cat requirements/*.txt pyproject.toml 2>/dev/null | cksum | cut -d' ' -f1)

.PHONY: setup run test check bench lock messages clean

setup: $(STAMP)

$(STAMP): requirements/run.txt requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 belum ada. Pasang: sudo apt-get install python3.11 python3.11-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Modul venv belum ada. Pasang: sudo apt-get install python3.11-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m laras.cli.translations
	@rm -f $(VENV)/.setup-*; touch $@

run: setup
	$(BIN)/python -m laras.cli.translations
	$(BIN)/laras run --demo --port $(PORT)

test: setup
	$(BIN)/python -m laras.cli.translations
	bash tests/run.sh

# For developers: bring the message catalogues up to the sources; then fill in what is empty.
messages: setup
	$(BIN)/python -m laras.cli.translations --extract

check: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports && $(BIN)/mypy

bench: setup
	$(BIN)/python -m bench

lock:
	uv pip compile pyproject.toml -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements/run.txt
	uv pip compile pyproject.toml -q --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements/dev.txt

clean:
	rm -rf $(VENV) data
