"""How the tests share out among worker processes, and which of them are measured."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from importlib import import_module
from pkgutil import walk_packages

import pytest
from coverage import Coverage
from xdist.scheduler import LoadScopeScheduling

from tests.measuring import unmeasured

TOGETHER = ("tests/e2e/clients/", "tests/integration/traps/")
"""Folders whose tests share servers, and a record of what has passed: they go to one worker."""

ELSEWHERE = ("tests/benchmarks/", "tests/e2e/")
"""Folders whose tests look at the code that runs in other processes, which are not measured."""

PRODUCT = ("ports", "domain", "adapters", "app")


class ByFile(LoadScopeScheduling):
    """Gives each worker whole files, the slow ones of `tests/e2e` before the many quick ones."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    config.option.loadscopereorder = False
    return ByFile(config, log)


def runs_tests(config: pytest.Config) -> bool:
    """Tell whether this process runs tests itself, and does not only hand them out."""
    return hasattr(config, "workerinput") or not config.getoption("numprocesses", None)


def pytest_configure(config: pytest.Config) -> None:
    """Measure no processes but those that run tests: not the servers and clients they start."""
    if runs_tests(config):
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Measure the import of the product, and spend little on how pytest finds tests."""
    if Coverage.current() is not None and runs_tests(session.config):
        for name in PRODUCT:
            for module in walk_packages(import_module(name).__path__, f"{name}."):
                import_module(module.name)
    # Thousands of tests stay as long as the process does: nobody need look for garbage among them.
    gc.disable()
    try:
        with unmeasured():
            return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Leave unmeasured what brings nothing: other processes' work, and a test's many examples."""
    if item.nodeid.startswith(ELSEWHERE) or item.get_closest_marker("hypothesis"):
        with unmeasured():
            return (yield)
    return (yield)
