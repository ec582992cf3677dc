"""What every `ports.raw.RawBackend` promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from msgspec import Struct

from adapters.backends.ollama.build import open_backend
from adapters.backends.ollama.config import OllamaConfig
from adapters.memory.clock import SystemClock
from ports.errors import BackendError, BackendRejected, BackendUnavailable, GatewayError
from ports.raw import OLLAMA, RawBackend, RawReply, RawRequest
from tests.fakes.raw import FakeRaw
from tests.upstream import ollama_answers
from tests.upstream.script import Close, Reply, Send, Stall, Taken
from tests.upstream.server import Upstream
from tests.waiting import until

ODD = "application/x-odd; Charset=UTF-8"


class Asked(Struct, frozen=True):
    """A request as the upstream saw it."""

    method: str
    path: str
    body: bytes
    content_type: str


class Passing(Struct, frozen=True, kw_only=True):
    """An adapter, and how to make it do things."""

    raw: RawBackend
    answer: Callable[..., None]
    """From now on it answers with these pieces; `status` and `content_type` may be given."""
    stall: Callable[[], None]
    """It sends something and then nothing more."""
    refuse: Callable[[], None]
    break_off: Callable[[], None]
    asked: Callable[[], Sequence[Asked]]
    open_exchanges: Callable[[], int]


@asynccontextmanager
async def ollama() -> AsyncIterator[Passing]:
    async with Upstream() as upstream:
        config = OllamaConfig(name="up", base_url=upstream.url)

        def answer(*pieces: bytes, status: int = 200, content_type: str = ODD) -> None:
            steps = [step for piece in pieces for step in (Send(piece), Taken())]
            headers = (("Content-Type", content_type),)
            upstream.always(Reply(status=status, headers=headers, steps=steps))

        def stall() -> None:
            upstream.always(Reply(steps=[Send(b"a"), Stall()]))

        def asked() -> list[Asked]:
            return [
                Asked(seen.method, seen.path, seen.body, seen.headers["content-type"])
                for seen in upstream.requests
            ]

        async with open_backend(config, clock=SystemClock(), via="1.1 test") as backend:
            assert backend.raw is not None
            yield Passing(
                raw=backend.raw,
                answer=answer,
                stall=stall,
                refuse=lambda: upstream.always(ollama_answers.error(400, "no")),
                break_off=lambda: upstream.always(Reply(steps=[Send(b"a"), Taken(), Close()])),
                asked=asked,
                open_exchanges=lambda: sum(not exchange.ended for exchange in upstream.exchanges),
            )


@asynccontextmanager
async def fake() -> AsyncIterator[Passing]:
    raw = FakeRaw()

    def answer(*pieces: bytes, status: int = 200, content_type: str = ODD) -> None:
        raw.pieces, raw.status, raw.content_type = pieces, status, content_type

    def refuse() -> None:
        raw.error = BackendRejected("no")

    def break_off() -> None:
        raw.pieces, raw.fault = (b"a",), BackendUnavailable("broke off")

    def asked() -> list[Asked]:
        return [
            Asked(seen.method, seen.path, body, seen.content_type)
            for seen, body in zip(raw.asked, raw.bodies, strict=True)
        ]

    yield Passing(
        raw=raw,
        answer=answer,
        stall=lambda: answer(b"a", b"b"),
        refuse=refuse,
        break_off=break_off,
        asked=asked,
        open_exchanges=lambda: raw.open,
    )


ADAPTERS = {"ollama": ollama, "fake": fake}


@pytest_asyncio.fixture(params=ADAPTERS)
async def passing(request: pytest.FixtureRequest) -> AsyncIterator[Passing]:
    before = asyncio.all_tasks()
    async with ADAPTERS[request.param]() as passing:
        yield passing
    await until(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})


def request(**more: object) -> RawRequest:
    given = {"dialect": OLLAMA, "path": "/api/chat", "body": b'{"a": 1.0}', **more}
    return RawRequest(**given)  # type: ignore[arg-type]


async def body_of(reply: RawReply) -> bytes:
    return b"".join([piece async for piece in reply.body])


@pytest.mark.parametrize("status", [200, 201])
async def test_the_answer_comes_back_byte_for_byte(passing: Passing, status: int) -> None:
    passing.answer(b'{"b": ', b'1.50,\xff "b":2 }\n', status=status)

    async with passing.raw.open_raw(request()) as reply:
        assert await body_of(reply) == b'{"b": 1.50,\xff "b":2 }\n'
        assert (reply.status, reply.content_type) == (status, ODD)


async def test_the_request_goes_out_byte_for_byte(passing: Passing) -> None:
    passing.answer(b"{}")

    for method, body in (("POST", b'{"a": 1.0 ,"a":2}\n'), ("DELETE", b"{}"), ("GET", b"")):
        async with passing.raw.open_raw(
            request(method=method, path="/api/delete", body=body, content_type="a/b; c=d")
        ) as reply:
            await body_of(reply)

    assert passing.asked() == [
        Asked("POST", "/api/delete", b'{"a": 1.0 ,"a":2}\n', "a/b; c=d"),
        Asked("DELETE", "/api/delete", b"{}", "a/b; c=d"),
        Asked("GET", "/api/delete", b"", "a/b; c=d"),
    ]


async def test_a_body_in_pieces_arrives_whole(passing: Passing) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"ab", b"", b"c"):
            yield piece

    passing.answer(b"{}", status=201)

    async with passing.raw.open_raw(request(body=pieces())) as reply:
        await body_of(reply)

    assert passing.asked()[0].body == b"abc"


async def test_what_is_wrong_with_a_body_in_pieces_comes_out_as_it_is(passing: Passing) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"
        raise BackendRejected("too much", status=413)

    passing.answer(b"{}")

    with pytest.raises(BackendRejected, match="too much"):
        await passing.raw.open_raw(request(body=pieces())).__aenter__()


async def test_an_empty_answer_has_no_pieces(passing: Passing) -> None:
    passing.answer()

    async with passing.raw.open_raw(request()) as reply:
        assert [piece async for piece in reply.body] == []


async def test_pieces_are_never_empty_and_come_as_they_are_sent(passing: Passing) -> None:
    passing.answer(b"a\n", b"b\n")

    async with passing.raw.open_raw(request()) as reply:
        assert [piece async for piece in reply.body] == [b"a\n", b"b\n"]


async def test_a_refusal_is_one_of_ours_and_raised_while_entering(passing: Passing) -> None:
    passing.refuse()

    with pytest.raises(GatewayError) as caught:
        await passing.raw.open_raw(request()).__aenter__()

    assert caught.value.message
    assert not passing.open_exchanges()


async def test_leaving_early_closes_the_exchange(passing: Passing) -> None:
    passing.stall()

    async with passing.raw.open_raw(request()) as reply:
        assert await anext(reply.body)

    await until(lambda: not passing.open_exchanges())


async def test_leaving_by_an_error_closes_the_exchange_and_the_error_passes(
    passing: Passing,
) -> None:
    passing.stall()

    with pytest.raises(ZeroDivisionError):
        async with passing.raw.open_raw(request()):
            raise ZeroDivisionError

    await until(lambda: not passing.open_exchanges())


async def test_what_breaks_off_raises_after_what_came(passing: Passing) -> None:
    passing.break_off()
    came = []

    async with passing.raw.open_raw(request()) as reply:
        with pytest.raises(BackendError):
            async for piece in reply.body:
                came.append(piece)  # noqa: PERF401 - what came before the error counts

    assert came == [b"a"]
