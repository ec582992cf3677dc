"""Compressed request bodies below `/v1`, undone before a dialect reads them.

Ollama takes zstd there and nowhere else, and some coding assistants send nothing else
(docs/wire/dialects.md 0.2). gzip is taken as well. A kilobyte of either may stand for
gigabytes: what comes out is made in small pieces and counted, and never made at all beyond
the bound.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, MutableMapping
from typing import Any, Protocol

from adapters.dialects.replies.batches import Message, Receive
from adapters.web.body import too_large
from ports.errors import InvalidRequest, UnsupportedEncoding

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

PIECE = 256 * 1024
"""Most bytes that are made at a time."""

MOST_MEMBERS = 1000
"""Most members (gzip) or frames (zstd) that one body may consist of: each costs something, even
the ones in which there is nothing."""

_WINDOW_LOG = 23
"""What a zstd frame may make us remember of it, as a power of two: 8 MiB (RFC 9659)."""

_CODING_HEADERS = frozenset({b"content-encoding", b"content-length"})


class _Member(Protocol):
    """The decompressor of one member of a body, of the interface of `bz2` and `lzma`."""

    @property
    def eof(self) -> bool:
        """Whether the member is over."""

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        """Take `data`; return what is known then, at most `max_length` bytes of it."""


class _GzipMember:
    """`zlib`'s decompressor, which does not keep by itself what it has not got to."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _zstd_frame() -> _Member:
    return ZstdDecompressor(options={DecompressionParameter.window_log_max: _WINDOW_LOG})


_CODINGS: dict[str, Callable[[], _Member]] = {
    "zstd": _zstd_frame,
    "gzip": _GzipMember,
    "x-gzip": _GzipMember,  # RFC 9110 8.4.1.3: the same
}
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
    return PlainBody(receive, Decompression(coding, limit)).receive


def _coding_of(value: str) -> str | None:
    """Return the one coding that a `Content-Encoding` names, `None` if there is none."""
    named = [coding.strip().lower() for coding in value.split(",")]
    codings = [coding for coding in named if coding not in {"", "identity"}]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in _CODINGS:
        raise UnsupportedEncoding(ACCEPTED)
    return codings[0]


class Decompression:
    """Undoes one coding of one body, of which at most `limit` bytes may come out.

    Feed it what arrives, take pieces until there is none, and finish.
    """

    __slots__ = ("_coding", "_given", "_input", "_left", "_limit", "_member", "_members")

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding
        self._limit = limit
        self._left = limit
        self._input = b""
        self._given = False
        self._members = 1
        self._member = _CODINGS[coding]()

    def feed(self, data: bytes) -> None:
        """Add what came, which may be cut anywhere."""
        self._input += data
        self._given = self._given or bool(data)

    def take(self) -> bytes:
        """Return the next piece, empty if more must be fed first.

        Raises `InvalidRequest` if the data is broken, `BodyTooLarge` at the first byte too many.
        """
        while True:
            if self._member.eof and not self._begin_next():
                return b""
            data, self._input = self._input, b""
            try:
                piece = self._member.decompress(data, max_length=min(PIECE, self._left + 1))
            except (zlib.error, ZstdError) as error:
                raise self._broken() from error
            self._left -= len(piece)
            if self._left < 0:
                raise too_large(self._limit)
            if piece or not self._member.eof:
                return piece

    def finish(self) -> None:
        """Raise `InvalidRequest` unless the end of the data is the end of the body."""
        if self._given and not self._member.eof:
            raise self._broken()

    def _begin_next(self) -> bool:
        """Begin the member behind one that is over; `False` if nothing of it has come."""
        rest = self._member.unused_data + self._input
        if not rest:
            return False
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise self._broken()
        self._member = _CODINGS[self._coding]()
        self._input = rest
        return True

    def _broken(self) -> InvalidRequest:
        return InvalidRequest(f"the request body is not valid {self._coding}")


class PlainBody:
    """A `receive` of what a compressed body stands for."""

    __slots__ = ("_content", "_ended", "_over", "_receive")

    def __init__(self, receive: Receive, content: Decompression) -> None:
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
