"""Images, sounds and whatever else is passed on unread, to the backend that the model selects."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any, Self

import httpx
import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.integration.sockets import exchange, request
from tests.upstream.answers import HTML, SSE, error
from tests.upstream.script import Abort, Close, Pause, Reply, Send, Stall, Step
from tests.upstream.server import Upstream
from tests.waiting import until

LINES = ('api_key = "hunter2hunter2"',)
MORE = """
[routing]
default_backend = "up"
relay_paths = ["/v1/ocr", "/v1/batches/*", "/v1/audio/voices"]
[aliases]
mine = "up/m"
"""
AUDIO = (("Content-Type", "audio/mpeg"), ("Content-Disposition", 'attachment; filename="a.mp3"'))
SOUND = bytes(range(256)) * 40
SPEECH = "/v1/audio/speech"
TRANSCRIBE = "/v1/audio/transcriptions"
FORM = {"Content-Type": 'multipart/form-data; boundary="b-7"'}
PART = '--b-7\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'


def form(*parts: tuple[str, bytes], end: bytes = b"--b-7--\r\n") -> bytes:
    told = {"file": '; filename="a.wav"\r\nContent-Type: audio/wav'}
    written = (PART.format(name, told.get(name, "")).encode() + said for name, said in parts)
    return b"".join(part + b"\r\n" for part in written) + end


@pytest_asyncio.fixture
async def served(upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(backend(upstream.base_url, *LINES) + MORE) as served:
        await served.client.get("/v1/models")
        yield served


async def test_an_object_passes_but_for_the_name_and_a_sound_comes_back(
    upstream: Upstream, served: Served
) -> None:
    body = b'{"input":"caf\\u00e9", "model":"m","speed":1.50,"future":{"b":1,"a":1e3}}'
    upstream.reply(Reply(headers=AUDIO, body=SOUND))

    got = await served.client.post(
        f"{SPEECH}?stream=1&x=%2F",
        content=body.replace(b'"m"', b'"mine"'),
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Authorization": "Bearer own",
            "X-Api-Key": "own",
            "Cookie": "a=b",
            "OpenAI-Organization": "org",
            "TE": "trailers",
            "X-Forwarded-Host": "elsewhere",
        },
    )

    seen = upstream.requests[-1]
    assert (seen.method, seen.path, seen.query) == ("POST", SPEECH, "stream=1&x=%2F")
    assert seen.body == body
    assert seen.headers["authorization"] == "Bearer hunter2hunter2"
    assert seen.headers.keys() == {
        *("host", "user-agent", "accept", "accept-encoding", "via", "authorization"),
        *("content-type", "content-length", "x-request-id"),
    }
    assert got.content == SOUND
    assert got.headers["content-type"] == "audio/mpeg"
    assert got.headers["content-disposition"] == 'attachment; filename="a.mp3"'
    assert got.headers["content-length"] == str(len(SOUND))


async def test_a_form_passes_but_for_the_name(upstream: Upstream, served: Served) -> None:
    body = form(("file", SOUND), ("model", b"m"), ("language", b"en"))
    upstream.reply(Reply(body=b'{"text": "hi"}'))

    got = await served.client.post(
        TRANSCRIBE, content=body.replace(b"\r\nm\r\n", b"\r\nmine\r\n"), headers=FORM
    )

    seen = upstream.requests[-1]
    assert seen.body == body
    assert seen.headers["content-type"] == "multipart/form-data; boundary=b-7"
    assert seen.headers["content-length"] == str(len(body))
    assert got.content == b'{"text": "hi"}'


async def test_a_large_form_keeps_its_length(upstream: Upstream, served: Served) -> None:
    body = form(("model", b"m"), ("file", SOUND * 100))
    upstream.reply(Reply(body=b"{}"))

    sent = body.replace(b"\r\nm\r\n", b"\r\nmine\r\n")
    await served.client.post(TRANSCRIBE, content=sent, headers=FORM)

    seen = upstream.requests[-1]
    assert seen.body == body
    assert seen.headers["content-length"] == str(len(body))


async def test_a_body_that_comes_in_chunks_goes_on_in_chunks(
    upstream: Upstream, served: Served
) -> None:
    body = form(("model", b"m"), ("file", SOUND * 100))
    upstream.reply(Reply(body=b"{}"))

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 50_000):
            yield body[at : at + 50_000]

    await served.client.post(TRANSCRIBE, content=pieces(), headers=FORM)

    assert upstream.requests[-1].body == body
    assert upstream.requests[-1].headers["transfer-encoding"] == "chunked"


async def test_a_compressed_body_goes_on_as_what_it_stands_for(
    upstream: Upstream, served: Served
) -> None:
    body = form(("model", b"m"), ("file", SOUND * 100))
    upstream.reply(Reply(body=b"{}"))

    headers = FORM | {"Content-Encoding": "gzip"}
    await served.client.post(TRANSCRIBE, content=gzip.compress(body), headers=headers)

    assert upstream.requests[-1].body == body
    assert "content-encoding" not in upstream.requests[-1].headers


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (form(("file", SOUND)), FORM),
        (form(("file", SOUND * 100), ("model", b"other")), FORM),
        (form(("model", b"whisper-1"), ("file", SOUND)), FORM),
        (b'{"input":"x"}', {"Content-Type": "application/json"}),
        (b'{"input":"x","model":"dall-e"}', {"Content-Type": "application/json"}),
        (SOUND, {"Content-Type": "audio/wav"}),
        (b"", {}),
    ],
    ids=["a form", "a model behind a file", "unlisted", "an object", "unlisted too", "a sound", ""],
)
async def test_without_a_listed_model_it_is_the_default_backends(
    upstream: Upstream, served: Served, content: bytes, headers: dict[str, str]
) -> None:
    upstream.reply(Reply(body=b"{}"))

    got = await served.client.post(TRANSCRIBE, content=content, headers=headers)

    assert got.status_code == 200
    assert upstream.requests[-1].body == content


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [(b'{"input":"x"}', 400, None), (b'{"model":"nope"}', 404, "model_not_found")],
)
async def test_without_a_default_backend_it_is_refused(
    upstream: Upstream, content: bytes, status: int, code: str | None
) -> None:
    async with serving(backend(upstream.base_url)) as served:
        got = await served.client.post(SPEECH, content=content)

    assert got.status_code == status
    assert got.json()["error"]["code"] == code
    assert not upstream.exchanges


async def test_a_model_behind_a_large_file_must_be_the_default_backends_own(
    upstream: Upstream, served: Served
) -> None:
    upstream.always(Reply(body=b"{}"))
    body = form(("file", SOUND * 100), ("model", b"mine"))

    got = await served.client.post(TRANSCRIBE, content=body, headers=FORM)

    assert got.status_code == 400
    assert got.json()["error"]["message"] == "the model must be named before the files"
    assert not upstream.exchanges


@pytest.mark.parametrize("kind", ["ollama", "offline"])
async def test_a_backend_of_another_kind_takes_no_such_requests(
    upstream: Upstream, kind: str
) -> None:
    box = f'[[backends]]\nname = "box"\nkind = "{kind}"\n'
    box += f'base_url = "{upstream.url}"\n' if kind == "ollama" else ""
    upstream.tags = ("offline",)
    async with serving(box) as served:
        got = await served.client.post(SPEECH, json={"model": "offline", "input": "x"})

    assert got.status_code == 400
    assert not upstream.exchanges


class Listening:
    """An upstream that reads as much as the test lets it, and never answers by itself."""

    def __init__(self) -> None:
        self.read = b""
        self.closed = False
        self.writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        if self.writer is not None:
            self.writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read(65536)
        if data.startswith(b"GET"):
            models = b'{"data":[{"id":"m"}]}'
            writer.write(b"HTTP/1.0 200 OK\r\ncontent-length: %d\r\n\r\n" % len(models) + models)
            writer.close()
            return
        self.writer = writer
        try:
            while data:
                self.read += data
                data = await reader.read(65536)
        except OSError:
            pass
        self.closed = True


@pytest_asyncio.fixture
async def listening() -> AsyncIterator[Listening]:
    async with Listening() as listening:
        yield listening


async def upload(served: Served, *, go: asyncio.Event, cut: bool = False) -> httpx.Response:
    """Send half of a large form, the rest on a sign, or never."""

    async def pieces() -> AsyncIterator[bytes]:
        body = form(("model", b"up/m"), ("file", SOUND * 100))
        yield body[:500_000]
        await go.wait()
        if cut:
            raise ConnectionError
        yield body[500_000:]

    return await served.client.post(TRANSCRIBE, content=pieces(), headers=FORM)


async def test_an_upload_arrives_while_it_still_comes(listening: Listening) -> None:
    go = asyncio.Event()
    async with serving(backend(listening.base_url)) as served:
        asking = asyncio.create_task(upload(served, go=go))
        await until(lambda: len(listening.read) > 450_000)
        assert not asking.done()
        go.set()
        await until(lambda: listening.read.endswith(b"0\r\n\r\n"))
        assert listening.writer is not None
        listening.writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        got = await asking

    assert (got.status_code, got.content) == (200, b"{}")


async def test_an_upload_that_breaks_off_is_not_completed(listening: Listening) -> None:
    go = asyncio.Event()
    async with serving(backend(listening.base_url)) as served:
        asking = asyncio.create_task(upload(served, go=go, cut=True))
        await until(lambda: len(listening.read) > 450_000)
        go.set()
        with pytest.raises(ConnectionError):
            await asking
        await until(lambda: listening.closed)

    assert not listening.read.endswith(b"0\r\n\r\n")


async def test_an_answer_is_waited_for_from_the_end_of_the_upload(listening: Listening) -> None:
    go = asyncio.Event()
    timeout = 'timeout = { first_byte = "100ms", idle = "10s" }'
    async with serving(backend(listening.base_url, timeout)) as served:
        asking = asyncio.create_task(upload(served, go=go))
        loop = asyncio.get_running_loop()
        later = loop.time() + 0.2
        await until(lambda: loop.time() > later and len(listening.read) > 450_000)
        assert not asking.done()
        go.set()
        got = await asking

    assert got.status_code == 504


async def test_a_refusal_while_it_still_comes_is_told(listening: Listening) -> None:
    go = asyncio.Event()
    async with serving(backend(listening.base_url)) as served:
        asking = asyncio.create_task(upload(served, go=go))
        await until(lambda: len(listening.read) > 450_000)
        assert listening.writer is not None
        listening.writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await until(lambda: listening.closed)
        go.set()
        got = await asking

    assert got.status_code == 413


async def test_an_answer_arrives_while_the_upstream_still_speaks(
    upstream: Upstream, served: Served
) -> None:
    go = asyncio.Event()
    upstream.reply(Reply(headers=AUDIO, steps=[Send(SOUND), Pause(go), Send(b"end")]))

    async with served.client.stream("POST", SPEECH, json={"model": "m"}) as answer:
        pieces = answer.aiter_bytes()
        assert await anext(pieces) == SOUND
        go.set()
        assert b"".join([piece async for piece in pieces]) == b"end"


async def test_a_client_that_leaves_closes_the_upstream(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(headers=AUDIO, steps=[Send(SOUND), Stall()]))

    async with served.client.stream("POST", SPEECH, json={"model": "m"}) as answer:
        await anext(answer.aiter_bytes())
    await upstream.closed_early()


CUTS: dict[str, list[Step]] = {"a cut": [Close()], "a torn connection": [Abort()]}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("framing", ["chunked", "length"])
async def test_an_answer_that_breaks_is_not_completed(
    upstream: Upstream, served: Served, cut: list[Step], framing: Any
) -> None:
    upstream.reply(
        Reply(headers=AUDIO, steps=[Send(SOUND), *cut], framing=framing, content_length=99_999)
    )

    with pytest.raises(httpx.RemoteProtocolError):
        await served.client.post(SPEECH, json={"model": "m"})


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
async def test_events_that_break_off_end_with_an_error(
    upstream: Upstream, served: Served, cut: list[Step]
) -> None:
    said = b'data: {"type":"transcript.text.delta","delta":"Hi"}\n\n'
    upstream.reply(Reply(headers=SSE, steps=[Send(said), *cut]))

    got = await served.client.post(TRANSCRIBE, json={"model": "m", "stream": True})

    assert got.content.startswith(said)
    last = json.loads(got.content.removeprefix(said).removeprefix(b"data: "))
    assert last["error"]["code"] == "upstream_unreachable"
    assert got.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("reply", "status", "message"),
    [
        (error(400, "bad voice hunter2hunter2"), 400, "bad voice ***"),
        (error(401, "no"), 502, "upstream authentication failed"),
        (error(404, "model 'm' not found"), 404, "model 'mine' not found"),
        (Reply(status=302, headers=(("Location", "http://x/"),)), 502, "the upstream redirects;"),
        (Reply(headers=(("Content-Type", "text/html; charset=utf-8"),), body=HTML), 502, "invalid"),
    ],
)
async def test_what_must_not_be_shown_goes_through_the_table_of_errors(
    upstream: Upstream, served: Served, reply: Reply, status: int, message: str
) -> None:
    upstream.reply(reply)

    got = await served.client.post(SPEECH, json={"model": "mine"})

    assert got.status_code == status
    assert got.json()["error"]["message"].startswith(message)


async def test_a_status_of_success_is_kept(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(status=202, body=b'{"id":"batch"}'))

    got = await served.client.post("/v1/batches/7/start", json={})

    assert (got.status_code, got.json()) == (202, {"id": "batch"})


@pytest.mark.parametrize(
    "path", ["/v1/ocr", "/v1/batches/7", "/v1/batches/7/x", "/v1/audio/voices"]
)
async def test_further_paths_take_get_as_well(
    upstream: Upstream, served: Served, path: str
) -> None:
    upstream.always(Reply(body=b'{"voices": []}'))

    got = await served.client.get(f"{path}?limit=2")

    seen = upstream.requests[-1]
    assert (seen.method, seen.path, seen.query, seen.body) == ("GET", path, "limit=2", b"")
    assert got.content == b'{"voices": []}'


async def test_further_paths_take_delete(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(body=b'{"id":"7","deleted":true}'))

    got = await served.client.delete("/v1/batches/7?x=1")

    seen = upstream.requests[-1]
    assert (seen.method, seen.path, seen.query) == ("DELETE", "/v1/batches/7", "x=1")
    assert not OF_BODIES & seen.headers.keys()
    assert got.json() == {"id": "7", "deleted": True}


OF_BODIES = {"content-type", "content-length", "transfer-encoding"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_has_no_body_announces_none(
    upstream: Upstream, served: Served, method: str
) -> None:
    upstream.reply(Reply(body=b"{}"))

    await served.client.request(method, "/v1/batches/7")

    assert not OF_BODIES & upstream.requests[-1].headers.keys()


async def test_a_post_without_a_body_says_that_it_is_empty(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(Reply(body=b"{}"))

    await served.client.post("/v1/batches/7/cancel")

    told = upstream.requests[-1].headers
    assert {name: told[name] for name in OF_BODIES & told.keys()} == {"content-length": "0"}


async def test_head_is_there_where_get_is_and_gives_the_backends_head(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(Reply(headers=AUDIO, content_length=len(SOUND)))

    got = await served.client.head("/v1/batches/7?limit=2")

    seen = upstream.requests[-1]
    assert (seen.method, seen.path, seen.query) == ("HEAD", "/v1/batches/7", "limit=2")
    assert (got.status_code, got.content) == (200, b"")
    assert got.headers["content-type"] == "audio/mpeg"
    assert got.headers["content-length"] == str(len(SOUND))
    assert (await served.client.get("/v1/models")).status_code == 200


async def test_a_refused_head_has_the_status_alone(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(status=403))

    got = await served.client.head("/v1/batches/7")

    assert (got.status_code, got.content) == (403, b"")


NAMED = '{"id": "x","r":[{"model":"m"}], "model": "%s","n":1.50}'


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/x+json"])
@pytest.mark.parametrize("steps", [None, 1, 7])
async def test_an_answer_in_json_names_the_model_as_the_client_did(
    upstream: Upstream, served: Served, kind: str, steps: int | None
) -> None:
    sent = (NAMED % "m").encode()
    script = (
        Reply(headers=(("Content-Type", kind),), body=sent)
        if steps is None
        else Reply(
            headers=(("Content-Type", kind),),
            steps=[Send(sent[at : at + steps]) for at in range(0, len(sent), steps)],
        )
    )
    upstream.reply(script)

    got = await served.client.post("/v1/rerank", json={"model": "mine"})

    assert got.text == NAMED % "mine"


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("application/json", NAMED % "m-2"),
        ("application/json", '{"model":null}'),
        ("application/json", '{"results":[{"model":"m"}]}'),
        ("application/json", '[{"model":"m"}]'),
        ("application/json", '{"a":1}\n{"model":"m"}'),
        ("application/json", '{"model":"m'),
        ("text/plain", NAMED % "m"),
    ],
)
async def test_no_other_answer_changes(
    upstream: Upstream, served: Served, kind: str, sent: str
) -> None:
    upstream.reply(Reply(headers=(("Content-Type", kind),), body=sent.encode()))

    got = await served.client.post("/v1/rerank", json={"model": "mine"})

    assert got.text == sent


async def test_an_answer_goes_on_once_its_model_was_found(
    upstream: Upstream, served: Served
) -> None:
    go_on = asyncio.Event()
    kind = (("Content-Type", "application/json"),)
    steps = [Send(b'{"model":"m","b64":"'), Pause(go_on), Send(b'x"}')]
    upstream.reply(Reply(headers=kind, steps=steps))

    async with served.client.stream("POST", SPEECH, json={"model": "mine"}) as got:
        pieces = got.aiter_bytes()
        assert await anext(pieces) == b'{"model":"mine","b64":"'
        go_on.set()
        assert b"".join([piece async for piece in pieces]) == b'x"}'


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/files", 404),
        ("POST", "/v1/files", 404),
        ("GET", "/v1/fine_tuning/jobs", 404),
        ("GET", "/v1/organization/users", 404),
        ("POST", "/v1/images", 404),
        ("POST", "/v1/audio/", 404),
        ("POST", "/v1/moderations/x", 404),
        ("POST", "/v1/batches", 404),
        ("POST", "/v1/ocr/x", 404),
        ("POST", "/v1/imagesx/generations", 404),
        ("GET", "/v1/images/generations", 405),
        ("DELETE", "/v1/audio/speech", 405),
        ("PUT", "/v1/batches/7", 405),
        ("PUT", "/v1/rerank", 405),
    ],
)
async def test_nothing_else_is_there(
    upstream: Upstream, served: Served, method: str, path: str, status: int
) -> None:
    got = await served.client.request(
        method, path, json={"model": "m"} if method == "POST" else None
    )

    assert got.status_code == status
    assert "error" in got.json()
    assert not upstream.exchanges


async def raw(served: Served, target: str, *headers: str, host: str = "localhost") -> bytes:
    """Send a request line as it is, which no client library would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
    body = '{"model":"m"}'
    lines = [f"POST {target} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    head = "\r\n".join([*lines, "Content-Type: application/json", "Connection: close", *headers])
    writer.write(f"{head}\r\n\r\n{body}".encode("latin-1"))
    answer = await reader.read()
    writer.close()
    return answer


TARGETS = [
    "/v1/audio/../files",
    "/v1/audio/x/../../files",
    "/v1/audio/%2e%2e/files",
    "/v1/audio/%2E%2E%2Ffiles",
    "/v1/audio/..%2ffiles",
    "/v1/audio%2Fspeech",
    "/v1/audio/a%2Fb",
    "/v1/audio/a%5C..%5Cb",
    "/v1/audio/..;/files",
    "/v1/audio/./speech",
    "/v1/audio/speech%00",
    "/v1/audio/speech%0d%0aX:y",
    "/v1/audio/speech%3Fx",
    "/v1/audio/speech%23x",
    "/v1/audio/%68ttp:%2f%2felsewhere",
    "/v1/%61udio/speech",
    "/v1/audio/@elsewhere/..",
    "/v1/../v1/audio/speech",
    "//elsewhere/v1/audio/speech",
]


@pytest.mark.parametrize("target", TARGETS)
async def test_a_path_that_could_lead_elsewhere_leads_nowhere(
    upstream: Upstream, served: Served, target: str
) -> None:
    answer = await raw(served, target)

    assert answer.split(b" ")[1] in {b"404", b"400", b"307"}, answer
    assert not upstream.exchanges


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/v1/audio/speech?to=http://elsewhere/", SPEECH, "to=http://elsewhere/"),
        ("/v1/audio/speech?a=%0d%0ax:y", SPEECH, "a=%0d%0ax:y"),
        ("/v1/audio/speech?a=../..", SPEECH, "a=../.."),
        ("/v1/audio/http:elsewhere", "/v1/audio/http:elsewhere", ""),
        ("/v1/audio/@elsewhere", "/v1/audio/@elsewhere", ""),
        ("//v1//audio/speech/", SPEECH, ""),
    ],
)
async def test_where_it_goes_is_not_for_the_client_to_say(
    upstream: Upstream, served: Served, target: str, path: str, query: str
) -> None:
    upstream.reply(Reply(body=b"{}"))

    answer = await raw(served, target, "X-Forwarded-Host: elsewhere", "X-Original-URL: /v1/files")

    seen = upstream.requests[-1]
    assert answer.split(b" ")[1] == b"200"
    assert (seen.path, seen.query) == (path, query)
    assert seen.headers["host"] == upstream.url.removeprefix("http://")


