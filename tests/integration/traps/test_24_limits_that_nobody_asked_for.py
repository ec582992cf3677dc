"""Trap 24: no limit is put in, and one that an upstream has no room for is left out."""

from __future__ import annotations

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    ANTHROPIC,
    EVENTS,
    OLLAMA,
    Way,
    World,
    along,
    both,
    every,
    translated,
)
from tests.upstream.answers import error
from tests.upstream.script import Reply
from tests.upstream.wire import Received

NEEDED = {"model", "messages", "prompt", "stream", "stream_options"}
TOO_LARGE = (
    "'max_tokens' is too large: 32000. This model's maximum context length is 8192 tokens"
    " and your request has 11 input tokens"
)


@along(every())
@both
async def test_nothing_is_sent_that_was_not_asked_for(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying(["ok"]))

    await world.ask(way, stream=stream)

    sent = world.sent(way)
    # The client's own, without which it cannot ask, and the alias's, which makes this a way.
    own = {"max_tokens"} if way.dialect is ANTHROPIC else set()
    if way.kind == OLLAMA:
        own = {"num_predict"} if own else own
        assert set(sent.pop("options", {})) - {"num_ctx"} == own
        own = set()
    assert set(sent) - NEEDED == own


@along(translated(kinds=EVENTS))
@both
async def test_a_limit_beyond_the_context_is_left_out_for_this_once(
    world: World, way: Way, stream: bool
) -> None:
    def strict(request: Received) -> Reply:
        if "max_tokens" in request.json():
            return error(400, TOO_LARGE)
        answer = saying(["ok"])
        return answer(request) if callable(answer) else answer

    world.always(way, strict)

    for _ in range(2):
        said = await world.ask(way, stream=stream, **way.dialect.options(limit=32000))

        assert (said.status, said.text) == (200, "ok")
    exchanges = world.upstreams[way.kind].exchanges
    limits = [exchange.request.json().get("max_tokens") for exchange in exchanges]
    assert limits == [32000, None] * 2
