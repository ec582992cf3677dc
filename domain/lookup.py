"""The rules by which a client's name leads to a model, in their order."""

from __future__ import annotations

from collections.abc import Collection

from domain.names import canonical, plain
from domain.offered import Names, Offered, as_it_is
from domain.target import Target


class Lookup:
    """Finds what a name stands for. The first of these rules that finds something decides.

    1. Listed: the name as it is written, without `:latest`, with `:latest`; then the same in any
       case. Of one spelling the alias comes first, then the model that is listed so, then
       `backend/id`.
    2. Variant: the id of a model with an ending that its backend understands.
    3. Short: what stands behind the last slash of one model's id only.
    4. Owned: a name that begins with a backend's is by rule 1, in its plain spelling, or goes to
       that backend if it takes any model. It goes to nobody else.
    5. Dangling: the name of an alias whose target is gone goes to nobody.
    6. Plain: rule 1 again, in the spelling that is sent (`domain.names.plain`).
    7. Taken: the first backend that takes any model gets it, in that spelling too.

    Who asks only for some of them says so: `find_listed` is rule 1, `find_known` 1 to 3,
    `find_named` 4. `dangling` are the names of rule 5, folded and without `:latest`.
    """

    def __init__(self, offered: Offered, names: Names, dangling: Collection[str]) -> None:
        self._offered = offered
        self._names = names
        self._dangling = dangling

    def find(self, name: str) -> Target | None:
        """Resolve a client's name, or return `None` if nothing answers to it."""
        return self.find_known(name) or self._find_unlisted(name)

    def find_known(self, name: str) -> Target | None:
        """Resolve a client's name as far as it leads to a model that is listed."""
        bare = canonical(name.strip())
        return self.find_listed(name) or self._offered.variant(bare) or self._offered.short(bare)

    def find_listed(self, name: str) -> Target | None:
        """Resolve a client's name as far as it is one that is listed."""
        return self._names.find(name.strip())

    def find_named(self, name: str) -> Target | None:
        """Resolve a name that begins with a backend's: whoever writes it means no other one."""
        owner, rest = self._offered.split(name.strip())
        if owner is None or not (model := plain(rest)):
            return None
        return self.find_listed(f"{owner.name}/{model}") or as_it_is(owner, model)

    def _find_unlisted(self, name: str) -> Target | None:
        owner, _ = self._offered.split(name.strip())
        if owner is not None:
            return self.find_named(name)
        model = plain(name)
        if not model or model.casefold() in self._dangling:
            return None
        return self.find_listed(model) or self._offered.taker(model)
