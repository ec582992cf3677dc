"""An Ollama client before an Ollama server: bytes pass, but for the model's name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from msgspec.json import encode

from tests.integration.served import Served, serving
from tests.upstream.answers import error
from tests.upstream.fixtures import upstream
from tests.upstream.ollama_answers import JSON, NDJSON, chat_end, chat_line, line, lines
from tests.upstream.script import Close, Pause, Reply, Send, Stall
from tests.upstream.server import Upstream
from tests.waiting import until

__all__ = ["upstream"]

CONFIG = """
[[backends]]
name = "box"
kind = "ollama"
base_url = "{url}"

[aliases]
mine = "box/qwen3:8b"
[aliases.brief]
targets = ["box/qwen3:8b"]
system = "Be brief."
options = {{ temperature = 0.5, num_ctx = 99 }}
"""

BODY = (
    b'{"model":"qwen3:8b", "options":{"num_ctx":8192,"odd":[1.50]},"keep_alive":"1h30m",'
    b' "messages":[{"role":"user","content":"caf\\u00e9"}],"future":{"b":1,"a":1e3}}'
)


@pytest_asyncio.fixture
async def served(upstream: Upstream) -> AsyncIterator[Served]:
    upstream.tags = ("qwen3:8b",)
    async with serving(CONFIG.format(url=upstream.url)) as served:
        await served.client.get("/api/tags")
        yield served


def named(model: str) -> bytes:
    return BODY.replace(b"qwen3:8b", model.encode())


async def test_a_body_and_its_answer_pass_byte_for_byte(upstream: Upstream, served: Served) -> None:
    answer = b'{"model":"qwen3:8b","message":{"content":"x"},"done":true,"future":{"b":1.50,"a":2}}'
    upstream.reply(Reply(headers=JSON, body=answer))

    body = BODY[:-1] + b',"stream":false}'
    got = await served.client.post("/api/chat", content=body)

    assert upstream.requests[-1].path == "/api/chat"
    assert upstream.requests[-1].body == body
    assert got.content == answer
    assert got.headers["content-type"] == "application/json; charset=utf-8"


async def test_another_name_is_put_right_both_ways_and_nothing_else(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(
        lines([chat_line("Hi") | {"model": "qwen3:8b"}, chat_end() | {"model": "qwen3:8b"}])
    )

    got = await served.client.post("/api/chat", content=named("mine:latest"))

    assert upstream.requests[-1].body == BODY
    said = [json.loads(line) for line in got.text.splitlines()]
    assert [line["model"] for line in said] == ["mine:latest", "mine:latest"]
    assert list(said[0]) == list(chat_line("Hi"))


async def test_an_alias_with_options_is_decoded_and_keeps_what_only_ollama_knows(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(lines([chat_line("Hi"), chat_end()]))

    got = await served.client.post("/api/chat", content=named("brief"))

    sent = json.loads(upstream.requests[-1].body)
    assert sent["model"] == "qwen3:8b"
    assert sent["keep_alive"] == "1h30m"
    assert sent["options"] == {"temperature": 0.5, "num_ctx": 8192, "odd": [1.5]}
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}
    assert json.loads(got.text.splitlines()[-1])["done"] is True


async def test_lines_arrive_while_the_upstream_still_speaks(
    upstream: Upstream, served: Served
) -> None:
    go = asyncio.Event()
    first, last = line(chat_line("Hi")), line(chat_end())
    upstream.reply(Reply(headers=NDJSON, steps=[Send(first), Pause(go), Send(last)]))

    async with served.client.stream("POST", "/api/chat", content=BODY) as answer:
        pieces = answer.aiter_bytes()
        assert await anext(pieces) == first
        go.set()
        assert b"".join([piece async for piece in pieces]) == last


async def test_a_cut_stream_ends_in_an_error(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(headers=NDJSON, steps=[Send(line(chat_line("Hi"))), Close()]))

    got = await served.client.post("/api/chat", content=BODY)

    last = json.loads(got.text.splitlines()[-1])
    assert list(last) == ["error"]
    assert '"done":true' not in got.text


async def test_a_stream_that_ends_well_but_early_is_an_error_too(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(lines([chat_line("Hi")]))

    got = await served.client.post("/api/chat", content=BODY)

    assert json.loads(got.text.splitlines()[-1]) == {
        "error": "the answer ended before it was complete"
    }


async def test_a_refusal_goes_through_the_table_of_errors(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(error(401, "unauthorized"))

    got = await served.client.post("/api/chat", content=BODY)

    assert got.status_code == 502
    assert got.headers["content-type"] == "application/json"
    assert got.json() == {"error": "upstream authentication failed"}


async def test_a_model_that_went_away_has_the_name_that_was_asked_for(
    upstream: Upstream, served: Served
) -> None:
    refusal = Reply(status=404, headers=JSON, body=encode({"error": "model 'qwen3:8b' not found"}))
    upstream.always(refusal)

    for path in ("/api/chat", "/api/generate"):
        body = json.dumps({"model": "mine", "prompt": "x", "messages": [{"role": "user"}]})
        got = await served.client.post(path, content=body)

        assert got.status_code == 404
        assert got.json() == {"error": "model 'mine' not found"}


async def test_a_client_that_leaves_closes_the_upstream(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(headers=NDJSON, steps=[Send(line(chat_line("Hi"))), Stall()]))

    async with served.client.stream("POST", "/api/chat", content=BODY) as answer:
        await anext(answer.aiter_bytes())
    await upstream.closed_early()


async def test_loading_is_the_servers_own_business(upstream: Upstream, served: Served) -> None:
    loaded = b'{"model":"qwen3:8b","created_at":"x","response":"","done":true,"done_reason":"load"}'
    upstream.always(Reply(headers=JSON, body=loaded))

    for body in (b'{"model":"qwen3:8b"}', b'{"model":"qwen3:8b","keep_alive":0}'):
        got = await served.client.post("/api/generate", content=body)
        assert got.content == loaded
        assert upstream.requests[-1].body == body

    got = await served.client.post("/api/generate", content=b'{"model":"brief","keep_alive":0}')
    assert json.loads(upstream.requests[-1].body)["keep_alive"] == 0
    assert got.json()["done_reason"] == "unload"


async def test_a_second_spelling_of_the_model_does_not_get_past_the_door(
    upstream: Upstream, served: Served
) -> None:
    upstream.always(lines([chat_line("Hi"), chat_end()]))

    await served.client.post(
        "/api/chat",
        content=b'{"model":"qwen3:8b","MODEL":"secret","messages":[{"role":"user","content":"x"}]}',
    )

    assert b"secret" not in upstream.requests[-1].body


async def test_embeddings_pass_with_their_numbers_as_spelled(
    upstream: Upstream, served: Served
) -> None:
    answer = b'{"model":"qwen3:8b","embeddings":[[0.10,-1e-3]],"total_duration":1}'
    upstream.always(Reply(headers=JSON, body=answer))

    got = await served.client.post("/api/embed", json={"model": "mine", "input": ["a"]})

    assert got.content == answer.replace(b"qwen3:8b", b"mine")


async def test_no_connection_is_left_behind(upstream: Upstream, served: Served) -> None:
    upstream.always(lines([chat_line("Hi"), chat_end()]))

    for _ in range(3):
        await served.client.post("/api/chat", content=BODY)

    await until(lambda: upstream.open_connections <= 2)


KEY = "hunter2hunter2"
TELLS = b'{"error": "bad key hunter2hunter2"}'
TELLING = {
    "a line of a chat": ("/api/chat", {"messages": [{"role": "user"}]}, [line(chat_line()), TELLS]),
    "the first line": ("/api/chat", {"messages": [{"role": "user"}]}, [TELLS]),
    "a whole chat": ("/api/chat", {"messages": [{"role": "user"}], "stream": False}, [TELLS]),
    "embeddings": ("/api/embed", {"input": "x"}, [TELLS]),
    "show": ("/api/show", {}, [TELLS]),
    "a pull": ("/api/pull", {}, [b'{"status":"at hunter2hunter2"}\n', TELLS]),
    "a whole pull": ("/api/pull", {"stream": False}, [TELLS]),
    "a copy": ("/api/copy", {"source": "qwen3:8b", "destination": "new"}, [TELLS]),
}


@pytest.mark.parametrize(("path", "body", "said"), TELLING.values(), ids=TELLING)
async def test_no_answer_tells_the_key_of_the_upstream(
    upstream: Upstream, path: str, body: dict[str, object], said: list[bytes]
) -> None:
    upstream.tags = ("qwen3:8b",)
    steps = [Send(piece) for piece in said]
    config = CONFIG.format(url=upstream.url).replace(
        "\n\n[aliases]", f'\napi_key = "{KEY}"\n\n[aliases]'
    )
    async with serving(config) as served:
        await served.client.get("/api/tags")
        upstream.shown["qwen3:8b"] = Reply(headers=NDJSON, steps=steps)
        upstream.always(Reply(headers=NDJSON, steps=steps))

        got = await served.client.post(path, json={"model": "qwen3:8b"} | body)

    assert "***" in got.text
    assert KEY not in got.text
    assert "error" in json.loads(got.text.splitlines()[-1])


FALSE = {
    "a page": (b"<html>log in</html>", (("Content-Type", "text/html"),)),
    "another object": (b'{"detail":"log in"}', JSON),
    "nothing": (b"", JSON),
    "an odd type": (b"{}", (("Content-Type", "application/x-ndjson; x=\u00e9"),)),
}


@pytest.mark.parametrize(("said", "headers"), FALSE.values(), ids=FALSE)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/chat", {"messages": [{"role": "user"}]}),
        ("/api/chat", {"messages": [{"role": "user"}], "stream": False}),
        ("/api/generate", {"prompt": "x"}),
        ("/api/generate", {}),
        ("/api/embed", {"input": "x"}),
        ("/api/pull", {}),
        ("/api/pull", {"stream": False}),
    ],
)
async def test_an_answer_that_is_none_is_no_success(  # noqa: PLR0917 - a table
    upstream: Upstream,
    served: Served,
    path: str,
    body: dict[str, object],
    said: bytes,
    headers: tuple[tuple[str, str], ...],
) -> None:
    upstream.always(Reply(headers=headers, body=said))

    got = await served.client.post(path, json={"model": "qwen3:8b"} | body)

    assert list(json.loads(got.text.splitlines()[-1])) == ["error"]
    assert "log in" not in got.text


@pytest.mark.parametrize("said", [b"<html>log in</html>", b'{"error":"disk full"}'])
async def test_a_copy_that_answers_with_something_has_not_been_made(
    upstream: Upstream, served: Served, said: bytes
) -> None:
    upstream.always(Reply(headers=JSON, body=said))

    got = await served.client.post("/api/copy", json={"source": "qwen3:8b", "destination": "other"})

    assert got.status_code == 502
    assert "log in" not in got.text


async def test_an_answer_that_is_complete_is_not_waited_behind(
    upstream: Upstream, served: Served
) -> None:
    last = line(chat_end())
    upstream.always(Reply(headers=NDJSON, steps=[Send(last), Stall()]))

    got = await served.client.post("/api/chat", content=BODY)

    assert got.content == last
