"""A folder of its own, an environment that configures nothing, and an upstream."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.server import scrubbed
from tests.upstream.fixtures import upstream

__all__ = ["upstream"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, as somebody who has configured nothing."""
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) - set(scrubbed(os.environ)):
        monkeypatch.delenv(name)
    return tmp_path
