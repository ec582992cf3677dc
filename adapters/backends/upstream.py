"""One upstream over HTTP: prepared requests, bounded waits, errors in our own words.

Library errors are translated in two places only, around opening an answer and around
reading it. Everything that does not change from request to request is prepared once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
from msgspec.structs import replace

from adapters.backends.patience import Patience, Timeouts
from adapters.backends.retry_after import wanted_wait
from ports.errors import (
    BackendError,
    BackendProtocolError,
    BackendUnavailable,
    GatewayError,
)

MAX_ANSWER = 256 * 1024 * 1024
"""Bytes of a plain answer, beyond which an upstream is not telling the truth."""

MAX_ERROR = 64 * 1024
"""Bytes of an error answer that are looked at."""

ERROR_SECONDS = 2.0
"""How long the body of an error answer is waited for: its status says the most."""

SHORTEST_SECRET = 6
"""Letters below which hiding a text everywhere would hide more than a secret."""

DRAIN_SECONDS = 0.1
"""How long a stream may take to end once its last event is here."""

MAX_PREPARED = 64
"""Addresses that are remembered: relayed paths must not fill the memory."""

JSON = "application/json"
ANY = "*/*"

ErrorDecoder = Callable[[int, bytes, float | None], BackendError]
"""From status, body and the wanted wait in seconds (`Retry-After`) to the error it means, in
the upstream's dialect."""


class Answer:
    """An open 2xx answer. `read()` gives the next bytes as they come, `b""` at the end."""

    __slots__ = ("_piece", "_response", "patience")

    def __init__(self, response: httpx.Response, patience: Patience) -> None:
        self._response = response
        self._piece = aiter(_stream(response)).__anext__
        self.patience = patience

    @property
    def status(self) -> int:
        """One of 200 to 299."""
        return self._response.status_code

    @property
    def content_type(self) -> str:
        """The media type, lower case, without parameters."""
        return self.full_content_type.partition(";")[0].strip().lower()

    @property
    def full_content_type(self) -> str:
        """The header as it was sent; may be empty."""
        value: str = self._response.headers.get("content-type", "")
        return value

    async def read(self) -> bytes:
        """Wait for more of the body, `b""` once it is complete.

        Raises `BackendTimeout` after `idle`, `BackendUnavailable` if the connection broke.
        """
        try:
            with self.patience:
                return await self._piece()
        except StopAsyncIteration:
            return b""
        except httpx.TransportError as error:
            raise BackendUnavailable("the upstream broke off its answer") from error

    async def read_all(self, limit: int = MAX_ANSWER) -> bytes:
        """Read what is left. Raises `BackendProtocolError` beyond `limit` bytes."""
        pieces = []
        size = 0
        while data := await self.read():
            size += len(data)
            if size > limit:
                raise BackendProtocolError("the upstream's answer is too large")
            pieces.append(data)
        return b"".join(pieces)

    async def read_some(self, limit: int, seconds: float) -> bytes:
        """Read at most so much for at most so long; a cut or stalled body is what came of it."""
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(seconds):
                while size < limit and (data := await self.read()):
                    pieces.append(data)
                    size += len(data)
        except (TimeoutError, BackendError):
            pass  # there is still the status
        return b"".join(pieces)[:limit]

    async def drain(self) -> None:
        """Read the end of a body whose content is complete, so that the connection is kept.

        Gives up after `DRAIN_SECONDS`: the connection is closed then.
        """
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while True:
                    await self._piece()
        except (StopAsyncIteration, TimeoutError, httpx.TransportError):
            return


