"""What every `ports.raw.RawBackend` promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import pytest_asyncio
from msgspec import Struct

from adapters.backends.ollama.build import open_backend as open_ollama
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.build import open_backend as open_openai_compatible
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.build import open_backend as open_openrouter
from adapters.backends.openrouter.config import OpenRouterConfig
from adapters.memory.clock import SystemClock
from ports.backend import Backend
from ports.errors import (
    BackendError,
    BackendRefusal,
    BackendRejected,
    BackendUnavailable,
    GatewayError,
)
from ports.raw import OLLAMA, OPENAI, Dialect, Headers, RawBackend, RawReply, RawRequest
from ports.stream import pour
from tests.fakes.raw import FakeRaw
from tests.upstream.answers import error
from tests.upstream.script import Close, Reply, Send, Stall, Taken
from tests.upstream.server import Upstream
from tests.waiting import until

REFUSED = b'{ "detail":"no such file", "n":1.50 }'
ODD = "application/x-odd; Charset=UTF-8"


class Asked(Struct, frozen=True):
    """A request as the upstream saw it."""

    method: str
    path: str
    query: str
    body: bytes
    headers: dict[str, str]


class Passing(Struct, frozen=True, kw_only=True):
    """An adapter, and how to make it do things."""

    raw: RawBackend
    dialect: Dialect
    path: str
    """One of the dialect's own."""
    answer: Callable[..., None]
    """From now on it answers with these pieces; `status` and `headers` may be given."""
    stall: Callable[[], None]
    """It sends something and then nothing more."""
    refuse: Callable[[], None]
    refuse_unread: Callable[[], None]
    """From now on it refuses what is unread with 404 and `REFUSED`."""
    break_off: Callable[[], None]
    asked: Callable[[], Sequence[Asked]]
    open_exchanges: Callable[[], int]


@asynccontextmanager
async def over_http(
    opening: Callable[[str], AbstractAsyncContextManager[Backend]], dialect: Dialect, path: str
) -> AsyncIterator[Passing]:
    async with Upstream() as upstream:

        def answer(*pieces: bytes, status: int = 200, headers: Headers = ()) -> None:
            steps = [step for piece in pieces for step in (Send(piece), Taken())]
            upstream.always(
                Reply(status=status, headers=(("Content-Type", ODD), *headers), steps=steps)
            )

        def stall() -> None:
            upstream.always(Reply(steps=[Send(b"a"), Stall()]))

        def asked() -> list[Asked]:
            return [
                Asked(seen.method, seen.path, seen.query, seen.body, seen.headers)
                for seen in upstream.requests
            ]

        async with opening(upstream.url) as backend:
            assert backend.raw is not None
            yield Passing(
                raw=backend.raw,
                dialect=dialect,
                path=path,
                answer=answer,
                stall=stall,
                refuse=lambda: upstream.always(error(400, "no")),
                refuse_unread=lambda: upstream.always(Reply(status=404, body=REFUSED)),
                break_off=lambda: upstream.always(Reply(steps=[Send(b"a"), Taken(), Close()])),
                asked=asked,
                open_exchanges=lambda: sum(not exchange.ended for exchange in upstream.exchanges),
            )


def ollama() -> AbstractAsyncContextManager[Passing]:
    def opening(url: str) -> AbstractAsyncContextManager[Backend]:
        config = OllamaConfig(name="up", base_url=url)
        return open_ollama(config, clock=SystemClock(), via="1.1 test")

    return over_http(opening, OLLAMA, "/api/delete")


def openai_compatible() -> AbstractAsyncContextManager[Passing]:
    def opening(url: str) -> AbstractAsyncContextManager[Backend]:
        config = OpenAICompatibleConfig(name="up", base_url=f"{url}/v1")
        return open_openai_compatible(config, clock=SystemClock(), via="1.1 test")

    return over_http(opening, OPENAI, "/v1/audio/speech")


def openrouter() -> AbstractAsyncContextManager[Passing]:
    def opening(url: str) -> AbstractAsyncContextManager[Backend]:
        config = OpenRouterConfig(name="up", base_url=f"{url}/v1")
        return open_openrouter(config, clock=SystemClock(), via="1.1 test")

    return over_http(opening, OPENAI, "/v1/rerank")


