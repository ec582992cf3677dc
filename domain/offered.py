"""The models that backends offer, by the names that lead to them, before there is any alias."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from domain.names import LATEST, canonical, matches
from domain.target import Target
from ports.backend import Backend
from ports.models import ModelInfo
from ports.observer import Why

Offers = Sequence[tuple[Backend, Sequence[ModelInfo]]]
Pair = tuple[str, Target]


class Names:
    """Targets by name: aliases, and models by each name that leads to them.

    Of two that have one name the first counts, and an alias before a model.
    """

    def __init__(self, models: Sequence[Pair], aliases: Sequence[Target] = ()) -> None:
        self._names = _first_wins((*((it.name, it) for it in aliases), *models))
        self._aliases = _first_wins((canonical(it.name).casefold(), it) for it in aliases)
        self._models = _first_wins((name.casefold(), target) for name, target in models)

    def find(self, name: str) -> Target | None:
        """Find a name as it is written, without and with `:latest`; then the same in any case."""
        bare = canonical(name)
        spellings = (name, bare, name + LATEST)
        for spelling in spellings:
            if (target := self._names.get(spelling)) is not None:
                return target
        if (target := self._aliases.get(bare.casefold())) is not None:
            return target
        for spelling in spellings:
            if (target := self._models.get(spelling.casefold())) is not None:
                return target
        return None

    def find_written(self, name: str) -> Target | None:
        """Find a name as it is written, or else a model's in any case."""
        return self._names.get(name) or self._models.get(name.casefold())


class Offered:
    """What all backends offer.

    `taken` are the names of aliases, under which no model is listed. While the lists are not
    `complete`, a name in none of them may be one of a list that is missing, and is nobody's.
    """

    def __init__(
        self, offers: Offers, taken: Iterable[str], *, short_names: bool, complete: bool
    ) -> None:
        self.targets = tuple(_listed(offers, set(taken)))
        """Every allowed model once, under a name that no other has."""
        self.pairs: Sequence[Pair] = (
            *((it.name, it) for it in self.targets),
            # `backend/id` always works, whatever the model is listed as.
            *((it.qualified, it) for it in self.targets),
        )
        self.names = Names(self.pairs)
        self._backends = tuple(backend for backend, _ in offers)
        self._owners = {backend.name.casefold(): backend for backend in self._backends}
        self._by_short = _unique_short(self.targets) if short_names else {}
        self._takers = self._backends if complete else ()

    def split(self, name: str) -> tuple[Backend | None, str]:
        """Return the backend that a name begins with, if any, and what is behind its slash."""
        prefix, slash, rest = name.partition("/")
        return (self._owners.get(prefix.casefold()) if slash else None), rest

    def variant(self, name: str) -> Target | None:
        """Find a listed model whose backend understands the ending of the name behind its id."""
        base, colon, ending = name.rpartition(":")
        ending = f":{ending.casefold()}"
        owners = [it for it in self._backends if colon and ending in it.variants]
        if not base or not owners:
            return None
        for spelling in (base, *(f"{owner.name}/{base}" for owner in owners)):
            target = self.names.find_written(spelling)
            if target is not None and (found := _with_ending(target, ending)) is not None:
                return found
        return None

    def short(self, name: str) -> Target | None:
        """Find the only model whose id has this behind its last slash, if that is to be done."""
        return self._by_short.get(name)

    def taker(self, model: str) -> Target | None:
        """Find the first backend that takes a model which is in no list."""
        taken = (as_it_is(backend, model) for backend in self._takers)
        return next((target for target in taken if target is not None), None)


def as_it_is(backend: Backend, model: str) -> Target | None:
    """Return a model that is in no list, if this backend takes those."""
    if not backend.any_model or not model or not matches(backend.models, model):
        return None
    return Target(name=model, backend=backend, model=ModelInfo(id=model), why=Why.UNLISTED)


def _listed(offers: Offers, taken: set[str]) -> Iterable[Target]:
    prefixes = tuple(f"{backend.name}/" for backend, _ in offers)
    for backend, models in offers:
        for model in models:
            if not matches(backend.models, model.id):
                continue
            name = _free(model.id, f"{backend.name}/{model.id}", taken, prefixes)
            if canonical(name) not in taken:
                taken.add(canonical(name))
                yield Target(name=name, backend=backend, model=model)


def _free(name: str, qualified: str, taken: Collection[str], prefixes: tuple[str, ...]) -> str:
    """Return the longer name where the short one is another's, or reads as one of a backend."""
    return qualified if canonical(name) in taken or name.startswith(prefixes) else name


def _with_ending(target: Target, ending: str) -> Target | None:
    """Return a model's variant, unless its backend does not know it or the settings exclude it."""
    backend, name = target.backend, target.model.id + ending
    excluding = [glob for glob in backend.models if glob.startswith("!")]
    if ending not in backend.variants or not matches(excluding, name):
        return None
    model = replace(target.model, id=name)
    return Target(name=target.name + ending, backend=backend, model=model, why=Why.VARIANT)


def _first_wins(pairs: Iterable[Pair]) -> dict[str, Target]:
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
