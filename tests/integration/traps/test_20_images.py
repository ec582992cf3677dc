"""Trap 20: images are parts for OpenAI's servers, of the type that their bytes say."""

from __future__ import annotations

import base64

import pytest

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    ANTHROPIC,
    OLLAMA,
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    OPENAI_CHAT,
    RESPONSES,
    Way,
    World,
    along,
    translated,
)

SEEING = (OLLAMA_CHAT, OLLAMA_GENERATE, OPENAI_CHAT, RESPONSES, ANTHROPIC)
HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\0\0\0\0WEBP",
    "image/bmp": b"BM",
}


@along(translated(SEEING))
@pytest.mark.parametrize("media_type", HEADS)
async def test_an_image_goes_where_the_upstream_looks_for_it(
    world: World, way: Way, media_type: str
) -> None:
    data = HEADS[media_type] + b"....."
    encoded = base64.b64encode(data).decode()
    world.always(way, saying(["ok"]))

    said = await world.ask(way, stream=False, **way.dialect.image("what is this", data))

    assert said.text == "ok"
    if way.kind == OLLAMA:
        sent = world.sent(way)
        (turn,) = sent.get("messages", [sent])
        assert turn["images"] == [encoded]
        assert turn.get("content", turn.get("prompt")) == "what is this"
    else:
        (turn,) = world.sent(way)["messages"]
        text, image = turn["content"]
        assert text == {"type": "text", "text": "what is this"}
        assert image["image_url"]["url"] == f"data:{media_type};base64,{encoded}"
        assert "images" not in turn