@asynccontextmanager
async def fake() -> AsyncIterator[Passing]:
    raw = FakeRaw()

    def answer(*pieces: bytes, status: int = 200, headers: Headers = ()) -> None:
        raw.pieces, raw.status, raw.content_type, raw.headers = pieces, status, ODD, headers

    def refuse() -> None:
        raw.error = BackendRejected("no")

    def refuse_unread() -> None:
        raw.error = BackendRefusal("no", status=404, body=REFUSED)

    def break_off() -> None:
        raw.pieces, raw.fault = (b"a",), BackendUnavailable("broke off")

    def asked() -> list[Asked]:
        return [
            Asked(
                seen.method,
                seen.path,
                seen.query,
                body,
                dict(seen.headers) | {"content-type": seen.content_type},
            )
            for seen, body in zip(raw.asked, raw.bodies, strict=True)
        ]

    yield Passing(
        raw=raw,
        dialect=OPENAI,
        path="/v1/rerank",
        answer=answer,
        stall=lambda: answer(b"a", b"b"),
        refuse=refuse,
        refuse_unread=refuse_unread,
        break_off=break_off,
        asked=asked,
        open_exchanges=lambda: raw.open,
    )


ADAPTERS = {
    "openai_compatible": openai_compatible,
    "openrouter": openrouter,
    "ollama": ollama,
    "fake": fake,
}


@pytest_asyncio.fixture(params=ADAPTERS)
async def passing(request: pytest.FixtureRequest) -> AsyncIterator[Passing]:
    before = asyncio.all_tasks()
    async with ADAPTERS[request.param]() as passing:
        yield passing
    await until(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})


def request(passing: Passing, **more: object) -> RawRequest:
    own = {"dialect": passing.dialect, "path": passing.path, "body": b'{"a": 1.0}'}
    return RawRequest(**{**own, **more})  # type: ignore[arg-type]


async def body_of(reply: RawReply) -> bytes:
    return b"".join([piece async for piece in reply.body])


@pytest.mark.parametrize("status", [200, 201])
async def test_the_answer_comes_back_byte_for_byte(passing: Passing, status: int) -> None:
    passing.answer(b'{"b": ', b'1.50,\xff "b":2 }\n', status=status)

    async with passing.raw.open_raw(request(passing)) as reply:
        assert await body_of(reply) == b'{"b": 1.50,\xff "b":2 }\n'
        assert (reply.status, reply.content_type) == (status, ODD)


@pytest.mark.parametrize(
    ("method", "body"), [("POST", b'{"a": 1.0 ,"a":2}\n'), ("DELETE", b"{}"), ("GET", b"")]
)
async def test_the_request_goes_out_byte_for_byte(
    passing: Passing, method: str, body: bytes
) -> None:
    passing.answer(b"{}")
    sent = request(
        passing, method=method, body=body, content_type="a/b; c=d", query="a=b%20c&d=%2F"
    )

    async with passing.raw.open_raw(sent) as reply:
        await body_of(reply)

    (asked,) = passing.asked()
    assert (asked.method, asked.path, asked.query) == (method, passing.path, "a=b%20c&d=%2F")
    assert (asked.body, asked.headers["content-type"]) == (body, "a/b; c=d")


async def test_headers_of_the_dialect_go_along(passing: Passing) -> None:
    passing.answer(b"{}")
    headers = (("anthropic-version", "2023-06-01"), ("anthropic-beta", "a,b"))

    async with passing.raw.open_raw(request(passing, headers=headers)) as reply:
        await body_of(reply)

    (asked,) = passing.asked()
    assert set(headers) <= set(asked.headers.items())


async def test_what_says_what_the_answer_is_comes_back_and_nothing_else(passing: Passing) -> None:
    told = (("content-disposition", 'attachment; filename="a.mp3"'),)
    passing.answer(b"a", headers=told)

    async with passing.raw.open_raw(request(passing)) as reply:
        assert reply.headers == told


async def test_a_body_in_pieces_arrives_whole(passing: Passing) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"ab", b"", b"c"):
            yield piece

    passing.answer(b"{}", status=201)

    async with passing.raw.open_raw(request(passing, body=pieces())) as reply:
        await body_of(reply)

    assert passing.asked()[0].body == b"abc"


