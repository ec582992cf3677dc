"""Told to end, the server ends in good order, and its log has no errors that are none."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit

import pytest

from tests.e2e.lines import WAYS, asked
from tests.e2e.server import Served, serve
from tests.upstream.answers import chat_events, sse
from tests.upstream.script import Pause, Send, Stall
from tests.upstream.server import Upstream
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAY = WAYS["ollama"]
CONFIG = """
[server]
drain = "{drain}"
{more}
[[backends]]
name = "up"
kind = "openai-compatible"
base_url = "{url}"
"""
LONG = sse(chat_events(["x" * 20_000] * 1500))
"""More than the buffers between two programs hold."""


def configured(
    upstream: Upstream, drain: str, more: str = ""
) -> AbstractAsyncContextManager[Served]:
    return serve(CONFIG.format(url=upstream.base_url, drain=drain, more=more))


def refuses(url: str) -> bool:
    """Tell whether nobody listens there any more."""
    where = urlsplit(url)
    try:
        socket.create_connection((where.hostname, where.port)).close()
    except ConnectionRefusedError:
        return True
    return False


def complaints(served: Served) -> list[str]:
    """Return what the log has above INFO."""
    return [line["message"] for line in served.log() if line["level"] != "INFO"]


async def test_a_second_interrupt_ends_at_once_and_without_a_traceback(upstream: Upstream) -> None:
    upstream.always(sse(chat_events(["Hel"])[:2], Stall()))
    async with configured(upstream, "10m") as served, asked(served.url, WAY, stream=True) as reader:
        await reader.readuntil(b'"Hel"')
        served.signal(signal.SIGINT)
        await until(lambda: refuses(served.url))
        served.signal(signal.SIGINT)

        rest = await reader.read()
        await until(lambda: not served.running, 15)
        complained, written = complaints(served), served.stderr

    assert b"the server is shutting down" in rest
    assert complained == []
    assert "Traceback" not in written


async def test_a_client_that_does_not_read_is_left_with_a_warning(upstream: Upstream) -> None:
    upstream.always(LONG)
    async with configured(upstream, "1s") as served, asked(served.url, WAY, stream=True) as reader:
        await reader.readuntil(b'"x')
        served.signal(signal.SIGTERM)
        await until(lambda: not served.running, 15)
        complained = complaints(served)

    assert complained == ["requests that were not over within server.drain are ended: 1"]


async def test_workers_end_in_good_order_when_their_parent_is_killed(upstream: Upstream) -> None:
    go_on = asyncio.Event()
    events = chat_events(["Hel", "lo"])
    upstream.always(sse(events[:2], Pause(go_on), *map(Send, events[2:])))
    two = configured(upstream, "10s", "workers = 2")
    async with two as served, asked(served.url, WAY, stream=True) as reader:
        await reader.readuntil(b'"Hel"')
        served.signal(signal.SIGKILL)
        await until(lambda: refuses(served.url), 15)
        go_on.set()

        rest = await reader.read()

    assert b'"done":true' in rest


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_request_that_is_ended_with_its_server_has_its_line(
    upstream: Upstream, workers: int
) -> None:
    upstream.always(sse(chat_events(["Hel"])[:2], Stall()))
    some = configured(upstream, "1s", f"workers = {workers}")
    async with some as served, asked(served.url, WAY, stream=True) as reader:
        await reader.readuntil(b'"Hel"')
        served.signal(signal.SIGTERM)
        await until(lambda: not served.running, 15)
        errors = [line.get("error") for line in served.log() if line.get("path") == WAY.path]

    assert errors == ["shutting_down"]
