"""A model list that is asked for now and then, never twice at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest

from adapters.backends.catalog import RETRY_SECONDS, CachedCatalog
from ports.catalog import Known
from ports.errors import BackendError, BackendUnavailable
from ports.models import ModelInfo
from tests.fakes.clock import FakeClock
from tests.waiting import until

TTL = 300.0


class Source:
    """What the upstream says, when the test lets it speak."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: Sequence[ModelInfo] | Exception = (ModelInfo(id="one"),)
        self.speak = asyncio.Event()
        self.speak.set()

    async def fetch(self) -> Sequence[ModelInfo]:
        self.asked += 1
        await self.speak.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@asynccontextmanager
async def catalog(source: Source, clock: FakeClock, **more) -> AsyncIterator[CachedCatalog]:
    async with aclosing(
        CachedCatalog(source.fetch, name="a", ttl=TTL, clock=clock, **more)
    ) as subject:
        yield subject


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_list_is_asked_for_once_and_is_the_same_object_while_it_is_fresh() -> None:
    source, clock = Source(), FakeClock()
    async with catalog(source, clock) as subject:
        first = await subject.models()
        clock.advance(TTL - 1)

        assert await subject.models() is first
        assert source.asked == 1


async def test_many_callers_at_once_share_one_request() -> None:
    source = Source()
    source.speak.clear()
    async with catalog(source, FakeClock()) as subject:
        callers = [asyncio.create_task(subject.models()) for _ in range(20)]
        await settle()
        source.speak.set()
        answers = await asyncio.gather(*callers)

    assert source.asked == 1
    assert all(answer is answers[0] for answer in answers)


async def test_a_caller_that_gives_up_does_not_take_the_list_from_the_others() -> None:
    source = Source()
    source.speak.clear()
    async with catalog(source, FakeClock()) as subject:
        leaves, stays = (asyncio.create_task(subject.models()) for _ in range(2))
        await settle()
        leaves.cancel()
        await settle()
        source.speak.set()

        assert [model.id for model in await stays] == ["one"]
        assert source.asked == 1


async def test_an_old_list_is_given_at_once_while_one_refresh_runs() -> None:
    source, clock = Source(), FakeClock()
    async with catalog(source, clock) as subject:
        old = await subject.models()
        clock.advance(TTL + 1)
        source.answer = (ModelInfo(id="two"),)
        source.speak.clear()

        assert await subject.models() is old
        assert await subject.models() is old
        source.speak.set()
        await settle()
        assert [model.id for model in await subject.models()] == ["two"]
        assert source.asked == 2


async def test_a_refresh_that_brings_nothing_new_keeps_the_object() -> None:
    source, clock = Source(), FakeClock()
    async with catalog(source, clock) as subject:
        old = await subject.models()
        source.answer = (ModelInfo(id="one"),)
        clock.advance(TTL + 1)
        await subject.models()
        await settle()

        assert await subject.models() is old


async def test_a_refresh_that_fails_leaves_the_old_list_and_is_tried_again_soon() -> None:
    source, clock = Source(), FakeClock()
    async with catalog(source, clock) as subject:
        old = await subject.models()
        source.answer = BackendUnavailable("down")
        clock.advance(TTL + 1)
        await subject.models()
        await settle()

        assert await subject.models() is old
        assert source.asked == 2
        clock.advance(RETRY_SECONDS)
        await subject.models()
        await settle()
        assert source.asked == 3


async def test_without_any_list_the_error_is_raised_and_remembered_for_a_while() -> None:
    source, clock = Source(), FakeClock()
    source.answer = BackendUnavailable("down")
    async with catalog(source, clock) as subject:
        for _ in range(3):
            with pytest.raises(BackendUnavailable, match="down"):
                await subject.models()
        assert source.asked == 1

        source.answer = BackendUnavailable("still down")
        clock.advance(RETRY_SECONDS)
        with pytest.raises(BackendUnavailable, match="still down"):
            await subject.models()
        assert source.asked == 2


async def test_the_first_caller_after_an_upstream_is_up_again_gets_its_list() -> None:
    source, clock = Source(), FakeClock()
    source.answer = BackendUnavailable("down")
    async with catalog(source, clock) as subject:
        with pytest.raises(BackendUnavailable):
            await subject.models()
        source.answer = (ModelInfo(id="one"),)
        clock.advance(RETRY_SECONDS)

        assert [model.id for model in await subject.models()] == ["one"]


async def test_a_fallback_stands_in_for_a_list_that_was_never_had() -> None:
    source = Source()
    source.answer = BackendUnavailable("no /models here")
    fallback = (ModelInfo(id="static"),)
    async with catalog(source, FakeClock(), fallback=fallback) as subject:
        assert await subject.models() is fallback