async def test_a_body_in_pieces_may_tell_its_length(passing: Passing) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"ab", b"c"):
            yield piece

    passing.answer(b"{}")

    async with passing.raw.open_raw(request(passing, body=pieces(), length=3)) as reply:
        await body_of(reply)

    (asked,) = passing.asked()
    assert asked.body == b"abc"
    assert asked.headers.get("content-length", "3") == "3"
    assert "transfer-encoding" not in asked.headers


async def test_what_is_wrong_with_a_body_in_pieces_comes_out_as_it_is(passing: Passing) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"
        raise BackendRejected("too much", status=413)

    passing.answer(b"{}")

    with pytest.raises(BackendRejected, match="too much"):
        await passing.raw.open_raw(request(passing, body=pieces())).__aenter__()


async def test_an_empty_answer_has_no_pieces(passing: Passing) -> None:
    passing.answer()

    async with passing.raw.open_raw(request(passing)) as reply:
        assert [piece async for piece in reply.body] == []


async def test_pieces_are_never_empty_and_come_as_they_are_sent(passing: Passing) -> None:
    passing.answer(b"a\n", b"b\n")

    async with passing.raw.open_raw(request(passing)) as reply:
        assert [piece async for piece in reply.body] == [b"a\n", b"b\n"]


async def test_pieces_are_handed_over_until_there_are_no_more(passing: Passing) -> None:
    passing.answer(b"a\n", b"b\n")
    handed: list[bytes] = []

    async with passing.raw.open_raw(request(passing)) as reply:
        assert not await pour(reply.body, lambda piece: handed.append(piece) or True)
        assert not await pour(reply.body, lambda piece: handed.append(piece) or True)

    assert handed == [b"a\n", b"b\n"]


async def test_no_more_is_handed_over_than_is_taken(passing: Passing) -> None:
    passing.answer(b"a\n", b"b\n", b"c\n")
    handed: list[bytes] = []

    async with passing.raw.open_raw(request(passing)) as reply:
        assert await pour(reply.body, lambda piece: handed.append(piece) or len(handed) < 2)
        assert handed == [b"a\n", b"b\n"]
        assert await body_of(reply) == b"c\n"


async def test_what_is_wrong_with_a_piece_is_told_who_hands_it_over(passing: Passing) -> None:
    passing.answer(b"a\n", b"b\n", b"c\n")

    def take(piece: bytes) -> bool:
        return {b"a\n": True}[piece]

    async with passing.raw.open_raw(request(passing)) as reply:
        with pytest.raises(KeyError):
            await pour(reply.body, take)
        assert await body_of(reply) == b"c\n"


async def test_what_breaks_off_is_handed_over_before_that_is_told(passing: Passing) -> None:
    passing.break_off()
    handed: list[bytes] = []

    async with passing.raw.open_raw(request(passing)) as reply:
        with pytest.raises(BackendError):
            await pour(reply.body, lambda piece: handed.append(piece) or True)

    assert handed == [b"a"]


async def test_a_refusal_is_one_of_ours_and_raised_while_entering(passing: Passing) -> None:
    passing.refuse()

    with pytest.raises(GatewayError) as caught:
        await passing.raw.open_raw(request(passing)).__aenter__()

    assert caught.value.message
    assert not passing.open_exchanges()


async def test_a_refusal_of_what_is_unread_keeps_its_status_and_words(passing: Passing) -> None:
    passing.refuse_unread()

    with pytest.raises(BackendRefusal) as caught:
        await passing.raw.open_raw(request(passing, unread=True)).__aenter__()

    assert (caught.value.status, caught.value.body) == (404, REFUSED)
    assert not passing.open_exchanges()


async def test_leaving_early_closes_the_exchange(passing: Passing) -> None:
    passing.stall()

    async with passing.raw.open_raw(request(passing)) as reply:
        assert await anext(reply.body)

    await until(lambda: not passing.open_exchanges())


async def test_leaving_by_an_error_closes_the_exchange_and_the_error_passes(
    passing: Passing,
) -> None:
    passing.stall()

    with pytest.raises(ZeroDivisionError):
        async with passing.raw.open_raw(request(passing)):
            raise ZeroDivisionError

    await until(lambda: not passing.open_exchanges())


async def test_what_breaks_off_raises_after_what_came(passing: Passing) -> None:
    passing.break_off()
    came = []

    async with passing.raw.open_raw(request(passing)) as reply:
        with pytest.raises(BackendError):
            async for piece in reply.body:
                came.append(piece)  # noqa: PERF401 - what came before the error counts

    assert came == [b"a"]
