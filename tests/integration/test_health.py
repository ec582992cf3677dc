"""The routes of health, on a running application."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from litestar import Litestar

from adapters.memory.clock import SystemClock
from adapters.web.pulse import Pulse
from app import __version__
from app.draining import beating
from tests.integration.served import Served, backend, serving, settings_of
from tests.upstream.answers import chat, error
from tests.upstream.server import Upstream
from tests.waiting import until

BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
KEYS = '[[keys]]\nname = "ada"\nkey = "ada-key"\n'
ADA = {"Authorization": "Bearer ada-key"}
LISTED = 'static_models = ["m"]'


async def health(served: Served, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = await served.client.get("/health", headers=headers)
    return answer.status_code, answer.json()


async def fail(served: Served, upstream: Upstream, times: int = 3) -> None:
    upstream.always(error(500, "canary-message", code="x"))
    for _ in range(times):
        await served.client.post("/api/chat", json=BODY)


async def test_a_healthy_server_tells_all_of_itself(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    async with serving(backend(upstream.base_url, LISTED)) as served:
        await served.client.post("/api/chat", json=BODY)
        await served.client.get("/nowhere")
        status, told = await health(served)

    assert status == 200
    assert told.pop("uptime_seconds") > 0
    assert told == {
        "status": "healthy",
        "version": __version__,
        "models": 1,
        "requests": 2,
        "errors": 0,
        "backends": [{"name": "up", "kind": "openai-compatible", "state": "up"}],
    }


async def test_a_server_with_no_backend_left_is_unhealthy_and_says_why(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url, LISTED)) as served:
        await fail(served, upstream)
        asked = len(upstream.exchanges)
        await health(served)
        status, told = await health(served)

    (one,) = told["backends"]
    assert (status, told["status"], told["errors"]) == (503, "unhealthy", 3)
    assert (one["state"], one["last_error"]["code"]) == ("down", "backend_failed")
    assert 0 <= one["last_error"]["age_seconds"] < 10
    assert "canary" not in str(told)
    assert len(upstream.exchanges) == asked


async def test_with_one_backend_left_it_is_degraded(
    upstream: Upstream, unused_tcp_port: int
) -> None:
    dead = backend(f"http://127.0.0.1:{unused_tcp_port}", name="dead")
    async with serving(backend(upstream.base_url, LISTED) + dead) as served:
        await served.client.get("/api/tags")  # which waits for the lists
        status, told = await health(served)

    assert (status, told["status"]) == (200, "degraded")
    assert told["backends"][1]["list_error"] == "backend_unavailable"
    assert str(unused_tcp_port) not in str(told)


async def test_a_stranger_learns_one_word(upstream: Upstream) -> None:
    async with serving(settings_of(backend(upstream.base_url, LISTED) + KEYS)) as served:
        stranger = await health(served)
        wrong = await health(served, Authorization="Bearer wrong")
        known = await health(served, **ADA)

    assert stranger == wrong == (200, {"status": "healthy"})
    assert known[1]["backends"][0]["name"] == "up"


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
async def test_a_head_is_answered_like_a_get_without_the_body(
    upstream: Upstream, path: str
) -> None:
    async with serving(backend(upstream.base_url, LISTED) + KEYS) as served:
        answer = await served.client.head(path)

    assert (answer.status_code, answer.content) == (200, b"")


async def test_live_and_ready_do_not_depend_on_backends(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url, LISTED)) as served:
        await fail(served, upstream)
        live = await served.client.get("/health/live")
        ready = await served.client.get("/health/ready")

    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


@contextmanager
def handling(number: signal.Signals, seen: list[int]) -> Iterator[None]:
    """Handle a signal as uvicorn does, by taking note of it."""
    before = signal.signal(number, lambda it, _frame: seen.append(it))
    try:
        yield
    finally:
        signal.signal(number, before)


async def test_it_is_not_ready_from_the_signal_on(upstream: Upstream) -> None:
    seen: list[int] = []
    with handling(signal.SIGTERM, seen):
        async with serving(backend(upstream.base_url, LISTED)) as served:
            before = await served.client.get("/health/ready")
            os.kill(os.getpid(), signal.SIGTERM)
            await until(lambda: seen)
            after = await served.client.get("/health/ready")
            live = await served.client.get("/health/live")

    assert (before.status_code, live.status_code) == (200, 200)
    assert (after.status_code, after.json()) == (503, {"status": "draining"})
    assert seen == [signal.SIGTERM]


async def test_the_handlers_that_there_were_come_back() -> None:
    pulse, seen = Pulse(SystemClock()), list[int]()
    with handling(signal.SIGTERM, seen):
        mine = signal.getsignal(signal.SIGTERM)
        assert not pulse.started
        async with beating(pulse)(Litestar()):
            assert signal.getsignal(signal.SIGTERM) is not mine
            assert (pulse.started, pulse.draining) == (True, False)
        assert signal.getsignal(signal.SIGTERM) is mine

    assert pulse.draining
