"""Several prompts of one request, each asked by itself.

No upstream is asked for more than one answer at a time, whatever the client's dialect allows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from functools import partial

from domain.generate import AdmittedGenerate, Generate
from ports.chat import ChatChunk, ChatResponse, ChatStream, FinishChunk, FinishReason, Usage

AT_ONCE = 4
"""Answers of one request that are on their way at the same time."""

Asked = AdmittedGenerate | None
"""A prompt, or nothing to ask: that is answered by no text."""

_NONE = Usage(prompt_tokens=0, completion_tokens=0)
"""What it takes not to ask."""


async def answer_each(generate: Generate, prompts: Sequence[Asked]) -> Sequence[ChatResponse]:
    """Answer every prompt, in their order. The first to fail cancels the others."""
    if len(prompts) == 1:
        return [await _answer(generate, prompts[0])]
    gate = asyncio.Semaphore(AT_ONCE)

    async def answer(prompt: Asked) -> ChatResponse:
        async with gate:
            return await _answer(generate, prompt)

    try:
        async with asyncio.TaskGroup() as group:
            answers = [group.create_task(answer(prompt)) for prompt in prompts]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [answer.result() for answer in answers]


def open_each(
    generate: Generate, prompts: Sequence[Asked]
) -> AbstractAsyncContextManager[ChatStream]:
    """Answer every prompt in pieces, one after the other: each ends with its `FinishChunk`.

    Entering opens the first (`ports.backend.ChatBackend.open_chat`); the others are opened, and
    may be refused, while iterating.
    """
    if len(prompts) == 1:
        return _open(generate, prompts[0])
    return _in_turn([partial(_open, generate, prompt) for prompt in prompts])


Opening = Callable[[], AbstractAsyncContextManager[ChatStream]]


@asynccontextmanager
async def _in_turn(openings: Sequence[Opening]) -> AsyncIterator[ChatStream]:
    first, *others = openings
    async with AsyncExitStack() as stack:
        begun = await stack.enter_async_context(first())
        async with aclosing(_chained(begun, stack, others)) as chunks:
            yield chunks


async def _chained(
    begun: ChatStream, stack: AsyncExitStack, others: Iterable[Opening]
) -> AsyncGenerator[Sequence[ChatChunk], None]:
    async for batch in begun:
        yield batch
    await stack.aclose()
    for opening in others:
        async with opening() as chunks:
            async for batch in chunks:
                yield batch


async def _answer(generate: Generate, prompt: Asked) -> ChatResponse:
    return ChatResponse(usage=_NONE) if prompt is None else await generate.answer(prompt)


def _open(generate: Generate, prompt: Asked) -> AbstractAsyncContextManager[ChatStream]:
    return _nothing() if prompt is None else generate.open(prompt)


@asynccontextmanager
async def _nothing() -> AsyncIterator[ChatStream]:
    async def end() -> AsyncGenerator[Sequence[ChatChunk], None]:
        yield [FinishChunk(reason=FinishReason.STOP, usage=_NONE)]

    async with aclosing(end()) as chunks:
        yield chunks
