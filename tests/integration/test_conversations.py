"""What a backend remembers between turns belongs to one client key and one conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.upstream import openrouter_answers as openrouter
from tests.upstream.answers import Call, plain_chat
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYS = """
[[keys]]
name = "ada"
key = "key-of-ada"

[[keys]]
name = "bob"
key = "key-of-bob"

[aliases]
team = { targets = ["up/m"], system = "Be brief." }
"""
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
HI = {"role": "user", "content": "hi"}
HO = {"role": "user", "content": "ho"}
DETAILS = [[openrouter.detail(text="the secret of ada", signature="c2ln")]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(module_upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(backend(module_upstream.base_url) + KEYS) as served:
        yield served


async def chat(served: Served, key: str, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"model": "m", "messages": messages, "tools": [TOOL], "stream": False} | more
    headers = {"Authorization": f"Bearer {key}"}
    answer = await served.client.post("/api/chat", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    message: dict[str, Any] = answer.json()["message"]
    return message


@pytest.mark.parametrize("model", ["m", "team"])
@pytest.mark.parametrize("with_ids", [True, False], ids=["ids", "no ids"])
async def test_what_came_with_calls_goes_back_to_nobody_else(
    module_upstream: Upstream, served: Served, model: str, with_ids: bool
) -> None:
    upstream = module_upstream
    upstream.forget()
    upstream.reply(openrouter.calling([Call("f", ('{"x":1}',), "call_1")], DETAILS))
    turn = await chat(served, "key-of-ada", HI, model=model)
    upstream.always(plain_chat("done"))
    if not with_ids:
        turn["tool_calls"] = [{"function": call["function"]} for call in turn["tool_calls"]]
    rest = ({"role": "assistant", **turn}, {"role": "tool", "content": "7", "tool_name": "f"})

    for key, asked in (("key-of-bob", HI), ("key-of-ada", HO), ("key-of-bob", HO)):
        await chat(served, key, asked, *rest, model=model)
        assert b"the secret of ada" not in upstream.requests[-1].body
    await chat(served, "key-of-ada", HI, *rest, model=model)
    assert b"the secret of ada" in upstream.requests[-1].body
