"""What one upstream wants back with the calls it made, remembered for clients that cannot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from adapters.dialects.openai.replay import Replay, fingerprint
from ports.chat import ToolCall

MAX_COUNT = 4096
"""Answers of one upstream that are remembered."""

MAX_BYTES = 32 * 1024 * 1024
"""What they may weigh together."""

_ENTRY = 512
"""What an entry weighs beside its texts."""


class _Entry(Struct, frozen=True, gc=False):
    model: str
    replay: Replay
    print: bytes
    size: int


class ReplayMemory:
    """Remembers the latest answers with calls, by the ids of the calls, else by what was called.

    Ollama's clients drop what they do not know, and many drop the ids too (docs/wire/dialects.md
    8.6). What was not used for longest is forgotten first. A restart forgets all: then the
    upstream gets the calls without it.
    """

    def __init__(self, max_count: int = MAX_COUNT, max_bytes: int = MAX_BYTES) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._by_id: dict[tuple[str, str], int] = {}
        self._by_print: dict[bytes, int] = {}
        self._next = 0
        self.size = 0
        """Bytes, about."""

    def __len__(self) -> int:
        """Return how many answers are remembered."""
        return len(self._entries)

    def keep(self, model: str, replay: Replay) -> None:
        """Remember what came with the calls of an answer; too large a one is passed over."""
        size = replay.size + _ENTRY
        if size > self._max_bytes:
            return
        entry = _Entry(model, replay, fingerprint(model, replay.calls), size)
        number, self._next = self._next, self._next + 1
        self._entries[number] = entry
        self._by_id |= {(model, call.id): number for call in replay.calls}
        self._by_print[entry.print] = number
        self.size += size
        while len(self._entries) > self._max_count or self.size > self._max_bytes:
            self._forget()

    def recall(self, model: str, calls: Sequence[ToolCall]) -> Replay | None:
        """Find what came with these calls of a model, if it is still known."""
        number = self._find(model, calls) if self._entries else None
        if number is None:
            return None
        self._entries.move_to_end(number)
        return self._entries[number].replay

    def _find(self, model: str, calls: Sequence[ToolCall]) -> int | None:
        wanted = fingerprint(model, calls)
        number = self._by_id.get((model, calls[0].id))
        if number is not None and self._entries[number].print == wanted:
            return number
        # Some servers give the same ids in every answer.
        if wanted in self._by_print:
            return self._by_print[wanted]
        named = number is not None and _same_names(self._entries[number].replay.calls, calls)
        return number if named else None

    def _forget(self) -> None:
        number, entry = self._entries.popitem(last=False)
        self.size -= entry.size
        for call in entry.replay.calls:
            if self._by_id.get((entry.model, call.id)) == number:
                del self._by_id[entry.model, call.id]
        if self._by_print.get(entry.print) == number:
            del self._by_print[entry.print]


def _same_names(made: Sequence[ToolCall], sent: Sequence[ToolCall]) -> bool:
    return [call.name for call in made] == [call.name for call in sent]
