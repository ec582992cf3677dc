r"""Characters that a server has cut in two, one half at the end of a delta, one in the next.

Only events that the strict decoder refused come here, and those behind half a character
(docs/wire/dialects.md 0.2).
"""

from __future__ import annotations

import json
from typing import Any

from adapters.dialects.wire.mending import Path, clean, mended

_PIECES = frozenset({"delta", "text"})
"""The members of a choice whose strings are pieces of longer ones; all others are whole."""


class Mender:
    """Mends the events of one answer, joining characters cut in two."""

    __slots__ = ("_halves", "waiting")

    def __init__(self) -> None:
        self._halves: dict[Path, str] = {}
        self.waiting = False
        """Whether half a character waits for the other one: the next event must come here."""

    def mend(self, payload: bytes) -> bytes:
        """Return the same as JSON that any decoder takes. Raises `ValueError` if it is none."""
        whole = mended(payload, self._whole)
        self.waiting = bool(self._halves)
        return whole

    def finish(self) -> list[bytes]:
        """Return events with U+FFFD where the other half never came."""
        events = [_event(path, "\ufffd") for path in self._halves]
        self._halves.clear()
        self.waiting = False
        return events

    def _whole(self, text: str, path: Path) -> str:
        text = self._halves.pop(path, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff" and not _PIECES.isdisjoint(path[2:3]):
            self._halves[path] = text[-1]
            text = text[:-1]
        return clean(text)


def _event(path: Path, value: Any) -> bytes:
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [{}] * step + [value]
    return json.dumps(value, ensure_ascii=False).encode()
