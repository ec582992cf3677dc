"""The application as it is put together: the container, the routes, load and unload, aliases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from dishka import Provider, Scope, ValidationSettings, make_async_container, provide
from litestar import Litestar
from litestar.routes import HTTPRoute

from app import providers
from app.asgi import create_app
from app.settings import Settings
from app.telemetry.instruments import Instruments
from app.telemetry.metering import Meter, meter
from domain.chat import Chat
from domain.embed import Embed
from domain.generate import Generate
from domain.library import Library
from domain.models import ListModels, ShowModel
from domain.residence import Residents
from ports.backend import Backend
from ports.clock import Clock
from tests.fakes.backend import backend as fake_backend
from tests.fakes.clock import FakeClock
from tests.integration.checklist.asking import wire
from tests.integration.served import Served, backend, serving, settings_of
from tests.upstream.answers import chat
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

HELLO = [{"role": "user", "content": "hi"}]
OFFLINE = '[[backends]]\nname = "offline"\nkind = "offline"\n'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def offline() -> AsyncIterator[Served]:
    async with serving(OFFLINE) as served:
        yield served


async def test_the_container_builds_every_use_case() -> None:
    container = make_async_container(
        providers.AdapterProvider(),
        providers.UseCaseProvider(),
        context={Settings: settings_of(OFFLINE), Instruments: Instruments(), Meter: meter(0.0)},
        validation_settings=ValidationSettings(
            nothing_overridden=True, implicit_override=True, nothing_decorated=True
        ),
    )

    for use_case in (Chat, Generate, Embed, Library, ListModels, Residents, ShowModel):
        assert isinstance(await container.get(use_case), use_case)
    await container.close()


class Replaced(Provider):
    scope = Scope.APP

    @provide(override=True)
    def clock(self) -> Clock:
        return FakeClock()

    @provide(override=True)
    def backends(self) -> tuple[Backend, ...]:
        return (fake_backend("fake", "mine"),)


async def test_later_providers_replace_parts() -> None:
    async with serving(OFFLINE, Replaced()) as served:
        answer = await served.client.post("/api/chat", json={"model": "mine", "messages": HELLO})

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert "".join(line["message"]["content"] for line in lines) == "Hello world"
    assert lines[0]["created_at"] == "2026-08-22T10:00:00Z"


async def test_shutting_down_closes_what_was_opened() -> None:
    closed = []

    class Opened(Provider):
        scope = Scope.APP

        @provide(override=True)
        def backends(self) -> Iterator[tuple[Backend, ...]]:
            yield (fake_backend("fake", "mine"),)
            closed.append("backends")

    async with serving(OFFLINE, Opened()) as served:
        await served.client.get("/api/tags")
        assert not closed

    assert closed == ["backends"]


def test_two_applications_share_nothing() -> None:
    first, second = create_app(settings_of(OFFLINE)), create_app(settings_of(OFFLINE))

    assert first.state.dishka_container is not second.state.dishka_container


@pytest.mark.asyncio(loop_scope="module")
async def test_a_path_that_is_not_there_is_404_as_the_real_server_has_it(offline: Served) -> None:
    answer = await offline.client.get("/api/nowhere")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/plain"
    assert answer.text == "404 page not found"


def bodies_of_routes() -> Iterator[tuple[str, str]]:
    """Every method and path that takes a body in JSON."""
    for route in create_app(settings_of(OFFLINE)).routes:
        if isinstance(route, HTTPRoute) and not {"GET", "HEAD"} & set(route.methods):
            path = route.path.replace("{key:str}", "a").replace("{rest:path}", "a")
            yield from ((method, path) for method in route.methods if method != "OPTIONS")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("method", "path"), sorted(bodies_of_routes()))
async def test_json_that_is_nested_too_deeply_is_no_fault_of_the_server(
    offline: Served, method: str, path: str
) -> None:
    deep = b'{"model":"offline","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    answer = await offline.client.request(method, path, content=deep)

    assert answer.status_code < 500 or answer.status_code == 501


ANTHROPIC = {"anthropic-version": "2023-06-01"}
UNANSWERED = [
    ("GET /v1", {}, 404, "openai"),
    ("GET /v1/nowhere", {}, 404, "openai"),
    ("GET /v1/nowhere/", {}, 404, "openai"),
    ("GET /v1/nowhere", ANTHROPIC, 404, "anthropic"),
    ("GET /v1/chat/completions", {}, 405, "openai"),
    ("GET /v1/chat/completions", ANTHROPIC, 405, "openai"),
    ("GET //v1/v1/chat/completions/", {}, 405, "openai"),
    ("POST /v1/models", {}, 405, "openai"),
    ("POST /v1/models", ANTHROPIC, 405, "anthropic"),
    ("DELETE /v1/models/org/model", ANTHROPIC, 405, "anthropic"),
    ("GET /v1/messages", {}, 405, "anthropic"),
    ("GET /v1/messages/nowhere", {}, 404, "anthropic"),
    ("GET /v1/messagesx", {}, 404, "openai"),
    ("GET /v1/../api/tags", {}, 404, "openai"),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("asked", "headers", "status", "dialect"), UNANSWERED)
async def test_below_v1_what_is_not_there_is_told_in_the_dialect_of_the_path(
    offline: Served, asked: str, headers: dict[str, str], status: int, dialect: str
) -> None:
    method, path = asked.split()

    answer = await wire(offline, method, path, **headers)

    body = answer.json()
    kind = "not_found_error" if status == 404 else "invalid_request_error"
    assert (answer.status, body["error"]["type"]) == (status, kind)
    if dialect == "openai":
        assert set(body) == {"error"}
        assert set(body["error"]) == {"message", "type", "param", "code"}
    else:
        assert body["type"] == "error"
        assert body["request_id"].startswith("req_")
        assert dict(answer.headers)["request-id"] == body["request_id"]


def test_below_v1_what_can_be_read_has_a_head() -> None:
    for route in create_app(settings_of(OFFLINE)).routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/v1/"):
            assert ("GET" in route.methods) == ("HEAD" in route.methods), route.path


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"messages": []}, "load"),
        ({}, "load"),
        ({"messages": [], "keep_alive": 0}, "unload"),
        ({"messages": [], "keep_alive": "10m", "stream": True}, "load"),
    ],
)
async def test_loading_and_unloading_ask_no_upstream(
    module_upstream: Upstream, body: dict[str, object], reason: str
) -> None:
    module_upstream.forget()
    async with serving(backend(module_upstream.base_url)) as served:
        answer = await served.client.post("/api/chat", json={"model": "m", **body})

    assert answer.status_code == 200
    assert (answer.json()["done"], answer.json()["done_reason"]) == (True, reason)
    assert module_upstream.exchanges == []


async def test_loading_a_model_that_is_not_there_is_404(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url)) as served:
        bodies: list[dict[str, object]] = [{"messages": []}, {"keep_alive": 0}]
        for body in bodies:
            answer = await served.client.post("/api/chat", json={"model": "nope", **body})

            assert answer.status_code == 404
            assert answer.json() == {"error": "model 'nope' not found"}


ALIASES = """
[aliases.tuned]
targets = ["up/m"]
system = "Be brief."
options = { temperature = 0.1, num_predict = 9, stop = ["END"] }

