"""Trap 10: the tokens of a stream are always asked for, and told to who asked for them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.traps.said import events_of, lines_of
from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    EVENTS,
    OLLAMA_CHAT,
    OPENAI_CHAT,
    OPENAI_COMPLETIONS,
    Way,
    World,
    along,
    every,
)

OPENAIS = (OPENAI_CHAT, OPENAI_COMPLETIONS)


@along(every(kinds=EVENTS))
async def test_the_upstream_is_asked_for_them(world: World, way: Way) -> None:
    world.always(way, saying(["Hello"]))

    await world.ask(way, stream=True)

    assert world.sent(way)["stream_options"] == {"include_usage": True}


@along(every(OPENAIS))
@pytest.mark.parametrize("options", [{}, {"stream_options": {"include_usage": False}}])
async def test_a_client_that_did_not_ask_sees_no_event_of_them(
    world: World, way: Way, options: dict[str, Any]
) -> None:
    world.always(way, saying(["Hello"]))

    *events, _ = events_of(await world.post(way, stream=True, **options))

    assert all(data["choices"] and not data.get("usage") for _, data in events)


@along(every(OPENAIS))
async def test_a_client_that_asked_sees_one_before_the_end(world: World, way: Way) -> None:
    world.always(way, saying(["Hello"]))
    asked = {"stream_options": {"include_usage": True}}

    *events, (_, last), done = events_of(await world.post(way, stream=True, **asked))

    assert (last["choices"], last["usage"]["total_tokens"], done[1]) == ([], 15, "[DONE]")
    assert all(data["choices"] and not data.get("usage") for _, data in events)


@along(every((OLLAMA_CHAT,), EVENTS))
async def test_an_ollama_client_is_told_in_the_last_line(world: World, way: Way) -> None:
    world.always(way, saying(["Hel", "lo"]))

    *lines, last = lines_of(await world.post(way, stream=True))

    # Neither the finish reason nor the tokens make a line of their own.
    assert "".join(line["message"]["content"] for line in lines) == "Hello"
    assert all(line["message"]["content"] for line in lines)
    assert (last["message"]["content"], last["done"]) == ("", True)
    assert (last["prompt_eval_count"], last["eval_count"]) == (12, 3)
