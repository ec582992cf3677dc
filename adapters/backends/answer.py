"""One answer of an upstream: opened, read with patience, closed.

Library errors are translated in two places only, both here: around opening an answer and
around reading it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType

import httpx

from adapters.backends.content import Content, Undone
from adapters.backends.patience import Patience, Timeouts
from adapters.backends.transport import LOST, Body
from ports.errors import (
    BackendError,
    BackendUnavailable,
    GatewayError,
)
from ports.raw import LARGEST_ANSWER, joined
from ports.stream import Stream, Take


class Answer(Stream[bytes]):
    """An open answer: an iterator over the pieces of its body, as they come.

    Waiting for one raises `BackendTimeout` after `idle`, `BackendUnavailable` if the
    connection broke. No generator: there is nothing to close but what opened the answer.
    """

    __slots__ = ("_content", "_headers", "_held", "_response", "patience")

    def __init__(self, response: httpx.Response, patience: Patience) -> None:
        self._response = response
        body = _body(response)
        self._headers = body.headers
        self._content = body.content
        self._held = b""
        self.patience = patience

    @property
    def status(self) -> int:
        """One of 200 to 299, or 304 to a request of which nobody knows what it asks for."""
        return self._response.status_code

    @property
    def content_type(self) -> str:
        """The media type, lower case, without parameters."""
        return self.full_content_type.partition(";")[0].strip().lower()

    @property
    def full_content_type(self) -> str:
        """The header as it was sent; may be empty."""
        return self.header("content-type")

    def header(self, name: str) -> str:
        """Return a header, empty where there is none."""
        return self._headers.get(name, "")

    async def __anext__(self) -> bytes:
        """Wait for more of the body."""
        # Once per event, so all of it is here.
        if self._held:
            data, self._held = self._held, b""
            return data
        content = self._content
        if content is None:
            raise StopAsyncIteration
        try:
            while not (data := content.take()):
                waiter = content.more()
                if waiter is None:
                    raise StopAsyncIteration
                self.patience.watch(waiter)
                await waiter
        except LOST as error:
            raise BackendUnavailable("the upstream broke off its answer") from error
        return data

    async def pour(self, take: Take[bytes], /) -> bool:
        """Hand pieces to `take` in the moment they come, until it returns false."""
        content = self._content
        if content is None:
            return False
        if self._held:
            data, self._held = self._held, b""
            if not take(data):
                return True
        return await self._pour(content, take)

    async def _pour(self, content: Content | Undone, take: Take[bytes]) -> bool:
        patience = self.patience
        goes_on = True
        ours = False  # a flag: an error would hold the frames that hold it

        def pass_on() -> bool:
            nonlocal goes_on, ours
            patience.again()
            while goes_on and (data := content.take()):
                try:
                    goes_on = take(data)
                except LOST:
                    ours = True
                    raise
            return goes_on

        try:
            while pass_on():
                waiter = content.pouring(pass_on)
                if waiter is None:
                    return False
                patience.watch(waiter)
                await waiter
        except LOST as error:
            if ours:
                raise
            raise BackendUnavailable("the upstream broke off its answer") from error
        finally:
            # Or all of this would hold each other until it is collected.
            content.poured()
            patience.unwatch()
        return True

    async def read(self) -> bytes:
        """Wait for more of the body, `b""` once it is complete."""
        return await anext(self, b"")

    def unread(self, data: bytes) -> None:
        """Give back what `read` has brought, to whoever iterates."""
        self._held = data

    async def read_all(self, limit: int = LARGEST_ANSWER) -> bytes:
        """Read what is left. Raises `BackendProtocolError` beyond `limit` bytes."""
        return await joined(self, limit)

    async def read_some(self, limit: int, seconds: float) -> tuple[bytes, bool]:
        """Read at most so much for at most so long; return what came, and if that is all."""
        pieces: list[bytes] = []
        size, whole = 0, False
        try:
            async with asyncio.timeout(seconds):
                while size < limit and (data := await self.read()):
                    pieces.append(data)
                    size += len(data)
                whole = size <= limit and not data
        except (TimeoutError, BackendError):
            pass  # there is still the status
        return b"".join(pieces)[:limit], whole


Refusal = Callable[[httpx.Response, Answer], Awaitable[BackendError | None]]
"""Tells what an answer other than 2xx means, `None` if it is one all the same."""


class Opening(AbstractAsyncContextManager[Answer]):
    """One request; entering sends it, leaving closes its answer.

    No generator: it is made for every request, and one costs more than all that is done here.
    """

    __slots__ = ("_patience", "_refusal", "_request", "_response", "_timeouts", "_transport")

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        request: httpx.Request,
        timeouts: Timeouts,
        refusal: Refusal,
    ) -> None:
        self._transport = transport
        self._request = request
        self._timeouts = timeouts
        self._refusal = refusal
        self._patience: Patience | None = None
        self._response: httpx.Response | None = None

    async def __aenter__(self) -> Answer:
        """Wait for the head."""
        self._patience = patience = Patience(self._timeouts)
        if isinstance(self._request.stream, Pieces):
            self._request.stream.patience = patience
        try:
            with patience:
                response = await _sent(self._transport, self._request)
            self._response = response
            answer = Answer(response, patience)
            refusal = None if response.is_success else await self._refusal(response, answer)
        except BaseException:
            await self._close()
            raise
        if refusal is not None:
            await self._close()
            raise refusal
        return answer

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection, unless the answer was read to its end."""
        await self._close()

    async def _close(self) -> None:
        if self._patience is not None:
            self._patience.end()
        if self._response is not None:
            await _body(self._response).aclose()


class Pieces(httpx.AsyncByteStream):
    """A body that comes in pieces, and what went wrong where they come from.

    It may take as long as it takes: it is the client's time. `first_byte` counts from its end.
    But an upstream that does not take what is there for `idle` seconds is given up: nobody would
    notice that the client has left, since nothing more is read of it meanwhile.
    """

    def __init__(
        self, source: AsyncIterator[bytes], *, first_byte: float = 0.0, idle: float = 0.0
    ) -> None:
        self._source = source
        self._first_byte = first_byte
        self._idle = idle
        self.patience: Patience | None = None
        """Of the exchange, once it is under way."""
        self.failure: GatewayError | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces, and keep what goes wrong."""
        try:
            async for piece in self._source:
                self._count(self._idle)
                yield piece
                self._count(0.0)
        except GatewayError as error:
            # The HTTP client would only say that it could not send.
            self.failure = error
            raise
        self._count(self._first_byte)

    def _count(self, seconds: float) -> None:
        if self.patience is not None:
            self.patience.asked(seconds)


async def _sent(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    try:
        return await transport.handle_async_request(request)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        raise BackendUnavailable("cannot reach upstream") from error
    except httpx.TransportError as error:
        body = request.stream
        if isinstance(body, Pieces) and body.failure is not None:
            raise body.failure from error
        raise BackendUnavailable("the upstream broke off before it answered") from error


def _body(response: httpx.Response) -> Body:
    body = response.stream
    if not isinstance(body, Body):
        raise TypeError("answers come by a transport of our own")
    return body
