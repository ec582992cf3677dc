"""From the name a client sends to the backend and the id that stand behind it.

The order in which a name is looked up is the one of `docs/configuration.md`: first match
wins, and a listed name always leads to the backend it was listed from. The rules are plain
functions over an `Index`, a snapshot of all catalogs; `Router` keeps that snapshot fresh.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from msgspec import Struct
from msgspec.structs import replace

from domain.aliases import Alias, of_made
from domain.names import LATEST, canonical, matches
from ports.backend import Backend
from ports.errors import BackendError, ModelNotFound
from ports.library import MadeModel, ModelStore
from ports.models import ModelInfo


class Target(Struct, frozen=True, kw_only=True):
    """Where a name leads. `name` is the listed one; `model.id` is the backend's own."""

    name: str
    backend: Backend
    model: ModelInfo
    alias: Alias | None = None

    @property
    def qualified(self) -> str:
        """The name that is unique among all backends: `backend/id`."""
        return f"{self.backend.name}/{self.model.id}"


class Index:
    """What all backends offer at one moment, by every name that leads to it."""

    def __init__(
        self,
        offers: Sequence[tuple[Backend, Sequence[ModelInfo]]],
        aliases: Iterable[Alias] = (),
        *,
        short_names: bool = False,
    ) -> None:
        self._backends = {backend.name: backend for backend, _ in offers}
        aliases = tuple(aliases)
        models = _listed(offers, {canonical(alias.name) for alias in aliases})
        self._by_name = {target.name: target for target in models}
        # `backend/id` always works, whatever the model is listed as.
        self._by_name |= {
            qualified: target
            for target in models
            if (qualified := target.qualified) not in self._by_name
        }
        self._by_folded = _first_wins((name.casefold(), it) for name, it in self._by_name.items())
        self._by_short = _unique_short(models) if short_names else {}
        named = [target for alias in aliases if (target := self._behind(alias)) is not None]
        found = {target.name for target in named}
        self.dangling = tuple(alias for alias in aliases if alias.name not in found)
        """Aliases whose target nobody has at this moment; they are not listed."""
        self._aliases = {target.name: target for target in named}
        self._folded_aliases = _first_wins(
            (canonical(target.name).casefold(), target) for target in named
        )
        self.targets: tuple[Target, ...] = (*named, *models)
        """Everything that is listed: the aliases first, then every allowed model once."""
        self._nearest: dict[str, tuple[str, ...]] = {}

    def find(self, name: str) -> Target | None:
        """Resolve a client's name, or return `None` if nothing answers to it."""
        bare = canonical(name.strip())
        return (
            self.find_listed(name)
            or self._variant(bare)
            or self._by_short.get(bare)
            or self._unlisted(bare)
        )

    def find_listed(self, name: str) -> Target | None:
        """Resolve a client's name as far as it is one that is listed."""
        name = name.strip()
        bare = canonical(name)
        return (
            self._aliases.get(name)
            or self._by_name.get(name)
            or self._aliases.get(bare)
            or self._by_name.get(bare)
            or self._aliases.get(name + LATEST)
            or self._by_name.get(name + LATEST)
            or self._folded_aliases.get(bare.casefold())
            or self._find_folded(name, bare)
        )

    def nearest(self, name: str) -> tuple[str, ...]:
        """Up to three listed names that look like `name`."""
        if name not in self._nearest:
            if len(self._nearest) >= 256:  # noqa: PLR2004 - enough for real mistakes, not for a flood
                self._nearest.clear()
            names = [target.name for target in self.targets[:2000]]
            self._nearest[name] = tuple(get_close_matches(name[:100], names, n=3))
        return self._nearest[name]

    def _find_folded(self, name: str, bare: str) -> Target | None:
        for spelling in (name, bare, name + LATEST):
            if (target := self._by_folded.get(spelling.casefold())) is not None:
                return target
        return None

    def _variant(self, name: str) -> Target | None:
        """Find a listed model whose backend understands the ending of the name behind its id."""
        base, colon, ending = name.rpartition(":")
        ending = f":{ending.casefold()}"
        owners = [it for it in self._backends.values() if colon and ending in it.variants]
        if not base or not owners:
            return None
        spellings = (base, *(f"{owner.name}/{base}" for owner in owners))
        for spelling in spellings:
            target = self._by_name.get(spelling) or self._by_folded.get(spelling.casefold())
            if target is not None and (found := _with_ending(target, ending)) is not None:
                return found
        return None

    def _unlisted(self, name: str) -> Target | None:
        prefix, slash, rest = name.partition("/")
        owner = self._backends.get(prefix) if slash else None
        if owner is not None and (target := _as_it_is(owner, rest)) is not None:
            return target
        for backend in self._backends.values():
            if (target := _as_it_is(backend, name)) is not None:
                return target
        return None

    def _behind(self, alias: Alias) -> Target | None:
        bare = canonical(alias.target)
        target = (
            self._by_name.get(alias.target)
            or self._by_name.get(bare)
            or self._find_folded(alias.target, bare)
            or self._variant(bare)
            or self._by_short.get(bare)
            or self._unlisted(bare)
        )
        if target is None:
            return None
        return Target(name=alias.name, backend=target.backend, model=target.model, alias=alias)


