r"""A second look at JSON that is not quite JSON.

Some servers cut a character in two and send half of it as `\ud83d`, write NaN, or bytes that are
no UTF-8 (docs/wire/dialects.md 0.2). Only what the strict decoder refused comes here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from typing import Any

Path = tuple[str | int, ...]
"""The keys, mended, and indexes that lead to a string."""
Whole = Callable[[str, Path], str]
"""Makes a string, which stands there, one that can be written as UTF-8."""


def mend(payload: bytes) -> bytes:
    """Return the same as JSON that any decoder takes. Raises `ValueError` if it is none."""
    return mended(payload, lambda text, _: clean(text))


def mended(payload: bytes, whole: Whole) -> bytes:
    """Do the same with what `whole` makes of each string."""
    text = payload.decode("utf-8", "replace")
    try:
        tree = json.loads(text, strict=False, parse_constant=_no_number)
        return json.dumps(_walk(tree, (), whole), ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def clean(text: str) -> str:
    """Join surrogate pairs into characters, put U+FFFD for halves."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _walk(value: Any, path: Path, whole: Whole) -> Any:
    match value:
        case str():
            return whole(value, path)
        case dict():
            return {(k := clean(key)): _walk(it, (*path, k), whole) for key, it in value.items()}
        case list():
            return [_walk(item, (*path, index), whole) for index, item in enumerate(value)]
        case float() if not isfinite(value):
            return None
        case _:
            return value


def _no_number(_: str) -> None:
    return None
