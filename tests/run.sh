#!/usr/bin/env bash
# All tests: SQLite always, PostgreSQL in a temporary cluster (tests/postgres.py), a real headless Chromium.
# What the machine lacks is named with the one line that installs it.
set -euo pipefail
cd "$(dirname "$0")/.."
BIN=.venv/bin
# Dozens of processes begin in here: each module and each test file is compiled once.
unset PYTHONDONTWRITEBYTECODE
# Whole files to whichever worker is free, the longest first (tests/conftest.py). Three, since a worker often waits for its
# browser, its database or a process that it started.
PYTEST="$BIN/pytest -n 3 --dist loadfile --no-loadscope-reorder"

if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && [ -z "${LARAS_CHROMIUM:-}" ]; then
  echo "Chromium belum ada; uji peramban memerlukannya. Pasang: sudo apt-get update && sudo apt-get install -y chromium" >&2
  exit 1
fi

echo "== walls and style"
$BIN/ruff check .
$BIN/ruff format --check .
$BIN/lint-imports
$BIN/mypy
$BIN/djlint src --lint --quiet
$BIN/python -m django makemigrations --check --dry-run --settings laras.config.settings

echo "== tests on SQLite, with a real browser and real processes"
$PYTEST "$@"

echo "== tests on PostgreSQL"
$BIN/python -m tests.postgres -- $PYTEST -m "not process and not browser and not pure" "$@"
