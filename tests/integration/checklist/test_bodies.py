"""Statements 12 to 30 of the checklist: how bodies are read, and what is refused in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.checklist.asking import (
    HI,
    JSON,
    chat,
    generate,
    post,
    refused,
    whole,
    wire,
)
from tests.integration.served import Served
from tests.upstream.answers import chat as said
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTES = (
    ("POST", "/api/chat"),
    ("POST", "/api/generate"),
    ("POST", "/api/embed"),
    ("POST", "/api/embeddings"),
    ("POST", "/api/show"),
    ("POST", "/api/pull"),
    ("POST", "/api/push"),
    ("POST", "/api/create"),
    ("POST", "/api/copy"),
    ("DELETE", "/api/delete"),
)


async def test_012_an_empty_or_blank_body_is_missing_on_every_route(served: Served) -> None:
    for method, path in ROUTES:
        for body in (b"", b" \n\t "):
            answer = await wire(served, method, path, body)

            assert (answer.status, answer.content_type) == (400, JSON), path
            assert answer.json() == {"error": "missing request body"}, path


async def test_013_a_cut_body_is_an_unexpected_end(served: Served) -> None:
    refused(await served.client.post("/api/chat", content=b'{"model":'), 400, "unexpected EOF")


async def test_014_an_array_is_no_request(served: Served) -> None:
    refused(
        await served.client.post("/api/chat", content=b"[]"),
        400,
        "json: cannot unmarshal array into Go value of type api.ChatRequest",
    )


async def test_015_a_number_is_no_model(served: Served) -> None:
    refused(
        await generate(served, model=1),
        400,
        "json: cannot unmarshal number into Go struct field GenerateRequest.model of type string",
    )


async def test_016_a_string_is_no_bool(served: Served) -> None:
    refused(
        await chat(served, stream="true"),
        400,
        "json: cannot unmarshal string into Go struct field ChatRequest.stream of type bool",
    )


async def test_017_keys_have_any_case_and_the_rest_is_ignored(served: Served) -> None:
    answer = await served.client.post("/api/chat", content=b'{"MODEL":"plain","bogus":1} trailing')

    assert whole(answer)["done_reason"] == "load"


async def test_018_the_content_type_does_not_matter(served: Served) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain"):
        answer = await served.client.post(
            "/api/chat", content=b'{"model":"plain"}', headers={"Content-Type": kind}
        )

        assert whole(answer)["done_reason"] == "load", kind


async def test_019_content_is_a_string(served: Served) -> None:
    parts = [{"type": "text", "text": "hi"}]
    refused(
        await chat(served, messages=[{"role": "user", "content": parts}]),
        400,
        "json: cannot unmarshal array into Go struct field "
        "ChatRequest.messages.content of type string",
    )


async def test_020_top_logprobs_are_whole_and_at_most_20(served: Served) -> None:
    refused(await chat(served, top_logprobs=21), 400, "top_logprobs must be between 0 and 20")
    assert (await chat(served, top_logprobs=5.0)).status_code == 400


async def test_021_thinking_has_its_words(served: Served) -> None:
    refused(
        await chat(served, think="very"),
        400,
        'invalid think value: "very" (must be "high", "medium", "low", "max", true, or false)',
    )


async def test_022_thinking_is_no_number(served: Served) -> None:
    refused(
        await chat(served, think=1),
        400,
        'think must be a boolean or string ("high", "medium", "low", "max", true, or false)',
    )


async def test_023_a_duration_has_a_unit(served: Served) -> None:
    for written, error in (
        ("5", 'time: missing unit in duration "5"'),
        ("abc", 'time: invalid duration "abc"'),
    ):
        refused(await chat(served, keep_alive=written), 400, error)


async def test_024_durations_are_numbers_and_words(served: Served) -> None:
    accepted: tuple[Any, ...] = (-1, "-1s", 0.5, "1h30m", "0", None)
    for keep_alive in accepted:
        assert whole(await chat(served, messages=[], keep_alive=keep_alive))["done"], keep_alive


async def test_025_a_duration_is_no_bool(served: Served) -> None:
    refused(await chat(served, keep_alive=True), 400, "Unsupported type: 'bool'")


async def test_026_an_image_is_bare_base64(served: Served) -> None:
    image = HI[0] | {"images": ["data:image/png;base64,AAAA"]}

    refused(await chat(served, messages=[image]), 400, "illegal base64 data at input byte 4")


async def test_027_arguments_are_no_string(served: Served) -> None:
    call = {"function": {"name": "f", "arguments": '{"a":1}'}}

    refused(
        await chat(served, messages=[{"role": "assistant", "tool_calls": [call]}]),
        400,
        "Value looks like object, but can't find closing '}' symbol",
    )


async def test_028_a_temperature_is_a_number(served: Served) -> None:
    """Decided otherwise: 400, not 500. It is the client's mistake, and a 500 invites a retry."""
    for ask in (chat, generate):
        refused(
            await ask(served, options={"temperature": "hot"}),
            400,
            'option "temperature" must be of type float32',
        )


async def test_029_stop_is_an_array(served: Served) -> None:
    """Decided otherwise: 400, not 500, for the same reason."""
    for ask in (chat, generate):
        refused(
            await ask(served, options={"stop": "x"}),
            400,
            'option "stop" must be of type array',
        )


async def test_030_unknown_options_fractions_and_nulls_are_taken(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(said(["hello"]))

    answer = await chat(
        served, stream=False, options={"mirostat": 1, "foo": 2, "seed": 1.9, "top_k": None}
    )

    assert whole(answer)["message"]["content"] == "hello"
    sent = upstream.exchanges[0].request.json()
    assert (sent["seed"], sent.get("top_k", "absent")) == (1, "absent")
    assert (await post(served, "/api/chat", model="plain", options={})).status_code == 200
