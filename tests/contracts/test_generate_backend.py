"""What every `ports.backend.GenerateBackend` promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.backends.folding import fold
from ports.chat import ChatChunk, FinishChunk, FinishReason
from ports.errors import BackendError, GatewayError
from tests.contracts.generate_adapters import ADAPTERS, Generating
from tests.waiting import until


@pytest_asyncio.fixture(params=ADAPTERS)
async def generating(request: pytest.FixtureRequest) -> AsyncIterator[Generating]:
    before = asyncio.all_tasks()
    async with ADAPTERS[request.param]() as generating:
        yield generating
    await until(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})


async def test_a_stream_folds_to_the_plain_answer(generating: Generating) -> None:
    generating.say()

    plain = await generating.backend.generate(generating.request())
    async with generating.backend.open_generate(generating.request()) as stream:
        folded = await fold(stream)

    assert folded == plain
    assert plain.text
    assert plain.reason is FinishReason.STOP
    assert plain.usage.prompt_tokens
    assert plain.usage.completion_tokens


async def test_batches_are_never_empty_and_one_finish_comes_last(generating: Generating) -> None:
    generating.say()

    async with generating.backend.open_generate(generating.request()) as stream:
        batches = [batch async for batch in stream]
        after = await anext(stream, None)

    assert all(len(batch) > 0 for batch in batches)
    chunks = [chunk for batch in batches for chunk in batch]
    assert [isinstance(chunk, FinishChunk) for chunk in chunks].count(True) == 1
    assert isinstance(chunks[-1], FinishChunk)
    assert after is None


async def test_leaving_early_closes_the_exchange(generating: Generating) -> None:
    generating.stall()

    async with generating.backend.open_generate(generating.request()) as stream:
        assert await anext(stream)

    await until(lambda: not generating.open_exchanges())


async def test_leaving_by_an_error_closes_the_exchange_and_the_error_passes(
    generating: Generating,
) -> None:
    generating.stall()

    with pytest.raises(ZeroDivisionError):
        async with generating.backend.open_generate(generating.request()) as stream:
            await anext(stream)
            raise ZeroDivisionError

    await until(lambda: not generating.open_exchanges())


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "plain"])
async def test_cancelling_closes_the_exchange(generating: Generating, streamed: bool) -> None:
    generating.stall()

    async def ask() -> None:
        if streamed:
            async with generating.backend.open_generate(generating.request()) as stream:
                await fold(stream)
        else:
            await generating.backend.generate(generating.request())

    asking = asyncio.create_task(ask())
    await until(generating.open_exchanges)
    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    await until(lambda: not generating.open_exchanges())


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "plain"])
async def test_a_refusal_is_one_of_ours_and_raised_while_entering(
    generating: Generating, streamed: bool
) -> None:
    generating.refuse()
    # The embedded backend refuses a model that it does not have.
    unknown = {"model": "nope"} if generating.model == "offline" else {}

    with pytest.raises(GatewayError) as caught:
        if streamed:
            await generating.backend.open_generate(generating.request(**unknown)).__aenter__()
        else:
            await generating.backend.generate(generating.request(**unknown))

    assert caught.value.message
    assert not generating.open_exchanges()


async def test_what_breaks_off_raises_after_what_came_and_never_ends_quietly(
    generating: Generating,
) -> None:
    if generating.break_off is None:
        pytest.skip("it never breaks off")
    generating.break_off()
    came: list[ChatChunk] = []

    async with generating.backend.open_generate(generating.request()) as stream:
        with pytest.raises(BackendError):
            async for batch in stream:
                came.extend(batch)

    assert came
    assert not any(isinstance(chunk, FinishChunk) for chunk in came)


async def test_prompts_go_as_they_are_and_do_not_mix(generating: Generating) -> None:
    if generating.echo is None:
        pytest.skip("it says more than it was told")
    generating.echo()
    prompts = ("<|user|>apple\n", "[INST] bread [/INST]")

    async def read(prompt: str) -> str:
        async with generating.backend.open_generate(generating.request(prompt)) as stream:
            return (await fold(stream)).text

    assert tuple(await asyncio.gather(*map(read, prompts))) == prompts


async def test_a_text_to_go_on_with_needs_no_other_backend(generating: Generating) -> None:
    generating.say()
    request = generating.request("Once upon", raw=False, continues=True)

    plain = await generating.backend.generate(request)
    async with generating.backend.open_generate(request) as stream:
        folded = await fold(stream)

    assert folded == plain
    assert plain.text
