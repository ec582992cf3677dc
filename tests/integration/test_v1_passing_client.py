"""OpenAI's own client before what is passed on: what it sends arrives, and it reads what comes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from openai import AsyncOpenAI, NotFoundError
from openai.types import FileObject

from tests.integration.served import backend, serving
from tests.upstream.script import Close, Reply, Send
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

MORE = """
[routing]
default_backend = "up"
relay_paths = [
    "/v1/files", "/v1/files/*", "/v1/batches", "/v1/batches/*", "/v1/fine_tuning/*",
    "/v1/vector_stores", "/v1/vector_stores/*", "/v1/uploads", "/v1/uploads/*",
]
[aliases]
mine = "up/m"
"""
FILE = {
    "id": "file-1",
    "object": "file",
    "bytes": 9,
    "created_at": 1,
    "filename": "a.jsonl",
    "purpose": "batch",
    "status": "processed",
}
LINES = b'{"a":1}\n' * 20_000
SOUND = bytes(range(256)) * 400


@pytest_asyncio.fixture
async def client(upstream: Upstream) -> AsyncIterator[AsyncOpenAI]:
    async with (
        serving(backend(upstream.base_url) + MORE) as served,
        AsyncOpenAI(base_url=f"{served.url}/v1", api_key="x", max_retries=0) as client,
    ):
        await client.models.list()
        yield client


def answer(said: Any) -> Reply:
    return Reply(body=json.dumps(said).encode())


def last(upstream: Upstream) -> Received:
    return upstream.exchanges[-1].request


async def test_a_file_is_stored_found_read_and_deleted(
    upstream: Upstream, client: AsyncOpenAI
) -> None:
    listed = {"object": "list", "data": [FILE], "has_more": False}
    gone = {"id": "file-1", "object": "file", "deleted": True}
    octets = (("Content-Type", "application/octet-stream"),)
    content = Reply(headers=octets, body=LINES)
    upstream.reply(answer(FILE), answer(listed), answer(FILE), content, answer(gone))

    stored = await client.files.create(file=("a.jsonl", LINES), purpose="batch")
    assert LINES in last(upstream).body
    found = [it async for it in client.files.list(limit=2, purpose="batch")]
    assert (last(upstream).method, last(upstream).query) == ("GET", "limit=2&purpose=batch")
    again = await client.files.retrieve("file-1")
    read = await client.files.content("file-1")
    assert last(upstream).headers["accept"] == "application/binary"
    deleted = await client.files.delete("file-1")

    assert (stored, found, again) == (FileObject(**FILE), [stored], stored)  # type: ignore[arg-type]
    assert read.content == LINES
    assert deleted.deleted
    assert (last(upstream).method, last(upstream).path) == ("DELETE", "/v1/files/file-1")


async def test_what_is_not_there_is_told_as_the_backend_told_it(
    upstream: Upstream, client: AsyncOpenAI
) -> None:
    said = {"message": "No such File object: nope", "type": "invalid_request_error", "param": "id"}
    upstream.reply(Reply(status=404, body=json.dumps({"error": said | {"code": None}}).encode()))

    with pytest.raises(NotFoundError) as caught:
        await client.files.retrieve("nope")

    assert caught.value.body == said | {"code": None}


async def test_a_vector_store_is_made_in_the_version_that_the_client_speaks(
    upstream: Upstream, client: AsyncOpenAI
) -> None:
    upstream.always(answer({"id": "vs", "object": "vector_store", "deleted": True}))

    await client.vector_stores.create(name="x")
    made = last(upstream)
    await client.vector_stores.delete("vs")

    assert (made.method, made.json()) == ("POST", {"name": "x"})
    assert made.headers["openai-beta"] == "assistants=v2"
    assert last(upstream).method == "DELETE"


async def test_batches_jobs_and_uploads_go_to_the_default_backend(
    upstream: Upstream, client: AsyncOpenAI
) -> None:
    upstream.always(answer({"id": "1", "object": "x", "data": []}))

    await client.batches.create(
        input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h"
    )
    await client.batches.cancel("batch-1")
    await client.fine_tuning.jobs.create(model="mine", training_file="file-1")
    tuned = last(upstream).json()
    await client.fine_tuning.jobs.list_events("job-1", limit=3)
    await client.uploads.create(bytes=9, filename="a", mime_type="a/b", purpose="batch")
    await client.uploads.parts.create("up-1", data=SOUND)

    assert [(it.request.method, it.request.path) for it in upstream.exchanges] == [
        ("POST", "/v1/batches"),
        ("POST", "/v1/batches/batch-1/cancel"),
        ("POST", "/v1/fine_tuning/jobs"),
        ("GET", "/v1/fine_tuning/jobs/job-1/events"),
        ("POST", "/v1/uploads"),
        ("POST", "/v1/uploads/up-1/parts"),
    ]
    assert tuned["model"] == "m"
    assert SOUND in last(upstream).body


async def test_sounds_and_pictures_go_there_and_back(
    upstream: Upstream, client: AsyncOpenAI
) -> None:
    drawn = {"created": 1, "data": [{"b64_json": "QUJD"}]}
    upstream.reply(answer({"text": "hi"}), answer(drawn))

    heard = await client.audio.transcriptions.create(file=("hé.wav", SOUND), model="mine")
    form = last(upstream).body
    assert SOUND in form
    assert b'name="model"\r\n\r\nm\r\n' in form
    picture, mask = ("a.png", SOUND, "image/png"), ("m.png", SOUND[:9], "image/png")
    edited = await client.images.edit(image=[picture, picture], mask=mask, prompt="x", model="m")

    assert heard.text == "hi"
    assert edited.data is not None
    assert edited.data[0].b64_json == "QUJD"
    assert last(upstream).body.count(SOUND) == 2


async def test_speech_streams_and_one_that_is_cut_is_no_whole_one(
    upstream: Upstream, client: AsyncOpenAI
) -> None:
    kind = (("Content-Type", "audio/mpeg"),)
    pieces = [Send(SOUND), Send(b"end")]
    upstream.reply(Reply(headers=kind, steps=pieces), Reply(headers=kind, steps=[*pieces, Close()]))

    async def spoken() -> bytes:
        opening = client.audio.speech.with_streaming_response.create(
            input="x", voice="alloy", model="mine"
        )
        async with opening as response:
            return b"".join([piece async for piece in response.iter_bytes()])

    assert await spoken() == SOUND + b"end"
    with pytest.raises(Exception, match="incomplete"):
        await spoken()
