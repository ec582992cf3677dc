"""A relay passes on what may pass as it comes, and an error ends what a cut would end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.dialects.relaying.exchange import Relayed, RelayOpening, at_once, beginning, begun
from ports.errors import BackendError, BackendFailed, BackendProtocolError, BackendUnavailable
from ports.raw import RawReply


class Letters:
    """Passes letters on until a full stop; a question mark is an error, a space nothing.

    A dash passes too, but says nothing.
    """

    def __init__(self) -> None:
        self.done = False
        self.error: BackendError | None = None

    def feed(self, data: bytes) -> bytes:
        before, fault, _ = data.partition(b"?")
        passed, end, _ = before.partition(b".")
        self.done = bool(end)
        if fault and not end:
            self.error = BackendFailed("it broke")
        return (passed + end).replace(b" ", b"")

    def finish(self) -> bytes:
        self.error = BackendProtocolError("cut")
        return b""

    def says(self, passed: bytes) -> bool:
        return passed.strip(b"-.") != b""


async def pieces_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def reply_of(body: AsyncIterator[bytes], told: list[str] | None = None) -> RawReply:
    """An answer; `began` and `spoke` are noted in `told`."""
    tell = (told if told is not None else []).append
    return RawReply(
        status=200,
        content_type="",
        body=body,
        began=lambda: tell("began"),
        spoke=lambda: tell("spoke"),
    )


async def test_pieces_go_on_as_they_come_and_empty_ones_do_not() -> None:
    got = [data async for data in Relayed(b"a", reply_of(pieces_of(b"b", b" ", b"c.")), Letters())]

    assert got == [b"a", b"b", b"c."]


@pytest.mark.parametrize(
    ("pieces", "before", "said"),
    [((b"a", b"b?"), [b"a", b"b"], "it broke"), ((b"a", b"b"), [b"a", b"b"], "cut")],
)
async def test_a_stream_ends_with_the_error_behind_what_came(
    pieces: tuple[bytes, ...], before: list[bytes], said: str
) -> None:
    got = []
    with pytest.raises(BackendError, match=said):
        async for data in Relayed(b"", reply_of(pieces_of(*pieces)), Letters()):
            got.append(data)  # noqa: PERF401 - what came before the error counts

    assert got == before


async def test_what_is_taken_is_handed_over_in_one_go_whoever_speaks() -> None:
    told: list[str] = []

    def take(data: bytes) -> bool:
        told.append(data.decode())
        return data != b"c"

    pieces = pieces_of(b"-", b"b", b" ", b"c", b"d", b"e.", b"f")
    stream = Relayed(b"-", reply_of(pieces, told), Letters())

    assert await stream.pour(take)
    assert told == ["-", "-", "spoke", "b", "c"]
    assert not await stream.pour(take)
    assert told == ["-", "-", "spoke", "b", "c", "d", "e."]


@pytest.mark.parametrize("after", ["stall", "break", "more"])
async def test_what_becomes_of_a_complete_answer_is_nothing_to_the_client(after: str) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"a."
        if after == "stall":
            await asyncio.Event().wait()
        if after == "break":
            raise BackendUnavailable("broke off")
        yield b"b"

    assert [data async for data in Relayed(b"", reply_of(body()), Letters())] == [b"a."]


async def test_the_beginning_is_what_may_go_on_first() -> None:
    body = pieces_of(b" ", b" ", b"a", b"b.")

    assert await beginning(body, Letters()) == b"a"
    assert await anext(body) == b"b."


@pytest.mark.parametrize(("pieces", "said"), [((b" ", b"?"), "it broke"), ((b" ",), "cut")])
async def test_an_error_before_anything_else_is_raised(
    pieces: tuple[bytes, ...], said: str
) -> None:
    with pytest.raises(BackendError, match=said):
        await beginning(pieces_of(*pieces), Letters())


@pytest.mark.parametrize(
    ("pieces", "heard"),
    [
        ((b" ", b"a", b"b", b"c."), ["began", "spoke", "a", "b", "c."]),
        (
            (b" ", b"-", b" ", b"-", b"a", b"b", b"c."),
            ["began", "-", "-", "spoke", "a", "b", "c."],
        ),
        ((b" ", b"-", b"."), ["began", "-", "spoke", "."]),
    ],
    ids=["at once", "behind a beginning that says nothing", "nothing"],
)
async def test_a_stream_has_begun_with_what_goes_on_and_speaks_with_what_is_said(
    pieces: tuple[bytes, ...], heard: list[str]
) -> None:
    told: list[str] = []

    stream = await begun(reply_of(pieces_of(*pieces), told), Letters())
    assert told == ["began"]
    async for data in stream:
        told.append(data.decode())  # noqa: PERF401 - in turn with what the stream tells

    assert told == heard


async def test_a_whole_answer_begins_and_speaks_at_once() -> None:
    told: list[str] = []

    stream = at_once(reply_of(pieces_of(), told), b"all of it")

    assert told == ["began", "spoke"]
    assert [data async for data in stream] == [b"all of it"]


class Upstream:
    """Opens one answer and notices how it is closed."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.closed: list[type[BaseException] | None] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[RawReply]:
        try:
            yield RawReply(status=200, content_type="", body=pieces_of(*self.pieces))
        except BaseException as error:
            self.closed.append(type(error))
            raise
        self.closed.append(None)


async def test_opening_waits_for_the_beginning_and_leaving_closes_the_upstream() -> None:
    upstream = Upstream(b" ", b"a", b"b.")

    async with RelayOpening(upstream.open(), lambda reply: begun(reply, Letters())) as stream:
        assert [data async for data in stream] == [b"a", b"b."]
        assert not upstream.closed

    assert upstream.closed == [None]


async def test_an_answer_that_does_not_begin_is_closed() -> None:
    upstream = Upstream(b"?")

    with pytest.raises(BackendFailed):
        await RelayOpening(upstream.open(), lambda reply: begun(reply, Letters())).__aenter__()

    assert upstream.closed == [BackendFailed]
