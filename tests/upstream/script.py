"""What the upstream does with one request, as data.

A `Reply` is a head and then either a whole `body` or a list of `steps`. `Send` obeys the
framing that the head announced; `Wire` does not, and that is how a script misbehaves at
byte level. When the steps run out the body is ended properly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from tests.upstream.wire import Received


class Send(Struct, frozen=True):
    """Bytes of the body, written at once; one HTTP chunk where the framing is chunked."""

    data: bytes


class Wire(Struct, frozen=True):
    """Bytes that go out as they are, whatever the framing."""

    data: bytes


class Pause(Struct, frozen=True):
    """Nothing more until the test sets the event."""

    until: asyncio.Event


class Taken(Struct, frozen=True):
    """Nothing more until the client has read what was written: the next bytes come alone."""


class Stall(Struct, frozen=True):
    """Nothing more, ever; the connection stays open until the client closes it."""


class Close(Struct, frozen=True):
    """The connection ends here in good order (FIN), whether or not the body has."""


class Abort(Struct, frozen=True):
    """The connection is torn down here (RST)."""


Step = Send | Wire | Pause | Taken | Stall | Close | Abort


class Reply(Struct, frozen=True, kw_only=True):
    """One answer.

    `steps` may be a generator, for an answer too long to hold; such a reply serves once.
    `content_length` replaces the true one. With the framing `close` the body ends with the
    connection, with `none` the head says nothing about the body at all.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b""
    steps: Iterable[Step] | None = None
    framing: Literal["chunked", "length", "close", "none"] | None = None
    content_length: int | None = None
    keep_alive: bool = True
    head: bytes | None = None
    """Bytes in place of the whole head, for a server that does not speak HTTP."""


Script = Reply | Callable[[Received], Reply]
"""A reply, or a function that picks one when the request is known."""


def split(data: bytes, positions: Sequence[int]) -> list[Step]:
    """Cut `data` at the given positions; the client reads every piece on its own."""
    cuts = [0, *positions, len(data)]
    pieces = [data[start:end] for start, end in pairwise(cuts) if start < end]
    steps: list[Step] = []
    for piece in pieces:
        steps += [Taken(), Send(piece)] if steps else [Send(piece)]
    return steps


def bytewise(data: bytes) -> list[Step]:
    """Send one byte at a time; the client reads every byte on its own."""
    return split(data, range(1, len(data)))


def cut_in_chunk_header(*sent: bytes) -> list[Step]:
    """Send whole chunks, then half of a chunk's header, then close."""
    return [*(Send(data) for data in sent), Wire(b"1"), Close()]
