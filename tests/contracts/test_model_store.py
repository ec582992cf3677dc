"""What every `ports.library.ModelStore` promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Raw

from adapters.files.model_file import ModelFile
from ports.chat import Image, Message, Options, Text, ToolCall
from ports.library import MadeModel, ModelStore
from tests.fakes.library import FakeStore

ADAPTERS: dict[str, Callable[[Path], ModelStore]] = {
    "file": lambda folder: ModelFile(str(folder / "state" / "models.json")),
    "fake": lambda _folder: FakeStore(),
}

FULL = MadeModel(
    name="Full:v1",
    target="local/qwen3:8b",
    options=Options(
        temperature=0.5,
        top_k=3,
        stop=("a", "b"),
        extensions={"num_ctx": Raw(b"2048"), "odd": Raw(b'{"x": 1.50}')},
    ),
    system="You are <x>\n\u2028",
    template="{{ .System }} {{ .Prompt }}",
    licenses=("MIT", "Two"),
    messages=(
        Message(
            role="user",
            parts=(Text(text="see"), Image(data=b"\x89PNG\x00", media_type="image/png")),
        ),
        Message(
            role="assistant",
            tool_calls=(ToolCall(name="f", arguments='{"b": 1, "a": 2.0}', id="c"),),
        ),
    ),
    modified_ns=1_787_392_800_123_456_789,
)


@pytest.fixture(params=ADAPTERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ModelStore:
    return ADAPTERS[request.param](tmp_path)


def made(name: str, target: str = "b/m") -> MadeModel:
    return MadeModel(name=name, target=target)


def names(store: ModelStore) -> list[str]:
    return [model.name for model in store.models()]


def test_at_first_there_is_nothing(store: ModelStore) -> None:
    assert list(store.models()) == []


async def test_what_was_put_is_there_as_it_was(store: ModelStore) -> None:
    await store.put(FULL)

    assert list(store.models()) == [FULL]


async def test_the_latest_change_comes_first(store: ModelStore) -> None:
    for name in ("a", "b", "c", "a"):
        await store.put(made(name))

    assert names(store) == ["a", "c", "b"]


async def test_a_name_in_other_letters_is_replaced(store: ModelStore) -> None:
    await store.put(made("Name"))

    await store.put(made("nAME", "b/other"))

    assert [(it.name, it.target) for it in store.models()] == [("nAME", "b/other")]


async def test_what_was_removed_is_gone(store: ModelStore) -> None:
    await store.put(made("keep"))
    await store.put(made("Go"))

    assert await store.remove("gO")
    assert names(store) == ["keep"]


async def test_removing_what_is_not_there_changes_nothing(store: ModelStore) -> None:
    await store.put(made("keep"))
    before = store.models()

    assert not await store.remove("other")
    assert store.models() is before


async def test_the_same_object_comes_back_while_nothing_changed(store: ModelStore) -> None:
    empty = store.models()
    assert store.models() is empty
    await store.put(made("a"))

    changed = store.models()

    assert changed is not empty
    assert store.models() is changed


async def test_changes_of_upstreams_are_counted_by_backend(store: ModelStore) -> None:
    await store.put(made("a"))
    models = store.models()
    for backend in ("box", "box", "other"):
        await store.touch(backend)

    assert store.models() is models
    assert store.changes() == {"box": 2, "other": 1}
    assert store.changes() is store.changes()


async def test_a_made_model_is_no_change_of_an_upstream(store: ModelStore) -> None:
    await store.touch("box")
    store.models()
    before = store.changes()

    await store.put(made("a"))

    assert names(store) == ["a"]
    assert store.changes() is before
