"""What every `ports.backend.EmbedBackend` promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from adapters.backends.offline.backend import OfflineEmbed
from adapters.backends.ollama.build import open_backend as open_ollama
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.build import open_backend as open_openrouter
from adapters.backends.openrouter.config import OpenRouterConfig
from adapters.memory.clock import SystemClock
from ports.backend import EmbedBackend
from ports.embed import EmbedRequest
from tests.fakes.backend import FakeEmbed
from tests.fakes.clock import FakeClock
from tests.upstream import answers, ollama_answers
from tests.upstream.server import Upstream

MODEL = "offline-embed"


@asynccontextmanager
async def openai_compatible() -> AsyncIterator[EmbedBackend]:
    async with Upstream() as upstream:
        upstream.always(answers.embed)
        config = OpenAICompatibleConfig(name="up", base_url=upstream.base_url, embed_batch=2)
        async with open_backend(config, clock=SystemClock(), via="1.1 test") as backend:
            assert backend.embed is not None
            yield backend.embed


@asynccontextmanager
async def openrouter() -> AsyncIterator[EmbedBackend]:
    async with Upstream() as upstream:
        upstream.always(answers.embed)
        config = OpenRouterConfig(name="cloud", base_url=upstream.base_url, embed_batch=2)
        async with open_openrouter(config, clock=SystemClock(), via="1.1 test") as backend:
            assert backend.embed is not None
            yield backend.embed


@asynccontextmanager
async def ollama() -> AsyncIterator[EmbedBackend]:
    async with Upstream() as upstream:
        upstream.always(ollama_answers.embed)
        config = OllamaConfig(name="up", base_url=upstream.url)
        async with open_ollama(config, clock=SystemClock(), via="1.1 test") as backend:
            assert backend.embed is not None
            yield backend.embed


@asynccontextmanager
async def offline() -> AsyncIterator[EmbedBackend]:
    yield OfflineEmbed(dimensions=16, clock=FakeClock())


@asynccontextmanager
async def fake() -> AsyncIterator[EmbedBackend]:
    yield FakeEmbed()


ADAPTERS = {
    "openai_compatible": openai_compatible,
    "openrouter": openrouter,
    "ollama": ollama,
    "offline": offline,
    "fake": fake,
}


@pytest_asyncio.fixture(params=ADAPTERS)
async def embedding(request: pytest.FixtureRequest) -> AsyncIterator[EmbedBackend]:
    async with ADAPTERS[request.param]() as backend:
        yield backend


async def embed(backend: EmbedBackend, *texts: str) -> list[tuple[float, ...]]:
    response = await backend.embed(EmbedRequest(model=MODEL, inputs=texts))
    return [tuple(vector.values) for vector in response.vectors]


async def test_every_input_has_a_vector_of_the_same_length(embedding: EmbedBackend) -> None:
    vectors = await embed(embedding, "a", "two words", "", "a much longer text of many words")

    assert len(vectors) == 4
    assert len({len(vector) for vector in vectors}) == 1
    assert vectors[0]


async def test_vectors_come_in_the_order_of_the_inputs(embedding: EmbedBackend) -> None:
    texts = ("short", "of another length", "and a third one that is longer still")
    alone = [(await embed(embedding, text))[0] for text in texts]

    together = await embed(embedding, *texts)

    assert together == alone
    assert len(set(together)) == 3


async def test_no_inputs_have_no_vectors(embedding: EmbedBackend) -> None:
    assert await embed(embedding) == []
