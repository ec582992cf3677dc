"""Bytes for an Ollama server that need no translation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.backends.upstream import Answer, Upstream
from ports.raw import RawBackend, RawReply, RawRequest


class OllamaRaw(RawBackend):
    """Passes any method and path on, and answers other than 2xx through the error table."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    @asynccontextmanager
    async def open_raw(self, request: RawRequest, /) -> AsyncIterator[RawReply]:
        """Send the request, wait for the first bytes of the answer."""
        async with self._upstream.open_raw(
            request.method,
            request.path.removeprefix("/"),
            request.body,
            content_type=request.content_type,
        ) as answer:
            first = await answer.read()
            answer.patience.started()
            yield RawReply(
                status=answer.status,
                content_type=answer.full_content_type,
                body=_Pieces(first, answer),
            )


class _Pieces(AsyncIterator[bytes]):
    """The body as it comes. No generator: there is nothing to close but the answer itself."""

    __slots__ = ("_answer", "_first")

    def __init__(self, first: bytes, answer: Answer) -> None:
        self._first = first
        self._answer = answer

    async def __anext__(self) -> bytes:
        if self._first:
            data, self._first = self._first, b""
            return data
        if data := await self._answer.read():
            return data
        raise StopAsyncIteration
