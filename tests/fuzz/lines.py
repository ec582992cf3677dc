"""The JSON inside a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def lines_of(content: bytes, kind: str) -> Iterator[Any]:
    """Yield the JSON of each line, or inside each event."""
    for line in content.splitlines():
        if kind == "application/x-ndjson":
            yield json.loads(line)
        elif line.startswith(b"data: ") and line != b"data: [DONE]":
            yield json.loads(line.removeprefix(b"data: "))
