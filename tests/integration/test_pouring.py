"""Pieces that are passed on in the moment they come: all of them, in order, and not too fast."""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Literal

import pytest

from adapters.backends.content import Pouring
from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.patience import Timeouts
from adapters.backends.transport import READ_SIZE
from adapters.memory.clock import SystemClock
from ports.errors import BackendTimeout, BackendUnavailable
from ports.raw import OPENAI, Headers, RawRequest
from ports.stream import Take, pour
from tests.integration.served import backend, serving
from tests.integration.sockets import address, request
from tests.upstream.answers import SSE, chat_events
from tests.upstream.script import Abort, Pause, Reply, Send, Stall, Step, Taken, Wire
from tests.upstream.server import Upstream
from tests.waiting import until

ASKING = b'{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}'
IDLE = 0.2
Framing = Literal["chunked", "close"]
TEXT, TIMES = b"x" * 500_000, 100
"""More than what fits into everything between a server and a client that does not read."""


@asynccontextmanager
async def body(
    upstream: Upstream,
    *steps: Step,
    idle: float = 60.0,
    headers: Headers = (),
    framing: Framing = "chunked",
) -> AsyncIterator[AsyncIterator[bytes]]:
    upstream.reply(Reply(steps=steps, headers=headers, framing=framing))
    config = OpenAICompatibleConfig(
        name="up", base_url=f"{upstream.url}/v1", timeout=Timeouts(idle=idle)
    )
    async with open_backend(config, clock=SystemClock(), via="1.1 test") as opened:
        assert opened.raw is not None
        asked = RawRequest(dialect=OPENAI, path="/v1/rerank")
        async with opened.raw.open_raw(asked) as reply:
            yield reply.body


def flood() -> list[bytes]:
    sent = os.urandom(20 * READ_SIZE)
    cuts = [0, 1, 3 * READ_SIZE, 3 * READ_SIZE + 7, 4 * READ_SIZE, 12 * READ_SIZE, len(sent)]
    return [sent[start:end] for start, end in pairwise(cuts)]


def dense_flood() -> list[bytes]:
    """What comes by one read, and is more than may wait unread once it is unpacked."""
    return [b"".join(b"%015d\n" % number for number in range(READ_SIZE))]


@pytest.mark.parametrize("every", [1, 2, 7, 1_000_000])
@pytest.mark.parametrize("flood", [flood, dense_flood])
async def test_a_flood_arrives_in_order_however_often_it_is_not_taken(
    upstream: Upstream, flood: Callable[[], list[bytes]], every: int
) -> None:
    pieces, handed = flood(), []
    packed = flood is dense_flood
    headers = (("content-encoding", "gzip"),) if packed else ()
    steps = [Send(gzip.compress(piece) if packed else piece) for piece in pieces]

    def take(piece: bytes) -> bool:
        handed.append(piece)
        return len(handed) % every > 0

    async with body(upstream, *steps, headers=headers) as received:
        while await pour(received, take):
            for _ in range(20):  # time for more to arrive than may wait
                await asyncio.sleep(0)

    assert b"".join(handed) == b"".join(pieces)


def test_who_has_given_up_is_told_of_nothing() -> None:
    loop = asyncio.new_event_loop()
    waiter = Pouring(pytest.fail, loop)
    waiter.cancel()

    waiter.go_on()

    loop.close()


async def test_a_piece_is_handed_over_before_any_task_goes_on(upstream: Upstream) -> None:
    go_on, handed = asyncio.Event(), []
    async with body(upstream, Send(b"one"), Pause(go_on), Send(b"two")) as pieces:
        pouring = asyncio.create_task(pour(pieces, lambda piece: handed.append(piece) or True))
        await until(lambda: handed == [b"one"])
        go_on.set()
        assert not await pouring

    assert handed == [b"one", b"two"]


async def test_a_stall_is_timed_from_the_last_piece_on(upstream: Upstream) -> None:
    go_on, loop = asyncio.Event(), asyncio.get_running_loop()
    handed: list[float] = []

    def take(_piece: bytes) -> bool:
        handed.append(loop.time())
        return True

    async with body(upstream, Send(b"one"), Pause(go_on), Send(b"two"), Stall(), idle=IDLE) as it:
        loop.call_later(IDLE / 2, go_on.set)
        with pytest.raises(BackendTimeout):
            await pour(it, take)

    assert len(handed) == 2
    assert loop.time() - handed[-1] >= IDLE