KEYS = """
[[keys]]
name = "ada"
key = "k-ada"
models = ["mine", "dall-e"]
[[keys]]
name = "all"
key = "k-all"
"""
OBJECT = {"Content-Type": "application/json"}
GIVEN: list[tuple[str, bytes, dict[str, str], int]] = [
    ("k-ada", b'{"model":"mine"}', OBJECT, 200),
    ("k-ada", b'{"model":"dall-e"}', OBJECT, 200),
    ("k-ada", form(("model", b"mine"), ("file", SOUND * 100)), FORM, 200),
    ("k-ada", b'{"model":"m"}', OBJECT, 403),
    ("k-ada", b'{"model":"whisper-1"}', OBJECT, 403),
    ("k-ada", b'{"input":"x"}', OBJECT, 403),
    ("k-ada", SOUND, {"Content-Type": "audio/wav"}, 403),
    ("k-ada", form(("file", SOUND * 100), ("model", b"dall-e")), FORM, 403),
    ("k-ada", b'{"model":"m","model":"mine"}', OBJECT, 200),
    ("k-ada", b'{"model":"mine","model":"m"}', OBJECT, 403),
    ("k-ada", b'{"model":"mine","MODEL":"m"}', OBJECT, 400),
    ("k-ada", b'{"model":"mine","fallbacks":["m"]}', OBJECT, 403),
    ("k-ada", form(("model", b"mine"), ("model", b"m")), FORM, 400),
    ("k-ada", form(("model", b"mine"), ("file", SOUND * 100), ("model", b"m")), FORM, 400),
    ("k-ada", form(("model", b"mine"), ("file", SOUND * 100), ("models", b"m")), FORM, 403),
    ("k-all", b'{"model":"m"}', OBJECT, 200),
    ("k-all", b'{"input":"x"}', OBJECT, 200),
    ("k-all", b'{"model":"m","fallbacks":["x"]}', OBJECT, 200),
    ("", b'{"model":"mine"}', OBJECT, 401),
]


