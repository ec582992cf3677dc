"""A plain answer that is passed on is held whole, so there is an end to what is held."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from domain.forwarding import whole
from ports.errors import BackendProtocolError
from ports.raw import LARGEST_ANSWER, RawReply

PIECE = bytes(LARGEST_ANSWER // 4)
"""The same object each time: the test holds it once."""


def reply(*pieces: bytes) -> RawReply:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return RawReply(status=200, content_type="application/json", body=body())


async def test_an_answer_is_its_pieces() -> None:
    assert await whole(reply(b"a", b"", b"bc")) == b"abc"


async def test_an_answer_longer_than_any_is_none() -> None:
    with pytest.raises(BackendProtocolError, match="too large"):
        await whole(reply(PIECE, PIECE, PIECE, PIECE, b"."))
