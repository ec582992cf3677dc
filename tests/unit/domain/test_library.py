"""What becomes of a request to change models: done here, forwarded, or refused."""

from __future__ import annotations

import pytest

from domain.aliases import Alias
from domain.forwarding import Forward
from domain.library import Library
from domain.recipes import Recipe
from domain.routing import Router
from ports.backend import Backend
from ports.caller import ANYONE, Caller
from ports.chat import Message, Options, Text
from ports.errors import (
    BackendUnavailable,
    GatewayError,
    InvalidRequest,
    ModelNotFound,
    NotAllowed,
    NotSupported,
)
from ports.library import MadeModel
from ports.raw import OLLAMA, RawRequest
from tests.fakes.backend import backend
from tests.fakes.clock import MORNING_NS, FakeClock
from tests.fakes.library import FakeStore
from tests.fakes.raw import FakeRaw

HI = (Message(role="user", parts=(Text(text="hi"),)),)


def native(name: str, *models: str, **fields: object) -> Backend:
    return backend(name, *models, raw=FakeRaw(), native=frozenset({OLLAMA}), **fields)


ALIASES = (
    Alias(name="fixed", target="cloud/gpt", options=Options(temperature=0.1), system="Be brief."),
    Alias(name="nick", target="box/plain:latest"),
    Alias(name="warm", target="box/plain:latest", options=Options(temperature=1.0)),
    Alias(name="dangling", target="cloud/gone"),
)


class House:
    """A cloud without weights and two Ollama servers, unless told otherwise."""

    def __init__(self, *backends: Backend, made: tuple[MadeModel, ...] = ()) -> None:
        self.backends = backends or (
            backend("cloud", "gpt", "meta.ai/llama"),
            native("box", "plain:latest", "me/ns:tag"),
            native("second", "other:latest"),
        )
        self.store = FakeStore(*made)
        self.router = Router(self.backends, ALIASES, store=self.store)
        self.library = Library(self.router, self.store, FakeClock())

    async def made(self, name: str = "mine", source: str = "gpt", **said: object) -> MadeModel:
        plan = await self.library.create(Recipe(name=name, source=source, **said), ANYONE)
        assert plan is None
        return self.store.models()[0]


@pytest.fixture
def house() -> House:
    return House()


def weightless() -> House:
    return House(backend("cloud", "gpt"))


def way(plan: Forward | None) -> tuple[str, str, str] | None:
    return None if plan is None else (plan.backend.name, plan.model, plan.source)


# Creating


async def test_a_model_over_a_model_without_weights_is_made_here(house: House) -> None:
    made = await house.made(
        name="Mine:latest", system="Be kind.", messages=HI, options=Options(top_k=3)
    )

    assert made == MadeModel(
        name="Mine",
        target="cloud/gpt",
        system="Be kind.",
        messages=HI,
        options=Options(top_k=3),
        modified_ns=MORNING_NS,
    )
    assert (await house.router.resolve("mine:latest")).qualified == "cloud/gpt"


async def test_a_made_model_is_made_of_the_model_below_it(house: House) -> None:
    await house.made(
        system="One.", options=Options(top_k=1, seed=5), licenses=("MIT",), messages=HI
    )

    second = await house.made("second-one", "mine", options=Options(top_k=2), licenses=("Two",))

    assert second.target == "cloud/gpt"
    assert second.options == Options(top_k=2, seed=5)
    assert (second.system, second.licenses, second.messages) == ("One.", ("MIT", "Two"), HI)


async def test_what_a_configured_alias_brings_is_kept(house: House) -> None:
    made = await house.made(source="fixed", system="Other.")

    assert (made.target, made.options, made.system) == (
        "cloud/gpt",
        Options(temperature=0.1),
        "Other.",
    )


