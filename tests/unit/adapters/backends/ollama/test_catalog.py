"""The models of an Ollama server: one list, and each model asked about once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from adapters.backends.ollama.build import open_backend
from adapters.backends.ollama.catalog import AT_ONCE
from adapters.backends.ollama.config import OllamaConfig
from ports.backend import Backend
from ports.errors import BackendFailed
from ports.models import Capability, ModelInfo
from tests.fakes.clock import FakeClock
from tests.upstream.ollama_answers import show, tag
from tests.upstream.script import Pause, Reply, Send
from tests.upstream.server import Upstream
from tests.waiting import until

BOTH = frozenset({Capability.COMPLETION, Capability.TOOLS})


def asked(upstream: Upstream, path: str = "/api/show") -> list[str]:
    return [
        request.json()["model"] if request.body else ""
        for request in upstream.requests
        if request.path == path
    ]


async def renewed(backend: Backend) -> Sequence[ModelInfo]:
    backend.catalog.expire()
    return await backend.catalog.models()


async def test_show_tells_what_the_list_does_not(upstream: Upstream, backend: Backend) -> None:
    upstream.tags = ("a:8b",)
    upstream.shown["a:8b"] = show("completion", "tools", llama_context_length=8192)

    (model,) = await backend.catalog.models()

    assert model.id == "a:8b"
    assert model.capabilities == BOTH
    assert (model.context_length, model.parameter_count) == (8192, 1_200_000_000)
    assert model.extensions["ollama.tags"]


async def test_a_model_is_asked_about_once_while_it_is_the_same(
    upstream: Upstream, backend: Backend
) -> None:
    upstream.tags = (tag("a:8b", "1"), tag("b:8b", "2"))
    upstream.shown = {"a:8b": show("completion"), "b:8b": show("embedding")}

    first = await backend.catalog.models()
    assert await renewed(backend) is first
    assert asked(upstream) == ["a:8b", "b:8b"]

    upstream.tags = (tag("a:8b", "1"), tag("b:8b", "3"))
    upstream.shown["b:8b"] = show("completion", "tools")
    _, changed = await renewed(backend)

    assert asked(upstream) == ["a:8b", "b:8b", "b:8b"]
    assert changed.capabilities == BOTH


async def test_what_has_no_digest_is_asked_about_each_time(
    upstream: Upstream, backend: Backend
) -> None:
    upstream.tags = (tag("a:8b", ""),)
    upstream.shown["a:8b"] = show("completion")

    await backend.catalog.models()
    await renewed(backend)

    assert asked(upstream) == ["a:8b", "a:8b"]


async def test_a_model_that_cannot_be_shown_stays_as_listed_and_is_asked_again(
    upstream: Upstream, backend: Backend
) -> None:
    upstream.tags = (tag("a:8b"), tag("b:8b", capabilities=None))
    upstream.shown["a:8b"] = Reply(body=b"<html>")

    listed, silent = await backend.catalog.models()

    assert listed.capabilities == {Capability.COMPLETION}
    assert silent.capabilities is None
    upstream.shown = {"a:8b": show("completion", "tools"), "b:8b": show("embedding")}
    listed, silent = await renewed(backend)
    assert (listed.capabilities, silent.capabilities) == (BOTH, {Capability.EMBEDDING})


async def test_only_a_few_models_are_asked_about_at_once(
    upstream: Upstream, backend: Backend
) -> None:
    names = [f"m{number}:8b" for number in range(3 * AT_ONCE)]
    upstream.tags = names
    go = asyncio.Event()
    body = show("completion").body
    slow = Reply(steps=[Pause(go), Send(body)])
    upstream.shown = dict.fromkeys(names, slow)

    reading = asyncio.create_task(backend.catalog.models())
    await until(lambda: len(asked(upstream)) == AT_ONCE)
    assert upstream.open_connections <= AT_ONCE + 1
    go.set()

    assert [model.id for model in await reading] == names
    assert sorted(asked(upstream)) == sorted(names)


async def test_what_the_operator_says_fills_the_gaps(upstream: Upstream) -> None:
    upstream.tags = (tag("a:8b", capabilities=None), tag("b:8b"))
    config = OllamaConfig(
        name="box", base_url=upstream.url, capabilities={"*": (Capability.TOOLS,)}
    )

    async with open_backend(config, clock=FakeClock(), via="1.1 test") as backend:
        silent, told = await backend.catalog.models()

    assert silent.capabilities == BOTH
    assert told.capabilities == {Capability.COMPLETION}


async def test_no_list_is_an_error_unless_any_name_goes_there(upstream: Upstream) -> None:
    upstream.tags = None

    for any_model in (False, True):
        config = OllamaConfig(name="box", base_url=upstream.url, any_model=any_model)
        async with open_backend(config, clock=FakeClock(), via="1.1 test") as backend:
            if any_model:
                assert list(await backend.catalog.models()) == []
            else:
                with pytest.raises(BackendFailed):
                    await backend.catalog.models()


async def test_closing_while_models_are_asked_about_leaves_nothing_behind(
    upstream: Upstream,
) -> None:
    upstream.tags = ("a:8b",)
    upstream.shown["a:8b"] = Reply(steps=[Pause(asyncio.Event())])
    config = OllamaConfig(name="box", base_url=upstream.url)
    before = asyncio.all_tasks()

    async with open_backend(config, clock=FakeClock(), via="1.1 test") as backend:
        reading = asyncio.create_task(backend.catalog.models())
        await until(lambda: asked(upstream))

    await asyncio.gather(reading, return_exceptions=True)
    await until(lambda: not upstream.open_connections)
    await until(lambda: asyncio.all_tasks() <= before)
