# The portal's commands. The first one makes .venv (tools/venv says what is missing when it cannot).
# ARGS="..." goes to the command: make demo ARGS=--once. PYTHON=python3.13 picks the Python of .venv.

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

ARGS ?=
PY := .venv/bin/python
MANAGE := $(PY) manage.py
PYTEST := $(PY) -m pytest -q -n auto --maxprocesses 4
export PYTHON

# Settings as in production, so that the checks see what production would; nothing is opened or kept.
CHECKED := env DEBUG=0 HTTPS_ONLY=1 ALLOWED_HOSTS=portal.example DATABASE_URL=sqlite://:memory: \
	SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	API_KEY_PEPPER=$$($(PY) -c 'import secrets; print(secrets.token_hex(32))') \
	FIELD_KEY=$$($(PY) -c 'import secrets; print(secrets.token_hex(32))')

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | while read -r name what; do \
		printf '  make %-11s %s\n' "$$name" "$$what"; done

.PHONY: demo
demo: venv-run ## the whole portal on this machine, with a demo team and 400 rows (ARGS=--once: no serving)
	@$(MANAGE) demo $(ARGS)

.PHONY: test
test: venv-dev ## the tests on SQLite, then those that touch the database on PostgreSQL
	@echo 'Tests on SQLite'
	@env -u DATABASE_URL $(PYTEST) $(ARGS)
	@echo 'Tests of the database on PostgreSQL'
	@$(PY) -m tests.postgres --no-fsync -- $(PYTEST) -m db $(ARGS)

.PHONY: quick
quick: venv-dev ## while working: the tests on SQLite that start no process and no browser
	@env -u DATABASE_URL $(PYTEST) -m 'not whole' $(ARGS)

.PHONY: check
check: lint types imports migrations deploy schema ## style, types, import contracts, migrations, deployment, API schema

.PHONY: lint
lint: venv-dev
	@echo 'ruff'
	@$(PY) -m ruff check --quiet --output-format concise .
	@$(PY) -m ruff format --check --quiet .

.PHONY: types
types: venv-dev
	@echo 'mypy'
	@$(CHECKED) $(PY) -m mypy --no-error-summary

.PHONY: imports
imports: venv-dev
	@echo 'import contracts'
	@said=$$(.venv/bin/lint-imports --no-logo) || { echo "$$said"; exit 1; }

.PHONY: migrations
migrations: venv-dev
	@echo 'migrations'
	@$(CHECKED) $(MANAGE) makemigrations --check --dry-run

.PHONY: deploy
deploy: venv-dev
	@echo 'deployment'
	@$(CHECKED) $(MANAGE) check --deploy --fail-level WARNING

.PHONY: schema
schema: venv-dev
	@echo 'API schema'
	@$(CHECKED) $(MANAGE) spectacular --validate --fail-on-warn --file /dev/null

.PHONY: bench
bench: venv-dev ## the speed goals, measured on both databases
	@$(PY) -m tests.benchmarks $(ARGS)

.PHONY: torture
torture: venv-dev ## the campaign of faults on both databases: 300 kills over 10,000 rows (ARGS=--help)
	@$(PY) -m tests.torture $(ARGS)

CASES ?= 2000

.PHONY: fuzz
fuzz: venv-dev ## CASES=2000 requests made up from the API's schema, sent by two teams as peers (ARGS=--help)
	@$(PY) -m tests.fuzz --cases $(CASES) $(ARGS)

.PHONY: screenshots
screenshots: venv-dev ## every page in light, dark and phone width to var/screenshots/, from a demo
	@$(PY) -m tests.screenshots

.PHONY: serve
serve: configured ## the web server (gunicorn; settings from the environment)
	@$(MANAGE) migrate --check >/dev/null || { \
		echo 'The database lacks migrations ($(MANAGE) migrate), or the lines above say more.' >&2; exit 1; }
	@$(MANAGE) check --database default
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@exec $(PY) -m gunicorn $(ARGS)

.PHONY: workers
workers: configured ## the workers that ask the payers (settings from the environment)
	@exec $(MANAGE) workers $(ARGS)

.PHONY: pins
pins: venv-run ## requirements*.txt anew from pyproject.toml (ARGS=--upgrade: to the newest versions)
	@tools/pins $(ARGS)

.PHONY: clean
clean: ## remove .venv, caches and collected files (the databases in var/ stay)
	@rm -rf .venv staticfiles .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: configured
configured: venv-run
	@said=$$($(PY) -c 'import portal.settings' 2>&1) || { \
		echo "The environment is not complete: $${said##*: }. See docs/operations.md." >&2; exit 1; }

.PHONY: venv-run venv-dev
venv-run:
	@tools/venv run
venv-dev:
	@tools/venv dev
