"""Which models are loaded, as clients see it.

An upstream that loads models tells so itself. Elsewhere a model counts as loaded from its
last use until its `keep_alive` is over (docs/wire/ollama-api.md 2.5, 3.6); that record is
this process's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from domain.index import Index
from domain.names import canonical
from domain.permission import may_use, require
from domain.routing import Router
from domain.target import Target
from ports.backend import Backend
from ports.caller import Caller
from ports.clock import Clock
from ports.errors import GatewayError
from ports.residence import RunningModel

KEEP_ALIVE = 300.0
"""Seconds a model stays when nobody says otherwise."""

_SECOND = 1_000_000_000
_FOREVER_NS = 2**63 - 1
_MOST = 1000
"""Models remembered: `any_model` lets clients invent names."""


class Resident(Struct, frozen=True, kw_only=True):
    """A loaded model. `told` is what its upstream says of it, `None` where none does."""

    target: Target
    expires_ns: int
    told: RunningModel | None = None


class Residents:
    """Loads and unloads models, and knows which are loaded."""

    def __init__(self, router: Router, clock: Clock) -> None:
        self._router = router
        self._clock = clock
        self._used: dict[str, Resident] = {}

    def note(self, target: Target, keep_alive: float | None = None) -> None:
        """Remember a use; `keep_alive` as in `ports.residence.Residence.load`.

        Where the upstream keeps its own record nothing is remembered.
        """
        if target.backend.residence is not None:
            return
        # Popped even when it stays: the dictionary's order is that of the last use.
        self._used.pop(target.name, None)
        seconds = KEEP_ALIVE if keep_alive is None else keep_alive
        if seconds == 0:
            return
        if len(self._used) >= _MOST:
            del self._used[next(iter(self._used))]
        known = 0 <= seconds < _FOREVER_NS / _SECOND
        stay_ns = round(seconds * _SECOND) if known else _FOREVER_NS
        self._used[target.name] = Resident(
            target=target, expires_ns=self._clock.time_ns() + stay_ns
        )

    async def load(self, target: Target, keep_alive: float | None = None) -> None:
        """Load a model, or with a `keep_alive` of 0 unload it.

        Raises the `GatewayError` of an upstream that cannot.
        """
        residence = target.backend.residence
        if residence is None:
            self.note(target, keep_alive)
        else:
            await residence.load(target.model.id, keep_alive=keep_alive)

    async def unload(self, name: str, caller: Caller) -> None:
        """Unload a model by the name a client knows it by.

        Raises `ModelNotFound`, `NotAllowed` or what its upstream has against it.
        """
        target = await self._router.resolve(name)
        require(caller, target, name)
        await self.load(target, 0)

    async def list(self, caller: Caller) -> Sequence[Resident]:
        """List what is loaded and the caller may use, the latest to expire first.

        Upstreams' models have the names under which they are listed here; one that is not
        listed is left out, and so is all of an upstream that does not answer.
        """
        index = await self._router.index()
        told = await asyncio.gather(*(_running(it) for it in self._router.backends))
        residents = [resident for running in told for resident in _named(index, *running)]
        residents.extend(self._still_used(index))
        allowed = [it for it in residents if may_use(caller, it.target)]
        return sorted(allowed, key=lambda it: it.expires_ns, reverse=True)

    def _still_used(self, index: Index) -> Sequence[Resident]:
        now = self._clock.time_ns()
        for name, resident in list(self._used.items()):
            # Gone, or taken away, or another model by now.
            found = index.find(name)
            same = found is not None and found.qualified == resident.target.qualified
            if resident.expires_ns <= now or not same:
                del self._used[name]
        return list(self._used.values())


async def _running(backend: Backend) -> tuple[Backend, Sequence[RunningModel]]:
    if backend.residence is None:
        return backend, ()
    try:
        return backend, await backend.residence.running()
    except GatewayError:
        return backend, ()


def _named(index: Index, backend: Backend, running: Sequence[RunningModel]) -> Sequence[Resident]:
    if not running:
        return ()
    listed = {
        canonical(target.model.id): target
        for target in index.targets
        if target.backend is backend and target.alias is None
    }
    return [
        Resident(target=listed[canonical(model.id)], expires_ns=model.expires_ns, told=model)
        for model in running
        if canonical(model.id) in listed
    ]
