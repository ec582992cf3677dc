"""The model that an answer names, where it is an object that is otherwise passed on unread."""

from __future__ import annotations

from collections.abc import AsyncIterator

from adapters.dialects.openai.passing.named import Named, renamed
from adapters.dialects.openai.passing.objects import ObjectReader
from adapters.dialects.openai.passing.uploads import OBJECT_BYTES
from ports.errors import InvalidRequest
from ports.stream import Stream, Take, pour


async def named_as(
    asked: str, body: AsyncIterator[bytes], *, known: str
) -> tuple[AsyncIterator[bytes], int]:
    """Return a body that names the model as the client did, and by how many bytes it is longer.

    `known` is the upstream's name for it, and no other one is touched. The body is read until the
    model is found, or for 8 MiB.
    """
    reader = ObjectReader()
    held, named = await _beginning(body, reader)
    if named is None or named.name != known:
        return _Behind(held, body), 0
    changed = renamed(held, named, reader.spelled(asked))
    return _Behind(changed, body), len(changed) - len(held)


async def _beginning(
    body: AsyncIterator[bytes], reader: ObjectReader
) -> tuple[bytes, Named | None]:
    """Read as far as the model; `None` if none is found, or what comes is no object."""
    pieces: list[bytes] = []
    size = 0
    while size < OBJECT_BYTES and (piece := await anext(body, b"")):
        pieces.append(piece)
        size += len(piece)
        try:
            reader.feed(piece)
        except InvalidRequest:
            break
        if reader.named is not None and reader.named.end:
            return b"".join(pieces), reader.named
    return b"".join(pieces), None


class _Behind(Stream[bytes]):
    """What was read already, and the rest of it."""

    __slots__ = ("_held", "_rest")

    def __init__(self, held: bytes, rest: AsyncIterator[bytes]) -> None:
        self._held = held
        self._rest = rest

    async def pour(self, take: Take[bytes], /) -> bool:
        held, self._held = self._held, b""
        if held and not take(held):
            return True
        return await pour(self._rest, take)
