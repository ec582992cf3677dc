"""Speaking to a server byte by byte: no client library would send most of this."""

from __future__ import annotations

import asyncio

from tests.integration.served import Served


def address(served: Served) -> tuple[str, int]:
    """Return where it listens."""
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    return host, int(port)


async def exchange(served: Served, *pieces: bytes, wait: float = 5.0) -> bytes:
    """Write all of it, return all that comes until the server closes the connection."""
    reader, writer = await asyncio.open_connection(*address(served))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(wait):
            return await reader.read()
    finally:
        writer.close()


def request(
    line: str,
    *headers: str,
    body: bytes = b"",
    length: bool = True,
    host: str = "localhost",
    close: bool = True,
) -> bytes:
    """A request, behind which the connection is to be closed."""
    counted = [f"content-length: {len(body)}"] if length else []
    closing = ["connection: close"] if close else []
    head = [line, f"host: {host}", *closing, *headers, *counted, "", ""]
    return "\r\n".join(head).encode() + body
