"""From the name a client sends to the backend and the id that stand behind it.

The rules are those of `domain.lookup`, in a snapshot of all catalogs (`domain.index`); `Router`
keeps that snapshot fresh, and decides who is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from domain.aliases import Alias, of_made
from domain.index import Index
from domain.names import canonical
from domain.target import Target
from ports.backend import Backend
from ports.catalog import Known
from ports.errors import BackendError, ModelNotFound
from ports.library import MadeModel, ModelStore

PATIENCE_SECONDS = 2.0
"""How long a request waits for what backends have yet to say, where it has an answer without."""


class Router:
    """Resolves names against the catalogs, and the models made by clients, as they are now.

    What is known is enough for a name that is found in it: nobody waits for another backend
    then, or for a list to be renewed. `patience` is how many seconds a request waits at most
    for what could change its answer.
    """

    def __init__(
        self,
        backends: Sequence[Backend],
        aliases: Iterable[Alias] = (),
        *,
        store: ModelStore | None = None,
        short_names: bool = False,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.backends = tuple(backends)
        self.configured = tuple(aliases)
        """The aliases of the configuration, which no client may change."""
        self._store = store
        self._aliases = self.configured
        self._made: Sequence[MadeModel] = ()
        self._changes: Mapping[str, int] | None = None
        self._short_names = short_names
        self._patience = patience
        self._catalogs = tuple(backend.catalog for backend in self.backends)
        self._known: list[Known] = []
        self._overdue: dict[str, Known] = {}
        """What was known of backends when the wait for more was in vain."""
        self._settled = False
        """Whether that is so of everything in `_known`."""
        self._indexed: tuple[object, ...] = (None,)
        self._current = Index([])
        """Made of `_indexed`: the aliases and the lists."""

    async def resolve(self, name: str) -> Target:
        """Find what `name` stands for.

        Raises `ModelNotFound`, or the `BackendError` of a backend whose models are not known
        right now: "not found" would be a guess then.
        """
        index = self._now()
        target = index.find(name) if self._settled else self._surely(name)
        return await self._search(name) if target is None else target

    async def index(self) -> Index:
        """Return the snapshot for the catalogs of this moment, the same one while they last.

        The first list of a backend is waited for, a new one for a while only: the old list
        counts until it comes.
        """
        index = self._now()
        asking = self._ask(failed=True)
        if not asking:
            return index
        await asyncio.gather(*asking)
        return self._now()

    def known(self) -> Index:
        """Return the snapshot of what is known now; nobody is waited for."""
        return self._now()

    def last_known(self) -> Mapping[str, Known]:
        """Tell what was known of each backend's models when a name was last looked up."""
        known = self._known or [Known()] * len(self.backends)
        return {it.name: one for it, one in zip(self.backends, known, strict=True)}

    def lists(self, backend: str, model: str) -> bool:
        """Tell whether a backend lists a model, by its own id, or an alias leads to that."""
        return (backend, model) in self._current.offered

    async def failures(self) -> Mapping[str, BackendError]:
        """Tell which backends cannot say what they offer, and why."""
        await self.index()
        return {
            backend.name: known.error
            for backend, known in zip(self.backends, self._known, strict=True)
            if known.error is not None
        }

    def _now(self) -> Index:
        """Return the snapshot of what is known, without waiting."""
        self._know_made()
        known = [catalog.known() for catalog in self._catalogs]
        if known == self._known and self._aliases is self._indexed[0]:
            return self._current
        self._known, self._settled = known, all(it.settled for it in known)
        of = (self._aliases, *(it.models for it in known))
        if not _same(of, self._indexed):
            self._indexed = of
            self._current = Index(
                [(owner, it.models or ()) for owner, it in zip(self.backends, known, strict=True)],
                self._aliases,
                short_names=self._short_names,
                complete=all(it.models is not None for it in known),
            )
        return self._current

    def _know_made(self) -> None:
        """Take in what clients have made since; the configuration's own names come first."""
        if self._store is None:
            return
        made, changes = self._store.models(), self._store.changes()
        if changes is not self._changes:
            self._expire(changes)
        if made is not self._made:
            self._made = made
            taken = {canonical(alias.name).casefold() for alias in self.configured}
            mine = [of_made(model) for model in made if model.name.casefold() not in taken]
            self._aliases = (*self.configured, *mine)

    def _expire(self, changes: Mapping[str, int]) -> None:
        """Have the lists renewed that another worker knows to have changed."""
        before, self._changes = self._changes, changes
        for backend in self.backends:
            if before is not None and changes.get(backend.name) != before.get(backend.name):
                backend.catalog.expire()

    def _surely(self, name: str) -> Target | None:
        """Find a name in what is known, unless a list that is still to come could claim it.

        Before every backend has spoken once, those are the lists of the backends before.
        """
        if not any(map(_is_pending, self._known)):
            return self._current.find_known(name)
        target = self._current.find_listed(name)
        named = self._current.find_named(name) if target is None else None
        for backend, known in zip(self.backends, self._known, strict=True):
            if named is not None and backend is named.backend:
                return None if _is_pending(known) else named
            if target is not None and backend is target.backend:
                return target
            if target is None and named is None:
                return None
            if named is None and _is_pending(known):
                return None
        return target

    async def _search(self, name: str) -> Target:
        """Wait for whoever may know the name, until that is sure or they have all spoken."""
        index = self._current
        listed, found = index.find_listed(name), index.find(name)
        asking = self._ask(failed=found is None, hurried=listed is not None)
        try:
            for heard in asyncio.as_completed(asking):
                await heard
                index = self._now()
                if (target := self._surely(name)) is not None:
                    return target
                if listed is None and index.find_listed(name) is not None:
                    return await self._search(name)  # which is in a hurry now
            index = self._now()
            if (target := index.find(name)) is not None:
                return target
            failed = (known.error for known in self._known)
            for error in (*failed, *(asked.result() for asked in asking)):
                if error is not None:
                    raise error.with_traceback(None)
        finally:
            for asked in asking:
                asked.cancel()
        raise ModelNotFound(name, nearest=index.nearest(name))

    def _ask(
        self, *, failed: bool, hurried: bool = False
    ) -> list[asyncio.Future[BackendError | None]]:
        """Begin to wait for all who have yet to speak, at once, and with `failed` for who failed.

        A first list is waited for until it comes, unless that is `hurried`. Nobody is given
        the same time twice.
        """
        asking: list[asyncio.Future[BackendError | None]] = []
        for backend, known in zip(self.backends, self._known, strict=True):
            if known.settled and not (failed and known.error is not None):
                continue
            within = self._patience if hurried or not _is_pending(known) else None
            if within is None or known is not self._overdue.get(backend.name):
                asking.append(asyncio.ensure_future(self._hear(backend, known, within)))
        return asking

    async def _hear(
        self, backend: Backend, known: Known, within: float | None
    ) -> BackendError | None:
        """Wait until a backend has said what it has, or for `within` seconds."""
        try:
            async with asyncio.timeout(within):
                await backend.catalog.models()
        except BackendError as error:
            return error
        except TimeoutError:
            self._overdue[backend.name] = known
        return None


def _is_pending(known: Known) -> bool:
    """Tell whether a backend has yet to speak for the first time."""
    return known.models is None and known.error is None


def _same(these: Sequence[object], those: Sequence[object]) -> bool:
    return len(these) == len(those) and all(a is b for a, b in zip(these, those, strict=True))