class Router:
    """Resolves names against the catalogs, and the models made by clients, as they are now."""

    def __init__(
        self,
        backends: Sequence[Backend],
        aliases: Iterable[Alias] = (),
        *,
        store: ModelStore | None = None,
        short_names: bool = False,
    ) -> None:
        self.backends = tuple(backends)
        self.configured = tuple(aliases)
        """The aliases of the configuration, which no client may change."""
        self._store = store
        self._aliases = self.configured
        self._made: Sequence[MadeModel] = ()
        self._short_names = short_names
        self._seen: tuple[Sequence[ModelInfo] | BackendError, ...] = ()
        self._indexed = self._aliases
        self._current: Index | None = None
        """Made of `_seen` and `_indexed`."""

    async def resolve(self, name: str) -> Target:
        """Find what `name` stands for.

        Raises `ModelNotFound`, or the `BackendError` of a backend whose models are not known
        right now: "not found" would be a guess then.
        """
        self._know_made()
        if self._current is None and (early := await self._first_look(name)) is not None:
            return early
        index = await self.index()
        target = index.find(name)
        if target is not None:
            return target
        for seen in self._seen:
            if isinstance(seen, BackendError):
                raise seen.with_traceback(None)
        raise ModelNotFound(name, nearest=index.nearest(name))

    async def index(self) -> Index:
        """Return the snapshot for the catalogs of this moment, the same one while they last."""
        self._know_made()
        seen = await self._look()
        known = self._indexed is self._aliases and _same(seen, self._seen)
        if self._current is None or not known:
            self._seen, self._indexed = seen, self._aliases
            self._current = Index(
                [
                    (backend, () if isinstance(models, BackendError) else models)
                    for backend, models in zip(self.backends, seen, strict=True)
                ],
                self._aliases,
                short_names=self._short_names,
            )
        return self._current

    def _know_made(self) -> None:
        """Take in what clients have made since; the configuration's own names come first."""
        made = () if self._store is None else self._store.models()
        if made is not self._made:
            self._made = made
            taken = {canonical(alias.name).casefold() for alias in self.configured}
            mine = [of_made(model) for model in made if model.name.casefold() not in taken]
            self._aliases = (*self.configured, *mine)

    async def failures(self) -> Mapping[str, BackendError]:
        """Tell which backends cannot say what they offer, and why."""
        return {
            backend.name: seen
            for backend, seen in zip(self.backends, await self._look(), strict=True)
            if isinstance(seen, BackendError)
        }

    async def _first_look(self, name: str) -> Target | None:
        """Find a name before every backend has spoken once.

        A slow upstream then holds up only the names that may be its own, and not those of
        the backends listed before it.
        """
        looks = [asyncio.ensure_future(_models(backend)) for backend in self.backends]
        known: list[Sequence[ModelInfo]] = [() for _ in self.backends]
        try:
            for number, look in enumerate(looks):
                models = await look
                known[number] = () if isinstance(models, BackendError) else models
                # Without short names: what is unique so far may not be in the end.
                index = Index(list(zip(self.backends, known, strict=True)), self._aliases)
                if (target := index.find_listed(name)) is not None:
                    return target
        finally:
            for look in looks:
                look.cancel()
        return None

    async def _look(self) -> tuple[Sequence[ModelInfo] | BackendError, ...]:
        if self._current is None:
            # The first look waits for every upstream, so it asks all of them at once.
            return tuple(await asyncio.gather(*map(_models, self.backends)))
        return tuple([await _models(backend) for backend in self.backends])


async def _models(backend: Backend) -> Sequence[ModelInfo] | BackendError:
    try:
        return await backend.catalog.models()
    except BackendError as error:
        return error


def _same(these: Sequence[object], those: Sequence[object]) -> bool:
    return len(these) == len(those) and all(a is b for a, b in zip(these, those, strict=True))


def _listed(offers: Sequence[tuple[Backend, Sequence[ModelInfo]]], taken: set[str]) -> list[Target]:
    prefixes = tuple(f"{backend.name}/" for backend, _ in offers)
    listed = []
    for backend, models in offers:
        for model in models:
            if not matches(backend.models, model.id):
                continue
            name = model.id
            if canonical(name) in taken or name.startswith(prefixes):
                name = f"{backend.name}/{model.id}"
            if canonical(name) in taken:
                continue
            taken.add(canonical(name))
            listed.append(Target(name=name, backend=backend, model=model))
    return listed


def _with_ending(target: Target, ending: str) -> Target | None:
    """Return a model's variant, unless its backend does not know it or the settings exclude it."""
    backend, name = target.backend, target.model.id + ending
    excluding = [glob for glob in backend.models if glob.startswith("!")]
    if ending not in backend.variants or not matches(excluding, name):
        return None
    model = replace(target.model, id=name)
    return Target(name=target.name + ending, backend=backend, model=model)


def _as_it_is(backend: Backend, model: str) -> Target | None:
    if not backend.any_model or not model or not matches(backend.models, model):
        return None
    return Target(name=model, backend=backend, model=ModelInfo(id=model))


def _first_wins(pairs: Iterable[tuple[str, Target]]) -> dict[str, Target]:
    found: dict[str, Target] = {}
    for name, target in pairs:
        found.setdefault(name, target)
    return found


def _unique_short(models: Iterable[Target]) -> dict[str, Target]:
    found: dict[str, Target | None] = {}
    for target in models:
        short = canonical(target.model.id.rpartition("/")[2])
        found[short] = None if short in found else target
    return {name: target for name, target in found.items() if target is not None}
