"""Recorded GET requests of the real server (tests/golden/README.md)."""

import json
from collections.abc import Iterator
from typing import Any

from tests.unit.adapters.dialects.ollama.golden import _FILE


def recorded(path: str) -> Iterator[dict[str, Any]]:
    """Read the exchanges of GET requests to a path."""
    with _FILE.open(encoding="utf-8") as lines:
        for line in lines:
            exchange = json.loads(line)
            request = exchange["request"]
            if (request["method"], request["path"]) == ("GET", path):
                yield exchange
