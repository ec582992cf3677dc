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
WORKERS ?= auto
# Where this is set, as in many images, every process that tests start would compile all it imports.
unexport PYTHONDONTWRITEBYTECODE
# What one goal needs is built at the same time: most of it is waiting for the network.
ifneq ($(filter 0 1,$(words $(MAKECMDGOALS))),)
MAKEFLAGS += --jobs=5
endif
SOURCES := app domain adapters ports tests
# The locks name everything, so nothing is resolved; what is imported is compiled then.
INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --no-compile
EDITABLE := -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "llamaport needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }

.PHONY: run test environments lint format fuzz bench bench-quick bench-recorded coverage clean clients-doc lock wheel image up down audit

run: $(RUNTIME)
	.venv/bin/llamaport serve

# All tests, with a worker for each processor and the gate of coverage; PYTEST="tests/unit -k keys" runs those alone.
test: environments
ifeq ($(strip $(PYTEST)),)
	.venv-test/bin/coverage erase
	.venv-test/bin/coverage run -m pytest --numprocesses $(WORKERS)
	.venv-test/bin/coverage combine --quiet
	.venv-test/bin/coverage report
else
	.venv-test/bin/python -m pytest $(PYTEST)
endif

environments: $(RUNTIME) $(TESTING) $(CLIENTS) $(ALONE)

# Run every client, and write docs/clients.md from what that has shown.
clients-doc: environments
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

# The pip that comes with Python 3.11 takes twice as long for the rest.
define new
$(PYTHON) -m venv --clear $(1)
$(1)/bin/python $(INSTALL) -r requirements/pip.txt
endef

# A stamp carries the Python version: another PYTHON makes the environment anew.
$(RUNTIME): pyproject.toml requirements/runtime.txt requirements/build.txt requirements/pip.txt
	@$(NEW_ENOUGH)
	$(call new,.venv)
	.venv/bin/python $(INSTALL) -r requirements/runtime.txt -r requirements/build.txt
	.venv/bin/python $(EDITABLE)
	.venv/bin/python -m compileall -q app domain adapters ports
	.venv/bin/python -c 'import app.asgi, app.serve'
	@touch $@

$(TESTING): pyproject.toml $(foreach name,pip runtime build test clients,requirements/$(name).txt)
	@$(NEW_ENOUGH)
	$(call new,.venv-test)
	.venv-test/bin/python $(INSTALL) -r requirements/runtime.txt -r requirements/build.txt \
	  -r requirements/test.txt -r requirements/clients.txt
	.venv-test/bin/python $(EDITABLE)
	@touch $@

$(ALONE) $(AUDITING): .venv-%/.ready-$(PYTHON_VERSION): requirements/%.txt requirements/pip.txt
	@$(NEW_ENOUGH)
	$(call new,.venv-$*)
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
	for name in pip build test clients audit $(APART); do \
	  .venv-lock/bin/uv pip compile $(COMPILE) requirements/$$name.in -o requirements/$$name.txt || exit 1; done
	cd tests/e2e/js && npm install --package-lock-only

COMPILE := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header

clean:
	rm -rf .venv .venv-test .venv-lock .venv-audit $(APART:%=.venv-%) dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +
	rm -rf tests/e2e/js/node_modules
