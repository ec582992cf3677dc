"""One upstream over HTTP: prepared requests, bounded waits, errors in our own words.

Library errors are translated in two places only, around opening an answer and around
reading it. Everything that does not change from request to request is prepared once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx

from adapters.backends.patience import Patience, Timeouts
from ports.errors import BackendError, BackendProtocolError, BackendUnavailable

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

ErrorDecoder = Callable[[int, bytes, str | None], BackendError]
"""From status, body and `Retry-After` to the error it means, in the upstream's dialect."""


class Answer:
    """An open 2xx answer. `read()` gives the next bytes as they come, `b""` at the end."""

    __slots__ = ("_piece", "_response", "patience")

    def __init__(self, response: httpx.Response, patience: Patience) -> None:
        self._response = response
        self._piece = aiter(_stream(response)).__anext__
        self.patience = patience

    @property
    def content_type(self) -> str:
        """The media type, lower case, without parameters."""
        value: str = self._response.headers.get("content-type", "")
        return value.partition(";")[0].strip().lower()

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
        self._prepared: dict[tuple[str, str], tuple[httpx.URL, httpx.Headers]] = {}

    async def get(self, path: str, *, within: float) -> bytes:
        """Fetch a small document, all of it within so many seconds."""
        timeouts = Timeouts(connect=self._timeouts.connect, first_byte=0, idle=0, total=within)
        async with self._open("GET", path, b"", "application/json", timeouts) as answer:
            return await answer.read_all()

    async def post(self, path: str, body: bytes) -> bytes:
        """Send a JSON body and read the whole answer."""
        async with self._open("POST", path, body, "application/json", self._timeouts) as answer:
            answer.patience.started()
            return await answer.read_all()

    def open(self, path: str, body: bytes, *, accept: str) -> AbstractAsyncContextManager[Answer]:
        """Send a JSON body and hand over the answer while it comes.

        Entering waits for the head and raises what a refusal means; leaving closes the
        connection unless the answer was read to its end.
        """
        return self._open("POST", path, body, accept, self._timeouts)

    def conceal(self, error: BackendError) -> BackendError:
        """Take our own secrets out of what an upstream said, and return the same error."""
        for secret in self._secrets:
            error.message = _without(secret, error.message)
            error.upstream_code = error.upstream_code and _without(secret, error.upstream_code)
        error.args = (error.message,)
        return error

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, body: bytes, accept: str, timeouts: Timeouts
    ) -> AsyncIterator[Answer]:
        url, headers = self._prepare(path, accept)
        # Given a stream, httpx adds no headers of its own; the length is the transport's business.
        request = httpx.Request(
            method,
            url,
            headers=headers,
            stream=httpx.ByteStream(body),
            extensions=self._extensions,
        )
        patience = Patience(timeouts)
        response: httpx.Response | None = None
        try:
            with patience:
                response = await _sent(self._transport.handle_async_request(request))
            answer = Answer(response, patience)
            if not response.is_success:
                raise await self._refusal(response, answer)
            yield answer
        finally:
            patience.end()
            if response is not None:
                await _stream(response).aclose()

    def _prepare(self, path: str, accept: str) -> tuple[httpx.URL, httpx.Headers]:
        found = self._prepared.get((path, accept))
        if found is None:
            headers = self._headers.copy()
            headers["accept"] = accept
            headers["content-type"] = "application/json"
            found = (httpx.URL(f"{self._base}/{path}"), headers)
            self._prepared[path, accept] = found
        return found

    async def _refusal(self, response: httpx.Response, answer: Answer) -> BackendError:
        if response.is_redirect:
            return BackendProtocolError("the upstream redirects; check the base URL")
        body = await answer.read_some(MAX_ERROR, ERROR_SECONDS)
        wait = response.headers.get("retry-after")
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


async def _sent(sending: Awaitable[httpx.Response]) -> httpx.Response:
    try:
        return await sending
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        raise BackendUnavailable("cannot reach upstream") from error
    except httpx.TransportError as error:
        raise BackendUnavailable("the upstream broke off before it answered") from error
