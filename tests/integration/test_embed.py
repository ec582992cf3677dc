"""`/api/embed` and `/api/embeddings`, served: the offline backend, and fakes that fail."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import hypot
from typing import Any

import httpx
import pytest
import pytest_asyncio
from dishka import Provider, Scope, provide
from msgspec import Raw

from ports.backend import Backend
from ports.clock import Clock
from ports.embed import Vector
from ports.errors import BackendOverloaded, BackendRejected, GatewayError
from tests.fakes.backend import FakeEmbed
from tests.fakes.backend import backend as fake_backend
from tests.fakes.clock import FakeClock
from tests.integration.served import Served, backend, serving
from tests.upstream.answers import embed
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFFLINE = '[[backends]]\nname = "offline"\nkind = "offline"\n'
EMPTY = {
    "/api/embed": {"model": "offline-embed", "embeddings": []},
    "/api/embeddings": {"embedding": []},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def offline() -> AsyncIterator[Served]:
    async with serving(OFFLINE) as served:
        yield served


async def ask(served: Served, path: str = "/api/embed", **body: Any) -> httpx.Response:
    return await served.client.post(path, json={"model": "offline-embed"} | body)


async def test_texts_become_vectors_of_length_1_in_order(offline: Served) -> None:
    both = (await ask(offline, input=["a text", "another"])).json()
    alone = (await ask(offline, input="another")).json()

    assert list(both) == [
        "model",
        "embeddings",
        "total_duration",
        "load_duration",
        "prompt_eval_count",
    ]
    assert both["embeddings"][1] == alone["embeddings"][0]
    assert [hypot(*vector) for vector in both["embeddings"]] == pytest.approx([1.0, 1.0])


async def test_fewer_dimensions_cut_the_vector_and_scale_it(offline: Served) -> None:
    answer = await ask(offline, input="a text", dimensions=3)

    [vector] = answer.json()["embeddings"]
    assert len(vector) == 3
    assert hypot(*vector) == pytest.approx(1.0)


async def test_the_older_route_answers_with_the_vector_alone(offline: Served) -> None:
    answer = await ask(offline, "/api/embeddings", prompt="a text")
    newer = await ask(offline, input="a text")

    assert answer.json() == {"embedding": newer.json()["embeddings"][0]}


@pytest.mark.parametrize("path", EMPTY)
@pytest.mark.parametrize(
    "body", [{}, {"input": "", "prompt": ""}, {"input": None, "prompt": None}, {"keep_alive": 0}]
)
async def test_no_text_has_no_vector(offline: Served, path: str, body: dict[str, Any]) -> None:
    answer = await ask(offline, path, **body)

    assert answer.status_code == 200
    assert answer.json() == EMPTY[path]


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/api/embed", {"model": ""}, 404, "model '' not found"),
        ("/api/embeddings", {"model": ""}, 400, "model is required"),
        ("/api/embed", {"model": "nope", "input": 5}, 400, "invalid input type"),
        ("/api/embed", {"model": "nope"}, 404, 'model "nope" not found, try pulling it first'),
        ("/api/embeddings", {"model": "nope"}, 404, 'model "nope" not found, try pulling it first'),
        ("/api/embed", {"model": "a b"}, 400, "invalid model name"),
        ("/api/embeddings", {"model": "a b"}, 400, "invalid model name"),
    ],
)
async def test_what_cannot_be_embedded_is_refused(
    offline: Served, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await ask(offline, path, **body)

    assert answer.status_code == status
    assert answer.json() == {"error": words}


@asynccontextmanager
async def faked(port: FakeEmbed | None) -> AsyncIterator[Served]:
    class Replaced(Provider):
        scope = Scope.APP

        @provide(override=True)
        def clock(self) -> Clock:
            return FakeClock()

        @provide(override=True)
        def backends(self) -> tuple[Backend, ...]:
            return (fake_backend("fake", "mine", embed=port),)

    async with serving(OFFLINE, Replaced()) as served:
        yield served


async def test_the_upstreams_numbers_go_on_as_it_spelled_them() -> None:
    async with faked(FakeEmbed(Vector(values=(0.6, 0.8), text=Raw(b"[6e-1, 0.80]")))) as served:
        unit = await ask(served, model="mine", input="x")
        raw = await ask(served, "/api/embeddings", model="mine", prompt="x")

    assert b'"embeddings":[[6e-1, 0.80]]' in unit.content
    assert raw.content == b'{"embedding":[6e-1, 0.80]}'


async def test_only_the_newer_route_scales() -> None:
    async with faked(FakeEmbed(Vector(values=(3.0, 4.0), text=Raw(b"[3,4]")))) as served:
        unit = await ask(served, model="mine", input="x")
        raw = await ask(served, "/api/embeddings", model="mine", prompt="x")

    assert unit.json()["embeddings"] == [[0.6, 0.8]]
    assert raw.json() == {"embedding": [3, 4]}


async def test_an_openai_compatible_upstream_embeds(module_upstream: Upstream) -> None:
    module_upstream.forget()
    module_upstream.always(embed)
    async with serving(backend(module_upstream.base_url)) as served:
        newer = (await ask(served, model="m", input=["abc", ""])).json()
        older = await ask(served, "/api/embeddings", model="m", prompt="abc")

    first, second = newer["embeddings"]
    assert first == pytest.approx([3 / hypot(3, 97), 97 / hypot(3, 97)])
    assert second == [0.0, 1.0]
    assert newer["prompt_eval_count"] == 3
    assert older.json() == {"embedding": [3.0, 97.0]}


LONG = BackendRejected("maximum context length", upstream_code="context_length_exceeded")
TOO_LONG = "the input length exceeds the context length"
UNKNOWN = BackendRejected("no such thing", status=404, upstream_code="model_not_found")


@pytest.mark.parametrize(
    ("error", "path", "more", "status", "words"),
    [
        (LONG, "/api/embed", {"truncate": False}, 400, TOO_LONG),
        (
            LONG,
            "/api/embed",
            {},
            400,
            "input exceeds maximum context length and cannot be truncated further",
        ),
        (LONG, "/api/embeddings", {}, 500, TOO_LONG),
        (UNKNOWN, "/api/embed", {}, 404, 'model "mine" not found, try pulling it first'),
        (UNKNOWN, "/api/embeddings", {}, 404, 'model "mine" not found, try pulling it first'),
        (BackendRejected("no", status=403), "/api/embed", {}, 403, "no"),
        (BackendRejected("no", status=403), "/api/embeddings", {}, 403, "no"),
        (BackendOverloaded("busy"), "/api/embed", {}, 503, "busy"),
    ],
)
async def test_what_an_upstream_refuses_is_told_in_the_words_of_the_route(
    error: GatewayError, path: str, more: dict[str, Any], status: int, words: str
) -> None:
    failing = FakeEmbed()
    failing.error = error
    async with faked(failing) as served:
        answer = await ask(served, path, model="mine", input="x", prompt="x", **more)

    assert answer.status_code == status
    assert json.loads(answer.content) == {"error": words}


@pytest.mark.parametrize("path", EMPTY)
async def test_a_backend_that_cannot_embed_says_so(path: str) -> None:
    async with faked(None) as served:
        answer = await ask(served, path, model="mine", input="x", prompt="x")

    assert answer.status_code == 400
    assert answer.json() == {"error": '"mine" does not support embedding'}


async def test_another_number_of_vectors_than_texts_is_the_upstreams_fault() -> None:
    async with faked(FakeEmbed(Vector(values=(1.0,)))) as served:
        answer = await ask(served, model="mine", input=["x", "y"])

    assert answer.status_code == 502
    assert answer.json() == {"error": "the upstream sent 1 vectors for 2 texts"}
