"""The two ways on which the calls of OpenAI's clients are made are two: relayed and decoded."""

from __future__ import annotations

import httpx
import pytest

from tests.e2e.clients.gateways import ANOTHER, RELAYED, SEED, Gateways, Kind, by_alias

pytestmark = pytest.mark.asyncio(loop_scope="package")

BODY = (
    '{"stream": false, "temperature": 0.50, "of_tomorrow": {"b": 1e2, "a": null}, "model": "%s",'
    ' "messages": [{"role": "user", "content": "hi"}]}'
)


NATIVE = {
    "/v1/responses": '{"model": "tools", "input": "hi", "of_tomorrow": 1}',
    "/v1/messages": (
        '{"model": "tools", "max_tokens": 9, "of_tomorrow": 1,'
        ' "messages": [{"role": "user", "content": "hi"}]}'
    ),
}
OLLAMA = (
    '{"model": "tools", "messages": [{"role": "user", "content": "hi"}], "options": {"num_gpu": 1}}'
)


@pytest.mark.parametrize("kind", RELAYED)
async def test_the_bytes_of_a_chat_go_through_but_for_the_name(
    kind: Kind, gateways: Gateways
) -> None:
    sent = await _sent(gateways, kind, "tools")

    before, _, after = BODY.partition('"%s"')
    assert sent.startswith(before)
    assert sent.endswith(after)


@pytest.mark.parametrize("kind", RELAYED)
async def test_a_chat_by_an_alias_with_options_is_decoded(kind: Kind, gateways: Gateways) -> None:
    sent = await _sent(gateways, kind, by_alias("tools"))

    assert f'"seed":{SEED}' in sent
    assert "of_tomorrow" not in sent


@pytest.mark.parametrize(("path", "body"), NATIVE.items())
async def test_what_another_server_has_itself_goes_through(
    path: str, body: str, gateways: Gateways
) -> None:
    gateway = await gateways.of(ANOTHER)
    async with httpx.AsyncClient(base_url=gateway.served.url, trust_env=False) as client:
        relayed = await client.post(path, content=body)
        decoded = await client.post("/api/chat", content=OLLAMA)

    # What is not carried over is refused by the first and told by the second.
    assert (relayed.status_code, relayed.headers["x-llamaport-dropped"]) == (200, "of_tomorrow")
    assert decoded.status_code == 400


async def _sent(gateways: Gateways, kind: Kind, model: str) -> str:
    """Chat; return the body that the upstream got."""
    gateway = await gateways.of(kind)
    assert gateway.upstream is not None
    async with httpx.AsyncClient(base_url=gateway.served.url, trust_env=False) as client:
        answer = await client.post("/v1/chat/completions", content=BODY % model)
    assert answer.status_code == 200, answer.text
    return gateway.upstream.asked("/chat/completions").body.decode()
