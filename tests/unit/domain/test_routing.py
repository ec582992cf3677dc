"""How a model name finds its target (docs/configuration.md, "Names")."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from domain.aliases import Alias
from domain.routing import Router
from ports.errors import BackendUnavailable, ModelNotFound
from ports.models import ModelInfo
from tests.fakes.backend import backend
from tests.fakes.catalog import FakeCatalog


def router(*, aliases=(), short_names=False) -> Router:
    return Router(
        [
            backend("cloud", "openai/gpt-5-mini", "meta/llama:free", "shared", "local/odd"),
            backend("local", "qwen3:8b", "shared:latest", "Mixed-Case", "alias-name"),
        ],
        aliases,
        short_names=short_names,
    )


ALIASES = (
    Alias(name="alias-name", target="cloud/openai/gpt-5-mini"),
    Alias(name="tagged:v1", target="qwen3:8b"),
    Alias(name="Late:latest", target="qwen3:8b"),
    Alias(name="dangling", target="nothing/at/all"),
    Alias(name="loop", target="loop"),
)


def with_variants(*, aliases=(), models=(), **more) -> Router:
    ids = ("x/a", "x/listed:nitro", "x/listed", "x/shared")
    cloud = backend("cloud", *ids, variants=(":nitro", ":online"), models=models)
    other = backend("other", "x/shared", "y/b")
    return Router([other, cloud], aliases, **more)


@pytest.mark.parametrize(
    ("asked", "name", "found"),
    [
        ("x/a:nitro", "x/a:nitro", "cloud/x/a:nitro"),
        ("cloud/x/a:online", "x/a:online", "cloud/x/a:online"),
        ("X/A:Nitro", "x/a:nitro", "cloud/x/a:nitro"),
        ("x/a:nitro:latest", "x/a:nitro", "cloud/x/a:nitro"),
        ("x/listed:nitro", "x/listed:nitro", "cloud/x/listed:nitro"),
        ("x/shared:nitro", "cloud/x/shared:nitro", "cloud/x/shared:nitro"),
        ("quick", "quick", "cloud/x/a:nitro"),
    ],
)
async def test_a_variant_of_a_listed_id_goes_where_it_is_understood(
    asked: str, name: str, found: str
) -> None:
    router = with_variants(aliases=(Alias(name="quick", target="cloud/x/a:nitro"),))

    for _ in range(2):  # before and after every backend has spoken
        target = await router.resolve(asked)

        assert (target.name, target.qualified) == (name, found)


@pytest.mark.parametrize("asked", ["x/a:floor", "x/none:nitro", "y/b:nitro", ":nitro", "a:nitro"])
async def test_an_ending_that_nobody_understands_is_not_found(asked: str) -> None:
    with pytest.raises(ModelNotFound):
        await with_variants().resolve(asked)


async def test_a_variant_is_what_its_model_is_under_another_id() -> None:
    base = ModelInfo(id="x/a", context_length=7, owned_by="x")
    cloud = backend("cloud", variants=(":nitro",), catalog=FakeCatalog(base))

    target = await Router([cloud]).resolve("x/a:nitro")

    assert target.model == replace(base, id="x/a:nitro")


@pytest.mark.parametrize("models", [("y/*",), ("!x/*",), ("!*:nitro",)])
async def test_a_variant_of_what_may_not_be_used_is_not_found(models: tuple[str, ...]) -> None:
    with pytest.raises(ModelNotFound):
        await with_variants(models=models).resolve("x/a:nitro")


async def test_a_variant_of_what_is_named_alone_is_allowed() -> None:
    target = await with_variants(models=("x/a",)).resolve("x/a:nitro")

    assert target.qualified == "cloud/x/a:nitro"


async def test_a_variant_comes_before_a_short_name() -> None:
    cloud = backend("cloud", "a", variants=(":nitro",))
    router = Router([backend("other", "z/a:nitro"), cloud], short_names=True)

    assert (await router.resolve("a:nitro")).qualified == "cloud/a:nitro"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("alias-name", "cloud/openai/gpt-5-mini"),
        ("alias-name:latest", "cloud/openai/gpt-5-mini"),
        ("ALIAS-NAME", "cloud/openai/gpt-5-mini"),
        ("tagged:v1", "local/qwen3:8b"),
        ("late", "local/qwen3:8b"),
        ("LATE:Latest", "local/qwen3:8b"),
        ("openai/gpt-5-mini", "cloud/openai/gpt-5-mini"),
        ("openai/gpt-5-mini:latest", "cloud/openai/gpt-5-mini"),
        (" openai/gpt-5-mini ", "cloud/openai/gpt-5-mini"),
        ("OpenAI/GPT-5-mini", "cloud/openai/gpt-5-mini"),
        ("meta/llama:free", "cloud/meta/llama:free"),
        ("cloud/meta/llama:free", "cloud/meta/llama:free"),
        ("shared", "cloud/shared"),
        ("shared:latest", "cloud/shared"),
        ("local/shared:latest", "local/shared:latest"),
        ("local/shared", "local/shared:latest"),
        ("cloud/shared", "cloud/shared"),
        ("mixed-case", "local/Mixed-Case"),
        ("LOCAL/mixed-case", "local/Mixed-Case"),
        ("local/alias-name", "local/alias-name"),
        ("cloud/local/odd", "cloud/local/odd"),
    ],
)
async def test_a_name_leads_to_its_backend_and_id(asked: str, found: str) -> None:
    target = await router(aliases=ALIASES).resolve(asked)

    assert target.qualified == found


@pytest.mark.parametrize(
    "asked",
    [
        "meta/llama",
        "qwen3",
        "qwen3:14b",
        "gpt-5-mini",
        "local/odd",
        "dangling",
        "loop",
        "",
        "cloud/",
        "/",
    ],
)
async def test_a_name_that_nothing_answers_to_is_not_found(asked: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        await router(aliases=ALIASES).resolve(asked)

    assert caught.value.model == asked


async def test_a_miss_names_the_nearest_models_for_the_log() -> None:
    with pytest.raises(ModelNotFound) as caught:
        await router().resolve("qwen3:8")

    assert caught.value.nearest[0] == "qwen3:8b"
    assert caught.value.message == "model 'qwen3:8' not found"


async def test_the_list_has_aliases_first_then_every_model_once_under_a_free_name() -> None:
    index = await router(aliases=ALIASES).index()

    assert [target.name for target in index.targets] == [
        "alias-name",
        "tagged:v1",
        "Late:latest",
        "openai/gpt-5-mini",
        "meta/llama:free",
        "shared",
        "cloud/local/odd",
        "qwen3:8b",
        "local/shared:latest",
        "Mixed-Case",
        "local/alias-name",
    ]


async def test_every_listed_name_leads_to_the_backend_it_was_listed_from() -> None:
    subject = router(aliases=ALIASES)

    for target in (await subject.index()).targets:
        assert await subject.resolve(target.name) == target
        assert await subject.resolve(target.name + ":latest") == target


async def test_short_names_find_the_only_model_of_that_name() -> None:
    subject = Router(
        [backend("a", "x/one", "x/two"), backend("b", "y/two", "z/three:latest")], short_names=True
    )

    assert (await subject.resolve("one")).qualified == "a/x/one"
    assert (await subject.resolve("three")).qualified == "b/z/three:latest"
    with pytest.raises(ModelNotFound):
        await subject.resolve("two")


async def test_filters_hide_models_and_close_the_way_to_them() -> None:
    subject = Router([backend("a", "x/one", "x/two:free", "y/one", models=("x/*", "!*:free"))])

    assert [target.name for target in (await subject.index()).targets] == ["x/one"]
    for hidden in ("x/two:free", "a/x/two:free", "y/one"):
        with pytest.raises(ModelNotFound):
            await subject.resolve(hidden)


async def test_any_model_takes_what_no_catalog_has_without_the_tag() -> None:
    subject = Router(
        [
            backend("a", "listed"),
            backend("b", any_model=True, models=("!secret*",)),
            backend("c", any_model=True),
        ],
        [Alias(name="friend", target="b/unlisted")],
    )

    assert (await subject.resolve("listed")).qualified == "a/listed"
    assert (await subject.resolve("new/model:latest")).qualified == "b/new/model"
    assert (await subject.resolve("c/new")).qualified == "c/new"
    assert (await subject.resolve("secret-1")).qualified == "c/secret-1"
    assert (await subject.resolve("friend")).qualified == "b/unlisted"


async def test_a_catalog_that_cannot_be_read_is_reported_instead_of_not_found() -> None:
    down = FakeCatalog()
    down.error = BackendUnavailable("cannot reach upstream")
    subject = Router([backend("a", "known"), backend("b", catalog=down)])

    assert (await subject.resolve("known")).qualified == "a/known"
    with pytest.raises(BackendUnavailable):
        await subject.resolve("unknown")
    assert set(await subject.failures()) == {"b"}


async def test_the_index_is_made_anew_only_when_a_catalog_has_changed() -> None:
    catalog = FakeCatalog("one")
    subject = Router([backend("a", catalog=catalog)])
    before = await subject.index()

    assert await subject.index() is before
    catalog.offer("one", "two")
    assert (await subject.resolve("two")).qualified == "a/two"
    assert await subject.index() is not before


class SlowCatalog(FakeCatalog):
    """Says nothing until it is let."""

    def __init__(self, *models: str) -> None:
        super().__init__(*models)
        self.speak = asyncio.Event()

    async def models(self):
        await self.speak.wait()
        return await super().models()


async def test_a_slow_backend_holds_up_only_names_that_may_be_its_own() -> None:
    slow = SlowCatalog("late")
    subject = Router([backend("a", "known"), backend("b", catalog=slow, any_model=True)])

    async with asyncio.timeout(1):
        assert (await subject.resolve("known")).qualified == "a/known"
    waiting = asyncio.create_task(subject.resolve("late"))
    await asyncio.sleep(0)
    assert not waiting.done()
    slow.speak.set()
    assert (await waiting).qualified == "b/late"


async def test_aliases_that_lead_nowhere_are_known() -> None:
    index = await router(aliases=ALIASES).index()

    assert [alias.name for alias in index.dangling] == ["dangling", "loop"]
