"""How a model name finds its target (docs/configuration.md, "Names")."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from domain.aliases import Alias
from domain.permission import require
from domain.routing import Router
from ports.caller import Caller
from ports.errors import BackendError, BackendUnavailable, ModelNotFound, NotAllowed
from ports.models import ModelInfo
from ports.observer import Why
from tests.fakes.backend import backend
from tests.fakes.catalog import FakeCatalog
from tests.fakes.library import FakeStore
from tests.waiting import until

FOR_EVER = 3600.0


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
    ("asked", "why"),
    [
        ("a", Why.LISTED),
        ("up/A:latest", Why.LISTED),
        ("short", Why.ALIAS),
        ("a:nitro", Why.VARIANT),
        ("else", Why.UNLISTED),
        ("up/else", Why.UNLISTED),
    ],
)
async def test_a_target_knows_why_it_is_one(asked: str, why: Why) -> None:
    up = backend("up", "a", variants=(":nitro",), any_model=True)

    assert (await Router([up], (Alias(name="short", target="a:nitro"),)).resolve(asked)).why is why


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


async def test_of_a_miss_no_more_is_kept_than_is_compared() -> None:
    index = await Router([backend("up", "q" * 100)]).index()

    assert index.nearest("q" * 100 + "one") == ("q" * 100,)
    assert index.nearest("q" * 100 + "another") is index.nearest("q" * 100 + "one")


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


def silent(*models: str) -> FakeCatalog:
    """A catalog that says nothing until it is let."""
    catalog = FakeCatalog(*models)
    catalog.fall_silent()
    return catalog


def failed(message: str = "cannot reach upstream") -> FakeCatalog:
    catalog = FakeCatalog()
    catalog.error = BackendUnavailable(message)
    return catalog


def stale(old: tuple[str, ...], new: tuple[str, ...]) -> FakeCatalog:
    """A catalog whose old list has expired, and that says nothing of the new one yet."""
    catalog = FakeCatalog(*old)
    catalog.known()
    catalog.fall_silent()
    catalog.offer(*new)
    return catalog


async def test_a_slow_backend_holds_up_only_names_that_may_be_its_own() -> None:
    slow = silent("late")
    subject = Router(
        [backend("a", "known"), backend("b", catalog=slow, any_model=True)], patience=FOR_EVER
    )

    assert (await subject.resolve("known")).qualified == "a/known"
    assert slow.waits == 0
    waiting = asyncio.create_task(subject.resolve("late"))
    await until(lambda: slow.waits)
    slow.speak()
    assert (await waiting).qualified == "b/late"


async def test_a_name_found_elsewhere_waits_for_the_backends_before_at_first() -> None:
    slow = silent("both")
    subject = Router([backend("a", catalog=slow), backend("b", "both", "other")], patience=FOR_EVER)

    waiting = asyncio.create_task(subject.resolve("both"))
    await until(lambda: slow.waits)
    slow.speak()

    assert (await waiting).qualified == "a/both"


async def test_a_name_found_elsewhere_does_not_wait_long_for_the_backends_before() -> None:
    slow = silent("both")
    subject = Router([backend("a", catalog=slow), backend("b", "both")], patience=0.01)

    assert (await subject.resolve("both")).qualified == "b/both"
    assert slow.waits == 0


async def test_a_name_that_another_finds_meanwhile_does_not_wait_long_any_more() -> None:
    slow, quick = silent("both"), silent("both")
    subject = Router([backend("a", catalog=slow), backend("b", catalog=quick)], patience=0.01)

    waiting = asyncio.create_task(subject.resolve("both"))
    await until(lambda: slow.waits and quick.waits)
    quick.speak()

    assert (await waiting).qualified == "b/both"


async def test_a_name_found_nowhere_else_is_worth_the_wait_for_a_first_list() -> None:
    slow = silent("late")
    subject = Router(
        [backend("a", catalog=slow), backend("b", catalog=stale((), ()))], patience=0.001
    )

    waiting = asyncio.create_task(subject.resolve("late"))
    await until(lambda: slow.waits == 1 and subject.backends[1].catalog.waits == 0)
    assert not waiting.done()
    slow.speak()

    assert (await waiting).qualified == "a/late"


@pytest.mark.parametrize("name", ["old", "B/OLD", "old:nitro", "short", "friend"])
async def test_what_an_expired_list_has_is_found_at_once(name: str) -> None:
    box = stale(("old", "x/short"), ("new",))
    owner = backend("b", catalog=box, variants=(":nitro",))
    friend = Alias(name="friend", target="b/old")
    subject = Router(
        [backend("a", any_model=True), owner], [friend], short_names=True, patience=FOR_EVER
    )

    target = await subject.resolve(name)

    assert target.backend is owner
    assert box.waits == 0


async def test_what_an_expired_list_lacks_is_looked_for_in_the_new_one() -> None:
    box = stale(("old",), ("new",))
    other = failed()
    subject = Router(
        [backend("a", any_model=True), backend("b", catalog=box), backend("c", catalog=other)],
        patience=FOR_EVER,
    )

    waiting = asyncio.create_task(subject.resolve("new"))
    await until(lambda: box.waits)
    box.speak()

    assert (await waiting).qualified == "b/new"


async def test_what_a_new_list_that_does_not_come_might_have_goes_where_any_model_does() -> None:
    box = stale(("old",), ("new",))
    subject = Router([backend("a", any_model=True), backend("b", catalog=box)], patience=0.01)

    assert (await subject.resolve("new")).qualified == "a/new"


async def test_nobody_is_waited_for_in_vain_twice() -> None:
    hung, late = stale(("old",), ("new",)), silent("first")
    subject = Router(
        [backend("a", catalog=hung), backend("b", catalog=late), backend("c", "both")],
        patience=0.01,
    )
    assert (await subject.resolve("both")).qualified == "c/both"

    assert (await subject.resolve("both")).qualified == "c/both"
    late.speak()
    with pytest.raises(ModelNotFound):
        await subject.resolve("new")
    assert [target.name for target in (await subject.index()).targets] == ["old", "first", "both"]
    assert (hung.asked, late.asked) == (1, 1)

    hung.speak()
    assert (await subject.resolve("new")).qualified == "a/new"


async def test_what_nobody_has_is_not_found_even_if_a_new_list_does_not_come() -> None:
    box = stale(("old",), ("new",))
    subject = Router([backend("b", catalog=box)], patience=0.01)

    with pytest.raises(ModelNotFound):
        await subject.resolve("new")


@pytest.mark.parametrize("name", ["known", "b/known", "b/unlisted"])
async def test_a_backend_that_has_failed_is_not_waited_for_where_a_name_is_found(
    name: str,
) -> None:
    dead = failed()
    subject = Router(
        [backend("a", catalog=dead), backend("b", "known", any_model=True)], patience=FOR_EVER
    )
    with_it = subject.backends[0].catalog.known()
    dead.fall_silent()
    assert with_it.error is not None

    assert (await subject.resolve(name)).backend.name == "b"
    assert dead.waits == 0


@pytest.mark.parametrize("name", ["home/qwen3:8b", "private", "qwen3:8b"])
async def test_what_may_belong_to_a_backend_that_is_down_goes_nowhere_else(name: str) -> None:
    private = Alias(name="private", target="home/qwen3:8b")
    subject = Router(
        [backend("home", catalog=failed()), backend("cloud", any_model=True)], [private]
    )

    with pytest.raises(BackendError):
        await subject.resolve(name)


@pytest.mark.parametrize("name", ["home/nope", "private"])
async def test_whoever_names_a_backend_means_no_other(name: str) -> None:
    private = Alias(name="private", target="home/nope")
    subject = Router([backend("home", "m"), backend("cloud", any_model=True)], [private])

    with pytest.raises(ModelNotFound):
        await subject.resolve(name)


async def test_an_alias_finds_what_a_client_would_find_by_the_same_name() -> None:
    two = [backend("a", "llama3:latest"), backend("b", "LLAMA3")]
    subject = Router(two, [Alias(name="mine", target="llama3")])

    assert (await subject.resolve("mine")).qualified == "a/llama3:latest"
    assert (await subject.resolve("llama3")).qualified == "a/llama3:latest"


async def test_a_listing_waits_for_what_has_expired() -> None:
    box = stale(("old",), ("new",))
    subject = Router([backend("b", catalog=box)], patience=FOR_EVER)

    waiting = asyncio.create_task(subject.index())
    await until(lambda: box.waits)
    box.speak()

    assert [target.name for target in (await waiting).targets] == ["new"]


async def test_a_listing_shows_the_old_list_if_the_new_one_does_not_come() -> None:
    box = stale(("old",), ("new",))
    subject = Router([backend("a", "one"), backend("b", catalog=box)], patience=0.01)

    assert [target.name for target in (await subject.index()).targets] == ["one", "old"]


async def test_a_list_that_expired_and_came_back_the_same_makes_no_new_index() -> None:
    catalog = FakeCatalog("one")
    subject = Router([backend("a", catalog=catalog)])
    before = await subject.index()

    catalog.expire()

    assert await subject.index() is before


async def test_a_change_that_another_worker_tells_of_expires_that_backends_list() -> None:
    box, other = FakeCatalog("one"), FakeCatalog("two")
    store = FakeStore()
    await store.touch("box")
    subject = Router([backend("box", catalog=box), backend("other", catalog=other)], store=store)
    await subject.resolve("one")
    assert box.expired == 0

    await store.touch("box")
    await subject.resolve("one")
    await subject.resolve("one")

    assert (box.expired, other.expired) == (1, 0)


SECRET = [
    "secret:8b",
    "SECRET:8b",
    "library/secret:8b",
    "registry.ollama.ai/library/secret:8b",
    "box/secret:8b",
    "BOX/secret:8b",
    "box/library/secret:8b",
    "box/ secret:8b",
    "box/\u00a0secret:8b",
    "box/registry.ollama.ai/library/Secret:8b:local",
    "\tbox/secret:8b ",
]


@pytest.mark.parametrize("asked", SECRET)
async def test_what_a_backend_excludes_is_not_reached_in_another_spelling(asked: str) -> None:
    subject = Router([backend("box", any_model=True, models=("!secret*",))])

    with pytest.raises(ModelNotFound):
        await subject.resolve(asked)


@pytest.mark.parametrize("asked", SECRET)
async def test_what_a_key_excludes_is_not_reached_in_another_spelling(asked: str) -> None:
    subject = Router([backend("box", any_model=True)])
    caller = Caller(name="ada", models=("!secret*", "!box/secret*"))

    with pytest.raises((NotAllowed, ModelNotFound)):
        require(caller, await subject.resolve(asked), asked)


async def test_another_spelling_of_a_listed_name_leads_to_its_backend() -> None:
    subject = Router([backend("cloud", any_model=True), backend("box", "x:8b")])

    for asked in ("library/x:8b", "registry.ollama.ai/library/x:8b", "box/library/x:8b"):
        assert (await subject.resolve(asked)).qualified == "box/x:8b"


async def test_aliases_that_lead_nowhere_are_known() -> None:
    index = await router(aliases=ALIASES).index()

    assert [alias.name for alias in index.dangling] == ["dangling", "loop"]


@pytest.mark.parametrize(
    ("modified_ns", "created"), [(None, 1760000000), (1770000000_500000000, 1770000000)]
)
async def test_what_a_client_made_was_made_then_and_not_when_its_model_was(
    modified_ns: int | None, created: int
) -> None:
    model = ModelInfo(id="m", created=1760000000)
    alias = Alias(name="mine", target="a/m", modified_ns=modified_ns)
    router = Router([backend("a", catalog=FakeCatalog(model))], [alias])

    assert (await router.resolve("mine")).created == created


@pytest.mark.parametrize(
    ("owner", "model", "listed"),
    [
        ("cloud", "openai/gpt-5-mini", True),
        ("local", "shared:latest", True),
        ("cloud", "unlisted", True),  # the configuration names it
        ("cloud", "made/up", False),
        ("local", "openai/gpt-5-mini", False),
        ("nobody", "shared", False),
        ("cloud", "", False),
    ],
)
async def test_what_is_listed_is_told_by_the_backends_own_ids(
    owner: str, model: str, listed: bool
) -> None:
    cloud = backend("cloud", "openai/gpt-5-mini", "shared", any_model=True)
    local = backend("local", "shared:latest")
    routes = Router([cloud, local], [Alias(name="mine", target="cloud/unlisted")])
    await routes.resolve("made/up")

    assert routes.lists(owner, model) is listed
