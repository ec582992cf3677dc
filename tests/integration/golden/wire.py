"""Requests byte for byte as they were recorded, and answers with their framing.

No HTTP library sends an unknown method, a path with dots in it or no `Host`, and none tells
how a body was cut into chunks.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from msgspec import Struct

Header = tuple[str, str]

TRANSPORT = frozenset({"date", "content-length", "transfer-encoding", "connection"})
"""Headers that say nothing about the answer itself."""

OWN = frozenset({"x-llamaport-dropped", "x-request-id"})
"""Headers that only this server has."""


class Answer(Struct, frozen=True, kw_only=True):
    """An answer as it came. `framing` is spelled as in the recordings."""

    status: int
    headers: tuple[Header, ...]
    framing: str
    chunks: tuple[bytes, ...]
    """The body: each HTTP chunk of it, or all of it."""

    @property
    def content(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks)

    @property
    def text(self) -> str:
        """The whole body as text."""
        return self.content.decode()

    @property
    def content_type(self) -> str | None:
        """The type of the body, if there is one."""
        return next((value for name, value in self.headers if name == "content-type"), None)

    @property
    def told(self) -> list[Header]:
        """The headers that the recorded server has too, in order of their names."""
        return sorted(header for header in self.headers if header[0] not in TRANSPORT | OWN)

    def json(self) -> Any:
        """Decode the body."""
        return json.loads(self.content)


async def ask(
    url: str, method: str, path: str, headers: list[Header], body: bytes, *, chunked: bool = False
) -> Answer:
    """Send one request on a connection of its own; a chunked body goes ten bytes at a time."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        if chunked:
            lines.append("Transfer-Encoding: chunked")
        elif body or method in {"POST", "PUT", "PATCH"}:
            lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join([*lines, "", ""]).encode() + (_cut(body) if chunked else body))
        async with asyncio.timeout(10):
            return await _answer(reader, with_body=method != "HEAD")
    finally:
        writer.close()


def _cut(body: bytes) -> bytes:
    pieces = [body[start : start + 10] for start in range(0, len(body), 10)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


async def _answer(reader: asyncio.StreamReader, *, with_body: bool) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    status = int(first.split(" ", 2)[1])
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    framing, chunks = "none", ()
    if with_body and status not in {204, 304}:
        framing, chunks = await _body(reader, dict(headers))
    return Answer(status=status, headers=headers, framing=framing, chunks=chunks)


async def _body(
    reader: asyncio.StreamReader, headers: dict[str, str]
) -> tuple[str, tuple[bytes, ...]]:
    if headers.get("transfer-encoding") == "chunked":
        chunks = []
        while size := int(await reader.readline(), 16):
            chunks.append(await reader.readexactly(size))
            await reader.readexactly(2)
        return "chunked", tuple(chunks)
    if "content-length" in headers:
        return "content-length", (await reader.readexactly(int(headers["content-length"])),)
    return "until close", (await reader.read(),)