async def test_making_it_again_changes_it(house: House) -> None:
    await house.made(system="One.", licenses=("MIT",))
    await house.made(source="mine", system="Two.", licenses=("MIT",))

    (only,) = house.store.models()
    assert (only.system, only.licenses) == ("Two.", ("MIT",))


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("new", "plain", ("box", "new", "plain:latest")),
        ("new", "box/plain", ("box", "new", "plain:latest")),
        ("box/new", "plain", ("box", "new", "plain:latest")),
        ("new", "nick", ("box", "new", "plain:latest")),
        ("plain", "plain", ("box", "plain", "plain:latest")),
        ("new", "other", ("second", "new", "other:latest")),
        ("new", "unknown", ("box", "new", "unknown")),
        ("new", "second/unknown", ("second", "new", "unknown")),
    ],
)
async def test_over_a_model_with_weights_its_owner_makes_it(
    house: House, name: str, source: str, expected: tuple[str, str, str]
) -> None:
    plan = await house.library.create(Recipe(name=name, source=source), ANYONE)

    assert way(plan) == expected
    assert house.store.models() == ()


async def test_over_an_alias_that_brings_something_it_is_made_here(house: House) -> None:
    made = await house.made(source="warm")

    assert (made.target, made.options) == ("box/plain:latest", Options(temperature=1.0))


async def test_a_made_model_stays_one_whatever_it_is_made_of_next(house: House) -> None:
    await house.made()

    made = await house.made(source="plain")

    assert [model.target for model in house.store.models()] == ["box/plain:latest"]
    assert made.name == "mine"


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (Recipe(name="new", uploads=True), ("box", "new", "")),
        (Recipe(name="new", source="plain", uploads=True), ("box", "new", "plain:latest")),
        (Recipe(name="new", source="other", rebuilds=True), ("second", "new", "other:latest")),
        (Recipe(name="new", source="unknown", rebuilds=True), ("box", "new", "unknown")),
    ],
)
async def test_what_takes_weights_is_done_where_they_are(
    house: House, recipe: Recipe, expected: tuple[str, str, str]
) -> None:
    assert way(await house.library.create(recipe, ANYONE)) == expected


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(name="new", source="gpt", uploads=True),
        Recipe(name="new", source="gpt", rebuilds=True),
        Recipe(name="new", source="warm", rebuilds=True),
        Recipe(name="new", source="other", uploads=True),  # the files went to the first one
        Recipe(name="new", source="cloud/unknown", rebuilds=True),
    ],
)
async def test_what_takes_weights_that_are_not_there_is_refused(
    house: House, recipe: Recipe
) -> None:
    with pytest.raises((NotSupported, ModelNotFound)):
        await house.library.create(recipe, ANYONE)


async def test_without_an_ollama_server_nobody_takes_files() -> None:
    house = weightless()

    assert house.library.uploads() is None
    with pytest.raises(NotSupported, match="files"):
        await house.library.create(Recipe(name="new", uploads=True), ANYONE)


async def test_an_unknown_base_that_nobody_can_fetch_is_not_found() -> None:
    with pytest.raises(ModelNotFound, match="'unknown'"):
        await weightless().library.create(Recipe(name="new", source="unknown"), ANYONE)


async def test_a_base_in_no_list_is_taken_where_any_model_is() -> None:
    house = House(backend("cloud", any_model=True))

    assert (await house.made(source="unlisted")).target == "cloud/unlisted"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("fixed", "gpt"),
        ("FIXED:latest", "gpt"),
        ("dangling", "gpt"),
        ("fixed", "plain"),
        ("cloud/new", "gpt"),
        ("box/new", "gpt"),
        ("second/new", "plain"),
    ],
)
async def test_a_name_that_is_taken_is_refused(house: House, name: str, source: str) -> None:
    with pytest.raises(NotAllowed):
        await house.library.create(Recipe(name=name, source=source), ANYONE)

    assert house.store.models() == ()


async def test_what_cannot_be_kept_is_an_error(house: House) -> None:
    house.store.locked = True

    with pytest.raises(NotSupported):
        await house.made()


async def test_a_name_that_the_backend_would_hide_is_refused() -> None:
    house = House(native("box", "plain:latest", models=("plain*",)))

    with pytest.raises(NotAllowed, match="does not offer"):
        await house.library.create(Recipe(name="new", source="plain"), ANYONE)


async def test_a_template_of_its_own_needs_an_upstream_that_renders(house: House) -> None:
    with pytest.raises(InvalidRequest, match="TEMPLATE"):
        await house.made(template="<s>{{ .Prompt }}</s>")

    made = await House(backend("cloud", "gpt", renders_prompts=True)).made(template="<s>")
    assert made.template == "<s>"


