"""Bytes for an Ollama server that need no translation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from adapters.backends.answer import Answer
from adapters.backends.upstream import Upstream
from ports.raw import RawBackend, RawReply, RawRequest


class OllamaRaw(RawBackend):
    """Passes any method and path on, and answers other than 2xx through the error table."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def open_raw(self, request: RawRequest, /) -> AbstractAsyncContextManager[RawReply]:
        """Send the request, wait for the first bytes of the answer."""
        opening = self._upstream.open_raw(
            request.method,
            request.path.removeprefix("/"),
            request.body,
            content_type=request.content_type,
        )
        return _RawOpening(opening, self._upstream.concealed)


class _RawOpening(AbstractAsyncContextManager[RawReply]):
    """An answer whose first bytes are waited for. No generator: see `answer.Opening`."""

    __slots__ = ("_conceal", "_opening")

    def __init__(
        self, opening: AbstractAsyncContextManager[Answer], conceal: Callable[[str], str]
    ) -> None:
        self._opening = opening
        self._conceal = conceal

    async def __aenter__(self) -> RawReply:
        """Wait for the first bytes."""
        answer = await self._opening.__aenter__()
        try:
            answer.unread(await answer.read())
        except BaseException as error:
            await self._opening.__aexit__(type(error), error, error.__traceback__)
            raise
        answer.patience.started()
        return RawReply(
            status=answer.status,
            content_type=answer.full_content_type,
            body=answer,
            conceal=self._conceal,
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the answer."""
        await self._opening.__aexit__(kind, error, traceback)
