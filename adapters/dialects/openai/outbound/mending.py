r"""A second look at JSON that is not quite JSON.

Some servers cut a character in two and send half of it as `\ud83d` at the end of one delta and
the rest at the start of the next, write NaN, or bytes that are no UTF-8 (docs/wire/dialects.md
0.2). Only what the strict decoder refused comes here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from typing import Any

_Path = tuple[str | int, ...]
_Mended = Callable[[str, _Path], str]

_PIECES = frozenset({"delta", "text"})
"""The members of a choice whose strings are pieces of longer ones; all others are whole."""


def mend(payload: bytes) -> bytes:
    """Return the same as JSON that any decoder takes. Raises `ValueError` if it is none."""
    return _mended(payload, lambda text, _: _clean(text))


class Mender:
    """Mends the events of one answer, joining characters cut in two."""

    __slots__ = ("_halves", "waiting")

    def __init__(self) -> None:
        self._halves: dict[_Path, str] = {}
        self.waiting = False
        """Whether half a character waits for the other one: the next event must come here."""

    def mend(self, payload: bytes) -> bytes:
        """Return the same as JSON that any decoder takes. Raises `ValueError` if it is none."""
        mended = _mended(payload, self._whole)
        self.waiting = bool(self._halves)
        return mended

    def finish(self) -> list[bytes]:
        """Return events with U+FFFD where the other half never came."""
        events = [_event(path, "\ufffd") for path in self._halves]
        self._halves.clear()
        self.waiting = False
        return events

    def _whole(self, text: str, path: _Path) -> str:
        text = self._halves.pop(path, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff" and not _PIECES.isdisjoint(path[2:3]):
            self._halves[path] = text[-1]
            text = text[:-1]
        return _clean(text)


def _mended(payload: bytes, whole: _Mended) -> bytes:
    text = payload.decode("utf-8", "replace")
    try:
        tree = json.loads(text, strict=False, parse_constant=_no_number)
        return json.dumps(_walk(tree, (), whole), ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _walk(value: Any, path: _Path, whole: _Mended) -> Any:
    match value:
        case str():
            return whole(value, path)
        case dict():
            return {_clean(k): _walk(item, (*path, k), whole) for k, item in value.items()}
        case list():
            return [_walk(item, (*path, index), whole) for index, item in enumerate(value)]
        case float() if not isfinite(value):
            return None
        case _:
            return value


def _event(path: _Path, value: Any) -> bytes:
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [{}] * step + [value]
    return json.dumps(value, ensure_ascii=False).encode()


def _clean(text: str) -> str:
    """Join surrogate pairs into characters, put U+FFFD for halves."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _no_number(_: str) -> None:
    return None
