"""What every `ports.catalog.ModelCatalog` promises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import pytest_asyncio
from msgspec import Struct

from adapters.backends.offline.catalog import OfflineCatalog
from adapters.backends.ollama.build import open_backend as open_ollama
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.build import open_backend as open_openrouter
from adapters.backends.openrouter.config import OpenRouterConfig
from ports.catalog import ModelCatalog
from ports.errors import BackendError
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.upstream import answers
from tests.upstream.server import Upstream


class Listing(Struct, frozen=True, kw_only=True):
    """A catalog that was never asked, its order, and how to make it unreadable."""

    catalog: ModelCatalog
    ids: list[str]
    break_it: Callable[[], None] | None = None


@asynccontextmanager
async def openai_compatible() -> AsyncIterator[Listing]:
    async with Upstream() as upstream:
        upstream.models = ("b", "a", "b")
        config = OpenAICompatibleConfig(name="up", base_url=upstream.base_url)

        def break_it() -> None:
            upstream.models = None

        async with open_backend(config, clock=FakeClock(), via="1.1 test") as backend:
            yield Listing(catalog=backend.catalog, ids=["b", "a"], break_it=break_it)


@asynccontextmanager
async def openrouter() -> AsyncIterator[Listing]:
    async with Upstream() as upstream:
        upstream.models = ("x/b", "x/a", "x/b")
        upstream.lists["/embeddings/models"] = answers.models("x/e", "x/a")
        config = OpenRouterConfig(name="up", base_url=upstream.base_url)

        def break_it() -> None:
            upstream.models = None

        async with open_openrouter(config, clock=FakeClock(), via="1.1 test") as backend:
            yield Listing(catalog=backend.catalog, ids=["x/b", "x/a", "x/e"], break_it=break_it)


@asynccontextmanager
async def ollama() -> AsyncIterator[Listing]:
    async with Upstream() as upstream:
        upstream.tags = ("b:latest", "a:8b", "b:latest")
        config = OllamaConfig(name="up", base_url=upstream.url)

        def break_it() -> None:
            upstream.tags = None

        async with open_ollama(config, clock=FakeClock(), via="1.1 test") as backend:
            yield Listing(catalog=backend.catalog, ids=["b:latest", "a:8b"], break_it=break_it)


@asynccontextmanager
async def offline() -> AsyncIterator[Listing]:
    yield Listing(catalog=OfflineCatalog(8), ids=["offline", "offline-embed"])


@asynccontextmanager
async def fake() -> AsyncIterator[Listing]:
    catalog = FakeCatalog("b", "a")

    def break_it() -> None:
        catalog.error = BackendError("unreadable")

    yield Listing(catalog=catalog, ids=["b", "a"], break_it=break_it)


ADAPTERS: dict[str, Callable[[], AbstractAsyncContextManager[Listing]]] = {
    "openai_compatible": openai_compatible,
    "openrouter": openrouter,
    "ollama": ollama,
    "offline": offline,
    "fake": fake,
}


@pytest_asyncio.fixture(params=ADAPTERS)
async def listing(request: pytest.FixtureRequest) -> AsyncIterator[Listing]:
    async with ADAPTERS[request.param]() as listing:
        yield listing


async def test_models_come_in_the_upstreams_order_each_id_once(listing: Listing) -> None:
    assert [model.id for model in await listing.catalog.models()] == listing.ids


async def test_the_same_object_comes_back_while_nothing_changed(listing: Listing) -> None:
    first = await listing.catalog.models()

    assert await listing.catalog.models() is first


async def test_a_list_that_was_never_had_is_a_backend_error_each_time(listing: Listing) -> None:
    if listing.break_it is None:
        pytest.skip("it can always be read")
    listing.break_it()

    for _ in range(2):
        with pytest.raises(BackendError):
            await listing.catalog.models()


async def test_what_was_listed_is_known(listing: Listing) -> None:
    models = await listing.catalog.models()

    known = listing.catalog.known()

    assert known.models is models
    assert (known.error, known.settled) == (None, True)
    assert listing.catalog.known() is known


async def test_what_has_expired_is_known_and_settled_again_when_it_was_asked_for(
    listing: Listing,
) -> None:
    models = await listing.catalog.models()

    listing.catalog.expire()

    assert listing.catalog.known().models is models
    await listing.catalog.models()
    assert listing.catalog.known().settled


async def test_why_there_is_no_list_is_known(listing: Listing) -> None:
    if listing.break_it is None:
        pytest.skip("it can always be read")
    listing.break_it()

    with pytest.raises(BackendError) as failed:
        await listing.catalog.models()

    known = listing.catalog.known()
    assert (known.models, known.error, known.settled) == (None, failed.value, True)
