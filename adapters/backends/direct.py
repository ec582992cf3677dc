"""One request over a connection of aiohttp's pool, without what its session does for browsers.

The session looks after cookies, redirects, credentials and retries, and writes every body in a
task of its own, behind the head. An upstream is asked for none of that: head and body go out
together, and what costs half of a request is left out (figures in `docs/dependencies.md`).
Connecting, TLS, the pool and the parser stay aiohttp's. What it uses of them is exported or
without an underscore, but not documented: the version is pinned, and tests go over sockets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from multidict import CIMultiDictProxy
from yarl import URL

Header = tuple[bytes, bytes]

READ_SIZE: Final = 256 * 1024
"""Bytes that may wait unread on one response before the socket is not read any more."""

_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"})
_LINE_END = re.compile(rb"[\r\n\0]")
_FIRST_FINAL = 200
_SWITCHING = 101


class Received(Protocol):
    """An answer whose head is here."""

    content: aiohttp.StreamReader
    status: int

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """By name, whatever the case."""

    @property
    def raw_headers(self) -> Sequence[Header]:
        """As they came."""

    def close(self) -> None:
        """Close the connection, unless the answer was read to its end."""


class Prepared:
    """What is the same in all requests of one method to one address with the same headers."""

    __slots__ = ("_has_length", "_head", "_is_head", "_usually_empty", "_where", "names")

    def __init__(self, method: str, url: URL, headers: Sequence[Header]) -> None:
        self.names = frozenset(name.lower() for name, _ in headers)
        """Of the headers, in lower case."""
        # The connector reads of this where to connect to, and nothing else.
        self._where = aiohttp.ClientRequest(method, url)
        self._is_head = method == "HEAD"
        self._has_length = b"content-length" in self.names
        self._usually_empty = method in _WITHOUT_BODY
        host = f"host: {url.host_port_subcomponent}\r\n" if b"host" not in self.names else ""
        self._head = f"{method} {url.raw_path_qs} HTTP/1.1\r\n{host}".encode() + lines_of(headers)

    async def sent_over(
        self,
        connector: aiohttp.BaseConnector,
        body: bytes,
        more: Sequence[Header],
        within: aiohttp.ClientTimeout,
    ) -> Received:
        """Send it with this body and these further headers; return once the head is here.

        Raises `aiohttp.ClientError`, or `ValueError` for a header that would be two.
        """
        head = self._head + lines_of(more) if more else self._head
        if not self._has_length and (body or not self._usually_empty):
            # Without it a body would be read as the next request.
            head += b"content-length: %d\r\n" % len(body)
        try:
            connection = await connector.connect(self._where, [], within)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("no connection came about in time") from error
        try:
            return await self._asked(connection, b"%b\r\n%b" % (head, body))
        except HttpProcessingError as error:
            connection.close()
            where = self._where.request_info
            raise aiohttp.ClientResponseError(where, (), message=error.message) from error
        except BaseException:
            connection.close()
            raise

    async def _asked(self, connection: Connection, data: bytes) -> Received:
        protocol = connection.protocol
        if protocol is None or protocol.transport is None or protocol.transport.is_closing():
            raise aiohttp.ServerDisconnectedError("the connection was closed")
        protocol.set_response_params(
            skip_payload=self._is_head,
            read_until_eof=True,
            read_bufsize=READ_SIZE,
            auto_decompress=False,
        )
        protocol.transport.write(data)
        while True:
            message, content = await protocol.read()
            if message.code >= _FIRST_FINAL or message.code == _SWITCHING:
                return _Reply(connection, protocol, message, content)


class _Reply:
    __slots__ = ("_connection", "_protocol", "content", "headers", "raw_headers", "status")

    def __init__(
        self,
        connection: Connection,
        protocol: ResponseHandler,
        message: RawResponseMessage,
        content: aiohttp.StreamReader,
    ) -> None:
        self._connection: Connection | None = connection
        self._protocol = protocol
        self.status = message.code
        self.headers = message.headers
        self.raw_headers = message.raw_headers
        self.content = content
        content.on_eof(self._give_back)

    def close(self) -> None:
        """Close the connection, unless the answer was read to its end."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        transport = self._protocol.transport
        # An upstream may answer without having read all that it was asked.
        if transport is not None and transport.get_write_buffer_size():
            connection.close()
        else:
            connection.release()


def lines_of(headers: Sequence[Header]) -> bytes:
    """Return header lines. Raises `ValueError` for a name or value that would begin another one."""
    lines = [b"%b: %b" % header for header in headers]
    if any(map(_LINE_END.search, lines)):
        raise ValueError("a header may not hold the end of a line")
    return b"\r\n".join([*lines, b""])
