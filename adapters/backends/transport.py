"""The HTTP transport of every upstream: httpx's interface over aiohttp's client.

httpx's own pool polls every idle connection on every request and collapses when many
requests meet a cold pool; aiohttp's does not (figures in `docs/dependencies.md`). The seam
stays httpx's `AsyncBaseTransport`, so that anything written for it, its OpenTelemetry
instrumentation above all, can be wrapped around this.

What this adds to aiohttp: a bound on idle connections, one decision about proxies per
upstream, and errors that say what happened. A connection that is lost in the middle is
never called a connect failure: a retry on that would send a paid request twice.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.hdrs import CONTENT_ENCODING
from multidict import CIMultiDict
from yarl import URL

from adapters.backends.content import Content, Undone, connects
from adapters.backends.direct import READ_SIZE, Header, Prepared, Received
from adapters.backends.patience import WaitCancelled
from adapters.dialects.wire.coding import CODINGS
from ports.dropped import DROPPED_UPSTREAM
from ports.dropped import HEADER as DROPPED
from ports.errors import PoolExhausted
from ports.request_id import HEADER, REQUEST_ID

Wrap = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]
"""Puts something around the transport of an upstream, to watch what goes through it. Answers keep
their `Body`."""


def unwrapped(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """Leave a transport as it is."""
    return transport


MAX_REMEMBERED = 64
"""Requests kept prepared: relayed paths must not fill the memory."""

LOST = (aiohttp.ClientError, OSError)
"""What is raised where a connection breaks."""

IDLE_SECONDS = 60.0
"""How long an idle connection is kept; below the usual 75 s of public servers."""

PLAIN_IDLE_SECONDS = 4.0
"""The same without TLS, where a new connection costs next to nothing: the usual 5 s of servers
that people run themselves must not end first, with our next request already on its way."""


def environment_proxy(url: httpx.URL) -> str:
    """Return the proxy that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` name for `url`."""
    if proxy_bypass(url.host):
        return ""
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


@cache
def tls_context(verify: bool | str) -> ssl.SSLContext:  # noqa: FBT001 - the setting's own form
    """Verify against the usual roots (`True`), against a CA bundle (its path), or not at all.

    Reading the roots takes 30 ms and most of a megabyte, so upstreams share what they read.
    """
    return httpx.create_ssl_context(
        verify=ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify
    )


class BoundedConnector(aiohttp.TCPConnector):
    """aiohttp's connector, which bounds open connections, with a bound on idle ones too.

    `sock_connect` bounds all that it takes until a connection is there, not only the socket's
    part of it: resolving the name, one address after the other, TLS, and what a proxy asks for.
    Who is cancelled while waiting for a connection to come free raises a `WaitCancelled` that
    says so.
    """

    def __init__(self, *, max_idle: int, **options: Any) -> None:
        super().__init__(**options)
        self._max_idle = max_idle
        connects(self)

    def _release(self, key: Any, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        # aiohttp has no public hook here; a test counts the sockets that stay open.
        full = len(self._conns.get(key, ())) >= self._max_idle
        super()._release(key, protocol, should_close=should_close or full)

    async def _create_connection(
        self,
        req: Any,
        traces: Any,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's form
    ) -> ResponseHandler:
        # aiohttp's `connect` would count the wait for a free connection too, and that is no sign
        # of an upstream that cannot be reached.
        async with asyncio.timeout(timeout.sock_connect):
            return await super()._create_connection(req, traces, timeout)

    async def _wait_for_available_connection(self, key: Any, traces: Any) -> None:
        try:
            await super()._wait_for_available_connection(key, traces)
        except asyncio.CancelledError as error:
            raise WaitCancelled(
                PoolExhausted(
                    f"all connections to the backend are in use: pool.max is {self.limit}"
                )
            ) from error


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends prepared `httpx.Request`s over a keep-alive pool of aiohttp's.

    What is sent for a request that we serve carries that one's id. Of a request's extensions it
    reads `timeout["connect"]`, seconds from no connection to one, and `headers`, a mapping: those
    that are others each time. How long an answer may take is the caller's business: it cancels,
    and the connection is closed. `encrypted` is false where nobody will be asked by `https:`, so
    that no roots need be read. Names are resolved by the system, or by `resolver`.
    Must be built while an event loop runs.
    """

    def __init__(  # noqa: PLR0913 - all by keyword
        self,
        *,
        max_connections: int = 512,
        max_idle: int = 128,
        verify: bool | str = True,
        encrypted: bool = True,
        proxy: str = "",
        idle_seconds: float = IDLE_SECONDS,
        resolver: AbstractResolver | None = None,
    ) -> None:
        connector = BoundedConnector(
            limit=max_connections,
            max_idle=max_idle,
            keepalive_timeout=idle_seconds,
            ssl=tls_context(verify) if encrypted or proxy.startswith("https:") else True,
            ttl_dns_cache=30,
            resolver=resolver,
        )
        self._connector = connector
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("accept", "accept-encoding", "user-agent", "content-type"),
            timeout=aiohttp.ClientTimeout(total=None),
            read_bufsize=READ_SIZE,
            auto_decompress=False,
        )
        self._proxy = URL(proxy) if proxy else None
        self._prepared = lru_cache(MAX_REMEMBERED)(_prepared)
        self._connecting = lru_cache(MAX_REMEMBERED)(_connecting_within)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and return once the head of the answer is here.

        Raises `httpx.ConnectError`, `ConnectTimeout` or `ProxyError` if no connection came
        about, `httpx.ReadError` or `RemoteProtocolError` if it broke or spoke nonsense.
        """
        sent = tuple(request.headers.raw)
        prepared = self._prepared(request.method, str(request.url), sent)
        more = _of_this_one(request, prepared)
        timeout = self._connecting(request.extensions.get("timeout", {}).get("connect"))
        stream = request.stream
        response: Received
        try:
            if self._proxy is None and isinstance(stream, httpx.ByteStream):
                body = b"".join(stream)
                response = await prepared.sent_over(self._connector, body, more, timeout)
            else:
                response = await self._session.request(
                    request.method,
                    URL(str(request.url), encoded=True),
                    data=_body(request),
                    headers=_in_words([*sent, *more]),
                    allow_redirects=False,
                    proxy=self._proxy,
                    timeout=timeout,
                )
            headers, by_name, coding = _headers(response)
        except LOST as error:
            raise _as_httpx(error, request) from error
        if DROPPED in response.headers:
            _note(response)
        return httpx.Response(
            response.status,
            headers=headers,
            stream=Body(response, request, by_name, coding),
            request=request,
            extensions={"http_version": b"HTTP/1.1"},
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()


def _prepared(method: str, url: str, headers: tuple[Header, ...]) -> Prepared:
    return Prepared(method, URL(url, encoded=True), headers)


def _in_words(headers: Sequence[Header]) -> CIMultiDict[str]:
    return CIMultiDict(
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    )


def _of_this_one(request: httpx.Request, prepared: Prepared) -> list[Header]:
    """Return headers that no other request has: the id of what is served, and its extension's.

    The settings may send one of their own in the place of each.
    """
    # Here and not where headers are prepared: with an id in the key nothing would be remembered.
    named: Mapping[str, str] = request.extensions.get("headers") or {}
    if request_id := REQUEST_ID.get():
        named = {HEADER: request_id, **named}
    pairs = [(name.encode(), value.encode()) for name, value in named.items()]
    return [pair for pair in pairs if pair[0] not in prepared.names]


def _note(response: Received) -> None:
    """Tell the one who answers what another llamaport has dropped."""
    told = DROPPED_UPSTREAM.get()
    if told is not None:
        told.append(response.headers[DROPPED])


def _headers(response: Received) -> tuple[Sequence[Header], Mapping[str, str], str]:
    """Return the headers as a list and by name, without those of a compression, and that one."""
    raw, by_name = response.raw_headers, response.headers
    if CONTENT_ENCODING not in by_name:
        return raw, by_name, ""
    coding = ",".join(by_name.getall(CONTENT_ENCODING)).strip().lower()
    if coding in _NONE:
        coding = ""
    elif coding not in CODINGS:
        response.close()
        raise aiohttp.ClientPayloadError("a content coding that nobody asked for")
    # `Body` undoes the compression, and the length is that of what was compressed.
    kept = [(name, value) for name, value in raw if name.lower() not in _OF_CODING]
    return kept, _in_words(kept), coding


_NONE = frozenset({"", "identity"})
_OF_CODING = frozenset({b"content-encoding", b"content-length"})


def _connecting_within(seconds: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=seconds)


def _body(request: httpx.Request) -> bytes | httpx.AsyncByteStream | None:
    stream = request.stream
    if isinstance(stream, httpx.ByteStream):
        return b"".join(stream) or None
    if isinstance(stream, httpx.AsyncByteStream):
        return stream  # sent in chunks, as it comes
    raise TypeError("an asynchronous transport sends an asynchronous stream")


class Body(httpx.AsyncByteStream):
    """The answer's body as the network brings it: one item for each time something came.

    Whoever reads many of them reads `content`, which costs less than iterating.
    """

    def __init__(
        self,
        response: Received,
        request: httpx.Request,
        headers: Mapping[str, str],
        coding: str = "",
    ) -> None:
        self._response = response
        self._request = request
        self.headers = headers
        """Of the answer, by name in any case; httpx's own decode all of them at each look."""
        content = Content.of(response.content)
        self.content = Undone(content, coding) if content is not None and coding else content
        """`None` of an answer without a body. Waiting for more raises one of `LOST`."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces as they come."""
        content = self.content
        if content is None:
            return
        try:
            while True:
                if data := content.take():
                    yield data
                elif (waiter := content.more()) is not None:
                    await waiter
                else:
                    return
        except LOST as error:
            raise _as_httpx(error, self._request) from error

    async def aclose(self) -> None:
        """Close the connection, unless the answer was read to its end."""
        self._response.close()


def _as_httpx(error: aiohttp.ClientError | OSError, request: httpx.Request) -> httpx.RequestError:
    kind: type[httpx.RequestError]
    match error:
        case aiohttp.ConnectionTimeoutError():
            kind = httpx.ConnectTimeout
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            kind = httpx.ProxyError
        case aiohttp.ClientConnectorError():
            kind = httpx.ConnectError
        case aiohttp.ClientResponseError() | aiohttp.ServerDisconnectedError():
            kind = httpx.RemoteProtocolError
        case _:
            kind = httpx.ReadError
    return kind(str(error), request=request)