async def test_a_key_for_some_models_passes_nothing_else_on(upstream: Upstream) -> None:
    upstream.always(Reply(body=b"{}"))
    config = backend(upstream.base_url, *LINES) + MORE + KEYS
    async with serving(config) as served:
        for key, content, headers, status in GIVEN:
            asked = len(upstream.exchanges)
            got = await served.client.post(
                SPEECH, content=content, headers=headers | {"x-api-key": key}
            )

            assert got.status_code == status, (key, content[:80], got.text)
            assert len(upstream.exchanges) - asked == (status == 200), content[:80]

    assert not any("k-" in str(it.headers) for it in upstream.requests)


@pytest.mark.parametrize("told", [True, False])
async def test_a_body_that_is_too_large_is_refused(upstream: Upstream, told: bool) -> None:
    upstream.always(Reply(body=b"{}"))
    body = form(("model", b"m"), ("file", SOUND * 100))

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    config = '[server]\nmax_body = "500KB"\n' + backend(upstream.base_url) + MORE
    async with serving(config) as served:
        got = await served.client.post(TRANSCRIBE, content=body if told else pieces(), headers=FORM)

    assert got.status_code == 413
    assert not upstream.exchanges


async def test_an_object_may_come_without_a_content_type(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(Reply(body=b"{}"))

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    await served.client.post(SPEECH, content=b'{"model":"mine"}', headers=kind)

    assert upstream.requests[-1].body == b'{"model":"m"}'
    assert upstream.requests[-1].headers["content-type"] == "application/json"


async def test_an_address_that_is_too_long_to_be_sent_is_the_clients_mistake(
    upstream: Upstream, served: Served
) -> None:
    line, kind = f"POST /v1/moderations?x={'|' * 30_000} HTTP/1.1", "content-type: application/json"

    answer = await exchange(served, request(line, kind, body=b'{"model":"m"}'))

    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'"the address is too long for the backend"' in answer
    assert all(it.request.path != "/v1/moderations" for it in upstream.exchanges)


async def test_a_path_that_is_not_plain_is_said_to_be_so(served: Served) -> None:
    got = await served.client.get("/v1/batches/a%20b")

    assert got.status_code == 404
    assert got.json()["error"]["message"] == (
        "no such path: /v1/batches/a%20b (one with anything escaped or odd in it is not passed on)"
    )
