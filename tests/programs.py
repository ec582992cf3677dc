"""Programs that tests drive and that not every machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def program(name: str, package: str) -> str:
    """Return where a program is; skip without it, or fail if nothing may be skipped."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None and os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is missing: install {package}")
    if found is None:
        pytest.skip(f"{name} is missing: install {package}")
    return found


def beside_python(name: str) -> str:
    """Return where a program is that the test environment itself has."""
    return str(Path(sys.executable).parent / name)


def run(*words: str | Path, cwd: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and keep what it says."""
    return subprocess.run(words, cwd=cwd, check=False, capture_output=True, text=True)
