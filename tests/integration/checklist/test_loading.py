"""Statements 45 to 48 of the checklist: loading and unloading."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.checklist.asking import chat, generate, whole
from tests.integration.served import Served
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def loaded(served: Served) -> list[str]:
    return [it["name"] for it in (await served.client.get("/api/ps")).json()["models"]]


async def test_045_an_empty_prompt_loads(served: Served) -> None:
    answer = whole(await generate(served, prompt=""))

    assert list(answer) == ["model", "created_at", "response", "done", "done_reason"]
    assert (answer["response"], answer["done"], answer["done_reason"]) == ("", True, "load")


async def test_046_a_chat_without_messages_loads(served: Served) -> None:
    answer = whole(await chat(served, messages=[]))

    assert answer["message"] == {"role": "assistant", "content": ""}
    assert (answer["done"], answer["done_reason"]) == (True, "load")


async def test_047_a_keep_alive_of_nothing_unloads(served: Served) -> None:
    nothing: tuple[Any, ...] = (0, "0s")
    for keep_alive in nothing:
        for ask, empty in ((generate, {"prompt": ""}), (chat, {"messages": []})):
            await ask(served, **empty)
            before = await loaded(served)
            answer = whole(await ask(served, **empty, keep_alive=keep_alive))

            assert answer["done_reason"] == "unload"
            assert (before, await loaded(served)) == (["plain:latest"], [])


async def test_048_loading_and_unloading_ask_nobody(served: Served, upstream: Upstream) -> None:
    for keep_alive in ("5m", 0):
        await generate(served, prompt="", keep_alive=keep_alive)
        await chat(served, messages=[], keep_alive=keep_alive)

    assert upstream.exchanges == []