# Copying


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        ("plain", "new", ("box", "new", "plain:latest")),
        ("PLAIN", "box/new:v1", ("box", "new:v1", "plain:latest")),
        ("nick", "new", ("box", "new", "plain:latest")),
    ],
)
async def test_a_copy_of_a_model_with_weights_is_its_owners(
    house: House, source: str, destination: str, expected: tuple[str, str, str]
) -> None:
    assert way(await house.library.copy(source, destination, ANYONE)) == expected


@pytest.mark.parametrize(
    ("source", "target", "system"),
    [
        ("gpt", "cloud/gpt", ""),
        ("meta.ai/llama", "cloud/meta.ai/llama", ""),
        ("fixed", "cloud/gpt", "Be brief."),
        ("warm", "box/plain:latest", ""),
    ],
)
async def test_any_other_copy_is_another_name_here(
    house: House, source: str, target: str, system: str
) -> None:
    assert await house.library.copy(source, "copy", ANYONE) is None

    (made,) = house.store.models()
    assert (made.name, made.target, made.system) == ("copy", target, system)


async def test_a_copy_of_a_made_model_is_one_too(house: House) -> None:
    await house.made(source="warm", system="x")

    assert await house.library.copy("mine", "copy", ANYONE) is None

    assert [(it.name, it.system) for it in house.store.models()] == [("copy", "x"), ("mine", "x")]


@pytest.mark.parametrize("name", ["gpt", "GPT:latest", "cloud/gpt", "plain", "fixed"])
async def test_a_copy_onto_itself_changes_nothing(house: House, name: str) -> None:
    source = name.removeprefix("cloud/").lower()

    assert await house.library.copy(source, name, ANYONE) is None

    assert house.store.models() == ()


async def test_a_model_is_not_copied_over_a_configured_one(house: House) -> None:
    for source in ("gpt", "plain"):
        with pytest.raises(NotAllowed, match="defined in the configuration"):
            await house.library.copy(source, "warm", ANYONE)


async def test_a_copy_of_nothing_is_not_found(house: House) -> None:
    with pytest.raises(ModelNotFound):
        await house.library.copy("nope", "new", ANYONE)


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("other", "plain"),
        ("plain", "OTHER:latest"),
        ("plain", "gpt"),
        ("gpt", "plain"),
        ("gpt", "PLAIN"),
        ("gpt", "library/plain"),
        ("other", "registry.ollama.ai/library/plain:latest"),
        ("other", "BOX/new"),
        ("gpt", "Cloud/new"),
    ],
)
async def test_a_name_that_leads_to_another_backend_is_not_taken(
    house: House, source: str, destination: str
) -> None:
    for ask in (
        house.library.copy(source, destination, ANYONE),
        house.library.create(Recipe(name=destination, source=source), ANYONE),
    ):
        with pytest.raises(NotAllowed):
            await ask
    assert house.store.models() == ()


async def test_files_do_not_become_another_backends_model(house: House) -> None:
    with pytest.raises(NotAllowed, match="backend 'second'"):
        await house.library.create(Recipe(name="other", uploads=True), ANYONE)


async def test_what_is_to_be_fetched_does_not_become_a_made_model(house: House) -> None:
    await house.made("mine")

    with pytest.raises(NotAllowed, match="delete it first"):
        await house.library.create(Recipe(name="mine", source="unknown"), ANYONE)


@pytest.mark.parametrize("name", ["", "a b", "box/", "box/a b", "x\u200by"])
async def test_what_is_no_name_names_nothing(house: House, name: str) -> None:
    with pytest.raises(InvalidRequest, match="destination"):
        await house.library.copy("gpt", name, ANYONE)
    with pytest.raises(InvalidRequest, match="invalid model name"):
        await house.library.create(Recipe(name=name, source="gpt"), ANYONE)


# Deleting


async def test_a_made_model_is_deleted_here(house: House) -> None:
    await house.made()

    assert await house.library.delete("MINE:latest", ANYONE) is None

    assert house.store.models() == ()


