"""A client that sees bytes: one connection, what it sends and what it reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.upstream.server import Upstream

REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


class Dialogue:
    """An open connection to the upstream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def ask(self, request: bytes = REQUEST) -> None:
        """Send a request."""
        self.writer.write(request)

    async def head(self) -> bytes:
        """Read up to the end of the head."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def rest(self) -> bytes:
        """Read until the upstream closes; a reset raises `ConnectionResetError`."""
        return await self.reader.read()


@asynccontextmanager
async def dialogue(upstream: Upstream) -> AsyncIterator[Dialogue]:
    """Connect, and close at the end."""
    where = urlsplit(upstream.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        yield Dialogue(reader, writer)
    finally:
        writer.close()
