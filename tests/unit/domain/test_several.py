"""Several prompts of one request, driven through fakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from domain.generate import Generate
from domain.routing import Router
from domain.several import AT_ONCE, Asked, answer_each, open_each
from ports.backend import GenerateBackend
from ports.caller import ANYONE
from ports.chat import ChatChunk, ChatResponse, ChatStream, FinishChunk, FinishReason, TextChunk
from ports.errors import BackendUnavailable
from ports.generate import GenerateRequest
from tests.fakes.backend import backend
from tests.waiting import until


class Echo(GenerateBackend):
    """Says the prompt back, letter by letter; `!` fails, and `?` waits for ever."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.most = 0

    async def generate(self, request: GenerateRequest, /) -> ChatResponse:
        async with self._busy(request.prompt):
            return ChatResponse(text=request.prompt)

    @asynccontextmanager
    async def open_generate(self, request: GenerateRequest, /) -> AsyncIterator[ChatStream]:
        async with self._busy(request.prompt):
            yield self._letters(request.prompt)

    @asynccontextmanager
    async def _busy(self, prompt: str) -> AsyncIterator[None]:
        self.running.append(prompt)
        self.most = max(self.most, len(self.running))
        try:
            await asyncio.sleep(0)
            if prompt == "!":
                raise BackendUnavailable("no")
            if prompt == "?":
                await asyncio.Event().wait()
            yield
        finally:
            self.running.remove(prompt)

    async def _letters(self, prompt: str) -> AsyncIterator[Sequence[ChatChunk]]:
        for letter in prompt:
            yield [TextChunk(text=letter)]
        yield [FinishChunk(reason=FinishReason.STOP)]

    def generate_losses(self, request: GenerateRequest, /) -> tuple[str, ...]:
        return ()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def subject(echo: Echo) -> Generate:
    return Generate(Router([backend("a", "m", generate=echo)]))


async def admitted(subject: Generate, *prompts: str | None) -> list[Asked]:
    return [None if prompt is None else await _admit(subject, prompt) for prompt in prompts]


async def _admit(subject: Generate, prompt: str) -> Asked:
    return await subject.admit(GenerateRequest(model="m", prompt=prompt, raw=True), ANYONE)


async def texts(stream: ChatStream) -> list[str]:
    said = [""]
    async for batch in stream:
        for chunk in batch:
            match chunk:
                case TextChunk():
                    said[-1] += chunk.text
                case FinishChunk():
                    said.append("")
    return said[:-1]


@pytest.mark.parametrize("prompts", [("one",), ("one", "two"), tuple("abcdefghij"), (None,)])
async def test_every_prompt_has_its_answer_in_order(subject: Generate, prompts) -> None:
    asked = await admitted(subject, *prompts)

    answers = await answer_each(subject, asked)
    async with open_each(subject, asked) as stream:
        streamed = await texts(stream)

    assert [answer.text for answer in answers] == streamed == [it or "" for it in prompts]


async def test_nothing_to_ask_asks_nobody_and_keeps_its_place(
    subject: Generate, echo: Echo
) -> None:
    asked = await admitted(subject, "one", None, "two")

    assert [it.text for it in await answer_each(subject, asked)] == ["one", "", "two"]
    async with open_each(subject, asked) as stream:
        assert await texts(stream) == ["one", "", "two"]


async def test_whole_answers_wait_for_each_other_no_more_than_they_must(
    subject: Generate, echo: Echo
) -> None:
    await answer_each(subject, await admitted(subject, *"abcdefghij"))

    assert echo.most == AT_ONCE


async def test_streams_come_one_after_the_other_and_are_closed_behind(
    subject: Generate, echo: Echo
) -> None:
    async with open_each(subject, await admitted(subject, "ab", "cd")) as stream:
        seen = [list(echo.running) async for _ in stream]

    assert seen == [["ab"]] * 3 + [["cd"]] * 3
    assert echo.running == []


@pytest.mark.parametrize("read", [0, 1, 4])
async def test_leaving_early_closes_what_is_open(subject: Generate, echo: Echo, read: int) -> None:
    async with open_each(subject, await admitted(subject, "ab", "cd")) as stream:
        for _ in range(read):
            await anext(stream)
        assert len(echo.running) == 1

    assert echo.running == []


async def test_the_first_to_fail_is_the_answer_and_ends_the_others(
    subject: Generate, echo: Echo
) -> None:
    with pytest.raises(BackendUnavailable):
        await answer_each(subject, await admitted(subject, "?", "!", "?"))

    assert echo.running == []


async def test_a_stream_that_cannot_begin_is_refused_and_a_later_one_breaks_it_off(
    subject: Generate,
) -> None:
    with pytest.raises(BackendUnavailable):
        await open_each(subject, await admitted(subject, "!", "a")).__aenter__()

    async with open_each(subject, await admitted(subject, "a", "!")) as stream:
        assert isinstance((await anext(stream))[0], TextChunk)
        assert isinstance((await anext(stream))[0], FinishChunk)
        with pytest.raises(BackendUnavailable):
            await anext(stream)


async def test_cancelling_ends_them_all(subject: Generate, echo: Echo) -> None:
    asking = asyncio.create_task(answer_each(subject, await admitted(subject, "?", "?")))
    await until(lambda: len(echo.running) == 2)

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert echo.running == []
