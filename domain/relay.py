"""May these bytes pass untouched? If so, which upstream gets them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from msgspec import Struct
from msgspec.structs import replace

from domain.exchange import Opened
from domain.permission import require
from domain.routing import Router
from domain.target import Target
from domain.watching import WatchedBytes, exchange_of, no_outcome
from ports.backend import Backend
from ports.caller import Caller
from ports.errors import ModelNotFound
from ports.observer import NOBODY, Observer, Operation, Outcome
from ports.parameters import Parameters, no_parameters
from ports.raw import Dialect, RawBackend, RawReply, RawRequest


class AdmittedRelay(Struct, frozen=True, kw_only=True):
    """A request whose bytes may go to its target as they are, but for the model's name."""

    asked: str
    """The model as the client named it."""
    target: Target
    backend: RawBackend
    observer: Observer = NOBODY
    parameters: Callable[[], Parameters] = no_parameters
    """As in `ports.observer.Exchange`."""

    def open(
        self,
        request: RawRequest,
        operation: Operation = Operation.CHAT,
        *,
        streamed: bool = False,
        outcome: Callable[[], Outcome] = no_outcome,
    ) -> AbstractAsyncContextManager[RawReply]:
        """Send the bytes; see `ports.raw.RawBackend.open_raw`.

        Whoever reads an answer that is `streamed` calls `began` and `spoke` of the reply. `outcome`
        returns what was read of the answer on its way, once it is over.
        """
        exchange = exchange_of(operation, self.asked, self.target)
        opening = WatchedBytes(
            self.backend.open_raw(request),
            replace(exchange, streamed=streamed, parameters=self.parameters),
            self.observer,
            outcome,
        )
        return Opened(opening, self.asked)


class Relay:
    """Finds requests that need no translation: the upstream speaks the client's dialect.

    Whatever would have to be put in or taken out stands against it. Every doubt leads to the
    decoded path, which also words the refusals.
    """

    def __init__(self, router: Router, observer: Observer = NOBODY) -> None:
        self._router = router
        self._observer = observer
        self._dialects = frozenset().union(*(backend.native for backend in router.backends))

    def speaks(self, dialect: Dialect) -> bool:
        """Tell whether any upstream could take this dialect as it is."""
        return dialect in self._dialects

    async def admit(
        self,
        model: str,
        dialect: Dialect,
        caller: Caller,
        *,
        others: bool = False,
        parameters: Callable[[], Parameters] = no_parameters,
    ) -> AdmittedRelay | None:
        """Find the upstream, `None` if the request must be decoded.

        `others` says that the request names more models than this one: a caller or backend that
        is kept to some must not be led to others in that way. `parameters` tells what the client
        asks for, to who watches the exchange. Raises `NotAllowed`, or the
        `BackendError` of a backend whose models are not known.
        """
        try:
            target = await self._router.resolve(model)
        except ModelNotFound:
            return None
        raw = native(target.backend, dialect)
        if raw is None or not (target.alias is None or target.alias.renames_only):
            return None
        require(caller, target, model)
        if others and (caller.models or target.backend.models):
            return None
        return AdmittedRelay(
            asked=model,
            target=target,
            backend=raw,
            observer=self._observer,
            parameters=parameters,
        )


def native(backend: Backend, dialect: Dialect) -> RawBackend | None:
    """Return the port for bytes of a dialect, `None` if the backend does not speak it."""
    return backend.raw if dialect in backend.native else None
