"""Compressed request bodies below `/v1`, undone before a dialect reads them.

Ollama takes zstd there and nowhere else, and some coding assistants send nothing else
(docs/wire/dialects.md 0.2). gzip is taken as well. A kilobyte of either may stand for
gigabytes: what comes out is made in small pieces and counted, and never made at all beyond
the bound.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from adapters.dialects.replies.batches import Message, Receive
from adapters.dialects.wire.coding import PIECE, Decompression, NotValid
from adapters.web.body import too_large
from ports.errors import InvalidRequest, UnsupportedEncoding

_CODING_HEADERS = frozenset({b"content-encoding", b"content-length"})
_TAKEN = frozenset({"zstd", "gzip", "x-gzip"})
ACCEPTED = ("zstd", "gzip")


def plain(scope: MutableMapping[str, Any], receive: Receive, limit: int) -> Receive:
    """Return a `receive` of the body without its content coding, if it has one.

    The headers that tell of the coding leave `scope`, so that nobody passes them on. Raises
    `UnsupportedEncoding` at once; the `receive` raises `InvalidRequest` for a body that is
    broken, and `BodyTooLarge` where more than `limit` bytes would come out.
    """
    values = [value for name, value in scope["headers"] if name == b"content-encoding"]
    if not values:
        return receive
    coding = _coding_of(b",".join(values).decode("latin-1"))
    if coding is None:
        return receive
    scope["headers"] = [entry for entry in scope["headers"] if entry[0] not in _CODING_HEADERS]
    return PlainBody(receive, Bounded(coding, limit)).receive


def _coding_of(value: str) -> str | None:
    """Return the one coding that a `Content-Encoding` names, `None` if there is none."""
    named = [coding.strip().lower() for coding in value.split(",")]
    codings = [coding for coding in named if coding not in {"", "identity"}]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in _TAKEN:
        raise UnsupportedEncoding(ACCEPTED)
    return codings[0]


class Bounded:
    """Undoes one coding of one body, of which at most `limit` bytes may come out."""

    __slots__ = ("_coding", "_content", "_left", "_limit")

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding
        self._content = Decompression(coding)
        self._limit = limit
        self._left = limit

    def feed(self, data: bytes) -> None:
        """Add what came, which may be cut anywhere."""
        self._content.feed(data)

    def take(self) -> bytes:
        """Return the next piece, empty if more must be fed first.

        Raises `InvalidRequest` if the data is broken, `BodyTooLarge` at the first byte too many.
        """
        try:
            piece = self._content.take(min(PIECE, self._left + 1))
        except NotValid as error:
            raise self._broken() from error
        self._left -= len(piece)
        if self._left < 0:
            raise too_large(self._limit)
        return piece

    def finish(self) -> None:
        """Raise `InvalidRequest` unless the end of the data is the end of the body."""
        if not self._content.is_whole:
            raise self._broken()

    def _broken(self) -> InvalidRequest:
        return InvalidRequest(f"the request body is not valid {self._coding}")


class PlainBody:
    """A `receive` of what a compressed body stands for."""

    __slots__ = ("_content", "_ended", "_over", "_receive")

    def __init__(self, receive: Receive, content: Bounded) -> None:
        self._receive = receive
        self._content = content
        self._ended = False
        self._over = False

    async def receive(self) -> Message:
        """Return the next piece of the body; once it is over, whatever else is received."""
        if self._over:
            return await self._receive()
        while not (piece := self._content.take()):
            if self._ended:
                self._content.finish()
                self._over = True
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._content.feed(message.get("body", b""))
            self._ended = not message.get("more_body", False)
        return {"type": "http.request", "body": piece, "more_body": True}
