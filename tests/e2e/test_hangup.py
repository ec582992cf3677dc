"""A client that hangs up costs nothing more: the upstream is closed at once, nothing leaks."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.lines import Way, asked
from tests.e2e.server import Served
from tests.upstream.answers import SSE, chat_events
from tests.upstream.script import Reply, Send, Stall
from tests.upstream.server import Upstream
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_ONCE = 0.25
"""Seconds within which the upstream must see its connection closed."""

ATTEMPTS = 5
"""How often that may take longer first, as on a busy machine anything may."""

SILENT = Reply(head=b"", steps=[Stall()], framing="none")
HALF_PLAIN = Reply(framing="length", content_length=900, steps=[Send(b"{"), Stall()])
BEGUN = Reply(headers=SSE, steps=[*map(Send, chat_events(["Hel", "lo"])[:2]), Stall()])
HEAD_ONLY = Reply(headers=SSE, steps=[Stall()])


@pytest.mark.parametrize(
    ("script", "stream", "until_read"),
    [
        pytest.param(SILENT, True, b"", id="before anything came"),
        pytest.param(HEAD_ONLY, True, b"", id="before the first byte of a stream"),
        pytest.param(BEGUN, True, b'"Hel"', id="in mid-stream"),
        pytest.param(SILENT, False, b"", id="during a plain call"),
        pytest.param(HALF_PLAIN, False, b"", id="in the middle of a plain answer"),
    ],
)
async def test_hanging_up_closes_the_upstream_at_once(
    upstream: Upstream,
    served: Served,
    way: Way,
    *,
    script: Reply,
    stream: bool,
    until_read: bytes,
) -> None:
    upstream.always(script)
    sockets_before = served.open_sockets()
    loop = asyncio.get_running_loop()

    took: list[float] = []
    while len(took) < ATTEMPTS and min(took, default=AT_ONCE) >= AT_ONCE:
        number = len(took)
        async with asked(served.url, way, stream=stream) as reader:
            await upstream.exchange(number)
            if until_read:
                await reader.readuntil(until_read)
            left_at = loop.time()
        took.append(await upstream.closed_early(number) - left_at)

    assert min(took) < AT_ONCE
    await until(lambda: served.open_sockets() <= sockets_before)


async def test_many_who_hang_up_leave_no_sockets_behind(
    upstream: Upstream, served: Served, way: Way
) -> None:
    upstream.always(BEGUN)
    sockets_before = served.open_sockets()

    async def leave(number: int) -> None:
        async with asked(served.url, way, stream=True) as reader:
            await reader.readuntil(b'"Hel"')
        await upstream.closed_early(number)

    await asyncio.gather(*(leave(number) for number in range(20)))

    await until(lambda: served.open_sockets() <= sockets_before)