async def test_a_made_model_whose_target_is_gone_can_be_deleted() -> None:
    house = House(backend("cloud", "gpt"), made=(MadeModel(name="old", target="cloud/gone"),))

    assert await house.library.delete("old", ANYONE) is None

    assert house.store.models() == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", ("box", "plain:latest", "")),
        ("box/me/ns:tag", ("box", "me/ns:tag", "")),
        ("Me/NS:Tag", ("box", "me/ns:tag", "")),
    ],
)
async def test_a_model_with_weights_is_deleted_by_its_owner(
    house: House, name: str, expected: tuple[str, str, str]
) -> None:
    assert way(await house.library.delete(name, ANYONE)) == expected


@pytest.mark.parametrize("name", ["fixed", "nick", "dangling", "gpt", "cloud/gpt"])
async def test_what_is_not_the_clients_is_not_deleted(house: House, name: str) -> None:
    with pytest.raises(NotAllowed):
        await house.library.delete(name, ANYONE)


async def test_deleting_nothing_is_not_found(house: House) -> None:
    with pytest.raises(ModelNotFound, match="'nope'"):
        await house.library.delete("nope", ANYONE)


async def test_a_short_name_is_not_enough_to_delete() -> None:
    store = FakeStore()
    router = Router([native("box", "me/ns:tag")], store=store, short_names=True)
    assert (await router.resolve("ns:tag")).name == "me/ns:tag"

    with pytest.raises(ModelNotFound):
        await Library(router, store, FakeClock()).delete("ns:tag", ANYONE)


async def test_a_name_that_any_model_lets_pass_cannot_be_deleted() -> None:
    with pytest.raises(ModelNotFound):
        await House(backend("cloud", any_model=True)).library.delete("x", ANYONE)


# Pulling and pushing


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt", None),
        ("fixed", None),
        ("warm", None),
        ("plain", ("box", "plain:latest", "")),
        ("nick", ("box", "plain:latest", "")),
        ("other", ("second", "other:latest", "")),
        ("new:7b", ("box", "new:7b", "")),
        ("second/new", ("second", "new", "")),
        ("SECOND/new", ("second", "new", "")),
        ("library/other", ("second", "other:latest", "")),
        ("registry.ollama.ai/library/new:7b", ("box", "new:7b", "")),
    ],
)
async def test_a_pull_goes_to_who_has_it_or_who_can_fetch_it(
    house: House, name: str, expected: tuple[str, str, str] | None
) -> None:
    assert way(await house.library.pull(name, ANYONE)) == expected


@pytest.mark.parametrize("name", ["dangling", "cloud/new"])
async def test_a_pull_of_what_nobody_can_fetch_is_not_found(house: House, name: str) -> None:
    with pytest.raises(ModelNotFound):
        await house.library.pull(name, ANYONE)


async def test_a_pull_goes_to_the_first_that_would_list_it() -> None:
    house = House(native("box", models=("!new*",)), native("second"))

    assert way(await house.library.pull("new:7b", ANYONE)) == ("second", "new:7b", "")


async def test_a_pull_without_weights_is_a_question_whether_it_is_there() -> None:
    house = weightless()

    assert await house.library.pull("gpt", ANYONE) is None
    with pytest.raises(ModelNotFound):
        await house.library.pull("nope", ANYONE)


async def test_a_push_is_for_models_with_weights(house: House) -> None:
    assert way(await house.library.push("me/ns:tag", ANYONE)) == ("box", "me/ns:tag", "")
    for name in ("gpt", "warm"):
        with pytest.raises(NotSupported, match="push is not supported by this gateway"):
            await house.library.push(name, ANYONE)
    with pytest.raises(ModelNotFound):
        await house.library.push("nope", ANYONE)
    with pytest.raises(NotSupported):
        await weightless().library.push("nope", ANYONE)


async def test_uploads_go_to_the_first_that_takes_them(house: House) -> None:
    plan = house.library.uploads()

    assert plan is not None
    assert plan.backend.name == "box"


# Whoever asks


PLAIN_ONLY = Caller(name="ada", models=("plain*", "mine"), admin=True)


@pytest.mark.parametrize("name", ["gpt", "me/ns:tag", "new"])
async def test_a_key_with_models_changes_no_others(house: House, name: str) -> None:
    for ask in (
        house.library.pull(name, PLAIN_ONLY),
        house.library.create(Recipe(name="mine", source=name), PLAIN_ONLY),
    ):
        with pytest.raises(NotAllowed):
            await ask


