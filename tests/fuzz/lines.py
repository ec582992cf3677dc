"""The JSON inside a stream, and the schema of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def schema_of(item: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the JSON in each line, or inside each event."""
    data = item.get("properties", {}).get("data", {})
    found: dict[str, Any] = data.get("anyOf", [data])[0].get("contentSchema", item)
    return found


def lines_of(content: bytes, kind: str) -> Iterator[Any]:
    """Yield the JSON of each line, or inside each event."""
    for line in content.splitlines():
        if kind == "application/x-ndjson":
            yield json.loads(line)
        elif line.startswith(b"data: ") and line != b"data: [DONE]":
            yield json.loads(line.removeprefix(b"data: "))
