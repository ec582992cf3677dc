"""Requests that change the models of an upstream, passed on to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from domain.exchange import Opened
from domain.names import canonical, matches
from domain.permission import require
from domain.relay import native
from domain.target import Target
from ports.backend import Backend
from ports.caller import Caller
from ports.errors import NotAllowed
from ports.library import ModelStore
from ports.models import ModelInfo
from ports.raw import OLLAMA, RawBackend, RawReply, RawRequest, joined


class Forward(Struct, frozen=True, kw_only=True):
    """An upstream that shall do it, with the models named as it names them itself.

    `model` is what is pulled, pushed, deleted or made; `source` what it is copied or made
    from, empty if there is no such thing.
    """

    backend: Backend
    raw: RawBackend
    model: str = ""
    source: str = ""
    asked: str = ""
    """The model as the client named it, where there is one already."""
    store: ModelStore | None = None
    """What tells the other workers that the upstream's models have changed, if they may have."""

    @asynccontextmanager
    async def open(self, request: RawRequest) -> AsyncIterator[RawReply]:
        """Send the request; see `ports.raw.RawBackend.open_raw`.

        When an exchange that may change models is over, however it ended, the upstream's list
        of them is old.
        """
        try:
            async with Opened(self.raw.open_raw(request), self.asked) as reply:
                yield reply
        finally:
            if self.store is not None:
                self.backend.catalog.expire()
                await self.store.touch(self.backend.name)


async def whole(reply: RawReply) -> bytes:
    """Read an answer to its end. Raises a `BackendError` if it breaks off or has none."""
    return await joined(reply.body)


def to_owner(target: Target) -> Forward | None:
    """Forward to the upstream that has the model; `None` if it does not manage models.

    Nor is an alias the upstream's if it is more than another name.
    """
    raw = native(target.backend, OLLAMA)
    if raw is None or not (target.alias is None or target.alias.renames_only):
        return None
    return Forward(
        backend=target.backend, raw=raw, model=target.model.id, asked=canonical(target.name)
    )


def to_any(backends: Sequence[Backend]) -> Forward | None:
    """Forward to the first upstream that manages models, `None` if there is none."""
    for backend in backends:
        if (raw := native(backend, OLLAMA)) is not None:
            return Forward(backend=backend, raw=raw)
    return None


def require_new(caller: Caller, backend: Backend, model: str) -> None:
    """Raise `NotAllowed` unless a new model of this id would be listed, and the caller's."""
    if not matches(backend.models, model):
        raise NotAllowed(f"backend '{backend.name}' does not offer a model '{model}' here")
    require(caller, Target(name=model, backend=backend, model=ModelInfo(id=model)), model)
