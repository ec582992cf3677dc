"""What all backends offer at one moment, and where a client's name leads in it.

The order in which a name is looked up is the one of `docs/configuration.md`: first match
wins, and a listed name always leads to the backend it was listed from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec.structs import replace

from domain.aliases import Alias
from domain.likeness import Likeness
from domain.names import LATEST, canonical, matches, plain
from domain.target import Target
from ports.backend import Backend
from ports.models import ModelInfo
from ports.observer import Why


class Index:
    """What all backends offer at one moment, by every name that leads to it."""

    def __init__(
        self,
        offers: Sequence[tuple[Backend, Sequence[ModelInfo]]],
        aliases: Iterable[Alias] = (),
        *,
        short_names: bool = False,
        complete: bool = True,
    ) -> None:
        """Take the lists, and whether they are all there.

        While one is missing, a name in no list may be one of it, and is sent to nobody else.
        """
        self._complete = complete
        self._backends = {backend.name: backend for backend, _ in offers}
        self._owners = {name.casefold(): owner for name, owner in self._backends.items()}
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
        self._aliases: dict[str, Target] = {}
        self._dangling: set[str] = set()
        self._folded_aliases: dict[str, Target] = {}
        named = [target for alias in aliases if (target := self._behind(alias)) is not None]
        found = {target.name for target in named}
        self.dangling = tuple(alias for alias in aliases if alias.name not in found)
        """Aliases whose target nobody has at this moment; they are not listed."""
        self._dangling = {canonical(alias.name).casefold() for alias in self.dangling}
        self._aliases = {target.name: target for target in named}
        self._folded_aliases = _first_wins(
            (canonical(target.name).casefold(), target) for target in named
        )
        self.targets: tuple[Target, ...] = (*named, *models)
        """Everything that is listed: the aliases first, then every allowed model once."""
        self._nearest: dict[str, tuple[str, ...]] = {}

    @cached_property
    def offered(self) -> frozenset[tuple[str, str]]:
        """Every backend's name with the id of each of its models that a listed name leads to."""
        return frozenset((it.backend.name, it.model.id) for it in self.targets)

    def find(self, name: str) -> Target | None:
        """Resolve a client's name, or return `None` if nothing answers to it."""
        return self.find_known(name) or self._unlisted(name)

    def find_known(self, name: str) -> Target | None:
        """Resolve a client's name as far as it leads to a model that is listed."""
        bare = canonical(name.strip())
        return self.find_listed(name) or self._variant(bare) or self._by_short.get(bare)

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
        name = name[:100]  # so much is looked at, and kept
        if name not in self._nearest:
            if len(self._nearest) >= 256:  # noqa: PLR2004 - enough for real mistakes, not for a flood
                self._nearest.clear()
            self._nearest[name] = self._likeness.nearest(name)
        return self._nearest[name]

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness(target.name for target in self.targets[:2000])

    def find_named(self, name: str) -> Target | None:
        """Resolve a name that begins with a backend's: whoever writes it means no other one."""
        owner, rest = self._owner_of(name)
        if owner is None or not (model := plain(rest)):
            return None
        return self.find_listed(f"{owner.name}/{model}") or _as_it_is(owner, model)

    def _owner_of(self, name: str) -> tuple[Backend | None, str]:
        prefix, slash, rest = name.strip().partition("/")
        return (self._owners.get(prefix.casefold()) if slash else None), rest

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
        """Find who takes a name that is in no list; what it is matched as is what is sent."""
        owner, _ = self._owner_of(name)
        if owner is not None:
            return self.find_named(name)
        if not (model := plain(name)) or model.casefold() in self._dangling:
            return None
        if (listed := self.find_listed(model)) is not None:
            return listed
        for backend in self._backends.values() if self._complete else ():
            if (target := _as_it_is(backend, model)) is not None:
                return target
        return None

    def _behind(self, alias: Alias) -> Target | None:
        bare = canonical(alias.target)
        target = (
            self._by_name.get(alias.target)
            or self._by_name.get(bare)
            or self._by_name.get(alias.target + LATEST)
            or self._find_folded(alias.target, bare)
            or self._variant(bare)
            or self._by_short.get(bare)
            or self._unlisted(alias.target)
        )
        if target is None:
            return None
        return Target(
            name=alias.name, backend=target.backend, model=target.model, alias=alias, why=Why.ALIAS
        )


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
    return Target(name=target.name + ending, backend=backend, model=model, why=Why.VARIANT)


def _as_it_is(backend: Backend, model: str) -> Target | None:
    if not backend.any_model or not model or not matches(backend.models, model):
        return None
    return Target(name=model, backend=backend, model=ModelInfo(id=model), why=Why.UNLISTED)


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