class Upstream:
    """Sends requests below one base URL with the same headers.

    `secrets` are what must never come back in an error's text: upstreams like to quote the
    key that they refuse.
    """

    def __init__(  # noqa: PLR0913 - all but one by keyword
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        base_url: str,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        decode_error: ErrorDecoder,
        secrets: Iterable[str] = (),
    ) -> None:
        self._transport = transport
        self._base = base_url.rstrip("/")
        self._headers = httpx.Headers({"host": httpx.URL(base_url).netloc.decode(), **headers})
        self._timeouts = timeouts
        self._decode_error = decode_error
        self._secrets = tuple(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)
        self._extensions = {"timeout": {"connect": timeouts.connect or None}}
        self._prepared: dict[tuple[str, str, str], tuple[httpx.URL, httpx.Headers]] = {}

    async def get(self, path: str, *, within: float) -> bytes:
        """Fetch a small document, all of it within so many seconds."""
        timeouts = self._all_within(within)
        async with self._open("GET", path, b"", JSON, timeouts) as answer:
            return await answer.read_all()

    async def post(self, path: str, body: bytes, *, within: float | None = None) -> bytes:
        """Send a JSON body and read the whole answer; `within` as for `get`."""
        timeouts = self._timeouts if within is None else self._all_within(within)
        async with self._open("POST", path, body, JSON, timeouts) as answer:
            answer.patience.started()
            return await answer.read_all()

    def open(self, path: str, body: bytes, *, accept: str) -> AbstractAsyncContextManager[Answer]:
        """Send a JSON body and hand over the answer while it comes.

        Entering waits for the head and raises what a refusal means; leaving closes the
        connection unless the answer was read to its end.
        """
        return self._open("POST", path, body, accept, self._timeouts)

    def open_raw(
        self, method: str, path: str, body: bytes | AsyncIterator[bytes], *, content_type: str
    ) -> AbstractAsyncContextManager[Answer]:
        """Do the same with any method and any body.

        A body that comes in pieces may take as long as it takes: it is the client's time.
        What its iterator raises from our own tree comes out as it is.
        """
        if isinstance(body, bytes):
            return self._open(method, path, body, ANY, self._timeouts, content_type)
        timeouts = replace(self._timeouts, first_byte=0.0)
        return self._open(method, path, _Pieces(body), ANY, timeouts, content_type)

    def conceal(self, error: BackendError) -> BackendError:
        """Take our own secrets out of what an upstream said, and return the same error."""
        for secret in self._secrets:
            error.message = _without(secret, error.message)
            error.upstream_code = error.upstream_code and _without(secret, error.upstream_code)
        error.args = (error.message,)
        return error

    def _all_within(self, seconds: float) -> Timeouts:
        return Timeouts(connect=self._timeouts.connect, first_byte=0, idle=0, total=seconds)

    @asynccontextmanager
    async def _open(  # noqa: PLR0913, PLR0917 - one private place where a request is made
        self,
        method: str,
        path: str,
        body: bytes | _Pieces,
        accept: str,
        timeouts: Timeouts,
        content_type: str = JSON,
    ) -> AsyncIterator[Answer]:
        url, headers = self._prepare(path, accept, content_type)
        # Given a stream, httpx adds no headers of its own; the length is the transport's business.
        request = httpx.Request(
            method,
            url,
            headers=headers,
            stream=httpx.ByteStream(body) if isinstance(body, bytes) else body,
            extensions=self._extensions,
        )
        patience = Patience(timeouts)
        response: httpx.Response | None = None
        try:
            with patience:
                response = await _sent(self._transport.handle_async_request(request), body)
            answer = Answer(response, patience)
            if not response.is_success:
                raise await self._refusal(response, answer)
            yield answer
        finally:
            patience.end()
            if response is not None:
                await _stream(response).aclose()

    def _prepare(
        self, path: str, accept: str, content_type: str
    ) -> tuple[httpx.URL, httpx.Headers]:
        found = self._prepared.get((path, accept, content_type))
        if found is None:
            headers = self._headers.copy()
            headers["accept"] = accept
            headers["content-type"] = content_type
            found = (httpx.URL(f"{self._base}/{path}"), headers)
            if len(self._prepared) >= MAX_PREPARED:
                self._prepared.clear()
            self._prepared[path, accept, content_type] = found
        return found

    async def _refusal(self, response: httpx.Response, answer: Answer) -> BackendError:
        if response.is_redirect:
            return BackendProtocolError("the upstream redirects; check the base URL")
        body = await answer.read_some(MAX_ERROR, ERROR_SECONDS)
        wait = wanted_wait(response.headers, time.time())
        return self.conceal(self._decode_error(response.status_code, body, wait))


def _without(secret: str, text: str) -> str:
    text = text.replace(secret, "***")
    # The codec has cut long messages, and the cut may go through the secret.
    cut = text.removesuffix("…")
    for size in range(len(secret) - 1, SHORTEST_SECRET - 1, -1):
        if cut != text and cut.endswith(secret[:size]):
            return cut[:-size] + "***…"
    return text


def _stream(response: httpx.Response) -> httpx.AsyncByteStream:
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError("an asynchronous transport answers with an asynchronous stream")
    return stream


class _Pieces(httpx.AsyncByteStream):
    """A body that comes in pieces, and what went wrong where they come from."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self.failure: GatewayError | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._source:
                yield piece
        except GatewayError as error:
            # The HTTP client would only say that it could not send.
            self.failure = error
            raise


async def _sent(sending: Awaitable[httpx.Response], body: bytes | _Pieces) -> httpx.Response:
    try:
        return await sending
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        raise BackendUnavailable("cannot reach upstream") from error
    except httpx.TransportError as error:
        if isinstance(body, _Pieces) and body.failure is not None:
            raise body.failure from error
        raise BackendUnavailable("the upstream broke off before it answered") from error
