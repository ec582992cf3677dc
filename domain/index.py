"""What all backends offer at one moment, and where a client's name leads in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from domain.aliases import Alias
from domain.likeness import Likeness
from domain.lookup import Lookup
from domain.names import canonical
from domain.offered import Names, Offered, Offers
from domain.target import Target
from ports.observer import Why


class Index(Lookup):
    """What all backends offer at one moment, by every name that leads to it.

    An alias is found by the same rules as any other name, but leads to no further alias. A
    listed name always leads to the backend it was listed from.
    """

    def __init__(
        self,
        offers: Offers,
        aliases: Iterable[Alias] = (),
        *,
        short_names: bool = False,
        complete: bool = True,
    ) -> None:
        """Take the lists, and whether they are all there.

        While one is missing, a name in no list may be one of it, and is sent to nobody else.
        """
        aliases = tuple(aliases)
        taken = {canonical(alias.name) for alias in aliases}
        offered = Offered(offers, taken, short_names=short_names, complete=complete)
        behind = Lookup(offered, offered.names, ())
        found = [(alias, behind.find(alias.target)) for alias in aliases]
        named = [_under(alias, target) for alias, target in found if target is not None]
        self.dangling = tuple(alias for alias, target in found if target is None)
        """Aliases whose target nobody has at this moment; they are not listed."""
        self.targets: Sequence[Target] = (*named, *offered.targets)
        """Everything that is listed: the aliases first, then every allowed model once."""
        self._nearest: dict[str, tuple[str, ...]] = {}
        super().__init__(
            offered,
            Names(offered.pairs, named),
            {canonical(alias.name).casefold() for alias in self.dangling},
        )

    @cached_property
    def offered(self) -> frozenset[tuple[str, str]]:
        """Every backend's name with the id of each of its models that a listed name leads to."""
        return frozenset((it.backend.name, it.model.id) for it in self.targets)

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


def _under(alias: Alias, target: Target) -> Target:
    """Return what an alias leads to, under its name."""
    return Target(
        name=alias.name, backend=target.backend, model=target.model, alias=alias, why=Why.ALIAS
    )
