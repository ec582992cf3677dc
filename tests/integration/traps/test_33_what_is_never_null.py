"""Trap 33: what clients iterate over or join is an empty list, string or object, never null."""

from __future__ import annotations

import json

import pytest

from tests.integration.served import backend, serving
from tests.integration.traps.said import events_of, is_streamed
from tests.integration.traps.scripts import changed
from tests.integration.traps.world import (
    ANTHROPIC,
    CHATS,
    EVENTS,
    OPENAI,
    OPENAI_CHAT,
    Way,
    World,
    along,
    both,
    translated,
)
from tests.upstream.answers import chunk, plain_chat
from tests.upstream.script import Reply


@along(translated(CHATS, EVENTS))
@both
async def test_an_answer_without_text_has_an_empty_one(
    world: World, way: Way, stream: bool
) -> None:
    null = changed(lambda it: [chunk({"role": "assistant", "content": None}), *it[1:]])
    world.always(way, null if stream else Reply(body=plain_chat(None).body))

    answer = await world.post(way, stream=stream)

    said = way.dialect.read(answer)
    assert (said.status, said.text, said.ends) == (200, "", 1)
    assert b'"content":null' not in answer.content
    assert b'"tool_calls":null' not in answer.content
    if way.dialect is OPENAI_CHAT and is_streamed(answer):
        assert all(data == "[DONE]" or data["choices"] for _, data in events_of(answer))


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/api/tags", {}), ("/api/ps", {}), ("/v1/models", {}), ("/v1/models", ANTHROPIC.headers)],
)
async def test_a_list_of_nothing_is_an_empty_list(
    world: World, path: str, headers: dict[str, str]
) -> None:
    upstream = world.upstreams[OPENAI]
    upstream.models = ()
    async with serving(backend(upstream.base_url)) as served:
        said = (await served.client.get(path, headers=headers)).json()

    assert [] in said.values()


async def test_what_is_not_known_of_a_model_is_empty(world: World) -> None:
    asked = {"model": f"{OPENAI}/m"}

    shown = (await world.client.post("/api/show", json=asked)).json()

    assert shown["details"]["families"] == []
    assert isinstance(shown["model_info"], dict)
    assert "null" not in json.dumps(shown)
