"""Texts embedded by an OpenAI-compatible server: in batches, and what it refuses of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import hypot
from typing import Any

import pytest

from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openai_compatible.embeddings import AT_ONCE, HALVINGS
from adapters.memory.clock import SystemClock
from ports.backend import EmbedBackend
from ports.embed import EmbedRequest, EmbedResponse
from ports.errors import (
    BackendFailed,
    BackendProtocolError,
    BackendRejected,
    GatewayError,
)
from tests.integration.served import backend, serving
from tests.upstream.answers import embed, embeddings, error, letters
from tests.upstream.script import Pause, Reply, Send
from tests.upstream.server import Upstream
from tests.upstream.wire import Received
from tests.waiting import until

TOO_LONG = "This model's maximum context length is 8 tokens, however you requested more."


@asynccontextmanager
async def embedding(upstream: Upstream, **config: Any) -> AsyncIterator[EmbedBackend]:
    settings = OpenAICompatibleConfig(name="up", base_url=upstream.base_url, **config)
    async with open_backend(settings, clock=SystemClock(), via="1.1 test") as backend:
        assert backend.embed is not None
        yield backend.embed


def texts(count: int) -> tuple[str, ...]:
    return tuple(
        "abcdefghijklmnopqrstuvwxyz"[number % 26] * (number + 1) for number in range(count)
    )


def sent(upstream: Upstream) -> list[list[str]]:
    return [exchange.request.json()["input"] for exchange in upstream.exchanges]


def values(response: EmbedResponse) -> list[list[float]]:
    return [list(vector.values) for vector in response.vectors]


def refusing(
    refused: Callable[[dict[str, Any]], bool], status: int, message: str
) -> Callable[[Received], Reply]:
    """Embed, but refuse some requests."""

    def answer(request: Received) -> Reply:
        return error(status, message) if refused(request.json()) else embed(request)

    return answer


# Batches.


async def test_one_request_is_enough_where_nothing_limits_it(upstream: Upstream) -> None:
    upstream.always(embed)
    async with embedding(upstream) as backend:
        response = await backend.embed(EmbedRequest(model="m", inputs=texts(50)))

    assert sent(upstream) == [list(texts(50))]
    assert upstream.exchanges[0].request.path == "/v1/embeddings"
    assert values(response) == [letters(text) for text in texts(50)]


@pytest.mark.parametrize("count", [1, 3, 4, 6, 7, 20])
async def test_batches_are_cut_and_put_together_in_order(upstream: Upstream, count: int) -> None:
    upstream.always(embed)
    async with embedding(upstream, embed_batch=3) as backend:
        response = await backend.embed(EmbedRequest(model="m", inputs=texts(count)))

    batches = [list(texts(count)[at : at + 3]) for at in range(0, count, 3)]
    assert sorted(sent(upstream)) == sorted(batches)
    assert values(response) == [letters(text) for text in texts(count)]
    assert response.usage.prompt_tokens == sum(map(len, texts(count)))


async def test_the_profile_limits_batches_where_the_setting_does_not(upstream: Upstream) -> None:
    upstream.always(embed)
    request = EmbedRequest(model="m", inputs=("a",) * 2049)
    async with embedding(upstream, profile="openai") as backend:
        response = await backend.embed(request)

    assert sorted(map(len, sent(upstream))) == [1, 2048]
    assert len(response.vectors) == 2049


async def test_only_a_few_batches_are_on_their_way_and_a_late_one_keeps_its_place(
    upstream: Upstream,
) -> None:
    gates = {text: asyncio.Event() for text in texts(10)}

    def answer(request: Received) -> Reply:
        (text,) = request.json()["input"]
        return Reply(steps=[Pause(gates[text]), Send(embeddings(letters(text)).body)])

    upstream.always(answer)
    async with embedding(upstream, embed_batch=1) as backend:
        asking = asyncio.create_task(backend.embed(EmbedRequest(model="m", inputs=texts(10))))
        await upstream.exchange(AT_ONCE - 1)
        at_first = len(upstream.exchanges)
        for text in reversed(texts(10)[:AT_ONCE]):
            gates[text].set()
        for gate in gates.values():
            gate.set()
        response = await asking

    assert at_first == AT_ONCE
    assert values(response) == [letters(text) for text in texts(10)]


async def test_a_batch_that_fails_fails_the_request_and_ends_the_others(
    upstream: Upstream,
) -> None:
    never = asyncio.Event()

    def answer(request: Received) -> Reply:
        if request.json()["input"] == ["bb"]:
            return error(500, "broken")
        return Reply(steps=[Pause(never), Send(b"")])

    upstream.always(answer)
    async with embedding(upstream, embed_batch=1) as backend:
        with pytest.raises(BackendFailed, match="broken"):
            await backend.embed(EmbedRequest(model="m", inputs=texts(30)))
        await until(lambda: all(exchange.ended for exchange in upstream.exchanges))

    assert len(upstream.exchanges) <= AT_ONCE


async def test_cancelling_ends_every_batch(upstream: Upstream) -> None:
    upstream.always(Reply(steps=[Pause(asyncio.Event())]))
    async with embedding(upstream, embed_batch=1) as backend:
        asking = asyncio.create_task(backend.embed(EmbedRequest(model="m", inputs=texts(9))))
        await upstream.exchange(AT_ONCE - 1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(lambda: all(exchange.ended for exchange in upstream.exchanges))


async def test_what_one_batch_did_not_count_is_not_known_of_all(upstream: Upstream) -> None:
    upstream.reply(embeddings([1.0]), embeddings([2.0], usage=None))
    async with embedding(upstream, embed_batch=1) as backend:
        response = await backend.embed(EmbedRequest(model="m", inputs=("a", "b")))

    assert response.usage.prompt_tokens is None


async def test_batches_of_different_lengths_are_an_error(upstream: Upstream) -> None:
    upstream.reply(embeddings([1.0]), embeddings([2.0, 3.0]))
    async with embedding(upstream, embed_batch=1) as backend:
        with pytest.raises(BackendProtocolError, match="different lengths"):
            await backend.embed(EmbedRequest(model="m", inputs=("a", "b")))


# What a server refuses.


@pytest.mark.parametrize(
    "message",
    [
        "This model does not support specifying dimensions.",
        'Model "m" does not support matryoshka representation',
    ],
)
async def test_dimensions_that_are_refused_are_not_asked_for_again(
    upstream: Upstream, message: str
) -> None:
    upstream.always(refusing(lambda body: "dimensions" in body, 400, message))
    async with embedding(upstream) as backend:
        for _ in range(2):
            response = await backend.embed(EmbedRequest(model="m", inputs=("abc",), dimensions=1))
            assert values(response) == [letters("abc")]
        other = EmbedRequest(model="other", inputs=("abc",), dimensions=1)
        await backend.embed(other)

    asked = [exchange.request.json() for exchange in upstream.exchanges]
    assert [body.get("dimensions") for body in asked] == [1, None, None, 1, None]


async def test_vllm_cuts_texts_itself_unless_it_does_not_know_how(upstream: Upstream) -> None:
    message = "Extra inputs are not permitted: truncate_prompt_tokens"
    upstream.reply(embed)
    upstream.always(refusing(lambda body: "truncate_prompt_tokens" in body, 400, message))
    async with embedding(upstream, profile="vllm") as backend:
        for _ in range(3):
            await backend.embed(EmbedRequest(model="m", inputs=("abc",)))

    asked = [exchange.request.json() for exchange in upstream.exchanges]
    assert [body.get("truncate_prompt_tokens") for body in asked] == [-1, -1, None, None]


async def test_dimensions_and_cutting_may_both_be_refused(upstream: Upstream) -> None:
    def answer(request: Received) -> Reply:
        for name in ("truncate_prompt_tokens", "dimensions"):
            if name in request.json():
                return error(400, f"unknown field {name}")
        return embed(request)

    upstream.always(answer)
    async with embedding(upstream, profile="vllm") as backend:
        request = EmbedRequest(model="m", inputs=("abc",), dimensions=1)

        assert values(await backend.embed(request)) == [letters("abc")]


async def test_any_other_refusal_goes_out_after_one_request(upstream: Upstream) -> None:
    upstream.always(error(400, "no such dimension of taste"))
    async with embedding(upstream) as backend:
        with pytest.raises(BackendRejected):
            await backend.embed(EmbedRequest(model="m", inputs=("abc",)))

    assert len(upstream.exchanges) == 1


async def test_an_unknown_model_is_told_as_one(upstream: Upstream) -> None:
    upstream.always(error(404, "The model `m` does not exist", code="model_not_found"))
    async with embedding(upstream) as backend:
        with pytest.raises(BackendRejected) as caught:
            await backend.embed(EmbedRequest(model="m", inputs=("abc",)))

    assert (caught.value.status, caught.value.upstream_code) == (404, "model_not_found")


# Texts that are too long.


def short(limit: int) -> Callable[[Received], Reply]:
    return refusing(lambda body: any(len(text) > limit for text in body["input"]), 400, TOO_LONG)


async def test_a_text_that_is_too_long_is_halved_until_it_fits(upstream: Upstream) -> None:
    upstream.always(short(8))
    async with embedding(upstream) as backend:
        response = await backend.embed(EmbedRequest(model="m", inputs=("x" * 50,)))

    assert [len(batch[0]) for batch in sent(upstream)] == [50, 25, 12, 6]
    assert values(response) == [letters("x" * 6)]


async def test_only_the_text_that_is_too_long_is_cut(upstream: Upstream) -> None:
    upstream.always(short(8))
    inputs = ("eightabc", "b", "c" * 20, "", "eightdef", "f")
    async with embedding(upstream) as backend:
        response = await backend.embed(EmbedRequest(model="m", inputs=inputs))

    fitting = ("eightabc", "b", "c" * 5, "", "eightdef", "f")
    assert values(response) == [letters(text) for text in fitting]
    assert response.usage.prompt_tokens == sum(map(len, fitting))


async def test_a_text_that_may_not_be_cut_is_refused(upstream: Upstream) -> None:
    upstream.always(short(8))
    async with embedding(upstream) as backend:
        with pytest.raises(BackendRejected) as caught:
            await backend.embed(EmbedRequest(model="m", inputs=("x" * 9,), truncate=False))

    assert caught.value.upstream_code == "context_length_exceeded"
    assert len(upstream.exchanges) == 1


@pytest.mark.parametrize(("length", "asked"), [(3, 2), (10**6, 1 + HALVINGS)])
async def test_a_text_that_never_fits_is_refused_in_the_end(
    upstream: Upstream, length: int, asked: int
) -> None:
    upstream.always(short(0))
    async with embedding(upstream) as backend:
        with pytest.raises(BackendRejected) as caught:
            await backend.embed(EmbedRequest(model="m", inputs=("x" * length,)))

    assert caught.value.upstream_code == "context_length_exceeded"
    assert len(upstream.exchanges) == asked


async def test_another_refusal_while_halving_goes_out(upstream: Upstream) -> None:
    upstream.reply(error(400, TOO_LONG), error(403, "no"))
    async with embedding(upstream) as backend:
        with pytest.raises(GatewayError, match="no"):
            await backend.embed(EmbedRequest(model="m", inputs=("x" * 9,)))

    assert len(upstream.exchanges) == 2


# Through the front door.


async def test_the_setting_cuts_batches_and_clients_get_one_answer(upstream: Upstream) -> None:
    upstream.always(embed)
    body = {"model": "m", "input": ["a", "bb", "ccc"]}
    async with serving(backend(upstream.base_url, "embed_batch = 2")) as served:
        answer = (await served.client.post("/api/embed", json=body)).json()

    assert sorted(map(len, sent(upstream))) == [1, 2]
    assert answer["prompt_eval_count"] == 6
    directions = [pytest.approx(letters(text)[0] / hypot(*letters(text))) for text in body["input"]]
    assert [vector[0] for vector in answer["embeddings"]] == directions


async def test_numbers_of_a_vector_of_length_1_reach_the_client_as_they_were_spelled(
    upstream: Upstream,
) -> None:
    spelled = b"[6.00e-1,-0.80000000000000000000]"
    upstream.always(Reply(body=embeddings("HERE").body.replace(b'"HERE"', spelled)))
    async with serving(backend(upstream.base_url)) as served:
        answer = await served.client.post("/api/embed", json={"model": "m", "input": "a"})

    assert b'"embeddings":[%b]' % spelled in answer.content
