"""Trap 21: a message in several parts stays one message."""

from __future__ import annotations

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    ANTHROPIC,
    OLLAMA,
    OPENAI_CHAT,
    RESPONSES,
    Way,
    World,
    along,
    translated,
)

PNG = b"\x89PNG\r\n\x1a\n"


@along(translated((OPENAI_CHAT, RESPONSES, ANTHROPIC)))
async def test_text_image_and_text_are_one_message(world: World, way: Way) -> None:
    world.always(way, saying(["ok"]))

    await world.ask(way, stream=False, **way.dialect.image("before", PNG, "after"))

    (turn,) = world.sent(way)["messages"]
    assert turn["role"] == "user"
    if way.kind == OLLAMA:
        assert (turn["content"], len(turn["images"])) == ("before\nafter", 1)
    else:
        before, image, after = turn["content"]
        assert (before["text"], image["type"], after["text"]) == ("before", "image_url", "after")
