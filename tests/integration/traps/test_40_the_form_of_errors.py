"""Trap 40: an error has the form of the client's dialect: not the framework's, nor another's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.traps.world import (
    ANTHROPIC,
    DIALECTS,
    OLLAMA,
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    Way,
    World,
    along,
    both,
    every,
)
from tests.upstream import ollama_answers
from tests.upstream.answers import error, html
from tests.upstream.script import Script

OLLAMAS = {OLLAMA_CHAT.path, OLLAMA_GENERATE.path, "/api/embed", "/api/show", "/api/nowhere"}


def check(answer: httpx.Response, path: str) -> str:
    """Return the message, after a look at everything around it."""
    said = answer.json()
    if path in OLLAMAS:
        assert list(said) == ["error"]
        message = said["error"]
    elif path.startswith("/v1/messages"):
        assert set(said) == {"type", "error", "request_id"}
        assert set(said["error"]) == {"type", "message"}
        message = said["error"]["message"]
    else:
        assert list(said) == ["error"]
        assert set(said["error"]) == {"message", "type", "param", "code"}
        message = said["error"]["message"]
    assert isinstance(message, str)
    assert message
    return message


PATHS = [dialect.path for dialect in DIALECTS]
MORE = ["/api/embed", "/api/show", "/v1/embeddings", "/v1/messages/count_tokens"]


@pytest.mark.parametrize("path", [*PATHS, *MORE])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[", 400),
        (b"[]", 400),
        (b'{"model":5}', 400),
        (b"\xff\xfe", 400),
    ],
)
async def test_a_body_that_is_none_is_the_clients_mistake(
    world: World, path: str, body: bytes, status: int
) -> None:
    answer = await world.client.post(path, content=body)

    assert answer.status_code == status
    check(answer, path)


@along(every())
@both
async def test_a_model_that_is_not_there_is_told_as_that(
    world: World, way: Way, stream: bool
) -> None:
    answer = await world.post(way, stream=stream, model="nope")

    assert answer.status_code == 404
    assert "nope" in check(answer, way.dialect.path)


@pytest.mark.parametrize("path", [*PATHS, *MORE])
async def test_another_method_is_told_with_the_ones_that_there_are(world: World, path: str) -> None:
    answer = await world.client.put(path)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert b"detail" not in answer.content
    assert b"status_code" not in answer.content


@pytest.mark.parametrize(
    "path", ["/api/nowhere", "/v1/nowhere", "/v1/messages/nowhere", "/nowhere"]
)
async def test_a_path_that_is_not_there_is_told_as_that(world: World, path: str) -> None:
    answer = await world.client.get(path)

    assert answer.status_code == 404
    assert b"detail" not in answer.content
    assert b"status_code" not in answer.content


REFUSALS: dict[str, tuple[int, Any, int]] = {
    "400": (400, "too hot", 400),
    "401": (401, "bad key", 502),
    "403": (403, "not you", 403),
    "404": (404, "Not Found", 502),
    "429": (429, "slow down", 429),
    "500": (500, "oh no", 502),
    "503": (503, "busy", 503),
}


@along(every())
@both
@pytest.mark.parametrize("refusal", REFUSALS)
async def test_an_upstreams_error_has_the_form_of_the_client(
    world: World, way: Way, stream: bool, refusal: str
) -> None:
    status, words, mapped = REFUSALS[refusal]
    script: Script = (ollama_answers.error if way.kind == OLLAMA else error)(status, words)
    world.always(way, script)

    answer = await world.post(way, stream=stream)

    assert answer.status_code == mapped
    message = check(answer, way.dialect.path)
    assert "bad key" not in message


@along(every())
@both
async def test_a_page_of_an_upstream_is_no_message(world: World, way: Way, stream: bool) -> None:
    world.always(way, html(502))

    answer = await world.post(way, stream=stream)

    assert answer.status_code == 502
    assert "<" not in check(answer, way.dialect.path)


async def test_an_error_of_a_wrong_type_has_it_too(world: World) -> None:
    body = {"model": "translated-openai-compatible", "max_tokens": 5, "messages": 5}

    answer = await world.client.post(ANTHROPIC.path, json=body)

    assert answer.status_code == 400
    check(answer, ANTHROPIC.path)
