# `make run` and `make test` set up everything they need. PYTHON chooses the interpreter.

PYTHON ?= python3
PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RUNTIME := .venv/.ready-$(PYTHON_VERSION)
TESTING := .venv-test/.ready-$(PYTHON_VERSION)
CLIENTS := tests/e2e/js/node_modules/.ready
# Clients that cannot share an environment with the tests, for what they pull in.
APART := llama-index litellm
ALONE := $(APART:%=.venv-%/.ready-$(PYTHON_VERSION))
AUDITING := .venv-audit/.ready-$(PYTHON_VERSION)
SOURCES := app domain adapters ports tests
INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes
EDITABLE := -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "llamaport needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }

.PHONY: run test lint format fuzz bench bench-quick bench-recorded coverage clean clients-doc lock wheel image up down audit

run: $(RUNTIME)
	.venv/bin/llamaport serve

test: $(RUNTIME) $(TESTING) $(CLIENTS) $(ALONE)
	.venv-test/bin/coverage run -m pytest $(PYTEST)
	.venv-test/bin/coverage report

# Run every client, and write docs/clients.md from what that has shown.
clients-doc: $(RUNTIME) $(TESTING) $(CLIENTS) $(ALONE)
	.venv-test/bin/python -m tests.e2e.clients

lint: $(TESTING)
	.venv-test/bin/ruff format --check .
	.venv-test/bin/ruff check .
	.venv-test/bin/mypy
	.venv-test/bin/lint-imports

format: $(TESTING)
	.venv-test/bin/ruff format .
	.venv-test/bin/ruff check --fix .

# Requests made from /schema, for a quarter of an hour. FUZZ="--examples 50 --seed 7" asks for others.
fuzz: $(RUNTIME) $(TESTING)
	.venv-test/bin/python -m tests.fuzz.run $(FUZZ)

bench: $(RUNTIME) $(TESTING)
	.venv-test/bin/python -m tests.benchmarks

bench-quick: $(RUNTIME) $(TESTING)
	.venv-test/bin/python -m tests.benchmarks --quick

# A million recorded requests, and what they leave in memory.
bench-recorded: $(RUNTIME) $(TESTING)
	.venv-test/bin/python -m tests.benchmarks.recorded

coverage: test
	.venv-test/bin/coverage html

wheel: $(TESTING)
	.venv-test/bin/python -m hatchling build --target wheel

# PLATFORM=linux/arm64 builds it for another machine.
image:
	docker build --pull $(PLATFORM:%=--platform %) --tag llamaport:local .

# The services of compose.yaml; PROFILES="metrics dev" adds those. LLAMAPORT_API_KEY must be set.
up:
	docker compose $(PROFILES:%=--profile %) up --build --detach --wait

# Compose wants the key whatever it is asked to do.
down:
	LLAMAPORT_API_KEY=none docker compose --profile "*" down

# Fails where vulnerabilities are known of what is locked, and where nobody could be asked.
audit: $(AUDITING)
	.venv-audit/bin/python deploy/audit.py

# A stamp carries the Python version: another PYTHON makes the environment anew.
$(RUNTIME): pyproject.toml requirements/runtime.txt requirements/build.txt
	@$(NEW_ENOUGH)
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python $(INSTALL) -r requirements/runtime.txt -r requirements/build.txt
	.venv/bin/python $(EDITABLE)
	.venv/bin/python -m compileall -q app domain adapters ports
	@touch $@

$(TESTING): pyproject.toml $(foreach name,runtime build test clients,requirements/$(name).txt)
	@$(NEW_ENOUGH)
	$(PYTHON) -m venv --clear .venv-test
	.venv-test/bin/python $(INSTALL) -r requirements/runtime.txt -r requirements/build.txt \
	  -r requirements/test.txt -r requirements/clients.txt
	.venv-test/bin/python $(EDITABLE)
	@touch $@

$(ALONE) $(AUDITING): .venv-%/.ready-$(PYTHON_VERSION): requirements/%.txt
	@$(NEW_ENOUGH)
	$(PYTHON) -m venv --clear .venv-$*
	.venv-$*/bin/python $(INSTALL) -r $<
	@touch $@

# Without npm the tests of its clients skip, or fail where REQUIRE_ALL=1.
$(CLIENTS): tests/e2e/js/package-lock.json
	@if command -v npm >/dev/null; then \
	  cd tests/e2e/js && npm ci --silent --no-audit --no-fund && touch node_modules/.ready; \
	else echo "npm is missing: the tests of npm clients will skip"; fi

# Resolve every requirement anew, with hashes, for all platforms.
lock:
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	.venv-lock/bin/uv pip compile $(COMPILE) pyproject.toml -o requirements/runtime.txt
	for name in build test clients audit $(APART); do \
	  .venv-lock/bin/uv pip compile $(COMPILE) requirements/$$name.in -o requirements/$$name.txt || exit 1; done
	cd tests/e2e/js && npm install --package-lock-only

COMPILE := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header

clean:
	rm -rf .venv .venv-test .venv-lock .venv-audit $(APART:%=.venv-%) dist htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +
	rm -rf tests/e2e/js/node_modules
