"""What every `ports.backend.TokenCounter` promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial

import pytest
import pytest_asyncio
from msgspec import Struct

from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.memory.clock import SystemClock
from ports.backend import TokenCounter
from ports.chat import ChatRequest, Message, Options, Text
from ports.errors import BackendError, BackendFailed
from tests.fakes.counter import FakeCounter
from tests.upstream.answers import error
from tests.upstream.script import Reply, Stall
from tests.upstream.server import Upstream

ASKED = ChatRequest(
    model="m",
    messages=(Message(role="user", parts=(Text(text="hi"),)),),
    options=Options(max_tokens=5),
)


class Counting(Struct, frozen=True, kw_only=True):
    """An adapter that counts seven, and how to make it do otherwise."""

    counter: TokenCounter
    fail: Callable[[], None]
    forget: Callable[[], None]
    """From now on it cannot count."""
    upstream: Upstream | None = None


@asynccontextmanager
async def openai_compatible(profile: str, answer: bytes) -> AsyncIterator[Counting]:
    async with Upstream() as upstream:
        upstream.always(Reply(body=answer))
        config = OpenAICompatibleConfig(
            name="up",
            base_url=upstream.base_url,
            profile=profile,  # type: ignore[arg-type] # one of those that count
        )
        async with open_backend(config, clock=SystemClock(), via="1.1 test") as backend:
            assert backend.count is not None
            yield Counting(
                counter=backend.count,
                fail=lambda: upstream.always(error(500, "no")),
                forget=lambda: upstream.always(Reply(body=b"{}")),
                upstream=upstream,
            )


@asynccontextmanager
async def fake() -> AsyncIterator[Counting]:
    counter = FakeCounter()

    def say(answer: BackendFailed | None) -> None:
        counter.answer = answer

    yield Counting(counter=counter, fail=lambda: say(BackendFailed("no")), forget=lambda: say(None))


ADAPTERS: dict[str, Callable[[], AbstractAsyncContextManager[Counting]]] = {
    "vllm": partial(openai_compatible, "vllm", b'{"count":7,"max_model_len":99,"tokens":[1,2]}'),
    "llamacpp": partial(openai_compatible, "llamacpp", b'{"object":"o","input_tokens":7}'),
    "fake": fake,
}


@pytest_asyncio.fixture(params=ADAPTERS)
async def counting(request: pytest.FixtureRequest) -> AsyncIterator[Counting]:
    async with ADAPTERS[request.param]() as counting:
        yield counting


async def test_a_prompt_has_so_many_tokens(counting: Counting) -> None:
    assert await counting.counter.count(ASKED) == 7


async def test_a_count_that_fails_raises_from_the_tree(counting: Counting) -> None:
    counting.fail()

    with pytest.raises(BackendError):
        await counting.counter.count(ASKED)


async def test_who_cannot_count_says_nothing_or_fails_and_never_makes_up_a_number(
    counting: Counting,
) -> None:
    counting.forget()

    with suppress(BackendError):
        assert await counting.counter.count(ASKED) is None


async def test_cancelling_closes_the_question(counting: Counting) -> None:
    if counting.upstream is None:
        pytest.skip("nothing is asked")
    counting.upstream.always(Reply(steps=[Stall()]))
    asking = asyncio.create_task(counting.counter.count(ASKED))
    await counting.upstream.exchange()

    asking.cancel()

    await counting.upstream.closed_early()