[aliases]
short = "m"
"""


async def test_an_alias_brings_its_options_and_system_to_the_upstream(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    async with serving(backend(upstream.base_url) + ALIASES) as served:
        answer = await served.client.post(
            "/api/chat", json={"model": "tuned", "messages": HELLO, "stream": False}
        )

    sent = upstream.exchanges[0].request.json()
    assert sent["model"] == "m"
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, *HELLO]
    assert (sent["temperature"], sent["max_tokens"], sent["stop"]) == (0.1, 9, ["END"])
    assert answer.json()["model"] == "tuned"


async def test_what_the_client_says_wins_over_the_alias(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    mine = [{"role": "system", "content": "Be long."}, *HELLO]
    async with serving(backend(upstream.base_url) + ALIASES) as served:
        body = {"model": "tuned", "messages": mine, "options": {"temperature": 0.9}}
        await served.client.post("/api/chat", json=body)

    sent = upstream.exchanges[0].request.json()
    assert sent["messages"] == mine
    assert (sent["temperature"], sent["max_tokens"]) == (0.9, 9)


NOTHING_ASKED = {"num_predict": -1, "seed": -1, "stop": []}
"""As Ollama's clients take back what a model was made with (docs/wire/ollama-api.md 3.2)."""


async def test_what_an_alias_says_can_be_taken_back(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    async with serving(backend(upstream.base_url) + ALIASES) as served:
        body = {"model": "tuned", "messages": HELLO, "options": NOTHING_ASKED}
        await served.client.post("/api/chat", json=body)

    sent = upstream.exchanges[0].request.json()
    assert sent["temperature"] == 0.1
    assert not sent.keys() & {"max_tokens", "max_completion_tokens", "stop", "seed"}


async def test_a_model_made_from_another_can_take_its_numbers_back(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.always(chat(["ok"]))
    kept = f'[models]\nfile = "{tmp_path / "made.json"}"\n'
    limits = {"num_predict": 9, "seed": 7, "stop": ["END"], "temperature": 0.5}
    made = [
        {"model": "one", "from": "m", "parameters": limits},
        {"model": "two", "from": "one", "parameters": NOTHING_ASKED},
    ]
    async with serving(backend(upstream.base_url) + kept) as served:
        for body in made:
            answer = await served.client.post("/api/create", json=body | {"stream": False})
            assert answer.json() == {"status": "success"}
        for name in ("one", "two"):
            await served.client.post("/api/chat", json={"model": name, "messages": HELLO})

    one, two = (exchange.request.json() for exchange in upstream.exchanges)
    assert (one["max_tokens"], one["seed"], one["stop"]) == (9, 7, ["END"])
    assert two["temperature"] == 0.5
    assert not two.keys() & {"max_tokens", "seed", "stop"}


async def test_an_alias_is_listed_first_and_shown_with_what_it_brings(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url) + ALIASES) as served:
        listed = (await served.client.get("/api/tags")).json()["models"]
        shown = (await served.client.post("/api/show", json={"model": "tuned"})).json()

    assert [model["name"] for model in listed] == ["tuned:latest", "short:latest", "m:latest"]
    assert shown["system"] == "Be brief."
    assert "temperature" in shown["parameters"]


async def test_a_start_that_fails_leaves_nothing_running() -> None:
    @asynccontextmanager
    async def failing(_app: Litestar) -> AsyncIterator[None]:
        raise LookupError
        yield

    app = create_app(settings_of(OFFLINE), url="http://x")
    app._lifespan_managers.append(failing)
    before = asyncio.all_tasks()

    with pytest.raises(LookupError):
        async with app.lifespan():
            pass

    assert asyncio.all_tasks() == before