async def test_that_a_fallback_stands_in_is_known_until_the_upstream_has_told_a_list() -> None:
    source, clock = Source(), FakeClock()
    error = BackendUnavailable("gone")
    source.answer = error
    fallback = (ModelInfo(id="static"),)
    async with catalog(source, clock, fallback=fallback) as subject:
        await subject.models()
        before = subject.known()
        source.answer = BackendUnavailable("gone")
        clock.advance(RETRY_SECONDS)
        subject.known()
        await until(lambda: source.asked == 2 and subject.known() is before)
        source.answer = fallback
        clock.advance(RETRY_SECONDS)
        subject.known()
        await until(lambda: subject.known().unheard is None)

        assert before == Known(models=fallback, unheard=error, settled=True)
        assert subject.known() == Known(models=fallback, settled=True)


async def test_closing_ends_a_refresh_that_is_under_way() -> None:
    source = Source()
    source.speak.clear()
    async with catalog(source, FakeClock()) as subject:
        waiting = asyncio.create_task(subject.models())
        await settle()

    with pytest.raises(BackendUnavailable):
        await waiting
    assert len(asyncio.all_tasks()) == 1


async def test_an_expired_list_is_waited_for_anew() -> None:
    source, clock = Source(), FakeClock()
    async with catalog(source, clock) as subject:
        await subject.models()
        source.answer = (ModelInfo(id="two"),)

        subject.expire()

        assert [model.id for model in await subject.models()] == ["two"]
        assert source.asked == 2


async def test_a_list_that_was_asked_for_before_it_expired_is_not_new_enough() -> None:
    source, clock = Source(), FakeClock()
    source.speak.clear()
    async with catalog(source, clock) as subject:
        caller = asyncio.create_task(subject.models())
        await settle()
        subject.expire()
        source.speak.set()
        await caller

        assert source.asked == 2


async def test_an_expired_list_that_cannot_be_had_anew_is_the_old_one() -> None:
    source, clock = Source(), FakeClock()
    async with catalog(source, clock) as subject:
        first = await subject.models()
        source.answer = BackendUnavailable("down")

        subject.expire()

        assert await subject.models() is first


async def test_asking_what_is_known_waits_for_nothing_and_begins_the_first_list() -> None:
    source = Source()
    async with catalog(source, FakeClock()) as subject:
        assert subject.known() == Known()
        await until(lambda: subject.known().settled)

        assert [model.id for model in subject.known().models] == ["one"]
        assert source.asked == 1


async def test_what_has_expired_is_known_as_it_was_and_not_settled_until_it_is_new() -> None:
    source, clock = Source(), FakeClock()
    async with catalog(source, clock) as subject:
        old = await subject.models()
        source.answer = (ModelInfo(id="two"),)
        source.speak.clear()

        subject.expire()

        assert subject.known() == Known(models=old, settled=False)
        assert subject.known() is subject.known()
        source.speak.set()
        await until(lambda: subject.known().settled)
        assert [model.id for model in subject.known().models] == ["two"]
        assert source.asked == 2


async def test_an_expired_list_that_cannot_be_had_anew_is_settled() -> None:
    source, clock = Source(), FakeClock()
    async with catalog(source, clock) as subject:
        old = await subject.models()
        source.answer = BackendUnavailable("down")

        subject.expire()

        await until(lambda: subject.known().settled and source.asked == 2)
        assert subject.known().models is old


async def test_a_failure_is_known_while_the_upstream_is_asked_again() -> None:
    source, clock = Source(), FakeClock()
    source.answer = error = BackendUnavailable("down")
    async with catalog(source, clock) as subject:
        with pytest.raises(BackendUnavailable):
            await subject.models()
        source.speak.clear()
        clock.advance(RETRY_SECONDS)

        assert subject.known() == Known(error=error, settled=True)
        await until(lambda: source.asked == 2)
        assert subject.known() == Known(error=error, settled=True)


async def test_a_refresh_that_changes_nothing_leaves_what_is_known_the_same_object() -> None:
    source, clock = Source(), FakeClock()
    async with catalog(source, clock) as subject:
        await subject.models()
        before = subject.known()
        clock.advance(TTL + 1)
        subject.known()
        await until(lambda: source.asked == 2)
        await settle()

        assert subject.known() is before


async def test_what_nobody_could_ask_for_is_not_listed() -> None:
    source = Source()
    ids = ("one", "", "  ", "two\nlines", "bell\x07", "\u2028", "My Model.gguf", "one")
    source.answer = [ModelInfo(id=id_) for id_ in ids]
    async with catalog(source, FakeClock()) as subject:
        assert [model.id for model in await subject.models()] == ["one", "My Model.gguf"]


async def test_a_list_that_nobody_could_have_foreseen_is_no_answer() -> None:
    source, clock = Source(), FakeClock()
    source.answer = ValueError("a mistake of ours")
    async with catalog(source, clock) as subject:
        for _ in range(2):
            with pytest.raises(BackendError, match="invalid response from upstream"):
                await subject.models()

    assert source.asked == 1
