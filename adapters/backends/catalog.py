"""A model list that is asked for now and then, never twice at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from loguru import logger

from ports.catalog import ModelCatalog
from ports.clock import Clock
from ports.errors import BackendError, BackendUnavailable
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
    after `RETRY_SECONDS`. After `expire` everybody waits for the new one. With `fallback` a
    list that was never had is no error: the fallback stands in for it (servers without
    `/models`).
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
        self._models: Sequence[ModelInfo] | None = None
        self._error: BackendError | None = None
        self._due_ns = 0
        self._wanted = 0
        """Counts the calls of `expire`; `_fetched` is the count that the list is as new as."""
        self._fetched = 0
        self._refresh: asyncio.Task[None] | None = None

    async def models(self) -> Sequence[ModelInfo]:
        """Return the list, at once if there is one."""
        if self._clock.monotonic_ns() >= self._due_ns and self._refresh is None:
            self._refresh = asyncio.create_task(self._renew())
        waits = self._models is None or self._fetched < self._wanted
        if waits and self._refresh is not None:
            # Nobody's list is taken away by one caller that gives up: `wait` cancels nothing.
            await asyncio.wait((self._refresh,), timeout=self._patience)
        if self._models is not None:
            return self._models
        if self._fallback is not None:
            return self._fallback
        if self._error is not None:
            # The same object is raised each time: it must not grow by a traceback each time.
            raise self._error.with_traceback(None)
        raise BackendUnavailable("the models are not known: the server is stopping")

    @property
    def _patience(self) -> float | None:
        # The very first list is worth waiting for; an upstream that failed before is only
        # given the time that one that is up again needs.
        return None if self._error is None else SECOND_CHANCE_SECONDS

    def expire(self) -> None:
        """Have the next caller, and all who come while it is under way, wait for a new list."""
        self._wanted += 1
        self._due_ns = self._clock.monotonic_ns()

    async def aclose(self) -> None:
        """Stop a refresh that is under way."""
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.gather(self._refresh, return_exceptions=True)

    async def _renew(self) -> None:
        try:
            wanted = -1
            while wanted < self._wanted:  # `expire` may be called while a list is under way
                wanted = self._wanted
                await self._ask()
                self._fetched = wanted
        finally:
            self._refresh = None

    async def _ask(self) -> None:
        try:
            models = await self._fetch()
        except BackendError as error:
            if self._error is None or self._error.message != error.message:
                logger.warning("backend {} does not list its models: {}", self._name, error.message)
            self._error = error
            self._wait(min(self._ttl_ns, int(RETRY_SECONDS * 1e9)))
        else:
            self._error = None
            if self._models != models:
                self._models = models
            self._wait(self._ttl_ns)

    def _wait(self, ns: int) -> None:
        self._due_ns = self._clock.monotonic_ns() + ns
