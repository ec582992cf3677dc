"""A model list that is asked for now and then, never twice at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context

from loguru import logger
from msgspec.structs import replace

from adapters.dialects.requests.model_names import is_listable
from ports.catalog import Known, ModelCatalog
from ports.clock import Clock
from ports.errors import BackendError, BackendProtocolError, BackendUnavailable
from ports.models import ModelInfo

RETRY_SECONDS = 5.0
"""How long a failure is remembered, so that a dead upstream is not asked on every request."""

SECOND_CHANCE_SECONDS = 1.0
"""How long a caller waits for the list of an upstream that had none to give before."""

Fetch = Callable[[], Awaitable[Sequence[ModelInfo]]]


class CachedCatalog(ModelCatalog):
    """Remembers what `fetch` brought for `ttl` seconds.

    Only requests without any list wait; others get the old one while a refresh runs in the
    background. A refresh that fails leaves the old list in place and is tried again
    after `RETRY_SECONDS`. After `expire` whoever asks for `models` waits for the new one. With
    `fallback` a list that was never had is no error: the fallback stands in for it (servers
    without `/models`).
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        name: str,
        ttl: float,
        clock: Clock,
        fallback: Sequence[ModelInfo] | None = None,
    ) -> None:
        self._fetch = fetch
        self._name = name
        self._ttl_ns = int(ttl * 1e9)
        self._clock = clock
        self._fallback = fallback
        self._known = Known()
        self._error: BackendError | None = None
        self._due_ns = 0
        self._changes = 0
        """Counts the calls of `expire`."""
        self._refresh: asyncio.Task[None] | None = None

    def known(self) -> Known:
        """Return what is known; a refresh that is due begins."""
        if self._clock.monotonic_ns() >= self._due_ns and self._refresh is None:
            # In nobody's name: what a client's request brings along is no part of it.
            self._refresh = asyncio.create_task(self._renew(), context=Context())
        return self._known

    async def models(self) -> Sequence[ModelInfo]:
        """Return the list, at once if there is one."""
        known = self.known()
        if self._refresh is not None and (known.models is None or not known.settled):
            # Nobody's list is taken away by one caller that gives up: `wait` cancels nothing.
            await asyncio.wait((self._refresh,), timeout=self._patience)
            known = self._known
        if known.models is not None:
            return known.models
        if known.error is not None:
            # The same object is raised each time: it must not grow by a traceback each time.
            raise known.error.with_traceback(None)
        raise BackendUnavailable("the models are not known: the server is stopping")

    @property
    def _patience(self) -> float | None:
        # The very first list is worth waiting for; an upstream that failed before is only
        # given the time that one that is up again needs.
        return None if self._error is None else SECOND_CHANCE_SECONDS

    def expire(self) -> None:
        """Have those who ask for the list from now on wait for a new one."""
        self._changes += 1
        self._due_ns = self._clock.monotonic_ns()
        if self._known.models is not None:
            self._known = replace(self._known, settled=False)

    async def aclose(self) -> None:
        """Stop a refresh that is under way."""
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.gather(self._refresh, return_exceptions=True)

    async def _renew(self) -> None:
        try:
            asked = -1
            while asked < self._changes:  # `expire` may be called while a list is under way
                asked = self._changes
                models = await self._ask()
                known = self._known_with(models, settled=asked == self._changes)
                if known != self._known:
                    self._known = known
        finally:
            self._refresh = None

    def _known_with(self, models: Sequence[ModelInfo] | None, *, settled: bool) -> Known:
        if models is None:
            return Known(error=self._error, settled=settled)
        unheard = self._error if models is self._fallback else None
        return Known(models=models, unheard=unheard, settled=settled)

    async def _ask(self) -> Sequence[ModelInfo] | None:
        """Return the new list, or the old one where there is none or nothing has changed."""
        before = self._known.models
        try:
            models = _listable(await self._fetched())
        except BackendError as error:
            if self._error is None or self._error.message != error.message:
                logger.warning("backend {} does not list its models: {}", self._name, error.message)
                self._error = error  # the same object while nothing has changed
            self._wait(min(self._ttl_ns, int(RETRY_SECONDS * 1e9)))
            return self._fallback if before is None else before
        self._error = None
        self._wait(self._ttl_ns)
        return before if before == models else models

    async def _fetched(self) -> Sequence[ModelInfo]:
        try:
            return await self._fetch()
        except BackendError:
            raise
        except Exception as bug:
            # Told like any other answer that is none: a list is asked for again and again.
            logger.exception("the list of backend {} could not be read", self._name)
            raise BackendProtocolError("invalid response from upstream") from bug

    def _wait(self, ns: int) -> None:
        self._due_ns = self._clock.monotonic_ns() + ns


def _listable(models: Sequence[ModelInfo]) -> Sequence[ModelInfo]:
    """Return the models that have a name a client can ask for, each once."""
    listed: dict[str, ModelInfo] = {}
    for model in models:
        if is_listable(model.id):
            listed.setdefault(model.id, model)
    return tuple(listed.values())
