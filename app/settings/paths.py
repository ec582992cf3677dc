"""Key paths: `("backends", 0, "timeout", "idle")` is written `backends[0].timeout.idle`."""

from __future__ import annotations

import json
import re

Path = tuple[str | int, ...]


def written(path: Path) -> str:
    """Write a path as a person would."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{key(part)}" if text else key(part)
    return text


def key(name: str) -> str:
    """Write one key as in TOML: bare where that is possible."""
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


_BARE = re.compile(r"[A-Za-z0-9_-]+")