@pytest.mark.parametrize("piece", [b"one", b"two"], ids=["read ahead", "that comes"])
async def test_an_error_of_who_takes_a_piece_is_not_the_upstreams(
    upstream: Upstream, piece: bytes
) -> None:
    go_on, ours = asyncio.Event(), ConnectionResetError("the client's connection")

    def take(taken: bytes) -> bool:
        if taken == piece:
            raise ours
        asyncio.get_running_loop().call_soon(go_on.set)
        return True

    async with body(upstream, Send(b"one"), Pause(go_on), Send(b"two"), Stall()) as pieces:
        with pytest.raises(ConnectionResetError) as raised:
            await asyncio.wait_for(pour(pieces, take), 5)

    assert raised.value is ours


async def iterated(pieces: AsyncIterator[bytes], take: Take[bytes]) -> None:
    async for piece in pieces:
        take(piece)


async def poured(pieces: AsyncIterator[bytes], take: Take[bytes]) -> None:
    while await pour(pieces, take):
        pass


BREAKS: dict[str, tuple[Framing, list[Step]]] = {
    "no size": ("chunked", [Wire(b"zz\r\n")]),
    "a size that is too large": ("chunked", [Wire(b"f" * 18 + b"\r\n")]),
    "a chunk that is too long": ("chunked", [Wire(b"1\r\nab\r\n")]),
    "no trailer": ("chunked", [Wire(b"0\r\n \x00\r\n\r\n")]),
    "a reset": ("close", [Taken(), Abort()]),
    "a reset of chunks": ("chunked", [Taken(), Abort()]),
}


@pytest.mark.parametrize("read", [iterated, poured])
@pytest.mark.parametrize(("framing", "steps"), BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("between", [[], [Taken()]])
async def test_what_breaks_an_answer_is_told_at_once_and_behind_what_came(
    upstream: Upstream,
    read: Callable[[AsyncIterator[bytes], Take[bytes]], Awaitable[None]],
    framing: Framing,
    steps: list[Step],
    between: list[Step],
) -> None:
    go_on, handed = asyncio.Event(), []
    sent = [Send(b"one"), Pause(go_on), Send(b"two"), *between, *steps]
    then: list[Step] = [] if steps[-1] == Abort() else [Stall()]

    def take(piece: bytes) -> bool:
        handed.append(piece)
        go_on.set()
        return True

    async with body(upstream, *sent, *then, framing=framing) as pieces:
        with pytest.raises(BackendUnavailable):
            await asyncio.wait_for(read(pieces, take), 5)

    assert b"".join(handed).removesuffix(b"a") == b"onetwo"


async def test_who_is_cancelled_is_handed_nothing_more(upstream: Upstream) -> None:
    go_on, handed = asyncio.Event(), []
    async with body(upstream, Send(b"one"), Pause(go_on), Send(b"two"), Stall()) as pieces:
        pouring = asyncio.create_task(pour(pieces, lambda piece: handed.append(piece) or True))
        await until(lambda: handed == [b"one"])
        go_on.set()
        pouring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pouring
        assert await anext(pieces) == b"two"

    assert handed == [b"one"]
    await upstream.closed_early()


async def test_a_client_that_reads_slowly_gets_everything_and_holds_the_upstream_back(
    upstream: Upstream,
) -> None:
    sent = b"".join(chat_events([TEXT.decode()] * TIMES))
    events = sent.split(b"\n\n")
    upstream.reply(Reply(headers=SSE, steps=[Send(event + b"\n\n") for event in events if event]))
    async with serving(backend(upstream.base_url)) as served:
        await served.client.get("/v1/models")
        reader, writer = await asyncio.open_connection(*address(served), limit=2**16)
        writer.write(
            request("POST /v1/chat/completions HTTP/1.1", "content-type: x/json", body=ASKING)
        )
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(200):
            await asyncio.sleep(0)
        assert not upstream.exchanges[-1].ended
        got = await reader.read()
        writer.close()

    texts = b"".join(got.split(b"\r\n")[1::2])
    assert texts.count(b'"content":"%b"' % TEXT) == TIMES
    assert texts.endswith(b"data: [DONE]\n\n")
