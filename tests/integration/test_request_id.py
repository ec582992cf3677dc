"""One id for a request: given or made, answered, and sent to the upstream."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.integration.served import Served, backend, serving
from tests.upstream.answers import chat
from tests.upstream.server import Upstream

HELLO = [{"role": "user", "content": "hi"}]
BODY: dict[str, Any] = {"model": "m", "messages": HELLO, "max_tokens": 9}


def sent_ids(upstream: Upstream) -> list[str | None]:
    return [exchange.request.headers.get("x-request-id") for exchange in upstream.exchanges]


async def post(served: Served, path: str, request_id: str = "", **more: Any) -> str:
    headers = {"x-request-id": request_id} if request_id else {}
    answer = await served.client.post(path, json=BODY | more, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-request-id"]


# Decoded, relayed (OpenAI's own dialect), whole and in events.
@pytest.mark.parametrize("path", ["/api/chat", "/v1/messages", "/v1/chat/completions"])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_id_goes_through_to_the_upstream_and_back(
    upstream: Upstream, path: str, *, stream: bool
) -> None:
    upstream.always(chat(["ok"]))
    async with serving(backend(upstream.base_url)) as served:
        given = await post(served, path, "mine-1", stream=stream)
        made = await post(served, path, stream=stream)

    assert given == "mine-1"
    assert made.startswith("req_")
    assert sent_ids(upstream)[-2:] == ["mine-1", made]


async def test_requests_at_the_same_time_keep_their_ids_apart(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    ids = [f"mine-{number}" for number in range(20)]
    async with serving(backend(upstream.base_url, 'static_models = ["m"]')) as served:
        answered = await asyncio.gather(*(post(served, "/api/chat", it) for it in ids))

    assert answered == ids
    assert sorted(str(it) for it in sent_ids(upstream)) == sorted(ids)


async def test_an_id_that_the_settings_send_stays(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    configured = 'headers = { "X-Request-Id" = "fixed" }'
    async with serving(backend(upstream.base_url, configured)) as served:
        answered = await post(served, "/api/chat", "mine-1")

    assert answered == "mine-1"
    assert sent_ids(upstream)[-1] == "fixed"
