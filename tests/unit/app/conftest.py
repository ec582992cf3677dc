"""A folder of its own, an environment that configures nothing, and an upstream."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from tests.e2e.server import scrubbed
from tests.upstream.fixtures import upstream

__all__ = ["upstream"]


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """Leave the log of this process to other tests as it was: what is served here sets it up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logger.remove()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, as somebody who has configured nothing."""
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) - set(scrubbed(os.environ)):
        monkeypatch.delenv(name)
    return tmp_path