async def test_a_key_with_models_makes_no_others(house: House) -> None:
    await house.made("theirs", "warm")

    for ask in (
        house.library.delete("theirs", PLAIN_ONLY),
        house.library.copy("plain", "theirs", PLAIN_ONLY),
        house.library.copy("plain", "new", PLAIN_ONLY),
    ):
        with pytest.raises(NotAllowed):
            await ask
    assert way(await house.library.copy("plain", "plain2", PLAIN_ONLY)) is not None


MINE = Caller(name="ada", models=("cloud/*", "box/mine*", "new*"), admin=True)


@pytest.mark.parametrize(
    ("name", "source"), [("qwen3:8b", "gpt"), ("plain", "gpt"), ("theirs", "gpt"), ("nick", "gpt")]
)
async def test_whoever_may_use_the_base_may_not_give_it_any_name(
    house: House, name: str, source: str
) -> None:
    await house.made("theirs", "warm")
    before = house.store.models()

    for ask in (
        house.library.create(Recipe(name=name, source=source), MINE),
        house.library.copy(source, name, MINE),
    ):
        with pytest.raises(NotAllowed):
            await ask
    assert house.store.models() is before


async def test_a_key_makes_names_that_are_its_own(house: House) -> None:
    assert await house.library.copy("gpt", "new-one", MINE) is None

    assert house.store.models()[0].target == "cloud/gpt"


async def test_a_name_that_leads_to_a_model_a_key_may_not_use_is_not_taken() -> None:
    house = House(backend("cloud", "gpt"), native("box", "base"))
    await house.made("newest", "gpt")
    boxed = Caller(name="ada", models=("box/*", "new*", "!cloud/*"), admin=True)

    with pytest.raises(NotAllowed, match="may not use"):
        await house.library.create(Recipe(name="newest", source="base"), boxed)


async def test_what_a_key_excludes_is_not_pulled_in_another_spelling(house: House) -> None:
    caller = Caller(name="ada", models=("!secret*", "!box/secret*"), admin=True)

    for name in ("library/secret:8b", "box/library/SECRET:8b", "registry.ollama.ai/library/secret"):
        with pytest.raises(NotAllowed):
            await house.library.pull(name, caller)


async def test_a_backend_that_does_not_answer_is_no_proof_that_nothing_is_there() -> None:
    cloud = backend("cloud")
    cloud.catalog.error = BackendUnavailable("no answer")
    house = House(cloud)

    for ask in (
        house.library.delete("x", ANYONE),
        house.library.copy("x", "y", ANYONE),
        house.library.pull("x", ANYONE),
        house.library.create(Recipe(name="y", source="x"), ANYONE),
    ):
        with pytest.raises(BackendUnavailable):
            await ask


# Forwarding


async def test_after_a_forwarded_change_the_list_is_old(house: House) -> None:
    plan = await house.library.delete("plain", ANYONE)
    assert plan is not None
    catalog = plan.backend.catalog

    async with plan.open(RawRequest(dialect=OLLAMA, path="/api/delete")) as reply:
        assert catalog.expired == 0
        assert reply.status == 200

    assert catalog.expired == 1


async def test_the_other_workers_are_told_of_a_forwarded_change(house: House) -> None:
    for number, plan in enumerate(
        (
            await house.library.delete("plain", ANYONE),
            await house.library.pull("plain", ANYONE),
            await house.library.pull("new", ANYONE),
            await house.library.copy("plain", "new", ANYONE),
            await house.library.create(Recipe(name="new", uploads=True), ANYONE),
        ),
        start=1,
    ):
        assert plan is not None
        async with plan.open(RawRequest(dialect=OLLAMA, path="/api/any")):
            pass

        assert house.store.changes() == {"box": number}


async def test_after_a_refused_change_the_list_is_old_too(house: House) -> None:
    plan = await house.library.delete("plain", ANYONE)
    assert plan is not None
    plan.raw.error = GatewayError("no")

    with pytest.raises(GatewayError, match="no"):
        async with plan.open(RawRequest(dialect=OLLAMA, path="/api/delete")):
            pass

    assert plan.backend.catalog.expired == 1
