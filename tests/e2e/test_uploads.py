"""What the `openai` package and curl send to the paths that are passed on is understood."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest
import pytest_asyncio

from tests.e2e.server import Served
from tests.upstream.script import Reply
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOUND = bytes(range(256)) * 1000
MODEL = "up/m"


@pytest_asyncio.fixture(loop_scope="module")
async def client(served: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key="x") as client:
        yield client


async def test_a_recording_is_transcribed(upstream: Upstream, client: openai.AsyncOpenAI) -> None:
    upstream.reply(Reply(body=b'{"text":"hi"}'))

    said = await client.audio.transcriptions.create(
        file=("a.wav", SOUND), model=MODEL, timestamp_granularities=["word"]
    )

    body = upstream.requests[-1].body
    assert said.text == "hi"
    assert b'name="model"\r\n\r\nm\r\n' in body
    assert SOUND in body
    assert upstream.requests[-1].headers["content-length"] == str(len(body))


async def test_a_text_is_spoken(upstream: Upstream, client: openai.AsyncOpenAI) -> None:
    upstream.reply(Reply(headers=(("Content-Type", "audio/mpeg"),), body=SOUND))

    spoken = await client.audio.speech.create(model=MODEL, voice="alloy", input="hi")

    assert spoken.content == SOUND
    assert upstream.requests[-1].json()["model"] == "m"


async def test_an_image_is_made_and_changed(upstream: Upstream, client: openai.AsyncOpenAI) -> None:
    upstream.always(Reply(body=b'{"created":1,"data":[{"b64_json":"AA=="}]}'))

    made = await client.images.generate(model=MODEL, prompt="a cat")
    changed = await client.images.edit(
        model=MODEL, prompt="a hat", image=[("a.png", SOUND), ("b.png", SOUND)]
    )

    assert made == changed
    made_of, changed_of = (it.request for it in upstream.exchanges)
    assert (made_of.path, changed_of.path) == ("/v1/images/generations", "/v1/images/edits")
    assert changed_of.body.count(SOUND) == 2


async def test_a_text_is_moderated(upstream: Upstream, client: openai.AsyncOpenAI) -> None:
    upstream.reply(Reply(body=b'{"id":"x","model":"m","results":[]}'))

    assert (await client.moderations.create(model=MODEL, input="hi")).results == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
async def test_a_form_of_curls_with_its_model_in_front(
    upstream: Upstream, served: Served, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").write_bytes(SOUND)
    upstream.reply(Reply(body=b'{"text":"hi"}'))
    words = ["-s", f"{served.url}/v1/audio/transcriptions", "-F", f"model={MODEL}"]

    curl = await asyncio.create_subprocess_exec(
        "curl", *words, "-F", f"file=@{tmp_path}/a.wav", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await curl.communicate()

    assert said == b'{"text":"hi"}'
    assert SOUND in upstream.requests[-1].body
