"""Statements 71 to 75 of the checklist: what goes wrong, before and within a stream."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.integration.checklist.asking import JSON, LINES, chat, generate, texts
from tests.integration.served import Served
from tests.upstream.answers import chat as said
from tests.upstream.answers import chat_events, error, error_event, sse
from tests.upstream.script import Close
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST = chat_events(["Hello"])[:2]


def error_of(answer: httpx.Response) -> str:
    """Return the one member of an error, a string."""
    body = answer.json()
    assert list(body) == ["error"]
    assert isinstance(body["error"], str)
    assert body["error"]
    return str(body["error"])


async def test_071_a_failure_before_the_first_token_keeps_a_status(
    served: Served, upstream: Upstream
) -> None:
    for status, mapped in ((400, 400), (429, 429), (500, 502), (503, 503)):
        upstream.always(error(status, "out of luck"))
        for ask in (chat, generate):
            answer = await ask(served)

            assert (answer.status_code, error_of(answer)) == (mapped, "out of luck")
            assert answer.headers["content-type"] == "application/json"


async def test_072_a_failure_after_a_token_ends_the_stream_with_an_error(
    served: Served, upstream: Upstream
) -> None:
    for broken in (sse([*FIRST, error_event("out of luck")]), sse(FIRST, Close())):
        upstream.always(broken)

        answer = await chat(served)
        *before, last = [json.loads(line) for line in answer.text.splitlines()]

        assert (answer.status_code, answer.headers["content-type"]) == (200, LINES)
        assert texts(before) == "Hello"
        assert list(last) == ["error"]
        assert isinstance(last["error"], str)
        assert not any(line.get("done") for line in before)


async def test_073_no_line_is_blank_or_has_an_error_of_another_kind(
    served: Served, upstream: Upstream
) -> None:
    scripts: tuple[Any, ...] = (
        said(["Hel", "lo"]),
        said(["42"], reasoning=["hm"]),
        sse([*FIRST, error_event("out of luck")]),
        sse(FIRST, Close()),
    )
    for script in scripts:
        upstream.always(script)
        for ask in (chat, generate):
            for line in (await ask(served)).text.removesuffix("\n").split("\n"):
                assert isinstance(json.loads(line).get("error", ""), str)


async def test_074_an_upstreams_401_is_none_of_ours(served: Served, upstream: Upstream) -> None:
    upstream.always(error(401, "invalid api key"))

    for stream in (True, False):
        answer = await chat(served, stream=stream)

        assert (answer.status_code, error_of(answer)) == (502, "upstream authentication failed")


async def test_075_an_upstream_that_is_busy_is_a_503(served: Served, upstream: Upstream) -> None:
    upstream.always(error(503, "server busy, please try again"))

    answer = await chat(served, stream=False)

    assert (answer.status_code, answer.headers["content-type"]) == (503, JSON)
    assert error_of(answer) == "server busy, please try again"
