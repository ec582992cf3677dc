"""Trap 39: Anthropic counts cached tokens apart, has one block open at a time, and names events."""

from __future__ import annotations

from typing import Any

from tests.integration.traps.said import events_of
from tests.integration.traps.scripts import changed
from tests.integration.traps.world import ANTHROPIC, EVENTS, Way, World, along, both, translated
from tests.upstream.answers import chat, chunk

COUNTED = {
    "prompt_tokens": 100,
    "completion_tokens": 7,
    "total_tokens": 107,
    "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
}


@along(translated((ANTHROPIC,), EVENTS))
@both
async def test_no_token_is_counted_twice(world: World, way: Way, stream: bool) -> None:
    world.always(way, chat(["Hello"], counted=COUNTED))

    answer = await world.post(way, stream=stream)

    if stream:
        usage = next(data["usage"] for name, data in events_of(answer) if name == "message_delta")
    else:
        usage = answer.json()["usage"]
    assert usage["output_tokens"] == 7
    assert usage["input_tokens"] == 10
    assert usage["cache_read_input_tokens"] == 60
    assert usage["cache_creation_input_tokens"] == 30


@along(translated((ANTHROPIC,), EVENTS))
async def test_blocks_come_one_after_the_other_and_every_event_has_its_name(
    world: World, way: Way
) -> None:
    def call(index: int, arguments: str, **more: Any) -> bytes:
        function = {"arguments": arguments} | ({"name": "f"} if more else {})
        return chunk({"tool_calls": [{"index": index, "function": function, **more}]})

    mixed = [
        chunk({"reasoning": "hmm"}),
        chunk({"content": "One"}),
        call(0, "", id="call_1", type="function"),
        call(1, '{"a":', id="call_2", type="function"),
        call(0, '{"a":1}'),
        call(1, "2}"),
    ]
    world.always(way, changed(lambda it: [it[0], *mixed, *it[1:]]))

    answer = await world.post(way, stream=True, **ANTHROPIC.tools)

    events = events_of(answer)
    assert all(name == data["type"] for name, data in events)
    assert events[0][0] == "message_start"
    assert [name for name, _ in events[-2:]] == ["message_delta", "message_stop"]
    open_block: int | None = None
    opened: list[int] = []
    for name, data in events:
        if name == "content_block_start":
            assert open_block is None
            open_block = data["index"]
            opened.append(open_block)
        elif name == "content_block_delta":
            assert data["index"] == open_block
        elif name == "content_block_stop":
            assert data["index"] == open_block
            open_block = None
    assert (opened, open_block) == ([0, 1, 2, 3], None)
    said = ANTHROPIC.read(answer)
    assert (said.thinking, said.text) == ("hmm", "One")
    assert [call.arguments for call in said.calls] == [{"a": 1}, {"a": 2}]
