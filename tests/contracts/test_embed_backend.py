"""What every `ports.backend.EmbedBackend` promises."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.backends.offline.backend import OfflineEmbed
from ports.backend import EmbedBackend
from ports.embed import EmbedRequest
from tests.fakes.backend import FakeEmbed
from tests.fakes.clock import FakeClock

MODEL = "offline-embed"

ADAPTERS: dict[str, Callable[[], EmbedBackend]] = {
    "offline": lambda: OfflineEmbed(dimensions=16, clock=FakeClock()),
    "fake": FakeEmbed,
}


@pytest.fixture(params=ADAPTERS)
def embedding(request: pytest.FixtureRequest) -> EmbedBackend:
    return ADAPTERS[request.param]()


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
