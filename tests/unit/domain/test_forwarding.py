"""A plain answer that is passed on is held whole, so there is an end to what is held."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator

import pytest

from domain.forwarding import whole
from ports.errors import BackendProtocolError
from ports.raw import LARGEST_ANSWER, RawReply

PIECE = bytes(LARGEST_ANSWER // 4)
"""The same object each time: the test holds it once."""


def reply(*pieces: bytes, fresh: int = 0) -> RawReply:
    """An answer of these pieces, and of so many that are not there before they come."""

    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        for count in range(fresh):
            yield b"%065536d" % count

    return RawReply(status=200, content_type="application/json", body=body())


async def test_an_answer_is_its_pieces() -> None:
    assert await whole(reply(b"a", b"", b"bc")) == b"abc"


async def test_an_answer_is_held_once() -> None:
    tracemalloc.start()
    try:
        answer = await whole(reply(fresh=128))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(answer) == 128 * 65_536
    assert peak < 1.5 * len(answer)


async def test_an_answer_in_one_piece_is_not_copied() -> None:
    assert await whole(reply(PIECE)) is PIECE


async def test_an_answer_longer_than_any_is_none() -> None:
    with pytest.raises(BackendProtocolError, match="too large"):
        await whole(reply(PIECE, PIECE, PIECE, PIECE, b"."))
